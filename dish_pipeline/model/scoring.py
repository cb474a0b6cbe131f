"""Bits that the transformer gives to dishes: its unsmoothed surprise, token by token.

What belongs here: running the network over whole dishes. What the bits mean stands in `evaluation/likelihood.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
import torch

from dish_pipeline.model.batches import pad
from dish_pipeline.model.grammar import Grammar
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer, Encoded
from dish_pipeline.model.transformer import DishTransformer


@torch.no_grad()
def token_bits(
    model: DishTransformer, rows: Sequence[Encoded], tokenizer: DishTokenizer, batch: int = 64, expected: bool = False,
) -> list[np.ndarray]:
    """Bits of every token but the first of each row, within the grammar of dishes. One array a row, shape (tokens - 1,).

    With `expected`, the bits that the model expected each of them to cost (the entropy of its prediction) instead.
    """
    was_training = model.training
    model.eval()
    grammar = Grammar(tokenizer)
    bits: list[np.ndarray] = [np.zeros(0)] * len(rows)
    by_length = np.argsort([len(r.ids) for r in rows], kind="stable")
    for begin in range(0, len(rows), batch):
        chosen = by_length[begin : begin + batch]
        made = pad([rows[i] for i in chosen], tokenizer.pad)
        table = model.table()
        hidden = model.hidden(torch.from_numpy(made.inputs).to(table.device), table)
        nats = grammar.entropy(hidden, table, made) if expected else grammar.surprise(hidden, table, made)[0]
        own = nats.double().cpu().numpy() / log(2)
        for j, i in enumerate(chosen):
            bits[i] = own[j, : len(rows[i].ids) - 1]
    model.train(was_training)
    return bits


def part_bits(
    model: DishTransformer | Sequence[DishTransformer], rows: Sequence[Encoded], tokenizer: DishTokenizer, batch: int = 64,
) -> np.ndarray:
    """Bits of each dish, split by part. Shape (len(rows), len(PARTS)); the rows' sums are the bits of the sequences. What is given costs
    none.

    Of several models, those of the ensemble that predicts the mean of their probabilities, token by token.
    """
    models = [model] if isinstance(model, DishTransformer) else list(model)
    each = [token_bits(one, rows, tokenizer, batch) for one in models]
    tokens = each[0] if len(each) == 1 else [-np.log2(np.mean([np.exp2(-bits[i]) for bits in each], axis=0)) for i in range(len(rows))]
    found = [np.bincount(np.maximum(r.parts[1:], 0), weights=own, minlength=len(PARTS)) for r, own in zip(rows, tokens, strict=True)]
    return np.array(found).reshape(len(rows), len(PARTS))
