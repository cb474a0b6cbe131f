"""Bits per dish and per byte, with bootstrap intervals: the one measure by which models are compared.

What belongs here: turning part bits of single sequences into figures of a model. A dish is a set of foods, a sequence is one of
its n! orders, so the model's probability of the dish is the sum over the orders. By Jensen's inequality

    bits(dish) <= mean over orders of bits(sequence) - log2(n!)

which is the order-marginal bound; it is estimated from a few random orders per dish and holds for every model alike.
Bits per byte divide by the UTF-8 bytes of the canonical text, so they do not depend on the tokenizer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import lgamma, log
from typing import Any

import numpy as np

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import Dish
from dish_pipeline.model.text import text_of
from dish_pipeline.model.tokenizer import PARTS

Score = Callable[[Sequence[Dish], Sequence[Sequence[int]]], np.ndarray]
"""Dishes and an order for each -> part bits, shape (dishes, parts)."""


@dataclass(frozen=True)
class Measured:
    """Bits of each test dish under one model, as the order-marginal bound, split by part. Shape (dishes, parts)."""

    name: str
    parts: np.ndarray

    @property
    def per_dish(self) -> np.ndarray:
        """Bits of each dish. Shape (dishes,)."""
        return self.parts.sum(axis=1)


def random_orders(dishes: Sequence[Dish], seed: int) -> list[list[int]]:
    """One random order a dish, the same for every model that is asked with the same seed."""
    return [np.random.default_rng((seed, i)).permutation(len(d.portions)).tolist() for i, d in enumerate(dishes)]


def measure(name: str, score: Score, dishes: Sequence[Dish], orders: int, seed: int) -> Measured:
    """The order-marginal bound of each dish, from `orders` random orders."""
    runs = [score(dishes, random_orders(dishes, seed + k)) for k in range(orders)]
    parts = np.mean(runs, axis=0)
    parts[:, PARTS.index("foods")] -= [lgamma(len(d.portions) + 1) / log(2) for d in dishes]
    return Measured(name, parts)


def bootstrap(values: np.ndarray, seed: int, draws: int = 1000, weights: np.ndarray | None = None) -> dict[str, float]:
    """Mean with its 95 % percentile interval over dishes drawn with replacement; with `weights`, sum(values) / sum(weights).

    Efron and Tibshirani 1993, percentile bootstrap. Raises ValueError without values.
    """
    if len(values) == 0:
        raise ValueError("nothing to bootstrap: the test split is empty")
    base = np.ones(len(values)) if weights is None else weights
    rng = np.random.default_rng(seed)
    picked = rng.integers(0, len(values), (draws, len(values)))
    means = values[picked].sum(axis=1) / base[picked].sum(axis=1)
    lo, hi = np.percentile(means, [2.5, 97.5])
    return {"mean": float(values.sum() / base.sum()), "lo": float(lo), "hi": float(hi)}


def text_bytes(dishes: Sequence[Dish], lexicon: Lexicon) -> np.ndarray:
    """UTF-8 bytes of each dish's canonical text. Shape (dishes,)."""
    return np.array([len(text_of(d, lexicon).encode()) for d in dishes], dtype=float)


def summary(measured: Measured, byte_counts: np.ndarray, seed: int, draws: int) -> dict[str, Any]:
    """The figures of one model as the report holds them."""
    return {
        "bits_per_dish": bootstrap(measured.per_dish, seed, draws),
        "bits_per_byte": bootstrap(measured.per_dish, seed, draws, byte_counts),
        "parts": {part: bootstrap(measured.parts[:, i], seed, draws) for i, part in enumerate(PARTS)},
    }


def difference(a: Measured, b: Measured, seed: int, draws: int) -> dict[str, float]:
    """Bits per dish of `a` minus those of `b`, dish by dish, with the interval of the mean. Below zero: `a` is better."""
    return bootstrap(a.per_dish - b.per_dish, seed, draws)
