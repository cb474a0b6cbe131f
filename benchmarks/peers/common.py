"""What every peer is given and what it gives back.

What belongs here: the split dishes with one tokenizer, the validation dishes and orders on which every model is watched while it trains
(they are those of our own training, so that the curves can be laid over each other), the clock, and the record of a trained peer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, inf
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import ablations
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import Dish
from dish_pipeline.evaluation.likelihood import Score
from dish_pipeline.model.baselines import Baseline, fit_all
from dish_pipeline.model.batches import draw_order
from dish_pipeline.model.text import canonical
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer
from dish_pipeline.model.training import MOST_VALIDATION_DISHES
from dish_pipeline.recipes.readers import ReadError, read_path
from dish_pipeline.recipes.validation import dishes_of
from dish_pipeline.settings import Preset

FEWEST_RECIPES = 200
PATIENT_EPOCHS, PATIENT_STEPS = 4, 400
"""A peer stops when so many epochs, and so many steps, have brought no better validation."""

FEWEST_STEPS = 2000
"""Steps that a trained peer is given before its epochs are over."""


class Unusable(ValueError):
    """The recipes cannot carry a comparison; the message says why."""


@dataclass(frozen=True)
class Material:
    """One split of one collection, and the limits of the run."""

    lexicon: Lexicon
    frame: pd.DataFrame
    """The train split as a table; our own training varies its amounts, as its asset does."""
    train: list[Dish]
    valid: list[Dish]
    test: list[Dish]
    tokenizer: DishTokenizer
    preset: Preset
    seed: int
    max_seconds: float
    candidates: int
    """Settings of each peer that are tried at most; the best on the validation split counts."""

    @cached_property
    def watched(self) -> tuple[list[Dish], list[list[int]]]:
        """Validation dishes with one random order each: the very ones that `training.train` looks at."""
        chosen = np.random.default_rng((self.seed, 0)).permutation(len(self.valid))[:MOST_VALIDATION_DISHES]
        dishes, rng = [self.valid[i] for i in chosen], np.random.default_rng((self.seed, 1))
        # Training draws one number a dish only where titles are cut anew, which watching never does.
        return dishes, [draw_order(d, rng).tolist() for d in dishes]

    @cached_property
    def counted(self) -> list[Baseline]:
        """Our own counting models, fitted once for all who need them."""
        return fit_all(self.train, self.valid, self.tokenizer, self.seed)

    def watch(self, score: Score) -> float:
        """Mean bits of the watched sequences: the figure of our own metrics.jsonl."""
        return float(score(*self.watched).sum(axis=1).mean())


@dataclass
class Trained:
    """A model with its best validation point, ready to be measured. `note` says what a reader of its figures has to know."""

    name: str
    score: Score
    parameters: int | None = None
    history: list[dict[str, float]] = field(default_factory=list)
    """Evaluations: wall `seconds` and `cpu` seconds since the start, watched `bits`, `tokens` read so far, seconds `training` without evaluation."""
    chosen: dict[str, Any] = field(default_factory=dict)
    stopped_by: str = ""
    note: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    own_order: Score | None = None
    """For a model that learnt the recipe's own order: bits in that order. With nothing taken off for the other orders they are a bound as well."""

    @property
    def best(self) -> dict[str, float]:
        """The evaluation with the fewest bits; empty for a model without a training curve."""
        return min(self.history, key=lambda h: h["bits"], default={})


class Watch:
    """The clock and memory of one training: when to look, what was best, when to stop."""

    def __init__(self, material: Material, score: Score, keep: Callable[[], None], every: int = 1, looks: int = 1):
        """`every` so many steps there is a look, `looks` of them an epoch."""
        self.material, self.score, self.keep = material, score, keep
        self.patience = max(PATIENT_EPOCHS * looks, ceil(PATIENT_STEPS / every))
        self.begun, self.cpu, self.looking, self.tokens = time.monotonic(), time.process_time(), 0.0, 0
        self.history: list[dict[str, float]] = []
        self.best, self.since_best = inf, 0
        self.stopped_by = ""

    @property
    def seconds(self) -> float:
        """Wall-clock seconds since the start, evaluations included, as our own training counts them."""
        return time.monotonic() - self.begun

    def look(self) -> float:
        """Evaluate, keep the weights if they are the best so far, and set `stopped_by` when it is time."""
        started = time.monotonic()
        bits = self.material.watch(self.score)
        self.looking += time.monotonic() - started
        if bits < self.best:
            self.best, self.since_best = bits, 0
            self.keep()
        else:
            self.since_best += 1
        self.history.append({
            "seconds": round(self.seconds, 2), "cpu": round(time.process_time() - self.cpu, 2), "bits": round(bits, 4),
            "tokens": self.tokens, "training": round(self.seconds - self.looking, 2),
        })
        if self.since_best >= self.patience:
            self.stopped_by = "no better validation"
        self.mind_the_clock()
        return bits

    def mind_the_clock(self) -> bool:
        """True when the seconds are used up."""
        if not self.stopped_by and self.seconds > self.material.max_seconds:
            self.stopped_by = "time limit"
        return self.stopped_by == "time limit"


def material(recipes: Path, preset: Preset, seed: int, max_seconds: float, candidates: int) -> Material:
    """Files -> what the peers are given. Raises Unusable for too few recipes or an empty split."""
    try:
        read = len(read_path(recipes).recipes)
    except ReadError as error:
        raise Unusable(str(error)) from None
    if read < FEWEST_RECIPES:
        raise Unusable(f"{recipes} holds {read} recipes that can be read; a comparison needs at least {FEWEST_RECIPES}: fewer decide nothing")
    found = ablations.data(recipes, 1)
    if not found.valid or not found.test or len(found.train) < 50:
        raise Unusable(
            f"of the {read} recipes of {recipes} {len(found.train)} can be learned from, {len(found.valid)} validated on and "
            f"{len(found.test)} tested on; `dish import` and `dish lexicon missing` say what keeps the others out"
        )
    train = [canonical(d) for d in dishes_of(found.train)]
    tokenizer = ablations.tokenizer_for(train, found.lexicon, preset.vocabulary)
    return Material(found.lexicon, found.train, train, found.valid, found.test, tokenizer, preset, seed, max_seconds, candidates)


def batch_and_epochs(dishes: int, epochs: int) -> tuple[int, int]:
    """Dishes a step, and epochs at most. A small collection needs smaller batches and many epochs before a network has had its steps.

    Early stopping ends what needs fewer.
    """
    batch = 32 if dishes >= 2000 else 16
    return batch, max(epochs, ceil(FEWEST_STEPS * batch / dishes))


def parts_of(rows: Sequence[np.ndarray], bits: Sequence[np.ndarray]) -> np.ndarray:
    """Bits of tokens -> bits of parts: `rows` hold the part of each token. Shape (rows, parts)."""
    return np.array([np.bincount(r, weights=b, minlength=len(PARTS)) for r, b in zip(rows, bits, strict=True)]).reshape(-1, len(PARTS))


def best_of(trained: Sequence[Trained]) -> Trained:
    """The setting with the best validation point; the others are named in its `extra`."""
    best = min(trained, key=lambda t: t.best["bits"])
    best.extra["tried"] = [{**t.chosen, "valid": t.best["bits"], "seconds": t.best["seconds"], "stopped_by": t.stopped_by} for t in trained]
    return best
