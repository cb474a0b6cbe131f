"""Faults in names, and in what the row of a food must say.

What belongs here: rules about `foods.csv` and `words.csv` that need no facts. They read the raw rows, so that every name which stands
twice is listed, where loading refuses the first.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from dish_pipeline.dietetics.lexicon import BESIDE_A_FOOD, NO_TABLE
from dish_pipeline.dietetics.lexicon_lint.fault import Fault
from dish_pipeline.dietetics.lexicon_reasons import BASES
from dish_pipeline.dietetics.wording import Phrase, phrase

TWO_FOODS = "name of two foods"

GROUPS = frozenset({
    "alcohol", "baking", "beverage", "bread", "chocolate", "condiment", "confectionery", "crustacean", "dairy", "egg", "fat", "fish", "flour",
    "fruit",
    "fungus", "grain", "herb", "legume", "meat", "mollusc", "nut", "oil", "pasta_noodle", "plant_dairy", "poultry", "prepared", "salt", "sauce",
    "seaweed", "seed", "soy", "spice", "stock", "sweetener", "vegetable", "water",
})
"""The groups there are: rules about facts go by group, so a misspelt one would escape them."""

LINK = re.compile(r"(?:sr28|ciqual|cnf):[0-9]+~?")
SIGNED = re.compile(r"\S.* (?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])")


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV, cells stripped; none of a file that is missing or is no UTF-8, which loading reports."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return [{k: (v or "").strip() for k, v in row.items() if isinstance(k, str)} for row in csv.DictReader(handle)]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def faults(folder: Path) -> list[Fault]:
    """Faults of names, words and of the columns that every food has to fill."""
    foods = rows_of(folder / "foods.csv")
    # A maker or an origin is neutral only beside a food, and often means another word alone: "Wild Turkey", "Red Herring".
    neutral = {word for row in rows_of(folder / "words.csv") if row.get("kind") not in BESIDE_A_FOOD for word in phrase(row.get("word", ""))}
    return [*_names(foods, neutral), *(fault for row in foods for fault in _columns(row))]


def _written(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Column and text of each name that a row gives its food."""
    yield "name", row.get("name", "")
    for column in ("aliases", "aliases_fr"):
        yield from ((column, part.strip()) for part in row.get(column, "").split("|") if part.strip())


def _names(foods: list[dict[str, str]], neutral: set[str]) -> Iterator[Fault]:
    owner: dict[Phrase, str] = {}
    for row in foods:
        food_id = row.get("id", "")
        spelt: set[str] = set()
        for column, text in _written(row):
            words = phrase(text)
            if not words:
                yield Fault("name without a word", "foods.csv", food_id, f"{column} {text!r} holds no word", "write a word or remove it")
                continue
            if owner.setdefault(words, food_id) != food_id:
                yield Fault(TWO_FOODS, "foods.csv", food_id, f"{column} {text!r} names {owner[words]} as well", "take it from one of them")
            # A plural beside its singular does no harm and people look for both; the very same spelling is a slip.
            if text.casefold() in spelt:
                yield Fault("name twice in one food", "foods.csv", food_id, f"{column} {text!r} stands there already", "remove one of the two")
            spelt.add(text.casefold())
            if len(words) == 1 and words[0] in neutral:
                yield Fault("neutral word that names a food", "words.csv", words[0], f"{text!r} is neutral, but names {food_id}",
                            "take the word from words.csv")


def _columns(row: dict[str, str]) -> Iterator[Fault]:
    food_id = row.get("id", "")

    def fault(kind: str, said: str, remedy: str) -> Fault:
        return Fault(kind, "foods.csv", food_id, said, remedy)

    for column in ("group", "basis", "source"):
        if not row.get(column):
            yield fault("empty cell", f"{column} is empty", "fill it in")
    if row.get("group") and row["group"] not in GROUPS:
        yield fault("unknown group", f"there is no group {row['group']!r}", f"write one of {', '.join(sorted(GROUPS))}")
    if row.get("basis") and row["basis"] not in BASES:
        yield fault("unknown basis", f"there is no basis {row['basis']!r}", f"write one of {', '.join(BASES)}")
    if row.get("reviewed_by") and not SIGNED.fullmatch(row["reviewed_by"]):
        yield fault("unfit signature", f"reviewed_by is {row['reviewed_by']!r}",
                    "write a name and a date, such as A. Person 2026-01-31, or leave it empty")
    link = row.get("composition", "")
    if not link:
        yield fault("no word on composition", "composition is empty", f"name a table's food, such as sr28:01001, or write {NO_TABLE}")
    elif link != NO_TABLE and not LINK.fullmatch(link):
        yield fault("unreadable link", f"composition is {link!r}", f"write sr28:, ciqual: or cnf: and the food's number, or {NO_TABLE}")
