"""The grammar of dishes in the loss: what no well-formed dish can have next gets no probability.

What belongs here: the part of the rules that holds for every dish, in training and scoring alike. What a profile forbids stands in
`constraints.py`. Since the rules are known, no probability has to be learned, or lost, on tokens that cannot come; and since each
position can only be one part of a dish, only that part's tokens are scored there, which saves most of the work.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from dish_pipeline.model.batches import IGNORE, Batch
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer

FORBIDDEN = -1e9
"""Finite, so that a mask never makes a NaN; its probability is zero in every float type."""

FOODS = PARTS.index("foods")

Said = tuple[Tensor, Tensor]
"""What a network says at each position, (B, T, C), and its table of embeddings, (vocabulary, C)."""


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

    def to(self, device: torch.device) -> None:
        """Move the rules to where the network is."""
        if self.place.device != device:
            self.tokens, self.place = [tokens.to(device) for tokens in self.tokens], self.place.to(device)

    def surprise(
        self, hidden: Tensor, table: Tensor, batch: Batch, smoothing: float = 0.0, teachers: Sequence[Said] = (), taught: float = 0.0,
    ) -> tuple[Tensor, Tensor]:
        """Nats of every target within the grammar, and what training lowers instead, each (B, T); zero where there is no target.

        `hidden` (B, T, C) is what the network says at each position, `table` (vocabulary, C) the embeddings that it is compared with.
        Training lowers the same with label smoothing, which spreads over the tokens that can come, and for the share `taught` the cross
        entropy with the mean prediction of `teachers` (Hinton et al. 2015, arXiv:1503.02531). A food that a row already has cannot come again.
        """
        shape = batch.targets.shape
        plain, trained = (torch.zeros(shape, device=hidden.device) for _ in range(2))
        lessons = [self._predictions(said, of, batch) for said, of in teachers]
        for chosen, log_p, target in self._predictions(hidden, table, batch):
            found = -log_p.gather(1, target.unsqueeze(1)).squeeze(1)
            plain = plain.masked_scatter(chosen, found)
            goal = found
            if smoothing:
                possible = log_p > FORBIDDEN / 2
                spread = -log_p.masked_fill(~possible, 0.0).sum(1) / possible.sum(1)
                goal = (1 - smoothing) * goal + smoothing * spread
            if lessons:
                with torch.no_grad():
                    wanted = torch.stack([next(lesson)[1].exp() for lesson in lessons]).mean(0)
                goal = (1 - taught) * goal - taught * (wanted * log_p).sum(1)
            trained = trained.masked_scatter(chosen, goal)
        return plain, trained

    def entropy(self, hidden: Tensor, table: Tensor, batch: Batch) -> Tensor:
        """Nats that the network expects every target to cost, within the grammar, (B, T): high where it knows that it does not know."""
        expected = torch.zeros(batch.targets.shape, device=hidden.device)
        for chosen, log_p, _ in self._predictions(hidden, table, batch):
            expected = expected.masked_scatter(chosen, -(log_p.exp() * log_p).sum(1))
        return expected

    def _predictions(self, hidden: Tensor, table: Tensor, batch: Batch) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """For each part: its positions (B, T), log-probabilities of the part's tokens there (positions, tokens), the targets' places in them."""
        targets, parts = (torch.from_numpy(array).to(hidden.device) for array in (batch.targets, batch.parts))
        self.to(hidden.device)
        for part, tokens in enumerate(self.tokens):
            chosen = (parts == part) & (targets != IGNORE)
            if not chosen.any():
                continue
            logits = (hidden[chosen] @ table[tokens].T).float()
            if part == FOODS:
                logits = logits.masked_fill(self._used(targets, chosen, tokens), FORBIDDEN)
            yield chosen, torch.log_softmax(logits, dim=-1), self.place[part, targets[chosen]]

    def _used(self, targets: Tensor, chosen: Tensor, tokens: Tensor) -> Tensor:
        """For each chosen position, which of the part's tokens are foods that its row has had. Shape (positions, tokens), bool.

        The targets say it: token dropout may have put a food into the inputs that the row has yet to come to.
        """
        used = torch.zeros(int(chosen.sum()), len(tokens), dtype=torch.bool, device=targets.device)
        number = chosen.flatten().cumsum(0).view(chosen.shape) - 1
        earlier = torch.ones(targets.shape[1], targets.shape[1], dtype=torch.bool, device=targets.device).tril(-1)
        pairs = (chosen.unsqueeze(2) & (targets >= self.first_food).unsqueeze(1) & earlier).nonzero()
        row, at, before = pairs.T
        used[number[row, at], self.place[FOODS, targets[row, before]]] = True
        return used
