"""The readers: every format, every refusal, and bytes that nobody meant as recipes."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers import FORMATS, ReadError, Reading, Refusal, json_file, read_path
from dish_pipeline.recipes.readers import reading as reading_module
from dish_pipeline.recipes.readers.fields import recipe_from
from dish_pipeline.recipes.readers.lines import ingredient_lines, texts
from dish_pipeline.recipes.readers.text import clean

SHARED = Path(__file__).resolve().parents[3] / "shared"
PANCAKES = {"title": "Pancakes", "ingredients": ["200 g flour", "2 eggs"]}
LINES = ("200 g flour", "2 eggs")
ENDINGS = sorted({ending for found in FORMATS for ending in found.endings})


def write(path: Path, content: str | bytes | object) -> Path:
    """A file of text, bytes, or anything as JSON; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8", newline="")
    return path


def jsonl(*records: object) -> str:
    return "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records)


def one(path: Path) -> Recipe:
    """The only recipe of a path that gives no refusal."""
    reading = read_path(path)
    assert reading.refusals == []
    (recipe,) = reading.recipes
    return recipe


def from_record(**fields: object) -> Recipe:
    recipe = recipe_from({**PANCAKES, **fields}, "f", 1)
    assert isinstance(recipe, Recipe), recipe
    return recipe


def refused(record: dict[str, object]) -> Refusal:
    refusal = recipe_from(record, "f", 1)
    assert isinstance(refusal, Refusal)
    return refusal


# ---------------------------------------------------------------- JSON Lines


@pytest.mark.parametrize("ending", [".jsonl", ".ndjson", ".JSONL", ".json"])
def test_json_lines(tmp_path: Path, ending: str) -> None:
    reading = read_path(write(tmp_path / f"a{ending}", jsonl(PANCAKES, "", {**PANCAKES, "title": "Crêpes"})))
    assert [(r.title, r.lines, r.file, r.row) for r in reading.recipes] == [
        ("Pancakes", LINES, f"a{ending}", 1),
        ("Crêpes", LINES, f"a{ending}", 3),
    ]
    assert reading.refusals == [] and reading.files == {f"a{ending}": 2}


@pytest.mark.parametrize("broken", ["{", '{"title": "x"', "[" * 5000, "null", "[1]", '"text"', "{} {}", "9" * 5000, "[", "]", ",", "}"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_broken_line_costs_itself_only(tmp_path: Path, broken: str, place: int) -> None:
    lines: list[object] = [PANCAKES, PANCAKES]
    lines.insert(place, broken)
    reading = read_path(write(tmp_path / "a.jsonl", jsonl(*lines)))
    assert len(reading.recipes) == 2
    (refusal,) = reading.refusals
    assert refusal.row == place + 1 and refusal.file == "a.jsonl" and refusal.remedy and len(refusal.value) <= 200
    assert refusal.reason.startswith(("not valid JSON: ", "a JSON "))


def test_one_bad_byte_costs_one_line(tmp_path: Path) -> None:
    bad = json.dumps({**PANCAKES, "title": "½ x"}, ensure_ascii=False).encode().replace(b"\xc2\xbd", b"\xc2\xbd\xff\x81")
    good = json.dumps({**PANCAKES, "title": "½ ö"}, ensure_ascii=False).encode()
    windows = json.dumps({**PANCAKES, "title": "Crème brûlée"}, ensure_ascii=False).encode("cp1252")
    reading = read_path(write(tmp_path / "a.jsonl", b"\n".join([good, bad, windows])))
    assert [r.title for r in reading.recipes] == ["½ ö", "Crème brûlée"]
    (refusal,) = reading.refusals
    assert refusal.row == 2 and "byte 0xFF" in refusal.reason and "UTF-8" in refusal.remedy


def test_json_under_a_jsonl_name(tmp_path: Path) -> None:
    assert one(write(tmp_path / "a.jsonl", json.dumps([PANCAKES], indent=1))).row == 1
    assert one(write(tmp_path / "b.jsonl", json.dumps(PANCAKES, indent=1))).lines == LINES
    inner = json.dumps(PANCAKES)
    for number, text in enumerate([f"[\n{inner}\n]", f"[\n{inner},\n{inner}\n]", f"[{inner},\n{inner}]", f"[\n{inner}\n,\n{inner}\n]\n"]):
        for ending in (".json", ".jsonl"):
            assert {r.lines for r in read_path(write(tmp_path / f"{number}{ending}", text)).recipes} == {LINES}


# ---------------------------------------------------------------- JSON


@pytest.mark.parametrize(
    "document",
    [
        [PANCAKES],
        PANCAKES,
        {"recipes": [PANCAKES]},
        {"recipes": {"1": PANCAKES}},
        {"data": {"items": [PANCAKES]}},
        {"id-1": PANCAKES},
        {"Pancakes": {"ingredients": PANCAKES["ingredients"]}},
        {"breakfast": [PANCAKES]},
        {"hits": [{"recipe": PANCAKES}]},
        [{"recipe": PANCAKES}],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "x"}, {"@type": "Recipe", **PANCAKES}]},
        [{"@graph": [{"@type": ["Recipe", "NewsArticle"], **PANCAKES}, {"@type": "Person", "name": "x"}]}],
        {"@type": "WebPage", "mainEntity": {"@type": "http://schema.org/Recipe", "name": "Pancakes", "recipeIngredient": list(LINES)}},
        {"meals": [{"strMeal": "Pancakes", "strIngredient1": "flour", "strMeasure1": "200 g", "strIngredient2": "eggs", "strMeasure2": "2",
                    "strIngredient3": "", "strMeasure3": " "}]},
    ],
)  # fmt: skip
@pytest.mark.parametrize("indent", [None, 0, 2, "\t"])
def test_json_documents(tmp_path: Path, document: object, indent: int | str | None) -> None:
    recipe = one(write(tmp_path / "a.json", json.dumps(document, indent=indent)))
    assert (recipe.title, recipe.lines, recipe.row) == ("Pancakes", LINES, 1)


def test_schema_org(tmp_path: Path) -> None:
    recipe = one(
        write(
            tmp_path / "a.json",
            {
                "@context": "https://schema.org/",
                "@type": "Recipe",
                "name": "Cake &amp; cream",
                "recipeIngredient": ["## Dough", "1&frac12; cups <b>flour</b>", "2 eggs"],
                "recipeYield": ["8", "8 slices"],
                "recipeCategory": ["Dessert", "Baking"],
                "recipeCuisine": "French",
                "keywords": "cake, quick; party",
                "recipeInstructions": [
                    {"@type": "HowToSection", "name": "Dough", "itemListElement": [{"@type": "HowToStep", "name": "1", "text": "Mix."}]},
                    {"@type": "HowToStep", "text": "<p>Bake.</p><p>Cool.</p>"},
                ],
            },
        )
    )
    assert recipe.title == "Cake & cream"
    assert recipe.lines == ("Dough:", "1½ cups flour", "2 eggs")
    assert (recipe.servings, recipe.course, recipe.cuisine) == ("8 slices", "Dessert, Baking", "French")
    assert recipe.tags == ("cake", "quick", "party")
    assert recipe.steps == ("Mix.", "Bake.", "Cool.")


def test_json_rows_are_record_numbers(tmp_path: Path) -> None:
    reading = read_path(write(tmp_path / "a.json", [PANCAKES, 7, {"title": "no lines"}, PANCAKES]))
    assert [r.row for r in reading.recipes] == [1, 4]
    assert [(r.row, r.field) for r in reading.refusals] == [(2, "record"), (3, "ingredients")]


@pytest.mark.parametrize("content", ["[", "{}", '{"a": 1}', "[" * 100_000, '{"a":' * 50_000, "tru", '[{"title": "a"}', "[]"])
def test_json_without_recipes(tmp_path: Path, content: str) -> None:
    write(tmp_path / "a.json", content)
    reading = read_path(write(tmp_path / "b.jsonl", jsonl(PANCAKES)).parent)
    assert len(reading.recipes) == 1 and len(reading.refusals) == (content != "[]")
    assert all(r.file == "a.json" and r.remedy for r in reading.refusals)


def test_json_over_the_size_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json_file.MAX_FILE == 512 * 1024 * 1024
    monkeypatch.setattr(json_file, "MAX_FILE", 60)
    write(tmp_path / "a.json", [PANCAKES, PANCAKES])
    write(tmp_path / "b.jsonl", jsonl(PANCAKES, PANCAKES))
    reading = read_path(tmp_path)
    assert reading.files == {"a.json": 0, "b.jsonl": 2}
    (refusal,) = reading.refusals
    assert "over the 60 of a JSON file" in refusal.reason and ".jsonl" in refusal.remedy


def test_data_format_of_the_project(tmp_path: Path) -> None:
    record = {"title": "Soup", "course": "starter", "cuisine": "Thai", "servings": 4, "ingredients": ["1 l water"]}
    recipe = one(write(tmp_path / "a.jsonl", jsonl(record)))
    assert recipe == Recipe("Soup", ("1 l water",), "4", "starter", "Thai", file="a.jsonl", row=1)


# ---------------------------------------------------------------- CSV


def table(path: Path, rows: list[list[str]], delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "cell",
    [
        '["200 g flour", "2 eggs"]',
        "['200 g flour', '2 eggs']",
        "('200 g flour', '2 eggs')",
        "[u'200 g flour', u'2 eggs', None]",
        "['200 g flour' '2 eggs']",
        "['200 g flour'\n '2 eggs']",
        "[{'quantity': '200', 'unit': 'g', 'name': 'flour'}, {'quantity': 2, 'name': 'eggs'}]",
        '[["200 g flour"], ["2 eggs"]]',
        'c("200 g flour", "2 eggs", NA)',
        '{"200 g flour","2 eggs"}',
        '"200 g flour", "2 eggs"',
        "{'flour': '200 g', 'eggs': 2}",
        "200 g flour\n2 eggs",
        "- 200 g flour\r\n- 2 eggs\r\n",
        "200 g flour\\n2 eggs",
        "<ul><li>200 g flour</li><li>2 eggs</li></ul>",
        "200 g flour<br>2 eggs",
        "200 g flour|2 eggs",
        "200 g flour; 2 eggs",
        "200 g flour, 2 eggs",
        "200 g flour,2 eggs",
    ],
)
def test_csv_ingredient_cells(tmp_path: Path, cell: str, delimiter: str) -> None:
    recipe = one(table(tmp_path / "a.csv", [["id", "recipe_name", "ingredients", "n"], ["1", "Pancakes", cell, "3"]], delimiter))
    assert (recipe.title, recipe.lines, recipe.row) == ("Pancakes", LINES, 2)


def test_csv_all_columns(tmp_path: Path) -> None:
    header = ["Name", "Ingredients", "Serves", "Meal Type", "Cuisine", "Keywords", "Directions"]
    row = ["Soup", "1 l water", "4-6 servings", "Starter / Main", "Thai", "['hot', 'quick']", "Boil.\nServe."]
    for name, delimiter in (("a.tsv", "\t"), ("b.csv", ",")):
        recipe = one(table(tmp_path / name, [header, row], delimiter))
        assert recipe.servings == "4-6 servings" and recipe.course == "Starter / Main" and recipe.cuisine == "Thai"
        assert recipe.tags == ("hot", "quick") and recipe.steps == ("Boil.", "Serve.")


def test_food_com(tmp_path: Path) -> None:
    header = ["Name", "RecipeCategory", "Keywords", "RecipeIngredientQuantities", "RecipeIngredientParts", "RecipeServings", "RecipeYield",
              "RecipeInstructions"]  # fmt: skip
    rows = [
        header,
        ["Pie", "Dessert", 'c("Fruit", "< 60 Mins")', 'c("4", "1/4", NA)', 'c("blueberries", "sugar", "M&amp;M\'s")', "NA", "1 pie",
         'c("Mix.", "Bake.")'],
        ["One", "Drink", '"Easy"', '"1"', '"water"', "2", "NA", "character(0)"],
        ["Uneven", "Lunch", "NA", 'c("4")', 'c("salt", "pepper")', "NA", "NA", ""],
        ["Empty", "Lunch", "NA", "character(0)", "character(0)", "NA", "NA", ""],
    ]
    reading = read_path(table(tmp_path / "a.csv", rows))
    pie, single, uneven = reading.recipes
    assert pie.lines == ("4 blueberries", "1/4 sugar", "M&M's") and pie.servings == "1 pie" and pie.course == "Dessert"
    assert pie.tags == ("Fruit", "< 60 Mins") and pie.steps == ("Mix.", "Bake.")
    assert single.lines == ("1 water",) and single.servings == "2" and single.tags == ("Easy",) and single.steps == ()
    assert uneven.lines == ("salt", "pepper")
    assert [(r.row, r.field, r.reason) for r in reading.refusals] == [(5, "ingredients", "no ingredients")]


def test_csv_numbered_and_repeated_columns(tmp_path: Path) -> None:
    rows = [["title", "ingredient1", "amount1", "ingredient2", "amount2"], ["Pancakes", "flour", "200 g", "eggs", "2"]]
    assert one(table(tmp_path / "a.csv", rows)).lines == LINES
    rows = [["title", "ingredient", "ingredient", "ingredient"], ["Pancakes", *LINES, ""]]
    assert one(table(tmp_path / "b.csv", rows)).lines == LINES


def test_csv_commas_within_brackets_and_numbers(tmp_path: Path) -> None:
    rows = [["title", "ingredients"], ["a", "1,5 kg nuts (walnuts, pecans), salt,2 eggs"]]
    assert one(table(tmp_path / "a.csv", rows)).lines == ("1,5 kg nuts (walnuts, pecans)", "salt", "2 eggs")


def test_csv_shapes_that_are_fine(tmp_path: Path) -> None:
    text = '\n\ntitle,ingredients,course,\n\nA,"x; y",main,\nB,z\n,,,\nC,"1 x",side\n'
    reading = read_path(write(tmp_path / "a.csv", text))
    assert [(r.title, r.row) for r in reading.recipes] == [("A", 3), ("C", 6)]
    assert [(r.row, "ends in its ingredients" in r.reason) for r in reading.refusals] == [(4, True)]
    assert one(write(tmp_path / "b.csv", "sep=;\ntitle;ingredients\nA;x, y\n")).lines == ("x", "y")
    assert one(write(tmp_path / "c.csv", "title,ingredients\rA,x\r")).lines == ("x",)


@pytest.mark.parametrize(
    ("header", "missing"),
    [(["title", "foo"], "ingredients"), (["foo", "ingredients"], "title"), (["foo", "bar"], "title, ingredients")],
)
def test_csv_missing_columns(tmp_path: Path, header: list[str], missing: str) -> None:
    table(tmp_path / "a.csv", [header, ["a", "b"], ["c", "d"]])
    write(tmp_path / "b.jsonl", jsonl(PANCAKES))
    (refusal,) = read_path(tmp_path).refusals
    assert refusal.row == 1 and refusal.field == missing and header[0] in refusal.reason and header[1] in refusal.value
    for name in missing.split(", "):
        assert name in refusal.remedy


def test_csv_rows_that_are_refused(tmp_path: Path) -> None:
    rows = [["title", "ingredients", "n"], ["", "x", "1"], ["a", "", "1"], ["b", "['x', 'y", "1"], ["c", "x", "1", "2"], ["d", "x", "1"]]
    reading = read_path(table(tmp_path / "a.csv", rows))
    assert [r.title for r in reading.recipes] == ["d"]
    assert [(r.row, r.field) for r in reading.refusals] == [(2, "title"), (3, "ingredients"), (4, "ingredients"), (5, "row")]


def test_csv_stray_quotes_cost_their_own_rows(tmp_path: Path) -> None:
    body = 'A,x,1\nB,"y,1\nC,z,1\n"D",w,1\n"E","v",1\nF,"u\nt",1\nG,"s,1\nH,r,1\n'
    reading = read_path(write(tmp_path / "a.csv", "title,ingredients,n\n" + body))
    assert [r.title for r in reading.recipes] == ["A", "C", "D", "E", "F", "H"]
    assert reading.recipes[4].lines == ("u", "t")
    assert all("does not close" in r.reason for r in reading.refusals) and [r.value[0] for r in reading.refusals] == ["B", "G"]


def test_csv_cell_over_one_megabyte(tmp_path: Path) -> None:
    rows = [["title", "ingredients", "n"], ["a", "x " * 600_000, "1"], ["b", "x", "y" * 1_000_001], ["c", "x", "1"]]
    reading = read_path(table(tmp_path / "a.csv", rows))
    assert [r.title for r in reading.recipes] == ["c"]
    assert [(r.row, "1,000,000" in r.reason, len(r.value) <= 200) for r in reading.refusals] == [(2, True, True), (3, True, True)]


def test_json_value_over_one_megabyte() -> None:
    assert refused({**PANCAKES, "title": "x" * 1_000_001}).field == "title"
    assert refused({**PANCAKES, "ingredients": ["x" * 600_000, "y" * 600_000]}).field == "ingredients"
    assert from_record(image="x" * 2_000_000).lines == LINES


def test_a_file_of_refusals_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_module, "HOPELESS", 5)
    write(tmp_path / "a.jsonl", "x\n" * 50)
    write(tmp_path / "b.jsonl", jsonl(PANCAKES) + "x\n" * 50)
    reading = read_path(tmp_path)
    assert [r.file for r in reading.refusals].count("a.jsonl") == 6 and "left unread" in reading.refusals[5].reason
    assert [r.file for r in reading.refusals].count("b.jsonl") == 50


# ---------------------------------------------------------------- encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.tsv"])
def test_encodings(tmp_path: Path, encoding: str, name: str) -> None:
    title = "Crème brûlée – 1½ L"
    record = {"title": title, "ingredients": ["½ L crème"]}
    texts_by_ending = {
        "jsonl": json.dumps(record, ensure_ascii=False) + "\n" + json.dumps(record, ensure_ascii=False),
        "json": json.dumps([record, record], ensure_ascii=False),
        "csv": f"title,ingredients\r\n{title},½ L crème\r\n{title},½ L crème",
        "tsv": f"title\tingredients\n{title}\t½ L crème\n{title}\t½ L crème",
    }
    reading = read_path(write(tmp_path / name, texts_by_ending[name[2:]].encode(encoding)))
    assert reading.refusals == []
    assert [(r.title, r.lines) for r in reading.recipes] == [(title, ("½ L crème",))] * 2


@pytest.mark.parametrize(
    ("content", "byte"),
    [
        ('[{"title": "Crème"}]'.encode("cp1252") + b"\x81", "0xE8"),  # no such byte in Windows-1252
        ('[{"title": "Crème\x02"}]'.encode("cp1252"), "0xE8"),  # a control character
        ('[{"title": "½ ½ ½ "}]'.encode() + b"\xff", "0xFF"),  # damaged UTF-8 is not Windows-1252
        (('[{"title": "' + "红烧肉" * 20 + '"}]').encode("gbk"), "0x"),
        (b"KP\x03\x04\x00\x00zip", "0x00"),
        (b"\xff\xfe[\x00{\x00\x00\xd8", "UTF-16"),
    ],
)
def test_wrong_encoding(tmp_path: Path, content: bytes, byte: str) -> None:
    write(tmp_path / "a.json", content)
    write(tmp_path / "b.jsonl", jsonl(PANCAKES))
    reading = read_path(tmp_path)
    (refusal,) = reading.refusals
    assert (refusal.file, refusal.row, refusal.field) == ("a.json", 0, "file")
    assert byte in refusal.reason and refusal.remedy == "save as UTF-8" and reading.files["a.json"] == 0


def test_a_broken_end_of_utf16_keeps_what_was_read(tmp_path: Path) -> None:
    many = jsonl(*[PANCAKES] * 2000).encode("utf-16") + b"\x00\xd8\x00"
    reading = read_path(write(tmp_path / "a.jsonl", many))
    assert len(reading.recipes) > 1000 and "UTF-16" in reading.refusals[-1].reason


# ---------------------------------------------------------------- fields and lines


@pytest.mark.parametrize("name", ["title", "Name", "recipe_name", "Recipe Title", "recipeName", "Titre", "TITEL", "Título"])
def test_title_names(name: str) -> None:
    recipe = recipe_from({name: "Pancakes", "ingridients": "x"}, "f", 3)
    assert isinstance(recipe, Recipe) and (recipe.title, recipe.file, recipe.row) == ("Pancakes", "f", 3)
    assert from_record(title="Nan").title == "Nan" and refused({**PANCAKES, "title": "NaN"}).field == "title"


@pytest.mark.parametrize("name", ["servings", "yield", "recipeYield", "serves", "portions", "makes", "Recipe Servings"])
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4, "4"), (4.0, "4"), (2.5, "2.5"), ("4-6 servings", "4-6 servings"), (" 4 \n people ", "4 people"), (None, ""), ("NA", ""), ([], ""),
        (["4", "4 servings"], "4 servings"), ([4], "4"), ({"@type": "QuantitativeValue", "value": 4, "unitText": "bowls"}, "4 bowls"),
        (float("nan"), ""),
    ],
)  # fmt: skip
def test_servings(name: str, value: object, text: str) -> None:
    assert from_record(**{name: value}).servings == text


def test_course_and_tags() -> None:
    assert from_record(category="Side Dish, Vegetables").course == "Side Dish, Vegetables"
    assert from_record(meal_type=["Lunch", {"name": "Dinner"}]).course == "Lunch, Dinner"
    assert from_record(course=None, recipeCategory="Soup").course == "Soup"
    assert from_record(tags=["a", "b"], keywords="b, c", categories=[{"name": "d"}]).tags == ("a", "b", "c", "d")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": None}, "title"), ({"title": " \u200b "}, "title"), ({"title": 7}, "title"), ({"title": ["x"]}, "title"),
        ({"title": "<br>"}, "title"), ({"title": True}, "title"), ({"title": {"a": 1}}, "title"),
        ({"ingredients": None}, "ingredients"), ({"ingredients": []}, "ingredients"), ({"ingredients": ["", None]}, "ingredients"),
        ({"ingredients": 3}, "ingredients"), ({"ingredients": True}, "ingredients"), ({"ingredients": ["x", 3]}, "ingredients"),
        ({"ingredients": ["x", {"quantity": 1}]}, "ingredients"), ({"ingredients": {"flour": False}}, "ingredients"),
        ({"ingredients": {"flour": ["200", "g"]}}, "ingredients"), ({"ingredients": '["x", "y'}, "ingredients"),
        ({"ingredients": {"name": True}}, "ingredients"),
        ({"servings": True}, "servings"), ({"servings": {"a": 1}}, "servings"), ({"course": {"a": 1}}, "course"),
        ({"cuisine": False}, "cuisine"), ({"tags": True}, "tags"), ({"tags": {"a": 1}}, "tags"), ({"steps": True}, "instructions"),
    ],
)  # fmt: skip
def test_refusals_name_the_field(change: dict[str, object], field: str) -> None:
    refusal = refused({**PANCAKES, **change})
    assert refusal.field == field and refusal.row == 1 and refusal.reason and refusal.remedy and len(refusal.value) <= 200


def test_no_title_at_all_and_no_ingredients_at_all() -> None:
    assert (refused({"ingredients": ["x"]}).field, refused({"title": "x"}).field) == ("title", "ingredients")


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ([{"quantity": "200", "unit": "g", "name": "flour"}, {"quantity": 2, "unit": "", "name": "eggs"}], LINES),
        ([{"text": "200 g flour"}, {"amount": 2, "name": "eggs"}], LINES),
        ([{"amount": "200 g", "ingredient": "flour"}, {"qty": 2.0, "unit": None, "item": "eggs"}], LINES),
        ([{"name": "For the dough", "ingredients": ["200 g flour"]}, {"heading": None, "items": [{"quantity": 2, "name": "eggs"}]}], LINES),
        ({"For the dough": ["200 g flour"], "For the glaze": [{"quantity": 2, "name": "eggs"}]}, LINES),
        ({"flour": "200 g", "eggs": 2}, LINES),
        ([{"flour": {"amount": 200, "unit": "g"}}, {"eggs": 2}], LINES),
        ([{"quantity": 200, "unit": {"name": "g"}, "food": {"name": "flour"}, "note": ""}, "2 eggs"], LINES),
        ([{"text": "flour", "quantity": 200, "unit": "g"}, {"text": "2 eggs", "quantity": 2, "food": "egg"}], LINES),
        (["200 g flour\n2 eggs"], LINES),
        (["salt", "200 g flour\n2 eggs"], ("salt", *LINES)),
        (["200 g\n      flour", "2\teggs"], LINES),
        ([{"name": "salt"}, {"salt": None}, {"unit": "pinch", "name": "salt"}], ("salt", "salt", "pinch salt")),
        ([{"quantity": {"min": 1, "max": 2}, "unit": "cups", "name": "milk", "note": "warm", "optional": True}], ("1-2 cups milk, warm, optional",)),
        ([{"quantity": 0.5, "name": "lemon"}, {"quantity": 1 / 3, "name": "lime"}], ("0.5 lemon", "0.333333 lime")),
        ([{"name": ["butter", "margarine"], "quantity": 1}], ("1 butter or margarine",)),
        ([{"name": "Sauce", "ingredients": []}, {"heading": "x", "items": []}, "1 egg"], ("Sauce", "1 egg")),
        (["## 2 Sauce", "* 1 egg", "---", "• 1 nut", "- 1 fig", "-1 to 2 dates"], ("2 Sauce:", "1 egg", "1 nut", "1 fig", "-1 to 2 dates")),
        (["nan", "2 eggs", None, " "], ("nan", "2 eggs")),
        ("[optional] 1 egg", ("[optional] 1 egg",)),
        ("[optional] 1 egg\n1 nut", ("[optional] 1 egg", "1 nut")),
        ("1 cup M&amp;M's; 1 egg", ("1 cup M&M's", "1 egg")),
    ],
)
def test_ingredient_shapes(value: object, lines: tuple[str, ...]) -> None:
    assert tuple(ingredient_lines(value)) == lines


@pytest.mark.parametrize(
    "text",
    [
        "[__import__('os').system('true')]", "['a' + 'b']", "[1 if 1 else 2]", "[" + "-" * 5000 + "1]", "[" * 5000 + "]" * 5000,
        "[lambda: 0]", "['a'](0)",
    ],
)
def test_no_cell_is_executed(text: str) -> None:
    record = recipe_from({"title": "x", "ingredients": text}, "f", 1)
    assert isinstance(record, Refusal) or record.lines == (text,)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("1½ cups", "1½ cups"), ("1⁄2 cup", "1⁄2 cup"), ("&frac12; cup", "½ cup"), ("&amp;frac14; cup", "¼ cup"), ("Â½ cup", "½ cup"),
        ("crÃ¨me", "crème"), ("<b>1</b> egg", "1 egg"), ("1<sup>1</sup>/<sub>2</sub> cup", "1 1 / 2 cup"), ("<1 litre milk", "<1 litre milk"),
        ("butter <or oil> 2 g", "butter <or oil> 2 g"), ("a\u00a0 b\tc\n", "a b c"), ("a\x00\x07b\x7f\u200b", "ab"), ("salt &pepper", "salt &pepper"),
        ("\ud83d x", "\ufffd x"), ("‘x’ “y”", "'x' \"y\""), ("a\x1b[31mb", "ab"), ("A & B", "A & B"), ("&lt;b&gt;x&lt;/b&gt;", "x"),
    ],
)  # fmt: skip
def test_clean(raw: str, text: str) -> None:
    assert clean(raw) == text
    clean(raw).encode()


def test_texts() -> None:
    assert texts("- Mix.\n\n- Bake.") == ["Mix.", "Bake."]
    assert texts([{"text": ""}, {"instruction": "Mix."}, ["Bake."], None, 3]) == ["Mix.", "Bake.", "3"]


# ---------------------------------------------------------------- folders and paths


def test_folder(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "z/c.jsonl", "a/d.JSONL"):
        write(tmp_path / name, jsonl(PANCAKES))
    table(tmp_path / "m.csv", [["title", "ingredients"], ["x", "y"]])
    for name in ("README.md", "x.png", ".hidden.jsonl", "._m.csv", "a/LICENSE", "__MACOSX/m.csv", ".git/config.json"):
        write(tmp_path / name, "not read")
    reading = read_path(tmp_path)
    assert [r.file for r in reading.recipes] == ["a.jsonl", "a/d.JSONL", "b.jsonl", "m.csv", "z/c.jsonl"]
    assert reading.refusals == []
    assert {name for name, count in reading.files.items() if not count} == {
        "README.md", "x.png", ".hidden.jsonl", "._m.csv", "a/LICENSE", "__MACOSX/", ".git/",
    }  # fmt: skip
    assert list(reading.files) == sorted(reading.files) and read_path(tmp_path) == reading


def test_links(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside" / "o.jsonl", jsonl(PANCAKES))
    folder = write(tmp_path / "in" / "b.jsonl", jsonl(PANCAKES)).parent
    write(folder / ".store" / "k.jsonl", jsonl(PANCAKES))
    (folder / "a.jsonl").symlink_to("b.jsonl")  # read as b.jsonl already
    (folder / "k.jsonl").symlink_to(".store/k.jsonl")  # how Kubernetes mounts a folder
    (folder / "k2.jsonl").symlink_to("k.jsonl")
    (folder / "o.jsonl").symlink_to(outside)
    (folder / "o").symlink_to(outside.parent)
    (folder / "loop").symlink_to(".")
    (folder / "self").symlink_to("self")
    (folder / "gone.jsonl").symlink_to("nowhere")
    reading = read_path(folder)
    assert [r.file for r in reading.recipes] == ["b.jsonl", "k.jsonl"]
    assert {r.file for r in reading.refusals} == {"o.jsonl", "o", "self", "gone.jsonl"}
    assert reading.files["a.jsonl"] == reading.files["loop"] == reading.files["k2.jsonl"] == 0
    (tmp_path / "link").symlink_to(folder)
    assert len(read_path(tmp_path / "link").recipes) == 2


def test_names_that_are_not_utf8_and_things_that_are_no_files(tmp_path: Path) -> None:
    try:
        write(tmp_path / os.fsdecode(b"caf\xe9.jsonl"), jsonl(PANCAKES))
        os.mkfifo(tmp_path / "pipe.jsonl")
    except OSError:
        pytest.skip("the file system takes no such names")
    reading = read_path(tmp_path)
    assert [r.file for r in reading.recipes] == ["caf\\xe9.jsonl"] and reading.files["pipe.jsonl"] == 0
    with pytest.raises(ReadError, match="neither a file nor a folder"):
        read_path(tmp_path / "pipe.jsonl")


def test_paths_with_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"nothing: no such file or folder"):
        read_path(tmp_path / "nothing")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ReadError, match=r"empty: no recipes found; put \.jsonl, .*\.csv.* files there"):
        read_path(empty)
    write(empty / "README.md", "x")
    write(empty / "a.jsonl", "x")
    with pytest.raises(ReadError, match=r"a\.jsonl, row 1: line: not valid JSON") as caught:
        read_path(empty)
    assert len(caught.value.refusals) == 1 and isinstance(caught.value, ValueError)
    with pytest.raises(ReadError, match=r"README\.rst: not a known recipe format; give a file that ends in \.jsonl"):
        read_path(write(empty / "README.rst", "x"))
    with pytest.raises(ReadError):
        read_path(tmp_path / "a\0b")
    with pytest.raises(ReadError):
        read_path(tmp_path / ("x" * 5000))


def test_a_reader_that_fails_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("dish_pipeline.recipes.readers.csv_file._delimiter", fail)
    write(tmp_path / "a.csv", "title,ingredients\nx,y\n")
    write(tmp_path / "b.jsonl", jsonl(PANCAKES))
    (refusal,) = read_path(tmp_path).refusals
    assert refusal.file == "a.csv" and "RuntimeError: boom" in refusal.reason


def test_refusals_are_short_and_can_be_written() -> None:
    refusal = Refusal("a\udce9", 1, "title", "x\ud800" * 500, "why\udcff", "what to do")
    assert len(refusal.value) == 200
    str(refusal).encode()


# ---------------------------------------------------------------- anything at all

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SYNTAX = st.lists(
    st.sampled_from([b"title", b"ingredients", b",", b";", b'"', b"'", b"\n", b"\r", b"[", b"]", b"{", b"}", b":", b"\\",
                     b"\xff", b"\xc3\xa9", b"\x00", b"null",
                     b"1", b" ", b'"title"', b'"ingredients"', b"c(", b")", b"&amp;", b"<br>", b"\xef\xbb\xbf", b"\xff\xfe"]),
    max_size=60,
).map(b"".join)  # fmt: skip


def survives(path: Path) -> None:
    """Reading either raises ReadError or gives records that can be written down."""
    try:
        reading = read_path(path)
    except ReadError as error:
        str(error).encode()
        return
    for recipe in reading.recipes:
        assert recipe.title and recipe.lines and all(recipe.lines)
        repr(recipe.recipe_id)
        "".join([recipe.title, *recipe.lines, recipe.servings, recipe.course, recipe.cuisine, *recipe.tags, *recipe.steps]).encode()


@pytest.mark.parametrize("ending", ENDINGS)
@QUICK
@given(content=st.one_of(st.binary(max_size=300), SYNTAX, SYNTAX.map(lambda b: b"title,ingredients\n" + b)))
def test_any_bytes(tmp_path: Path, ending: str, content: bytes) -> None:
    survives(write(tmp_path / f"a{ending}", content))


INNER_KEYS = ["name", "text", "quantity", "unit", "ingredients", "items", "value", "flour", "@type", "note"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(INNER_KEYS), inner, max_size=4),
    max_leaves=12,
)


@QUICK
@given(record=st.dictionaries(st.sampled_from(["title", "name", "ingredients", "recipeIngredientParts", "quantities", "ingredient1", "amount1",
                                                "servings", "course", "tags", "steps", "cuisine"]), ANYTHING, max_size=7))  # fmt: skip
def test_any_record(record: dict[str, object]) -> None:
    outcome = recipe_from(record, "f", 1)
    assert isinstance(outcome, Recipe | Refusal)
    if isinstance(outcome, Refusal):
        assert not outcome.reason.startswith("could not be read"), outcome


@QUICK
@given(cell=st.text(max_size=80) | st.text("[]{}()'\"\\,;|c \nab1-:&<>", max_size=60))
def test_any_cell(cell: str) -> None:
    outcome = recipe_from({"title": "x", "ingredients": cell}, "f", 1)
    assert isinstance(outcome, Recipe) or not outcome.reason.startswith("could not be read"), outcome


REAL = json.dumps(
    {"id": "x", "title": "Crème brûlée", "ingredients": ["½ L crème", "6 jaunes d’œufs"], "servings": "4", "tags": ["a"], "steps": ["Mix."]},
    ensure_ascii=False,
).encode()


@QUICK
@given(data=st.data())
def test_mutated_lines_cost_themselves_only(tmp_path: Path, data: st.DataObject) -> None:
    line = bytearray(REAL)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(0, len(line) - 1)))
        kind = data.draw(st.sampled_from("dirt"))
        if kind == "d":
            del line[place : place + 1]
        elif kind == "t":
            line = line[: place + 1]
        else:
            new = data.draw(st.integers(0, 255).filter(lambda b: b not in (0, 10, 13)))
            line[place : place + (kind == "r")] = bytes([new])
    mutated = b"\n".join([REAL, bytes(line), REAL])
    reading = read_path(write(tmp_path / "a.jsonl", mutated))
    blank = not bytes(line).strip(b" \t")
    assert len(reading.recipes) + len(reading.refusals) == 3 - blank
    assert len(reading.recipes) >= 2 and reading.recipes[0].title == reading.recipes[-1].title == "Crème brûlée"


@QUICK
@given(rows=st.lists(st.tuples(st.text(max_size=15), st.lists(st.text(max_size=10), max_size=4), st.text(max_size=15)), max_size=8))
def test_csv_loses_no_row(tmp_path: Path, rows: list[tuple[str, list[str], str]]) -> None:
    cells = [["title", "ingredients", "course"]] + [[t.replace("\0", ""), json.dumps(i), c.replace("\0", "")] for t, i, c in rows]
    with (tmp_path / "a.csv").open("w", encoding="utf-8", errors="replace", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([*cells, ["last", '["x"]', ""]])
    reading = read_path(tmp_path / "a.csv")
    assert len(reading.recipes) + len(reading.refusals) == len(rows) + 1
    assert reading.recipes[-1].title == "last" and reading.recipes[-1].row == len(rows) + 2


# ---------------------------------------------------------------- real files beside the repository


@pytest.mark.skipif(not (SHARED / "recipes").is_dir(), reason="no ../shared/recipes")
def test_shared_recipes() -> None:
    reading = read_path(SHARED / "recipes")
    counted = {name: count for name, count in reading.files.items() if count}
    lines = {path.name: len(path.read_bytes().splitlines()) for path in (SHARED / "recipes").glob("*.jsonl")}
    assert counted == lines == {"beeton-1861-en.jsonl": 1312, "howtocook-zh.jsonl": 368, "nosrecettes-fr.jsonl": 716, "open-modern-en.jsonl": 685}
    assert len(reading.recipes) == 3081 and reading.refusals == []
    for recipe in reading.recipes:
        assert recipe.title and all(recipe.lines)


@pytest.mark.skipif(not (SHARED / "recipes").is_dir(), reason="no ../shared/recipes")
def test_shared_recipes_keep_every_line() -> None:
    for path in (SHARED / "recipes").glob("*.jsonl"):
        raw = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
        for record, recipe in zip(raw, read_path(path).recipes, strict=True):
            assert len(record["ingredients"]) == len(recipe.lines), record["id"]
            assert (record["servings"] or "") == recipe.servings


@pytest.mark.skipif(not (SHARED / "formats").is_dir(), reason="no ../shared/formats")
def test_shared_schema_org_cookbook() -> None:
    reading = read_path(SHARED / "formats" / "json-schemaorg" / "cookbook.jsonld")
    assert (len(reading.recipes), [(r.row, r.field) for r in reading.refusals]) == (91, [(18, "ingredients")])
    assert isinstance(reading, Reading)
