"""Drift: the same kind of recipe is no drift, another kind is, and the furthest are named."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dish_pipeline.evaluation.data_tables import data_tables, drift_summary
from dish_pipeline.evaluation.drift import FEWEST_NEW, SEEN, Drift, measure, seen
from dish_pipeline.recipes.duplicates import jaccard

FOODS = np.array([f"f{i}" for i in range(60)])


def recipes(rng: np.random.Generator, count: int, name: str, foods: np.ndarray = FOODS, learned: bool = True) -> pd.DataFrame:
    """Recipes that draw from the first foods more often than from the last."""
    weights = 1 / np.arange(1, len(foods) + 1)
    rows = [(f"{name}{i}", f"{name} {i}", sorted(rng.choice(foods, 8, replace=False, p=weights / weights.sum())), learned) for i in range(count)]
    return pd.DataFrame(rows, columns=list(SEEN))


def test_more_of_the_same_is_no_drift_and_another_kitchen_is() -> None:
    rng = np.random.default_rng(1)
    then = recipes(rng, 300, "old")
    same = measure(pd.concat([then, recipes(rng, 100, "new")]), then)
    assert same.new == 100 and not same.far and same.further is not None and abs(same.further - 0.5) < 0.1
    assert same.unfamiliar == []
    other = measure(pd.concat([then, recipes(rng, 100, "new", np.array([*FOODS[-30:], *(f"g{i}" for i in range(30))])) ]), then)
    assert other.far and other.overlap is not None and other.usual is not None and other.overlap < other.usual
    assert {word[0] for word, _ in other.unfamiliar} == {"g"}


def test_the_furthest_are_named_with_their_overlap() -> None:
    rng = np.random.default_rng(2)
    then = recipes(rng, 50, "old")
    new = pd.concat([recipes(rng, 5, "new"), pd.DataFrame([("odd", "Odd one", ["moon dust", "f0"], True)], columns=list(SEEN))])
    found = measure(pd.concat([then, new]), then)
    assert found.further is None and found.new < FEWEST_NEW
    title, overlap = found.furthest[0]
    assert title == "Odd one"
    assert overlap == max(jaccard(frozenset(["moon dust", "f0"]), frozenset(f)) for f in then["features"])


def test_what_was_held_out_is_not_new_and_not_compared_with() -> None:
    rng = np.random.default_rng(3)
    then = pd.concat([recipes(rng, 30, "train"), recipes(rng, 30, "test", learned=False)])
    assert measure(then, then) == Drift(0, None, None, None, [], [])
    twin = then[~then["learned"]].head(1).assign(recipe_id="twin")
    assert measure(pd.concat([then, twin]), then).furthest[0][1] < 1.0


def test_seen_keeps_foods_unknown_words_and_the_split() -> None:
    dishes = pd.DataFrame([
        {"recipe_id": "a", "title": "Soup", "food_ids": ["salt"], "split": "train", "trainable": True},
        {"recipe_id": "b", "title": "Stew", "food_ids": [], "split": "train", "trainable": False},
        {"recipe_id": "c", "title": "Pie", "food_ids": ["flour"], "split": "test", "trainable": True},
    ])
    mentions = pd.DataFrame([("a", "salt", "salt"), ("a", None, "moon dust")], columns=["recipe_id", "food_id", "words"])
    assert seen(dishes, mentions).values.tolist() == [
        ["a", "Soup", ["?moon dust", "salt"], True], ["b", "Stew", [], False], ["c", "Pie", ["flour"], False],
    ]


def test_the_report_tells_of_drift_only_when_there_are_new_recipes() -> None:
    dishes = pd.DataFrame(columns=["course", "cuisine", "split", "title", "lines", "lines_resolved", "food_ids", "grams"])
    mentions, verdicts = pd.DataFrame(columns=["food_id", "g_mid"]), pd.DataFrame(columns=["profile", "verdict", "open_points"])
    none = data_tables(dishes, mentions, verdicts, {}, Drift(0, None, None, None, [], []))
    some = data_tables(dishes, mentions, verdicts, {}, Drift(3, None, 0.2, 0.4, [("moon dust", 2)], [("Odd one", 0.1)]))
    assert set(some) - set(none) == {"Recipes since the model before", "Of these the furthest from anything trained on"}
    assert drift_summary(Drift(3, None, 0.2, 0.4, [("moon dust", 2)], [])).iloc[0].tolist() == [3, "0.20", "0.40", "too few to say", "moon dust"]
