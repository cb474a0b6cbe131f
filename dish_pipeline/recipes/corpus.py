"""Is a collection of recipes fit to be learned from? The figures behind `dish corpus lint`.

What belongs here: likeness of every dish to its nearest, titles that come twice, amounts that stand out. It reads recipes as the pipeline
does and judges the collection as a whole; single rows are judged in `validation`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import pandas as pd

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.wording import phrase
from dish_pipeline.recipes.duplicates import jaccard

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
