"""How far recipes that came since are from those that a model was trained on.

What belongs here: the distance of a recipe to its nearest trained one, and the comparison with what is usual among the trained ones.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dish_pipeline.recipes.duplicates import features_of

FEWEST_NEW = 20
"""New recipes below which nothing is said of them as a whole."""

FAR = 0.7
"""Chance, above which the check warns, that a new recipe is further from the trained ones than one of them is from the others. 0.5: no drift."""

MOST_COMPARED = 2_000
"""Recipes, evenly drawn, that are measured on either side."""

SEEN = {"recipe_id": "VARCHAR", "title": "VARCHAR", "features": "VARCHAR[]", "learned": "BOOLEAN"}
"""The dishes that there were when a model was trained: their foods and unknown words, and whether the model learned from them."""


@dataclass(frozen=True)
class Drift:
    """`new`: recipes that were not trained on; `further`: see FAR, None with too few of them; `overlap` and `usual`: median overlap
    (Jaccard index of the foods) with the nearest trained recipe, of the new ones and of the trained ones among themselves;
    `unfamiliar`: foods and words of the new ones that no trained one has, with their counts; `furthest`: titles and overlaps."""

    new: int
    further: float | None
    overlap: float | None
    usual: float | None
    unfamiliar: list[tuple[str, int]]
    furthest: list[tuple[str, float]]

    @property
    def far(self) -> bool:
        """True when the new recipes are clearly another kind."""
        return self.further is not None and self.further > FAR


def seen(dishes: pd.DataFrame, mentions: pd.DataFrame) -> pd.DataFrame:
    """The rows of SEEN for a table of validated dishes."""
    features = [sorted(own.foods) for own in features_of(dishes, mentions)]
    learned = (dishes["split"] == "train") & dishes["trainable"].astype(bool)
    columns = {"recipe_id": list(dishes["recipe_id"]), "title": list(dishes["title"]), "features": features, "learned": list(learned)}
    return pd.DataFrame(columns, columns=list(SEEN))


def measure(now: pd.DataFrame, then: pd.DataFrame) -> Drift:
    """Compare the recipes of `now` that are not in `then` with those of `then` that were learned from; both have the columns of SEEN."""
    new = now[~now["recipe_id"].isin(set(then["recipe_id"]))]
    sets = [frozenset(f) for f in then[then["learned"].astype(bool)]["features"]]
    if not len(new) or not sets:
        return Drift(len(new), None, None, None, [], [])
    index = _Index(sets)
    picked = new.iloc[:: max(1, len(new) // MOST_COMPARED)]
    theirs = np.array([index.nearest(frozenset(f)) for f in picked["features"]])
    own = np.array([index.nearest(sets[i], leave_out=i) for i in range(0, len(sets), max(1, len(sets) // MOST_COMPARED))])
    words = Counter(f for features in new["features"] for f in features if f not in index.holders)
    order = np.argsort(theirs, kind="stable")[:10]
    titles = picked["title"].tolist()
    return Drift(
        new=len(new), further=_chance_below(theirs, own) if len(new) >= FEWEST_NEW else None, overlap=float(np.median(theirs)),
        usual=float(np.median(own)), unfamiliar=words.most_common(15), furthest=[(titles[i], float(theirs[i])) for i in order],
    )


def _chance_below(a: np.ndarray, b: np.ndarray) -> float:
    """The chance that a draw from `a` is below one from `b`, ties counting half: the Mann-Whitney statistic over its greatest value."""
    ordered = np.sort(b)
    below, at_most = np.searchsorted(ordered, a, "left"), np.searchsorted(ordered, a, "right")
    return float(np.mean(len(b) - at_most + (at_most - below) / 2) / len(b))


class _Index:
    """Which sets hold a feature, so that overlaps are counted without a matrix of all foods."""

    def __init__(self, sets: Sequence[frozenset[str]]) -> None:
        rows: dict[str, list[int]] = defaultdict(list)
        for i, own in enumerate(sets):
            for feature in own:
                rows[feature].append(i)
        self.holders = {feature: np.array(found) for feature, found in rows.items()}
        self.sizes = np.array([len(s) for s in sets])

    def nearest(self, own: frozenset[str], leave_out: int | None = None) -> float:
        """The greatest Jaccard index with any of the sets."""
        shared = np.zeros(len(self.sizes))
        for feature in own:
            if feature in self.holders:
                shared[self.holders[feature]] += 1
        if leave_out is not None:
            shared[leave_out] = 0
        return float((shared / np.maximum(self.sizes + len(own) - shared, 1)).max())
