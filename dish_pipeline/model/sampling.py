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
from dish_pipeline.model.constraints import Constraint, State
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


@dataclass(frozen=True)
class Draw:
    """One draw: the dish, or None with the reason why it was given up. `bits` is the model's own surprise, within the grammar,
    whatever the profiles forbade."""

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
    n = len(constraints)
    states = [State(c) for c in constraints]
    grammar = [tokenizer.grammar.copy() for _ in constraints]
    rng = np.random.default_rng((seed, first))
    rows = [[tokenizer.start, tokenizer.course_id(c.course)] for c in constraints]
    reasons, bits = [""] * n, np.zeros(n)
    cache = Cache(model.config.shape.layers)
    scores = model(torch.tensor(rows), cache)[:, -1].double().numpy()
    alive = list(range(n))
    while alive and cache.length < model.config.shape.context:
        noise = rng.gumbel(size=scores.shape)
        for i in list(alive):
            ids = states[i].allowed()
            if len(ids) == 0:
                reasons[i] = "the rules leave no way to go on"
                alive.remove(i)
                continue
            possible = scores[i, grammar[i][states[i].part]]
            token = _choose(scores[i, ids], noise[i, ids], ids, plan.temperature, plan.min_p)
            bits[i] += (np.logaddexp.reduce(possible) - scores[i, token]) / log(2)
            states[i].push(token)
            rows[i].append(token)
            if token >= tokenizer.first_food:
                grammar[i][1, token] = False
            if states[i].finished:
                alive.remove(i)
        if alive:
            # Rows that have ended go on being fed their last token; nobody looks at what they give.
            scores = model(torch.tensor([[row[-1]] for row in rows]), cache)[:, -1].double().numpy()
    for i in alive:
        reasons[i] = f"longer than {model.config.shape.context} tokens"
    return [
        _finished(model, tokenizer, rows[i], float(bits[i]), plan, words, seed, first + i)
        if not reasons[i] else Draw(None, reasons[i], float(bits[i]), len(rows[i]) - 2, seed, first + i)
        for i in range(n)
    ]


def _finished(
    model: DishTransformer, tokenizer: DishTokenizer, row: list[int], bits: float, plan: SamplingPlan, words: TitleWords, seed: int, index: int
) -> Draw:
    """The dish of tokens that end with the title's sign, with a title of its own."""
    given_up = Draw(None, "", bits, len(row) - 2, seed, index)
    try:
        # A title that any tokenizer can say stands in until the foods have been read back.
        nameless = tokenizer.decode([*row, int(tokenizer.word_ids[0]), tokenizer.end])
    except DecodeError as error:
        return replace(given_up, reason=f"not a dish: {error}")
    title = choose_title(model, tokenizer, words, nameless, plan.title_temperature, np.random.default_rng((seed, index, 1)))
    if title is None:
        return replace(given_up, reason="no title in known words fits the foods")
    dish = canonical(Dish(nameless.course, title.text, nameless.portions))
    return Draw(dish, "", bits + title.bits, len(tokenizer.encode(dish).ids) - 2, seed, index)


def _choose(scores: np.ndarray, noise: np.ndarray, ids: np.ndarray, temperature: float, min_p: float) -> int:
    """One of `ids`: min-p among the allowed (Nguyen et al. 2024, arXiv:2407.01082), then a draw by the Gumbel trick."""
    scaled = scores / temperature
    kept = scaled >= scaled.max() + log(min_p) if min_p > 0 else np.ones(len(ids), dtype=bool)
    return int(ids[np.argmax(np.where(kept, scaled + noise, -np.inf))])
