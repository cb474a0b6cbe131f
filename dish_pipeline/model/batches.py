"""Dishes -> batches of token ids: a fresh order of the foods at each epoch, rows of like length side by side.

What belongs here: drawing orders, noise on inputs and padding. One row is one whole dish, so nothing attends across dishes.
Every draw depends on (seed, epoch) alone, so that a resumed training sees the very same batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dish_pipeline.dish import Dish
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer, Encoded

IGNORE = -100
"""Target of a position that carries no loss; torch's cross-entropy skips it."""


def draw_order(dish: Dish, rng: np.random.Generator) -> np.ndarray:
    """A uniformly random order of the dish's foods."""
    return rng.permutation(len(dish.portions))


def encode_shuffled(dishes: Sequence[Dish], tokenizer: DishTokenizer, rng: np.random.Generator) -> list[Encoded]:
    """Each dish with its foods in an order of its own."""
    return [tokenizer.encode(dish, draw_order(dish, rng).tolist()) for dish in dishes]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows side by side, each array (B, T): what goes in, what should come out (IGNORE where a row has ended), and the part of it."""

    inputs: np.ndarray
    targets: np.ndarray
    parts: np.ndarray


def pad(rows: Sequence[Encoded], pad_id: int) -> Batch:
    """Rows of different lengths as one batch; the targets are the inputs one token later."""
    length = max(len(r.ids) for r in rows) - 1
    inputs = np.full((len(rows), length), pad_id, dtype=np.int64)
    targets = np.full((len(rows), length), IGNORE, dtype=np.int64)
    # The part of a position beyond the end is never looked at; the last part has tokens to choose from.
    parts = np.full((len(rows), length), len(PARTS) - 1, dtype=np.int64)
    for i, row in enumerate(rows):
        inputs[i, : len(row.ids) - 1] = row.ids[:-1]
        targets[i, : len(row.ids) - 1] = row.ids[1:]
        parts[i, : len(row.ids) - 1] = row.parts[1:]
    return Batch(inputs, targets, parts)


def epoch_batches(
    dishes: Sequence[Dish], tokenizer: DishTokenizer, batch: int, seed: int, epoch: int, token_dropout: float = 0.0
) -> list[Batch]:
    """All batches of one training epoch, in random order.

    `token_dropout` replaces that share of the foods in the inputs by random ones; targets stay true.
    """
    rng = np.random.default_rng((seed, epoch))
    rows = encode_shuffled(dishes, tokenizer, rng)
    # Sorting by length with a little noise keeps padding small without freezing which dishes meet.
    keys = np.array([len(r.ids) for r in rows]) + rng.uniform(0, 6, len(rows))
    by_length = np.argsort(keys, kind="stable")
    chunks = [by_length[i : i + batch] for i in range(0, len(rows), batch)]
    batches = []
    for i in rng.permutation(len(chunks)):
        made = pad([rows[j] for j in chunks[i]], tokenizer.pad)
        if token_dropout:
            hit = (rng.random(made.inputs.shape) < token_dropout) & (made.inputs >= tokenizer.first_food)
            made.inputs[hit] = rng.integers(tokenizer.first_food, tokenizer.size, int(hit.sum()))
        batches.append(made)
    return batches
