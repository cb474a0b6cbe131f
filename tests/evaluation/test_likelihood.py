"""The measure of all models: the order-marginal bound and its bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from math import factorial, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import Dish
from dish_pipeline.evaluation.likelihood import Measured, bootstrap, difference, measure, random_orders, summary, text_bytes
from dish_pipeline.model.baselines import PopularityBag
from dish_pipeline.model.text import text_of
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer

FOODS = PARTS.index("foods")
VALUES = st.lists(st.floats(0, 1e4), min_size=1, max_size=60).map(np.array)


def _exchangeable(dishes: Sequence[Dish], orders: Sequence[Sequence[int]]) -> np.ndarray:
    """A model to which every order is equally likely: the bits of the set, and log2(n!) for the order."""
    bits = np.tile([2.5, 0.0, 4.0, 30.0], (len(dishes), 1))
    bits[:, FOODS] = [_bits_of_set(d) + log2(factorial(len(d.portions))) for d in dishes]
    return bits


def _bits_of_set(dish: Dish) -> float:
    return 3.0 * len(dish.portions) + len(dish.title) / 7


@pytest.mark.parametrize("orders", [1, 3])
def test_the_bound_is_exact_for_a_model_to_which_order_means_nothing(dishes: list[Dish], orders: int) -> None:
    measured = measure("exchangeable", _exchangeable, dishes, orders, 5)
    np.testing.assert_allclose(measured.parts[:, FOODS], [_bits_of_set(d) for d in dishes], atol=1e-9)
    np.testing.assert_allclose(measured.per_dish, [_bits_of_set(d) + 36.5 for d in dishes], atol=1e-9)


def test_the_bound_never_lies_below_the_bits_of_the_set(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    bag = PopularityBag(dishes[:80], tokenizer)
    few = [d for d in dishes[80:] if len(d.portions) <= 4][:6]
    assert len(few) == 6
    for dish in few:
        orders = list(permutations(range(len(dish.portions))))
        sequences = bag.part_bits([dish] * len(orders), orders).sum(axis=1)
        exact = -log2(sum(2.0**-bits for bits in sequences))
        bound = sequences.mean() - log2(len(orders))
        assert exact <= bound < exact + 0.5
        drawn = measure("bag", bag.part_bits, [dish], 60, 0).per_dish[0]
        assert drawn == pytest.approx(bound, abs=0.2)


def test_only_the_foods_are_credited_for_their_orders(dishes: list[Dish]) -> None:
    flat = measure("flat", lambda d, o: np.ones((len(d), len(PARTS))), dishes, 2, 0)
    expected = np.ones((len(dishes), len(PARTS)))
    expected[:, FOODS] -= [log2(factorial(len(d.portions))) for d in dishes]
    np.testing.assert_allclose(flat.parts, expected)


def test_the_orders_are_permutations_the_same_for_the_same_seed_and_others_for_each_run(dishes: list[Dish]) -> None:
    seen: list[list[list[int]]] = []

    def watch(given_dishes: Sequence[Dish], orders: Sequence[Sequence[int]]) -> np.ndarray:
        seen.append([list(o) for o in orders])
        return np.zeros((len(given_dishes), len(PARTS)))

    measure("watch", watch, dishes, 3, 7)
    assert all(sorted(o) == list(range(len(d.portions))) for run in seen for o, d in zip(run, dishes, strict=True))
    assert seen[0] == random_orders(dishes, 7)
    assert seen[0] != seen[1] != seen[2]


def test_an_order_does_not_depend_on_which_dishes_come_after(dishes: list[Dish]) -> None:
    assert random_orders(dishes[:10], 3) == random_orders(dishes, 3)[:10]


@given(VALUES, st.integers(0, 1000))
def test_the_interval_holds_the_mean(values: np.ndarray, seed: int) -> None:
    found = bootstrap(values, seed, 300)
    slack = 1e-9 * (1 + abs(found["mean"]))
    assert found["mean"] == pytest.approx(values.mean())
    assert found["lo"] - slack <= found["mean"] <= found["hi"] + slack
    assert values.min() - slack <= found["lo"] and found["hi"] <= values.max() + slack


def test_the_interval_holds_the_true_mean_about_nineteen_times_of_twenty() -> None:
    rng = np.random.default_rng(0)
    found = [bootstrap(rng.exponential(10.0, 80), i, 300) for i in range(200)]
    assert 0.88 <= np.mean([f["lo"] <= 10.0 <= f["hi"] for f in found]) <= 0.99


def test_more_dishes_give_a_narrower_interval() -> None:
    values = np.random.default_rng(0).exponential(10.0, 1600)
    wide, narrow = bootstrap(values[:100], 0), bootstrap(values, 0)
    assert narrow["hi"] - narrow["lo"] < 0.5 * (wide["hi"] - wide["lo"])


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(0).exponential(10.0, 50)
    assert bootstrap(values, 3) == bootstrap(values, 3)
    assert bootstrap(values, 3) != bootstrap(values, 4)


def test_with_weights_the_figure_is_the_ratio_of_the_sums() -> None:
    values, weights = np.array([10.0, 30.0, 20.0]), np.array([1.0, 4.0, 5.0])
    found = bootstrap(values, 0, weights=weights)
    assert found["mean"] == 6.0
    assert 4.0 <= found["lo"] <= 6.0 <= found["hi"] <= 10.0


@given(st.lists(st.floats(1, 1e3), min_size=1, max_size=40).map(np.array), st.floats(0.1, 10))
def test_values_in_proportion_to_their_weights_have_no_spread(weights: np.ndarray, share: float) -> None:
    found = bootstrap(share * weights, 0, 100, weights)
    assert list(found.values()) == pytest.approx([share] * 3)


def test_weights_of_one_change_nothing() -> None:
    values = np.random.default_rng(0).exponential(10.0, 50)
    assert bootstrap(values, 3, weights=np.ones(50)) == bootstrap(values, 3)


def test_an_empty_test_split_is_refused() -> None:
    with pytest.raises(ValueError, match="the test split is empty"):
        bootstrap(np.zeros(0), 0)


def test_bytes_are_those_of_the_canonical_text(dishes: list[Dish], lexicon: Lexicon) -> None:
    found = text_bytes(dishes, lexicon)
    assert found.tolist() == [len(text_of(d, lexicon).encode()) for d in dishes]
    accented = next(i for i, d in enumerate(dishes) if "cream_fresh" in d.food_ids)
    assert found[accented] > len(text_of(dishes[accented], lexicon))


def test_the_summary_holds_the_figures_of_all_parts(dishes: list[Dish], lexicon: Lexicon) -> None:
    measured = measure("exchangeable", _exchangeable, dishes, 1, 5)
    counts = text_bytes(dishes, lexicon)
    found = summary(measured, counts, 0, 100)
    assert found["bits_per_dish"]["mean"] == pytest.approx(measured.per_dish.mean())
    assert found["bits_per_byte"]["mean"] == pytest.approx(measured.per_dish.sum() / counts.sum())
    assert sum(p["mean"] for p in found["parts"].values()) == pytest.approx(found["bits_per_dish"]["mean"])
    assert tuple(found["parts"]) == PARTS


def test_a_difference_is_taken_dish_by_dish() -> None:
    spread = np.random.default_rng(0).exponential(50.0, (40, len(PARTS)))
    better, worse = Measured("better", spread), Measured("worse", spread + 0.5)
    assert list(difference(better, worse, 0, 200).values()) == pytest.approx([-2.0] * 3)
