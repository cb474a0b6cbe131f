"""The canonical text of a dish: what the model reads and writes, and what bits per byte are counted on.

What belongs here: the grid of amounts and the text form. Tokens stand in `tokenizer.py`.

    main
    chicken thigh 150
    lemon juice 12
    salt ?
    = Lemon chicken

First the course, then one line a food with grams in one serving ("?" where the source gave no amount), then the title, which
comes last so that it can name what the constraints left in the dish. The foods are a set: their order carries no meaning.

Amounts lie on a grid of about two significant digits (neighbours differ by 8-25 %), which is finer than household measures are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from math import log

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Portion

# Floats throughout: 60 and 60.0 are written differently in JSON, so a dish would change its hash on the way through the tokens.
GRID = tuple(float(g) for g in (
    0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18, 20, 22, 25, 28, 30, 35, 40, 45, 50, 55, 60, 65, 70,
    75, 80, 90, 100, 110, 120, 125, 140, 150, 160, 175, 200, 225, 250, 275, 300, 350, 400, 450, 500, 600, 700, 800, 1000,
))
"""Grams per serving that the model can say. Anything heavier is set to the last."""

LONGEST_TITLE = 80
"""Characters of a title that the model reads; real titles are shorter."""

SPACE_SIGN = "\u2581"
"""What SentencePiece writes for a space: in a title it cannot be told from one."""


def to_grid(grams: float) -> float:
    """The nearest figure of the grid by ratio. Raises ValueError for a negative or non-finite amount."""
    if not 0 <= grams < float("inf"):
        raise ValueError(f"{grams} is not an amount in grams")
    if grams <= GRID[0]:
        return GRID[0]
    if grams >= GRID[-1]:
        return GRID[-1]
    i = bisect_left(GRID, grams)
    below, above = GRID[i - 1], GRID[i]
    return below if log(grams / below) < log(above / grams) else above


def canonical(dish: Dish) -> Dish:
    """The dish as the model can say it: a course of the list or unknown, each food once with its grams summed and set to the grid,
    the title trimmed."""
    grams: dict[str, float | None] = {}
    for portion in dish.portions:
        known = grams.get(portion.food_id)
        if portion.grams is None:
            grams.setdefault(portion.food_id, None)
        else:
            grams[portion.food_id] = portion.grams + (known or 0.0)
    portions = tuple(Portion(food, None if g is None else to_grid(g)) for food, g in grams.items())
    course = dish.course if dish.course in COURSES else UNKNOWN_COURSE
    return Dish(course, " ".join(dish.title.replace(SPACE_SIGN, " ").split())[:LONGEST_TITLE].strip(), portions)


def amount_text(grams: float | None) -> str:
    """An amount as the text writes it."""
    return "?" if grams is None else f"{grams:g}"


def text_of(dish: Dish, lexicon: Lexicon, order: Sequence[int] | None = None) -> str:
    """The canonical text; `order` permutes the foods. The number of UTF-8 bytes does not depend on the order."""
    indices = range(len(dish.portions)) if order is None else order
    lines = [dish.course]
    lines += [f"{lexicon.foods[p.food_id].name} {amount_text(p.grams)}" for p in (dish.portions[i] for i in indices)]
    return "\n".join([*lines, f"= {dish.title}"]) + "\n"
