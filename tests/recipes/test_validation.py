"""Recipes become dishes or refusals: all failures at once, nothing dropped in silence, nothing guessed that facts would rest on."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest

from dish_pipeline.dietetics.facts import facts_of, items_of_lines
from dish_pipeline.dietetics.lexicon import NUTRIENTS, Lexicon
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dish import Dish, Portion, Recipe
from dish_pipeline.recipes import schema
from dish_pipeline.recipes.validation import Validated, dish_of_lines, dishes_of, raw_frame, split_refused, typical_mass, validate
from dish_pipeline.store import tables

LINES = ("200 g rice", "100 g tomato", "1 egg")


@pytest.fixture(scope="module")
def parser(lexicon: Lexicon) -> LineParser:
    return LineParser(lexicon)


def recipe(title: str = "Rice", lines: tuple[str, ...] = LINES, servings: str = "2", file: str = "a.csv", row: int = 1) -> Recipe:
    return Recipe(title, lines, servings, "main", file=file, row=row)


def run(parser: LineParser, *recipes: Recipe) -> Validated:
    return validate(raw_frame(recipes), parser)


BAD = (
    recipe(row=2),
    recipe("", row=3),
    recipe("   ", ("only one line",), row=4),
    recipe("t" * 201, row=5),
    recipe("Too many", tuple(f"{i} g rice" for i in range(10_000)), row=6),
    recipe("Too long", ("1 egg", "x" * 1001), row=7),
    recipe("No lines", (), row=8),
    recipe(file="b.csv", row=9),
    recipe("Good", row=10),
)


def test_every_refused_row_says_file_row_field_reason_and_remedy() -> None:
    accepted, rejected = split_refused(raw_frame(BAD))
    assert accepted["row"].tolist() == [2, 10]
    assert rejected["row"].tolist() == [3, 4, 5, 6, 7, 8, 9]
    assert rejected["file"].tolist() == ["a.csv"] * 6 + ["b.csv"]
    assert list(rejected.columns) == list(schema.REJECTED)
    assert (rejected[["reason", "remedy"]].map(len) > 10).all(axis=None)
    told = rejected.set_index("row")
    assert told.loc[3, "field"] == "title"
    assert "the title is empty" in told.loc[3, "reason"]
    assert "longer than 200" in told.loc[5, "reason"]
    assert told.loc[6, ["field", "reason"]].tolist() == ["ingredients", "more than 60 ingredient lines"]
    assert "split a row that holds several recipes" in told.loc[6, "remedy"]
    assert told.loc[7, ["field", "reason"]].tolist() == ["ingredients", "an ingredient line is longer than 1000 characters"]
    assert told.loc[8, "reason"] == "fewer than 2 ingredient lines"


def test_a_row_with_several_failures_tells_all_of_them_at_once() -> None:
    told = split_refused(raw_frame(BAD))[1].set_index("row").loc[4]
    assert told["field"] == "title; ingredients"
    assert "the title is empty" in told["reason"]
    assert "fewer than 2" in told["reason"]


def test_a_duplicate_names_the_place_of_the_first_and_only_the_first_stays() -> None:
    accepted, rejected = split_refused(raw_frame([recipe(row=2), recipe(file="b.csv", row=3), recipe(file="c.csv", row=4)]))
    assert accepted["row"].tolist() == [2]
    assert rejected["reason"].tolist() == ["the same recipe stands twice: also at a.csv row 2"] * 2
    assert rejected["value"].tolist() == ["Rice", "Rice"]


def test_every_row_is_accepted_or_refused_exactly_once(parser: LineParser) -> None:
    result = run(parser, *BAD)
    assert sorted([*result.dishes["row"], *result.rejected["row"]]) == [r.row for r in BAD]


def test_thousands_of_refusals_are_told_quickly() -> None:
    begun = time.perf_counter()
    assert len(split_refused(raw_frame([recipe(row=i) for i in range(5000)]))[1]) == 4999
    assert time.perf_counter() - begun < 3


def test_no_recipes_give_empty_tables(parser: LineParser, tmp_path: Path) -> None:
    result = run(parser)
    assert (len(result.dishes), len(result.mentions), len(result.rejected)) == (0, 0, 0)
    tables.write(result.mentions, tmp_path / "m.parquet", schema.MENTIONS)
    tables.write(raw_frame([]), tmp_path / "r.parquet", schema.RAW)
    assert len(validate(tables.read(tmp_path / "r.parquet"), parser).dishes) == 0


def test_a_missing_title_or_lines_are_empty_ones() -> None:
    raw = raw_frame([recipe(row=2), recipe("B", row=3), recipe("C", row=4)])
    raw["title"] = [None, "B", "C"]
    raw["lines"] = [["1 egg", "2 eggs"], None, ["1 egg", "2 eggs"]]
    accepted, rejected = split_refused(raw)
    assert accepted["row"].tolist() == [4]
    assert rejected["reason"].tolist() == ["the title is empty", "fewer than 2 ingredient lines"]


def test_a_table_read_back_gives_the_same_result(parser: LineParser, tmp_path: Path) -> None:
    raw = raw_frame(BAD)
    tables.write(raw, tmp_path / "raw.parquet", schema.RAW)
    first, again = validate(raw, parser), validate(tables.read(tmp_path / "raw.parquet"), parser)
    pd.testing.assert_frame_equal(first.dishes, again.dishes, check_dtype=False)
    pd.testing.assert_frame_equal(first.mentions, again.mentions, check_dtype=False)
    pd.testing.assert_frame_equal(first.rejected, again.rejected, check_dtype=False)


def test_results_fit_their_stated_tables(parser: LineParser, tmp_path: Path) -> None:
    result = run(parser, *BAD)
    dishes = result.dishes.assign(cluster="c", split="train")
    tables.write(dishes, tmp_path / "d.parquet", schema.VALIDATED)
    tables.write(result.mentions, tmp_path / "m.parquet", schema.MENTIONS)
    tables.write(result.rejected, tmp_path / "r.parquet", schema.REJECTED)
    assert dishes_of(tables.read(tmp_path / "d.parquet")) == dishes_of(dishes)


def test_a_dish_is_the_recipe_for_one_serving(parser: LineParser) -> None:
    (dish,) = dishes_of(run(parser, recipe(servings="4")).dishes)
    assert dish == Dish("main", "Rice", (Portion("rice", 50.0), Portion("tomato", 25.0), Portion("egg", 12.5)))


def test_of_alternatives_the_dish_takes_the_first_and_the_mentions_all(parser: LineParser) -> None:
    result = run(parser, recipe(lines=("30 g butter or 3 tbsp olive oil", "200 g rice", "salt and pepper or garlic")))
    assert result.dishes["food_ids"][0] == ["butter", "rice", "salt", "pepper"]
    assert set(result.mentions["food_id"]) == {"butter", "olive_oil", "rice", "salt", "pepper", "garlic"}


def test_mentions_hold_everything_that_facts_need(parser: LineParser) -> None:
    result = run(parser, recipe(lines=("200 g rice", "xyzzy", "For the top:", "1 cup gluten-free chicken broth (optional)")))
    rows = result.mentions.astype(object).where(result.mentions.notna(), None)
    assert rows["line"].tolist() == [1, 2, 4, 4]
    assert rows["food_id"].tolist() == ["rice", None, "chicken_broth", None]
    assert rows["cleared"].tolist()[2] == ["gluten"]
    assert rows["optional"].tolist()[2]
    assert result.dishes["lines"][0] == 3


def test_stated_servings_are_kept_as_a_range_and_none_are_guessed(parser: LineParser) -> None:
    row = run(parser, recipe(servings="4-6 servings")).dishes.iloc[0]
    assert (row["servings_lo"], row["servings_hi"]) == (4, 6)
    assert pd.isna(row["servings_guessed"])


@pytest.mark.parametrize("servings", ["", "many", "makes 500 ml", "6+"])
def test_guessed_servings_shape_the_dish_and_never_the_facts(parser: LineParser, lexicon: Lexicon, servings: str) -> None:
    row = run(parser, recipe(lines=("1 kg rice", "500 g tomato"), servings=servings)).dishes.iloc[0]
    assert pd.isna(row["servings_lo"])
    assert pd.isna(row["servings_hi"])
    assert row["servings_guessed"] == 4
    assert sum(row["grams"]) == pytest.approx(375)
    facts = facts_of(items_of_lines([parser.parse("1 kg rice")]), None, lexicon)
    assert all(facts.nutrients[n].hi is None and facts.nutrients[n].lo == 0 for n in NUTRIENTS)


def test_a_dish_whose_amounts_nobody_gave_still_has_servings_to_divide_by(parser: LineParser) -> None:
    dish, guessed = dish_of_lines("x", "unknown", [parser.parse("rice"), parser.parse("salt")], None)
    assert guessed == 1
    assert [p.grams for p in dish.portions] == [None, None]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("200 g rice", "xyzzy"), "fewer than 2 ingredients"), (("For the sauce:", "For the rice:"), "fewer than 2 ingredients"),
        (("200 g rice", "1 egg", "xyzzy", "plugh"), "only 2 of 4 ingredient lines are resolved"), (("200 g rice", "1 egg", "xyzzy"), ""),
    ],
)
def test_a_dish_that_nobody_should_learn_from_says_why(parser: LineParser, lines: tuple[str, ...], why: str) -> None:
    row = run(parser, recipe(lines=lines)).dishes.iloc[0]
    assert row["trainable"] == (not why)
    assert why in row["why_not"]


def test_the_typical_mass_counts_only_dishes_with_every_amount() -> None:
    whole = [Dish("main", "a", (Portion("x", 100.0), Portion("y", 50.0))), Dish("main", "b", (Portion("x", 250.0),))]
    assert typical_mass([*whole, Dish("side", "c", (Portion("x", None),))]) == {"main": 200.0}
