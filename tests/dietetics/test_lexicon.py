"""Reading the lexicon: exact names, facts that default to unknown, and refusals that name file, row and remedy."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from dish_pipeline.dietetics import lexicon as room
from dish_pipeline.dietetics.lexicon import Lexicon, LexiconError
from dish_pipeline.dish import Tri


def test_every_food_is_found_by_its_name_and_its_aliases(kitchen: Lexicon) -> None:
    for food in kitchen.foods.values():
        for text in (food.name, *food.aliases, food.name.upper()):
            assert kitchen.find(text) is food


@pytest.mark.parametrize(
    ("text", "food_id"),
    [
        ("Scallions", "spring_onion"), ("creme fraiche", "creme_fraiche"), ("huile d'olive", "olive_oil"), ("SOY MILK", "soya_milk"),
        ("poivre", "black_pepper"),
    ],
)
def test_names_are_found_in_plural_without_accents_and_in_french(kitchen: Lexicon, text: str, food_id: str) -> None:
    food = kitchen.find(text)
    assert food is not None
    assert food.food_id == food_id


@pytest.mark.parametrize("text", ["soy milk powder", "gluten flour", "", "½", "the milk", "crab apple"])
def test_nothing_is_found_by_similarity(kitchen: Lexicon, text: str) -> None:
    assert kitchen.find(text) is None


@pytest.mark.parametrize(
    ("food", "wider", "is_kind"),
    [("cheddar", "tofu", False), ("udon", "noodle", True), ("noodle", "udon", False), ("peanut_butter", "butter", True), ("butter", "butter", True),
     ("chicken_stock", "stock", True), ("butter_bean", "butter", False)],
)
def test_a_kind_is_told_by_the_end_of_a_name(kitchen: Lexicon, food: str, wider: str, is_kind: bool) -> None:
    # "Salted butter" is an alias of butter.
    assert kitchen.is_kind_of(kitchen.foods[food], kitchen.foods[wider]) is is_kind


def test_a_food_without_a_row_and_an_empty_cell_are_unknown_in_everything(kitchen: Lexicon) -> None:
    for food_id in ("market_pickle", "mystery_sauce"):
        assert set(kitchen.foods[food_id].facts.values()) == {Tri.UNKNOWN}
        assert set(kitchen.foods[food_id].facts) == set(kitchen.keys)


def test_a_column_that_is_missing_leaves_its_key_unknown(own_folder: Path) -> None:
    path = own_folder / "facts.csv"
    path.write_text(path.read_text().replace(",milk,", ",mlik,", 1))
    assert {food.facts["milk"] for food in room.load(own_folder).foods.values()} == {Tri.UNKNOWN}


def test_a_figure_that_is_missing_is_missing_and_not_zero(kitchen: Lexicon) -> None:
    assert kitchen.foods["market_pickle"].composition == {}
    assert kitchen.foods["oil"].composition["sodium_mg"].hi == 0


def test_the_version_changes_with_any_byte_and_only_then(own_folder: Path, kitchen_folder: Path) -> None:
    before = room.version_of(own_folder)
    assert before == room.version_of(kitchen_folder)
    with (own_folder / "words.csv").open("a") as handle:
        handle.write("new,made up\n")
    assert room.version_of(own_folder) != before
    assert "new" in room.load(own_folder).neutral_words


def _edit(folder: Path, name: str, change: Callable[[list[list[str]]], None]) -> None:
    with (folder / name).open(newline="", encoding="utf-8") as handle:
        rows = list(csv.reader(handle))
    change(rows)
    with (folder / name).open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows(rows)


def _cell(row: int, column: int, value: str) -> Callable[[list[list[str]]], None]:
    def change(rows: list[list[str]]) -> None:
        rows[row][column] = value

    return change


SPOILED = [
    ("foods.csv", _cell(1, 6, "much"), ["row 2", "g_per_cup", "'much'", "write a number"]),
    ("foods.csv", _cell(1, 6, "nan"), ["row 2", "g_per_cup", "write a number"]),
    ("foods.csv", _cell(1, 6, "-3"), ["row 2", "g_per_cup", "at least 0"]),
    ("foods.csv", _cell(1, 7, "small"), ["row 2", "pieces", "unit:grams"]),
    ("foods.csv", _cell(1, 7, "small:x"), ["row 2", "pieces", "'x'"]),
    ("foods.csv", _cell(2, 0, "onion"), ["row 3", "'onion' stands twice", "remove one"]),
    ("foods.csv", _cell(2, 1, ""), ["row 3", "name is empty"]),
    ("foods.csv", _cell(2, 3, "garlics"), ["'garlic' names both 'spring_onion' and 'garlic'", "take it from one"]),
    ("foods.csv", lambda rows: rows[3].append("one comma too many"), ["row 4", "cells", "quotes around commas"]),
    ("foods.csv", lambda rows: rows[3].pop(), ["row 4", "cells"]),
    ("foods.csv", _cell(0, 1, "nom"), ["row 1", "'name'"]),
    ("facts.csv", _cell(1, 1, "maybe"), ["row 2 (onion)", "'maybe' is not one of free, unknown, contains"]),
    ("facts.csv", _cell(1, 0, "shallot"), ["'shallot' is not in foods.csv", "add it there or remove"]),
    ("facts.csv", _cell(2, 0, "onion"), ["row 3 (onion)", "stands twice"]),
    ("facts.csv", lambda rows: rows[1].insert(1, "free"), ["row 2", "cells"]),
    ("facts.csv", _cell(5, 1, "free"), ["row 6 (flour)", "wheat is contains", "part of gluten", "cannot be free"]),
    ("composition.csv", _cell(1, 1, "salt_mg"), ["row 2 (onion, salt_mg)", "no such nutrient", "sodium_mg"]),
    ("composition.csv", _cell(1, 2, "9999"), ["row 2 (onion, sodium_mg)", "out of order", "rising order"]),
    ("composition.csv", _cell(2, 1, "sodium_mg"), ["row 3 (onion, sodium_mg)", "stands twice"]),
    ("composition.csv", _cell(1, 4, "inf"), ["row 2", "hi is 'inf'"]),
    ("keys.csv", _cell(2, 0, "gluten"), ["row 3", "'gluten' stands twice"]),
    ("keys.csv", _cell(2, 5, "cereal"), ["'wheat' is part of 'cereal'", "correct part_of"]),
]


@pytest.mark.parametrize(("name", "change", "said"), SPOILED)
def test_a_spoiled_file_is_refused_with_file_row_and_remedy(
    own_folder: Path, name: str, change: Callable[[list[list[str]]], None], said: list[str]
) -> None:
    _edit(own_folder, name, change)
    with pytest.raises(LexiconError) as refusal:
        room.load(own_folder)
    for words in [name, *said]:
        assert words in str(refusal.value)


def test_a_missing_file_and_one_of_other_bytes_are_refused_by_name(own_folder: Path) -> None:
    (own_folder / "words.csv").write_bytes(b"word,kind\ncr\xe8me,x\n")
    with pytest.raises(LexiconError, match=r"words\.csv: byte 12 is not UTF-8"):
        room.load(own_folder)
    (own_folder / "words.csv").unlink()
    with pytest.raises(LexiconError, match=r"words\.csv: the file is missing; restore it"):
        room.load(own_folder)


def test_a_spreadsheets_byte_order_mark_does_no_harm(own_folder: Path) -> None:
    for name in room.FILES:
        path = own_folder / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert room.load(own_folder).find("onion") is not None
