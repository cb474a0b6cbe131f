"""The grammar of dishes in the loss: what no well-formed dish can have next gets no probability.

What belongs here: the part of the rules that holds for every dish, in training and scoring alike. What a profile forbids stands in
`constraints.py`. Since the rules are known, no probability has to be learned, or lost, on tokens that cannot come; and since each
position can only be one part of a dish, only that part's tokens are scored there, which saves most of the work.
"""

from __future__ import annotations

import torch
from torch import Tensor

from dish_pipeline.model.batches import IGNORE, Batch
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer

FORBIDDEN = -1e9
"""Finite, so that a mask never makes a NaN; its probability is zero in every float type."""

FOODS = PARTS.index("foods")


class Grammar:
    """The tokens of each part, for one tokenizer."""

    def __init__(self, tokenizer: DishTokenizer):
        self.first_food = tokenizer.first_food
        masks = torch.from_numpy(tokenizer.grammar)
        self.tokens = [mask.nonzero().squeeze(1) for mask in masks]
        place = torch.zeros(masks.shape, dtype=torch.long)
        for part, tokens in enumerate(self.tokens):
            place[part, tokens] = torch.arange(len(tokens))
        self.place = place

    def surprise(self, hidden: Tensor, table: Tensor, batch: Batch, smoothing: float = 0.0) -> tuple[Tensor, Tensor]:
        """Nats of every target within the grammar, and the same with label smoothing, each (B, T); zero where there is no target.

        `hidden` (B, T, C) is what the network says at each position, `table` (vocabulary, C) the embeddings that it is compared with.
        Smoothing spreads over the tokens that can come. A food that a row already has cannot come again.
        """
        targets, parts = torch.from_numpy(batch.targets), torch.from_numpy(batch.parts)
        plain = torch.zeros(targets.shape)
        smooth = torch.zeros(targets.shape)
        for part, tokens in enumerate(self.tokens):
            chosen = (parts == part) & (targets != IGNORE)
            if not chosen.any():
                continue
            logits = (hidden[chosen] @ table[tokens].T).float()
            if part == FOODS:
                logits = logits.masked_fill(self._used(targets, chosen, tokens), FORBIDDEN)
            log_p = torch.log_softmax(logits, dim=-1)
            found = -log_p.gather(1, self.place[part, targets[chosen]].unsqueeze(1)).squeeze(1)
            plain = plain.masked_scatter(chosen, found)
            if smoothing:
                possible = logits > FORBIDDEN / 2
                spread = -log_p.masked_fill(~possible, 0.0).sum(1) / possible.sum(1)
                smooth = smooth.masked_scatter(chosen, (1 - smoothing) * found + smoothing * spread)
        return plain, smooth if smoothing else plain

    def _used(self, targets: Tensor, chosen: Tensor, tokens: Tensor) -> Tensor:
        """For each chosen position, which of the part's tokens are foods that its row has had. Shape (positions, tokens), bool.

        The targets say it: token dropout may have put a food into the inputs that the row has yet to come to.
        """
        used = torch.zeros(int(chosen.sum()), len(tokens), dtype=torch.bool)
        number = chosen.flatten().cumsum(0).view(chosen.shape) - 1
        earlier = torch.ones(targets.shape[1], targets.shape[1], dtype=torch.bool).tril(-1)
        pairs = (chosen.unsqueeze(2) & (targets >= self.first_food).unsqueeze(1) & earlier).nonzero()
        row, at, before = pairs.T
        used[number[row, at], self.place[FOODS, targets[row, before]]] = True
        return used
