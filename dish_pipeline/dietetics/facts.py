"""What is known of a dish: three-valued facts and nutrient intervals, each with the foods that prove or cloud it.

What belongs here: the one rule, in Python. Contains > unknown > free; free needs every line resolved to a food that says free;
a food without an amount counts as present; a missing amount or figure leaves the upper bound unknown. The same rule stands once
more, independently, in `store/sql/verdicts.sql`; the two share no code on purpose, and a test holds them equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from dish_pipeline.dietetics.lexicon import NUTRIENTS, Food, Lexicon
from dish_pipeline.dietetics.parsing import Line
from dish_pipeline.dish import UNKNOWN_AMOUNT, Dish, Interval, Tri

GRAMS, SERVINGS = "grams", "servings"
"""Names in `Facts.doubt`: the weight of the dish, and what leaves an amount per serving open though every food is known."""

NOTHING = Interval(0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in a dish: a food or (None) something unknown, named `label`, with its grams in the whole dish.

    `cleared`: keys that the text denies, of a food or of the unknown thing that stands in for it.
    """

    food: Food | None
    label: str
    grams: Interval = UNKNOWN_AMOUNT
    cleared: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts of one dish. `nutrients` are per serving, `totals` and `grams` of the whole dish as it goes into the pot, so that a share
    of its weight or energy needs no servings. Of `grams` the lower bound is without bone and shell, so that they thin nothing.
    `hi` None means that no upper bound is known."""

    status: dict[str, Tri]
    proof: dict[str, tuple[str, ...]]
    """Key -> the foods that contain it."""
    doubt: dict[str, tuple[str, ...]]
    """Key, nutrient or GRAMS -> the foods that leave it unknown."""
    nutrients: dict[str, Interval]
    totals: dict[str, Interval] = field(default_factory=dict)
    grams: Interval = UNKNOWN_AMOUNT


def items_of_lines(lines: Iterable[Line]) -> list[Item]:
    """Everything that the lines of a recipe name, alternatives and optional foods included."""
    return [
        Item(mention.food, mention.words, mention.grams or UNKNOWN_AMOUNT, mention.cleared)
        for line in lines if not line.heading
        for mention in line.mentions
    ]


def items_of_dish(dish: Dish, lexicon: Lexicon) -> list[Item]:
    """The items of a canonical dish, for one serving. A food id that the lexicon lacks is an unknown item."""
    items = []
    for portion in dish.portions:
        food = lexicon.foods.get(portion.food_id)
        known = portion.grams is not None and 0 < portion.grams < math.inf
        amount = Interval(portion.grams, portion.grams, portion.grams) if known and portion.grams else UNKNOWN_AMOUNT
        items.append(Item(food, food.name if food else portion.food_id, amount))
    return items


def facts_of(items: Sequence[Item], servings: Interval | None, lexicon: Lexicon) -> Facts:
    """Facts of the dish made of `items`; `servings` None leaves every per-serving nutrient unknown.

    A dish of no items is unknown in everything: nothing was read, so nothing is known to be absent.
    """
    status: dict[str, Tri] = {}
    proof: dict[str, tuple[str, ...]] = {}
    doubt: dict[str, tuple[str, ...]] = {}
    for key in lexicon.keys:
        worst = Tri.FREE if items else Tri.UNKNOWN
        containing, doubtful = [], []
        for item in items:
            fact = _fact(item, key)
            worst = max(worst, fact)
            if fact is Tri.CONTAINS:
                containing.append(item.label)
            elif fact is Tri.UNKNOWN:
                doubtful.append(item.label)
        status[key] = worst
        if containing:
            proof[key] = tuple(dict.fromkeys(containing))
        if doubtful:
            doubt[key] = tuple(dict.fromkeys(doubtful))
    grams, clouded = _sum(items, [_eaten(item) for item in items])
    if clouded:
        doubt[GRAMS] = clouded
    # What the number of servings leaves open, beside the foods; a dish of no lines is open in everything.
    shared = () if items and _countable(servings) else (SERVINGS,) if items else ("no ingredient lines",)
    nutrients, totals = {}, {}
    for nutrient in NUTRIENTS:
        totals[nutrient], clouded = _sum(items, [_part(item, nutrient) for item in items])
        nutrients[nutrient] = _per_serving(totals[nutrient], servings)
        if clouded or shared:
            doubt[nutrient] = (*clouded, *shared)
    return Facts(status, proof, doubt, nutrients, totals, grams)


def _fact(item: Item, key: str) -> Tri:
    if key in item.cleared:
        return Tri.FREE
    return item.food.facts.get(key, Tri.UNKNOWN) if item.food else Tri.UNKNOWN


def _countable(servings: Interval | None) -> bool:
    return servings is not None and servings.hi is not None and servings.lo > 0


def _per_serving(total: Interval, servings: Interval | None) -> Interval:
    if servings is None or servings.hi is None or servings.lo <= 0:
        return UNKNOWN_AMOUNT
    middle = None if total.mid is None or servings.mid is None else total.mid / servings.mid
    return Interval(total.lo / servings.hi, middle, None if total.hi is None else total.hi / servings.lo)


def _part(item: Item, nutrient: str) -> Interval:
    """One food's share of a nutrient. A food that has none of it adds nothing, whatever its amount."""
    per_100g = item.food.composition.get(nutrient) if item.food else None
    if per_100g is None:
        return UNKNOWN_AMOUNT
    return NOTHING if per_100g.hi == 0 else per_100g.times(item.grams).scaled(0.01)


def _eaten(item: Item) -> Interval:
    """The weight of one food: at least what is left when as much as ever is thrown away, at most all of it."""
    return replace(item.grams, lo=item.grams.lo * (1 - item.food.refuse_hi)) if item.food else item.grams


def _sum(items: Sequence[Item], parts: Sequence[Interval]) -> tuple[Interval, tuple[str, ...]]:
    """The sum of the items' parts, and the labels of those without an upper bound. Of no items nothing is known."""
    if not items:
        return UNKNOWN_AMOUNT, ()
    mids = [p.mid for p in parts if p.mid is not None]
    his = [p.hi for p in parts if p.hi is not None]
    whole = Interval(
        sum(p.lo for p in parts), sum(mids) if len(mids) == len(parts) else None, sum(his) if len(his) == len(parts) else None
    )
    if len(his) == len(parts):
        return whole, ()
    return whole, tuple(dict.fromkeys(item.label for item, p in zip(items, parts, strict=True) if p.hi is None))
