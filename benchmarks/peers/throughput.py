"""Tokens a second in training: our loop against the Hugging Face Trainer, models of equal size, the very same rows of our tokens.

What belongs here: this one measurement. Both read each dish in an order drawn anew, encode it while they train, clip and update once a batch of
32; the rows that go in are the same dishes. The Trainer drives a GPT2LMHeadModel of as many parameters as our model, within a few per cent.
"""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.peers.common import Material
from benchmarks.peers.gpt2 import collate
from dish_pipeline.dish import Dish
from dish_pipeline.model import training
from dish_pipeline.model.batches import IGNORE, Noise, draw_order, epoch_batches
from dish_pipeline.model.transformer import DishTransformer, ModelConfig

BATCH = 32


@dataclass(frozen=True)
class Rate:
    """Tokens a second of one training, and how large the model was."""

    tokens_per_second: float
    tokens_per_cpu_second: float
    parameters: int


def ours(material: Material, steps: int) -> Rate:
    """Our loop, the preset's model. The evaluation before the first step and after the last reads eight dishes; their share is nothing."""
    plan = replace(
        material.preset.training, max_steps=steps, epochs=10**6, batch=BATCH, accumulate=1, evaluate_every=10**9, max_seconds=math.inf,
    )
    times: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as work:
        outcome = training.train(
            material.train, material.valid[:8], material.tokenizer, material.preset.model, plan, material.seed, Path(work),
            lambda record, total: times.append((time.monotonic(), time.process_time())),
        )
    noise, tokens, epoch = Noise(plan.shuffle_foods), 0, 0
    left = steps
    while left > 0:
        batches = epoch_batches(material.train, material.tokenizer, BATCH, material.seed, epoch, noise)[:left]
        tokens += sum(int((b.targets != IGNORE).sum()) for b in batches)
        left, epoch = left - len(batches), epoch + 1
    (wall0, cpu0), (wall1, cpu1) = times[0], times[-1]
    return Rate(tokens / (wall1 - wall0), tokens / (cpu1 - cpu0), outcome.model.parameter_count)


class _Rows(torch.utils.data.Dataset):
    """The training dishes as our tokens, in an order drawn at each read; counts what it gave out."""

    def __init__(self, material: Material):
        self.dishes, self.tokenizer = material.train, material.tokenizer
        self.rng = np.random.default_rng(material.seed)
        self.tokens = 0

    def __len__(self) -> int:
        return len(self.dishes)

    def __getitem__(self, i: int) -> dict[str, list[int]]:
        dish: Dish = self.dishes[i]
        ids = self.tokenizer.encode(dish, draw_order(dish, self.rng).tolist()).ids.tolist()
        self.tokens += len(ids) - 1
        return {"input_ids": ids}


def trainer(material: Material, steps: int) -> Rate:
    """The Trainer with its defaults, `steps` updates. Raises ImportError without transformers and accelerate."""
    from transformers import GPT2Config, GPT2LMHeadModel, PrinterCallback, Trainer, TrainerCallback, TrainingArguments
    from transformers.utils import logging

    logging.set_verbosity_error()
    torch.manual_seed(material.seed)
    shape, vocabulary = material.preset.model, material.tokenizer.size
    target = DishTransformer(ModelConfig(vocabulary, shape)).parameter_count
    context = max(len(material.tokenizer.encode(d).ids) for d in material.train)
    # Layers of GPT-2 hold 12 width squared; the nearest whole number of them.
    layers = max(1, round((target - (vocabulary + context) * shape.width) / (12 * shape.width**2)))
    model = GPT2LMHeadModel(GPT2Config(
        vocab_size=vocabulary, n_positions=context, n_embd=shape.width, n_layer=layers, n_head=shape.heads,
        bos_token_id=1, eos_token_id=2, use_cache=False,
    ))
    rows = _Rows(material)
    times: list[tuple[float, float]] = []

    class Clock(TrainerCallback):
        """Notes when the steps begin and end."""

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            times.append((time.monotonic(), time.process_time()))

        def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            times.append((time.monotonic(), time.process_time()))

    with tempfile.TemporaryDirectory() as folder:
        made = Trainer(
            model=model, train_dataset=rows, callbacks=[Clock()], data_collator=lambda some: collate(some, material.tokenizer.pad),
            args=TrainingArguments(
                output_dir=folder, per_device_train_batch_size=BATCH, max_steps=steps, learning_rate=1e-3, logging_strategy="no", save_strategy="no",
                report_to="none", disable_tqdm=True, seed=material.seed, use_cpu=True, remove_unused_columns=False,
            ),
        )
        made.remove_callback(PrinterCallback)
        made.train()
    (wall0, cpu0), (wall1, cpu1) = times[0], times[-1]
    return Rate(rows.tokens / (wall1 - wall0), rows.tokens / (cpu1 - cpu0), sum(p.numel() for p in model.parameters()))


def compare(material: Material, steps: int = 60, rounds: int = 2) -> dict[str, Any]:
    """Both in turn, `rounds` times, the better of each: what else runs on the machine only ever takes away."""
    found: dict[str, list[Rate]] = {"ours": [], "trainer": []}
    for _ in range(rounds):
        found["ours"].append(ours(material, steps))
        found["trainer"].append(trainer(material, steps))
    best = {name: max(rates, key=lambda r: r.tokens_per_second) for name, rates in found.items()}
    return {name: vars(rate) for name, rate in best.items()} | {
        "ratio": best["ours"].tokens_per_second / best["trainer"].tokens_per_second,
        "cpu_ratio": max(r.tokens_per_cpu_second for r in found["ours"]) / max(r.tokens_per_cpu_second for r in found["trainer"]),
        "steps": steps, "rounds": rounds,
    }
