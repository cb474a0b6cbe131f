"""Is a collection of recipes fit to be learned from? The figures behind `dish corpus lint`.

What belongs here: likeness of every dish to its nearest, titles that come twice, amounts that stand out. It reads recipes as the pipeline
does and judges the collection as a whole; single rows are judged in `validation`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import pandas as pd

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dietetics.wording import phrase
from dish_pipeline.recipes.duplicates import jaccard
from dish_pipeline.recipes.readers.reading import Reading
from dish_pipeline.recipes.validation import raw_frame, validate

TOO_NEAR = 0.85
"""Jaccard index of the foods over which two dishes are one under two names."""

USUAL_NEAREST = 0.5
"""Median index with the nearest dish, from which on a collection repeats itself."""

STANDS_OUT = 3.5
"""Modified z-score (Iglewicz and Hoaglin 1993) of the logarithm, from which on a figure is listed for a person to look at."""


@dataclass(frozen=True)
class Likeness:
    """Each dish beside its nearest: the index and the row of it, by foods alone. Shape (dishes,) each; -1 where no other shares a food."""

    overlap: np.ndarray
    nearest: np.ndarray


def likeness(food_sets: Sequence[frozenset[str]]) -> Likeness:
    """The nearest other dish of each, exactly."""
    holders: dict[str, list[int]] = defaultdict(list)
    for i, own in enumerate(food_sets):
        for food in own:
            holders[food].append(i)
    overlap, nearest = np.zeros(len(food_sets)), np.full(len(food_sets), -1)
    for i, own in enumerate(food_sets):
        shared = Counter(j for food in own for j in holders[food] if j != i)
        for j, common in shared.items():
            value = common / (len(own) + len(food_sets[j]) - common)
            if value > overlap[i]:
                overlap[i], nearest[i] = value, j
    return Likeness(overlap, nearest)


def too_near(dishes: pd.DataFrame, found: Likeness) -> list[tuple[str, str, float]]:
    """(title, title, index) of every dish whose nearest is over TOO_NEAR, each pair once."""
    titles = dishes["title"].tolist()
    pairs = {(min(i, int(j)), max(i, int(j))) for i, j in enumerate(found.nearest) if j >= 0 and found.overlap[i] > TOO_NEAR}
    return [(titles[i], titles[j], jaccard(frozenset(dishes["food_ids"].iloc[i]), frozenset(dishes["food_ids"].iloc[j]))) for i, j in sorted(pairs)]


def repeated_titles(dishes: pd.DataFrame) -> list[list[str]]:
    """Places ("file row") of titles that are the same but for case, accents, order and small words, by title."""
    places: dict[frozenset[str], list[str]] = defaultdict(list)
    for dish in dishes.itertuples():
        places[frozenset(phrase(dish.title))].append(f"{dish.file} row {dish.row} ({dish.title})")
    return [found for found in places.values() if len(found) > 1]


def servings(dishes: pd.DataFrame, lexicon: Lexicon) -> pd.DataFrame:
    """recipe_id | file | row | title | course | grams | kcal of one serving, best single figures; kcal None where a food's is unknown.

    A food without an amount ("salt to taste") counts nothing; a dish whose servings are not stated is left out.
    """
    rows = []
    for dish in dishes.itertuples():
        grams = [(food, g) for food, g in zip(dish.food_ids, dish.grams, strict=True) if g is not None and g == g]
        energies = [_energy(lexicon, food, g) for food, g in grams]
        kcal = None if any(e is None for e in energies) else sum(e for e in energies if e is not None)
        if dish.servings_lo is not None and dish.servings_lo == dish.servings_lo:
            rows.append((dish.recipe_id, dish.file, dish.row, dish.title, dish.course, sum(g for _, g in grams), kcal))
    return pd.DataFrame(rows, columns=["recipe_id", "file", "row", "title", "course", "grams", "kcal"])


def _energy(lexicon: Lexicon, food: str, grams: float) -> float | None:
    per_100g = lexicon.foods[food].composition.get("energy_kcal")
    return None if per_100g is None or per_100g.mid is None else per_100g.mid * grams / 100


def by_course(sizes: pd.DataFrame) -> pd.DataFrame:
    """course | quartiles of grams and of kcal a serving."""
    rows = []
    for course, group in sizes.groupby("course"):
        row: dict[str, object] = {"course": course, "dishes": len(group)}
        for column in ("grams", "kcal"):
            values = pd.to_numeric(group[column]).dropna()
            row[column] = " / ".join(f"{values.quantile(q):.0f}" for q in (0.05, 0.25, 0.5, 0.75, 0.95)) if len(values) else "unknown"
        rows.append(row)
    return pd.DataFrame(rows, columns=["course", "dishes", "grams", "kcal"])


def outliers(sizes: pd.DataFrame) -> pd.DataFrame:
    """The rows of `sizes` whose grams or kcal stand out within their course, with `of` (grams, kcal) and `score`, the strangest first."""
    found = []
    for _, group in sizes.groupby("course"):
        for column in ("grams", "kcal"):
            values = pd.to_numeric(group[column]).dropna()
            logs = np.array([log(max(v, 0.1)) for v in values])
            if len(logs) < 8:
                continue
            middle = float(np.median(logs))
            spread = float(np.median(np.abs(logs - middle))) or 1e-9
            for index, value in zip(values.index, logs, strict=True):
                score = 0.6745 * (value - middle) / spread
                if abs(score) > STANDS_OUT:
                    found.append({**group.loc[index].to_dict(), "of": column, "score": score})
    columns = [*sizes.columns, "of", "score"]
    frame = pd.DataFrame(found, columns=columns)
    return frame.reindex(frame["score"].abs().sort_values(ascending=False, kind="stable").index)


@dataclass(frozen=True)
class Judgement:
    """A collection looked at: how many rows were refused, its dishes, their likeness, the faults, and amounts for a person to look at."""

    refused: int
    dishes: pd.DataFrame
    likeness: Likeness
    near: list[tuple[str, str, float]]
    titles: list[list[str]]
    sizes: pd.DataFrame
    outliers: pd.DataFrame


def judge(reading: Reading, parser: LineParser, lexicon: Lexicon) -> Judgement:
    """Read the collection as the pipeline does, and look at it as a whole."""
    validated = validate(raw_frame(reading.recipes), parser)
    dishes = validated.dishes
    found = likeness([frozenset(foods) for foods in dishes["food_ids"]])
    sizes = servings(dishes, lexicon)
    refused = len(reading.refusals) + len(validated.rejected)
    return Judgement(refused, dishes, found, too_near(dishes, found), repeated_titles(dishes), sizes, outliers(sizes))


def described(found: Judgement, limit: int) -> Iterator[str]:
    """The judgement in lines for a person; lists are cut at `limit`."""
    dishes, counts = found.dishes, Counter(found.dishes["course"])
    yield f"{len(dishes)} dishes, {found.refused} rows refused; {dishes['cuisine'].nunique()} cuisines"
    yield "courses: " + ", ".join(f"{course} {count}" for course, count in counts.most_common())
    yield f"ingredient lines: {int(dishes['lines'].sum())}, {int(dishes['lines_resolved'].sum())} of them resolved by the lexicon"
    if len(dishes):
        quantiles = np.quantile(found.likeness.overlap, [0.25, 0.5, 0.75, 1.0])
        yield (
            "Jaccard index of the foods with the nearest other dish: quartiles " + " / ".join(f"{q:.2f}" for q in quantiles[:3])
            + f", greatest {quantiles[3]:.2f}"
            + ("" if quantiles[1] < USUAL_NEAREST else f"; the median should be under {USUAL_NEAREST}: the collection repeats itself")
        )
    yield f"dishes nearly the same (over {TOO_NEAR}): {len(found.near)}"
    yield from (f"  {one} = {other} ({index:.2f})" for one, other, index in found.near[:limit])
    yield f"titles that come twice: {len(found.titles)}"
    yield from ("  " + "; ".join(places) for places in found.titles[:limit])
    yield "a serving, 5 / 25 / 50 / 75 / 95 % of the dishes:"
    for row in by_course(found.sizes).itertuples():
        yield f"  {row.course:10} {row.grams} g; {row.kcal} kcal"
    yield f"amounts that stand out in their course: {len(found.outliers)}"
    for row in found.outliers.head(limit).itertuples():
        kcal = "? kcal" if row.kcal is None or row.kcal != row.kcal else f"{row.kcal:.0f} kcal"
        yield f"  {row.file} row {row.row}: {row.title} ({row.course}): {row.grams:.0f} g, {kcal} a serving (score {row.score:+.1f} of its {row.of})"
