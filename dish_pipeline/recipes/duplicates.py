"""Near-duplicates: recipes that are one dish written twice fall into one cluster.

What belongs here: finding and proving pairs, and joining them. MinHash LSH (datasketch) proposes pairs, the exact Jaccard index
decides, so a cluster never rests on an estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from dish_pipeline.dietetics.wording import phrase

SAME_DISH = 0.7
"""Jaccard index of foods and title words at and above which two recipes are one dish."""

SAME_FOODS = 0.8
"""Jaccard index of the foods alone at and above which two recipes are one dish, whatever their titles."""

SAME_TITLE = 0.5
"""Jaccard index of the foods at and above which two recipes of the very same title are one dish."""

BANDS, ROWS = 32, 5
"""The index, which sees the foods alone, proposes pairs that agree in all rows of one band: a pair of foods at SAME_FOODS is missed three times
in a million; at 0.15, where most pairs are, 2 of 1,000 are proposed, which keeps the cost of a recipe nearly flat."""

MOST_OF_A_TITLE = 100
"""Recipes of one very same title that a further one is compared with beside what the index proposes; a file may call thousands "Recipe"."""


class Features(NamedTuple):
    """What a recipe is compared by: its foods (a word that no food of the lexicon covers stands as "?word") and the words of its title."""

    foods: frozenset[str]
    title: frozenset[str]


def features(title: str, food_ids: Sequence[str], words: Sequence[str]) -> Features:
    """The features of one recipe; `words` are those of its ingredient lines that nobody knows."""
    return Features(frozenset([*food_ids, *(f"?{w}" for w in words)]), frozenset(phrase(title)))


def features_of(frame: pd.DataFrame, mentions: pd.DataFrame) -> list[Features]:
    """The features of each row of a table of dishes; `mentions` is everything that their lines name."""
    unknown = mentions[mentions["food_id"].isna()]
    words = {recipe_id: list(group) for recipe_id, group in unknown.groupby("recipe_id")["words"]}
    columns = zip(frame["recipe_id"], frame["title"], frame["food_ids"], strict=True)
    return [features(title, foods, words.get(recipe_id, ())) for recipe_id, title, foods in columns]


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Size of the intersection over size of the union; two empty sets are equal."""
    shared = len(a & b)
    union = len(a) + len(b) - shared
    return shared / union if union else 1.0


def likeness(a: Features, b: Features) -> float:
    """The Jaccard index of foods and title words together."""
    shared = len(a.foods & b.foods) + len(a.title & b.title)
    union = len(a.foods) + len(b.foods) + len(a.title) + len(b.title) - shared
    return shared / union if union else 1.0


def same_dish(a: Features, b: Features) -> bool:
    """True when two recipes are one dish."""
    alike = jaccard(a.foods, b.foods)
    if a.foods and alike >= SAME_FOODS:
        return True
    return likeness(a, b) >= SAME_DISH or (bool(a.title) and a.title == b.title and alike >= SAME_TITLE)


class Forest:
    """Which of `size` things belong together; each group is known by its lowest number."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, i: int) -> int:
        """The lowest number of the group of `i`."""
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def join(self, i: int, j: int) -> bool:
        """Put the groups of `i` and `j` together; False when they were one already."""
        a, b = self.root(i), self.root(j)
        self._parent[max(a, b)] = min(a, b)
        return a != b


def links(sets: Sequence[Features], old: int = 0, seed: int = 1) -> list[tuple[int, int]]:
    """Proven pairs (later, earlier) that join the feature sets into clusters, with no pair that others make needless.

    The first `old` sets belong to recipes that have a split already: their clusters are found as if they were alone, and for each
    cluster of new ones every old cluster that it touches is told.
    """
    # Brings scipy along, which would slow down every command and the loading of the definitions.
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    forest, found = Forest(len(sets)), []
    first_of: dict[Features, int] = {}
    by_title: dict[frozenset[str], list[int]] = {}
    hashes = MinHash.generator([[f.encode() for f in s.foods] for s in sets], num_perm=BANDS * ROWS, seed=seed)
    for i, (own, minhash) in enumerate(zip(sets, hashes, strict=True)):
        # Stands for all equals, so that a recipe copied thousands of times is compared once.
        first = first_of.setdefault(own, i)
        if first != i:
            found.append((i, first))
            if (i < old) == (first < old):
                forest.join(i, first)
            continue
        alike = by_title.setdefault(own.title, [])
        told: set[int] = set()
        for j in sorted({*index.query(minhash), *alike}):
            root = forest.root(j)
            if root != forest.root(i) and root not in told and same_dish(own, sets[j]):
                found.append((i, j))
                if (i < old) == (j < old):
                    forest.join(i, j)
                else:
                    told.add(root)
        index.insert(i, minhash)
        if len(alike) < MOST_OF_A_TITLE:
            alike.append(i)
    return found


def crossing_pairs(held_out: Sequence[Features], learned: Sequence[Features]) -> list[tuple[int, int]]:
    """Every pair (held out, learned) whose foods have an index of SAME_FOODS or more.

    Exact, without the hashes of `links`, so that it can prove what they found: prefix filtering (Chaudhuri et al. 2006).
    """
    holders: dict[str, list[int]] = {}
    for j, own in enumerate(learned):
        for food in own.foods:
            holders.setdefault(food, []).append(j)
    found = []
    for i, own in enumerate(held_out):
        # Two such sets share at least that part of either; so of any foods of one that are more than the rest, one is shared.
        rarest = sorted(own.foods, key=lambda f: len(holders.get(f, ())))[: int((1 - SAME_FOODS) * len(own.foods) + 1e-9) + 1]
        near = {j for food in rarest for j in holders.get(food, ())}
        found += [(i, j) for j in sorted(near) if jaccard(own.foods, learned[j].foods) >= SAME_FOODS]
    return found
