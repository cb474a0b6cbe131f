"""Splits: by cluster, stable, never empty, and a crossing is found."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.recipes.splits import SHARES, SPLITS, assign, crossing, place

names = st.lists(st.integers(0, 10_000).map(lambda i: f"cluster{i}"), min_size=1, max_size=60)


def splits_of(clusters: list[str], seed: int = 1, usable: list[bool] | None = None) -> dict[str, str]:
    series = pd.Series(clusters)
    found = assign(series, pd.Series(usable if usable is not None else [True] * len(clusters)), seed)
    return dict(zip(clusters, found, strict=True))


@given(names, st.integers(0, 50))
@settings(deadline=None)
def test_no_cluster_crosses_and_every_row_has_a_split(clusters: list[str], seed: int) -> None:
    frame = pd.DataFrame({"cluster": clusters, "split": assign(pd.Series(clusters), pd.Series([True] * len(clusters)), seed)})
    assert crossing(frame) == []
    assert set(frame["split"]) <= set(SPLITS)


@given(names, st.integers(0, 50), st.data())
@settings(deadline=None)
def test_three_usable_clusters_leave_no_split_empty(clusters: list[str], seed: int, data: st.DataObject) -> None:
    usable = data.draw(st.lists(st.booleans(), min_size=len(clusters), max_size=len(clusters)))
    found = splits_of(clusters, seed, usable)
    kept = {c for c, good in zip(clusters, usable, strict=True) if good}
    if len(kept) >= 3:
        assert {found[c] for c in kept} == set(SPLITS)


@given(st.integers(0, 20), st.sets(st.integers(1000, 9000), max_size=40))
@settings(deadline=None)
def test_adding_recipes_moves_no_old_one(seed: int, added: set[int]) -> None:
    old = [f"cluster{i}" for i in range(100)]
    before = splits_of(old, seed)
    after = splits_of([f"cluster{i}" for i in sorted(added)] + old, seed)
    if set(before.values()) == set(SPLITS):
        assert {c: after[c] for c in old} == before


def test_order_does_not_matter_and_the_seed_does() -> None:
    old = [f"cluster{i}" for i in range(100)]
    assert splits_of(old) == splits_of(old[::-1])
    assert splits_of(old, 1) != splits_of(old, 2)


def test_shares_hold_over_many_clusters() -> None:
    found = pd.Series(splits_of([f"cluster{i}" for i in range(5000)])).value_counts(normalize=True)
    for split, share in SHARES.items():
        assert found[split] == pytest.approx(share, abs=0.02)


def test_a_place_lies_in_the_unit_interval() -> None:
    assert all(0 <= place(f"c{i}", 1) < 1 for i in range(1000))


def test_a_planted_crossing_is_found() -> None:
    frame = pd.DataFrame({"cluster": ["a", "a", "b", "c", "c"], "split": ["train", "test", "train", "valid", "valid"]})
    assert crossing(frame) == ["a"]


def test_no_rows_have_no_splits_and_no_crossing() -> None:
    assert assign(pd.Series([], dtype=str), pd.Series([], dtype=bool), 1) == []
    assert crossing(pd.DataFrame({"cluster": [], "split": []})) == []
