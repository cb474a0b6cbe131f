"""Dishes -> batches of token ids: a fresh order of the foods at each epoch, rows of like length side by side.

What belongs here: drawing orders, noise on inputs and padding. One row is one whole dish, so nothing attends across dishes.
Every draw depends on (seed, epoch) alone, so that a resumed training sees the very same batches.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dish_pipeline.dish import Dish
from dish_pipeline.model.tokenizer import DishTokenizer, Encoded

IGNORE = -100
"""Target of a position that carries no loss; torch's cross-entropy skips it."""


def draw_order(dish: Dish, rng: np.random.Generator) -> np.ndarray:
    """A uniformly random order of the dish's foods."""
    return rng.permutation(len(dish.portions))


def encode_shuffled(dishes: Sequence[Dish], tokenizer: DishTokenizer, rng: np.random.Generator) -> list[Encoded]:
    """Each dish with its foods in an order of its own."""
    return [tokenizer.encode(dish, draw_order(dish, rng).tolist()) for dish in dishes]


def pad(rows: Sequence[np.ndarray], pad_id: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets, each (B, T): the targets are the inputs one token later, IGNORE where a row has ended."""
    length = max(len(r) for r in rows) - 1
    inputs = np.full((len(rows), length), pad_id, dtype=np.int64)
    targets = np.full((len(rows), length), IGNORE, dtype=np.int64)
    for i, row in enumerate(rows):
        inputs[i, : len(row) - 1] = row[:-1]
        targets[i, : len(row) - 1] = row[1:]
    return inputs, targets


def epoch_batches(
    dishes: Sequence[Dish], tokenizer: DishTokenizer, batch: int, seed: int, epoch: int, token_dropout: float = 0.0
) -> list[tuple[np.ndarray, np.ndarray]]:
    """All batches of one training epoch, each (inputs, targets), in random order.

    `token_dropout` replaces that share of the input tokens by a random word piece; targets stay true.
    """
    rng = np.random.default_rng((seed, epoch))
    rows = [e.ids for e in encode_shuffled(dishes, tokenizer, rng)]
    # Sorting by length with a little noise keeps padding small without freezing which dishes meet.
    keys = np.array([len(r) for r in rows]) + rng.uniform(0, 6, len(rows))
    by_length = np.argsort(keys, kind="stable")
    chunks = [by_length[i : i + batch] for i in range(0, len(rows), batch)]
    batches = []
    for i in rng.permutation(len(chunks)):
        inputs, targets = pad([rows[j] for j in chunks[i]], tokenizer.pad)
        if token_dropout:
            hit = (rng.random(inputs.shape) < token_dropout) & (inputs != tokenizer.pad) & (inputs != tokenizer.start)
            inputs[hit] = rng.choice(tokenizer.word_ids, int(hit.sum()))
        batches.append((inputs, targets))
    return batches
