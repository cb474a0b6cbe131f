"""What recipe apps export. The shapes are those that the apps write; the recipes are made up."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers import read_path
from dish_pipeline.recipes.readers.exports import joined, plain


def zipped(members: Mapping[str, object]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in members.items():
            file.writestr(name, content if isinstance(content, bytes | str) else json.dumps(content))
    return out.getvalue()


def recipes_of(path: Path, content: bytes | str | object) -> list[Recipe]:
    data = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) else json.dumps(content).encode()
    path.write_bytes(data)
    reading = read_path(path)
    assert reading.refusals == []
    return reading.recipes


def one(path: Path, content: bytes | str | object) -> Recipe:
    (recipe,) = recipes_of(path, content)
    return recipe


# ---------------------------------------------------------------- Paprika

PAPRIKA = {
    "uid": "A1", "name": "Lemon cake", "photo_data": "iVBOR" * 40_000, "ingredients": "For the cake:\n200 g flour\n2 eggs\n\nFor the glaze:\n1 lemon",
    "directions": "Mix.\n\nBake.", "servings": "Serves 8", "categories": ["Dessert", "Baking"], "source": "", "notes": "", "rating": 0,
}  # fmt: skip


@pytest.mark.parametrize("photo_first", [True, False])
def test_paprika(tmp_path: Path, photo_first: bool) -> None:
    record = dict(PAPRIKA) if photo_first else dict(reversed(PAPRIKA.items()))
    packed = gzip.compress(json.dumps(record).encode())
    for name, content in (("a.paprikarecipe", packed), ("a.paprikarecipes", zipped({"Lemon cake.paprikarecipe": packed}))):
        recipe = one(tmp_path / name, content)
        assert (recipe.title, recipe.servings, recipe.tags, recipe.steps) == ("Lemon cake", "Serves 8", ("Dessert", "Baking"), ("Mix.", "Bake."))
        assert recipe.lines == ("For the cake:", "200 g flour", "2 eggs", "For the glaze:", "1 lemon")
    assert recipe.file == "a.paprikarecipes/Lemon cake.paprikarecipe"


# ---------------------------------------------------------------- Tandoor


def food(name: str, amount: object = 0, unit: str | None = None, order: int = 0, **more: object) -> dict[str, object]:
    return {
        "food": {"name": name, "plural_name": None}, "unit": {"name": unit} if unit else None, "amount": amount, "note": "", "order": order,
        "is_header": False, "no_amount": False, **more,
    }  # fmt: skip


TANDOOR = {
    "name": "Dumplings", "description": "", "servings": 4, "servings_text": "people", "keywords": [{"name": "quick", "description": ""}],
    "working_time": 10, "waiting_time": 0, "internal": True,
    "steps": [
        {"name": "Filling", "instruction": "Chop.", "order": 2, "ingredients": [food("cabbage", 0.5, "head")]},
        {"name": "Dough", "instruction": "Knead.", "order": 1, "ingredients": [
            food("water", "125.0000", "ml", 1), food("flour", "2.5E+2", "g", 0, note="sifted"), food("salt", 1, "pinch", 2, no_amount=True),
            {"food": None, "unit": None, "amount": 0, "note": "To brush", "is_header": True, "no_amount": False, "order": 3}, food("oil", order=4),
        ]},
        {"name": "", "instruction": "Steam.", "order": 3, "ingredients": []},
    ],
}  # fmt: skip


def test_tandoor(tmp_path: Path) -> None:
    inner = zipped({"recipe.json": TANDOOR, "image.jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF"})
    for name, content in (("recipe.json", json.dumps(TANDOOR).encode()), ("export.zip", zipped({"1.zip": inner}))):
        recipe = one(tmp_path / name, content)
        assert recipe.lines == ("Dough:", "250 g flour, sifted", "125 ml water", "salt", "To brush:", "oil", "Filling:", "0.5 head cabbage")
        assert (recipe.title, recipe.servings, recipe.tags, recipe.steps) == ("Dumplings", "4", ("quick",), ("Knead.", "Chop.", "Steam."))
    assert recipe.file == "export.zip/1.zip/recipe.json"


def test_a_step_alone_needs_no_heading() -> None:
    record = plain({"name": "x", "steps": [{"name": "Step 1", "instruction": "a", "ingredients": [food("salt")]}]})
    assert record["ingredients"] == [{"amount": 0, "unit": None, "food": {"name": "salt", "plural_name": None}, "note": ""}]


# ---------------------------------------------------------------- Mealie


def mealie(**more: object) -> dict[str, object]:
    return {
        "quantity": 0.0, "unit": None, "food": None, "note": "", "isFood": True, "disableAmount": False, "display": "", "title": None,
        "originalText": None, "referenceId": "r", **more,
    }  # fmt: skip


MEALIE = {
    "id": "1", "slug": "tarts", "name": "Tarts", "recipeServings": 0, "recipeYield": "12 tarts", "recipeYieldQuantity": 0,
    "recipeCategory": [{"id": "c", "name": "Dessert", "slug": "dessert"}], "tags": [{"id": "t", "name": "Party", "slug": "party"}],
    "recipeIngredient": [
        mealie(title="Dough", quantity=1.5, unit={"name": "cup", "abbreviation": "c"}, food={"name": "flour"}, note="sifted", display="1 ¹/₂ c"),
        mealie(quantity=1.0, note="2 eggs", display="2 eggs", disableAmount=True),
        mealie(quantity=1.0, note="250 ml cream"),
        mealie(quantity=2.0, unit={"name": "pinch"}, note="salt"),
        mealie(title="Filling", food={"name": "jam"}),
        mealie(referencedRecipe={"name": "Custard", "slug": "custard"}, quantity=1.0),
        mealie(title="Nothing below"),
        mealie(originalText="a little butter"),
    ],
    "recipeInstructions": [{"id": "s", "title": "", "text": "Bake.", "ingredientReferences": []}],
    "settings": {"public": True, "disableAmount": False},
}  # fmt: skip


def test_mealie(tmp_path: Path) -> None:
    recipe = one(tmp_path / "a.zip", zipped({"tarts/tarts.json": MEALIE, "tarts/images/original.webp": b"RIFF\x00\x00\x00\x00WEBP"}))
    assert recipe.lines == (
        "Dough:", "1.5 cup flour, sifted", "2 eggs", "250 ml cream", "2 pinch salt", "Filling:", "jam", "1 Custard", "Nothing below:",
        "a little butter",
    )  # fmt: skip
    assert (recipe.title, recipe.servings, recipe.course, recipe.tags, recipe.steps) == ("Tarts", "12 tarts", "Dessert", ("Party",), ("Bake.",))


def test_mealie_without_amounts(tmp_path: Path) -> None:
    items = [mealie(note="salt", quantity=1.0)]
    record = {"name": "x", "recipeIngredient": items, "settings": {"disableAmount": True}, "recipeServings": 4.0}
    assert (one(tmp_path / "a.json", record).lines, one(tmp_path / "a.json", record).servings) == (("salt",), "4")


MEALIE_BACKUP = {
    "alembic_version": [{"version_num": "x"}],
    "users": [{"id": "u", "full_name": "Someone", "password": "…"}],
    "recipes": [
        {"id": "r1", "name": "Soup", "recipe_servings": 4.0, "recipe_yield": None, "slug": "soup"},
        {"id": "r2", "name": "Toast", "recipe_servings": 0.0, "recipe_yield": "1 slice", "slug": "toast"},
    ],
    "recipe_settings": [{"recipe_id": "r2", "disable_amount": True}],
    "recipes_ingredients": [
        {"recipe_id": "r1", "position": 1, "title": None, "note": "", "unit_id": None, "food_id": "f2", "quantity": 2.0, "original_text": None},
        {"recipe_id": "r2", "position": 0, "title": "", "note": "bread", "unit_id": None, "food_id": None, "quantity": 1.0, "original_text": None},
        {"recipe_id": "r1", "position": 0, "title": "Base", "note": "", "unit_id": "u1", "food_id": "f1", "quantity": 1.0, "original_text": None},
    ],
    "ingredient_units": [{"id": "u1", "name": "litre"}],
    "ingredient_foods": [{"id": "f1", "name": "water"}, {"id": "f2", "name": "onion"}],
    "recipe_instructions": [{"recipe_id": "r1", "position": 1, "text": "Serve."}, {"recipe_id": "r1", "position": 0, "text": "Boil."}],
    "categories": [{"id": "c1", "name": "Starter"}], "recipes_to_categories": [{"recipe_id": "r1", "category_id": "c1"}],
    "tags": [{"id": "t1", "name": "Hot"}], "recipes_to_tags": [{"recipe_id": "r1", "tag_id": "t1"}],
}  # fmt: skip


def test_a_backup_of_mealie(tmp_path: Path) -> None:
    soup, toast = recipes_of(tmp_path / "backup.zip", zipped({"database.json": MEALIE_BACKUP, "data/users/x/profile.webp": b"RIFF\x00\x00"}))
    assert soup.lines == ("Base:", "1 litre water", "2 onion") and soup.servings == "4"
    assert (soup.course, soup.tags, soup.steps) == ("Starter", ("Hot",), ("Boil.", "Serve."))
    assert (toast.lines, toast.servings) == (("bread",), "1 slice")


@pytest.mark.parametrize("table", list(MEALIE_BACKUP))
@pytest.mark.parametrize("rows", [[], [{}], [None, 3, "x"], [{"id": None, "recipe_id": []}], {}, None])
def test_a_backup_with_a_damaged_table(table: str, rows: object) -> None:
    joined({**MEALIE_BACKUP, table: rows})


# ---------------------------------------------------------------- Crouton, Mela, Nextcloud


def test_crouton(tmp_path: Path) -> None:
    def item(order: int, name: str, code: str | None = None, **amounts: float) -> dict[str, object]:
        quantity = {} if code is None else {"quantity": {"quantityType": code, **amounts}}
        return {"order": order, "uuid": "u", "ingredient": {"uuid": "v", "name": name}, **quantity}

    record = {
        "uuid": "x", "images": ["/9j/" * 30_000], "name": "Soup", "serves": 6, "defaultScale": 1, "folderIDs": [], "neutritionalInfo": "5 kcal",
        "tags": [{"uuid": "t", "color": "#fff", "name": "Winter"}],
        "ingredients": [
            item(3, "salt"), item(0, "Base", "SECTION"), item(1, "onion, chopped", "ITEM", amount=2), item(2, "flour", "GRAMS", amount=30),
            item(4, "broth", "CUP", amount=5, secondaryAmount=6), item(5, "cream", "FLUID_OUNCE", amount=2.5), item(6, "beans", "CAN", amount=1),
        ],
        "steps": [{"order": 1, "step": "Boil.", "isSection": False}, {"order": 0, "step": "Stove", "isSection": True}],
    }  # fmt: skip
    recipe = one(tmp_path / "Soup.crumb", record)
    assert recipe.lines == ("Base:", "2 onion, chopped", "30 g flour", "salt", "5-6 cup broth", "2.5 fl oz cream", "1 can beans")
    assert (recipe.title, recipe.servings, recipe.tags, recipe.steps) == ("Soup", "6", ("Winter",), ("Boil.",))


def test_mela(tmp_path: Path) -> None:
    record = {
        "id": "1", "title": "Soup", "ingredients": "# Base\n1 l water\n2 eggs", "instructions": "Boil.\nServe.", "yield": "4", "categories": ["Hot"],
        "images": ["/9j/" * 30_000], "favorite": False, "link": "", "notes": "", "nutrition": "",
    }  # fmt: skip
    for name, content in (("a.melarecipe", record), ("a.melarecipes", zipped({"1.melarecipe": record}))):
        recipe = one(tmp_path / name, content)
        assert (recipe.lines, recipe.servings, recipe.tags) == (("Base:", "1 l water", "2 eggs"), "4", ("Hot",))
        assert recipe.steps == ("Boil.", "Serve.")


def test_nextcloud_cookbook(tmp_path: Path) -> None:
    record = {
        "@context": "http://schema.org", "@type": "Recipe", "name": "Soup", "recipeYield": 4, "recipeIngredient": ["1 l water"],
        "keywords": "hot,quick",
        "recipeCategory": "Starter", "recipeInstructions": ["Boil."], "tool": [], "dateCreated": "2024-01-01", "id": "7",
    }  # fmt: skip
    recipe = one(tmp_path / "a.zip", zipped({"Soup/recipe.json": record, "Soup/full.jpg": b"\xff\xd8\xff\x00", "Soup/thumb.jpg": b"\xff\xd8\x00"}))
    assert (recipe.file, recipe.servings, recipe.course, recipe.tags) == ("a.zip/Soup/recipe.json", "4", "Starter", ("hot", "quick"))


# ---------------------------------------------------------------- tables of apps


def table(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def test_plan_to_eat(tmp_path: Path) -> None:
    header = ["Title", "Course", "Cuisine", "Main Ingredient", "Servings", "Yield", "Ingredients", "Directions", "Tags", "Public Url"]
    lines = ", Dough\n200 g flour, sifted\n2 itm egg\n, Filling\n1/2 itm lemon\n"
    cells = ["Tart", "Dessert", "French", "Apples", "8", "1 tart", lines, "Mix.\nBake.", "a, b", ""]
    recipe = one(tmp_path / "a.csv", table([header, cells]))
    assert recipe.lines == ("Dough:", "200 g flour, sifted", "2 egg", "Filling:", "1/2 lemon")
    assert (recipe.servings, recipe.course, recipe.cuisine, recipe.tags) == ("8", "Dessert", "French", ("a", "b"))


def test_my_recipe_box(tmp_path: Path) -> None:
    header = ["title", "description", "cookingTime", "inactiveTime", "quantity", "ingredients", "instructions", "categories", "originalPicture", ""]
    rows = [header, ["Cookies", "", "15", "", "22", "1 egg\n2 cups flour", "Mix.\n\nBake.", "Dessert;Party", "", ""]]
    recipe = one(tmp_path / "a.csv", table(rows))
    assert (recipe.lines, recipe.servings, recipe.tags, recipe.steps) == (("1 egg", "2 cups flour"), "22", ("Dessert", "Party"), ("Mix.", "Bake."))
    record = dict(zip(header[:-1], rows[1], strict=False))
    assert one(tmp_path / "a.rtk", zipped({"recipes_0.json": [record]})).servings == "22"


# ---------------------------------------------------------------- anything else stays as it is


@pytest.mark.parametrize(
    "record",
    [
        {}, {"title": "x", "ingredients": ["y"]}, {"steps": ["a"]}, {"steps": [{"text": "a"}]}, {"recipeIngredient": [{"name": "a"}]},
        {"ingredients": [{"quantity": 1, "name": "a"}]}, {"title": "x", "ingredients": ["y"], "steps": [{"ingredients": ["z"]}]},
    ],
)  # fmt: skip
def test_other_records_stay_as_they_are(record: dict[str, object]) -> None:
    assert plain(record) is record and joined([record]) == [record]


ODD: list[object] = [None, 3, "x", [], {}, [None], [[]], {"name": None}, float("nan"), [{}], [{"ingredients": None}], True]


@pytest.mark.parametrize("value", ODD)
def test_odd_values_are_no_fault_here(value: object) -> None:
    for name, shape in (("steps", TANDOOR), ("recipeIngredient", MEALIE)):
        items = shape[name]
        assert isinstance(items, list)
        for key in items[0]:
            plain({**shape, name: [{**items[0], key: value}, *items[1:]]})
    for key in ("order", "ingredient", "quantity"):
        plain({"name": "x", "ingredients": [{"ingredient": {"name": "y"}, "order": 1}, {"ingredient": {"name": "y"}, key: value}]})
    plain({"Main Ingredient": "", "Ingredients": value})
