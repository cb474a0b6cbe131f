"""What is known of a token before anything is trained: letters, grams, a food's group, facts and composition.

What belongs here: turning that knowledge into weighted features that tokens share. A token's embedding is a vector of its own plus the
weighted sum of its features' vectors (see `transformer.py`), so what many tokens teach of "contains milk", of 20 against 25 grams or of the
letters "nd" reaches a token that the data has hardly shown. Nothing here looks at a dish.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
import torch
from torch import Tensor

from dish_pipeline.dietetics.lexicon import NUTRIENTS, Food, Lexicon
from dish_pipeline.model.text import GRID
from dish_pipeline.model.tokenizer import DishTokenizer

LONGEST_SPELLING = 3
"""Letters of the longest run of letters that is a feature of the pieces that hold it."""

RUNGS = 16
"""Places on the logarithmic scale of grams; an amount belongs to those near it."""

GROUP_WEIGHT = 3.0
"""Of a food's group against one fact or one nutrient (in standard deviations) before each food's weights are set to length 1."""

Weighted = list[tuple[str, float]]
"""Names of features with their weights."""


@dataclass(frozen=True)
class Features:
    """Features of every token, as one bag a token: `ids` and `weights` of all bags one after the other, `starts` of each bag.

    `count` is the number of different features; `ids` lie below it. Shapes: ids and weights (entries,), starts (tokens,).
    """

    count: int
    ids: Tensor
    weights: Tensor
    starts: Tensor


def features_of(tokenizer: DishTokenizer, lexicon: Lexicon) -> Features:
    """The features of all tokens of the tokenizer. A food that the lexicon has lost has none."""
    bags: list[Weighted] = [[] for _ in range(tokenizer.size)]
    for token, weighted in (*_spellings(tokenizer), *_grams(tokenizer), *_foods(tokenizer, lexicon)):
        bags[token] = weighted
    number = {name: i for i, name in enumerate(sorted({name for bag in bags for name, _ in bag}))}
    starts = np.cumsum([0, *(len(bag) for bag in bags)])[:-1]
    return Features(
        count=len(number),
        ids=torch.tensor([number[name] for bag in bags for name, _ in bag], dtype=torch.long),
        weights=torch.tensor([weight for bag in bags for _, weight in bag], dtype=torch.float32),
        starts=torch.from_numpy(starts),
    )


def _spellings(tokenizer: DishTokenizer) -> Iterator[tuple[int, Weighted]]:
    """Each piece's runs of letters that other pieces have too: their mean stands for how the piece is written."""
    pieces = {int(i): tokenizer.pieces.id_to_piece(int(i)) for i in tokenizer.word_ids}
    runs = {i: [f"first {piece[0]}", *_runs(piece)] for i, piece in pieces.items()}
    shared = Counter(run for found in runs.values() for run in set(found))
    for token, found in runs.items():
        common = [run for run in found if shared[run] > 1]
        yield token, [(run, 1 / len(common)) for run in common]


def _runs(piece: str) -> list[str]:
    return [f"letters {piece[i : i + n]}" for n in range(1, LONGEST_SPELLING + 1) for i in range(len(piece) - n + 1)]


def _grams(tokenizer: DishTokenizer) -> Iterator[tuple[int, Weighted]]:
    """Each amount's nearness to the rungs, a bell on the logarithmic scale as wide as the rungs lie apart; of length 1."""
    rungs = np.linspace(log(GRID[0]), log(GRID[-1]), RUNGS)
    for grams in GRID:
        nearness = np.exp(-0.5 * ((log(grams) - rungs) / (rungs[1] - rungs[0])) ** 2)
        nearness /= sqrt(float((nearness**2).sum()))
        yield tokenizer.amount_ids[grams], [(f"rung {i}", float(x)) for i, x in enumerate(nearness) if x > 1e-3]


def _foods(tokenizer: DishTokenizer, lexicon: Lexicon) -> Iterator[tuple[int, Weighted]]:
    """Each food's group, the facts that are not free (unknown counts half), its figures against those of other foods; of length 1."""
    known = [food for food in (lexicon.foods.get(f) for f in tokenizer.food_ids) if food is not None]
    figures = {food.food_id: _figures(food) for food in known}
    table = np.array(list(figures.values())).reshape(len(known), len(NUTRIENTS))
    counted = np.isfinite(table)
    count = np.maximum(1, counted.sum(axis=0))
    middle = np.where(counted, table, 0.0).sum(axis=0) / count
    spread = np.sqrt(np.where(counted, (table - middle) ** 2, 0.0).sum(axis=0) / count)
    for food in known:
        standing = np.nan_to_num((figures[food.food_id] - middle) / np.maximum(spread, 1e-6))
        found = [(f"group {food.group}", GROUP_WEIGHT)]
        found += [(f"fact {key}", float(value)) for key, value in food.facts.items() if value]
        found += [(f"nutrient {name}", float(x)) for name, x in zip(NUTRIENTS, standing, strict=True) if x]
        length = sqrt(sum(weight**2 for _, weight in found))
        yield tokenizer.food_tokens[food.food_id], [(name, weight / length) for name, weight in found]


def _figures(food: Food) -> np.ndarray:
    """The logarithm of each nutrient per 100 g, plus one; NaN where there is no figure. Shape (nutrients,)."""
    values = [food.composition.get(name) for name in NUTRIENTS]
    return np.array([np.nan if v is None or v.mid is None else np.log1p(v.mid) for v in values])
