"""What is known of an ingredient line or of a whole recipe, as plain data for other programs.

What belongs here: the JSON form of facts and verdicts, as `dish facts` prints it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dish_pipeline.dietetics.facts import facts_of, items_of_lines
from dish_pipeline.dietetics.parsing import Line, LineParser
from dish_pipeline.dietetics.profiles import Profile, judge_all
from dish_pipeline.dish import UNKNOWN_COURSE, Interval


def interval(value: Interval | None) -> dict[str, float | None] | None:
    """An interval as {lo, mid, hi}, rounded to six decimals."""
    if value is None:
        return None
    return {side: None if x is None else round(x, 6) for side, x in (("lo", value.lo), ("mid", value.mid), ("hi", value.hi))}


def describe_line(text: str, parser: LineParser, profiles: Mapping[str, Profile], servings: float | None = None) -> dict[str, Any]:
    """Foods, allergens, flags, nutrients and verdicts of one raw line taken as a dish of its own."""
    count = Interval(servings, servings, servings) if servings else None
    return {"text": text, **_known([parser.parse(text)], count, UNKNOWN_COURSE, parser, profiles)}


def describe_recipe(
    title: str, lines: Sequence[str], servings: Interval | None, course: str, parser: LineParser, profiles: Mapping[str, Profile],
) -> dict[str, Any]:
    """The same of a whole recipe: `text` is its title, `lines` its ingredient lines. Without servings, nutrients per serving stay unknown."""
    return {"text": title, "lines": list(lines), **_known([parser.parse(text) for text in lines], servings, course, parser, profiles)}


def _known(
    lines: Sequence[Line], servings: Interval | None, course: str, parser: LineParser, profiles: Mapping[str, Profile],
) -> dict[str, Any]:
    facts = facts_of(items_of_lines(lines), servings, parser.lexicon)
    keys = parser.lexicon.keys
    verdicts = judge_all(facts, course, profiles.values())
    return {
        "foods": [
            {"id": m.food.food_id if m.food else None, "name": m.words, "grams": interval(m.grams)} for line in lines for m in line.mentions
        ],
        "allergens": {k: s.word for k, s in facts.status.items() if keys[k].kind == "allergen"},
        "flags": {k: s.word for k, s in facts.status.items() if keys[k].kind == "flag"},
        "nutrients": {n: interval(v) for n, v in facts.nutrients.items()},
        "verdicts": {p: v.verdict for p, v in verdicts.items()},
        "open_points": {p: list(v.open_points) for p, v in verdicts.items() if v.open_points},
        "undecidable": {p: list(profiles[p].undecidable) for p in verdicts},
    }
