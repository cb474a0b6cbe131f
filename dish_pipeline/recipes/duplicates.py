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
_LSH_THRESHOLD = 0.5
"""The index proposes from here on: well under SAME_DISH, so that few true pairs are missed."""


def features(title: str, food_ids: Sequence[str], words: Sequence[str]) -> frozenset[str]:
    """What a recipe is compared by: its foods, unknown ingredient words, and the words of its title."""
    return frozenset([*food_ids, *(f"?{w}" for w in words), *(f"t:{w}" for w in phrase(title))])


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


def clusters(frames: pd.DataFrame, unknown_words: dict[str, list[str]], seed: int = 1) -> list[str]:
    """For each row, the recipe_id of the first row of its cluster, in row order.

    `unknown_words` maps recipe_id to the ingredient words that no lexicon entry covers.
    """
    # Brings scipy along, which would slow down every command and the loading of the definitions.
    from datasketch import MinHash, MinHashLSH

    sets = [
        features(title, foods, unknown_words.get(recipe_id, []))
        for recipe_id, title, foods in zip(frames["recipe_id"], frames["title"], frames["food_ids"], strict=True)
    ]
    index = MinHashLSH(threshold=_LSH_THRESHOLD, num_perm=PERMUTATIONS)
    parent = list(range(len(sets)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    by_title: dict[frozenset[str], list[int]] = {}
    hashes = MinHash.generator([[f.encode() for f in s] for s in sets], num_perm=PERMUTATIONS, seed=seed)
    for i, (own, minhash) in enumerate(zip(sets, hashes, strict=True)):
        title = frozenset(f for f in own if f.startswith("t:"))
        for j in {*index.query(minhash), *by_title.get(title, [])}:
            a, b = root(i), root(j)
            if a != b and same_dish(own, sets[j]):
                parent[max(a, b)] = min(a, b)
        index.insert(i, minhash)
        by_title.setdefault(title, []).append(i)
    ids = frames["recipe_id"].tolist()
    return [ids[root(i)] for i in range(len(ids))]
