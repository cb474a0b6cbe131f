"""Tables as people and data sets really write them: Excel's CSV in its kinds, and the columns of the data sets that are shared."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers import Reading, read_path


def reading_of(path: Path, content: str | bytes) -> Reading:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_path(path)


def one(path: Path, content: str | bytes) -> Recipe:
    reading = reading_of(path, content)
    assert reading.refusals == []
    (recipe,) = reading.recipes
    return recipe


def table(header: list[str], *rows: list[str], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([header, *rows])
    return out.getvalue()


HEADER = ["Titel", "Zutaten", "Portionen", "Menge"]
ROW = ["Crème brûlée – süß", "½ l Sahne\n1,5 EL Zucker\n6 Eigelb", "4", "1,5"]


@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.tsv", "a"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le-bom"])
@pytest.mark.parametrize("first", ["", "sep={}\r\n"])
def test_what_excel_saves(tmp_path: Path, name: str, delimiter: str, encoding: str, first: str) -> None:
    text = first.format(delimiter) + table(HEADER, ROW, delimiter=delimiter)
    data = b"\xff\xfe" + text.encode("utf-16-le") if encoding == "utf-16-le-bom" else text.encode(encoding)
    recipe = one(tmp_path / name, data)
    assert (recipe.title, recipe.lines, recipe.servings) == (ROW[0], ("½ l Sahne", "1,5 EL Zucker", "6 Eigelb"), "4")


@pytest.mark.parametrize("cell", ['"1,5 kg Mehl; 2,25 l Milch"', "1,5 kg Mehl | 2,25 l Milch", '"1,5 kg Mehl\n2,25 l Milch"'])
def test_decimal_commas(tmp_path: Path, cell: str) -> None:
    assert one(tmp_path / "a.csv", f"Name;Zutaten;Menge\nBrot;{cell};2,5\n").lines == ("1,5 kg Mehl", "2,25 l Milch")


def test_empty_rows_and_columns_that_excel_leaves_behind(tmp_path: Path) -> None:
    reading = reading_of(tmp_path / "a.csv", ";;;\r\nTitel;Zutaten;;\r\nBrot;Mehl;;\r\n;;;\r\n;;;\r\n")
    assert [(recipe.title, recipe.lines) for recipe in reading.recipes] == [("Brot", ("Mehl",))] and reading.refusals == []


def test_food_com(tmp_path: Path) -> None:
    header = [
        "RecipeId", "Name", "RecipeCategory", "Keywords", "RecipeIngredientQuantities", "RecipeIngredientParts", "RecipeServings",
        "RecipeInstructions",
    ]  # fmt: skip
    row = [
        "38", "Low-Fat Sherbet", "Frozen Desserts", 'c("Dessert", "Low Protein")', 'c("4", "1/4", "1")',
        'c("blueberries", "granulated sugar", "lemon juice")', "4", 'c("Toss.", "Freeze &quot;well&quot;.")',
    ]  # fmt: skip
    recipe = one(tmp_path / "recipes.csv", table(header, row))
    assert recipe.lines == ("4 blueberries", "1/4 granulated sugar", "1 lemon juice") and recipe.course == "Frozen Desserts"
    assert recipe.tags == ("Dessert", "Low Protein") and recipe.steps == ("Toss.", 'Freeze "well".')
    raw = one(tmp_path / "raw.csv", table(["name", "id", "ingredients", "ingredients_raw_str"], ["x", "1", "['egg']", '["2   eggs", "1 cup  milk"]']))
    assert raw.lines == ("2 eggs", "1 cup milk")


def test_recipe_nlg(tmp_path: Path) -> None:
    header = ["", "title", "ingredients", "directions", "link", "source", "NER"]
    row = [
        "0", "No-Bake Cookies", '["1 c. firmly packed brown sugar", "1/2 c. \\"light\\" cream"]', '["Mix.", "Stir \\u00bd hour."]', "example.org",
        "Gathered", '["brown sugar", "cream"]',
    ]  # fmt: skip
    reading = reading_of(tmp_path / "a.csv", table(header, row))
    (recipe,) = reading.recipes
    assert recipe.lines == ("1 c. firmly packed brown sugar", '1/2 c. "light" cream') and recipe.steps == ("Mix.", "Stir ½ hour.")
    assert reading.columns["a.csv"]["NER"] == "" and recipe.tags == ()


def test_epicurious(tmp_path: Path) -> None:
    header = ["", "Title", "Ingredients", "Instructions", "Image_Name", "Cleaned_Ingredients"]
    raw = "['1 (3½–4-lb.) whole chicken', '2¾ tsp. kosher salt, divided', \"2 Tbsp. cook's butter\"]"
    recipe = one(tmp_path / "a.csv", table(header, ["0", "Chicken", raw, "Pat dry.\nRoast.", "x", raw]))
    assert recipe.lines == ("1 (3½–4-lb.) whole chicken", "2¾ tsp. kosher salt, divided", "2 Tbsp. cook's butter")
    assert recipe.steps == ("Pat dry.", "Roast.")


def test_the_indian_table(tmp_path: Path) -> None:
    header = [
        "Srno", "RecipeName", "TranslatedRecipeName", "Ingredients", "TranslatedIngredients", "Servings", "Cuisine", "Course",
        "TranslatedInstructions",
    ]  # fmt: skip
    lines = "6 Karela (Bitter Gourd/ Pavakkai) - deseeded,Salt - to taste,1\xa0tablespoon Gram flour (besan)"
    row = ["1", "मसाला करेला", "Masala Karela", "6 करेला,नमक", lines, "6", "Indian", "Side Dish", "To begin, cook."]
    recipe = one(tmp_path / "a.csv", table(header, row))
    assert recipe.lines == ("6 Karela (Bitter Gourd/ Pavakkai) - deseeded", "Salt - to taste", "1 tablespoon Gram flour (besan)")
    assert (recipe.title, recipe.cuisine, recipe.course) == ("Masala Karela", "Indian", "Side Dish")


def test_a_header_with_a_slip_and_cells_of_many_lines(tmp_path: Path) -> None:
    row = ["Ugali", "2 cups maize flour\n4 cups water\n", "Boil.\n\nStir."]
    reading = reading_of(tmp_path / "a.csv", table(["Dish Name", "Ingridients", "Method"], row))
    (recipe,) = reading.recipes
    assert (recipe.lines, recipe.steps) == (("2 cups maize flour", "4 cups water"), ("Boil.", "Stir."))


# ---------------------------------------------------------------- lines that come again


X = ["200 g flour", "2 eggs", "1 pinch salt"]


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (X + X, X),  # the page had the list twice
        ([line for line in X for _ in range(2)], X),  # each line twice
        ([*X, "1 pinch salt"], [*X, "1 pinch salt"]),  # salt for the dough and for the water
        (["For the dough:", *X, "For the sauce:", *X], ["For the dough:", *X, "For the sauce:", *X]),
        (["1 egg", "1 egg"], ["1 egg", "1 egg"]), (["1 egg"] * 6, ["1 egg"] * 6),
        (["1 egg", "salt", "1 egg", "salt"], ["1 egg", "salt", "1 egg", "salt"]),
        (X * 3, X * 3),
    ],
)  # fmt: skip
def test_repeated_lines(tmp_path: Path, lines: list[str], kept: list[str]) -> None:
    assert list(one(tmp_path / "a.csv", table(["title", "ingredients"], ["x", "\n".join(lines)])).lines) == kept
    assert list(one(tmp_path / "b.csv", table(["title", "ingredients"], ["x", repr(lines)])).lines) == kept


def test_groups_of_the_same_lines_are_meant(tmp_path: Path) -> None:
    groups = [{"name": "Layer 1", "ingredients": X}, {"name": "Layer 2", "ingredients": X}]
    assert list(one(tmp_path / "a.csv", table(["title", "ingredients"], ["x", repr(groups)])).lines) == X + X


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("## Sauce", "Sauce:"), ("**Sauce**", "Sauce:"), ("**Sauce:**", "Sauce:"), ("**For the sauce**:", "For the sauce:"),
        ("For the sauce:", "For the sauce:"), ("**2 eggs**", "2 eggs"), ("<b>For the sauce:</b>", "For the sauce:"),
        ("&lt;b&gt;2 eggs&lt;/b&gt;", "2 eggs"), ("**a** and **b**", "**a** and **b**"),
    ],
)  # fmt: skip
def test_headings_among_the_lines(tmp_path: Path, line: str, kept: str) -> None:
    assert one(tmp_path / "a.csv", table(["title", "ingredients"], ["x", f"{line}\n1 onion"])).lines == (kept, "1 onion")
