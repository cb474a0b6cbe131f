"""Train, validation and test, by cluster: near-duplicates never stand on both sides.

What belongs here: assigning clusters, and proving that none crosses. A cluster goes where the hash of (seed, its first recipe)
falls, so a new recipe moves no old one, unless it joins an old cluster and comes before its first.
"""

from __future__ import annotations

import hashlib

import pandas as pd

SPLITS = ("train", "valid", "test")
SHARES = {"train": 0.8, "valid": 0.1, "test": 0.1}


def place(cluster: str, seed: int) -> float:
    """A number in [0, 1) that depends on the cluster and the seed alone."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{cluster}".encode()).digest()[:8]) / 2**64 % 1.0


def assign(clusters: pd.Series, usable: pd.Series, seed: int) -> list[str]:
    """The split of each row. When `usable` rows would leave valid or test empty, the nearest usable clusters fill them."""
    places = {c: place(c, seed) for c in clusters.unique()}
    split_of = {c: _at(p) for c, p in places.items()}
    candidates = sorted(clusters[usable].unique(), key=lambda c: places[c], reverse=True)
    present = {split_of[c] for c in candidates}
    if len(candidates) >= 3 and present != set(SPLITS):
        # Few clusters: the highest place is tested on, the next validates, the lowest trains.
        split_of[candidates[0]], split_of[candidates[1]], split_of[candidates[-1]] = "test", "valid", "train"
    return [split_of[c] for c in clusters]


def _at(place_: float) -> str:
    return "train" if place_ < SHARES["train"] else "valid" if place_ < SHARES["train"] + SHARES["valid"] else "test"


def crossing(frame: pd.DataFrame) -> list[str]:
    """The clusters that stand in more than one split; none may."""
    counts = frame.groupby("cluster")["split"].nunique()
    return counts[counts > 1].index.tolist()
