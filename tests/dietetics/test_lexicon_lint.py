"""The lint: every rule sees the fault that is planted for it, names file, row and remedy, and is silent on what is sound."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from dish_pipeline.dietetics.lexicon import FILES
from dish_pipeline.dietetics.lexicon_lint import counted, examine
from dish_pipeline.dietetics.lexicon_reasons import COLUMNS, FILE
from dish_pipeline.settings import INPUTS

SOME = (
    "whole_milk", "butter", "egg", "cod", "prawn", "mussel", "ground_beef", "chicken_breast", "almonds", "plain_flour", "rolled_oats", "olive_oil",
    "carrot",
    "soy_sauce", "tofu", "honey", "salt", "stock_cube", "cream_of_tartar", "white_wine", "parmesan", "buckwheat_flour", "animal_rennet",
)
REASONS = [
    ["soy_sauce", "wheat", "contains", "usual_recipe", "made up", "brewed with wheat"],
    ["soy_sauce", "sulphites", "unknown", "varies_by_brand", "made up", "some brands"],
]
Rows = list[dict[str, str]]


def _read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def _write(path: Path, rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A few foods of the lexicon that people use, as files of their own."""
    for name in (*FILES, "tables.csv"):
        rows = _read(INPUTS / "lexicon" / name)
        _write(tmp_path / name, [row for row in rows if "id" not in row or row["id"] in SOME])
    _write(tmp_path / FILE, [dict(zip(COLUMNS, row, strict=True)) for row in REASONS])
    return tmp_path


def _set(row_id: str, column: str, value: str, **more: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        row = next(row for row in rows if next(iter(row.values())) == row_id and all(row[c] == v for c, v in more.items()))
        row[column] = value

    return change


def _add(like: str, **cells: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows.append(next(row for row in rows if like in row.values()) | cells)

    return change


def _both(*changes: Callable[[Rows], None]) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        for one in changes:
            one(rows)

    return change


def test_the_foods_the_faults_are_planted_in_have_none(folder: Path) -> None:
    assert {row["id"] for row in _read(folder / "foods.csv")} == set(SOME)
    assert examine(folder) == []


def test_the_lexicon_that_people_use_has_no_fault() -> None:
    assert [str(fault) for fault in examine(INPUTS / "lexicon")] == []


PLANTED = [
    # file; what is done to it; kind of the fault; row; words of the message
    ("foods.csv", _set("carrot", "aliases", "beef mince"), "name of two foods", "carrot", ["ground_beef", "take it from one"]),
    ("foods.csv", _set("carrot", "aliases_fr", "beurre"), "name of two foods", "carrot", ["'beurre'", "butter"]),
    ("foods.csv", _set("carrot", "aliases", "..."), "name without a word", "carrot", ["aliases '...'", "remove it"]),
    ("foods.csv", _set("carrot", "aliases_fr", "Carrot"), "name twice in one food", "carrot", ["aliases_fr 'Carrot'", "remove one"]),
    ("words.csv", _add("fresh", word="carrot"), "neutral word that names a food", "carrot", ["names carrot", "take the word from words.csv"]),
    ("foods.csv", _set("carrot", "source", ""), "empty cell", "carrot", ["source is empty", "fill it in"]),
    ("foods.csv", _set("carrot", "group", "vegetables"), "unknown group", "carrot", ["'vegetables'", "vegetable"]),
    ("foods.csv", _set("carrot", "basis", "guess"), "unknown basis", "carrot", ["'guess'", "usual_recipe"]),
    ("foods.csv", _set("carrot", "reviewed_by", "me"), "unfit signature", "carrot", ["'me'", "a name and a date"]),
    ("foods.csv", _set("carrot", "reviewed_by", "A. Person 2026-13-01"), "unfit signature", "carrot", ["a name and a date"]),
    ("foods.csv", _set("carrot", "composition", ""), "no word on composition", "carrot", ["sr28:01001", "write none"]),
    ("foods.csv", _set("carrot", "composition", "usda 5"), "unreadable link", "carrot", ["'usda 5'", "ciqual:"]),
    ("foods.csv", _set("carrot", "composition", "none"), "figures without a link", "carrot", ["no food of a table", "write the link"]),
    ("foods.csv", _set("carrot", "composition", "sr28:11125"), "link and source differ", "carrot", ["sr28:11125", "derive"]),
    ("foods.csv", _set("animal_rennet", "composition", "sr28:01001"), "link without figures", "animal_rennet", ["no figure", "derive"]),
    ("composition.csv", _set("carrot", "source", "", nutrient="iron_mg"), "figure without a source", "carrot", ["source is empty"]),
    ("facts.csv", lambda rows: rows.pop(), "food without facts", "", ["has no row", "unknown where you do not know"]),
    ("facts.csv", _set("carrot", "rennet", ""), "empty cell", "carrot", ["rennet is empty", "write free, unknown or contains"]),
    ("keys.csv", _set("lupin", "eu14", ""), "list of allergens", "eu14", ["13 keys", "the list has 14"]),
    ("keys.csv", _set("sesame", "us9", ""), "list of allergens", "us9", ["8 keys", "the list has 9"]),
    ("keys.csv", _set("lupin", "source", ""), "empty cell", "lupin", ["source is empty", "name the law"]),
    ("facts.csv", _set("carrot", "milk", "contains"), "facts at odds", "carrot", ["milk is contains", "animal_origin free"]),
    ("facts.csv", _set("carrot", "mercury_fish", "unknown"), "facts at odds", "carrot", ["mercury_fish is unknown", "fish free"]),
    ("facts.csv", _both(_set("whole_milk", "milk", "free"), _set("whole_milk", "rennet", "free")), "group and fact differ", "whole_milk",
     ["dairy", "milk"]),
    ("facts.csv", _set("cod", "fish", "free"), "group and fact differ", "cod", ["group fish", "free of fish"]),
    ("facts.csv", _set("prawn", "crustaceans", "free"), "group and fact differ", "prawn", ["group crustacean", "free of crustaceans"]),
    ("facts.csv", _set("mussel", "molluscs", "free"), "group and fact differ", "mussel", ["group mollusc", "free of molluscs"]),
    ("facts.csv", _set("egg", "egg", "free"), "group and fact differ", "egg", ["group egg", "free of egg"]),
    ("facts.csv", _set("ground_beef", "meat", "free"), "group and fact differ", "ground_beef", ["group meat", "free of meat"]),
    ("facts.csv", _set("chicken_breast", "poultry", "free"), "group and fact differ", "chicken_breast", ["group poultry"]),
    ("facts.csv", _set("tofu", "soy", "free"), "group and fact differ", "tofu", ["group soy", "free of soy"]),
    ("facts.csv", _set("white_wine", "alcohol", "free"), "group and fact differ", "white_wine", ["group alcohol"]),
    ("facts.csv", _both(_set("carrot", "honey", "contains"), _set("carrot", "animal_origin", "contains")), "group and fact differ", "carrot",
     ["contains honey, animal_origin"]),
    ("facts.csv", _both(_set("olive_oil", "fish", "contains"), _set("olive_oil", "animal_origin", "contains")), "group and fact differ", "olive_oil",
     ["group oil", "fish"]),
    ("facts.csv", _set("almonds", "almond", "free"), "name and fact differ", "almonds", ["almond", "free of almond"]),
    ("facts.csv", _set("rolled_oats", "gluten", "free"), "name and fact differ", "rolled_oats", ["oat", "free of gluten"]),
    ("facts.csv", _set("soy_sauce", "soy", "free"), "name and fact differ", "soy_sauce", ["soy sauce", "free of soy"]),
    ("composition.csv", _both(_set("carrot", "hi", "9", nutrient="cholesterol_mg"), _set("carrot", "mid", "9", nutrient="cholesterol_mg"),
                              _set("carrot", "lo", "9", nutrient="cholesterol_mg")), "figure and fact differ", "carrot, cholesterol_mg",
     ["at least 9", "free of animal_origin"]),
    ("composition.csv", _both(_set("olive_oil", "hi", "99", nutrient="protein_g"), _set("olive_oil", "mid", "50", nutrient="protein_g"),
                              _set("olive_oil", "lo", "40", nutrient="protein_g")), "macros do not add up", "olive_oil", ["g of 100 g"]),
    ("composition.csv", _both(_set("carrot", "hi", "90", nutrient="protein_g"), _set("carrot", "mid", "30", nutrient="protein_g")),
     "macros do not add up",
     "carrot", ["g of water", "correct the figures or the link"]),
    ("composition.csv", _both(_set("almonds", "mid", "5", nutrient="carbohydrate_g"), _set("almonds", "lo", "5", nutrient="carbohydrate_g"),
                              _set("almonds", "mid", "20", nutrient="fat_g"), _set("almonds", "lo", "20", nutrient="fat_g")), "macros do not add up",
                              "almonds",
     ["g of water"]),
    ("composition.csv", _both(_set("butter", "mid", "300", nutrient="energy_kcal"), _set("butter", "lo", "300", nutrient="energy_kcal")),
     "energy does not follow", "butter", ["300 kcal", "by the general factors"]),
    ("composition.csv", _both(_set("carrot", "hi", "50", nutrient="sugars_g"), _set("carrot", "mid", "45", nutrient="sugars_g")),
     "part above its whole",
     "carrot", ["sugars_g 45 of available_carbohydrate_g"]),
    ("composition.csv", _both(_set("butter", "hi", "99", nutrient="sat_fat_g"), _set("butter", "mid", "98", nutrient="sat_fat_g")),
     "part above its whole",
     "butter", ["sat_fat_g 98 of fat_g"]),
    ("foods.csv", _set("egg", "pieces", "each:90"), "unit weight", "egg", ["90 g", "hen's egg weighs 30 to 80 g"]),
    ("foods.csv", _set("carrot", "pieces", "small:90|large:50"), "unit weight", "carrot", ["90, 50 g", "rising order"]),
    ("foods.csv", _set("carrot", "pieces", "pinch:90"), "unit weight", "carrot", ["one pinch of it is 90 g", "0.01 to 1 g"]),
    ("foods.csv", _set("carrot", "pieces", "bag:90"), "unit weight", "carrot", ["no unit 'bag'"]),
    ("foods.csv", _set("carrot", "g_per_cup", "4000"), "unit weight", "carrot", ["a cup of it is 4000 g"]),
    ("refuse.csv", _set("mussel", "source", ""), "empty cell", "mussel", ["source is empty"]),
    ("refuse.csv", _set("mussel", "id", "mussle"), "refuse of nothing", "mussle", ["no food has this id"]),
    ("refuse.csv", _set("mussel", "id", "animal_rennet"), "refuse of nothing", "animal_rennet", ["no figures to lower"]),
    ("refuse.csv", _add("mussel", id="butter"), "refuse and figures differ", "butter", ["refuse.csv names the food", "derive composition.csv anew"]),
    ("refuse.csv", _set("mussel", "id", "animal_rennet"), "refuse and figures differ", "mussel", ["does not name the food"]),
    (FILE, _set("soy_sauce", "id", "soy_juice"), "reason of nothing", "soy_juice, wheat", ["no food", "correct or remove"]),
    (FILE, _set("soy_sauce", "key", "wheaten"), "reason of nothing", "soy_sauce, wheaten", ["no key"]),
    (FILE, _set("soy_sauce", "status", "free"), "reason and fact differ", "soy_sauce, wheat", ["speaks of free", "the fact is contains"]),
    (FILE, _set("soy_sauce", "basis", "hearsay"), "unknown basis", "soy_sauce, wheat", ["'hearsay'", "legal_definition"]),
    (FILE, _set("soy_sauce", "basis", "varies_by_brand"), "known, yet varies by brand", "soy_sauce, wheat", ["the fact is contains"]),
    (FILE, _set("soy_sauce", "source", ""), "empty cell", "soy_sauce, wheat", ["source empty"]),
    (FILE, _add("wheat"), "reason twice", "soy_sauce, wheat", ["two reasons", "keep one"]),
]


@pytest.mark.parametrize(("name", "change", "kind", "row", "said"), PLANTED)
def test_a_planted_fault_is_named_with_file_row_and_remedy(
    folder: Path, name: str, change: Callable[[Rows], None], kind: str, row: str, said: list[str]
) -> None:
    rows = _read(folder / name)
    change(rows)
    _write(folder / name, rows)
    found = [fault for fault in examine(folder) if fault.kind == kind]
    assert found, [str(fault) for fault in examine(folder)]
    assert row in (found[0].row, "")
    for words in said:
        assert words in str(found[0])
    assert str(found[0]).startswith(f"{found[0].file}: {found[0].row}: ") and found[0].remedy


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("composition.csv", _set("carrot", "lo", "9999", nutrient="iron_mg"), ["composition.csv", "carrot, iron_mg", "rising order"]),
        ("composition.csv", _set("carrot", "lo", "-1", nutrient="iron_mg"), ["composition.csv", "at least 0"]),
        ("facts.csv", _set("plain_flour", "gluten", "free"), ["facts.csv", "plain_flour", "wheat is contains"]),
        ("foods.csv", _set("carrot", "id", "butter"), ["foods.csv", "'butter' stands twice"]),
        ("refuse.csv", _set("mussel", "hi", "0.95"), ["refuse.csv", "(mussel)", "between 0 and 0.9"]),
        ("refuse.csv", _set("mussel", "lo", "0.8"), ["refuse.csv", "(mussel)", "rising order"]),
    ],
)
def test_what_cannot_be_loaded_is_a_fault_too(folder: Path, name: str, change: Callable[[Rows], None], said: list[str]) -> None:
    rows = _read(folder / name)
    change(rows)
    _write(folder / name, rows)
    assert any(all(words in str(fault) for words in said) for fault in examine(folder)), [str(fault) for fault in examine(folder)]


def test_every_name_of_two_foods_is_listed_at_once(folder: Path) -> None:
    rows = _read(folder / "foods.csv")
    _set("carrot", "aliases", "tofu|honey")(rows)
    _write(folder / "foods.csv", rows)
    assert [fault.kind for fault in examine(folder)] == ["name of two foods"] * 2


@pytest.mark.parametrize(
    "name", ["vegan oat-free bar", "buckwheat", "crab apple", "farine de blé noir", "oyster mushroom", "gluten-free oats", "water chestnut", "nutmeg"]
)
def test_a_name_that_denies_or_means_another_food_is_no_fault(folder: Path, name: str) -> None:
    rows = _read(folder / "foods.csv")
    _set("carrot", "aliases", name)(rows)
    _write(folder / "foods.csv", [row for row in rows if row["id"] != "buckwheat_flour"])
    for other in ("facts.csv", "composition.csv"):
        _write(folder / other, [row for row in _read(folder / other) if row["id"] != "buckwheat_flour"])
    assert examine(folder) == []


def test_not_knowing_is_never_a_fault(folder: Path) -> None:
    rows = _read(folder / "facts.csv")
    keys = [column for column in rows[0] if column != "id"]
    _write(folder / "facts.csv", [{"id": row["id"], **dict.fromkeys(keys, "unknown")} for row in rows])
    (folder / FILE).unlink()
    assert examine(folder) == []


def test_faults_are_counted_by_kind(folder: Path) -> None:
    rows = _read(folder / "foods.csv")
    for food in ("carrot", "tofu"):
        _set(food, "basis", "guess")(rows)
    _set("salt", "source", "")(rows)
    _write(folder / "foods.csv", rows)
    assert counted(examine(folder)) == ["    2  unknown basis", "    1  empty cell"]


def test_a_signed_row_is_sound(folder: Path) -> None:
    rows = _read(folder / "foods.csv")
    _set("carrot", "reviewed_by", "Ada B. Person, dietitian 2026-01-31")(rows)
    _write(folder / "foods.csv", rows)
    assert examine(folder) == []
