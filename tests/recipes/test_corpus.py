"""The figures of a collection: likeness is exact, repeated titles and odd amounts are found; the committed recipes keep their promises."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics.lexicon import Lexicon, load
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.recipes import corpus
from dish_pipeline.recipes.duplicates import jaccard
from dish_pipeline.recipes.readers import read_path
from dish_pipeline.recipes.validation import raw_frame, validate
from dish_pipeline.settings import INPUTS, Settings


@lru_cache
def lexicon() -> Lexicon:
    return load(Settings().lexicon)


@lru_cache
def committed() -> pd.DataFrame:
    """The committed recipes as dishes; their validation refuses none."""
    recipes = read_path(INPUTS / "recipes")
    assert recipes.refusals == []
    validated = validate(raw_frame(recipes.recipes), LineParser(lexicon()))
    assert len(validated.rejected) == 0
    assert (validated.dishes["lines"] == validated.dishes["lines_resolved"]).all()
    return validated.dishes


@given(st.lists(st.frozensets(st.sampled_from("abcdefgh"), max_size=6), max_size=12))
@settings(deadline=None)
def test_likeness_is_that_of_the_nearest_other(sets: list[frozenset[str]]) -> None:
    found = corpus.likeness(sets)
    for i, own in enumerate(sets):
        others = [jaccard(own, other) for j, other in enumerate(sets) if j != i and own & other]
        assert np.isclose(found.overlap[i], max(others, default=0.0))
        assert found.nearest[i] == -1 if not others else np.isclose(jaccard(own, sets[found.nearest[i]]), found.overlap[i])


def table(rows: list[tuple[str, str, list[str], list[float | None]]]) -> pd.DataFrame:
    return pd.DataFrame([
        {"recipe_id": f"r{i}", "file": "f", "row": i, "title": title, "course": course, "food_ids": foods, "grams": grams, "servings_lo": 4.0}
        for i, (title, course, foods, grams) in enumerate(rows)
    ])


def test_two_names_of_one_dish_are_told_once() -> None:
    foods = [f"f{i}" for i in range(10)]
    dishes = table([("A", "main", foods, [1.0] * 10), ("B", "main", [*foods[:9], "x"], [1.0] * 10), ("C", "main", foods, [1.0] * 10)])
    found = corpus.too_near(dishes, corpus.likeness([frozenset(f) for f in dishes["food_ids"]]))
    assert [(a, b) for a, b, _ in found] == [("A", "C")]


def test_a_title_that_comes_twice_is_found_whatever_its_case_and_accents() -> None:
    dishes = table([(t, "main", ["egg"], [1.0]) for t in ("Crème Brûlée", "creme brulee", "Custard")])
    (found,) = corpus.repeated_titles(dishes)
    assert [place.split(" (")[0] for place in found] == ["f row 0", "f row 1"]


def test_an_amount_of_ten_times_as_much_stands_out() -> None:
    rng = np.random.default_rng(1)
    rows: list[tuple[str, str, list[str], list[float | None]]] = [("d", "main", ["rice", "onion"], list(rng.uniform(80, 120, 2))) for _ in range(40)]
    sizes = corpus.servings(table([*rows, ("Slip", "main", ["rice", "onion"], [1000.0, 90.0])]), lexicon())
    assert len(sizes) == 41
    found = corpus.outliers(sizes)
    assert set(found["title"]) == {"Slip"} and set(found["of"]) == {"grams", "kcal"}
    assert corpus.by_course(sizes)["dishes"].tolist() == [41]


def test_an_unknown_energy_leaves_the_energy_unknown_and_unstated_servings_say_nothing() -> None:
    foods = lexicon().foods
    bare = next(f for f, food in foods.items() if "energy_kcal" not in food.composition)
    dishes = table([("a", "main", ["rice", bare], [100.0, 10.0]), ("b", "main", ["rice", "salt"], [100.0, None])])
    sizes = corpus.servings(dishes, lexicon())
    assert pd.isna(sizes["kcal"][0]) and sizes["kcal"][1] > 100
    assert sizes["grams"].tolist() == [110.0, 100.0]
    dishes["servings_lo"] = None
    assert len(corpus.servings(dishes, lexicon())) == 0
    assert len(corpus.outliers(corpus.servings(dishes, lexicon()))) == 0


def test_the_committed_recipes_are_three_thousand_different_dishes() -> None:
    dishes = committed()
    assert len(dishes) >= 3000
    courses = Counter(dishes["course"])
    assert set(courses) == {"starter", "main", "side", "dessert", "breakfast", "snack"} and min(courses.values()) >= 250
    assert dishes["cuisine"].nunique() >= 40
    assert dishes["lines"].between(4, 16).all()
    assert (dishes["servings_lo"] >= 1).all()
    found = corpus.likeness([frozenset(f) for f in dishes["food_ids"]])
    assert np.median(found.overlap) < corpus.USUAL_NEAREST
    assert corpus.too_near(dishes, found) == []
    assert corpus.repeated_titles(dishes) == []
