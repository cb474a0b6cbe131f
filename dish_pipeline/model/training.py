"""The training loop, with checkpoints from which it goes on exactly as if it had never stopped.

What belongs here: optimisation, the learning-rate schedule, early stopping, checkpoints. What a batch is stands in `batches.py`.

A checkpoint holds weights, optimiser state, the random state and the counters; batches depend on (seed, epoch) alone. So a
training that was killed and resumed ends with the very same weights and metrics as one that ran through.
"""

from __future__ import annotations

import json
import math
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from dish_pipeline.dish import Dish
from dish_pipeline.model.batches import IGNORE, Batch, Noise, encode_noisy, epoch_batches
from dish_pipeline.model.features import Features
from dish_pipeline.model.grammar import Grammar
from dish_pipeline.model.scoring import part_bits
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.transformer import DishTransformer, ModelConfig
from dish_pipeline.settings import ModelShape, TrainingPlan

MOST_VALIDATION_DISHES = 400
"""Validation dishes that an evaluation reads: enough for early stopping, and its cost stays flat as data grows."""

CHECKPOINT, METRICS = "checkpoint", "metrics.jsonl"


class Interrupted(RuntimeError):
    """Training was asked to stop; its checkpoint is on disk and the next run goes on from it."""


@dataclass
class Progress:
    """The counters of a training: all that a checkpoint holds besides tensors."""

    step: int = 0
    best_bits: float = math.inf
    best_step: int = 0
    evaluations_without_best: int = 0
    seconds: float = 0.0
    stopped_by: str = ""
    losses: list[float] = field(default_factory=list)
    """Losses of the steps since the last evaluation."""


@dataclass
class Outcome:
    """A finished training: the model with its best weights, and how it came about."""

    model: DishTransformer
    progress: Progress
    steps_planned: int
    metrics: list[dict[str, Any]] = field(default_factory=list)


def learning_rate(step: int, total: int, plan: TrainingPlan) -> float:
    """The rate at `step` of `total`: a linear rise, a plateau, a linear fall to zero (warm-up, stable, decay)."""
    rise = max(1, round(total * plan.warmup))
    fall = max(1, round(total * plan.decay))
    return plan.learning_rate * min(1.0, (step + 1) / rise, max(0.0, (total - step) / fall))


def make_optimisers(model: DishTransformer, plan: TrainingPlan) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the blocks, AdamW for the embedding and the norms.

    Muon: Jordan 2024, as in `torch.optim.Muon`; its rate is MUON_RATE times AdamW's, since its updates have unit scale.
    """
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embedding" not in name]
    rest = [p for name, p in model.named_parameters() if p.ndim != 2 or "embedding" in name]
    return [
        torch.optim.Muon(matrices, lr=plan.learning_rate, weight_decay=plan.weight_decay, momentum=0.95),
        torch.optim.AdamW(
            [{"params": [p for p in rest if p.ndim == 2], "weight_decay": plan.weight_decay},
             {"params": [p for p in rest if p.ndim != 2], "weight_decay": 0.0}],
            lr=plan.learning_rate, betas=(0.9, 0.95),
        ),
    ]


MUON_RATE = 5.0
"""Muon's learning rate as a multiple of AdamW's."""


def train(
    train_dishes: Sequence[Dish],
    valid_dishes: Sequence[Dish],
    tokenizer: DishTokenizer,
    shape: ModelShape,
    plan: TrainingPlan,
    seed: int,
    work: Path,
    on_progress: Callable[[dict[str, Any], int], None] = lambda record, total: None,
    threads: int | None = None,
    features: Features | None = None,
    holding: Sequence[Sequence[int]] = (),
) -> Outcome:
    """Train from scratch, or go on from the checkpoint in `work`; keep the weights that were best on `valid_dishes`.

    `features` is what is known of the tokens beforehand; without it each token has only its own vector and its name. `holding` has the
    ids of the conditions that hold of each training dish, for a plan that gives conditions.
    `on_progress` gets each metrics record and the number of planned steps. Raises Interrupted after SIGINT or SIGTERM (a
    checkpoint is written first), ValueError when there is nothing to train or validate on, FloatingPointError when the loss
    is no longer finite.
    """
    if not train_dishes or not valid_dishes:
        raise ValueError(f"training needs dishes in both splits; there are {len(train_dishes)} to train and {len(valid_dishes)} to validate on")
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
    work.mkdir(parents=True, exist_ok=True)
    model = DishTransformer(ModelConfig(tokenizer.size, shape), tokenizer.name_pieces, features)
    optimisers = make_optimisers(model, plan)
    grammar = Grammar(tokenizer)
    progress, best = Progress(), {k: v.clone() for k, v in model.state_dict().items()}
    resumed = _resume(work, model, optimisers)
    if resumed is not None:
        progress, best = resumed
    metrics = _kept_metrics(work / METRICS, progress.step) if resumed else []

    rng = np.random.default_rng((seed, 0))
    chosen = rng.permutation(len(valid_dishes))[:MOST_VALIDATION_DISHES]
    held_out = encode_noisy([valid_dishes[i] for i in chosen], tokenizer, np.random.default_rng((seed, 1)))

    noise = Noise(plan.shuffle_foods, plan.token_dropout, plan.field_masking, plan.subword_sampling, plan.title_first, plan.amounts_last,
                  plan.conditions, shape.context)
    per_epoch = max(1, math.ceil(len(train_dishes) / (plan.batch * plan.accumulate)))
    total = min(plan.epochs * per_epoch, plan.max_steps)
    begun = time.monotonic() - progress.seconds
    losses = progress.losses

    def finite(value: float, what: str) -> float:
        if not math.isfinite(value):
            raise FloatingPointError(f"{what} is {value} at step {progress.step}; lower the learning rate (now {plan.learning_rate})")
        return value

    def evaluate() -> None:
        bits = finite(float(part_bits(model, held_out, tokenizer).sum(axis=1).mean()), "the validation loss")
        record = {
            "step": progress.step, "epoch": round(progress.step / per_epoch, 2), "valid_bits_per_dish": round(bits, 4),
            "train_bits_per_token": round(float(np.mean(losses)), 4) if losses else None,
            "learning_rate": learning_rate(progress.step, total, plan), "seconds": round(time.monotonic() - begun, 2),
        }
        losses.clear()
        if bits < progress.best_bits:
            progress.best_bits, progress.best_step, progress.evaluations_without_best = bits, progress.step, 0
            best.update({k: v.clone() for k, v in model.state_dict().items()})
        else:
            progress.evaluations_without_best += 1
        metrics.append(record)
        on_progress(record, total)

    def checkpoint() -> None:
        progress.seconds = time.monotonic() - begun
        # Metrics first: those beyond the checkpoint are dropped on resuming, those missing could never be had again.
        _write_metrics(work / METRICS, metrics)
        _save_checkpoint(work, model, optimisers, progress, best)

    with _asked_to_stop() as asked:
        if not metrics:
            evaluate()
        batches: list[Batch] = []
        epoch_of_batches = -1
        while progress.step < total and not progress.stopped_by:
            epoch, index = divmod(progress.step, per_epoch)
            if epoch != epoch_of_batches:
                batches = epoch_batches(train_dishes, tokenizer, plan.batch, seed, epoch, noise, holding)
                epoch_of_batches = epoch
            group = batches[index * plan.accumulate : (index + 1) * plan.accumulate]
            loss = _step(model, optimisers, grammar, group, learning_rate(progress.step, total, plan), plan)
            progress.step += 1
            losses.append(finite(loss, "the loss"))
            if progress.step % plan.evaluate_every == 0 or progress.step == total:
                evaluate()
                if progress.evaluations_without_best >= plan.patience:
                    progress.stopped_by = "no better validation"
                elif time.monotonic() - begun > plan.max_seconds:
                    progress.stopped_by = "time limit"
                checkpoint()
            if asked():
                checkpoint()
                raise Interrupted(f"stopped at step {progress.step} of {total}; the checkpoint is in {work}")
    progress.stopped_by = progress.stopped_by or "all steps done"
    checkpoint()
    model.load_state_dict(best)
    return Outcome(model.eval(), progress, total, metrics)


def _step(
    model: DishTransformer, optimisers: list[torch.optim.Optimizer], grammar: Grammar, group: list[Batch], rate: float, plan: TrainingPlan
) -> float:
    """One update over a group of batches. Returns the unsmoothed loss in bits per token."""
    model.train()
    tokens = sum(int((b.targets != IGNORE).sum()) for b in group)
    plain = 0.0
    for made in group:
        table = model.table()
        plainly, smoothed = grammar.surprise(model.hidden(torch.from_numpy(made.inputs), table), table, made, plan.label_smoothing)
        (smoothed.sum() / tokens).backward()
        plain += float(plainly.detach().sum()) / tokens
    torch.nn.utils.clip_grad_norm_(model.parameters(), plan.clip)
    for optimiser in optimisers:
        for parameters in optimiser.param_groups:
            parameters["lr"] = rate * (MUON_RATE if isinstance(optimiser, torch.optim.Muon) else 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    return plain / math.log(2)


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """A question that turns true after SIGINT or SIGTERM; the signals' former handlers come back afterwards."""
    asked = [False]

    def note(*_: object) -> None:
        asked[0] = True

    try:
        former = {s: signal.signal(s, note) for s in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # Signals reach the main thread only; elsewhere the caller stops the thread's process.
        former = {}
    try:
        yield lambda: asked[0]
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _save_checkpoint(
    work: Path, model: DishTransformer, optimisers: list[torch.optim.Optimizer], progress: Progress, best: dict[str, Tensor]
) -> None:
    """One file, replaced in one step, so that a kill leaves the checkpoint before it whole."""
    tensors = {f"model/{k}": v.detach() for k, v in model.state_dict().items()}
    tensors |= {f"best/{k}": v.detach() for k, v in best.items()}
    for i, optimiser in enumerate(optimisers):
        for j, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser/{i}/{j}/{k}": v.detach() for k, v in state.items() if isinstance(v, Tensor)}
    tensors["random"] = torch.get_rng_state()
    temporary = work / f".{CHECKPOINT}.{os.getpid()}.tmp"
    save_file({k: v.contiguous().clone() for k, v in tensors.items()}, temporary, metadata={"progress": json.dumps(vars(progress))})
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    os.replace(temporary, work / f"{CHECKPOINT}.safetensors")


def _resume(
    work: Path, model: DishTransformer, optimisers: list[torch.optim.Optimizer]
) -> tuple[Progress, dict[str, Tensor]] | None:
    """Load the checkpoint of `work` into model and optimisers; None when there is none."""
    path = work / f"{CHECKPOINT}.safetensors"
    if not path.is_file():
        return None
    from safetensors import safe_open

    with safe_open(path, framework="pt") as handle:
        progress = Progress(**json.loads(handle.metadata()["progress"]))
    tensors = load_file(path)
    model.load_state_dict({k.removeprefix("model/"): v for k, v in tensors.items() if k.startswith("model/")})
    for i, optimiser in enumerate(optimisers):
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith(f"optimiser/{i}/"):
                _, _, j, key = name.split("/")
                state.setdefault(int(j), {})[key] = tensor
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    torch.set_rng_state(tensors["random"])
    return progress, {k.removeprefix("best/"): v for k, v in tensors.items() if k.startswith("best/")}


def _write_metrics(path: Path, metrics: list[dict[str, Any]]) -> None:
    """One record a line, replaced in one step like the checkpoint."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_text("".join(json.dumps(m) + "\n" for m in metrics))
    os.replace(temporary, path)


def _kept_metrics(path: Path, step: int) -> list[dict[str, Any]]:
    """The metrics up to the checkpoint's step."""
    if not path.is_file():
        return []
    return [m for m in map(json.loads, path.read_text().splitlines()) if m["step"] <= step]
