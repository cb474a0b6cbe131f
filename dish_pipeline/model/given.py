"""Tokens that are only ever given and never predicted: in which form a dish is written, and conditions that hold of it.

What belongs here: which of these tokens a tokenizer has, which conditions are true of a dish, and which ones a profile asks for. Where they
stand in a sequence is said by `tokenizer.py`. A condition says that something is known to be absent, or that a nutrient of the serving lies
within a band; what is unknown is no condition. Conditions only steer: what a profile forbids is forbidden by `constraints.py` all the same.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from dish_pipeline.dietetics.lexicon import NUTRIENTS, Lexicon
from dish_pipeline.dietetics.profiles import ABSENT, NUTRIENT, SERVING, Profile
from dish_pipeline.dish import UNKNOWN_COURSE, Dish, Interval, Portion, Tri
from dish_pipeline.settings import TrainingPlan

START, TITLE_FIRST, AMOUNTS_LAST = "<start>", "<start:title>", "<start:amounts>"
"""The first token of a sequence, which says the form. `<start>` is the usual one, and the one that bits per dish are measured on."""

BANDS = 5
"""Bands of a nutrient at most; where many dishes have the same amount (no alcohol) there are fewer."""

FILE = "given.json"


@dataclass(frozen=True)
class Given:
    """What a tokenizer can be given: forms beside the usual one, keys that can be absent, bands of nutrients.

    `edges` are the upper ends of all bands but the last, rising; an amount at an edge lies below it. `usual` counts, by nutrient and
    course, the training dishes in each band.
    """

    forms: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    edges: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    usual: Mapping[str, Mapping[str, tuple[int, ...]]] = field(default_factory=dict)

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The names of all conditions."""
        return (*map(_free, self.keys), *(_band(n, b) for n, edges in self.edges.items() for b in range(len(edges) + 1)))

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The names of all tokens, in the order of their ids."""
        return (*self.forms, *self.conditions)

    def asked(self, profiles: Sequence[Profile], course: str) -> list[str]:
        """The conditions that stand for what the profiles ask of a dish of this course.

        A limit per serving becomes a band that lies wholly within it: the one that most training dishes of the course have. A limit within
        the lowest band, a share and a sum have none.
        """
        rules = [rule for profile in profiles for rule in profile.rules if rule.applies(course)]
        found = [_free(key) for key in dict.fromkeys(r.key for r in rules if r.kind == ABSENT) if key in self.keys]
        for nutrient, edges in self.edges.items():
            limits = [r for r in rules if r.kind == NUTRIENT and r.per == SERVING and r.key == nutrient]
            least = max((r.at_least for r in limits if r.at_least is not None), default=0.0)
            most = min((r.at_most for r in limits if r.at_most is not None), default=math.inf)
            ends = (0.0, *edges, math.inf)
            inside = [b for b in range(len(edges) + 1) if least <= ends[b] and ends[b + 1] <= most]
            if limits and inside:
                usual = self.usual[nutrient].get(course) or self.usual[nutrient][UNKNOWN_COURSE]
                found.append(_band(nutrient, max(inside, key=lambda b: usual[b])))
        return found

    def save(self, folder: Path) -> None:
        """Write the tokens into an existing folder; nothing is written where there are none."""
        if self.tokens:
            (folder / FILE).write_text(json.dumps(asdict(self), indent=0), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Given:
        """What `save` wrote. A folder without the file is that of a model that is given nothing."""
        if not (folder / FILE).is_file():
            return cls()
        raw = json.loads((folder / FILE).read_text(encoding="utf-8"))
        usual = {n: {c: tuple(counts) for c, counts in of.items()} for n, of in raw["usual"].items()}
        return cls(tuple(raw["forms"]), tuple(raw["keys"]), {n: tuple(e) for n, e in raw["edges"].items()}, usual)


def _free(key: str) -> str:
    return f"<free:{key}>"


def _band(nutrient: str, band: int) -> str:
    return f"<{nutrient}:{band + 1}>"


@dataclass(frozen=True)
class Knowledge:
    """What is known of many dishes: the worst fact of each key (dishes, keys), and between what bounds each of NUTRIENTS lies in one
    serving (dishes, nutrients); an upper bound that is not known is infinite."""

    worst: np.ndarray
    lo: np.ndarray
    hi: np.ndarray
    mid: np.ndarray
    """NaN where there is no single figure."""


def known_of(dishes: Sequence[Dish], lexicon: Lexicon) -> Knowledge:
    """The same as `facts.facts_of` for whole collections, without proofs and some hundred times faster; a test holds the two equal."""
    place = {food_id: i for i, food_id in enumerate(lexicon.foods)}
    foods = list(lexicon.foods.values())
    keys = list(lexicon.keys)
    # The last row is a food that the lexicon lacks: unknown in everything.
    facts = np.array([[f.facts.get(k, Tri.UNKNOWN) for k in keys] for f in foods] + [[Tri.UNKNOWN] * len(keys)], dtype=np.int8)
    per_gram = np.array([[_bounds(f.composition.get(n)) for n in NUTRIENTS] for f in foods] + [[_bounds(None)] * len(NUTRIENTS)]) / 100
    # Of a dish without a food nothing is known, as of one with an unknown food.
    held = [d.portions or (Portion("", None),) for d in dishes]
    starts = np.cumsum([0, *(len(portions) for portions in held[:-1])])
    rows = np.array([place.get(p.food_id, len(foods)) for portions in held for p in portions])
    grams = np.array([p.grams if p.grams and math.isfinite(p.grams) else math.nan for portions in held for p in portions])[:, None]
    of = per_gram[rows]
    # A food that has none of a nutrient adds none, whatever its amount.
    nothing = of[:, :, 2] == 0
    lo = np.where(np.isnan(grams), 0.0, of[:, :, 0] * np.nan_to_num(grams))
    mid = np.where(nothing, 0.0, of[:, :, 1] * grams)
    hi = np.where(nothing, 0.0, np.where(np.isnan(grams), math.inf, of[:, :, 2] * np.where(np.isnan(grams), 1.0, grams)))
    return Knowledge(
        np.maximum.reduceat(facts[rows], starts), *(np.add.reduceat(values, starts) for values in (lo, hi, mid))
    )


def _bounds(value: Interval | None) -> tuple[float, float, float]:
    """Lower bound, figure and upper bound of 100 g."""
    if value is None:
        return 0.0, math.nan, math.inf
    return value.lo, math.nan if value.mid is None else value.mid, math.inf if value.hi is None else value.hi


def learn(dishes: Sequence[Dish], lexicon: Lexicon, plan: TrainingPlan) -> Given:
    """The tokens that a training by this plan gives: none that it would never draw. Bands hold a fifth of the dishes each."""
    forms = tuple(form for form, share in ((TITLE_FIRST, plan.title_first), (AMOUNTS_LAST, plan.amounts_last)) if share)
    if not plan.conditions:
        return Given(forms)
    known = known_of(dishes, lexicon)
    courses = np.array([d.course for d in dishes])
    edges, usual = {}, {}
    for i, nutrient in enumerate(NUTRIENTS):
        has = ~np.isnan(known.mid[:, i])
        figures = known.mid[has, i]
        if not len(figures):
            continue
        # Three significant digits: the file is read by people too.
        ends = (float(f"{x:.3g}") for x in np.quantile(figures, np.arange(1, BANDS) / BANDS))
        edges[nutrient] = tuple(dict.fromkeys(ends))
        bands = np.searchsorted(edges[nutrient], figures, side="left")
        usual[nutrient] = {
            course: tuple(np.bincount(bands[chosen], minlength=len(edges[nutrient]) + 1).tolist())
            for course in sorted({*courses.tolist(), UNKNOWN_COURSE})
            # Of an unknown course are all of them.
            for chosen in [np.full(len(bands), True) if course == UNKNOWN_COURSE else courses[has] == course]
        }
    return Given(forms, tuple(lexicon.keys), edges, usual)


def holding(given: Given, dishes: Sequence[Dish], lexicon: Lexicon) -> list[list[str]]:
    """The conditions that hold of each dish: keys of which it is free by the one rule, bands that its bounds lie in."""
    if not dishes or not given.conditions:
        return [[] for _ in dishes]
    known = known_of(dishes, lexicon)
    column = {key: i for i, key in enumerate(lexicon.keys)}
    keys = [(column[key], _free(key)) for key in given.keys if key in column]
    found = [[name for i, name in keys if worst[i] == Tri.FREE] for worst in known.worst]
    for nutrient, edges in given.edges.items():
        i = NUTRIENTS.index(nutrient)
        for names, lo, hi in zip(found, known.lo[:, i].round(6).tolist(), known.hi[:, i].round(6).tolist(), strict=True):
            band = bisect_left(edges, lo)
            # The last band has no upper end, so that a lower bound alone can tell.
            if band == len(edges) or hi <= edges[band]:
                names.append(_band(nutrient, band))
    return found
