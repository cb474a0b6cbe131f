"""Amounts: what a line can mean lies between the bounds, and where it may mean more there is no upper bound."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics.amounts import GRAMS, MILLILITRES, grams, is_amount, is_measured, number, quantities
from dish_pipeline.dietetics.lexicon import Lexicon


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 1/2", 1.5), ("1-1/2", 1.5), ("1½", 1.5), ("1 ½", 1.5), ("½", 0.5), ("3/4", 0.75), ("1 / 2", 0.5), ("2,5", 2.5), ("2.5", 2.5), (".5", 0.5),
        ("1 and 1/2", 1.5), ("10", 10), ("1,000", 1000), ("12,500", 12500), ("0,125", 0.125), ("0.125", 0.125), ("2⅔", 2 + 2 / 3),
    ],
)
def test_numbers_are_read(text: str, value: float) -> None:
    assert number(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["1/0", "1 1/0", "", "x", "1/2/3", "1 2", "1.000", "9" * 400, "1/" + "9" * 400 + "x", "nan", "inf", "1e5x"])
def test_what_has_no_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        number(text)


# line, food, lowest, middle and highest grams; None: no upper bound.
READ = [
    ("1 1/2 cups flour", "flour", 150, 187.5, 225),
    ("1-1/2 cups flour", "flour", 150, 187.5, 225),
    ("1½ cups flour", "flour", 150, 187.5, 225),
    ("1 and 1/2 cups flour", "flour", 150, 187.5, 225),
    ("one and a half cups flour", "flour", 150, 187.5, 225),
    ("½ cup flour", "flour", 50, 62.5, 75),
    ("half cup flour", "flour", 50, 62.5, 75),
    ("2-3 tbsp flour", "flour", 12.5, 19.53, 28.13),
    ("2 to 3 tbsp flour", "flour", 12.5, 19.53, 28.13),
    ("2\u20133 tbsp flour", "flour", 12.5, 19.53, 28.13),
    ("1/2-1 tsp flour", "flour", 1.04, 1.95, 3.13),
    ("1,000 g flour", "flour", 1000, 1000, 1000),
    ("1 cup (120 g) flour", "flour", 120, 120, 120),
    ("1 cup/120 g flour", "flour", 120, 120, 120),
    ("1 cup plus 2 tbsp flour", "flour", 112.5, 140.6, 168.8),
    ("2 lb / 900 g beef", "beef", 907, 907.2, 908),
    ("1 1/2-pound beef", "beef", 680.4, 680.4, 680.4),
    ("100 g to 150 g flour", "flour", 100, 100, 150),
    ("200 g flour, plus extra for dusting", "flour", 200, 200, None),
    ("200 g flour, or more", "flour", 200, 200, None),
    ("200 g flour, plus a handful", "flour", 212.5, 225, 237.5),
    ("200 g flour plus 1 slice", "flour", 200, 200, None),
    ("200 g flour, 20 g for the top", "flour", 200, 200, 220),
    ("about 100 g flour", "flour", 85, 100, 115),
    ("1 heaped tbsp flour", "flour", 4.69, 7.81, 15.63),
    ("2 x 400 g tins tomatoes", "canned_tomato", 800, 800, 800),
    ("2x400g tins tomatoes", "canned_tomato", 800, 800, 800),
    ("1 (14 oz) can tomatoes", "canned_tomato", 396.9, 396.9, 396.9),
    ("1 14-oz can tomatoes", "canned_tomato", 396.9, 396.9, 396.9),
    ("1 can (400 g) tomatoes", "canned_tomato", 400, 400, 400),
    ("2 (400 g) tins tomatoes", "canned_tomato", 800, 800, 800),
    ("2 cans (400 g) tomatoes", "canned_tomato", 400, 800, 800),
    ("2 cans (400 g each) tomatoes", "canned_tomato", 800, 800, 800),
    ("2 cans tomatoes", "canned_tomato", 560, 800, 1040),
    ("1 can (400 g) chickpeas, drained", "tinned_chickpea", 220, 240, 400),
    ("4 x 180g cod fillets", "cod_fillet", 720, 720, 720),
    ("4 cod fillets, about 180 g each", "cod_fillet", 612, 720, 828),
    ("4 cod fillets (about 600 g)", "cod_fillet", 510, 600, 690),
    ("2 chicken breasts (400 g)", "chicken_breast", 400, 400, 800),
    ("6 bacon rashers", "bacon", 105, 150, 195),
    ("6 rashers", "rasher", 105, 150, 195),
    ("4 cloves", "clove", 0.28, 0.4, 0.52),
    ("3 large garlic cloves, crushed", "garlic", 7.5, 15, 22.5),
    ("2 heads garlic", "garlic", 56, 80, 104),
    ("2 large onions", "onion", 210, 300, 390),
    ("1 onion", "onion", 77, 110, 143),
    ("half an onion", "onion", 38.5, 55, 71.5),
    ("a couple of onions", "onion", 154, 220, 286),
    ("half a dozen onions", "onion", 462, 660, 858),
    ("2 dozen eggs", "egg", 840, 1200, 1560),
    ("2 pairs of eggs", "egg", 140, 200, 260),
    ("3/4 of a cup flour", "flour", 75, 93.75, 112.5),
    ("1 glass milk", "milk", 123.8, 206.3, 412.5),
    ("a large glass of milk (about 250 ml)", "milk", 206, 257.8, 314.3),
    ("a half wine-glass of water", "water", 30.0, 50.1, 100.1),
    ("15 g sucre a l'ancienne", "sugar", 15, 15, 15),
    ("3T flour", "flour", 6.25, 15.63, 28.1),
    ("1 c. à soupe de sucre", "sugar", 11.9, 12.68, 13.44),
    ("3 tea-spoonfuls flour", "flour", 6.25, 7.81, 9.38),
    ("500 gm flour", "flour", 500, 500, 500),
    # What is counted is a part of the thing, or the whole.
    ("4 pineapple rings", "pineapple", 235, 336, 437),
    ("2 potato halves", "potato", 149, 213, 277),
    ("2 lemon quarters", "lemon", 35, 50, 65),
    ("1 lemon cut into wedges", "lemon", 70, 100, 130),
    ("3 potatoes in chips", "potato", 447, 639, 831),
    ("2 round potatoes", "potato", 298, 426, 554),
    ("2 rounds bread", "bread", 42, 60, 78),
    ("1 round of potato", "potato", 149, 213, 277),
    ("1 day-old bread", "bread", 280, 400, 520),
    ("2 punnets egg noodles", "egg_noodle", 350, 500, 650),
    # A weight in brackets is of all, unless that is absurd.
    ("4 pork shoulder steaks (about 700g)", "pork_shoulder", 595, 700, 805),
    ("4 pork shoulder steaks (180 g)", "pork_shoulder", 720, 720, 720),
    ("8 thin slices beef (about 500 g)", "beef", 425, 500, 575),
    ("1 chicken of 1.5 kg", "chicken", 1500, 1500, 1500),
    ("a grating of nutmeg", "nutmeg", 0.15, 0.3, 0.45),
    ("1 onion, cut into 1-inch pieces", "onion", 77, 110, 143),
    ("1 onion, cut into 8 wedges", "onion", 77, 110, 143),
    ("a 2-inch piece of ginger", "ginger", 18, 30, 60),
    ("1 2-inch piece ginger", "ginger", 18, 30, 60),
    ("5cm piece ginger", "ginger", 15, 30, 45),
    ("1 stick butter", "butter", 79.1, 113, 146.9),
    ("2 sticks (1 cup / 226 g) butter", "butter", 226, 226, 452),
    ("a pinch of salt", "salt", 0.2, 0.4, 0.6),
    ("salt, a pinch", "salt", 0.2, 0.4, 0.6),
    ("pinch of salt", "salt", 0.2, 0.4, 0.6),
    ("a pinch of salt, or to taste", "salt", 0.2, 0.4, None),
    ("1 pint milk", "milk", 458.7, 488, 620.8),
    ("250ml/9fl oz milk", "milk", 242, 257.8, 274),
    ("2% milk 100 g", "milk", 100, 100, 100),
    ("8 oz honey", "honey", 226.8, 226.8, 360.3),
    ("2 cuillères à soupe de sucre", "sugar", 23.9, 25.4, 26.9),
    ("un oignon", "onion", 77, 110, 143),
]


@pytest.mark.parametrize(("line", "food", "lo", "mid", "hi"), READ)
def test_a_line_is_weighed(kitchen: Lexicon, line: str, food: str, lo: float, mid: float, hi: float | None) -> None:
    amount = grams(line, kitchen.foods[food])
    assert amount is not None
    assert amount.lo == pytest.approx(lo, rel=0.01)
    assert amount.mid == pytest.approx(mid, rel=0.01)
    assert amount.hi == (None if hi is None else pytest.approx(hi, rel=0.01))


UNREAD = [
    ("salt to taste", "salt"), ("salt", "salt"), ("1/0 cup flour", "flour"), ("200 g flour, 1/0 cup", "flour"), ("0 g flour", "flour"),
    ("9" * 400 + " g flour", "flour"), ("1,500 kg flour", "flour"), ("1.000 g flour", "flour"), ("a little butter", "butter"),
    ("parsley sprigs", "parsley"), ("1 slice onion", "onion"), ("onion, cut into 1 cm dice", "onion"), ("chopped in a bowl", "onion"),
    ("180 degrees", "onion"), ("1 cup beef", "beef"), ("x" * 2000 + " 1 g", "flour"), ("4 potato slices", "potato"), ("8 lemon leaves", "lemon"),
    ("2 nests of egg noodles", "egg_noodle"), ("1 punnet of lemons", "lemon"), ("2-day-old bread", "bread"), ("2 chicken bones", "chicken"),
    ("1 recipe potatoes", "potato"), ("sucre à l'ancienne", "sugar"),
]


@pytest.mark.parametrize(("line", "food"), UNREAD)
def test_what_cannot_be_weighed_is_none_and_never_zero(kitchen: Lexicon, line: str, food: str) -> None:
    assert grams(line, kitchen.foods[food]) is None


def test_a_volume_of_a_food_without_a_density_is_unknown_but_of_a_liquid_as_water(kitchen: Lexicon) -> None:
    assert grams("100 ml", kitchen.foods["spaghetti"]) is None
    amount = grams("100 ml", kitchen.foods["water"])
    assert amount is not None
    assert amount.mid == pytest.approx(100, rel=0.01)


def test_a_text_says_whether_it_gives_an_amount() -> None:
    assert is_amount("2 onions")
    assert is_amount("1/0 cup")
    assert is_amount("a pinch of")
    assert not is_amount("chopped, to taste")


def test_a_measure_is_told_from_a_count() -> None:
    assert is_measured("2 tbsp")
    assert is_measured("a handful of")
    assert not is_measured("2 large")
    assert not is_measured("3")
    assert not is_measured("1/0 cup")
    assert not is_measured("some")


WORDS = (
    "1", "2", "1/2", "½", "1/0", "1.000", "0", "-", "to", "x", "(", ")", "each", "or", "plus", "and", "a", "half", "dozen", "about", "%",
    ",", "/", "cm", "inch", "large", "heaped", "can", "tin", "cup", "tbsp", "g", "kg", "oz", "fl", "clove", "pinch", "stick", "t", "extra",
    "99999999", "glass", "pair", "of", "rings", "halves", "round", "rounds", "c.", "à", "soupe", "day", "-old", "weighing", "nest", "steaks",
)


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)), st.data())
@example("1 1/2 - 1/0", None)
@settings(deadline=None)
def test_any_text_gives_finite_bounds_in_order_or_nothing(kitchen: Lexicon, text: str, data: st.DataObject | None) -> None:
    food = kitchen.foods[data.draw(st.sampled_from(sorted(kitchen.foods))) if data else "flour"]
    amount = grams(text, food)
    if amount is not None:
        assert 0 < amount.lo <= (amount.mid or amount.lo) < math.inf
        assert amount.hi is None or (amount.mid or amount.lo) <= amount.hi < math.inf


@given(st.integers(1, 400), st.sampled_from(sorted(GRAMS)))
@settings(deadline=None)
def test_a_mass_is_exact_in_any_unit(kitchen: Lexicon, count: int, unit: str) -> None:
    amount = grams(f"{count} {unit} beef", kitchen.foods["beef"])
    if count * GRAMS[unit] <= 50_000:
        assert amount is not None
        assert amount.lo == amount.hi == pytest.approx(count * GRAMS[unit])
    else:
        assert amount is None


@given(st.integers(1, 10), st.sampled_from(sorted(MILLILITRES)))
@settings(deadline=None)
def test_twice_the_volume_is_twice_the_weight(kitchen: Lexicon, count: int, unit: str) -> None:
    one, two = (grams(f"{n} {unit} milk", kitchen.foods["milk"]) for n in (count, 2 * count))
    if one is not None and two is not None and one.hi is not None:
        assert (two.lo, two.hi) == (pytest.approx(2 * one.lo), pytest.approx(2 * one.hi))


def test_brackets_and_units_are_told_apart() -> None:
    found = quantities("2 cups (400 g, about 3 tbsp) flour or 3 pounds")
    assert [(q.lo, q.unit, q.in_brackets) for q in found] == [(2, "cup", False), (400, "g", True), (3, "tbsp", True), (3, "pound", False)]
