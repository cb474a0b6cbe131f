"""What may be sampled next: only well-formed dishes, only lexicon foods, only what the asked profiles allow.

What belongs here: turning profiles into masks over tokens. A forbidden food cannot be reached, because its token is masked;
an amount that would break a maximum is masked; the foods cannot end before every minimum holds. Whether the finished idea keeps its
profiles is proved again elsewhere, from the stored rows, by code that shares nothing with this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dish_pipeline.dietetics.lexicon import Food, Lexicon
from dish_pipeline.dietetics.profiles import Profile, Rule
from dish_pipeline.dish import Interval, Tri
from dish_pipeline.model.text import GRID
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer


@dataclass(frozen=True)
class Limits:
    """The shape that an idea may have, learned from the training dishes: number of foods and grams of one serving."""

    fewest_foods: int = 3
    most_foods: int = 16
    most_grams: float = 900.0


class Constraint:
    """The rules of one ask (profiles, course) over one lexicon: which foods are allowed, which nutrients are bounded."""

    def __init__(
        self, tokenizer: DishTokenizer, lexicon: Lexicon, profiles: Sequence[Profile], course: str, limits: Limits,
        banned: frozenset[str] = frozenset(), required: Sequence[str] = (),
    ):
        """`banned` foods are never used, nor is one that the lexicon lacks; `required` foods come first, in this order.

        Raises ValueError for a required food that is not allowed or has no token, and when no food is allowed at all.
        """
        self.tokenizer, self.limits, self.course = tokenizer, limits, course
        rules = [r for p in profiles for r in p.rules if r.applies(course)]
        absent = [r.key for r in rules if r.kind == "absent"]
        self.maxima = _bounds(rules, "at_most", min)
        self.minima = _bounds(rules, "at_least", max)
        foods = [lexicon.foods.get(f) for f in tokenizer.food_ids]
        self.allowed = np.array([_allows(food, absent, banned) for food in foods])
        # Grams per gram of food: the upper bound counts for a maximum (unknown: not allowed), the lower for a minimum.
        self.upper = _per_gram(foods, self.maxima, lambda v: np.inf if v is None or v.hi is None else v.hi)
        self.lower = _per_gram(foods, self.minima, lambda v: 0.0 if v is None else v.lo)
        self.allowed &= np.isfinite(self.upper).all(axis=1)
        self.most = np.array(list(self.maxima.values()))
        self.least = np.array(list(self.minima.values()))
        self.grid = np.array(GRID, dtype=float)
        self.grid_ids = np.array([tokenizer.amount_ids[g] for g in GRID])
        for food_id in required:
            if food_id not in tokenizer.food_tokens:
                raise ValueError(f"{food_id} is asked for, but the model has no such food")
        self.required = [tokenizer.food_tokens[f] - tokenizer.first_food for f in required]
        for food in self.required:
            if not self.allowed[food]:
                raise ValueError(f"{tokenizer.food_ids[food]} is asked for, but the profiles do not allow it")
        if not self.allowed.any():
            raise ValueError(f"no food of the lexicon is allowed by {', '.join(p.profile for p in profiles)}")


def _allows(food: Food | None, absent: Sequence[str], banned: frozenset[str]) -> bool:
    """True when the food is known, not banned, and free, explicitly, of everything that must be absent."""
    return food is not None and food.food_id not in banned and all(food.facts.get(key) is Tri.FREE for key in absent)


def _bounds(rules: Sequence[Rule], side: str, pick: Callable[[float, float], float]) -> dict[str, float]:
    """Nutrient -> its tightest bound on one side."""
    found: dict[str, float] = {}
    for rule in rules:
        value = getattr(rule, side)
        if rule.kind == "nutrient" and value is not None:
            found[rule.key] = pick(found.get(rule.key, value), value)
    return found


def _per_gram(foods: Sequence[Food | None], nutrients: Iterable[str], bound: Callable[[Interval | None], float]) -> np.ndarray:
    """One bound of each nutrient in one gram of each food. Shape (foods, nutrients)."""
    rows = [[bound(food.composition.get(n) if food else None) / 100 for n in nutrients] for food in foods]
    return np.array(rows, dtype=float).reshape(len(foods), -1)


class State:
    """The foods of one idea in the making: where its tokens stand in the grammar, and what it holds so far."""

    def __init__(self, constraint: Constraint):
        self.rules = constraint
        self.phase = "foods"
        self.foods: list[int] = []
        self.grams = 0.0
        self.high = np.zeros(len(constraint.most))
        self.low = np.zeros(len(constraint.least))
        self.open = constraint.allowed.copy()
        self._next: np.ndarray | None = None

    @property
    def finished(self) -> bool:
        """True when all foods stand and the title may begin: from here on the profiles have nothing to say to the model."""
        return self.phase == "title"

    @property
    def part(self) -> int:
        """The index in PARTS of the next token."""
        return PARTS.index(self.phase)

    def allowed(self) -> np.ndarray:
        """The ids of the tokens that may come next. Empty before the title: this idea cannot be finished and must be given up."""
        if self._next is None:
            self._next = self._possible()
        return self._next

    def _possible(self) -> np.ndarray:
        if self.phase == "foods":
            return self._foods()
        if self.phase == "amounts":
            return self.rules.grid_ids[self._amounts(self.foods[-1])]
        return np.zeros(0, dtype=np.int64)

    def _foods(self) -> np.ndarray:
        """The foods that still fit (not used, and at the smallest amount within every maximum), and the title when it may begin."""
        r = self.rules
        waiting = [f for f in r.required if f not in self.foods]
        fits = self.open.copy()
        if len(r.most):
            fits &= (self.high + r.grid[0] * r.upper <= r.most).all(axis=1)
        if len(self.foods) >= r.limits.most_foods or self.grams + r.grid[0] > r.limits.most_grams:
            fits[:] = False
        ids = np.flatnonzero(fits) + r.tokenizer.first_food
        if waiting:
            return ids[ids == waiting[0] + r.tokenizer.first_food]
        if len(self.foods) >= r.limits.fewest_foods and (self.low >= r.least).all():
            return np.append(ids, r.tokenizer.title)
        return ids

    def _amounts(self, food: int) -> np.ndarray:
        """Which amounts of the grid keep every maximum. Shape (grid,)."""
        r = self.rules
        fits = self.grams + r.grid <= r.limits.most_grams
        if len(r.most):
            fits &= (self.high + r.grid[:, None] * r.upper[food] <= r.most).all(axis=1)
        return fits

    def push(self, token: int) -> None:
        """Take a token that `allowed` gave. Raises ValueError for any other."""
        if token not in self.allowed():
            raise ValueError(f"token {token} cannot come here")
        self._next = None
        r, t = self.rules, self.rules.tokenizer
        if self.phase == "amounts":
            grams = float(r.grid[np.flatnonzero(r.grid_ids == token)[0]])
            food = self.foods[-1]
            self.grams += grams
            self.high = self.high + grams * r.upper[food]
            self.low = self.low + grams * r.lower[food]
            self.phase = "foods"
        elif token == t.title:
            self.phase = "title"
        else:
            food = token - t.first_food
            self.foods.append(food)
            self.open[food] = False
            self.phase = "amounts"
