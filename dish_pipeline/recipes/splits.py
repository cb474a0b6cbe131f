"""Train, validation and test, by cluster: near-duplicates never stand on both sides, and a recipe never changes sides.

What belongs here: clusters and their splits. A new cluster goes where the hash of (seed, its first recipe) falls, so within each
course, as within any other part, the shares hold up to chance and nothing depends on what else there is. What was placed once is kept
in a ledger: a new recipe joins the split of the old ones it resembles. One that resembles old ones of two splits is set aside.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import pandas as pd

from dish_pipeline.recipes.duplicates import Forest, features_of, links

SPLITS = ("train", "valid", "test")
SHARES = {"train": 0.8, "valid": 0.1, "test": 0.1}

ASIDE = "aside"
"""The split of a recipe that is nearly one of two recipes in different splits: no model learns from it, none is measured on it."""


def place(cluster: str, seed: int) -> float:
    """A number in [0, 1) that depends on the cluster and the seed alone."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{cluster}".encode()).digest()[:8]) / 2**64 % 1.0


def by_age(recipe_ids: Sequence[str], ledger: Mapping[str, str]) -> list[int]:
    """The positions of the recipes, oldest first: as the ledger has them, then the new ones as they stand."""
    rank = {recipe_id: i for i, recipe_id in enumerate(ledger)}
    return sorted(range(len(recipe_ids)), key=lambda i: (rank.get(recipe_ids[i], len(rank)), i))


def split_dishes(dishes: pd.DataFrame, mentions: pd.DataFrame, ledger: Mapping[str, str], seed: int) -> dict[str, str]:
    """Give a table of dishes its columns `cluster` and `split`; return the ledger with the new ones at its end."""
    order = by_age(dishes["recipe_id"].tolist(), ledger)
    aged = dishes.iloc[order]
    ids = aged["recipe_id"].tolist()
    found = links(features_of(aged, mentions), old=sum(recipe_id in ledger for recipe_id in ids))
    clusters, splits = settle(ids, found, aged["trainable"].astype(bool).tolist(), ledger, seed)
    dishes["cluster"] = pd.Series(clusters, index=aged.index, dtype=object)
    dishes["split"] = pd.Series(splits, index=aged.index, dtype=object)
    return {**ledger, **dict(zip(ids, splits, strict=True))}


def settle(
    recipe_ids: Sequence[str], links: Sequence[tuple[int, int]], usable: Sequence[bool], ledger: Mapping[str, str], seed: int,
) -> tuple[list[str], list[str]]:
    """The cluster (named after its oldest recipe) and the split of each recipe.

    The recipes come oldest first (`by_age`); `links` are pairs of positions that are one dish (`duplicates.links`); `usable` tells
    which can be learned from; `ledger` maps recipes that were placed before to their splits, the oldest first.
    """
    count = len(recipe_ids)
    placed = [ledger.get(recipe_id) if ledger.get(recipe_id) in SPLITS else None for recipe_id in recipe_ids]
    alike = Forest(count)
    for i, j in links:
        if (placed[i] is None) == (placed[j] is None):
            alike.join(i, j)
    split_of: dict[int, str] = {}
    aside: set[int] = set()
    for i, split in enumerate(placed):
        # Old ones of one cluster in two splits: the lexicon or the rule of likeness has changed. The oldest stays.
        if split is not None and split_of.setdefault(alike.root(i), split) != split:
            aside.add(i)
    neighbours: dict[int, set[int]] = {}
    for i, j in links:
        if (placed[i] is None) != (placed[j] is None):
            new, old = (i, j) if placed[i] is None else (j, i)
            if old not in aside:
                neighbours.setdefault(alike.root(new), set()).add(alike.root(old))
    for new, olds in neighbours.items():
        splits = {split_of[old] for old in olds}
        if len(splits) == 1:
            split_of[new] = splits.pop()
            for old in olds:
                alike.join(new, old)
        else:
            split_of[new] = ASIDE
    fresh = sorted({alike.root(i) for i in range(count)} - set(split_of))
    split_of |= {root: _at(place(recipe_ids[root], seed)) for root in fresh}
    _fill(split_of, [alike.root(i) for i in range(count) if usable[i] and i not in aside], recipe_ids, set(fresh), seed)
    roots = [i if i in aside else alike.root(i) for i in range(count)]
    return [recipe_ids[root] for root in roots], [ASIDE if i in aside else split_of[root] for i, root in enumerate(roots)]


def _fill(split_of: dict[int, str], usable: list[int], recipe_ids: Sequence[str], fresh: set[int], seed: int) -> None:
    """Where usable clusters would leave a split empty, move the nearest ones into it: new ones, and others only where there are too few."""
    roots = {root for root in usable if split_of[root] != ASIDE}
    if len(roots) < len(SPLITS) or {split_of[root] for root in roots} == set(SPLITS):
        return
    # Few clusters: the highest place is tested on, the next validates, the lowest trains.
    movable = sorted((roots & fresh) if len(roots & fresh) >= len(SPLITS) else roots, key=lambda r: place(recipe_ids[r], seed), reverse=True)
    split_of[movable[0]], split_of[movable[1]], split_of[movable[-1]] = "test", "valid", "train"


def _at(place_: float) -> str:
    return "train" if place_ < SHARES["train"] else "valid" if place_ < SHARES["train"] + SHARES["valid"] else "test"


def crossing(frame: pd.DataFrame) -> list[str]:
    """The clusters that stand in more than one split; none may."""
    counts = frame.groupby("cluster")["split"].nunique()
    return counts[counts > 1].index.tolist()
