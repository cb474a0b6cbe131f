"""What is known of a dish: three-valued facts and nutrient intervals, each with the foods that prove or cloud it.

What belongs here: the one rule, in Python. Contains > unknown > free; free needs every line resolved to a food that says free;
a food without an amount counts as present; a missing amount or figure leaves the upper bound unknown. The same rule stands once
more, independently, in `store/sql/verdicts.sql`; the two share no code on purpose, and a test holds them equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dish_pipeline.dietetics.lexicon import NUTRIENTS, Food, Lexicon
from dish_pipeline.dietetics.parsing import Line
from dish_pipeline.dish import UNKNOWN_AMOUNT, Dish, Interval, Tri


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
    """Facts of one dish. `nutrients` are per serving; `hi` None means that no upper bound is known."""

    status: dict[str, Tri]
    proof: dict[str, tuple[str, ...]]
    """Key -> the foods that contain it."""
    doubt: dict[str, tuple[str, ...]]
    """Key or nutrient -> the foods that leave it unknown."""
    nutrients: dict[str, Interval]


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
    nutrients = {}
    for nutrient in NUTRIENTS:
        nutrients[nutrient], clouded = _nutrient(items, nutrient, servings)
        if clouded:
            doubt[nutrient] = clouded
    return Facts(status, proof, doubt, nutrients)


def _fact(item: Item, key: str) -> Tri:
    if key in item.cleared:
        return Tri.FREE
    return item.food.facts.get(key, Tri.UNKNOWN) if item.food else Tri.UNKNOWN


def _nutrient(items: Sequence[Item], nutrient: str, servings: Interval | None) -> tuple[Interval, tuple[str, ...]]:
    """The per-serving interval of one nutrient and the labels that leave its upper bound open."""
    total, clouded = Interval(0.0, 0.0, 0.0), []
    for item in items:
        per_100g = item.food.composition.get(nutrient) if item.food else None
        part = _part(per_100g, item.grams)
        if part.hi is None:
            clouded.append(item.label)
        total = total.plus(part)
    if not items or servings is None or servings.hi is None or servings.lo <= 0:
        return Interval(0.0, None, None), tuple(dict.fromkeys([*clouded, "servings" if items else "no ingredient lines"]))
    middle = None if total.mid is None or servings.mid is None else total.mid / servings.mid
    return (
        Interval(total.lo / servings.hi, middle, None if total.hi is None else total.hi / servings.lo),
        tuple(dict.fromkeys(clouded)),
    )


def _part(per_100g: Interval | None, grams: Interval) -> Interval:
    """One food's share. A food that has none of the nutrient adds nothing, whatever its amount."""
    if per_100g is None:
        return UNKNOWN_AMOUNT
    if per_100g.hi == 0:
        return Interval(0.0, 0.0, 0.0)
    return per_100g.times(grams).scaled(0.01)
