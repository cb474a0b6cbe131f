"""The canonical text and the grid of amounts."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import UNKNOWN_COURSE, Dish, Portion
from dish_pipeline.model.text import GRID, LONGEST_TITLE, amount_text, canonical, text_of, to_grid

GRAMS = st.floats(min_value=0.0, max_value=1e6, allow_nan=False)
PORTIONS = st.lists(st.builds(Portion, st.sampled_from(["rice", "egg", "salt", "onion"]), st.none() | GRAMS), max_size=8).map(tuple)
DISHES = st.builds(Dish, st.sampled_from(["main", "dessert", "unknown", "brunch", ""]), st.text(), PORTIONS)


def test_the_grid_rises_and_neighbours_are_close_enough_for_household_measures() -> None:
    assert list(GRID) == sorted(set(GRID))
    assert all(b / a <= 1.26 for a, b in pairwise(GRID) if a >= 10)


def test_every_figure_of_the_grid_is_a_float_so_that_a_decoded_dish_has_the_same_hash_as_the_one_encoded() -> None:
    assert all(type(g) is float for g in GRID)


def test_every_figure_of_the_grid_has_a_text_of_its_own() -> None:
    assert len({amount_text(g) for g in (*GRID, None)}) == len(GRID) + 1


@given(GRAMS)
def test_an_amount_goes_to_the_figure_of_the_grid_that_is_nearest_by_ratio(grams: float) -> None:
    found = to_grid(grams)
    assert found in GRID
    if grams > 0:
        inside = min(max(grams, GRID[0]), GRID[-1])
        nearest = min(abs(math.log(g / inside)) for g in GRID)
        assert abs(math.log(found / inside)) <= nearest + 1e-12


@given(GRAMS, GRAMS)
def test_more_grams_never_give_a_smaller_figure(a: float, b: float) -> None:
    low, high = sorted((a, b))
    assert to_grid(low) <= to_grid(high)


def test_a_figure_of_the_grid_stays_as_it_is() -> None:
    assert [to_grid(g) for g in GRID] == list(GRID)


@pytest.mark.parametrize("grams", [-1.0, math.nan, math.inf, -math.inf])
def test_what_is_no_amount_is_refused(grams: float) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        to_grid(grams)


@given(DISHES)
def test_the_canonical_form_of_a_canonical_dish_is_itself(dish: Dish) -> None:
    canon = canonical(dish)
    assert canonical(canon) == canon


@given(DISHES)
def test_a_canonical_dish_has_each_food_once_on_the_grid_with_a_course_and_a_trimmed_title(dish: Dish) -> None:
    canon = canonical(dish)
    assert len(canon.food_ids) == len(canon.portions)
    assert canon.food_ids == dish.food_ids
    assert all(p.grams is None or p.grams in GRID for p in canon.portions)
    assert canon.course in ("main", "dessert", UNKNOWN_COURSE)
    assert len(canon.title) <= LONGEST_TITLE
    assert canon.title == " ".join(canon.title.split())


def test_a_food_that_stands_twice_is_summed_before_it_goes_to_the_grid() -> None:
    dish = Dish("main", " Egg  rice\n", (Portion("egg", 30.0), Portion("rice", 61.0), Portion("egg", 25.0), Portion("rice", None)))
    assert canonical(dish) == Dish("main", "Egg rice", (Portion("egg", 55.0), Portion("rice", 60.0)))


def test_a_food_without_any_amount_keeps_none() -> None:
    assert canonical(Dish("main", "x", (Portion("salt", None), Portion("salt", None)))).portions == (Portion("salt", None),)


def test_the_text_reads_as_the_module_says(lexicon: Lexicon) -> None:
    dish = Dish("main", "Lemon chicken", (Portion("chicken", 150.0), Portion("lemon_juice", 12.0), Portion("salt", None)))
    assert text_of(dish, lexicon) == "main\nchicken 150\nlemon juice 12\nsalt ?\n= Lemon chicken\n"
    assert text_of(dish, lexicon, [2, 0, 1]) == "main\nsalt ?\nchicken 150\nlemon juice 12\n= Lemon chicken\n"


@given(st.randoms(use_true_random=False), st.integers(0, 119))
def test_the_bytes_of_the_text_do_not_depend_on_the_order(dishes: list[Dish], lexicon: Lexicon, random, number: int) -> None:
    dish = dishes[number]
    order = list(range(len(dish.portions)))
    random.shuffle(order)
    assert len(text_of(dish, lexicon, order).encode()) == len(text_of(dish, lexicon).encode())
