"""Drawing new dishes from the transformer, token by token, inside constraints.

What belongs here: the sampling loop and its filters. Which tokens are allowed is said by `constraints.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np
import torch

from dish_pipeline.dish import Dish
from dish_pipeline.model.constraints import Constraint, State, Weighing
from dish_pipeline.model.given import AMOUNTS_LAST, TITLE_FIRST
from dish_pipeline.model.text import canonical
from dish_pipeline.model.titles import TitleWords, choose_title
from dish_pipeline.model.tokenizer import DecodeError, DishTokenizer
from dish_pipeline.model.transformer import Cache, DishTransformer


@dataclass(frozen=True)
class SamplingPlan:
    """How adventurous the draws are. `min_p` drops tokens less likely than this share of the likeliest one."""

    temperature: float = 0.9
    title_temperature: float = 1.0
    """Below 1, titles that the model holds likely, which are short ones, win more often."""
    min_p: float = 0.05
    batch: int = 64
    conditions: bool = True
    """Tell the model what is asked, where it has learned to be told; the masks hold either way."""


@dataclass(frozen=True)
class Draw:
    """One draw: the dish, or None with the reason why it was given up. `bits` is the model's own surprise, within the grammar,
    whatever the profiles forbade; of what it was told (course, conditions, a wanted title) it counts none."""

    dish: Dish | None
    reason: str
    bits: float
    tokens: int
    seed: int
    index: int


@torch.no_grad()
def draw(
    model: DishTransformer, tokenizer: DishTokenizer, constraints: Sequence[Constraint], plan: SamplingPlan, seed: int,
    words: TitleWords,
) -> list[Draw]:
    """One draw for each constraint (repeat a constraint for more), in batches of `plan.batch`.

    The same model, constraints, plan and seed give the same draws. A draw that cannot be finished within the context or the
    rules is given up, with the reason. Titles are made of `words`.
    """
    model.eval()
    draws: list[Draw] = []
    for begin in range(0, len(constraints), plan.batch):
        draws += _draw_batch(model, tokenizer, constraints[begin : begin + plan.batch], plan, seed, begin, words)
    return draws


def _draw_batch(
    model: DishTransformer, tokenizer: DishTokenizer, constraints: Sequence[Constraint], plan: SamplingPlan, seed: int, first: int,
    words: TitleWords,
) -> list[Draw]:
    prefixes = [_prefix(c, tokenizer, plan) for c in constraints]
    walks = _walk(model, tokenizer, prefixes, [State(c) for c in constraints], plan, np.random.default_rng((seed, first)))
    return [
        _finished(model, tokenizer, walk, constraints[i], plan, words, seed, first + i)
        if not walk.reason else Draw(None, walk.reason, walk.bits, len(walk.row) - len(prefixes[i]), seed, first + i)
        for i, walk in enumerate(walks)
    ]


def _prefix(constraint: Constraint, tokenizer: DishTokenizer, plan: SamplingPlan) -> list[int]:
    """All that the model is told before it says the first food."""
    conditions = constraint.conditions if plan.conditions else []
    course = tokenizer.course_id(constraint.course)
    if not constraint.title or TITLE_FIRST not in tokenizer.given_ids:
        return [tokenizer.start, *conditions, course]
    return [tokenizer.form_id(TITLE_FIRST), *conditions, *tokenizer.pieces.encode(constraint.title), tokenizer.end, course]


@dataclass
class _Walk:
    """One sequence in the making: its tokens so far, why it was given up (or ""), the bits of what was chosen."""

    row: list[int]
    reason: str = ""
    bits: float = 0.0


def _walk(
    model: DishTransformer, tokenizer: DishTokenizer, prefixes: Sequence[Sequence[int]], states: Sequence[State], plan: SamplingPlan,
    rng: np.random.Generator,
) -> list[_Walk]:
    """Go on from each prefix, token by token, until the states are finished or leave no way on. Prefixes may differ in length."""
    walks = [_Walk(list(prefix)) for prefix in prefixes]
    grammar = [tokenizer.grammar.copy() for _ in walks]
    context = model.config.shape.context
    cache = Cache(model.config.shape.layers)
    begun = min([context, *(len(prefix) for prefix in prefixes)])
    scores = model(torch.tensor([walk.row[:begun] for walk in walks]), cache)[:, -1].double().numpy()
    alive = list(range(len(walks)))
    while alive and cache.length < context:
        noise = rng.gumbel(size=scores.shape)
        for i in list(alive):
            walk, state = walks[i], states[i]
            if len(walk.row) > cache.length:  # What comes next is given.
                continue
            ids = state.allowed()
            if len(ids) == 0:
                walk.reason = "the rules leave no way to go on"
                alive.remove(i)
                continue
            possible = scores[i, grammar[i][state.part]]
            token = _choose(scores[i, ids], noise[i, ids], ids, plan.temperature, plan.min_p)
            walk.bits += float((np.logaddexp.reduce(possible) - scores[i, token]) / log(2))
            state.push(token)
            walk.row += [token, *state.given()]
            if token >= tokenizer.first_food:
                grammar[i][1, token] = False
            if state.finished:
                alive.remove(i)
        if alive:
            # Rows that have ended go on being fed their last token; nobody looks at what they give.
            fed = [[walk.row[min(cache.length, len(walk.row) - 1)]] for walk in walks]
            scores = model(torch.tensor(fed), cache)[:, -1].double().numpy()
    for i in alive:
        walks[i].reason = f"longer than {context} tokens"
    return walks


def _finished(
    model: DishTransformer, tokenizer: DishTokenizer, walk: _Walk, constraint: Constraint, plan: SamplingPlan, words: TitleWords, seed: int,
    index: int,
) -> Draw:
    """The dish of tokens that end with the title's sign, with the title asked for or one of its own."""
    given_up = Draw(None, "", walk.bits, len(walk.row) - 2, seed, index)
    # A title that any tokenizer can say stands in until the foods have been read back.
    ending = [int(tokenizer.word_ids[0]), tokenizer.end] if walk.row[0] == tokenizer.start else []
    try:
        read = tokenizer.decode([*walk.row, *ending])
    except DecodeError as error:
        return replace(given_up, reason=f"not a dish: {error}")
    bits, text = walk.bits, constraint.title
    if not text:
        title = choose_title(model, tokenizer, words, read, plan.title_temperature, np.random.default_rng((seed, index, 1)))
        if title is None:
            return replace(given_up, reason="no title in known words fits the foods")
        bits, text = bits + title.bits, title.text
    dish = canonical(Dish(read.course, text, read.portions))
    return Draw(dish, "", bits, len(tokenizer.encode(dish).ids) - 2, seed, index)


@torch.no_grad()
def weigh(
    model: DishTransformer, tokenizer: DishTokenizer, dishes: Sequence[Dish], constraints: Sequence[Constraint], plan: SamplingPlan, seed: int
) -> list[Dish]:
    """The dishes with amounts drawn anew by a model that sees all foods and the title; amounts that a constraint wants stay.

    A dish for which the rules leave no way to go on keeps the amounts that it has. Raises ValueError for a model that has not learned
    the form with amounts last.
    """
    model.eval()
    weighed: list[Dish] = []
    for begin in range(0, len(dishes), plan.batch):
        part, rules = dishes[begin : begin + plan.batch], constraints[begin : begin + plan.batch]
        states = [Weighing(rule, dish) for dish, rule in zip(part, rules, strict=True)]
        prefixes = []
        for dish, rule, state in zip(part, rules, states, strict=True):
            row = tokenizer.encode(dish, form=AMOUNTS_LAST, given=rule.conditions if plan.conditions else ()).ids.tolist()
            # Without the part that is drawn: each food said again, and its amount.
            prefixes.append([*row[: len(row) - 2 * len(dish.portions)], *state.given()])
        walks = _walk(model, tokenizer, prefixes, states, plan, np.random.default_rng((seed, begin, 2)))
        weighed += [dish if walk.reason else canonical(tokenizer.decode(walk.row)) for dish, walk in zip(part, walks, strict=True)]
    return weighed


def _choose(scores: np.ndarray, noise: np.ndarray, ids: np.ndarray, temperature: float, min_p: float) -> int:
    """One of `ids`: min-p among the allowed (Nguyen et al. 2024, arXiv:2407.01082), then a draw by the Gumbel trick."""
    scaled = scores / temperature
    kept = scaled >= scaled.max() + log(min_p) if min_p > 0 else np.ones(len(ids), dtype=bool)
    return int(ids[np.argmax(np.where(kept, scaled + noise, -np.inf))])
