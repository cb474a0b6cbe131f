"""Our own model, trained as `dish run` trains it, on the same split and watched by the same clock.

What belongs here: calling `training.train` with the preset and reading its metrics. No wall-clock guard: a busy machine must not change what
is measured; the seconds say what it took.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.common import Material, Trained
from dish_pipeline.dish import Dish
from dish_pipeline.model import scoring, training
from dish_pipeline.model.batches import IGNORE, Noise, epoch_batches
from dish_pipeline.recipes import augmentation
from dish_pipeline.recipes.validation import dishes_of

NAME = "ours"


def fit(material: Material) -> Trained:
    """The preset's training."""
    frame = augmentation.augment(material.frame, material.lexicon, augmentation.Plan(), material.seed)
    plan = replace(material.preset.training, max_seconds=math.inf)
    dishes = dishes_of(frame)
    seconds_of_process: list[float] = []
    begun = time.process_time()

    def note(record: dict[str, Any], total: int) -> None:
        seconds_of_process.append(time.process_time() - begun)

    with tempfile.TemporaryDirectory() as work:
        outcome = training.train(dishes, material.valid, material.tokenizer, material.preset.model, plan, material.seed, Path(work), note)
    per_step = tokens_a_step(dishes, material, plan.batch * plan.accumulate)
    history = [
        {"seconds": m["seconds"], "cpu": round(cpu, 2), "bits": m["valid_bits_per_dish"], "tokens": m["step"] * per_step}
        for m, cpu in zip(outcome.metrics, seconds_of_process, strict=True)
    ]

    def score(some: Sequence[Dish], orders: Sequence[Sequence[int]]) -> np.ndarray:
        rows = [material.tokenizer.encode(d, list(o)) for d, o in zip(some, orders, strict=True)]
        return scoring.part_bits(outcome.model, rows, material.tokenizer)

    return Trained(
        NAME, score, outcome.model.parameter_count, history, {"preset": material.preset.name, "dishes with variants": len(dishes)},
        outcome.progress.stopped_by,
    )


def tokens_a_step(dishes: Sequence[Dish], material: Material, dishes_a_step: int) -> float:
    """Mean tokens that one step learns from."""
    batches = epoch_batches(dishes, material.tokenizer, 256, material.seed, 0, Noise())
    return sum(int((b.targets != IGNORE).sum()) for b in batches) / len(dishes) * dishes_a_step
