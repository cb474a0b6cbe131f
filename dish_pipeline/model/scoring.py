"""Bits that the transformer gives to dishes: its unsmoothed surprise, token by token.

What belongs here: running the network over whole dishes. What the bits mean stands in `evaluation/likelihood.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import numpy as np
import torch
import torch.nn.functional as F

from dish_pipeline.model.batches import IGNORE, pad
from dish_pipeline.model.tokenizer import PARTS, Encoded
from dish_pipeline.model.transformer import DishTransformer


@torch.no_grad()
def part_bits(model: DishTransformer, rows: Sequence[Encoded], pad_id: int, batch: int = 64) -> np.ndarray:
    """Bits of each dish, split by part. Shape (len(rows), len(PARTS)); the rows' sums are the bits of the sequences."""
    was_training = model.training
    model.eval()
    bits = np.zeros((len(rows), len(PARTS)))
    by_length = np.argsort([len(r.ids) for r in rows], kind="stable")
    for begin in range(0, len(rows), batch):
        chosen = by_length[begin : begin + batch]
        inputs, targets = pad([rows[i].ids for i in chosen], pad_id)
        logits = model(torch.from_numpy(inputs))
        loss = F.cross_entropy(logits.flatten(0, 1).float(), torch.from_numpy(targets).flatten(), ignore_index=IGNORE, reduction="none")
        surprise = loss.view(targets.shape).double().numpy() / log(2)
        for j, i in enumerate(chosen):
            parts = rows[i].parts[1:]
            bits[i] = np.bincount(parts, weights=surprise[j, : len(parts)], minlength=len(PARTS))
    model.train(was_training)
    return bits
