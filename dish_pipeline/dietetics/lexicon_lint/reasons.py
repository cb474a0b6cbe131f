"""Faults of the reasons that people wrote for single facts.

What belongs here: rules about `reasons.csv`. The file may be absent.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.lexicon_lint.fault import Fault
from dish_pipeline.dietetics.lexicon_lint.names import rows_of
from dish_pipeline.dietetics.lexicon_reasons import BASES, COLUMNS, FILE, VARIES
from dish_pipeline.dish import Tri


def faults(lexicon: Lexicon, folder: Path) -> Iterator[Fault]:
    """Rows that speak of no food or key, disagree with the fact, stand twice, or leave a cell empty."""
    seen: set[tuple[str, str]] = set()
    for row in rows_of(folder / FILE):
        food_id, key = row.get("id", ""), row.get("key", "")
        where = f"{food_id}, {key}"
        empty = [column for column in COLUMNS if not row.get(column)]
        if empty:
            yield Fault("empty cell", FILE, where, f"{' and '.join(empty)} empty or missing", "fill every column")
            continue
        if (food_id, key) in seen:
            yield Fault("reason twice", FILE, where, "the fact has two reasons", "keep one")
        seen.add((food_id, key))
        food = lexicon.foods.get(food_id)
        if food is None or key not in lexicon.keys:
            yield Fault("reason of nothing", FILE, where, f"there is no {'food' if food is None else 'key'} of that name",
                        "correct or remove the row")
            continue
        fact = food.facts[key]
        if row["status"] != fact.word:
            yield Fault("reason and fact differ", FILE, where, f"it speaks of {row['status']}, but the fact is {fact.word}",
                        "rewrite the reason for the fact as it is, or correct facts.csv")
        if row["basis"] not in BASES:
            yield Fault("unknown basis", FILE, where, f"there is no basis {row['basis']!r}", f"write one of {', '.join(BASES)}")
        elif row["basis"] == VARIES and fact is not Tri.UNKNOWN:
            yield Fault("known, yet varies by brand", FILE, where, f"the fact is {fact.word}",
                        "what varies by brand is unknown: correct the basis or the fact")
