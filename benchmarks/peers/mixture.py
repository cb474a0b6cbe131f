"""A mixture of K bags of foods: kinds of dish found by EM, each with its own foods, courses, lengths, amounts and title words.

What belongs here: the model, numpy only. Given the kind z, the foods are drawn one after another without replacement, so that each order of
a dish has a proper probability, and so has the mixture: P(order) = sum over z of P(z) P(course|z) P(length|z) prod P(food|z, not yet used)
P(amounts|z, foods) P(title|z). EM treats the bags as drawn with replacement, which changes only how good the fit is, never that it is proper.
The parts are cut off by the chain rule, course first and title last.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import log

import numpy as np

from benchmarks.peers.common import Material, Trained
from dish_pipeline.dish import Dish
from dish_pipeline.model.text import GRID
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer

KINDS, PRIORS, ROUNDS = (6, 16, 40, 100), (20.0, 100.0), 25
AMOUNTS = (*GRID, None)
FOOD_PRIOR, WORD_WEIGHT = 2.0, 5.0
"""Pseudo-amounts of all foods together that each food starts with; pseudo-words that a kind starts with, for each of its pseudo-foods."""


class _Rows:
    """Dishes as flat arrays: which dish (`of`) and which food, amount or word, one entry each."""

    def __init__(self, dishes: Sequence[Dish], tokenizer: DishTokenizer, place: dict[int, int]):
        courses, amounts = list(tokenizer.course_ids), {g: i for i, g in enumerate(AMOUNTS)}
        self.count = len(dishes)
        self.course = np.array([courses.index(d.course) if d.course in courses else len(courses) - 1 for d in dishes])
        self.length = np.array([len(d.portions) for d in dishes])
        self.of = np.repeat(np.arange(len(dishes)), self.length)
        self.food = np.array([tokenizer.food_tokens[p.food_id] - tokenizer.first_food for d in dishes for p in d.portions])
        self.amount = np.array([amounts[p.grams] for d in dishes for p in d.portions])
        words = [[*(place[i] for i in tokenizer.pieces.encode(d.title)), place[tokenizer.end]] for d in dishes]
        self.word_of = np.repeat(np.arange(len(dishes)), [len(w) for w in words])
        self.word = np.array([i for w in words for i in w])


class Mixture:
    """K kinds of dish. `prior` is how many pseudo-foods of the whole collection each kind starts with."""

    name = "mixture of bags"

    def __init__(self, dishes: Sequence[Dish], tokenizer: DishTokenizer, kinds: int, prior: float, seed: int, rounds: int = ROUNDS):
        self.tokenizer = tokenizer
        possible = np.flatnonzero(tokenizer.grammar[PARTS.index("title")])
        self.place = {int(token): i for i, token in enumerate(possible)}
        rows = _Rows(dishes, tokenizer, self.place)
        foods, words = len(tokenizer.food_ids), len(possible)
        self.all_foods = _share(np.bincount(rows.food, minlength=foods) + 0.1)
        self.all_words = _share(np.bincount(rows.word, minlength=words) + 0.5)
        self.all_courses = _share(np.bincount(rows.course, minlength=len(tokenizer.course_ids)) + 1.0)
        self.all_amounts = _share(np.bincount(rows.amount, minlength=len(AMOUNTS)) + 0.5)
        longest = max(2 * int(rows.length.max()), 60)
        seen = np.bincount(rows.length, minlength=longest + 1)[: longest + 1].astype(float)
        # Lengths never seen keep a little: a falling tail from one food on; beyond `longest` no dish is possible for this model.
        tail = np.where(np.arange(longest + 1) > 0, 0.9 ** np.arange(longest + 1), 0.0)
        self.all_lengths = 0.98 * _share(seen) + 0.02 * _share(tail)
        # What amounts each food has anywhere, leaning on all foods' together.
        by_food = np.zeros((foods, len(AMOUNTS)))
        np.add.at(by_food, (rows.food, rows.amount), 1.0)
        self.food_amounts = (by_food + FOOD_PRIOR * self.all_amounts) / (by_food.sum(1, keepdims=True) + FOOD_PRIOR)
        rng = np.random.default_rng((seed, kinds))
        belongs = rng.dirichlet(np.full(kinds, 0.1), rows.count).T
        for _ in range(rounds):
            self._maximise(rows, belongs, prior)
            belongs = self._posterior(rows)
        self._maximise(rows, belongs, prior)

    def _maximise(self, rows: _Rows, belongs: np.ndarray, prior: float) -> None:
        """New parameters from how much each dish belongs to each kind, `belongs` (K, dishes)."""
        def sums(index: np.ndarray, of: np.ndarray, size: int) -> np.ndarray:
            return np.array([np.bincount(index, weights=own[of], minlength=size)[:size] for own in belongs])

        everyone = np.arange(rows.count)
        self.kinds = _share(belongs.sum(1) + 1.0)
        self.foods = _leaning(sums(rows.food, rows.of, len(self.all_foods)), self.all_foods, prior)
        self.words = _leaning(sums(rows.word, rows.word_of, len(self.all_words)), self.all_words, WORD_WEIGHT * prior)
        self.courses = _leaning(sums(rows.course, everyone, len(self.all_courses)), self.all_courses, 2.0)
        self.lengths = _leaning(sums(rows.length, everyone, len(self.all_lengths)), self.all_lengths, 10.0)
        # How much larger or smaller than anywhere a kind's amounts are, cell by cell of the grid.
        self.amounts = _leaning(sums(rows.amount, rows.of, len(AMOUNTS)), self.all_amounts, 30.0)

    def _posterior(self, rows: _Rows) -> np.ndarray:
        """How much each dish belongs to each kind, (K, dishes), from course, length, foods and title."""
        logs = np.log(self.kinds)[:, None] + np.log(self.courses)[:, rows.course] + np.log(self.lengths[:, rows.length])
        for table, index, of in ((self.foods, rows.food, rows.of), (self.words, rows.word, rows.word_of)):
            said = np.log(table)
            logs += np.array([np.bincount(of, weights=own[index], minlength=rows.count) for own in said])
        logs -= logs.max(0)
        found = np.exp(logs)
        return found / found.sum(0)

    def amount_logs(self, food: int) -> np.ndarray:
        """log P(amount | kind, food) of every amount: the food's own amounts, tilted by the kind's. Shape (K, amounts)."""
        tilted = self.food_amounts[food] * (self.amounts / self.all_amounts) ** 0.3
        return np.log(tilted / tilted.sum(1, keepdims=True))

    def part_bits(self, dishes: Sequence[Dish], orders: Sequence[Sequence[int]]) -> np.ndarray:
        """See baselines.Baseline."""
        courses, amounts = list(self.tokenizer.course_ids), {g: i for i, g in enumerate(AMOUNTS)}
        said_foods, said_words, said_courses = np.log(self.foods), np.log(self.words), np.log(self.courses)
        bits = np.zeros((len(dishes), len(PARTS)))
        for row, (dish, order) in enumerate(zip(dishes, orders, strict=True)):
            foods = [self.tokenizer.food_tokens[dish.portions[i].food_id] - self.tokenizer.first_food for i in order]
            own = self.foods[:, foods]
            # What is left of the bag before each draw; a bag of F foods never empties, since dishes have far fewer.
            left = 1.0 - np.concatenate([np.zeros((len(own), 1)), np.cumsum(own, axis=1)[:, :-1]], axis=1)
            length = self.lengths[:, len(foods)] if len(foods) < self.lengths.shape[1] else np.zeros(len(own))
            with np.errstate(divide="ignore"):
                steps = [
                    np.log(self.kinds) + said_courses[:, courses.index(dish.course) if dish.course in courses else len(courses) - 1],
                    np.log(length) + (said_foods[:, foods] - np.log(np.maximum(left, 1e-12))).sum(1),
                    sum((self.amount_logs(f)[:, amounts[dish.portions[i].grams]] for f, i in zip(foods, order, strict=True)), np.zeros(len(own))),
                    said_words[:, [*(self.place[i] for i in self.tokenizer.pieces.encode(dish.title)), self.place[self.tokenizer.end]]].sum(1),
                ]
            before, so_far = 0.0, np.zeros(len(own))
            for part, more in enumerate(steps):
                so_far = so_far + more
                now = float(np.logaddexp.reduce(so_far))
                bits[row, part], before = (before - now) / log(2), now
        return bits


def _share(counts: np.ndarray) -> np.ndarray:
    return counts / counts.sum()


def _leaning(counts: np.ndarray, everywhere: np.ndarray, weight: float) -> np.ndarray:
    """Shares of each row, with `weight` pseudo-counts of what is usual everywhere."""
    return (counts + weight * everywhere) / (counts.sum(1, keepdims=True) + weight)


def fit(material: Material) -> Trained:
    """The number of kinds and the weight of the whole collection, chosen on the validation split."""
    tried = []
    for kinds, prior in product([k for k in KINDS if k * 8 <= len(material.train)], PRIORS):
        model = Mixture(material.train, material.tokenizer, kinds, prior, material.seed)
        tried.append((material.watch(model.part_bits), kinds, prior, model))
    _, kinds, prior, model = min(tried, key=lambda t: t[0])
    parameters = sum(a.size for a in (model.kinds, model.foods, model.words, model.courses, model.lengths, model.amounts, model.food_amounts))
    return Trained(
        model.name, model.part_bits, parameters, chosen={"kinds": kinds, "prior": prior},
        extra={"tried": [{"kinds": k, "prior": p, "valid": round(b, 3)} for b, k, p, _ in tried]},
    )
