"""Variants of the train split: the same dish as another cook might write it down.

What belongs here: making variants, each kind switchable in `Plan`. A fresh order of the foods is drawn at each epoch and not stored
(see `model/batches.py`). A variant keeps the id of its recipe, so that a check can prove that none comes from another split.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import Dish, Portion
from dish_pipeline.model.batches import other_amounts
from dish_pipeline.model.text import canonical
from dish_pipeline.recipes.validation import dishes_of

SCHEMA = {
    "recipe_id": "VARCHAR", "variant": "VARCHAR", "course": "VARCHAR", "title": "VARCHAR", "food_ids": "VARCHAR[]", "grams": "DOUBLE[]",
}


@dataclass(frozen=True)
class Plan:
    """How many variants of each kind a dish gets."""

    amounts: int = 0
    """The serving made larger or smaller as a whole, and each amount rounded anew. Off: it blurs the round amounts that cooks write, and
    what it spares of overfitting the teachers spare as well (docs/experiments.md)."""

    swaps: int = 0
    """One food replaced by another of its group that real dishes of the same course use."""


def augment(train: pd.DataFrame, lexicon: Lexicon, plan: Plan, seed: int) -> pd.DataFrame:
    """The canonical dishes of the train split, then their variants. Columns of SCHEMA.

    Each draw depends on the seed and the recipe alone, so that adding a recipe changes no other's variants.
    """
    dishes = [canonical(d) for d in dishes_of(train)]
    partners = _partners(dishes, lexicon) if plan.swaps else {}
    rows = [_row(recipe_id, "original", dish) for recipe_id, dish in zip(train["recipe_id"], dishes, strict=True)]
    for recipe_id, dish in zip(train["recipe_id"], dishes, strict=True):
        rng = np.random.default_rng((seed, int(recipe_id, 16)))
        rows += [_row(recipe_id, "amounts", canonical(other_amounts(dish, rng))) for _ in range(plan.amounts)]
        for _ in range(plan.swaps):
            swapped = _swapped(dish, partners, lexicon, rng)
            if swapped is not None:
                rows.append(_row(recipe_id, "swap", swapped))
    return pd.DataFrame(rows, columns=list(SCHEMA))


def _row(recipe_id: str, variant: str, dish: Dish) -> tuple:
    return recipe_id, variant, dish.course, dish.title, [p.food_id for p in dish.portions], [p.grams for p in dish.portions]


def _partners(dishes: list[Dish], lexicon: Lexicon) -> dict[tuple[str, str], list[tuple[str, int]]]:
    """(course, group) -> the foods of the group in dishes of the course, with their counts."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for dish in dishes:
        for portion in dish.portions:
            counts[dish.course, lexicon.foods[portion.food_id].group][portion.food_id] += 1
    return {key: found.most_common() for key, found in counts.items()}


def _swapped(dish: Dish, partners: dict[tuple[str, str], list[tuple[str, int]]], lexicon: Lexicon, rng: np.random.Generator) -> Dish | None:
    """The dish with one food replaced, or None when nothing can stand in. A food that the title names is left alone."""
    words = set(dish.title.lower().split())
    for i in rng.permutation(len(dish.portions)):
        portion = dish.portions[i]
        if words & set(portion.food_id.split("_")):
            continue
        choices = [(f, n) for f, n in partners[dish.course, lexicon.foods[portion.food_id].group] if f not in dish.food_ids]
        if choices:
            weights = np.array([n for _, n in choices], dtype=float)
            other = choices[int(rng.choice(len(choices), p=weights / weights.sum()))][0]
            portions = tuple(Portion(other, p.grams) if j == i else p for j, p in enumerate(dish.portions))
            return Dish(dish.course, dish.title, portions)
    return None
