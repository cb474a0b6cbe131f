"""Checkpoints: everything that a training needs to go on as if it had never stopped.

What belongs here: writing and reading weights, optimiser states, random state, counters and metrics. A checkpoint is one file, replaced in
one step, so that a kill leaves the one before it whole.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from dish_pipeline.model.optimisation import Average
from dish_pipeline.model.transformer import DishTransformer

CHECKPOINT, METRICS = "checkpoint.safetensors", "metrics.jsonl"


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
    planned: int = 0
    """Steps that the training will have; fewer than the plan's where its time limit would come first."""
    cut_short: bool = False
    """True once the clock has taken steps away."""
    averaged: int = 0
    """Steps that the running average of the weights has seen."""


def save(
    work: Path, model: DishTransformer, optimisers: Sequence[torch.optim.Optimizer], average: Average, progress: Progress, best: Mapping[str, Tensor],
    metrics: Sequence[Mapping[str, Any]],
) -> None:
    """Write checkpoint and metrics into an existing folder."""
    # Metrics first: those beyond the checkpoint are dropped on resuming, those missing could never be had again.
    temporary = work / f".{METRICS}.{os.getpid()}.tmp"
    temporary.write_text("".join(json.dumps(m) + "\n" for m in metrics))
    os.replace(temporary, work / METRICS)
    progress.averaged = average.steps
    tensors = {f"model/{k}": v for k, v in model.state_dict().items()} | {f"best/{k}": v for k, v in best.items()}
    tensors |= {f"average/{k}": v for k, v in average.weights.items()}
    for i, optimiser in enumerate(optimisers):
        for j, state in optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser/{i}/{j}/{k}": v for k, v in state.items() if isinstance(v, Tensor)}
    tensors["random"] = torch.get_rng_state()
    device = next(model.parameters()).device
    if device.type == "cuda":
        tensors["random_cuda"] = torch.cuda.get_rng_state(device)
    temporary = work / f".{CHECKPOINT}.{os.getpid()}.tmp"
    save_file({k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}, temporary, metadata={"progress": json.dumps(vars(progress))})
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    os.replace(temporary, work / CHECKPOINT)


def resume(
    work: Path, model: DishTransformer, optimisers: Sequence[torch.optim.Optimizer], average: Average
) -> tuple[Progress, dict[str, Tensor]] | None:
    """Load the checkpoint of `work` into model, optimisers, average and the random state; None when there is none."""
    path = work / CHECKPOINT
    if not path.is_file():
        return None
    with safe_open(path, framework="pt") as handle:
        progress = Progress(**json.loads(handle.metadata()["progress"]))
    tensors = load_file(path)

    def under(prefix: str) -> dict[str, Tensor]:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    model.load_state_dict(under("model/"))
    device = next(model.parameters()).device
    average.steps, average.weights = progress.averaged, {k: v.to(device) for k, v in under("average/").items()}
    for i, optimiser in enumerate(optimisers):
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in under(f"optimiser/{i}/").items():
            j, key = name.split("/")
            state.setdefault(int(j), {})[key] = tensor
        optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    torch.set_rng_state(tensors["random"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(tensors["random_cuda"], device)
    return progress, {k: v.to(device) for k, v in under("best/").items()}


def kept_metrics(work: Path, step: int) -> list[dict[str, Any]]:
    """The metrics in `work` up to the checkpoint's step."""
    path = work / METRICS
    if not path.is_file():
        return []
    return [m for m in map(json.loads, path.read_text().splitlines()) if m["step"] <= step]
