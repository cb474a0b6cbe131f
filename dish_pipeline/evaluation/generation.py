"""Proposing ideas for needs: draws, sifted, until each ask has enough or its draws are spent.

What belongs here: which draws are made for an ask ("diabetes + coeliac", over all courses) and when to stop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish
from dish_pipeline.evaluation.usability import Funnel, Idea, Judge
from dish_pipeline.model.constraints import Constraint, Limits
from dish_pipeline.model.sampling import SamplingPlan, draw
from dish_pipeline.model.titles import TitleWords
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.transformer import DishTransformer

ROUNDS = 4
"""Times that an ask draws again while it lacks ideas."""


@dataclass(frozen=True)
class Ask:
    """Profiles that every idea must pass together, and how many ideas are wanted."""

    profiles: tuple[str, ...]
    ideas: int


def limits_of(train: Sequence[Dish]) -> Limits:
    """The number of foods and grams that all but the outermost 2 % of the training dishes have, and the grams of the middle one."""
    sizes = [len(d.portions) for d in train]
    grams = [sum(p.grams or 0.0 for p in d.portions) for d in train]
    most = int(np.ceil(np.quantile(sizes, 0.98)))
    fewest = min(max(3, int(np.floor(np.quantile(sizes, 0.02)))), most)
    return Limits(fewest, most, float(np.quantile(grams, 0.98)) or 900.0, float(np.median(grams)) or 300.0)


def by_course(
    courses: Sequence[str], asked: Sequence[Profile], build: Callable[[str], Constraint], lost: Counter[str]
) -> dict[str, Constraint]:
    """The constraint of each course for which the profiles can be kept; the reasons of the others are counted in `lost`."""
    made: dict[str, Constraint] = {}
    for course in courses:
        idle = [p.profile for p in asked if not any(rule.applies(course) for rule in p.rules)]
        if idle:
            lost[f"{course}: not judged by {', '.join(idle)}, so nothing could pass"] += 1
            continue
        try:
            made[course] = build(course)
        except ValueError as error:
            lost[f"{course}: {error}"] += 1
    return made


def propose(
    asks: Sequence[Ask],
    model: DishTransformer,
    tokenizer: DishTokenizer,
    lexicon: Lexicon,
    profiles: Mapping[str, Profile],
    train: Sequence[Dish],
    judge: Judge,
    plan: SamplingPlan,
    seed: int,
    known: frozenset[str] = frozenset(),
    on_ask: Callable[[int, str], None] = lambda done, label: None,
) -> tuple[list[Idea], dict[tuple[str, ...], Funnel]]:
    """Ideas for every ask, and its funnel. Only foods of training dishes are used; dishes in `known` are not proposed again."""
    limits, words = limits_of(train), TitleWords(train, lexicon)
    unseen = frozenset(lexicon.foods) - {f for d in train for f in d.food_ids}
    courses = [c for c in COURSES if any(d.course == c for d in train)] or [UNKNOWN_COURSE]
    ideas: list[Idea] = []
    funnels: dict[tuple[str, ...], Funnel] = {}
    for number, ask in enumerate(asks):
        on_ask(number, " + ".join(ask.profiles))
        funnel = funnels.setdefault(ask.profiles, Funnel())
        asked = [profiles[p] for p in ask.profiles]
        made = by_course(courses, asked, partial(Constraint, tokenizer, lexicon, asked, limits=limits, banned=unseen), funnel.lost)
        found: list[Idea] = []
        for round_ in range(ROUNDS if made else 0):
            missing = ask.ideas - len(found)
            if missing <= 0:
                break
            open_courses = list(made)
            wanted = [made[open_courses[i % len(open_courses)]] for i in range(max(missing, len(open_courses)))]
            draws = draw(model, tokenizer, wanted, plan, seed * 10_000 + number * 100 + round_, words)
            taken = known | {i.dish.dish_id for i in ideas} | {i.dish.dish_id for i in found}
            fresh, part = judge.sift(draws, [ask.profiles] * len(draws), frozenset(taken))
            found += fresh
            funnel.drawn += part.drawn
            funnel.reached.update(part.reached)
            funnel.lost.update(part.lost)
        ideas += found
    return ideas, funnels
