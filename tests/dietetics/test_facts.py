"""The one rule: contains > unknown > free. More lines, an unknown word or a missing amount never make a dish look safer."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics.facts import Facts, facts_of, items_of_dish, items_of_lines
from dish_pipeline.dietetics.lexicon import NUTRIENTS, Lexicon
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dietetics.profiles import Profile, Rule, judge
from dish_pipeline.dish import Dish, Interval, Portion, Tri

FOUR = Interval(4.0, 4.0, 4.0)
AMOUNTS = ("100 g", "1 cup", "2", "2 tbsp", "", "1 can (400 g)", "a pinch of", "1/0 cup", "6")
FOODS = (
    "onion", "garlic", "flour", "rice flour", "butter", "oil", "milk", "coconut milk", "peanut butter", "butter beans", "eggs", "egg noodles",
    "soy sauce", "tinned chickpeas", "canned tomatoes", "tomatoes", "lemon juice", "lemon zest", "salt", "black pepper", "rice", "walnuts",
    "cheddar", "water", "brown sauce", "market pickle", "sausages", "celery", "gluten-free soy sauce", "butter or oil", "salt and pepper",
    "vegan sausages", "xyzzy powder", "dairy-free butter", "sugar", "parsley",
)
ingredient = st.tuples(st.sampled_from(AMOUNTS), st.sampled_from(FOODS)).map(" ".join)
ingredients = st.lists(ingredient, max_size=7)


def facts(parser: LineParser, lines: list[str], servings: Interval | None = FOUR) -> Facts:
    return facts_of(items_of_lines([parser.parse(line) for line in lines]), servings, parser.lexicon)


def everything(lexicon: Lexicon) -> list[Profile]:
    """A profile for every absence, and maxima and minima for every figure of the kitchen."""
    rules = [Rule("absent", key, None, None, (), "made up") for key in lexicon.keys]
    for nutrient in ("sodium_mg", "carbohydrate_g", "fiber_g", "potassium_mg"):
        rules += [Rule("nutrient", nutrient, None, limit, (), "made up") for limit in (0.0, 5.0, 50.0, 5e5)]
        rules += [Rule("nutrient", nutrient, limit, None, (), "made up") for limit in (0.5, 5.0, 50.0)]
    return [Profile(f"{r.kind} {r.key} {r.at_least} {r.at_most}", "x", "x", (r,), ()) for r in rules]


def verdicts(found: Facts, lexicon: Lexicon) -> dict[str, str]:
    return {p.profile: judge(found, "main", p).verdict for p in everything(lexicon)}


@given(ingredients, ingredient)
@settings(max_examples=150, deadline=None)
def test_adding_a_line_never_turns_an_absence_towards_pass(parser: LineParser, lines: list[str], more: str) -> None:
    before, after = (verdicts(facts(parser, found), parser.lexicon) for found in (lines, [*lines, more]))
    severity = ("pass", "unknown", "fail")
    for profile, verdict in before.items():
        if profile.startswith("absent") and lines:
            assert severity.index(after[profile]) >= severity.index(verdict)


@given(ingredients, ingredient)
@settings(max_examples=150, deadline=None)
def test_adding_a_line_never_lets_a_maximum_pass_that_did_not(parser: LineParser, lines: list[str], more: str) -> None:
    before, after = (facts(parser, found).nutrients for found in (lines, [*lines, more]))
    for nutrient in NUTRIENTS if lines else ():
        low, high = before[nutrient].hi, after[nutrient].hi
        assert after[nutrient].lo >= before[nutrient].lo
        assert high is None or (low is not None and high >= low)


@given(ingredients, st.integers(0, 7), st.sampled_from(["xyzzy powder", "100 g xyzzy", "1 cup plugh", "a pinch of xyzzy", "1 egg and xyzzy"]))
@settings(max_examples=150, deadline=None)
def test_an_unknown_word_leaves_no_absence_and_no_maximum_passed(parser: LineParser, lines: list[str], place: int, unknown: str) -> None:
    found = verdicts(facts(parser, [*lines[:place], unknown, *lines[place:]]), parser.lexicon)
    for profile in everything(parser.lexicon):
        if profile.rules[0].at_least is None:
            assert found[profile.profile] in ("unknown", "fail")


@given(ingredients, st.randoms(use_true_random=False), st.data())
@settings(max_examples=100, deadline=None)
def test_order_and_repetition_of_lines_change_no_fact(parser: LineParser, lines: list[str], chance: random.Random, data: st.DataObject) -> None:
    repeated = [*lines, *data.draw(st.lists(st.sampled_from(lines), max_size=3))] if lines else []
    chance.shuffle(repeated)
    assert facts(parser, repeated).status == facts(parser, lines).status


@given(ingredients, st.floats(0.25, 40))
@settings(max_examples=100, deadline=None)
def test_nutrients_fall_as_servings_rise(parser: LineParser, lines: list[str], servings: float) -> None:
    one, more = facts(parser, lines, Interval(1.0, 1.0, 1.0)), facts(parser, lines, Interval(servings, servings, servings))
    assert one.status == more.status
    for nutrient in NUTRIENTS if lines else ():
        whole, part = one.nutrients[nutrient], more.nutrients[nutrient]
        assert part.lo == pytest.approx(whole.lo / servings)
        assert part.hi == (None if whole.hi is None else pytest.approx(whole.hi / servings))


def test_a_range_of_servings_takes_the_fewest_for_the_most_and_the_most_for_the_least(parser: LineParser) -> None:
    amount = facts(parser, ["600 g beef"], Interval(4.0, 5.0, 6.0)).nutrients["sodium_mg"]
    assert (amount.lo, amount.hi) == (pytest.approx(6 * 48 / 6), pytest.approx(6 * 72 / 4))
    assert amount.mid == pytest.approx(6 * 60 / 5)


@given(ingredients)
@settings(max_examples=50, deadline=None)
def test_without_servings_no_nutrient_is_known_but_facts_are(parser: LineParser, lines: list[str]) -> None:
    found = facts(parser, lines, None)
    assert found.status == facts(parser, lines).status
    for nutrient in NUTRIENTS:
        assert found.nutrients[nutrient] == Interval(0.0, None, None)
        assert found.doubt[nutrient]


@pytest.mark.parametrize("servings", [Interval(0.0, 0.0, 0.0), Interval(0.0, 2.0, 4.0), Interval(1.0, None, None)])
def test_servings_that_cannot_be_divided_by_leave_nutrients_unknown(parser: LineParser, servings: Interval) -> None:
    assert facts(parser, ["100 g beef"], servings).nutrients["sodium_mg"] == Interval(0.0, None, None)


@given(st.sampled_from(FOODS))
@settings(deadline=None)
def test_a_line_without_an_amount_contains_as_much_as_one_with(parser: LineParser, food: str) -> None:
    assert facts(parser, [food]).status == facts(parser, [f"100 g {food}"]).status


def test_a_line_without_an_amount_opens_the_upper_bound_and_names_itself(parser: LineParser) -> None:
    found = facts(parser, ["100 g rice", "soy sauce"])
    sodium = found.nutrients["sodium_mg"]
    assert sodium.lo > 0
    assert sodium.hi is None
    assert found.doubt["sodium_mg"] == ("soy sauce",)


def test_a_food_with_none_of_a_nutrient_needs_no_amount(parser: LineParser) -> None:
    assert facts(parser, ["100 g rice", "oil"]).nutrients["sodium_mg"].hi is not None


def test_a_figure_that_is_missing_is_unknown_and_not_zero(parser: LineParser) -> None:
    found = facts(parser, ["100 g market pickle"])
    assert found.nutrients["sodium_mg"].hi is None
    assert found.nutrients["potassium_mg"].hi is None


@pytest.mark.parametrize("lines", [[], ["For the sauce:"], ["", "***"]])
def test_an_empty_dish_is_unknown_in_everything_and_passes_nothing(parser: LineParser, lines: list[str]) -> None:
    found = facts(parser, lines)
    assert set(found.status.values()) == {Tri.UNKNOWN}
    assert set(verdicts(found, parser.lexicon).values()) == {"unknown"}


def test_every_fact_names_what_proves_or_clouds_it(parser: LineParser) -> None:
    found = facts(parser, ["100 g flour", "1 egg", "brown sauce", "xyzzy"])
    assert found.proof["gluten"] == ("flour",)
    assert found.doubt["gluten"] == ("brown sauce", "xyzzy")
    assert "egg" not in found.doubt["gluten"]


def test_a_canonical_dish_has_the_facts_of_its_portions(kitchen: Lexicon) -> None:
    dish = Dish("main", "x", (Portion("rice", 80.0), Portion("walnut", None), Portion("soy_sauce", 10.0)))
    found = facts_of(items_of_dish(dish, kitchen), Interval(1.0, 1.0, 1.0), kitchen)
    assert found.status["nuts"] is found.status["soy"] is Tri.CONTAINS
    assert found.status["egg"] is Tri.FREE
    assert found.nutrients["sodium_mg"].lo == pytest.approx((80 * 5 + 10 * 5600) * 0.8 / 100)
    assert found.nutrients["sodium_mg"].hi is None


@pytest.mark.parametrize("grams", [float("nan"), float("inf"), -1.0, 0.0, None])
def test_a_portion_without_a_sound_amount_is_present_and_its_nutrients_unknown(kitchen: Lexicon, grams: float | None) -> None:
    found = facts_of(items_of_dish(Dish("main", "x", (Portion("walnut", grams),)), kitchen), Interval(1.0, 1.0, 1.0), kitchen)
    assert found.status["nuts"] is Tri.CONTAINS
    assert found.nutrients["sodium_mg"] == Interval(0.0, None, None)


def test_a_food_id_that_the_lexicon_lacks_is_unknown(kitchen: Lexicon) -> None:
    found = facts_of(items_of_dish(Dish("main", "x", (Portion("unobtainium", 5.0),)), kitchen), Interval(1.0, 1.0, 1.0), kitchen)
    assert set(found.status.values()) == {Tri.UNKNOWN}
    assert found.nutrients["sodium_mg"].hi is None


NAN, INF = float("nan"), float("inf")


DISORDER = [(-1.0, 0.0, 1.0), (2.0, 1.0, 3.0), (0.0, 4.0, 3.0), (0.0, None, -1.0), (NAN, 0.0, 1.0), (0.0, NAN, 1.0), (0.0, 0.0, INF)]


@pytest.mark.parametrize("bounds", DISORDER)
def test_an_interval_out_of_order_cannot_be_made(bounds: tuple[float, float | None, float | None]) -> None:
    with pytest.raises(ValueError, match="out of order"):
        Interval(*bounds)
