"""The plain training loop of the peers that read our tokens: AdamW, linear warm-up and decay, clipping, the best validation point kept.

What belongs here: what the LSTM and the modern transformer share. They get a fresh order of the foods at each epoch, as our model does,
and predict over the whole vocabulary: the grammar mask is no part of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from math import ceil, log

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.peers.common import Material, Trained, Watch, batch_and_epochs, parts_of
from dish_pipeline.dish import Dish
from dish_pipeline.evaluation.likelihood import Score
from dish_pipeline.model.batches import IGNORE, epoch_batches, pad
from dish_pipeline.model.tokenizer import DishTokenizer


@dataclass(frozen=True)
class Settings:
    """How one candidate is trained; `epochs` are more for a small collection, see `common.batch_and_epochs`."""

    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    epochs: int = 20
    label_smoothing: float = 0.0
    looks: int = 2
    """Evaluations an epoch."""


def scorer(model: nn.Module, logits: Callable[[Tensor], Tensor], tokenizer: DishTokenizer, batch: int = 64) -> Score:
    """Part bits of whole dishes under a network over our tokens, softmax over the whole vocabulary."""

    @torch.no_grad()
    def score(dishes: Sequence[Dish], orders: Sequence[Sequence[int]]) -> np.ndarray:
        was_training = model.training
        model.eval()
        rows = [tokenizer.encode(d, list(o)) for d, o in zip(dishes, orders, strict=True)]
        bits: list[np.ndarray] = [np.zeros(0)] * len(rows)
        by_length = np.argsort([len(r.ids) for r in rows], kind="stable")
        for begin in range(0, len(rows), batch):
            chosen = by_length[begin : begin + batch]
            made = pad([rows[i] for i in chosen], tokenizer.pad)
            said = logits(torch.from_numpy(made.inputs)).float()
            own = F.cross_entropy(said.transpose(1, 2), torch.from_numpy(made.targets), ignore_index=IGNORE, reduction="none").double().numpy()
            for j, i in enumerate(chosen):
                bits[i] = own[j, : len(rows[i].ids) - 1] / log(2)
        model.train(was_training)
        return parts_of([r.parts[1:] for r in rows], bits)

    return score


def fit(name: str, model: nn.Module, logits: Callable[[Tensor], Tensor], material: Material, plan: Settings) -> Trained:
    """Train until validation no longer improves, the epochs are over, or the seconds are; keep the best validation point."""
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    plain = [p for p in model.parameters() if p.ndim < 2]
    optimiser = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": plan.weight_decay}, {"params": plain, "weight_decay": 0.0}], lr=plan.learning_rate, betas=(0.9, 0.98),
    )
    best: dict[str, Tensor] = {}
    score = scorer(model, logits, material.tokenizer)
    batch, epochs = batch_and_epochs(len(material.train), plan.epochs)
    per_epoch = ceil(len(material.train) / batch)
    total, every = epochs * per_epoch, max(1, per_epoch // plan.looks)
    watch = Watch(material, score, lambda: best.update({k: v.clone() for k, v in model.state_dict().items()}), every, plan.looks)
    step = 0
    for epoch in range(epochs):
        for made in epoch_batches(material.train, material.tokenizer, batch, material.seed, epoch):
            # The rate falls with the steps or with the clock, whichever is further on, so that a run cut short ends on a low rate too.
            gone = max(step / total, watch.seconds / material.max_seconds)
            rate = plan.learning_rate * min(1.0, (step + 1) / max(1, total // 20)) * max(0.02, 1 - gone)
            for group in optimiser.param_groups:
                group["lr"] = rate
            model.train()
            targets = torch.from_numpy(made.targets)
            said = logits(torch.from_numpy(made.inputs))
            loss = F.cross_entropy(said.transpose(1, 2), targets, ignore_index=IGNORE, label_smoothing=plan.label_smoothing)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            step += 1
            watch.tokens += int((made.targets != IGNORE).sum())
            if step % every == 0 or step == total or watch.mind_the_clock():
                watch.look()
            if watch.stopped_by:
                break
        if watch.stopped_by:
            break
    model.load_state_dict(best)
    chosen = asdict(plan) | {"batch": batch, "epochs": epochs}
    return Trained(name, score, sum(p.numel() for p in model.parameters()), watch.history, chosen, watch.stopped_by or "all epochs done")
