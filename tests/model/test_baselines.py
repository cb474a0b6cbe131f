"""The counting models: proper probabilities, finite for what was never seen, better than knowing nothing."""

from __future__ import annotations

from collections import Counter
from math import isfinite, log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Portion
from dish_pipeline.model import baselines
from dish_pipeline.model.baselines import CoOccurrence, KneserNey, PopularityBag, choices, fit_all, popular_foods
from dish_pipeline.model.text import GRID
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer

ALL_COURSES = (*COURSES, UNKNOWN_COURSE)
FOODS = 42


@pytest.fixture(scope="module")
def bag(dishes: list[Dish], tokenizer: DishTokenizer) -> PopularityBag:
    return PopularityBag(dishes[:90], tokenizer)


@pytest.fixture(scope="module")
def pairs(dishes: list[Dish], tokenizer: DishTokenizer) -> CoOccurrence:
    return CoOccurrence(dishes[:90], tokenizer, dishes[90:105], 3)


@pytest.fixture(scope="module")
def ngram(dishes: list[Dish], tokenizer: DishTokenizer) -> KneserNey:
    return KneserNey(dishes[:90], tokenizer, dishes[90:105], 3)


@pytest.fixture
def held_out(dishes: list[Dish]) -> list[Dish]:
    return dishes[105:]


def _as_written(dishes: list[Dish]) -> list[list[int]]:
    return [list(range(len(d.portions))) for d in dishes]


@pytest.mark.parametrize("model", ["bag", "pairs"])
@given(course=st.sampled_from(ALL_COURSES), used=st.lists(st.integers(0, FOODS - 1), unique=True, max_size=FOODS - 1))
def test_the_next_food_is_a_distribution_over_the_foods_not_used_yet(model: str, bag, pairs, course: str, used: list[int]) -> None:
    found = {"bag": bag, "pairs": pairs}[model].next_food(course, used)
    assert found.shape == (FOODS,)
    assert abs(found.sum() - 1) < 1e-9
    assert (found[used] == 0).all()
    assert (np.delete(found, used) > 0).all()


@pytest.mark.parametrize("course", ALL_COURSES)
def test_the_lengths_of_a_course_are_a_distribution(bag: PopularityBag, course: str) -> None:
    going_on, total = 1.0, 0.0
    for length in range(1, 200):
        stop = bag.stop_probability(course, length)
        assert 0 < stop < 1
        total += going_on * stop
        going_on *= 1 - stop
    assert total == pytest.approx(1, abs=1e-9)


def test_courses_and_amounts_are_distributions_also_for_a_food_never_seen(bag: PopularityBag, dishes: list[Dish]) -> None:
    assert sum(2 ** -bag.shared.course_bits(c) for c in ALL_COURSES) == pytest.approx(1, abs=1e-9)
    seen = {f for d in dishes[:90] for f in d.food_ids}
    assert seen < set(bag.foods)
    for food_id in [*bag.foods, "no food at all"]:
        assert sum(2 ** -bag.shared.amount_bits(food_id, g) for g in (*GRID, None)) == pytest.approx(1, abs=1e-9)


def test_the_next_piece_of_a_title_is_a_distribution(bag: PopularityBag, tokenizer: DishTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    class OnePiece:
        """A title that is a number stands for the piece of that id."""

        @staticmethod
        def encode(title: str) -> list[int]:
            return [int(title)] if title else []

    monkeypatch.setattr(tokenizer, "pieces", OnePiece())
    end = 2 ** -bag.shared.title_bits("")
    possible = np.flatnonzero(tokenizer.grammar[PARTS.index("title")]).tolist()
    pieces = sum(2 ** -bag.shared.title_bits(str(i)) / end for i in possible if i != tokenizer.end)
    assert end + pieces == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_the_ngram_gives_a_distribution_after_any_context(ngram: KneserNey, dishes: list[Dish], tokenizer: DishTokenizer, n: int) -> None:
    fitted = KneserNey.__new__(KneserNey)
    fitted.tokenizer = tokenizer
    rows = [tokenizer.encode(d).ids.tolist() for d in dishes[:90]]
    fitted._fit(rows, n)
    rng = np.random.default_rng(n)
    contexts = [tuple(rng.integers(0, tokenizer.size, n - 1).tolist()) for _ in range(5)]
    contexts += [tuple([tokenizer.start] * (n - 1)), *(tuple(rows[i][5 : 5 + n - 1]) for i in range(5))]
    for context in contexts:
        probabilities = [fitted.probability(context, token) for token in range(tokenizer.size)]
        assert min(probabilities) > 0
        assert sum(probabilities) == pytest.approx(1, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(context=st.lists(st.integers(0, 511), min_size=4, max_size=4))
def test_the_chosen_ngram_gives_a_distribution_too(ngram: KneserNey, tokenizer: DishTokenizer, context: list[int]) -> None:
    before = tuple(context[: ngram.n - 1])
    assert sum(ngram.probability(before, token) for token in range(tokenizer.size)) == pytest.approx(1, abs=1e-9)


def test_a_token_seen_after_a_context_is_likelier_than_one_never_seen_there(ngram: KneserNey, tokenizer: DishTokenizer) -> None:
    start = (tokenizer.start,) * (ngram.n - 1)
    assert ngram.probability(start, tokenizer.course_ids["main"]) > 20 * ngram.probability(start, tokenizer.end)


def test_the_discounts_follow_chen_and_goodman_or_fall_back() -> None:
    y = 100 / (100 + 2 * 40)
    expected = (1 - 2 * y * 40 / 100, 2 - 3 * y * 20 / 40, 3 - 4 * y * 10 / 20)
    assert baselines._discounts(Counter({1: 100, 2: 40, 3: 20, 4: 10})) == pytest.approx(expected)
    assert baselines._discounts(Counter({1: 5, 3: 1})) == (0.5, 1.0, 1.5)


@given(st.dictionaries(st.integers(1, 6), st.integers(1, 10_000)))
def test_no_discount_takes_more_than_was_counted(frequency: dict[int, int]) -> None:
    one, two, more = baselines._discounts(Counter(frequency))
    assert 0 < one < 1 and 0 < two < 2 and 0 < more < 3


def test_foods_never_seen_get_finite_bits_and_more_than_common_ones(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    train = [d for d in dishes if not d.food_ids & {"cod", "mystery_sauce"}]
    strange = Dish("main", "Zyx \u4f60\u597d", (Portion("cod", 1000.0), Portion("mystery_sauce", None), Portion("onion", 50.0)))
    plain = Dish("main", "Zyx \u4f60\u597d", (Portion("chicken", 1000.0), Portion("rice", None), Portion("onion", 50.0)))
    for model in fit_all(train, dishes[100:], tokenizer, 1):
        bits = model.part_bits([strange, plain], [[0, 1, 2]] * 2)
        assert np.isfinite(bits).all() and (bits > 0).all()
        assert bits[0, 1] > bits[1, 1]


def test_every_fitted_baseline_beats_uniform_draws_on_dishes_it_has_not_seen(
    bag: PopularityBag, pairs: CoOccurrence, ngram: KneserNey, held_out: list[Dish], tokenizer: DishTokenizer
) -> None:
    foods = np.array([sum(log2(FOODS - k) for k in range(len(d.portions))) for d in held_out])
    amounts = np.array([len(d.portions) * log2(len(GRID) + 1) for d in held_out])
    titles = np.array([(len(tokenizer.pieces.encode(d.title)) + 1) * log2(tokenizer.grammar[3].sum()) for d in held_out])
    tokens = np.array([(len(tokenizer.encode(d).ids) - 1) * log2(tokenizer.size) for d in held_out])
    for model in (bag, pairs):
        bits = model.part_bits(held_out, _as_written(held_out)).mean(axis=0)
        assert bits[1] < foods.mean(), "though the bits of the number of foods are counted against it"
        assert bits[2] < amounts.mean()
        assert bits[3] < titles.mean()
    assert ngram.part_bits(held_out, _as_written(held_out)).sum(axis=1).mean() < 0.7 * tokens.mean()


def test_the_parts_of_the_ngram_sum_to_the_product_of_its_probabilities(ngram: KneserNey, held_out: list[Dish], tokenizer: DishTokenizer) -> None:
    dish = held_out[0]
    order = list(range(len(dish.portions)))[::-1]
    ids = [tokenizer.start] * (ngram.n - 1) + tokenizer.encode(dish, order).ids.tolist()[1:]
    whole = sum(-log2(ngram.probability(tuple(ids[i - ngram.n + 1 : i]), ids[i])) for i in range(ngram.n - 1, len(ids)))
    bits = ngram.part_bits([dish], [order])
    assert bits.shape == (1, len(PARTS))
    assert bits.sum() == pytest.approx(whole)


def test_the_bits_of_a_bag_are_those_of_its_draws_one_after_another(bag: PopularityBag) -> None:
    dish = Dish("main", "Rice", (Portion("rice", 60.0), Portion("cod", None)))
    bits = bag.part_bits([dish], [[1, 0]])[0]
    rice, cod = bag.index["rice"], bag.index["cod"]
    chance = bag.next_food("main", [])[cod] * (1 - bag.stop_probability("main", 1)) * bag.next_food("main", [cod])[rice]
    assert bits[1] == pytest.approx(-log2(chance * bag.stop_probability("main", 2)))
    assert bits[2] == pytest.approx(bag.shared.amount_bits("rice", 60.0) + bag.shared.amount_bits("cod", None))
    assert bits[0] == bag.shared.course_bits("main")


def test_a_food_that_always_stands_beside_another_is_expected_there(tokenizer: DishTokenizer) -> None:
    both = Dish("main", "a", (Portion("rice", 60.0), Portion("salmon", 100.0))), Dish("main", "b", (Portion("oats", 60.0), Portion("milk", 100.0)))
    train = [*both] * 20
    bag, pairs = PopularityBag(train, tokenizer), CoOccurrence(train, tokenizer, train[:4], 0)
    rice, salmon = bag.index["rice"], bag.index["salmon"]
    assert pairs.next_food("main", [rice])[salmon] > 1.5 * bag.next_food("main", [rice])[salmon]


def test_without_validation_dishes_the_baselines_are_fitted_all_the_same(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    for model in fit_all(dishes[:10], [], tokenizer, 0):
        assert isfinite(model.part_bits(dishes[:3], _as_written(dishes[:3])).sum())


def test_fitting_twice_gives_the_same_model(
    pairs: CoOccurrence, ngram: KneserNey, dishes: list[Dish], held_out: list[Dish], tokenizer: DishTokenizer
) -> None:
    again = fit_all(dishes[:90], dishes[90:105], tokenizer, 3)
    orders = _as_written(held_out)
    for one, other in zip((pairs, ngram), again[1:], strict=True):
        assert np.array_equal(one.part_bits(held_out, orders), other.part_bits(held_out, orders))


def test_the_ngram_reads_no_more_tokens_than_its_bound(dishes: list[Dish], tokenizer: DishTokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "MOST_FITTED_TOKENS", 100)
    fitted = KneserNey(dishes[:90], tokenizer, [], 0)
    longest = max(len(tokenizer.encode(d).ids) for d in dishes)
    assert sum(fitted.levels[0][0].values()) <= 100 + longest


def test_the_choices_are_told(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    found = choices(fit_all(dishes[:40], dishes[40:50], tokenizer, 0))
    assert found["n-gram"]["order"] in (3, 4, 5) and found["n-gram"]["copies"] in (1, 4)
    assert found["co-occurrence"]["share"] in (0.2, 0.4, 0.6, 0.8)


def test_the_popular_foods_of_a_course_are_counted_by_dish(tokenizer: DishTokenizer) -> None:
    rice, egg = Portion("rice", 60.0), Portion("egg", None)
    train = [Dish("main", "a", (rice, egg)), Dish("main", "b", (rice,)), Dish("x", "c", (egg,))]
    found = popular_foods(train, tokenizer)
    assert found.to_dict("split")["data"] == [
        ["main", "rice", "rice", 2, 1.0], ["main", "egg", "egg", 1, 0.5], [UNKNOWN_COURSE, "egg", "egg", 1, 1.0],
    ]
