"""What is known of one ingredient line, as plain data for other programs.

What belongs here: the JSON form of facts and verdicts, as `dish facts` prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dish_pipeline.dietetics.facts import facts_of, items_of_lines
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dietetics.profiles import Profile, judge_all
from dish_pipeline.dish import UNKNOWN_COURSE, Interval


def interval(value: Interval | None) -> dict[str, float | None] | None:
    """An interval as {lo, mid, hi}, rounded to six decimals."""
    if value is None:
        return None
    return {side: None if x is None else round(x, 6) for side, x in (("lo", value.lo), ("mid", value.mid), ("hi", value.hi))}


def describe_line(text: str, parser: LineParser, profiles: Mapping[str, Profile], servings: float | None = None) -> dict[str, Any]:
    """Foods, allergens, flags, nutrients and verdicts of one raw line taken as a dish of its own."""
    line = parser.parse(text)
    count = Interval(servings, servings, servings) if servings else None
    facts = facts_of(items_of_lines([line]), count, parser.lexicon)
    keys = parser.lexicon.keys
    return {
        "text": text,
        "foods": [
            {"id": m.food.food_id if m.food else None, "name": m.words, "grams": interval(m.grams)} for m in line.mentions
        ],
        "allergens": {k: s.word for k, s in facts.status.items() if keys[k].kind == "allergen"},
        "flags": {k: s.word for k, s in facts.status.items() if keys[k].kind == "flag"},
        "nutrients": {n: interval(v) for n, v in facts.nutrients.items()},
        "verdicts": {
            p: {"verdict": v.verdict, "open_points": list(v.open_points)} for p, v in judge_all(facts, UNKNOWN_COURSE, profiles.values()).items()
        },
    }
