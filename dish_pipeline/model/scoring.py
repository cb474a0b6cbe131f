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
def part_bits(model: DishTransformer, rows: Sequence[Encoded], tokenizer: DishTokenizer, batch: int = 64) -> np.ndarray:
    """Bits of each dish, split by part, within the grammar of dishes. Shape (len(rows), len(PARTS)); the rows' sums are the bits of the sequences."""
    was_training = model.training
    model.eval()
    grammar = Grammar(tokenizer)
    bits = np.zeros((len(rows), len(PARTS)))
    by_length = np.argsort([len(r.ids) for r in rows], kind="stable")
    for begin in range(0, len(rows), batch):
        chosen = by_length[begin : begin + batch]
        made = pad([rows[i] for i in chosen], tokenizer.pad)
        table = model.table()
        plain, _ = grammar.surprise(model.hidden(torch.from_numpy(made.inputs), table), table, made)
        surprise = plain.double().numpy() / log(2)
        for j, i in enumerate(chosen):
            own = rows[i].parts[1:]
            bits[i] = np.bincount(own, weights=surprise[j, : len(own)], minlength=len(PARTS))
    model.train(was_training)
    return bits
