"""Raw recipes -> dishes and refused rows: nothing is dropped without a reason.

What belongs here: the pandera check, and the step from a recipe to the dish that a model can learn from.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

import pandas as pd
import pandera.errors

from dish_pipeline.dietetics.parsing import Line, LineParser
from dish_pipeline.dish import Dish, Portion, Recipe
from dish_pipeline.recipes.schema import REJECTED, REMEDIES, recipe_schema
from dish_pipeline.recipes.wording import course_of, servings_of

TYPICAL_SERVING = {"starter": 200.0, "main": 420.0, "side": 170.0, "dessert": 130.0, "breakfast": 220.0, "snack": 80.0, "unknown": 300.0}
"""Grams of one serving by course, used only to guess the servings of a recipe that states none. A guess feeds the model's sense of
proportion and nothing else: the facts of such a recipe keep their nutrients unknown."""

LONGEST_SHOWN = 200
"""Characters of a refused value that are kept."""

FEWEST_FOODS = 2
LEAST_RESOLVED = 0.6
"""Share of the ingredient lines that must be resolved before a model learns from the dish: with less, it would learn a torso."""


@dataclass(frozen=True)
class Validated:
    """The outcome: accepted recipes as dishes, everything their lines name, and the refused rows."""

    dishes: pd.DataFrame
    mentions: pd.DataFrame
    rejected: pd.DataFrame


def raw_frame(recipes: Iterable[Recipe]) -> pd.DataFrame:
    """Recipes as a table with the columns of `schema.RAW`."""
    rows = [
        {
            "recipe_id": r.recipe_id, "file": r.file, "row": r.row, "title": r.title, "lines": list(r.lines), "servings": r.servings,
            "course": r.course, "cuisine": r.cuisine, "tags": list(r.tags), "steps": list(r.steps),
        }
        for r in recipes
    ]
    columns = ["recipe_id", "file", "row", "title", "lines", "servings", "course", "cuisine", "tags", "steps"]
    return pd.DataFrame(rows, columns=columns)


def split_refused(raw: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Check all rows at once; return the accepted rows and the refusals (columns of `schema.REJECTED`), one a recipe with all its failures."""
    rows = raw.reset_index(drop=True)
    lines = [[] if value is None else list(value) for value in rows["lines"]]
    checked = rows.assign(
        # Stated types, since an empty column has none, and a missing title is an empty one.
        recipe_id=rows["recipe_id"].astype("str"),
        title=rows["title"].astype("str").fillna(""),
        lines=pd.Series(lines, dtype=object),
        line_count=pd.Series([len(texts) for texts in lines], dtype="int64"),
        longest_line=pd.Series([max(map(len, texts), default=0) for texts in lines], dtype="int64"),
    )
    try:
        recipe_schema.validate(checked, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        rowless = cases[cases["index"].isna()]
        if len(rowless):
            raise ValueError(f"the table of raw recipes is malformed: {rowless['check'].tolist()}") from None
        failures: dict[int, list[tuple[str, str]]] = {}
        for column, check, index in zip(cases["column"], cases["check"], cases["index"], strict=True):
            failures.setdefault(int(index), []).append((column, str(check)))
        first_of = {recipe_id: index for index, recipe_id in reversed(list(enumerate(checked["recipe_id"])))}
        refused = [_refusal(checked, index, failures[index], first_of) for index in sorted(failures)]
        return checked[raw.columns].drop(index=sorted(failures)), pd.DataFrame(refused, columns=list(REJECTED))
    return checked[raw.columns], pd.DataFrame(columns=list(REJECTED))


def _refusal(checked: pd.DataFrame, index: int, failures: list[tuple[str, str]], first_of: dict[str, int]) -> dict[str, object]:
    """The refused row in words. `failures` are (column, failed check); `first_of` maps a recipe to the first row that has it."""
    source: dict[Hashable, Any] = checked.loc[index].to_dict()
    told = []
    for column, check in failures:
        reason, remedy = REMEDIES[column]
        field, value = ("ingredients", "; ".join(source["lines"])) if column in ("line_count", "longest_line") else (column, str(source["title"]))
        if column == "recipe_id":
            first = checked.loc[first_of[source["recipe_id"]]]
            reason = f"{reason}: also at {first['file']} row {first['row']}"
        told.append((field, value[:LONGEST_SHOWN], reason or check, remedy))
    fields, values, reasons, remedies = ("; ".join(dict.fromkeys(column)) for column in zip(*told, strict=True))
    return {"file": source["file"], "row": int(source["row"]), "field": fields, "value": values, "reason": reasons, "remedy": remedies}


def validate(raw: pd.DataFrame, parser: LineParser) -> Validated:
    """Refuse what cannot be used, and read every line of the rest.

    The dishes lack `cluster` and `split`, which need all of them together (see `duplicates.py`, `splits.py`).
    """
    accepted, rejected = split_refused(raw)
    dishes, mentions = [], []
    for recipe in accepted.to_dict("records"):
        lines = [parser.parse(text) for text in recipe["lines"]]
        course = course_of(recipe["course"] or "", recipe["tags"] or ())
        servings = servings_of(recipe["servings"] or "")
        dish, guessed = dish_of_lines(recipe["title"], course, lines, servings)
        named = [line for line in lines if not line.heading]
        resolved = sum(line.resolved for line in named)
        why_not = _why_not(dish, resolved, len(named))
        dishes.append({
            "recipe_id": recipe["recipe_id"], "file": recipe["file"], "row": recipe["row"], "title": recipe["title"], "course": course,
            "cuisine": recipe["cuisine"], "servings_lo": servings[0] if servings else None, "servings_hi": servings[1] if servings else None,
            "servings_guessed": guessed, "lines": len(named), "lines_resolved": resolved, "trainable": not why_not, "why_not": why_not,
            "food_ids": [p.food_id for p in dish.portions], "grams": [p.grams for p in dish.portions],
        })
        for number, line in enumerate(lines, start=1):
            for m in line.mentions:
                mentions.append({
                    "recipe_id": recipe["recipe_id"], "line": number, "text": line.text, "food_id": m.food.food_id if m.food else None,
                    "words": m.words, "g_lo": m.grams.lo if m.grams else None, "g_mid": m.grams.mid if m.grams else None,
                    "g_hi": m.grams.hi if m.grams else None, "cleared": sorted(m.cleared), "optional": line.optional,
                })
    return Validated(
        pd.DataFrame(dishes, columns=[
            "recipe_id", "file", "row", "title", "course", "cuisine", "servings_lo", "servings_hi", "servings_guessed", "lines",
            "lines_resolved", "trainable", "why_not", "food_ids", "grams",
        ]),
        pd.DataFrame(mentions, columns=["recipe_id", "line", "text", "food_id", "words", "g_lo", "g_mid", "g_hi", "cleared", "optional"]),
        rejected,
    )


def _why_not(dish: Dish, resolved: int, lines: int) -> str:
    if len(dish.portions) < FEWEST_FOODS:
        return f"fewer than {FEWEST_FOODS} ingredients are foods of the lexicon"
    if resolved < LEAST_RESOLVED * lines:
        return f"only {resolved} of {lines} ingredient lines are resolved"
    return ""


def dish_of_lines(title: str, course: str, lines: list[Line], servings: tuple[float, float] | None) -> tuple[Dish, float | None]:
    """The dish for one serving, and the servings that had to be guessed (None when they were stated).

    Of alternatives ("butter or oil") the dish takes the first; the facts take all (see `dietetics.facts`).
    """
    total: dict[str, float | None] = {}
    for line in lines:
        for mention in line.mentions:
            if mention.food is None or mention.alternative:
                continue
            grams = mention.grams.mid if mention.grams else None
            known = total.get(mention.food.food_id)
            total[mention.food.food_id] = grams if known is None else known + (grams or 0.0)
    stated = None if servings is None else (servings[0] + servings[1]) / 2
    guessed = None
    if stated is None:
        mass = sum(g for g in total.values() if g is not None)
        guessed = float(max(1, round(mass / TYPICAL_SERVING[course])))
    count = stated or guessed or 1.0
    portions = tuple(Portion(food, None if grams is None else grams / count) for food, grams in total.items())
    return Dish(course, title, portions), guessed


def dishes_of(frame: pd.DataFrame) -> list[Dish]:
    """The rows of a table with `course`, `title`, `food_ids` and `grams` as dishes."""
    return [
        Dish(course, title, tuple(Portion(f, None if g is None or g != g else float(g)) for f, g in zip(food_ids, grams, strict=True)))
        for course, title, food_ids, grams in zip(frame["course"], frame["title"], frame["food_ids"], frame["grams"], strict=True)
    ]


def typical_mass(dishes: Iterable[Dish]) -> dict[str, float]:
    """Median grams of one serving, by course, over dishes with every amount known."""
    masses: dict[str, list[float]] = {}
    for dish in dishes:
        grams = [p.grams for p in dish.portions]
        if all(g is not None for g in grams):
            masses.setdefault(dish.course, []).append(sum(g for g in grams if g is not None))
    return {course: median(values) for course, values in masses.items()}
