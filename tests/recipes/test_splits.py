"""Splits: by cluster, stable for good, never empty, and a crossing is found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.recipes.duplicates import crossing_pairs, features_of
from dish_pipeline.recipes.splits import ASIDE, SHARES, SPLITS, by_age, crossing, place, settle, split_dishes

counts = st.integers(1, 60)
NO_MENTIONS = pd.DataFrame({"recipe_id": [], "food_id": [], "words": []})


def splits_of(names: list[str], seed: int = 1, usable: list[bool] | None = None, ledger: dict[str, str] | None = None) -> dict[str, str]:
    """Recipes without any likeness."""
    order = by_age(names, ledger or {})
    aged, good = [names[i] for i in order], [(usable or [True] * len(names))[i] for i in order]
    return dict(zip(aged, settle(aged, [], good, ledger or {}, seed)[1], strict=True))


def table(rows: list[tuple[str, list[str]]]) -> pd.DataFrame:
    """Dishes (id, foods) without titles, so that the foods alone make two alike."""
    return pd.DataFrame({"recipe_id": [r for r, _ in rows], "title": "", "food_ids": [f for _, f in rows], "trainable": True})


def placed(rows: list[tuple[str, list[str]]], ledger: dict[str, str], seed: int = 1) -> tuple[dict[str, str], dict[str, str], pd.DataFrame]:
    """(split, cluster) of each recipe and the ledger afterwards."""
    frame = table(rows)
    after = split_dishes(frame, NO_MENTIONS, ledger, seed)
    assert set(after) >= set(frame["recipe_id"])
    return dict(zip(frame["recipe_id"], frame["split"], strict=True)), after, frame


@given(counts, st.integers(0, 50), st.data())
@settings(deadline=None)
def test_three_usable_recipes_leave_no_split_empty(count: int, seed: int, data: st.DataObject) -> None:
    names = [f"r{i}" for i in range(count)]
    usable = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    found = splits_of(names, seed, usable)
    kept = {name for name, good in zip(names, usable, strict=True) if good}
    assert set(found.values()) <= set(SPLITS)
    if len(kept) >= 3:
        assert {found[name] for name in kept} == set(SPLITS)


recipes = st.lists(st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=8, unique=True), min_size=1, max_size=25)


@given(recipes, recipes, st.integers(0, 5), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_adding_recipes_moves_no_old_one_and_leaks_nothing(old: list[list[str]], new: list[list[str]], seed: int, rng: object) -> None:
    first = [(f"old{i}", foods) for i, foods in enumerate(old)]
    before, ledger, _ = placed(first, {}, seed)
    everything = [*first, *((f"new{i}", foods) for i, foods in enumerate(new))]
    rng.shuffle(everything)  # type: ignore[attr-defined]
    after, _, frame = placed(everything, ledger, seed)
    if set(before.values()) == set(SPLITS):
        assert {name: after[name] for name in before} == before
    assert crossing(frame) == []
    sets = features_of(frame, NO_MENTIONS)
    held_out = [s for s, split in zip(sets, frame["split"], strict=True) if split in ("valid", "test")]
    learned = [s for s, split in zip(sets, frame["split"], strict=True) if split == "train"]
    assert crossing_pairs(held_out, learned) == []


@given(recipes, st.integers(0, 5))
@settings(deadline=None)
def test_the_same_recipes_again_are_placed_the_same(rows: list[list[str]], seed: int) -> None:
    named = [(f"r{i}", foods) for i, foods in enumerate(rows)]
    before, ledger, _ = placed(named, {}, seed)
    after, again, _ = placed(named[::-1], ledger, seed)
    assert (after, again) == (before, ledger)


def test_a_recipe_between_two_splits_is_set_aside_and_a_later_one_joins_its_like() -> None:
    foods = [f"f{i}" for i in range(20)]
    ledger = {"a": "train", "b": "test", "c": "valid"}
    rows = [("a", foods[:10]), ("b", foods[3:13]), ("c", ["x", "y", "z"]), ("between", foods[1:12]), ("like a", foods[:9])]
    found, after, _ = placed(rows, ledger)
    assert found == {"a": "train", "b": "test", "c": "valid", "between": ASIDE, "like a": "train"}
    assert list(after) == ["a", "b", "c", "between", "like a"]
    # Set aside is not placed: without the other side it may be learned from.
    assert placed([r for r in rows if r[0] != "b"], after)[0]["between"] == "train"


def test_when_the_rule_changes_the_oldest_stays_and_the_other_is_set_aside() -> None:
    rows = [("a", ["x", "y"]), ("b", ["x", "y"]), ("c", ["z"]), ("d", ["w"])]
    found, _, frame = placed(rows, {"b": "test", "a": "train", "c": "valid", "d": "train"})
    assert found == {"a": ASIDE, "b": "test", "c": "valid", "d": "train"}
    assert crossing(frame) == []


def test_a_recipe_that_comes_back_goes_where_it_was() -> None:
    names = [f"r{i}" for i in range(200)]
    ledger = splits_of(names)
    gone = splits_of(names[50:], ledger=ledger)
    assert all(ledger[name] == split for name, split in gone.items())
    assert splits_of(names, ledger={**ledger, **gone}) == ledger


def test_without_a_ledger_order_and_company_do_not_matter_and_the_seed_does() -> None:
    names = [f"r{i}" for i in range(100)]
    assert splits_of(names) == splits_of(names[::-1])
    assert splits_of(names).items() <= splits_of([f"s{i}" for i in range(50)] + names).items()
    assert splits_of(names, 1) != splits_of(names, 2)


def test_shares_hold_over_many_recipes() -> None:
    found = pd.Series(splits_of([f"r{i}" for i in range(5000)])).value_counts(normalize=True)
    for split, share in SHARES.items():
        assert found[split] == pytest.approx(share, abs=0.02)


def test_a_place_lies_in_the_unit_interval() -> None:
    assert np.all([0 <= place(f"c{i}", 1) < 1 for i in range(1000)])


def test_a_planted_crossing_is_found() -> None:
    frame = pd.DataFrame({"cluster": ["a", "a", "b", "c", "c"], "split": ["train", "test", "train", "valid", "valid"]})
    assert crossing(frame) == ["a"]


def test_no_rows_have_no_splits_and_no_crossing() -> None:
    assert settle([], [], [], {}, 1) == ([], [])
    assert crossing(pd.DataFrame({"cluster": [], "split": []})) == []
