"""Why a fact of the lexicon is as it is: its basis, its source and a sentence.

What belongs here: reading `reasons.csv`, where a person wrote the reason of one fact of one food, and deriving the reason of every
other fact from the food's group, its own facts, its name and its basis. A reason decides nothing: the fact stands in `facts.csv`, and
a written reason whose status is no longer the fact's is passed over (the lint names it). So the file is no part of the lexicon's version.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dish_pipeline.dietetics.lexicon import Food, Key
from dish_pipeline.dietetics.wording import phrase
from dish_pipeline.dish import Tri

FILE = "reasons.csv"
COLUMNS = ("id", "key", "status", "basis", "source", "reason")

COMPOSITION, LEGAL, USUAL, VARIES = BASES = ("composition", "legal_definition", "usual_recipe", "varies_by_brand")
"""What a fact can rest on: what the food is, what the law says of its name, how it is usually made; or brands differ."""

GROUP_KEYS: dict[str, tuple[str, ...]] = {
    "dairy": ("milk",), "egg": ("egg",), "fish": ("fish",), "crustacean": ("crustaceans",), "mollusc": ("molluscs",), "meat": ("meat",),
    "poultry": ("poultry",), "soy": ("soy",), "alcohol": ("alcohol",),
}
"""Group -> the keys that its foods have because they belong there."""

ANIMAL = ("meat", "poultry", "fish", "crustaceans", "molluscs", "egg", "milk", "honey", "gelatine")
"""Keys whose foods are of animal origin, whether or not keys.csv has them as a part of it."""

SAYINGS = {
    "added_sugar": ("sugar, syrup or the like is added, or the food is one", "some makers sweeten it"),
    "high_fodmap": ("it stands among the ingredients known to be high in FODMAPs",
                    "it depends on kind, ripeness and portion, or on onion and garlic in it"),
    "purine_rich": ("it stands among the foods rich in purines", "no purine figure was found for it that would settle it"),
    "tyramine": ("it is aged, fermented or otherwise known to be rich in tyramine", "it depends on ripening and storage"),
    "sulphites": ("sulphur dioxide or a sulphite is added or formed above 10 mg/kg",
                  "sulphites may be added or carried over; above 10 mg/kg a label says so"),
    "phosphate_additive": ("a phosphate is added as a rule", "some makers add phosphates; E338-341, E343 or E450-452 on a label"),
    "potassium_salt": ("a potassium salt is a main part", "some makers use potassium salts in place of sodium ones"),
    "rennet": ("it is, or is set with, rennet from the stomach of an animal", "the rennet may be animal, microbial or of a plant"),
    "gelatine": ("it is, or is set with, gelatine", "it may be set with gelatine, or with agar, pectin or starch"),
    "caffeine": ("coffee, tea, cocoa, cola nut, mate or guarana is in it", "some kinds have coffee, tea or cocoa in them"),
    "alcohol": ("it is an alcoholic drink or holds one", "some kinds are made with alcohol or keep some"),
    "mercury_fish": ("large fish of prey gather methylmercury, and advice names this one",
                     "the kind of fish is not named; some gather methylmercury"),
    "raw_egg": ("the egg in it is usually eaten raw", "the egg in it may be raw or pasteurised"),
    "raw_fish_or_meat": ("it is usually eaten raw or only cured", "it may be eaten raw or cooked"),
    "whole_nut": ("whole nuts are a choking risk for small children", "nuts may be whole or ground"),
    "unpasteurised_or_mould_cheese": ("it is made of raw milk or ripened by mould", "the milk may be raw or pasteurised"),
    "offal": ("it is an inner organ, or made with one", "inner organs may be used"),
}
"""Key -> why a food has it, and why it may have it, where the key itself says why."""

JUDGEMENTS = frozenset({
    "animal_origin", "raw_egg", "high_fodmap", "mercury_fish", "whole_nut", "unpasteurised_or_mould_cheese", "raw_fish_or_meat", "purine_rich",
    "tyramine",
})
"""Keys that say what a food counts as, not what is in it."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What a fact rests on. `written`: a person wrote it for this very fact; else it was derived."""

    basis: str
    source: str
    words: str
    written: bool = False


Written = Mapping[tuple[str, str], tuple[Tri, Reason]]
"""(food, key) -> the status that a written reason speaks of, and the reason."""


def read(folder: Path) -> dict[tuple[str, str], tuple[Tri, Reason]]:
    """The reasons written in `folder`; none when the file is absent. A row whose status cannot be read is left to the lint."""
    path = folder / FILE
    if not path.is_file():
        return {}
    found = {}
    with path.open(encoding="utf-8-sig", newline="") as handle:
        for row in csv.DictReader(handle):
            try:
                status = Tri.parse(row.get("status") or "")
            except ValueError:
                continue
            reason = Reason(row.get("basis") or "", row.get("source") or "", row.get("reason") or "", written=True)
            found[row.get("id") or "", row.get("key") or ""] = (status, reason)
    return found


def reason_of(food: Food, key: str, keys: Mapping[str, Key], written: Written) -> Reason:
    """The reason of one fact: the one written for it, if it speaks of the status that the fact has, else the derived one."""
    status, reason = written.get((food.food_id, key), (None, None))
    return reason if reason is not None and status is food.facts[key] else derived(food, keys[key], keys, written)


def derived(food: Food, key: Key, keys: Mapping[str, Key], written: Written | None = None) -> Reason:
    """The reason that follows from the food's other facts, its group, its name and its basis.

    What rests on another fact has that fact's basis. Unknown is `varies_by_brand`, unless the food is a plain single one; and nothing
    that is known rests on `varies_by_brand`.
    """
    fact, written = food.facts[key.key], written or {}
    if fact is Tri.FREE:
        return _free(food, key, keys, written)
    # Of several parts one that is known to be there says more than one that may be.
    parts = [part for part in _parts(key.key, keys) if food.facts[part] is fact]
    wider = keys.get(key.part_of)
    if fact is Tri.UNKNOWN and wider and wider.kind == "allergen" and len(_open(food, _parts(wider.key, keys))) > 1:
        whole = "may be in it" if food.facts[wider.key] is Tri.UNKNOWN else "are in it"
        return Reason(_basis_of_unknown(food), food.source, f"{wider.label} {whole}, and which is not said: {key.label} cannot be ruled out")
    # Which of several nuts is open because nuts are, and not the other way round.
    if parts and (fact is Tri.CONTAINS or len(parts) == 1 or key.kind != "allergen"):
        basis = reason_of(food, parts[0], keys, written)
        named = ", ".join(keys[part].label for part in parts[:3]) + (" and others" if len(parts) > 3 else "")
        counts = f"counts as {key.label}" + (f" ({key.source})" if key.source else "")
        words = f"{named} in it {counts}" if fact is Tri.CONTAINS else f"open as long as this is: {named}, which {counts}"
        return Reason(basis.basis, basis.source, words)
    reason = _contains(food, key) if fact is Tri.CONTAINS else _unknown(food, key)
    return replace(reason, words=f"{reason.words}; note: {food.note}") if _speaks_of(food.note, key) else reason


def _parts(key: str, keys: Mapping[str, Key]) -> list[str]:
    parts = [k.key for k in keys.values() if k.part_of == key]
    return [*dict.fromkeys([*parts, *(k for k in ANIMAL if k in keys)])] if key == "animal_origin" else parts


def _open(food: Food, keys: list[str]) -> list[str]:
    return [key for key in keys if food.facts[key] is Tri.UNKNOWN]


def _basis_of_unknown(food: Food) -> str:
    return COMPOSITION if food.basis == COMPOSITION else VARIES


def _contains(food: Food, key: Key) -> Reason:
    if key.key in GROUP_KEYS.get(food.group, ()):
        return Reason(COMPOSITION, food.source, f"{food.name} belongs to the group {food.group}, whose foods are {key.label} or made of it")
    if _named(food.name, key):
        return Reason(food.basis if food.basis in (COMPOSITION, LEGAL) else USUAL, food.source, f"{food.name} bears it in its name")
    if key.key in SAYINGS:
        return Reason(USUAL if food.basis == VARIES else food.basis, food.source, SAYINGS[key.key][0])
    return {
        COMPOSITION: Reason(COMPOSITION, food.source, f"{food.name} is, or is made of, a food that counts as {key.label}"),
        LEGAL: Reason(LEGAL, food.source, f"what the name {food.name} may stand for is defined by law, and {key.label} is in it"),
    }.get(food.basis, Reason(USUAL, food.source, f"{key.label} is in {food.name} as it is usually made"))


_SAYS_NOTHING = frozenset(phrase("of or in usually food containing ingredient known high rich added animal fish meat mammals"))
"""Words of labels that a note may hold without speaking of the key."""


def _named(name: str, key: Key) -> bool:
    """True when the food's name says the key: soy sauce, almond paste."""
    words, singles = phrase(name), {phrase(key.label), phrase(key.key.replace("_", " "))}
    return any(words[i : i + len(one)] == one for one in singles for i in range(len(words)))


def _speaks_of(note: str, key: Key) -> bool:
    words = phrase(note)
    return any(word in words for word in {*phrase(key.label), *phrase(key.key.replace("_", " "))} - _SAYS_NOTHING)


def _unknown(food: Food, key: Key) -> Reason:
    why = SAYINGS[key.key][1] if key.key in SAYINGS else ""
    if food.basis == COMPOSITION:
        return Reason(COMPOSITION, food.source, why or f"the name {food.name} alone does not settle whether {key.label} is in it")
    who = "recipes and brands differ" if food.basis == USUAL else "brands differ"
    return Reason(VARIES, food.source, f"{who}: {why or f'some kinds of {food.name} have {key.label} and others not'}")


def _free(food: Food, key: Key, keys: Mapping[str, Key], written: Written) -> Reason:
    wider = keys.get(key.part_of)
    basis = USUAL if food.basis == VARIES else food.basis
    if wider and food.facts[wider.key] is Tri.FREE:
        return Reason(reason_of(food, wider.key, keys, written).basis, food.source, f"no {wider.label} in it, so no {key.label}")
    if wider and wider.kind == "allergen" and food.facts[wider.key] is Tri.CONTAINS:
        here = [keys[k].label for k in _parts(wider.key, keys) if food.facts[k] is Tri.CONTAINS]
        other = " and ".join(here[:3]) if here else f"something other than {key.label}"
        lists = "; the EU lists all such cereals, the US only wheat" if (key.key, wider.key) == ("wheat", "gluten") else ""
        return Reason(basis, food.source, f"what counts as {wider.label} in it is {other}{lists}")
    if key.key in ANIMAL and food.facts.get("animal_origin") is Tri.FREE:
        return Reason(basis, food.source, "nothing of an animal is in it")
    if key.key in JUDGEMENTS:
        return Reason(basis, food.source, f"nothing in {food.name} counts as {key.label}")
    how = {COMPOSITION: "a plain food by nature", LEGAL: "as the law defines the name"}.get(food.basis, "as it is usually made")
    return Reason(basis, food.source, f"no {key.label} in {food.name}, {how}")
