"""Train first, then clean with the model's help: the training dishes that surprise the model most.

What belongs here: ranking the dishes that a model has learned from by how much more their amounts cost than the model itself expected, and
naming what surprises. What is rare is expected to be hard to guess; a misread unit, a lost decimal point or wrong servings are not, although
the model has seen them in every epoch. Foods and titles are told as reasons but do not rank: of 150 faults planted in 3,073 dishes (tiny
preset), amounts brought 55 into the first 150, amounts and foods and titles together 18.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lgamma, log
from pathlib import Path

import numpy as np
import pandas as pd

from dish_pipeline.dish import Dish
from dish_pipeline.evaluation.likelihood import random_orders
from dish_pipeline.model.text import amount_text
from dish_pipeline.model.tokenizer import DishTokenizer

SCHEMA = {
    "recipe_id": "VARCHAR", "file": "VARCHAR", "row": "BIGINT", "title": "VARCHAR", "course": "VARCHAR", "foods": "BIGINT", "bits": "DOUBLE",
    "excess": "DOUBLE", "why": "VARCHAR[]",
}
"""One row a training dish, the most suspicious first. `bits`: of the whole dish, as the report counts them; `excess`: bits that
the worst amount cost over what the model expected, and a third of those of all amounts together; `why`: what cost most over expectation."""

ORDERS = 2
"""Random orders of the foods over which the bits are averaged."""

REASONS = 3
NOTABLE = 2.0
"""Bits over expectation from which on something is a reason."""


def rank(
    model_folder: Path, tokenizer: DishTokenizer, frame: pd.DataFrame, dishes: Sequence[Dish], names: Mapping[str, str], seed: int,
) -> pd.DataFrame:
    """The rows of `frame` (recipe_id, file, row) with the bits of their `dishes`; columns of SCHEMA. `names`: food id -> name."""
    from dish_pipeline.model import scoring, transformer

    model = transformer.load(model_folder)
    bits, title = np.zeros(len(dishes)), np.zeros(len(dishes))
    by_food: list[dict[str, np.ndarray]] = [{f: np.zeros(2) for f in d.food_ids} for d in dishes]
    for k in range(ORDERS):
        orders = random_orders(dishes, seed + k)
        rows = [tokenizer.encode(d, o) for d, o in zip(dishes, orders, strict=True)]
        cost, expected = (scoring.token_bits(model, rows, tokenizer, expected=e) for e in (False, True))
        for i, order in enumerate(orders):
            over = (cost[i] - expected[i]) / ORDERS
            bits[i] += cost[i].sum() / ORDERS
            title[i] += over[2 + 2 * len(order) :].sum()
            for place, j in enumerate(order):
                by_food[i][dishes[i].portions[j].food_id] += over[1 + 2 * place : 3 + 2 * place]
    bits -= [lgamma(len(d.portions) + 1) / log(2) for d in dishes]
    found = pd.DataFrame({
        "recipe_id": list(frame["recipe_id"]), "file": list(frame["file"]), "row": list(frame["row"]), "title": [d.title for d in dishes],
        "course": [d.course for d in dishes], "foods": [len(d.portions) for d in dishes], "bits": bits,
        "excess": [_excess(over) for over in by_food],
        "why": [_why(d, over, of_title, names) for d, over, of_title in zip(dishes, by_food, title, strict=True)],
    })
    return found.sort_values("excess", ascending=False, kind="stable").reset_index(drop=True)


def _excess(over: Mapping[str, np.ndarray]) -> float:
    amounts = [float(amount) for _, amount in over.values()]
    return max(amounts, default=0.0) + sum(amounts) / 3


def _why(dish: Dish, over: Mapping[str, np.ndarray], title: float, names: Mapping[str, str]) -> list[str]:
    told = [(title, f"the title (+{title:.0f} bits)")]
    for portion in dish.portions:
        food, amount = over[portion.food_id]
        name = names.get(portion.food_id, portion.food_id)
        told.append((float(food), f"{name} at all (+{food:.0f} bits)"))
        told.append((float(amount), f"{name} {amount_text(portion.grams)} g a serving (+{amount:.0f} bits)"))
    return [text for value, text in sorted(told, reverse=True)[:REASONS] if value >= NOTABLE]
