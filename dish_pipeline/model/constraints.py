"""What may be sampled next: only well-formed dishes, only lexicon foods, only what the asked profiles allow.

What belongs here: turning profiles into masks over tokens. A forbidden food cannot be reached, because the pieces of its name lead
nowhere; an amount that would break a maximum is masked; the foods cannot end before every minimum holds. Whether the finished idea
keeps its profiles is proved again elsewhere, from the stored rows, by code that shares nothing with this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile, Rule
from dish_pipeline.dish import Tri
from dish_pipeline.model.text import GRID
from dish_pipeline.model.tokenizer import DishTokenizer

MOST_TITLE_PIECES = 24


@dataclass(frozen=True)
class Limits:
    """The shape that an idea may have, learned from the training dishes: number of foods and grams of one serving."""

    fewest_foods: int = 3
    most_foods: int = 16
    most_grams: float = 900.0


@dataclass
class _Node:
    """A node of the trie of names: the tokens that go on, each with the range of foods below it, and the food that ends here."""

    tokens: list[int] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    ranges: list[tuple[int, int]] = field(default_factory=list)
    food: int = -1


class Names:
    """The trie over the pieces of all food names. Foods are numbered in the order of their pieces, so that those below a
    node are a range, and "is any of them allowed?" is a difference of two running sums."""

    def __init__(self, tokenizer: DishTokenizer):
        self.food_ids = sorted(tokenizer.names, key=lambda f: tokenizer.names[f])
        self.nodes = [_Node()]
        self._grow(0, [tokenizer.names[f] for f in self.food_ids], 0, 0)

    def _grow(self, node: int, names: list[tuple[int, ...]], begin: int, depth: int) -> None:
        i = 0
        while i < len(names):
            if len(names[i]) == depth:
                self.nodes[node].food = begin + i
                i += 1
                continue
            j = i
            while j < len(names) and names[j][depth] == names[i][depth]:
                j += 1
            child = len(self.nodes)
            self.nodes.append(_Node())
            here = self.nodes[node]
            here.tokens.append(names[i][depth])
            here.nodes.append(child)
            here.ranges.append((begin + i, begin + j))
            self._grow(child, names[i:j], begin + i, depth + 1)
            i = j


class Constraint:
    """The rules of one ask (profiles, course) over one lexicon: which foods are allowed, which nutrients are bounded."""

    def __init__(
        self, names: Names, tokenizer: DishTokenizer, lexicon: Lexicon, profiles: Sequence[Profile], course: str, limits: Limits,
        banned: frozenset[str] = frozenset(), required: Sequence[str] = (),
    ):
        """`banned` foods are never used; `required` foods come first, in this order.

        Raises ValueError for a required food that is not allowed or not in the lexicon, and when no food is allowed at all.
        """
        self.names, self.tokenizer, self.limits, self.course = names, tokenizer, limits, course
        rules = [r for p in profiles for r in p.rules if r.applies(course)]
        foods = [lexicon.foods[f] for f in names.food_ids]
        absent = [r.key for r in rules if r.kind == "absent"]
        self.allowed = np.array([f.food_id not in banned and all(f.facts[k] is Tri.FREE for k in absent) for f in foods])
        self.maxima = _bounds(rules, "at_most", min)
        self.minima = _bounds(rules, "at_least", max)
        # Grams per gram of food: the upper bound counts for a maximum (unknown: not allowed), the lower for a minimum.
        self.upper = np.array([[_bound(f.composition.get(n), "hi") for n in self.maxima] for f in foods]).reshape(len(foods), -1) / 100
        self.lower = np.array([[_bound(f.composition.get(n), "lo") for n in self.minima] for f in foods]).reshape(len(foods), -1) / 100
        self.allowed &= np.isfinite(self.upper).all(axis=1)
        self.most = np.array(list(self.maxima.values()))
        self.least = np.array(list(self.minima.values()))
        self.grid = np.array(GRID, dtype=float)
        self.grid_ids = np.array([tokenizer.amount_ids[g] for g in GRID])
        place = {f: i for i, f in enumerate(names.food_ids)}
        for food_id in required:
            if food_id not in place:
                raise ValueError(f"{food_id} is asked for, but the lexicon has no such food")
        self.required = [place[f] for f in required]
        for food in self.required:
            if not self.allowed[food]:
                raise ValueError(f"{names.food_ids[food]} is asked for, but the profiles do not allow it")
        if not self.allowed.any():
            raise ValueError(f"no food of the lexicon is allowed by {', '.join(p.profile for p in profiles)}")


def _bounds(rules: Sequence[Rule], side: str, pick) -> dict[str, float]:
    found: dict[str, float] = {}
    for rule in rules:
        value = getattr(rule, side)
        if rule.kind == "nutrient" and value is not None:
            found[rule.key] = pick(found.get(rule.key, value), value)
    return found


def _bound(interval, side: str) -> float:
    if interval is None:
        return np.inf if side == "hi" else 0.0
    value = getattr(interval, side)
    return np.inf if value is None else value


class State:
    """One idea in the making: where its tokens stand in the grammar, and what it holds so far."""

    def __init__(self, constraint: Constraint):
        self.rules = constraint
        self.node = 0
        self.foods: list[int] = []
        self.title = 0
        self.phase = "food"
        self.grams = 0.0
        self.high = np.zeros(len(constraint.most))
        self.low = np.zeros(len(constraint.least))
        self.open = constraint.allowed.copy()
        self._sums = np.zeros(0)
        self._next: np.ndarray | None = None
        self._refresh()

    @property
    def finished(self) -> bool:
        """True when the dish is complete."""
        return self.phase == "end"

    def _refresh(self) -> None:
        """The foods that still fit: not used, and at the smallest amount within every maximum."""
        r = self.rules
        fits = self.open.copy()
        if len(r.most):
            fits &= (self.high + r.grid[0] * r.upper <= r.most).all(axis=1)
        if len(self.foods) >= r.limits.most_foods or self.grams + r.grid[0] > r.limits.most_grams:
            fits[:] = False
        waiting = [f for f in r.required if f not in self.foods]
        if waiting:
            only = np.zeros_like(fits)
            only[waiting[0]] = fits[waiting[0]]
            fits = only
        self._sums = np.concatenate(([0], np.cumsum(fits)))
        self._fits = fits

    def allowed(self) -> np.ndarray:
        """The ids of the tokens that may come next. Empty before the end: this idea cannot be finished and must be given up."""
        if self._next is None:
            self._next = self._possible()
        return self._next

    def _possible(self) -> np.ndarray:
        r, t = self.rules, self.rules.tokenizer
        if self.phase == "end":
            return np.zeros(0, dtype=np.int64)
        if self.phase == "title":
            if self.title >= MOST_TITLE_PIECES:
                return np.array([t.end])
            return np.append(t.word_ids, t.end) if self.title else t.word_ids
        node = r.names.nodes[self.node]
        sums = self._sums
        ids = [token for token, (lo, hi) in zip(node.tokens, node.ranges, strict=True) if sums[hi] > sums[lo]]
        if self.node == 0:
            enough = len(self.foods) >= r.limits.fewest_foods and all(f in self.foods for f in r.required)
            if enough and (self.low >= r.least).all():
                ids.append(t.title)
        elif node.food >= 0 and self._fits[node.food]:
            ids.extend(r.grid_ids[self._amounts(node.food)])
        return np.array(ids, dtype=np.int64)

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
        if self.phase == "title":
            if token == t.end:
                self.phase = "end"
            self.title += 1
            return
        node = r.names.nodes[self.node]
        if token == t.title and self.node == 0:
            self.phase = "title"
        elif token in node.tokens:
            self.node = node.nodes[node.tokens.index(token)]
        else:
            self._take(node.food, float(r.grid[np.flatnonzero(r.grid_ids == token)[0]]))

    def _take(self, food: int, grams: float) -> None:
        r = self.rules
        self.foods.append(food)
        self.open[food] = False
        self.grams += grams
        self.high = self.high + grams * r.upper[food]
        self.low = self.low + grams * r.lower[food]
        self.node = 0
        self._refresh()
