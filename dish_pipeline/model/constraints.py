"""What may be sampled next: only well-formed dishes, only lexicon foods, only what the asked profiles allow.

What belongs here: turning profiles into masks over tokens. A forbidden food cannot be reached, because its token is masked;
an amount that would break a maximum is masked; the foods cannot end before every minimum and every share (of the weight, of the energy)
holds. Things that may not come together are not masked: ideas that hold both are lost in the sift. Whether the finished idea keeps its
profiles is proved again elsewhere, from the stored rows, by code that shares nothing with this.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dish_pipeline.dietetics.lexicon import Food, Lexicon
from dish_pipeline.dietetics.profiles import ABSENT, ENERGY_SHARE, JOINED, KCAL_PER_GRAM, NUTRIENT, SERVING, WEIGHT, Profile, Rule
from dish_pipeline.dish import Dish, Tri
from dish_pipeline.model.text import GRID, to_grid
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer

LEAST_ENERGY = 0.001
"""Kilocalories below which a dish has no energy to speak of."""


@dataclass(frozen=True)
class Limits:
    """The shape that an idea may have, learned from the training dishes: number of foods and grams of one serving."""

    fewest_foods: int = 3
    most_foods: int = 16
    most_grams: float = 900.0
    usual_grams: float = 300.0


class Constraint:
    """The rules of one ask (profiles, course) over one lexicon: which foods are allowed, which nutrients are bounded."""

    def __init__(
        self, tokenizer: DishTokenizer, lexicon: Lexicon, profiles: Sequence[Profile], course: str, limits: Limits,
        banned: frozenset[str] = frozenset(), required: Sequence[str] = (), grams: Mapping[str, float] | None = None, title: str = "",
        one_of: Sequence[frozenset[str]] = (),
    ):
        """`banned` foods are never used, nor is one that the lexicon lacks; `required` foods come first, in this order, those of `grams` in
        just that amount (set to the grid); then one food at least of each set in `one_of` of which any is allowed. With a `title` the dish
        bears it, else one is chosen.

        Raises ValueError for a required food that is not allowed, has no token or is wanted in too large an amount, and when no food is
        allowed at all.
        """
        self.tokenizer, self.limits, self.course, self.title = tokenizer, limits, course, title
        self.conditions = [tokenizer.given_ids[name] for name in tokenizer.given.asked(profiles, course)]
        rules = [r for p in profiles for r in p.rules if r.applies(course)]
        absent = [r.key for r in rules if r.kind == ABSENT]
        self.maxima = _bounds(rules, "at_most", min)
        self.minima = _bounds(rules, "at_least", max)
        foods = [lexicon.foods.get(f) for f in tokenizer.food_ids]
        self.allowed = np.array([_allows(food, absent, banned) for food in foods])
        # Grams per gram of food: the upper bound counts for a maximum (unknown: not allowed), the lower for a minimum.
        self.upper = _per_gram(foods, self.maxima, upper=True)
        self.lower = _per_gram(foods, self.minima, upper=False)
        # A share is a balance that may not be negative in the end: what a food may bring at most, less what its weight or energy allows.
        balances = [_balance(foods, rule, side) for rule in rules for side in ("at_most", "at_least") if _is_share(rule, side)]
        # Of no energy at all there is no share: salt and water alone would keep the balance and reach nothing.
        of_energy = any(_is_share(rule, "at_least") and rule.per != WEIGHT for rule in rules)
        energy = [np.array([_bound(food, "energy_kcal", upper=True) for food in foods])] if of_energy else []
        self.lower = np.column_stack([self.lower, *balances, *energy])
        self.allowed &= np.isfinite(self.upper).all(axis=1) & np.isfinite(self.lower).all(axis=1)
        self.most = np.array(list(self.maxima.values()))
        self.least = np.array([*self.minima.values(), *(0.0 for _ in balances), *(LEAST_ENERGY for _ in energy)])
        # The most that one more gram of any food can do for each minimum, and up to which weight of the dish that is hoped for: what is out
        # of reach even so is masked at once. A share must be within reach of a dish of the usual weight, or most draws would end nowhere.
        self.help = self.lower[self.allowed].max(axis=0, initial=0.0)
        self.horizon = np.array([limits.most_grams] * len(self.minima) + [limits.usual_grams] * len(balances) + [limits.most_grams] * len(energy))
        self.shares = bool(balances)
        self.grid = np.array(GRID, dtype=float)
        self.grid_ids = np.array([tokenizer.amount_ids[g] for g in GRID])
        for food_id in required:
            if food_id not in tokenizer.food_tokens:
                raise ValueError(f"{food_id} is asked for, but the model has no such food")
        wanted = [tokenizer.food_tokens[f] - tokenizer.first_food for f in required]
        for food in wanted:
            if not self.allowed[food]:
                raise ValueError(f"{tokenizer.food_ids[food]} is asked for, but the profiles do not allow it")
        choices = [np.array([tokenizer.food_tokens[f] - tokenizer.first_food for f in sorted(foods & tokenizer.foods.keys())]) for foods in one_of]
        choices = [foods[self.allowed[foods]] for foods in choices if len(foods)]
        self.required = [np.array([food]) for food in wanted] + [foods for foods in choices if len(foods)]
        """Places of foods, of each array one must come."""
        self.grams = {tokenizer.food_tokens[f] - tokenizer.first_food: to_grid(g) for f, g in (grams or {}).items()}
        if (sum((g * self.upper[food] for food, g in self.grams.items()), np.zeros(len(self.most))) > self.most).any():
            raise ValueError("the amounts asked for are more than the profiles allow")
        if not self.allowed.any():
            raise ValueError(f"no food of the lexicon is allowed by {', '.join(p.profile for p in profiles)}")


def _allows(food: Food | None, absent: Sequence[str], banned: frozenset[str]) -> bool:
    """True when the food is known, not banned, and free, explicitly, of everything that must be absent."""
    return food is not None and food.food_id not in banned and all(food.facts.get(key) is Tri.FREE for key in absent)


def _bounds(rules: Sequence[Rule], side: str, pick: Callable[[float, float], float]) -> dict[str, float]:
    """Nutrient, or sum of nutrients -> its tightest bound per serving on one side."""
    found: dict[str, float] = {}
    for rule in rules:
        value = getattr(rule, side)
        if rule.kind == NUTRIENT and rule.per == SERVING and value is not None:
            found[rule.key] = pick(found.get(rule.key, value), value)
    return found


def _per_gram(foods: Sequence[Food | None], keys: Iterable[str], upper: bool) -> np.ndarray:
    """One bound of each nutrient, or sum of nutrients, in one gram of each food. Shape (foods, keys)."""
    rows = [[sum(_bound(food, nutrient, upper) for nutrient in key.split(JOINED)) for key in keys] for food in foods]
    return np.array(rows, dtype=float).reshape(len(foods), -1)


def _is_share(rule: Rule, side: str) -> bool:
    return rule.kind == NUTRIENT and rule.per != SERVING and getattr(rule, side) is not None


def _balance(foods: Sequence[Food | None], rule: Rule, side: str) -> np.ndarray:
    """What one gram of each food adds to the balance of a share; -inf where a figure is missing that could tip it. Shape (foods,)."""
    most, limit = side == "at_most", getattr(rule, side) / 100
    found = np.zeros(len(foods))
    for i, food in enumerate(foods):
        # A maximum is divided by what is eaten at least, a minimum by all that is weighed.
        amount, base = 0.0, 1.0 - food.refuse_hi if most and food else 1.0
        for nutrient in rule.parts:
            factor = KCAL_PER_GRAM.get(nutrient, math.inf) if rule.per == ENERGY_SHARE else 1.0
            amount += factor * _bound(food, nutrient, upper=most)
        if rule.per != WEIGHT:
            base = _bound(food, "energy_kcal", upper=not most)
        balance = limit * base - amount if most else amount - limit * base
        found[i] = balance if math.isfinite(balance) else -math.inf
    return found


def _bound(food: Food | None, nutrient: str, upper: bool) -> float:
    """A bound in one gram of the food: nothing for a lower one that is not known, infinite for an upper one."""
    value = food.composition.get(nutrient) if food else None
    if upper:
        return math.inf if value is None or value.hi is None else value.hi / 100
    return 0.0 if value is None else value.lo / 100


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

    def given(self) -> list[int]:
        """The tokens that come next whatever the model says."""
        return []

    def allowed(self) -> np.ndarray:
        """The ids of the tokens that may come next. Empty before the title: this idea cannot be finished and must be given up."""
        if self._next is None:
            self._next = self._possible()
        return self._next

    def _possible(self) -> np.ndarray:
        if self.phase == "foods":
            return self._foods()
        if self.phase == "amounts":
            fits = self._fitting(np.array(self.foods[-1:]), self.rules.grid)[0]
            wanted = self.rules.grams.get(self.foods[-1])
            return self.rules.grid_ids[fits if wanted is None else fits & (self.rules.grid == wanted)]
        return np.zeros(0, dtype=np.int64)

    def _foods(self) -> np.ndarray:
        """The foods that still fit (not used, and in some amount within every rule), and the title when it may begin."""
        r = self.rules
        waiting = [foods for foods in r.required if not np.isin(foods, self.foods).any()]
        fits = self.open.copy()
        if len(self.foods) >= r.limits.most_foods:
            fits[:] = False
        # Without shares the smallest amount is the one that fits longest: nothing helps a minimum more than what is hoped for.
        left = np.flatnonzero(fits)
        fits[left] = self._fitting(left, r.grid if r.shares else r.grid[:1]).any(axis=1)
        ids = np.flatnonzero(fits) + r.tokenizer.first_food
        if waiting:
            return ids[np.isin(ids, waiting[0] + r.tokenizer.first_food)]
        if len(self.foods) >= r.limits.fewest_foods and (self.low >= r.least).all():
            return np.append(ids, r.tokenizer.title)
        return ids

    def _fitting(self, foods: np.ndarray, grid: np.ndarray) -> np.ndarray:
        """Which amounts of each of these foods keep every maximum, and every minimum within reach. Shape (foods, grid)."""
        r = self.rules
        grams = self.grams + grid
        fits = np.repeat((grams <= r.limits.most_grams)[None, :], len(foods), axis=0)
        for i, most in enumerate(r.most):
            fits &= self.high[i] + np.outer(r.upper[foods, i], grid) <= most
        for i, least in enumerate(r.least):
            hope = np.maximum(0.0, r.horizon[i] - grams) * r.help[i]
            fits &= self.low[i] + np.outer(r.lower[foods, i], grid) + hope >= least - 1e-9
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
            self._hold(food, grams)
            self.phase = "foods"
        elif token == t.title:
            self.phase = "title"
        else:
            food = token - t.first_food
            self.foods.append(food)
            self.open[food] = False
            self.phase = "amounts"

    def _hold(self, food: int, grams: float) -> None:
        self.grams += grams
        self.high = self.high + grams * self.rules.upper[food]
        self.low = self.low + grams * self.rules.lower[food]


class Weighing(State):
    """The amounts of foods that all stand already, each food said again before its amount. Those whose amount is wanted come first."""

    def __init__(self, constraint: Constraint, dish: Dish):
        super().__init__(constraint)
        self.phase = "amounts"
        foods = [constraint.tokenizer.food_tokens[p.food_id] - constraint.tokenizer.first_food for p in dish.portions]
        self.left = sorted(foods, key=lambda food: food not in constraint.grams)

    @property
    def finished(self) -> bool:
        """True when every food has its amount."""
        return not self.left

    def given(self) -> list[int]:
        """The food whose amount comes next."""
        return [self.left[0] + self.rules.tokenizer.first_food] if self.left else []

    def _possible(self) -> np.ndarray:
        """The amounts that leave room for the others: a little of each under the maximums, as much as may be for the minimums."""
        r, (food, *others) = self.rules, self.left
        least = r.grid[0]
        grams = self.grams + r.grid
        fits = grams + least * len(others) <= r.limits.most_grams
        reserve = least * r.upper[others].sum(axis=0)
        help_ = r.lower[others].max(axis=0, initial=-math.inf) if others else np.zeros(len(r.least))
        for i, most in enumerate(r.most):
            fits &= self.high[i] + r.upper[food, i] * r.grid + reserve[i] <= most
        for i, lowest in enumerate(r.least):
            hope = np.maximum(0.0, r.limits.most_grams - grams) * help_[i]
            fits &= self.low[i] + r.lower[food, i] * r.grid + hope >= lowest - 1e-9
        wanted = r.grams.get(food)
        return r.grid_ids[fits if wanted is None else fits & (r.grid == wanted)]

    def push(self, token: int) -> None:
        """Take a token that `allowed` gave. Raises ValueError for any other."""
        if token not in self.allowed():
            raise ValueError(f"token {token} cannot come here")
        self._next = None
        self._hold(self.left.pop(0), float(self.rules.grid[np.flatnonzero(self.rules.grid_ids == token)[0]]))
