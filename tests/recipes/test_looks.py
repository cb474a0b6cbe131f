"""The tables about the dishes: counts add up, nothing divides by zero."""

from __future__ import annotations

import pandas as pd

from dish_pipeline.recipes import looks

COLUMNS = ["course", "cuisine", "split", "title", "lines", "lines_resolved", "food_ids", "grams"]
DISHES = pd.DataFrame(
    [
        ("main", "Italian", "train", "Risotto", 3, 3, ["rice", "butter"], [80.0, 10.0]),
        ("main", "", "test", "Pilaf", 3, 2, ["rice"], [90.0]),
        ("side", "Italian", "train", "Buttered peas", 2, 2, ["pea", "butter"], [60.0, None]),
    ],
    columns=COLUMNS,
)
MENTIONS = pd.DataFrame([("rice", 80.0), ("butter", 10.0), (None, None), ("pea", None)], columns=["food_id", "g_mid"])
NOTHING = pd.DataFrame(columns=COLUMNS)


def test_courses_and_cuisines_add_up() -> None:
    found = looks.by_course(DISHES)
    assert found.columns.tolist() == ["course", "dishes", "train", "test"]
    assert found.values.tolist() == [["main", 2, 1, 1], ["side", 1, 1, 0]]
    assert looks.by_cuisine(DISHES).to_dict("records") == [{"cuisine": "Italian", "dishes": 2}, {"cuisine": "not stated", "dishes": 1}]


def test_lengths_leave_out_dishes_without_all_amounts() -> None:
    grams = looks.lengths(DISHES).set_index("of a dish").loc["grams a serving"]
    assert (grams["least"], grams["most"]) == (90.0, 90.0)


def test_the_commonest_and_the_rarest_foods() -> None:
    common, rare, count, once = looks.foods(DISHES, {"rice": "white rice"}, count=2)
    assert common.values.tolist() == [["butter", 2], ["white rice", 2]]
    assert rare.values.tolist() == [["pea", 1], ["white rice", 2]]
    assert (count, once) == (3, 1)


def test_coverage_counts_lines_recipes_foods_and_amounts() -> None:
    assert looks.coverage(DISHES, MENTIONS) == {"lines": 7 / 8, "whole recipes": 2 / 3, "foods named": 3 / 4, "foods with an amount": 2 / 3}


def test_the_pool_and_what_keeps_it_open() -> None:
    verdicts = pd.DataFrame(
        [
            ("coeliac", "unknown", ["stock: gluten"]), ("coeliac", "pass", []), ("vegan", "fail", ["butter"]),
            ("vegan", "unknown", ["stock: gluten"]),
            ("ckd", "unknown", ["sodium: 900 per serving", "stock: gluten"]),
        ],
        columns=["profile", "verdict", "open_points"],
    )
    assert looks.pool(verdicts).to_dict("records")[0] == {"profile": "ckd", "pass": 0, "unknown": 1, "fail": 0}
    assert looks.open_points(verdicts).values.tolist() == [["stock: gluten", 3], ["sodium: 900", 1]]


def test_nothing_at_all_is_no_error() -> None:
    assert looks.by_course(NOTHING).empty and looks.by_cuisine(NOTHING).empty and looks.lengths(NOTHING).empty
    assert looks.coverage(NOTHING, MENTIONS.head(0)) == {"lines": 0.0, "whole recipes": 0.0, "foods named": 0.0, "foods with an amount": 0.0}
