"""How weights are moved: optimisers, the learning rate's course, the running average of weights.

What belongs here: what one update does to the network. Which updates are made, and when to stop, stands in `training.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor

from dish_pipeline.model.transformer import DishTransformer
from dish_pipeline.settings import TrainingPlan

MUON_RATE = 5.0
"""Muon's learning rate as a multiple of AdamW's."""


def learning_rate(step: int, total: int, plan: TrainingPlan) -> float:
    """The rate at `step` of `total`: a linear rise, a plateau, a linear fall to zero (warm-up, stable, decay)."""
    rise = max(1, round(total * plan.warmup))
    fall = max(1, round(total * plan.decay))
    return plan.learning_rate * min(1.0, (step + 1) / rise, max(0.0, (total - step) / fall))


def make_optimisers(model: DishTransformer, plan: TrainingPlan) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, AdamW for embeddings and norms; with `plan.muon` off, AdamW for all.

    Muon: Jordan 2024, as in `torch.optim.Muon`; its rate is MUON_RATE times AdamW's, since its updates have unit scale.
    """
    inside = {name for name, p in model.named_parameters() if p.ndim == 2 and "embedding" not in name} if plan.muon else set()
    matrices = [p for name, p in model.named_parameters() if name in inside]
    rest = [p for name, p in model.named_parameters() if name not in inside]
    adam = torch.optim.AdamW(
        [{"params": [p for p in rest if p.ndim == 2], "weight_decay": plan.weight_decay},
         {"params": [p for p in rest if p.ndim != 2], "weight_decay": 0.0}],
        lr=plan.learning_rate, betas=(0.9, 0.95),
    )
    if not matrices:
        return [adam]
    return [torch.optim.Muon(matrices, lr=plan.learning_rate, weight_decay=plan.weight_decay, momentum=0.95), adam]


def update(optimisers: Sequence[torch.optim.Optimizer], rate: float) -> None:
    """One step of every optimiser at this rate; the gradients are used up."""
    for optimiser in optimisers:
        for parameters in optimiser.param_groups:
            parameters["lr"] = rate * (MUON_RATE if isinstance(optimiser, torch.optim.Muon) else 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)


class Average:
    """The running average of a model's weights (Polyak and Juditsky 1992): a step counts 1 - `keep`, early ones more.

    With `keep` 0 it is the weights themselves and costs nothing.
    """

    def __init__(self, model: DishTransformer, keep: float):
        self.model, self.keep, self.steps = model, keep, 0
        self.weights: dict[str, Tensor] = {k: v.detach().clone() for k, v in model.named_parameters()} if keep else {}

    @torch.no_grad()
    def take(self) -> None:
        """Count the model's present weights in."""
        if not self.keep:
            return
        self.steps += 1
        # Early on the average is a plain mean, or it would drag the random beginning along.
        share = max(1 - self.keep, 1 / self.steps)
        for name, parameter in self.model.named_parameters():
            self.weights[name].lerp_(parameter, share)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The model has the averaged weights inside."""
        if not self.keep:
            yield
            return
        own = {k: v.detach().clone() for k, v in self.model.named_parameters()}
        self._set(self.weights)
        try:
            yield
        finally:
            self._set(own)

    @torch.no_grad()
    def _set(self, weights: dict[str, Tensor]) -> None:
        for name, parameter in self.model.named_parameters():
            parameter.copy_(weights[name])
