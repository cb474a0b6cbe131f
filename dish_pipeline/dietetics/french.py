"""French turns of phrase: what stands around a food's name and names no food of its own.

What belongs here: "jus d'un citron", "poivron rouge", "côtelettes de porc", "sans gluten". A word that says nothing wherever it stands is a
row of the lexicon's words.csv; a name that means another thing in English is decided in `homographs.py`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dish_pipeline.dietetics.lexicon import Food, Lexicon
from dish_pipeline.dietetics.spans import Span, is_french
from dish_pipeline.dietetics.wording import BREAK, Phrase, french_forms, phrase

if TYPE_CHECKING:
    from dish_pipeline.dietetics.naming import Reading

SPOONS = frozenset({"soupe", "cafe", "the", "table"})
"""What a spoon is for: "c. à soupe" measures even where a line begins with it."""

OF = frozenset({"de", "du", "des"})
PARTS = {"jus": "juice", "zeste": "zest", "ecorce": "peel"}
"""Parts of a fruit, and what English calls them."""

_CLAIMED = {
    "gluten": "gluten", "ble": "wheat", "lactose": "lactose", "lait": "milk", "laitage": "dairy", "oeuf": "egg", "arachide": "peanut",
    "cacahuete": "peanut", "soja": "soy", "soya": "soy", "sesame": "sesame", "poisson": "fish", "sucre": "sugar", "alcool": "alcohol",
}
"""What may stand after "sans", and the English word of the claim that it makes."""

_PLANT = frozenset({"vegetable", "fruit", "herb", "fungus", "legume", "spice", "grain", "seed", "nut"})
FLESH = frozenset({"meat", "poultry", "fish", "crustacean", "mollusc"})
FATS = frozenset({"fat", "oil", "dairy", "plant_dairy"})


def _all_forms(words: str) -> frozenset[str]:
    return frozenset(word for adjective in words.split() for form in french_forms(adjective) for word in phrase(form))


_AFTER: tuple[tuple[frozenset[str], frozenset[str] | None], ...] = (
    (
        _all_forms("vert rouge jaune blanc noir brun blond rosé gris violet orangé multicolore"),
        _PLANT | {"alcohol", "sweetener", "flour"},
    ),
    (
        _all_forms(
            "italien espagnol français anglais libanais mexicain thaï chinois japonais grec vietnamien provençal québécois nantais nouveau jeune "
            "tardif bintje agata amandine monalisa cerise grappe allongé violet musqué perlé grelot marin"
        ),
        _PLANT,
    ),
    (_all_forms("crémeux croquant onctueux"), frozenset({"nut", "legume", "sweetener", "dairy"})),
    (
        _all_forms("liquide pur naturel foncé clair ambré brut roux doré granulé toutes fleurs"),
        frozenset({"sweetener", "alcohol", "plant_dairy", "dairy"}),
    ),
    (_all_forms("écrémé"), frozenset({"dairy"})),
    (_all_forms("nature"), frozenset({"dairy", "plant_dairy", "soy", "grain"})),
    (_all_forms("fort doux piquant corsé"), _PLANT | {"dairy", "condiment", "alcohol"}),
    (_all_forms("maigre gras"), frozenset({"meat", "poultry"})),
    (_all_forms("mûr vierge bio kasher casher rôti"), None),
    (_all_forms("séché sec déshydraté lyophilisé"), frozenset({"herb", "spice", "fungus"})),
    (_all_forms("mince sableux frais"), None),
)
"""Adjectives that say nothing new right after a food of one of the groups. "Chocolat blanc" and "beurre noir" are things of their own."""

_STATES = {
    "dried": _all_forms("séché sec déshydraté"), "smoked": _all_forms("fumé"), "frozen": _all_forms("surgelé congelé"),
    "canned": frozenset({"conserve", "boite", "canne"}), "cooked": _all_forms("cuit"), "boiled": _all_forms("cuit bouilli"),
    "toasted": _all_forms("grillé torréfié"), "roasted": _all_forms("grillé rôti torréfié"), "grated": _all_forms("râpé"),
    "candied": _all_forms("confit"), "raw": _all_forms("cru"), "fresh": _all_forms("frais"), "fried": _all_forms("frit"),
    "flaked": _all_forms("effilé"), "instant": _all_forms("instantané"), "salted": _all_forms("salé"), "pickled": _all_forms("mariné"),
    "ground": _all_forms("moulu haché"), "whole": _all_forms("entier"), "unsweetened": frozenset(), "powder": frozenset({"poudre"}),
}
"""English state -> the French words for it: with the English names of a food they may make a food of the lexicon."""

NEVER_STATES = frozenset({"cube", "jaune", "blanc"})
"""Words that, after a name, tell no state of it: "50 cl de bouillon (1 cube)", "1 œuf et 2 jaunes"."""

STATE_WORDS = frozenset().union(*_STATES.values())

_COUNTED: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (frozenset({"barre", "carre", "tablette", "pastille", "brisure", "pipette", "pepite", "chipit"}), frozenset({"chocolate"})),
    (frozenset({"boule", "cote", "tete", "coeur", "blanc", "vert", "racine", "pied", "fleurette", "fleuron", "rave",
    "cosse"}), frozenset({"vegetable"})),
    (frozenset({"grain", "poudre"}), frozenset({"vegetable", "spice", "herb", "grain", "legume"})),
    (frozenset({"baton", "graine", "flocon", "racine", "fleur"}), frozenset({"spice", "herb"})),
    (
        frozenset({
            "dos", "pave", "carre", "roti", "palette", "epaule", "longe", "escalope", "cote", "cotelette", "souri", "jarret", "haut", "cuiss",
            "pilon", "aile", "poitrine", "bavette", "entrecote", "selle", "medaillon", "cube", "manchon", "aiguillette", "tournedo",
            "rouelle", "surlonge", "macreuse", "paleron", "gite", "noix", "noisette", "darne", "queue", "tranche", "collier", "grenadin",
            "magret", "rable", "steak", "bifteck", "anneau", "chair", "pince", "viande",
        }),
        FLESH,
    ),
    (frozenset({"noix", "noisette"}), FATS),
    (frozenset({"boule", "bille", "copeaux", "copeau", "rouleau", "buche", "perle", "pointe"}), frozenset({"dairy"})),
    (frozenset({"miette"}), frozenset({"fish", "crustacean", "bread"})),
    (frozenset({"bouillon"}), frozenset({"stock"})),
)
"""Words that, with "de" before a food of the groups, count or cut it: côtelettes de porc, carrés de chocolat, une noix de beurre."""

_IN = {
    "poudre": frozenset({"spice", "herb", "vegetable"}), "grain": frozenset({"spice", "vegetable", "grain"}),
    "puree": frozenset({"vegetable", "fruit", "legume"}), "flocon": frozenset({"spice", "vegetable"}), "racine": frozenset({"spice", "vegetable"}),
    "pastille": frozenset({"chocolate"}), "copeau": frozenset({"chocolate", "dairy"}), "boule": frozenset({"vegetable", "fruit"}),
}
"""What a food of the groups may be "en": purée, pastilles."""

_SHAPES = _all_forms("allumette laniere dé chiffonnade julienne brunoise mirepoix bouchée portefeuille fleurette éventail dentelle accordéon")
PURPOSES = frozenset({
    "garniture", "decoration", "decor", "moule", "friture", "poele", "sauce", "pate", "marinade", "farce", "vinaigrette", "glacage", "accompagnement",
    "panure", "salade", "bouillon", "creme", "base", "montage", "enrobage", "dorure", "cremage", "gateau", "finition", "service", "croute",
})
_TAKEN_OFF = _all_forms("enlevé retiré ôté")
SECTIONS = PURPOSES | {"sirop", "ganache", "meringue", "appareil", "preparation", "assemblage", "compote", "crumble", "presentation", "biscuit"}
"""Parts of a recipe: "pour la sauce", or a line of its own."""

_REPLACED = _all_forms("végétal végétarien végan végane vegan végétalien veggie") | {"vegetaux"}
_REPLACEABLE = frozenset({"dairy", "meat", "poultry", "fish", "egg", "prepared", "sauce", "condiment", "fat", "chocolate", "bread", "confectionery"})
_NEGATED = _all_forms("salé sucré fumé épicé assaisonné traité pelé cuit épluché égoutté grillé aromatisé additionné ciré blanchi décortiqué rôti")


def written_words(line: str) -> frozenset[str]:
    """The words of a line as they were written, accents and all, in lower case."""
    return frozenset(re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", line).lower()))


def turn_claims(lexicon: Lexicon, words: list[str]) -> set[int]:
    """ "Sans gluten" is read as the claim "gluten free", in place; so is "sans oeufs". Returns their places."""
    turned = set()
    for i, word in enumerate(words[:-1]):
        claimed = _CLAIMED.get(words[i + 1], "")
        if word == "sans" and claimed and not _in_a_name(lexicon, words, i, i + 2):
            words[i : i + 2] = [claimed, "free"]
            turned.add(i)
    return turned


def name_without(lexicon: Lexicon, name: Phrase, claim: str) -> Food | None:
    """The food that the lexicon calls "farine sans gluten", where a line has this name and this claim."""
    claims = (french for french, english in _CLAIMED.items() if english == claim)
    return next((food for french in claims if (food := lexicon.by_phrase.get((*name, "sans", french)))), None)


def starts_of(reading: Reading, i: int) -> int:
    """The token after "de" or "d'" at token `i`, or 0 where none stands."""
    if reading.word(i) in OF:
        return i + 1
    return i if i < len(reading.tokens) and reading.text[reading.tokens[i].start :][:2] == "d'" else 0


def ends_at(reading: Reading, i: int) -> Span | None:
    """The name that ends right before token `i`."""
    return next((span for span in reading.spans if span.end == i), None)


def part_of(lexicon: Lexicon, fruit: Phrase, part: str) -> Food | None:
    """The juice or zest of a fruit that the lexicon has: "jus de citron", "lemon juice" for a fruit that it calls lemon."""
    known, english = lexicon.by_phrase, PARTS.get(part, part)
    french = next((word for word, other in PARTS.items() if other == english), part)
    for name in ((french, "de", *fruit), (french, *fruit)):
        if name in known:
            return known[name]
    food = known.get(fruit)
    names = (phrase(name) for name in (food.name, *food.aliases)) if food else ()
    return next((known[(*name, english)] for name in names if (*name, english) in known), None)


def in_state(lexicon: Lexicon, food: Food, word: str) -> Food | None:
    """The food that French calls by `food` and a state after it: "tomates séchées", "veau haché"."""
    for state, forms in _STATES.items():
        if word not in forms or (state == "ground" and word.startswith("hach") and food.group not in ("meat", "poultry", "fish")):
            continue
        for name in (food.name, *food.aliases):
            found = lexicon.by_phrase.get((*phrase(name), state) if state == "powder" else (state, *phrase(name)))
            if found and found is not food:
                return found
    return None


def quiet_words(reading: Reading) -> None:
    """Marks the words around names that say nothing new."""
    for i, length in _quiet(reading):
        reading.take(i, i + length)


def _quiet(reading: Reading) -> Iterator[tuple[int, int]]:
    words = reading.words
    for i, word in enumerate(words):
        before = words[max(0, i - 2) : i]
        if reading.taken[i]:
            continue
        if (
            (word in PURPOSES and is_for(reading, i))
            # A spoon or a cup; how much it is, `amounts.py` does not say either.
            or (word == "t" and i > 0 and reading.is_number(i - 1) and (is_french(words) or "d'" in reading.text))
            or (word in _SHAPES and bool(before) and before[-1] in ("en", "fine", "petit", "petite"))
            or (word in ("cann", "canne", "conserve") and (before[-1:] == ["en"] or _counts_cans(reading, i)))
            or (word in ("gra", "coeur", "peau", "centre", "couenne", "bout") and reading.word(i + 1) in _TAKEN_OFF)
            or (word in _TAKEN_OFF and before[-1:] in (["gra"], ["coeur"], ["peau"], ["centre"], ["couenne"], ["bout"]))
            or (word in ("couteau", "robot", "fourchette", "pilon", "mortier", "mixeur", "presse") and before[-1:] == ["au"])
            or (word == "neige" and before[-1:] == ["en"])
            or (word == "ou" and before[-1:] == ["et"])
        ):
            yield i, 1
        elif word in ("non", "pas") and reading.word(i + 1) in _NEGATED:
            yield i, 2


def is_for(reading: Reading, i: int) -> bool:
    """True where "pour" or "pour la" stands before token `i`."""
    before = reading.words[max(0, i - 2) : i]
    return before[-1:] == ["pour"] or (before[:1] == ["pour"] and before[-1] in ("la", "le", "les"))


def _counts_cans(reading: Reading, i: int) -> bool:
    """True for the can of Quebec: "1 (15 oz) canne de tomates"."""
    while i and (reading.words[i - 1] == BREAK or reading.word(i - 1) in ("oz", "once", "g", "ml")):
        i -= 1
    return i > 0 and (reading.is_number(i - 1) or reading.words[i - 1] in ("un", "une"))


def negations(reading: Reading) -> None:
    """ "Non sucré" names no sugar; it must be known before names are."""
    for i, word in enumerate(reading.words[:-1]):
        if word == "non" and reading.words[i + 1] in _NEGATED and not _in_a_name(reading.lexicon, reading.words, i, i + 2):
            reading.take(i, i + 2)


def _in_a_name(lexicon: Lexicon, words: Sequence[str], i: int, j: int) -> bool:
    """True where a name of the lexicon holds the words from `i` to `j` and more: "lait concentré non sucré"."""
    for start in range(max(0, i - 5), i + 1):
        longest = min(start + lexicon.first_words.get(words[start], 0), len(words))
        if any(tuple(words[start:end]) in lexicon.by_phrase for end in range(j, longest + 1)):
            return True
    return False


def is_part(reading: Reading, i: int) -> bool:
    """True for the "jus" or "zeste" at token `i` that no longer name holds: "concentré de jus d'orange" is no juice."""
    return reading.words[i] in PARTS and not (i and any(
        tuple(reading.words[start:end]) in reading.lexicon.by_phrase for start in range(max(0, i - 4), i) for end in range(i + 1, i + 5)
    ))


def around_names(reading: Reading) -> None:
    """ "Poivron rouge", "côtelettes de porc", "oignon en poudre": words beside a name that make no other food of it."""
    for span in reading.spans:
        if span.plain and not span.replaced_by:
            _counted_before(reading, span)
            _said_after(reading, span)


def _counted_before(reading: Reading, span: Span) -> None:
    at = span.start
    while reading.word(at - 1) in ("la", "le", "l", "gros", "petit") and at > 0:
        at -= 1
    de = at - 1 if reading.word(at - 1) in OF else at if starts_of(reading, at) else -1
    if de < 1 or reading.taken[de - 1]:
        return
    word = reading.words[de - 1]
    if any(word in counted and span.foods[0].group in groups for counted, groups in _COUNTED):
        reading.take(de - 1, de)


def _said_after(reading: Reading, span: Span) -> None:
    i, group = span.end, span.foods[0].group
    while i < len(reading.words) and not reading.is_number(i) and (reading.words[i] != BREAK or reading.text[reading.tokens[i].start] in "(),"):
        word = reading.words[i]
        if reading.words[i] == BREAK and reading.text[reading.tokens[i].start] in "()":
            i += 1
            continue
        told = any(word in adjectives and (groups is None or group in groups) for adjectives, groups in _AFTER)
        if not reading.taken[i] and (told or (reading.word(i - 1) == "en" and group in _IN.get(word, ()))):
            reading.take(i, i + 1)
        elif (reading.taken[i] and reading.words[i] != BREAK) or not (reading.says_nothing(i) or reading.words[i] == BREAK):
            return
        i += 1


def replacements(reading: Reading) -> None:
    """ "Steak végétal" is no steak: what it is made of is not known, unless the lexicon has it."""
    for i, word in enumerate(reading.words):
        target = ends_at(reading, i)
        if word in _REPLACED and not reading.taken[i] and target is not None and target.foods[0].group in _REPLACEABLE:
            reading.take(i, i + 1)
            target.replaced_by = word
