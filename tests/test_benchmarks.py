"""What the benchmarks decide themselves: when a food, an amount or a figure counts as right. No peer, no shared folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import nutrition, parsing, resolution
from dish_pipeline.dietetics.parsing import Line, Mention
from dish_pipeline.dietetics.wording import phrase
from dish_pipeline.dish import Interval


def a_gold(foods: str, amount: tuple[float, float, str] | None = None, grams: tuple[float, float] | None = None) -> parsing.Gold:
    names = tuple(tuple(phrase(name) for name in food.split("/")) for food in foods.split("|") if food)
    return parsing.Gold("a line", names, amount, True, grams, False, len(names) > 1)


Amount = tuple[float, float, str]


def a_reading(*names: str, exact: bool, texts: str = "", amounts: tuple[Amount, ...] = (), units: tuple[str, ...] = ()) -> parsing.Read:
    return parsing.Read(tuple((phrase(name),) for name in names), (phrase(texts),), amounts, (), units, False, len(names) > 1, exact)


@pytest.mark.parametrize(("read", "exact", "right"), [
    ("butter", True, True), ("peanut butter", True, False), ("unsalted butters", False, True), ("buttermilk", False, False),
    ("salt and butter", True, True), ("Bütter", True, True),
])
def test_when_a_name_is_the_food(read: str, exact: bool, right: bool) -> None:
    assert parsing.same_food([phrase("butter")], [phrase(read)], exact) is right


def test_a_food_missed_and_a_food_too_many_are_counted() -> None:
    found = parsing.score(a_gold("butter|oil/olive oil"), a_reading("olive oil", "lard", exact=True, texts="butter"))
    assert (found["gold"], found["found"], found["read"], found["extra"], found["anywhere"], found["foods"]) == (2, 1, 2, 1, 2, 0)


@pytest.mark.parametrize(("gold", "read", "units", "right"), [
    ((0.333, 0.333, "cup"), (1 / 3, 1 / 3, "cup"), (), 1),
    ((1.5, 1.5, "cup"), (0.5, 1.0, "cup"), (), 0),
    ((1, 1, "tbsp"), (1, 1, "tsp"), (), 0),
    ((2, 2, "clove"), (2, 2, ""), (), 0),
    ((2, 2, "clove"), (2, 2, ""), ("clove",), 1),
    ((2, 2, "tbsp"), (2, 2, ""), ("clove",), 0),
    ((5, 5, ""), (5, 5, "garlic"), (), 1),
])
def test_when_an_amount_is_right(gold: tuple[float, float, str], read: tuple[float, float, str], units: tuple[str, ...], right: int) -> None:
    assert parsing.score(a_gold("garlic", gold), a_reading("garlic", exact=True, amounts=(read,), units=units))["amount"] == right


def test_an_amount_where_none_is_makes_the_line_wrong() -> None:
    found = parsing.score(a_gold("salt"), a_reading("salt", exact=True, amounts=((1, 1, ""),)))
    assert (found["foods"], found["no amount"], found["amount"], found["whole"]) == (1, 0, None, 0)


@pytest.mark.parametrize(("read", "holds", "closely"), [
    ((100, 100), True, True), ((0, 100), True, False), ((90, None), True, False), ((0, 90), False, False), ((105, 120), False, False),
])
def test_when_grams_hold_the_stated_mass(read: tuple[float, float | None], holds: bool, closely: bool) -> None:
    assert parsing.holds((100, 100), read) is holds
    assert parsing.holds((100, 100), read, closely=True) is closely


@pytest.mark.parametrize(("word", "unit"), [
    ("Tablespoons", "tbsp"), ("bunches", "bunch"), ("large cloves", "clove"), ("oz can", "can"), ("large", ""), ("", ""), ("g", "g"),
    ("inches", "inch"),
])
def test_units_have_one_word(word: str, unit: str) -> None:
    assert parsing.unit_of(word) == unit


def test_the_labels_can_be_read_and_agree_with_themselves() -> None:
    lines = parsing.gold_lines()
    assert len(lines) >= 300
    assert len({line.line for line in lines}) == len(lines)
    for line in lines:
        assert line.amount is None or 0 < line.amount[0] <= line.amount[1], line.line
        assert not line.alternatives or len(line.foods) > 1, line.line


def test_our_reader_says_what_it_reads() -> None:
    read = parsing.our_reader()("2 tbsp butter or oil (optional)")
    assert parsing.score(a_gold("butter|oil", (2, 2, "tbsp")), read)["whole"] == 1
    assert read.alternatives and read.optional


@pytest.mark.parametrize(("ours", "stated", "error"), [(110.0, 100.0, 0.1), (50.0, 100.0, -0.5), (1.0, 0.0, 2.0)])
def test_relative_error(ours: float, stated: float, error: float) -> None:
    assert nutrition.relative_error(ours, stated) == pytest.approx(error)


@pytest.mark.parametrize(("stated", "ours", "inside"), [
    (1.0, Interval(1.4, 2.0, 3.0), True), (1.0, Interval(1.6, 2.0, 3.0), False), (3.63, Interval(3.64, 3.7, 4.0), False),
    (500.0, Interval(1.0, None, None), True), (500.0, Interval(1.0, 2.0, 400.0), False),
])
def test_a_stated_value_may_have_been_rounded(stated: float, ours: Interval, inside: bool) -> None:
    assert nutrition.within_bounds(stated, ours) is inside


@pytest.mark.parametrize(("text", "figures"), [
    ("159 calories per slice", {"energy_kcal": 159}),
    ("Calories: 119; Dietary fiber, 1 g; Unsaturated fat 2.75 g; Total fat 3.63 g; Sodium, 135 mg.",
     {"energy_kcal": 119, "fat_g": 3.63, "sodium_mg": 135}),
    ("Calories 1,136, Calories from fat 31, saturated fat 1g, carbs: 25 g", {"energy_kcal": 1136, "carbohydrate_g": 25}),
    ("Trim the fat and bake for 20 minutes.", {}),
])
def test_figures_in_a_sentence(text: str, figures: dict[str, float]) -> None:
    assert nutrition.figures_in(text) == figures


def test_figures_of_json_are_found_by_title(tmp_path: Path) -> None:
    page = {"@graph": [{"name": "Soup", "nutrition": {"calories": "1000 kJ", "sodiumContent": "1.2 g", "fatContent": "3 g"}}]}
    (tmp_path / "page.html").write_text(f'<script type="application/ld+json">{json.dumps(page)}</script>', encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text('{"title": "Stew", "nutrition": {"calories": "1,200 kcal"}}\nbroken\n', encoding="utf-8")
    found = nutrition.raw_figures(tmp_path)
    assert found["Soup"] == pytest.approx({"energy_kcal": 239.0, "sodium_mg": 1200.0, "fat_g": 3.0}, rel=0.01)
    assert found["Stew"] == {"energy_kcal": 1200.0}


def test_a_summary_counts_what_is_open() -> None:
    def row(stated: float, ours: Interval, middle: float, foods: tuple[str, ...] = ()) -> nutrition.Beside:
        return nutrition.Beside("a dish", "energy_kcal", stated, ours, middle, ours.mid is None, foods, ())

    rows = [row(100, Interval(90, 110, 130), 110), row(100, Interval(50, None, None), 80, ("oil",)), row(100, Interval(120, 150, 180), 150)]
    found = nutrition.summary(rows)
    assert (found["part"], found["open above"], found["left open by"]) == (1, 1, {"oil": 1})
    assert (found["error"], found["bias"], found["inside"], found["inside of bounded"]) == pytest.approx((0.2, 0.1, 2 / 3, 0.5))
    assert [r.middle for r in nutrition.worst([*rows, row(10, Interval(0, 25, 30), 25)])] == [150]


def test_a_heading_is_no_line_and_an_empty_recipe_not_resolved() -> None:
    unknown, heading = Line("xyzzy", (Mention(None, "xyzzy", None),)), Line("For the sauce:", heading=True)
    found = resolution.resolved([[heading], [heading, unknown], []])
    assert (found["lines"].total(), found["recipes"][True], found["recipes"][False], dict(found["unknown"])) == (1, 0, 3, {"xyzzy": 1})
