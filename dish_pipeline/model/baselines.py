"""The simplest models that could possibly work, on the same tokens and the same measure as the transformer.

What belongs here: models that are fitted by counting. Each gives the bits of whole dishes in given orders of their foods, so that
`evaluation/likelihood.py` treats all models alike. All probabilities are proper: they sum to one over what can come next.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import log2
from typing import Protocol

import numpy as np
import pandas as pd

from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish
from dish_pipeline.model.text import GRID
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer

Order = Sequence[int]
MOST_FITTED_TOKENS = 3_000_000
"""Tokens that the n-gram reads at most, so that fitting stays within minutes on large data."""


class Baseline(Protocol):
    """A fitted model that gives bits to dishes."""

    name: str

    def part_bits(self, dishes: Sequence[Dish], orders: Sequence[Order]) -> np.ndarray:
        """Bits of each dish with its foods in the given order, split by part. Shape (len(dishes), len(PARTS))."""
        ...


class _Pieces:
    """What the counting models share: course prior, amounts by food, titles by piece."""

    def __init__(self, dishes: Sequence[Dish], tokenizer: DishTokenizer):
        self.tokenizer = tokenizer
        self.courses = Counter(_course(d) for d in dishes)
        self.dishes = len(dishes)
        self.vocabulary = int(tokenizer.grammar[PARTS.index("title")].sum())
        self.amounts: dict[str, Counter[float | None]] = defaultdict(Counter)
        self.any_amount: Counter[float | None] = Counter()
        self.words: Counter[int] = Counter()
        self.titles = 0
        for dish in dishes:
            for portion in dish.portions:
                self.amounts[portion.food_id][portion.grams] += 1
                self.any_amount[portion.grams] += 1
            for piece in tokenizer.pieces.encode(dish.title):
                self.words[piece] += 1
            self.titles += 1
        self.all_words = sum(self.words.values())
        self.all_amounts = sum(self.any_amount.values())

    def course_bits(self, course: str) -> float:
        return -log2((self.courses[course] + 1) / (self.dishes + len(COURSES) + 1))

    def amount_bits(self, food_id: str, grams: float | None) -> float:
        anywhere = (self.any_amount[grams] + 0.5) / (self.all_amounts + 0.5 * (len(GRID) + 1))
        seen = self.amounts.get(food_id, Counter())
        return -log2((seen[grams] + 2 * anywhere) / (sum(seen.values()) + 2))

    def title_bits(self, title: str) -> float:
        total = self.all_words + self.titles + 0.5 * self.vocabulary
        pieces = self.tokenizer.pieces.encode(title)
        return -log2((self.titles + 0.5) / total) - sum(log2((self.words[p] + 0.5) / total) for p in pieces)


def _course(dish: Dish) -> str:
    return dish.course if dish.course in COURSES else UNKNOWN_COURSE


class PopularityBag:
    """Foods drawn by their popularity within the course, none twice; the number of foods by the course's lengths."""

    name = "popularity bag"

    def __init__(self, dishes: Sequence[Dish], tokenizer: DishTokenizer):
        self.shared = _Pieces(dishes, tokenizer)
        self.foods = tokenizer.food_ids
        self.index = {f: i for i, f in enumerate(self.foods)}
        everywhere = np.full(len(self.foods), 0.1)
        by_course = {c: np.zeros(len(self.foods)) for c in (*COURSES, UNKNOWN_COURSE)}
        self.lengths = {c: Counter[int]() for c in by_course}
        for dish in dishes:
            course = _course(dish)
            self.lengths[course][len(dish.portions)] += 1
            for portion in dish.portions:
                everywhere[self.index[portion.food_id]] += 1
                by_course[course][self.index[portion.food_id]] += 1
        everywhere /= everywhere.sum()
        # 20 pseudo-foods of the overall popularity keep a rare course from betting on what few dishes had.
        self.popularity = {c: (counts + 20 * everywhere) / (counts.sum() + 20) for c, counts in by_course.items()}
        self.any_length = Counter(len(d.portions) for d in dishes)

    def stop_probability(self, course: str, length: int) -> float:
        """The share of dishes with at least `length` foods that have exactly `length`, smoothed by all courses."""
        seen, anywhere = self.lengths[course], self.any_length
        at = seen[length] + 0.2 * anywhere[length] + 0.05
        beyond = sum(n for k, n in seen.items() if k > length) + 0.2 * sum(n for k, n in anywhere.items() if k > length) + 0.05
        return at / (at + beyond)

    def next_food(self, course: str, used: Sequence[int]) -> np.ndarray:
        """Probability of each food to come next; zero for the used ones. Shape (foods,)."""
        weights = self.popularity[course].copy()
        weights[list(used)] = 0.0
        return weights / weights.sum()

    def part_bits(self, dishes: Sequence[Dish], orders: Sequence[Order]) -> np.ndarray:
        """See Baseline."""
        bits = np.zeros((len(dishes), len(PARTS)))
        for row, (dish, order) in enumerate(zip(dishes, orders, strict=True)):
            course, used = _course(dish), list[int]()
            foods = amounts = 0.0
            for i in order:
                portion = dish.portions[i]
                food = self.index[portion.food_id]
                if used:
                    foods -= log2(1 - self.stop_probability(course, len(used)))
                foods -= log2(self.next_food(course, used)[food])
                amounts += self.shared.amount_bits(portion.food_id, portion.grams)
                used.append(food)
            foods -= log2(self.stop_probability(course, len(used)))
            bits[row] = self.shared.course_bits(course), foods, amounts, self.shared.title_bits(dish.title)
        return bits


class CoOccurrence(PopularityBag):
    """The popularity bag, mixed with how often a food stands beside the foods already in the dish."""

    name = "co-occurrence"

    def __init__(self, dishes: Sequence[Dish], tokenizer: DishTokenizer, valid: Sequence[Dish], seed: int):
        super().__init__(dishes, tokenizer)
        pairs = np.zeros((len(self.foods), len(self.foods)), dtype=np.float32)
        for dish in dishes:
            members = [self.index[p.food_id] for p in dish.portions]
            for a in members:
                pairs[a, members] += 1
                pairs[a, a] -= 1
        totals = pairs.sum(axis=1, keepdims=True)
        self.beside = np.divide(pairs, totals, out=np.zeros_like(pairs), where=totals > 0)
        self.known = totals[:, 0] > 0
        self.share = 0.5
        orders = [np.random.default_rng((seed, i)).permutation(len(d.portions)).tolist() for i, d in enumerate(valid)]
        scored = []
        for share in (0.2, 0.4, 0.6, 0.8):
            self.share = share
            scored.append((self.part_bits(valid, orders)[:, 1].mean() if valid else 0.0, share))
        self.share = min(scored)[1]

    def next_food(self, course: str, used: Sequence[int]) -> np.ndarray:
        """See PopularityBag.next_food."""
        popular = super().next_food(course, used)
        givers = [u for u in used if self.known[u]]
        if not givers:
            return popular
        # The table is in single precision to save memory; the shares must sum to one in double.
        beside = self.beside[givers].mean(axis=0, dtype=np.float64)
        beside[list(used)] = 0.0
        total = beside.sum()
        return popular if total <= 0 else (1 - self.share) * popular + self.share * beside / total


class KneserNey:
    """An interpolated modified Kneser-Ney n-gram over tokens.

    Chen and Goodman 1999, "An empirical study of smoothing techniques for language modeling": three discounts per order from the
    counts of counts, continuation counts below the highest order, interpolation down to the uniform distribution.
    """

    name = "n-gram"

    def __init__(self, dishes: Sequence[Dish], tokenizer: DishTokenizer, valid: Sequence[Dish], seed: int):
        self.tokenizer = tokenizer
        rng = np.random.default_rng((seed, 7))
        orders = [rng.permutation(len(d.portions)).tolist() for d in valid]
        scored = []
        for copies in (1, 4):
            rows = self._rows(dishes, copies, rng)
            for n in (3, 4, 5):
                self._fit(rows, n)
                scored.append((float(self.part_bits(valid, orders).sum(axis=1).mean()) if valid else 0.0, n, copies))
        _, n, copies = min(scored)
        self.order, self.copies = n, copies
        self._fit(self._rows(dishes, copies, np.random.default_rng((seed, 8))), n)

    def _rows(self, dishes: Sequence[Dish], copies: int, rng: np.random.Generator) -> list[list[int]]:
        """Token rows with the foods as the recipes have them, or in `copies` random orders."""
        rows: list[list[int]] = []
        tokens = 0
        for _ in range(copies):
            for dish in dishes:
                order = None if copies == 1 else rng.permutation(len(dish.portions)).tolist()
                rows.append(self.tokenizer.encode(dish, order).ids.tolist())
                tokens += len(rows[-1])
                if tokens > MOST_FITTED_TOKENS:
                    return rows
        return rows

    def _fit(self, rows: list[list[int]], n: int) -> None:
        self.n = n
        highest: Counter[tuple[int, ...]] = Counter()
        for row in rows:
            padded = [self.tokenizer.start] * (n - 1) + row[1:]
            highest.update(tuple(padded[i - n + 1 : i + 1]) for i in range(n - 1, len(padded)))
        self.levels: list[tuple[dict, dict, tuple[float, float, float]]] = []
        counts = highest
        for _ in range(n):
            frequency = Counter(counts.values())
            self.levels.append((dict(counts), _contexts(counts), _discounts(frequency)))
            # One level down, a token counts once for each different token before it.
            counts = Counter(gram[1:] for gram in counts)

    def probability(self, context: tuple[int, ...], token: int) -> float:
        """P(token | context); `context` holds the n - 1 tokens before it."""
        p = 1.0 / self.tokenizer.size
        for level in range(self.n - 1, -1, -1):
            counts, contexts, discounts = self.levels[level]
            before = context[level:]
            seen = contexts.get(before)
            if seen is None:
                continue
            total, ones, twos, more = seen
            count = counts.get((*before, token), 0)
            kept = max(0.0, count - (discounts[min(count, 3) - 1] if count else 0.0))
            p = (kept + (discounts[0] * ones + discounts[1] * twos + discounts[2] * more) * p) / total
        return p

    def part_bits(self, dishes: Sequence[Dish], orders: Sequence[Order]) -> np.ndarray:
        """See Baseline."""
        bits = np.zeros((len(dishes), len(PARTS)))
        for row, (dish, order) in enumerate(zip(dishes, orders, strict=True)):
            encoded = self.tokenizer.encode(dish, list(order))
            ids = [self.tokenizer.start] * (self.n - 1) + encoded.ids[1:].tolist()
            for i, part in enumerate(encoded.parts[1:], start=self.n - 1):
                bits[row, part] -= log2(self.probability(tuple(ids[i - self.n + 1 : i]), ids[i]))
        return bits


def _contexts(counts: Counter[tuple[int, ...]]) -> dict[tuple[int, ...], tuple[int, int, int, int]]:
    """Context -> total count, and how many of its continuations were counted once, twice, more often."""
    found: dict[tuple[int, ...], list[int]] = {}
    for gram, count in counts.items():
        entry = found.setdefault(gram[:-1], [0, 0, 0, 0])
        entry[0] += count
        entry[min(count, 3)] += 1
    return {context: (e[0], e[1], e[2], e[3]) for context, e in found.items()}


def _discounts(frequency: Counter[int]) -> tuple[float, float, float]:
    """The three discounts of one order; where the counts of counts are too thin for the estimate, 0.5, 1, 1.5."""
    n1, n2, n3, n4 = (frequency[k] for k in (1, 2, 3, 4))
    if not (n1 and n2 and n3 and n4):
        return 0.5, 1.0, 1.5
    y = n1 / (n1 + 2 * n2)
    found = (1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3)
    return tuple(min(max(d, 0.05), k) for d, k in zip(found, (0.95, 1.9, 2.9), strict=True))  # type: ignore[return-value]


def fit_all(train: Sequence[Dish], valid: Sequence[Dish], tokenizer: DishTokenizer, seed: int) -> list[Baseline]:
    """Every baseline, fitted on the train split, with its few choices made on the validation split."""
    return [PopularityBag(train, tokenizer), CoOccurrence(train, tokenizer, valid, seed), KneserNey(train, tokenizer, valid, seed)]


def choices(fitted: Sequence[Baseline]) -> dict[str, dict[str, float]]:
    """What was chosen on the validation split, by baseline."""
    found: dict[str, dict[str, float]] = {}
    for model in fitted:
        if isinstance(model, KneserNey):
            found[model.name] = {"order": model.order, "copies": model.copies}
        elif isinstance(model, CoOccurrence):
            found[model.name] = {"share": model.share}
    return found


POPULAR = {"course": "VARCHAR", "food_id": "VARCHAR", "name": "VARCHAR", "dishes": "BIGINT", "share": "DOUBLE"}


def popular_foods(train: Sequence[Dish], tokenizer: DishTokenizer) -> pd.DataFrame:
    """How many dishes of each course use each food, commonest first. Columns of POPULAR."""
    dishes = Counter(_course(d) for d in train)
    counts = Counter((_course(d), p.food_id) for d in train for p in d.portions)
    rows = [(c, f, tokenizer.foods[f], n, n / dishes[c]) for (c, f), n in counts.items()]
    return pd.DataFrame(rows, columns=list(POPULAR)).sort_values(["course", "dishes", "food_id"], ascending=[True, False, True])
