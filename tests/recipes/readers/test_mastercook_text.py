"""MasterCook's text export: its table, its headings and the rows that it breaks in two."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers import Reading

Read = Callable[..., Reading]
QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

BEGIN = "                     *  Exported from  MasterCook  *\n\n"
HEAD = """                           {}

Recipe By     : Grandma: the elder
Serving Size  : 8    Preparation Time :0:30
Categories    : *Afghan                          Desserts
                On-The-Grill

"""
TABLE = "  Amount  Measure       Ingredient -- Preparation Method\n--------  ------------  --------------------------------\n"
END = "\n                   - - - - - - - - - - - - - - - - - - \n\n"
ROWS = """                        ***SYRUP***
   1 1/2  cups          sugar -- sifted
     1/4  teaspoon      saffron -- (optional)
   8                    eggs
   2      large   clov  garlic
   3      pounds        chicken breasts -- boneless,
                        skinless -- cut up
                         -- cold
                        flat bread
   1      (8-oz) can    tomato sauce
                        salt and pepper -- to taste
"""
RECIPE = BEGIN + HEAD.format("Silk Kebab (Sweet)") + TABLE + ROWS + "\nDissolve 2 cups sugar.\n\nServe.\n" + END
LINES = (
    "SYRUP:", "1 1/2 cups sugar, sifted", "1/4 teaspoon saffron, (optional)", "8 eggs", "2 large cloves garlic",
    "3 pounds chicken breasts, boneless, skinless, cut up, cold", "flat bread", "1 (8-oz) can tomato sauce", "salt and pepper, to taste",
)  # fmt: skip


def one(reading: Reading) -> Recipe:
    assert reading.refusals == []
    (recipe,) = reading.recipes
    return recipe


@pytest.mark.parametrize("name", ["a.mxp", "a.MXP", "a.txt", "a.text"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_recipe(read: Read, name: str, end: str) -> None:
    recipe = one(read("A letter.\n" + RECIPE.replace("\n", end) + "Per serving: 100 calories\n", name))
    assert (recipe.title, recipe.servings, recipe.tags) == ("Silk Kebab (Sweet)", "8", ("Afghan", "Desserts", "On-The-Grill"))
    assert recipe.lines == LINES and recipe.steps == ("Dissolve 2 cups sugar.", "Serve.")


@pytest.mark.parametrize("begin", ["*  Exported from  MasterCook II  *", "* Exported from MasterCook *",
                                   "      *  Exported from  MasterCook Mac  *   ", "* Exported for MasterCook 5 *"])
def test_versions(read: Read, begin: str) -> None:
    assert one(read(RECIPE.replace("*  Exported from  MasterCook  *", begin), "a.txt")).lines == LINES


def test_a_table_that_is_parted(read: Read) -> None:
    rows = ROWS + "\n                        ***REST***\n   1      cup           milk\n\n   2      cups          flour\n"
    recipe = one(read(BEGIN + HEAD.format("A") + TABLE + rows + "\nMix 2 things.\n" + END, "a.mxp"))
    assert recipe.lines == (*LINES, "REST:", "1 cup milk", "2 cups flour") and recipe.steps == ("Mix 2 things.",)


def test_rows_out_of_their_columns_stay_as_they_are(read: Read) -> None:
    recipe = one(read(BEGIN + HEAD.format("A") + TABLE + "1 cup milk, cold\n  some salt\n   1      cup           rice\n\nMix.\n" + END, "a.mxp"))
    assert recipe.lines == ("1 cup milk, cold", "some salt", "1 cup rice")


def test_what_is_refused(read: Read) -> None:
    info = BEGIN + HEAD.format("!Read Me!") + TABLE + "                        ***Information***\n\nText.\n" + END
    no_table = BEGIN + HEAD.format("A") + "Mix.\n" + END
    cut = RECIPE[: RECIPE.index("                        flat bread")]
    reading = read(info + RECIPE + no_table + cut + RECIPE + cut, "a.mxp")
    assert [(r.title, r.row) for r in reading.recipes] == [("Silk Kebab (Sweet)", 2), ("Silk Kebab (Sweet)", 5)]
    assert [(r.row, r.field) for r in reading.refusals] == [(1, "ingredients"), (3, "recipe"), (4, "recipe"), (6, "recipe")]
    assert "no table" in reading.refusals[1].reason and "breaks off" in reading.refusals[2].reason
    assert read("nothing\n", "b.mxp").refusals[0].row == 0


def test_encodings(read: Read) -> None:
    for encoding in ("utf-8", "cp1252", "utf-16"):
        recipe = one(read(RECIPE.replace("Silk", "Crème brûlée –").replace("sugar -- sifted", "crème -- ½ l").encode(encoding), "a.mxp"))
        assert recipe.title.startswith("Crème brûlée –") and recipe.lines[1] == "1 1/2 cups crème, ½ l"


@pytest.mark.parametrize("text", ["-" * 300_000 + "x", "*" * 300_000 + "x", " " * 300_000 + "x", "- " * 150_000 + "x",
                                  "   1      cup           x\n" * 12_000, "                        -- x\n" * 12_000,
                                  "\n" * 300_000, "-- " * 100_000])  # fmt: skip
@pytest.mark.parametrize("place", ["head", "servings", "table", "rows"])
def test_hostile_texts_end_soon(read: Read, text: str, place: str) -> None:
    parts = {"head": [text, ""], "servings": [HEAD.format("A") + "Serving Size  : " + text + "\n", ""],
             "table": [HEAD.format("A") + TABLE[:57] + text, ""],
             "rows": [HEAD.format("A") + TABLE + text, "\nMix.\n" + END]}  # fmt: skip
    begun = time.monotonic()
    read(BEGIN + "\n".join(parts[place]), "a.mxp")
    assert time.monotonic() - begun < 10


FOOD = st.text("bcdfghjklmnpqrstvwxzéü", min_size=3, max_size=28)
ROW = st.tuples(st.sampled_from(["", "1", "1 1/2", "0.5", "2-3", "10"]), st.sampled_from(["", "cup", "teaspoons", "pounds", "(8-oz) can"]), FOOD,
                st.one_of(st.just(""), FOOD))


@QUICK
@given(rows=st.lists(ROW, min_size=1, max_size=10), title=FOOD)
def test_every_ingredient_comes_out(read: Read, rows: list[tuple[str, str, str, str]], title: str) -> None:
    table = "".join(f"{amount:>8}  {measure:<12}  {food}{' -- ' + note if note else ''}".rstrip() + "\n" for amount, measure, food, note in rows)
    recipe = one(read(BEGIN + HEAD.format(title) + TABLE + table + "\nMix.\n" + END, "a.mxp"))
    expected = [" ".join(filter(None, [amount, measure, food])) + (f", {note}" if note else "") for amount, measure, food, note in rows]
    assert recipe.lines == tuple(expected) and recipe.title == title


PIECES = [BEGIN, TABLE, END, ROWS, "Serving Size  : 4", "Categories    : ", "\n", "  ", "   1      cup           x", "--", "***", "(", ":", "é",
          "\x00", "\t"]


@QUICK
@given(text=st.one_of(st.text(max_size=100), st.lists(st.sampled_from(PIECES), max_size=30).map("".join)), begun=st.booleans())
def test_any_text(read: Read, text: str, begun: bool) -> None:
    read(BEGIN * begun + text, "a.mxp")


@QUICK
@given(data=st.data())
def test_mutated(read: Read, data: st.DataObject) -> None:
    content = bytearray((RECIPE * 2).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    read(bytes(content), "a.mxp")
