"""Near-duplicates: edited copies meet, different dishes stay apart."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.recipes.duplicates import SAME_FOODS, Features, Forest, crossing_pairs, features, jaccard, likeness, links, same_dish

FOODS = [f"food{i}" for i in range(400)]
WORDS = [f"word{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(300)]


def frame(rows: list[tuple[str, str, list[str]]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["recipe_id", "title", "food_ids"])


def clusters(table: pd.DataFrame, words: dict[str, list[str]]) -> list[str]:
    """The id of the first row of each row's cluster."""
    columns = zip(table["recipe_id"], table["title"], table["food_ids"], strict=True)
    sets = [features(title, foods, words.get(recipe_id, [])) for recipe_id, title, foods in columns]
    forest = Forest(len(sets))
    for i, j in links(sets):
        assert forest.join(i, j), "a needless pair"
    ids = table["recipe_id"].tolist()
    return [ids[forest.root(i)] for i in range(len(ids))]


def made_up(rng: np.random.Generator, number: int) -> tuple[str, str, list[str]]:
    foods = rng.choice(FOODS, size=int(rng.integers(6, 14)), replace=False).tolist()
    return f"r{number}", " ".join(rng.choice(WORDS, size=3, replace=False)), foods


def edited(rng: np.random.Generator, row: tuple[str, str, list[str]]) -> tuple[str, str, list[str]]:
    """A copy with one food or title word added, removed or exchanged, and another order; its Jaccard index is at least 0.8."""
    while True:
        _, title, foods = row
        words, foods = title.split(), foods.copy()
        match rng.integers(4):
            case 0:
                foods.append(str(rng.choice(FOODS)))
            case 1:
                foods.pop(int(rng.integers(len(foods))))
            case 2:
                foods[int(rng.integers(len(foods)))] = str(rng.choice(FOODS))
            case _:
                words[int(rng.integers(len(words)))] = str(rng.choice(WORDS))
        rng.shuffle(foods)
        if likeness(features(title, row[2], []), features(" ".join(words), foods, [])) >= 0.8:
            return f"{row[0]}copy", " ".join(words), foods


def test_edited_copies_meet_and_different_dishes_stay_apart() -> None:
    rng = np.random.default_rng(7)
    originals = [made_up(rng, i) for i in range(400)]
    copies = [edited(rng, row) for row in originals]
    found = clusters(frame([*originals, *copies]), {})
    met = [a == b for a, b in zip(found[:400], found[400:], strict=True)]
    assert np.mean(met) >= 0.95
    assert found[:400] == [row[0] for row in originals]


def test_the_same_recipe_under_another_order_case_and_accent_is_one() -> None:
    rows = [("a", "Crème Brûlée", ["egg", "cream", "sugar"]), ("b", "creme brulees", ["sugar", "egg", "cream"])]
    assert clusters(frame(rows), {}) == ["a", "a"]


def test_one_title_with_half_the_foods_in_common_is_one_dish_and_with_fewer_is_not() -> None:
    foods = ["a", "b", "c", "d", "e", "f"]
    assert same_dish(features("Goulash", foods, []), features("Goulash", [*foods[:4], "x", "y"], []))
    assert not same_dish(features("Goulash", foods, []), features("Goulash", [*foods[:2], "w", "x", "y", "z"], []))
    assert not same_dish(features("Stew", foods, []), features("Goulash", [*foods[:4], "x", "y"], []))


def test_unknown_words_tell_dishes_apart() -> None:
    rows = [("a", "Powder", ["salt", "water"]), ("b", "Powder", ["salt", "water"])]
    assert clusters(frame(rows), {}) == ["a", "a"]
    assert clusters(frame(rows), {"a": ["xyzzy", "plugh", "frotz"], "b": ["blorb", "gnusto", "rezrov"]}) == ["a", "b"]


def test_likeness_passes_on_and_a_cluster_is_named_after_its_first() -> None:
    foods = [f"f{i}" for i in range(12)]
    rows = [(str(i), "Soup", [*foods[i:], *(f"g{k}" for k in range(i))]) for i in range(6)]
    assert clusters(frame(rows), {}) == ["0"] * 6
    assert clusters(frame([rows[0], rows[5]]), {}) == ["0", "5"]


def test_new_recipes_at_the_end_rename_no_old_cluster() -> None:
    rng = np.random.default_rng(3)
    old = [made_up(rng, i) for i in range(80)]
    new = [made_up(rng, 1000 + i) for i in range(40)] + [edited(rng, row) for row in old[:20]]
    assert clusters(frame([*old, *new]), {})[:80] == clusters(frame(old), {})


def test_thousands_of_the_same_and_of_nearly_the_same_recipe_take_seconds() -> None:
    foods = FOODS[:12]
    begun = time.perf_counter()
    same = links([features("Recipe", foods, [])] * 5000)
    nearly = links([features(f"Recipe {WORDS[i % 300]}", foods, []) for i in range(3000)])
    assert (len(same), len(nearly)) == (4999, 2999)
    assert time.perf_counter() - begun < 20


def test_the_same_foods_under_another_title_are_one_dish() -> None:
    foods = FOODS[:10]
    rows = [("a", "Pancakes", foods), ("b", "Grandmother's Sunday crêpes at the lake", [*foods[:9], "x"]), ("c", "Omelette", [*foods[:8], "y", "z"])]
    assert clusters(frame(rows), {}) == ["a", "a", "c"]


@given(st.data())
@settings(deadline=None, max_examples=50)
def test_the_exact_search_finds_every_pair(data: st.DataObject) -> None:
    sets = st.lists(st.frozensets(st.sampled_from(FOODS[:12]), min_size=1, max_size=12).map(lambda f: Features(f, frozenset())), max_size=12)
    held_out, learned = data.draw(sets), data.draw(sets)
    every = [(i, j) for i, a in enumerate(held_out) for j, b in enumerate(learned) if jaccard(a.foods, b.foods) >= SAME_FOODS]
    assert crossing_pairs(held_out, learned) == every


def test_no_rows_and_rows_of_nothing_are_no_error() -> None:
    assert clusters(frame([]), {}) == []
    assert clusters(frame([("a", "", []), ("b", "Soup", ["salt"]), ("c", "", [])]), {}) == ["a", "b", "a"]


def test_a_thousand_recipes_of_one_title_take_seconds() -> None:
    rng = np.random.default_rng(1)
    begun = time.perf_counter()
    rows = [(str(i), "Chocolate chip cookies", rng.choice(FOODS, size=8, replace=False).tolist()) for i in range(1000)]
    assert len(set(clusters(frame(rows), {}))) > 900
    assert time.perf_counter() - begun < 15


@given(st.lists(st.tuples(st.sampled_from(["soup", "stew", "soup of the day", ""]), st.lists(st.sampled_from(FOODS[:6]), max_size=6)), max_size=12))
@settings(deadline=None)
def test_every_pair_that_is_one_dish_shares_a_cluster_when_titles_agree(rows: list[tuple[str, list[str]]]) -> None:
    table = frame([(str(i), title, foods) for i, (title, foods) in enumerate(rows)])
    found = clusters(table, {})
    sets = [features(title, foods, []) for title, foods in rows]
    for i, a in enumerate(sets):
        assert int(found[i]) <= i
        for j in range(i):
            if rows[i][0] == rows[j][0] and same_dish(a, sets[j]):
                assert found[i] == found[j]
