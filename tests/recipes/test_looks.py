"""The tables about the dishes: counts add up, nothing divides by zero."""

from __future__ import annotations

import pandas as pd

from dish_pipeline.dietetics.facts import Item, facts_of
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile, judge_all
from dish_pipeline.dish import Interval
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


def test_each_profile_says_which_foods_leave_it_open(lexicon: Lexicon, profiles: dict[str, Profile]) -> None:
    one = Interval(1.0, 1.0, 1.0)
    rows = []
    for foods, course in (
        (("bread", "chicken_broth"), "main"), (("chicken_broth", "rice"), "main"), (("rice",), "dessert"), (("market_pickle", "beef"), "main"),
    ):
        items = [Item(lexicon.foods[f], lexicon.foods[f].name, Interval(100.0, 100.0, 100.0)) for f in foods]
        verdicts = judge_all(facts_of(items, one, lexicon), course, profiles.values())
        rows += [(name, v.verdict, list(v.open_points)) for name, v in verdicts.items()]
    frame = pd.DataFrame(rows, columns=["profile", "verdict", "open_points"])
    found = {row["profile"]: (row["unknown"], row["left open by"]) for row in looks.left_open_by(frame).to_dict("records")}
    assert found["no_milk"] == (3, "chicken broth (2), bread (1), market pickle (1)")
    assert found["apart"] == (1, "beef (1), market pickle (1)")
    assert found["low_salt"] == (3, "chicken broth (1), no rule of this profile judges a dessert (1), market pickle (1)")
    assert "pass" not in found
    assert not any(point.startswith("no rule") for point in looks.open_points(frame, 99)["open point"])


def test_nothing_at_all_is_no_error() -> None:
    assert looks.by_course(NOTHING).empty and looks.by_cuisine(NOTHING).empty and looks.lengths(NOTHING).empty
    assert looks.coverage(NOTHING, MENTIONS.head(0)) == {"lines": 0.0, "whole recipes": 0.0, "foods named": 0.0, "foods with an amount": 0.0}
