"""The training loop, with checkpoints from which it goes on exactly as if it had never stopped.

What belongs here: which updates are made, validation, early stopping, being interrupted. What one update does stands in `optimisation.py`,
what a batch is in `batches.py`, what a checkpoint holds in `checkpoints.py`.

Batches depend on (seed, epoch) alone and a checkpoint holds all else. So a training that was killed and resumed ends with the very same
weights and metrics as one that ran through.
"""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed

from dish_pipeline.dish import Dish
from dish_pipeline.model import checkpoints
from dish_pipeline.model.batches import IGNORE, Batch, Noise, encode_noisy, epoch_batches
from dish_pipeline.model.checkpoints import Progress
from dish_pipeline.model.features import Features
from dish_pipeline.model.grammar import Grammar
from dish_pipeline.model.optimisation import Average, learning_rate, make_optimisers, update
from dish_pipeline.model.scoring import part_bits
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.transformer import DishTransformer, ModelConfig
from dish_pipeline.settings import ModelShape, TrainingPlan

MOST_VALIDATION_DISHES = 400
"""Validation dishes that an evaluation reads: enough for early stopping, and its cost stays flat as data grows."""


class Interrupted(RuntimeError):
    """Training was asked to stop; its checkpoint is on disk and the next run goes on from it."""


@dataclass
class Outcome:
    """A finished training: the model with its best weights, and how it came about."""

    model: DishTransformer
    progress: Progress
    steps_planned: int
    metrics: list[dict[str, Any]] = field(default_factory=list)


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
    teachers: Sequence[DishTransformer] = (),
    holding: Sequence[Sequence[int]] = (),
) -> Outcome:
    """Train from scratch, or go on from the checkpoint in `work`; keep the weights that were best on `valid_dishes`.

    `features` is what is known of the tokens beforehand; without it each token has only its own vector and its name. `teachers` are
    finished models whose mean prediction is learned as well (see `TrainingPlan.taught`). `holding` has the ids of the conditions that hold
    of each training dish, for a plan that gives conditions.
    `on_progress` gets each metrics record and the number of planned steps. Raises Interrupted after SIGINT or SIGTERM (a
    checkpoint is written first), ValueError when there is nothing to train or validate on or no such device, FloatingPointError
    when the loss is no longer finite. The model that is returned is on the CPU.

    Under `torchrun` (an initialised process group) every process takes its share of each update's batches, and the first one writes.
    """
    if not train_dishes or not valid_dishes:
        raise ValueError(f"training needs dishes in both splits; there are {len(train_dishes)} to train and {len(valid_dishes)} to validate on")
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(seed)
    work.mkdir(parents=True, exist_ok=True)
    model = DishTransformer(ModelConfig(tokenizer.size, shape), tokenizer.name_pieces, features).to(_device(plan.device))
    optimisers, average = make_optimisers(model, plan), Average(model, plan.average)
    school = _School(model, Grammar(tokenizer), plan, [(teacher, teacher.table().detach()) for teacher in teachers])
    progress, best = Progress(), {k: v.clone() for k, v in model.state_dict().items()}
    resumed = checkpoints.resume(work, model, optimisers, average)
    if resumed is not None:
        progress, best = resumed
    metrics = checkpoints.kept_metrics(work, progress.step) if resumed else []

    rng = np.random.default_rng((seed, 0))
    chosen = rng.permutation(len(valid_dishes))[:MOST_VALIDATION_DISHES]
    held_out = encode_noisy([valid_dishes[i] for i in chosen], tokenizer, np.random.default_rng((seed, 1)))

    noise = noise_of(plan, shape)
    per_epoch = max(1, math.ceil(len(train_dishes) / (plan.batch * plan.accumulate)))
    progress.planned = progress.planned or min(plan.epochs * per_epoch, plan.max_steps)
    begun = time.monotonic() - progress.seconds
    losses = progress.losses

    def finite(value: float, what: str) -> float:
        if not math.isfinite(value):
            raise FloatingPointError(f"{what} is {value} at step {progress.step}; lower the learning rate (now {plan.learning_rate})")
        return value

    def evaluate() -> None:
        with average.applied():
            bits = finite(float(part_bits(model, held_out, tokenizer).sum(axis=1).mean()), "the validation loss")
            weights = {k: v.clone() for k, v in model.state_dict().items()}
        record = {
            "step": progress.step, "epoch": round(progress.step / per_epoch, 2), "valid_bits_per_dish": round(bits, 4),
            "train_bits_per_token": round(float(np.mean(losses)), 4) if losses else None,
            "learning_rate": learning_rate(progress.step, progress.planned, plan), "seconds": round(time.monotonic() - begun, 2),
        }
        losses.clear()
        if bits < progress.best_bits:
            progress.best_bits, progress.best_step, progress.evaluations_without_best = bits, progress.step, 0
            best.update(weights)
        else:
            progress.evaluations_without_best += 1
        metrics.append(record)
        if _rank() == 0:
            on_progress(record, progress.planned)

    def checkpoint() -> None:
        progress.seconds = time.monotonic() - begun
        if _rank() > 0:
            return
        checkpoints.save(work, model, optimisers, average, progress, best, metrics)

    with _asked_to_stop() as asked:
        if not metrics:
            evaluate()
        batches: list[Batch] = []
        epoch_of_batches = -1
        while progress.step < progress.planned and not progress.stopped_by:
            epoch, index = divmod(progress.step, per_epoch)
            if epoch != epoch_of_batches:
                batches = epoch_batches(train_dishes, tokenizer, plan.batch, seed, epoch, noise, holding)
                epoch_of_batches = epoch
            group = batches[index * plan.accumulate : (index + 1) * plan.accumulate]
            loss = _step(school, optimisers, group, learning_rate(progress.step, progress.planned, plan))
            average.take()
            progress.step += 1
            losses.append(finite(loss, "the loss"))
            if progress.step % plan.evaluate_every == 0 or progress.step == progress.planned:
                evaluate()
                if progress.evaluations_without_best >= plan.patience:
                    progress.stopped_by = "no better validation"
                else:
                    _mind_the_clock(progress, time.monotonic() - begun, plan.max_seconds)
                checkpoint()
            if asked():
                checkpoint()
                raise Interrupted(f"stopped at step {progress.step} of {progress.planned}; the checkpoint is in {work}")
    progress.stopped_by = progress.stopped_by or ("time limit" if progress.cut_short else "all steps done")
    checkpoint()
    model.load_state_dict(best)
    return Outcome(model.cpu().eval(), progress, progress.planned, metrics)


def _mind_the_clock(progress: Progress, seconds: float, most: float) -> None:
    """Plan no more steps than the time that is left allows, so that the rate has fallen to zero when it is over."""
    if seconds > most:
        progress.stopped_by = "time limit"
        return
    reachable = progress.step + max(1, int((most - seconds) * progress.step / max(seconds, 1e-9)))
    if reachable < progress.planned:
        progress.planned, progress.cut_short = reachable, True


def noise_of(plan: TrainingPlan, shape: ModelShape) -> Noise:
    """What the plan draws, hides or changes in a dish that this network reads."""
    return Noise(
        plan.shuffle_foods, plan.token_dropout, plan.field_masking, plan.subword_sampling, plan.vary_amounts, plan.title_first, plan.amounts_last,
        plan.conditions, shape.context,
    )


def _device(name: str) -> torch.device:
    device = torch.device(name)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"the plan wants the device {name!r}, but torch finds no GPU here; choose another preset, or install torch with CUDA")
    return device


def _rank() -> int:
    return distributed.get_rank() if distributed.is_initialized() else 0


@dataclass(frozen=True)
class _School:
    """What an update needs besides the batch: the learner, the rules of dishes, the plan, and teachers with their tables."""

    model: DishTransformer
    grammar: Grammar
    plan: TrainingPlan
    teachers: Sequence[tuple[DishTransformer, Tensor]]


def _step(school: _School, optimisers: Sequence[torch.optim.Optimizer], group: Sequence[Batch], rate: float) -> float:
    """One update over a group of batches. Returns the unsmoothed loss in bits per token."""
    model, plan = school.model, school.plan
    model.train()
    device = next(model.parameters()).device
    tokens = sum(int((b.targets != IGNORE).sum()) for b in group)
    plain = 0.0
    for made in group[_rank() :: distributed.get_world_size()] if distributed.is_initialized() else group:
        ids = torch.from_numpy(made.inputs).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=plan.bf16):
            table = model.table()
            hidden = model.hidden(ids, table)
            with torch.no_grad():
                said = [(teacher.hidden(ids, of), of) for teacher, of in school.teachers]
            plainly, trained = school.grammar.surprise(hidden, table, made, plan.label_smoothing, said, plan.taught)
        (trained.sum() / tokens).backward()
        plain += float(plainly.detach().sum()) / tokens
    if distributed.is_initialized():
        plain = _summed(model, plain)
    torch.nn.utils.clip_grad_norm_(model.parameters(), plan.clip)
    update(optimisers, rate)
    return plain / math.log(2)


def _summed(model: DishTransformer, plain: float) -> float:
    """Add up the gradients, and the loss, of all processes: each has its share of the update's tokens."""
    for parameter in model.parameters():
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
        distributed.all_reduce(parameter.grad)
    loss = torch.tensor([plain], device=next(model.parameters()).device)
    distributed.all_reduce(loss)
    return float(loss)


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
