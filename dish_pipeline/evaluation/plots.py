"""Pictures for the report and the UI.

What belongs here: matplotlib figures written as PNG. Every axis is labelled with its unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

INK, ACCENT, PALE = "#22313f", "#1b7f79", "#b8c4cc"


def loss_curve(metrics: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Validation bits per dish and training bits per token over the steps, with the best step marked."""
    figure, left = plt.subplots(figsize=(7, 3.6), dpi=110)
    steps = [m["step"] for m in metrics]
    bits = [m["valid_bits_per_dish"] for m in metrics]
    left.plot(steps, bits, color=ACCENT, label="validation, bits per dish")
    best = int(np.argmin(bits))
    left.plot(steps[best], bits[best], "o", color=ACCENT)
    left.annotate(f"{bits[best]:.1f}", (steps[best], bits[best]), textcoords="offset points", xytext=(0, 8), ha="center", color=ACCENT)
    left.set_xlabel("step")
    left.set_ylabel("validation, bits per dish", color=ACCENT)
    right = left.twinx()
    seen = [m for m in metrics if m["train_bits_per_token"] is not None]
    right.plot([m["step"] for m in seen], [m["train_bits_per_token"] for m in seen], color=PALE)
    right.set_ylabel("training, bits per token", color=INK)
    left.set_title("Training of the challenger")
    _save(figure, path)


def model_comparison(models: Mapping[str, Mapping[str, Any]], path: Path) -> None:
    """Bits per test dish of every model with 95 % intervals, best at the top."""
    order = sorted(models, key=lambda n: -models[n]["bits_per_dish"]["mean"])
    figure, axis = plt.subplots(figsize=(7, 0.6 + 0.5 * len(order)), dpi=110)
    for y, name in enumerate(order):
        b = models[name]["bits_per_dish"]
        color = ACCENT if name == "transformer" else PALE
        axis.barh(y, b["mean"], color=color, xerr=[[b["mean"] - b["lo"]], [b["hi"] - b["mean"]]], ecolor=INK, capsize=3)
        axis.text(b["hi"], y, f"  {b['mean']:.1f}", va="center", color=INK)
    axis.set_yticks(range(len(order)), order)
    axis.set_xlabel("bits per test dish, with 95 % interval (lower is better)")
    axis.margins(x=0.12)
    _save(figure, path)


def histogram(groups: Mapping[str, np.ndarray], label: str, path: Path) -> None:
    """Overlaid histograms of shares between 0 and 1."""
    figure, axis = plt.subplots(figsize=(7, 3), dpi=110)
    for (name, values), color in zip(groups.items(), (ACCENT, PALE, INK), strict=False):
        axis.hist(values, bins=[i / 20 for i in range(21)], alpha=0.6, density=True, label=f"{name} ({len(values)})", color=color)
    axis.set_xlabel(label)
    axis.set_ylabel("density")
    axis.legend()
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    for axis in figure.axes:
        axis.spines[["top"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
