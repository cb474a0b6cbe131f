"""How new an idea is: its nearest real recipe, how much they share, and where they differ.

What belongs here: exact comparison against all real dishes. At this size exact methods are faster than any index would be worth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dish_pipeline.dish import Dish


@dataclass(frozen=True)
class Nearest:
    """The nearest real dish of one idea. `overlap` is the Jaccard index of the food sets; novelty is 1 - overlap."""

    index: int
    overlap: float
    shared: frozenset[str]
    added: frozenset[str]
    left_out: frozenset[str]

    @property
    def novelty(self) -> float:
        """0: a real dish has exactly these foods. 1: no real dish shares any."""
        return 1.0 - self.overlap


class RealDishes:
    """The real dishes as a matrix of foods, to be compared with."""

    def __init__(self, dishes: Sequence[Dish]):
        if not dishes:
            raise ValueError("novelty needs at least one real dish to compare with")
        self.dishes = list(dishes)
        self.place = {f: i for i, f in enumerate(sorted({f for d in dishes for f in d.food_ids}))}
        self.matrix = np.zeros((len(dishes), len(self.place)), dtype=np.float32)
        for row, dish in enumerate(dishes):
            self.matrix[row, [self.place[f] for f in dish.food_ids]] = 1
        self.sizes = self.matrix.sum(axis=1)

    def overlaps(self, dish: Dish) -> np.ndarray:
        """The Jaccard index of the dish's foods with those of every real dish. Shape (dishes,)."""
        own = np.zeros(len(self.place), dtype=np.float32)
        own[[self.place[f] for f in dish.food_ids if f in self.place]] = 1
        shared = self.matrix @ own
        return shared / (self.sizes + len(dish.food_ids) - shared)

    def nearest(self, dish: Dish, leave_out: int | None = None) -> Nearest:
        """The real dish that shares most; among equals the first. `leave_out` is a row to skip (a dish against all others)."""
        overlaps = self.overlaps(dish)
        if leave_out is not None:
            overlaps[leave_out] = -1
        index = int(overlaps.argmax())
        theirs = self.dishes[index].food_ids
        return Nearest(index, float(max(overlaps[index], 0.0)), dish.food_ids & theirs, dish.food_ids - theirs, theirs - dish.food_ids)
