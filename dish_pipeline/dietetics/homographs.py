"""Names that mean one thing in French and another in English, or that only an accent tells apart.

What belongs here: pâte and pâté, thé and the, a rôti that is no flatbread, a bar that is a fish. The words around a name decide, or the line
as it was written; where both are silent, the name is taken for all that it may be, or for nothing known.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dish_pipeline.dietetics.french import FATS, FLESH, OF, PURPOSES, ends_at, is_for, starts_of
from dish_pipeline.dietetics.spans import Span, is_french
from dish_pipeline.dietetics.wording import BREAK

if TYPE_CHECKING:
    from dish_pipeline.dietetics.naming import Reading


def decide(reading: Reading) -> None:
    """Names that mean another thing in French, or that only an accent tells from it."""
    for span in list(reading.spans):
        said = reading.words[span.start : span.end]
        rule = _HOMOGRAPHS.get(said[0]) if len(said) == 1 else None
        if rule is not None:
            rule(reading, span)
    _sections(reading)
    _shares_of_fat(reading)
    _parts_of_eggs(reading)
    _filet_mignon(reading)
    _sea_bass(reading)
    _stock_cubes(reading)


def _drop(reading: Reading, span: Span, quiet: bool) -> None:
    reading.spans.remove(span)
    reading.taken[span.start : span.end] = [quiet] * (span.end - span.start)


def _pate(reading: Reading, span: Span) -> None:
    """Dough and paste, pasta, or a paste of liver. "Pate" in English is the last; in a French line nobody knows."""
    following = reading.word(span.end)
    if {"pâté", "pâtés"} & reading.written:
        return
    if "pâtes" in reading.written and following not in ("a", "de"):
        pasta = reading.lexicon.by_phrase.get(("pasta",))
        span.foods = [pasta] if pasta else span.foods
    elif {"pâte", "pâtes"} & reading.written or is_french(reading.words) or reading.word(span.start - 1) == "a":
        _drop(reading, span, quiet=False)


def _tea(reading: Reading, span: Span) -> None:
    """Without its accent, French tea is the English article."""
    alone = len(reading.spans) == 1 and reading.words.count("the") == 1
    followed = reading.word(span.end) != BREAK and not is_french(reading.words)
    if not {"thé", "thés"} & reading.written and (followed or (not alone and reading.word(span.start - 1) not in OF)):
        _drop(reading, span, quiet=True)


def _roti(reading: Reading, span: Span) -> None:
    """A roast, or roasted: no flatbread. Of what, the words beside it tell."""
    of, before = starts_of(reading, span.end), ends_at(reading, span.start)
    if {"rôti", "rôtis"} & reading.written or of or (before and is_french(reading.words)):
        _drop(reading, span, quiet=bool(of or before))


def _mure(reading: Reading, span: Span) -> None:
    """A blackberry, or ripe: after a food, or after an adverb, it is the latter."""
    if ends_at(reading, span.start) or reading.word(span.start - 1) in ("bien", "tre", "trop", "peu", "pas"):
        _drop(reading, span, quiet=True)


def _mould(reading: Reading, span: Span) -> None:
    """ "Le moule" is a tin, "la moule" a mussel."""
    before = [reading.text[token.start : token.end] for token in reading.tokens[max(0, span.start - 1) : span.start]]
    if before in (["le"], ["du"], ["un"], ["au"]):
        _drop(reading, span, quiet=True)


def _noix(reading: Reading, span: Span) -> None:
    """A walnut; of butter a knob, of veal a cut."""
    of = starts_of(reading, span.end)
    following = next((other for other in reading.spans if other.start >= span.end), None)
    if of and following and following.foods[0].group in FATS | FLESH and all(reading.says_nothing(k) for k in range(span.end, following.start)):
        _drop(reading, span, quiet=True)


def _legume(reading: Reading, span: Span) -> None:
    """French vegetables are no pulses; celery may be among them."""
    vegetables = reading.lexicon.by_phrase.get(("vegetable",))
    if vegetables and ({"légume", "légumes"} & reading.written or is_french(reading.words)):
        span.foods = [vegetables]


def _caille(reading: Reading, span: Span) -> None:
    """A quail, or curdled milk."""
    curd, before = reading.lexicon.by_phrase.get(("curd",)), ends_at(reading, span.start)
    if curd and ({"caillé", "caillés", "caillée"} & reading.written or (before and before.foods[0].group == "dairy")):
        span.foods = [curd]


def _rose(reading: Reading, span: Span) -> None:
    """A wine, or pink: "pamplemousses roses"."""
    if not {"rosé", "rosés"} & reading.written and ends_at(reading, span.start):
        _drop(reading, span, quiet=True)


def _bay(reading: Reading, span: Span) -> None:
    """ "5 baies" are a mix of peppers. Other "baies" are berries of any kind; the plural without its ending is the English bay."""
    mix = reading.lexicon.by_phrase.get(("mixed", "peppercorn"))
    if mix and "baies" in reading.written and reading.word(span.start - 1) in ("5", "cinq"):
        span.foods = [mix]
    elif {"baie", "baies"} & reading.written:
        _drop(reading, span, quiet=False)


_ENGLISH = frozenset({
    "steak", "beef", "of", "oz", "ounce", "lb", "pound", "inch", "thick", "cut", "into", "each", "medallion", "and", "or", "with", "at", "trimmed",
    "sliced", "whole", "about", "for", "piece", "roast", "small", "large", "the",
})
"""Words of an English line that speaks of a filet mignon."""


def _filet_mignon(reading: Reading) -> None:
    """Of pork in France as a rule, of beef in English. Where nothing tells, it may be either."""
    beef, pork = (reading.lexicon.by_phrase.get((animal, "tenderloin")) for animal in ("beef", "pork"))
    for span in reading.spans:
        said = reading.words[span.start : span.end] in (["filet", "mignon"], ["fillet", "mignon"])
        if beef and pork and said and _ENGLISH.isdisjoint(reading.words):
            span.foods, span.either = [beef, pork], True


def _maraschino(reading: Reading, span: Span) -> None:
    """Six of it are cherries; a spoon may be of the liqueur."""
    liqueur = reading.lexicon.by_phrase.get(("maraschino", "liqueur"))
    if liqueur and not (span.start and reading.is_number(span.start - 1)):
        span.foods, span.either = [*span.foods, liqueur], True


_HOMOGRAPHS = {
    "maraschino": _maraschino,
    "pate": _pate, "the": _tea, "roti": _roti, "mure": _mure, "moule": _mould, "noix": _noix, "noisette": _noix, "legume": _legume, "bay": _bay,
    "rose": _rose, "caille": _caille,
}


def _sections(reading: Reading) -> None:
    """ "2 tomates, pour la sauce" names no sauce."""
    for n, span in reversed(list(enumerate(reading.spans))):
        if n and span.end - span.start == 1 and reading.words[span.start] in PURPOSES and is_for(reading, span.start):
            _drop(reading, span, quiet=True)


def _shares_of_fat(reading: Reading) -> None:
    """ "5 % de matières grasses" and "70 % de cacao" tell what a food is like."""
    for span in reading.spans[1:]:
        before = reading.text[: reading.tokens[span.start].start]
        if span.foods[0].group in ("fat", "chocolate") and re.search(r"\d ?% (?:de |d')?$", before):
            _drop(reading, span, quiet=True)


def _parts_of_eggs(reading: Reading) -> None:
    """ "1 œuf et 2 jaunes" are of an egg each."""
    for i, word in enumerate(reading.words):
        egg = any(span.end <= i and span.foods[0].group == "egg" for span in reading.spans)
        part = reading.lexicon.by_phrase.get(("egg", "yolk" if word == "jaune" else "white")) if word in ("jaune", "blanc") else None
        if part and egg and i and not reading.taken[i] and (reading.is_number(i - 1) or reading.words[i - 1] in ("un", "deux", "trois")):
            reading.take(i, i + 1)
            reading.spans.append(Span(i, i + 1, [part], name_is_alias=False))
    reading.spans.sort(key=lambda span: span.start)


def _sea_bass(reading: Reading) -> None:
    """A bar is a fish in French, and no measure. "1 bar, citron" may be either."""
    fish = reading.lexicon.by_phrase.get(("sea", "bass"))
    for i, word in enumerate(reading.words):
        named = is_french(reading.words) and not reading.taken[i] and reading.word(i - 1) in OF and not starts_of(reading, i + 1)
        if fish and word == "bar" and named:
            reading.take(i, i + 1)
            reading.spans.append(Span(i, i + 1, [fish]))
        elif word == "bar" and reading.text[reading.tokens[i].end :].lstrip()[:1] in ("", ",") and not any(span.start < i for span in reading.spans):
            reading.unknown.append(word)
    reading.spans.sort(key=lambda span: span.start)


def _stock_cubes(reading: Reading) -> None:
    """ "1 cube de volaille" may be one of stock, with what is in it."""
    stock = reading.lexicon.by_phrase.get(("stock", "cube"))
    for span in reading.spans:
        at = span.start - (1 if reading.word(span.start - 1) in OF else 0)
        counted = reading.word(at - 1) == "cube" and at > 1 and (reading.is_number(at - 2) or reading.words[at - 2] in ("un", "deux", "trois"))
        french = is_french(reading.words[at:span.start]) or starts_of(reading, span.start) or at < span.start
        # "1 chicken cube" is one as well; of beef cubes by weight nobody makes a broth.
        after = "cube" in (reading.word(span.end), reading.word(span.end - 1)) and span.start > 0 and reading.is_number(span.start - 1)
        counted, french = counted or after, french or after
        if stock and counted and french and span.foods[0].group in ("meat", "poultry", "vegetable") and span.plain:
            span.foods, span.either = [span.foods[0], stock], True


def leave_open(reading: Reading) -> None:
    """ "Noix" are walnuts in France and nuts of any kind in Canada."""
    nuts = reading.lexicon.by_phrase.get(("nut",))
    for span in reading.spans:
        if nuts and reading.words[span.start : span.end] == ["noix"] and span.plain:
            span.foods, span.either = [*span.foods, nuts], True
