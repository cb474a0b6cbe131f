"""How much of a food a line names: numbers, units and packages to grams, as an interval.

What belongs here: the arithmetic of amounts. Which food a line names stands in `parsing.py`.

Own code instead of a parser library: a run over 70,000 recipes reads 700,000 lines, and facts must come from the whole
line anyway, so that only a small grammar of numbers and units is left to do.

Spreads, as shares of the middle figure: a stated mass is taken as exact; a liquid by volume +-5 %; a solid by volume
+-20 % (a cup of onion is 160 g chopped and 115 g sliced in USDA SR28); a counted piece +-30 %; a pinch or a handful +-50 %.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from dish_pipeline.dietetics.lexicon import Food
from dish_pipeline.dish import Interval

GRAMS = {
    "g": 1.0, "gr": 1.0, "gram": 1.0, "gramme": 1.0, "grm": 1.0, "kg": 1000.0, "kilo": 1000.0, "kilogram": 1000.0, "mg": 0.001,
    "oz": 28.35, "ounce": 28.35, "lb": 453.6, "lbs": 453.6, "pound": 453.6,
}
"""Mass units, grams each (international avoirdupois)."""

MILLILITRES = {
    "ml": 1.0, "millilitre": 1.0, "milliliter": 1.0, "cl": 10.0, "dl": 100.0, "l": 1000.0, "litre": 1000.0, "liter": 1000.0, "cc": 1.0,
    "cup": 236.6, "c": 236.6, "tbsp": 14.79, "tablespoon": 14.79, "tbs": 14.79, "tbl": 14.79, "tblsp": 14.79, "tb": 14.79,
    "tsp": 4.93, "teaspoon": 4.93, "dessertspoon": 10.0, "dsp": 10.0, "fl oz": 29.57, "fluid ounce": 29.57, "pint": 473.2,
    "pt": 473.2, "quart": 946.4, "qt": 946.4, "gallon": 3785.0, "gill": 118.3, "shot": 44.0, "jigger": 44.0, "wineglass": 120.0,
    "tasse": 250.0, "cuillere a soupe": 15.0, "cuillere a cafe": 5.0, "cuillere a the": 5.0, "c a s": 15.0, "c a c": 5.0,
}
"""Volume units, millilitres each (US customary; French ones metric)."""

PIECES = {
    "clove", "slice", "stalk", "sprig", "leaf", "bunch", "handful", "head", "bulb", "knob", "piece", "fillet", "breast", "thigh", "leg",
    "wing", "rasher", "sheet", "cube", "packet", "can", "jar", "stick", "wedge", "ear", "cob", "floret", "pod", "pinch", "dash", "scoop",
    "ball", "block", "sachet", "rack", "pack", "small", "medium", "large", "each",
}
"""Counted units that a food may have a weight for."""

PIECE_WORDS = {
    "tin": "can", "package": "packet", "pkg": "packet", "pkt": "packet", "envelope": "sachet", "rib": "stalk", "strip": "rasher",
    "drop": "dash", "splash": "dash", "drizzle": "dash", "pat": "knob", "log": "block", "root": "piece", "chunk": "piece", "round": "slice",
    "gousse": "clove", "tranche": "slice", "branche": "sprig", "feuille": "leaf", "pincee": "pinch", "boite": "can", "botte": "bunch",
    "sachets": "sachet", "drumstick": "leg", "thumb": "piece", "inch": "piece", "medium sized": "medium", "big": "large", "extra large": "large",
    "heaped handful": "handful", "spear": "stalk", "stem": "stalk", "bag": "packet", "box": "packet", "carton": "packet", "tub": "packet",
    "bottle": "jar", "container": "packet", "bouquet": "bunch", "square": "piece", "petit": "small", "moyen": "medium", "gros": "large",
    "grosse": "large", "petite": "small", "tete": "head", "poignee": "handful", "loaf": "each", "kernel": "piece", "segment": "piece",
}
"""Other words for a counted unit."""

CONTAINERS = {"can", "jar", "packet", "pack", "sachet", "block", "ball", "bunch"}

DEFAULT_PIECES = {"pinch": 0.4, "dash": 0.6, "handful": 25.0, "sprig": 1.5, "leaf": 0.5}
"""Grams of vague units for a food without a weight of its own (general kitchen practice, hence the wide spread)."""

LIQUID_GROUPS = {"water", "oil", "stock", "alcohol", "beverage", "sauce", "dairy", "plant_dairy", "condiment", "sweetener"}

_FRACTIONS = {c: unicodedata.numeric(c) for c in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"}
_VULGAR = "".join(_FRACTIONS)
_NUMBER = (
    rf"(?:\d+\s*[-\s]\s*\d+\s*/\s*\d+|\d+\s*/\s*\d+|\d+\s*[{_VULGAR}]|[{_VULGAR}]|\d+[.,]\d+|\.\d+|\d+)"
)
_WORD_NUMBERS = {
    "half a": "1/2", "half an": "1/2", "a quarter": "1/4", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6",
    "eight": "8", "ten": "10", "a dozen": "12", "dozen": "12", "a couple of": "2", "a few": "3", "half": "1/2", "a": "1", "an": "1",
    "un": "1", "une": "1", "deux": "2", "trois": "3", "quelques": "3",
}
_LEADING_WORD = re.compile(r"^\s*(" + "|".join(sorted(_WORD_NUMBERS, key=len, reverse=True)) + r")\b\s*", re.IGNORECASE)
_DUAL = re.compile(r"(?<=[a-z])\s*/\s*(?=\d)")


def _units_pattern() -> str:
    words = {*GRAMS, *MILLILITRES, *PIECES, *PIECE_WORDS}
    plural = {w + "s" for w in words} | {"leaves", "loaves", "bunches", "boxes", "pinches", "dashes", "splashes", "inches", "tbsps", "tsps", "lbs"}
    alternatives = sorted((re.escape(w).replace(r"\ ", r"[\s.]*") for w in words | plural), key=len, reverse=True)
    return "|".join(alternatives)


_QUANTITY = re.compile(
    rf"(?:(?P<times>\d+)\s*[x×]\s*)?(?P<lo>{_NUMBER})(?:\s*(?:-|–|—|to|a|à|or)\s*(?P<hi>{_NUMBER}))?"
    rf"[\s-]*(?:(?:heaped|heaping|level|rounded|scant|generous|good|big|small|large|medium|about|full)\s+)?"
    rf"(?P<unit>(?:{_units_pattern()})(?![a-z]))?\.?",
    re.IGNORECASE,
)
_SIZE = re.compile(r"\b(small|medium|large|big|petite?s?|moyen(?:ne)?s?|gros(?:se)?s?)\b", re.IGNORECASE)
_VAGUE = re.compile(r"\b(pinch|dash|handful|sprig|splash|drizzle|knob|bunch|drop|pincee|poignee)(?:es|s)?\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit as written: `unit` is a key of GRAMS, MILLILITRES, a piece unit, or empty for a bare count."""

    lo: float
    hi: float
    unit: str
    in_brackets: bool


def number(text: str) -> float:
    """The value of "1 1/2", "1-1/2", "1½", "3/4", "2,5". Raises ValueError for anything else."""
    text = text.strip().replace(",", ".")
    total, rest = 0.0, text
    if text[-1:] in _FRACTIONS:
        total, rest = _FRACTIONS[text[-1]], text[:-1].strip(" -")
        return total + (float(rest) if rest else 0.0)
    if "/" in text:
        whole, _, fraction = re.sub(r"\s*/\s*", "/", text.replace("-", " ")).strip().rpartition(" ")
        above, _, below = fraction.partition("/")
        if float(below) == 0:
            raise ValueError(f"division by zero in {text!r}")
        return (float(whole) if whole.strip() else 0.0) + float(above) / float(below)
    return float(rest)


def _plain(line: str) -> str:
    """Digits and accents made plain; vulgar fractions kept, since "1½" must not become "11/2"."""
    kept = []
    for char in line.replace("\u2044", "/"):
        if char in _FRACTIONS:
            kept.append(char)
        else:
            kept.append("".join(c for c in unicodedata.normalize("NFKD", char) if not unicodedata.combining(c)))
    text = "".join(kept).lower()
    if not re.match(rf"\s*{_NUMBER}", text):
        text = _LEADING_WORD.sub(lambda m: _WORD_NUMBERS[m.group(1).lower()] + " ", text)
    return _DUAL.sub(" | ", text)


def _unit(word: str | None) -> str:
    if not word:
        return ""
    word = re.sub(r"[\s.]+", " ", word.strip().lower())
    for candidate in (word, word.removesuffix("s"), word.removesuffix("es"), {"leaves": "leaf", "loaves": "loaf"}.get(word, word)):
        if candidate in GRAMS or candidate in MILLILITRES or candidate in PIECES:
            return candidate
        if candidate in PIECE_WORDS:
            return PIECE_WORDS[candidate]
    return ""


def quantities(line: str) -> list[Quantity]:
    """Every number of the line with its unit, in order. A multiplier ("2 x 400 g") is a count of its own before it."""
    found = []
    text = _plain(line)
    for match in _QUANTITY.finditer(text):
        try:
            lo = number(match["lo"])
            hi = number(match["hi"]) if match["hi"] else lo
        except ValueError:
            continue
        if match["hi"] and hi < lo:
            # "1-1/2 cups" is caught as a mixed number above; what is left is a range written downwards.
            lo, hi = hi, lo
        before = text[: match.start()]
        brackets = before.count("(") > before.count(")")
        if match["times"]:
            found.append(Quantity(float(match["times"]), float(match["times"]), "can", brackets))
        found.append(Quantity(lo, hi, _unit(match["unit"]), brackets))
    return found


def _spread(lo: float, hi: float, grams: float, share: float) -> Interval:
    return Interval(lo * grams * (1 - share), (lo + hi) / 2 * grams, hi * grams * (1 + share))


def _of_mass(q: Quantity) -> Interval:
    return _spread(q.lo, q.hi, GRAMS[q.unit], 0.0)


def grams(line: str, food: Food) -> Interval | None:
    """Grams of `food` that the line names, or None when the line gives no amount that can be weighed."""
    found = quantities(line)
    text = _plain(line)
    if not found:
        vague = _VAGUE.search(text)
        if vague is None:
            return None
        unit = _unit(vague.group(1))
        return _of_pieces(Quantity(1, 1, unit, False), food, text)
    first, rest = found[0], found[1:]
    mass = next((q for q in rest if q.unit in GRAMS), None)
    if first.unit in GRAMS:
        return _whole(_of_mass(first), _second_of_sum(text, first, rest, food))
    if mass is not None:
        # "2 cans (400 g)", "2 x 400 g tins": a mass per container; "1 cup (120 g) flour": the same amount said twice.
        container = first.unit in CONTAINERS or (not first.unit and re.search(r"\b(can|tin|jar|pack|packet|package|pkg|bag|block|bottle|carton|tub|box|container|ball|fillet|steak|breast|each)s?\b", text))
        total = _of_mass(mass)
        if container:
            total = total.times(Interval(first.lo, (first.lo + first.hi) / 2, first.hi))
            return _drained(total, first, food, text)
        return total
    if first.unit in MILLILITRES:
        of_volume = _of_volume(first, food)
        return of_volume if of_volume is None else _whole(of_volume, _second_of_sum(text, first, rest, food))
    volume = next((q for q in rest if q.unit in MILLILITRES), None)
    if volume is not None and (volume.in_brackets or first.unit in CONTAINERS):
        each = _of_volume(volume, food)
        return each.times(Interval(first.lo, (first.lo + first.hi) / 2, first.hi)) if each else None
    if not first.unit and rest and rest[0].unit in PIECES and not rest[0].in_brackets:
        return _of_pieces(rest[0], food, text)
    return _of_pieces(first, food, text)


def _whole(first: Interval, second: Interval | None) -> Interval:
    return first if second is None else first.plus(second)


def _second_of_sum(text: str, first: Quantity, rest: list[Quantity], food: Food) -> Interval | None:
    """The second part of "1 cup plus 2 tbsp", else None: two masses side by side ("2 lb / 900 g") are one amount."""
    if not rest or not re.search(r"\b(plus|and|\+)\s*(?:another\s+)?" + _NUMBER, text):
        return None
    second = rest[0]
    if second.unit in GRAMS:
        return _of_mass(second) if first.unit not in MILLILITRES else None
    return _of_volume(second, food) if second.unit in MILLILITRES else None


def _of_volume(q: Quantity, food: Food) -> Interval | None:
    per_cup = food.grams_per_cup
    liquid = food.group in LIQUID_GROUPS
    if per_cup is None:
        if not liquid:
            return None
        per_cup = 236.6
    return _spread(q.lo, q.hi, per_cup / 236.6 * MILLILITRES[q.unit], 0.05 if liquid else 0.20)


def _of_pieces(q: Quantity, food: Food, text: str) -> Interval | None:
    size = _SIZE.search(text)
    wanted = [q.unit] if q.unit else []
    if q.unit in ("", "each", "piece") and size:
        wanted.append(_unit(size.group(1)))
    if q.unit in ("", "small", "medium", "large", "piece"):
        wanted += ["each", "medium", "piece"]
    for unit in wanted:
        if unit in food.pieces:
            share = 0.5 if unit in DEFAULT_PIECES else 0.3
            return _spread(q.lo, q.hi, food.pieces[unit], share)
    if q.unit in DEFAULT_PIECES:
        return _spread(q.lo, q.hi, DEFAULT_PIECES[q.unit], 0.5)
    if not q.unit:
        # A bare count of a food with a single known unit: "6 bacon" can only be rashers.
        if len(food.pieces) == 1:
            return _spread(q.lo, q.hi, next(iter(food.pieces.values())), 0.5)
    return None


def _drained(total: Interval, first: Quantity, food: Food, text: str) -> Interval:
    """A can's label weight is an upper bound for what is eaten: beans, fish and olives lose their liquid (about 40 %)."""
    if food.group not in ("legume", "fish", "vegetable", "fruit", "mollusc", "crustacean") or "tomato" in food.name:
        return total
    assert total.hi is not None and total.mid is not None
    return Interval(total.lo * 0.55, total.mid * (0.6 if "drain" in text else 0.75), total.hi)
