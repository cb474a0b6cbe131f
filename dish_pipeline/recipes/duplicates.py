"""Near-duplicates: recipes that are one dish written twice fall into one cluster.

What belongs here: finding and proving pairs, and joining them. MinHash LSH (datasketch) proposes pairs, the exact Jaccard index
decides, so a cluster never rests on an estimate.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dish_pipeline.dietetics.wording import phrase

SAME_DISH = 0.7
"""Jaccard index of foods and title words at and above which two recipes are one dish."""

SAME_TITLE = 0.5
"""Jaccard index of the foods at and above which two recipes of the very same title are one dish."""

PERMUTATIONS = 128
_LSH_THRESHOLD = 0.4
"""The index proposes from here on. So far under SAME_DISH that a pair at SAME_DISH is missed once in millions (bands of three hashes)."""

MOST_OF_A_TITLE = 100
"""Recipes of one very same title that a further one is compared with beside what the index proposes; a file may call thousands "Recipe"."""


def features(title: str, food_ids: Sequence[str], words: Sequence[str]) -> frozenset[str]:
    """What a recipe is compared by: its foods, unknown ingredient words, and the words of its title."""
    return frozenset([*food_ids, *(f"?{w}" for w in words), *(f"t:{w}" for w in phrase(title))])


def features_of(frame: pd.DataFrame, mentions: pd.DataFrame) -> list[frozenset[str]]:
    """The features of each row of a table of dishes; `mentions` is everything that their lines name."""
    unknown = mentions[mentions["food_id"].isna()]
    words = {recipe_id: list(group) for recipe_id, group in unknown.groupby("recipe_id")["words"]}
    columns = zip(frame["recipe_id"], frame["title"], frame["food_ids"], strict=True)
    return [features(title, foods, words.get(recipe_id, ())) for recipe_id, title, foods in columns]


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """Size of the intersection over size of the union; two empty sets are equal."""
    union = len(a | b)
    return len(a & b) / union if union else 1.0


def same_dish(a: frozenset[str], b: frozenset[str]) -> bool:
    """True when two feature sets are one dish."""
    if jaccard(a, b) >= SAME_DISH:
        return True
    titles = [frozenset(f for f in s if f.startswith("t:")) for s in (a, b)]
    return titles[0] == titles[1] and bool(titles[0]) and jaccard(a - titles[0], b - titles[1]) >= SAME_TITLE


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


def links(sets: Sequence[frozenset[str]], old: int = 0, seed: int = 1) -> list[tuple[int, int]]:
    """Proven pairs (later, earlier) that join the feature sets into clusters, with no pair that others make needless.

    The first `old` sets belong to recipes that have a split already: their clusters are found as if they were alone, and for each
    cluster of new ones every old cluster that it touches is told.
    """
    # Brings scipy along, which would slow down every command and the loading of the definitions.
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=_LSH_THRESHOLD, num_perm=PERMUTATIONS)
    forest, found = Forest(len(sets)), []
    first_of: dict[frozenset[str], int] = {}
    by_title: dict[frozenset[str], list[int]] = {}
    hashes = MinHash.generator([[f.encode() for f in s] for s in sets], num_perm=PERMUTATIONS, seed=seed)
    for i, (own, minhash) in enumerate(zip(sets, hashes, strict=True)):
        # Stands for all equals, so that a recipe copied thousands of times is compared once.
        first = first_of.setdefault(own, i)
        if first != i:
            found.append((i, first))
            if (i < old) == (first < old):
                forest.join(i, first)
            continue
        title = frozenset(f for f in own if f.startswith("t:"))
        alike = by_title.setdefault(title, [])
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


def crossing_pairs(held_out: Sequence[frozenset[str]], learned: Sequence[frozenset[str]]) -> list[tuple[int, int]]:
    """Every pair (held out, learned) that is one dish by SAME_DISH. Exact, without the index, so that it can prove what the index found."""
    holders: dict[str, list[int]] = {}
    for j, own in enumerate(learned):
        for feature in own:
            holders.setdefault(feature, []).append(j)
    found = []
    for i, own in enumerate(held_out):
        # Two sets at SAME_DISH share all but 3 in 10 of the features of either, so one of any 3 in 10 and one more is shared.
        rarest = sorted(own, key=lambda f: len(holders.get(f, ())))[: int((1 - SAME_DISH) * len(own) + 1e-9) + 1]
        near = {j for feature in rarest for j in holders.get(feature, ())}
        found += [(i, j) for j in sorted(near) if jaccard(own, learned[j]) >= SAME_DISH]
    return found
