"""Meal-Master and REZKONV: columns, codes, lines that hang below others, and files of many recipes."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers import Reading
from dish_pipeline.recipes.readers.meal_units import UNITS

Read = Callable[..., Reading]
QUICK = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

HEAD = "MMMMM----- Recipe via Meal-Master (tm) v8.05\n \n      Title: {}\n Categories: Cakes, Sweet\n      Yield: 4 servings\n \n"
CAKE = HEAD.format("Plain cake") + """  1 1/2 c  Flour; sifted
      1 ts Salt
           -fine
      2 ea Eggs
   0.50 c  -Water
           Sugar to taste

MMMMM--------------------------SAUCE---------------------------------
      1 T  Nuts
      1 x  Pepper

  Mix all with 2 c water. Bake.

  1-2 c Oil may be used for the
  pan.

MMMMM
"""
TWO_COLUMNS = """---------- Recipe via Meal-Master (tm) v8.01

      Title: Rolls
 Categories: None
   Servings: 16

----------------------------------FILLING----------------------------------
  1 1/2 c  Whole milk cheese;              1 1/2 c  Milk chocolate;
           - well drained                           - coarsely chopped
      3 tb Sugar                             1/4 c  Pistachio nuts;
  1 1/2 ts Cinnamon                                 - chopped

-----------------------------------DOUGH-----------------------------------
      1 c  Plain flour                              - or dry white wine
      1 tb Sugar                               2 c  Vegetable oil
      4 tb To 5 Tbl sweet wine                      Sprinkles

  Roll and fry.

-----
"""
GERMAN = """========== REZKONV-Rezept - RezkonvSuite v1.4

      Titel: Apfelkuchen
 Kategorien: Kuchen, Obst
      Menge: 12 Stücke

====================== FÜR DEN TEIG ======================
    250     Gramm Mehl
      1     Prise Salz
      2           Eier (Größe M)
  1 1/2     Essl. Zucker
                  -- fein
                  Zimt
========================= BELAG ==========================
      1     klein. Apfel

====================== QUELLE ======================
                  Kochbuch
                  -- Erfasst *RK* 01.02.2003 von

Alles verrühren und backen.

=====
"""
LINES = ("1 1/2 cups Flour; sifted", "1 teaspoon Salt fine", "2 Eggs", "0.5 cup Water", "Sugar to taste", "SAUCE:", "1 tablespoon Nuts", "Pepper")


def one(reading: Reading) -> Recipe:
    assert reading.refusals == []
    (recipe,) = reading.recipes
    return recipe


@pytest.mark.parametrize("name", ["a.mmf", "a.MM", "a.mmf.txt", "a.txt", "a.text"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_column(read: Read, name: str, end: str) -> None:
    recipe = one(read("A letter before.\n" + CAKE.replace("\n", end) + "\x1a", name))
    assert (recipe.title, recipe.servings, recipe.tags, recipe.lines) == ("Plain cake", "4 servings", ("Cakes", "Sweet"), LINES)
    assert recipe.steps == ("Mix all with 2 c water. Bake.", "1-2 c Oil may be used for the pan.")


def test_two_columns(read: Read) -> None:
    recipe = one(read(TWO_COLUMNS, "a.mmf"))
    assert (recipe.title, recipe.servings, recipe.tags) == ("Rolls", "16", ())
    assert recipe.lines == (
        "FILLING:", "1 1/2 cups Whole milk cheese; well drained", "3 tablespoons Sugar", "1 1/2 teaspoons Cinnamon",
        "1 1/2 cups Milk chocolate; coarsely chopped", "1/4 cup Pistachio nuts; chopped", "DOUGH:", "1 cup Plain flour", "1 tablespoon Sugar",
        "4 tablespoons To 5 Tbl sweet wine or dry white wine", "2 cups Vegetable oil", "Sprinkles",
    )  # fmt: skip


def test_rezkonv(read: Read) -> None:
    for content in (GERMAN, GERMAN.encode("cp1252"), GERMAN.encode("cp850"), GERMAN.encode("utf-16")):
        recipe = one(read(content, "a.mmf"))
        assert (recipe.title, recipe.servings, recipe.tags) == ("Apfelkuchen", "12 Stücke", ("Kuchen", "Obst"))
        assert recipe.lines == ("FÜR DEN TEIG:", "250 Gramm Mehl", "1 Prise Salz", "2 Eier (Größe M)", "1 1/2 Esslöffel Zucker fein", "Zimt",
                                "BELAG:",
                                "1 kleine Apfel")
        assert recipe.steps == ("Alles verrühren und backen.",)


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("      1 t  Salt", "1 teaspoon Salt"), ("      2 T  Salt", "2 tablespoons Salt"), ("      2 Tb Salt", "2 tablespoons Salt"),
        ("    1/2 c  Milk", "1/2 cup Milk"),
        ("  1 1/2 lb Beef", "1 1/2 pounds Beef"), ("      3 lg Eggs", "3 large Eggs"), ("      2 cn Beans", "2 cans Beans"),
        ("      1 pn Salt", "1 pinch Salt"),
        ("        pn Salt", "pinch Salt"), ("    2-3 sl Ham", "2-3 slices Ham"), ("      3 cl Garlic", "3 cloves Garlic"),
        ("      3 cl Cognac", "3 centiliters Cognac"),
        ("   1.00 lb Shrimp", "1 pound Shrimp"), ("   0.33 c  Sauce", "0.33 cup Sauce"), ("      1 x  Salt & pepper", "Salt & pepper"),
        ("      1 qq Odd", "1 qq Odd"),
        ("           Raisins (opt.)", "Raisins (opt.)"), ("      1 c  ;boiling water", "1 cup boiling water"), ("      2    Eggs", "2 Eggs"),
        ("      2 fl Rum", "2 fluid ounces Rum"),
        ("      1 c  A long text that goes on and on beyond the column", "1 cup A long text that goes on and on beyond the column"),
        ("            Kosher salt", "Kosher salt"), ("1 c  Flour", "1 cup Flour"), ("      1 Cup flour", "1 Cup flour"),
        ("250 g  Mehl", "250 grams Mehl"),
    ],
)  # fmt: skip
def test_rows(read: Read, row: str, line: str) -> None:
    assert one(read(HEAD.format("A") + row + "\n      1 c  Rice\n\n  Mix.\n\nMMMMM\n", "a.mmf")).lines == (line, "1 cup Rice")


@pytest.mark.parametrize("heading", ["MMMMM-----SAUCE-----", "-----------------SAUCE-----------------", "MMMMM------------ SAUCE ------------",
                                     "=====SAUCE====="])
def test_headings(read: Read, heading: str) -> None:
    for blank in ("", "\n"):
        text = HEAD.format("A") + f"      1 c  Rice\n{blank}{heading}\n      1 c  Milk\n{blank}\n  Mix.\n\nMMMMM\n"
        assert one(read(text, "a.mmf")).lines == ("1 cup Rice", "SAUCE:", "1 cup Milk")
    text = HEAD.format("A") + "           1ST PART---\n      1 c  Rice\n      1 x  Sauce:\n      1 c  Milk\n\n  Mix.\n\nMMMMM\n"
    assert one(read(text, "a.mmf")).lines == ("1ST PART:", "1 cup Rice", "Sauce:", "1 cup Milk")


@pytest.mark.parametrize(
    "header",
    ["MMMMM----- Recipe via Meal-Master (tm) v8.05", "---------- Recipe via Meal-Master (tm) v7.04",
     "------------- Recipe Extracted from Meal-Master (tm) v6.14 ------",
     "----- Recipe in Meal-Master v6.2 Importable Format", "----- Meal-Master -----------------------",
     "MMMMM----- Now You're Cooking! v5.60 [Meal-Master Export Format]",
     "----- Recipe via Cookmate [Meal-Master Export Format] -----", "MMMMM----- Recipe"],
)  # fmt: skip
def test_headers(read: Read, header: str) -> None:
    text = CAKE.replace("MMMMM----- Recipe via Meal-Master (tm) v8.05", header)
    assert one(read(text.removesuffix("MMMMM\n") + "-" * 77 + "\n", "a.txt")).lines == LINES


def test_text_cut_within_a_word(read: Read) -> None:
    text = "----- Meal-Master -----------------------\n\nTitle: A\nYield: 1\nContributor: B: C\n\n"
    text += "      1    apple ;if you like more tan\n           - g, red\n"
    text += "      1 c  extra-virgin\n           -  olive oil\n           Salt\n\n1. Mix.\n-----\n"
    assert one(read(text, "a.mmf")).lines == ("1 apple ;if you like more tang, red", "1 cup extra-virgin olive oil", "Salt")


def test_groups_after_the_directions_are_not_lost(read: Read) -> None:
    text = CAKE.replace("  1-2 c Oil may be used for the\n  pan.\n", "  Icing:\n      1 c  Sugar\n      2 tb Milk\n\n  Spread.\n")
    assert one(read(text, "a.mmf")).lines == (*LINES, "Icing:", "1 cup Sugar", "2 tablespoons Milk")


def test_lines_out_of_their_columns_are_not_lost(read: Read) -> None:
    body = "      1 c  Rice\n\n  Salt and pepper\n\n      2 c  Milk\n"
    body += " some very long line that somebody typed by hand into the table\n      1 ts Oil\n"
    recipe = one(read(HEAD.format("A") + body + "  Mix it all in a bowl that is large enough for all.\n  Bake.\n\nMMMMM\n", "a.mmf"))
    assert recipe.lines == (
        "1 cup Rice", "Salt and pepper", "2 cups Milk", "some very long line that somebody typed by hand into the table", "1 teaspoon Oil",
    )  # fmt: skip
    assert recipe.steps == ("Mix it all in a bowl that is large enough for all. Bake.",)


def test_many_recipes(read: Read) -> None:
    parts = [CAKE.replace("Plain cake", f"Cake {n}") if n % 3 else (TWO_COLUMNS if n % 2 else GERMAN) for n in range(1024)]
    reading = read("\n\n".join(parts), "a.mmf")
    assert len(reading.recipes) == 1024 and reading.refusals == []
    assert [r.row for r in reading.recipes] == list(range(1, 1025)) and reading.recipes[1].title == "Cake 1"


def test_what_is_refused(read: Read) -> None:
    cut = CAKE[: CAKE.index("      1 x  Pepper")]
    no_title = CAKE.replace("      Title: Plain cake\n", "")
    no_food = HEAD.format("A") + "  Mix it all for the\n  night.\n\nMMMMM\n"
    reading = read(cut + no_title + no_food + CAKE + cut, "a.mmf")
    assert [(r.title, r.row) for r in reading.recipes] == [("Plain cake", 4)]
    assert [(r.row, r.field) for r in reading.refusals] == [(1, "recipe"), (2, "title"), (3, "ingredients"), (5, "recipe")]
    assert "breaks off" in reading.refusals[0].reason
    whole = CAKE.removesuffix("MMMMM\n")
    assert len(read(whole + CAKE, "b.mmf").recipes) == 2
    (refusal,) = read("no recipe\n", "c.mmf").refusals
    assert refusal.row == 0 and "MMMMM-----" in refusal.remedy


def test_a_bad_byte_costs_its_recipe(read: Read) -> None:
    content = (CAKE + CAKE + CAKE).encode().split(b"Salt")
    reading = read(content[0] + b"Salt" + content[1] + b"\xc2\xbd\xff\x81\xc2\xbdSalt" + content[2] + b"Salt" + content[3], "a.mmf")
    assert [r.row for r in reading.recipes] == [1, 3] and "not UTF-8" in reading.refusals[0].reason


def test_code_pages(read: Read) -> None:
    text = CAKE.replace("Flour; sifted", "Käse für Öl").replace("Nuts", "½ crème").replace("Bake.", "Bake at 350°.")
    for encoding in ("utf-8", "cp1252", "cp437", "cp850"):
        recipe = one(read(text.encode(encoding), "a.mmf"))
        assert recipe.lines[0] == "1 1/2 cups Käse für Öl" and recipe.lines[6] == "1 tablespoon ½ crème" and "350°" in recipe.steps[0]


def test_all_units_are_words() -> None:
    assert all(code == "x" or code == "ea" or (len(one) > 2 and len(many) > 2) for code, (one, many) in UNITS.items())


@pytest.mark.parametrize("text", ["x  " * 100_000, "      1 c  Rice\n" * 20_000, "           -x\n" * 20_000, "-" * 300_000 + "x", " " * 300_000,
                                  "1 c x\n\n" * 40_000, "=" * 300_000, "1/" * 100_000,
                                  "a:" * 100_000, "MMMMM-----x-----\n" * 20_000])  # fmt: skip
def test_hostile_texts_end_soon(read: Read, text: str) -> None:
    for head in (HEAD.format("A"), GERMAN[:50] + "\n", ""):
        begun = time.monotonic()
        read(head + text, "a.mmf")
        assert time.monotonic() - begun < 10


FOOD = st.text("abcdefghijklmnoprstuvwyzéü", min_size=3, max_size=24).filter(lambda text: text != "recipe")
ROW = st.tuples(st.sampled_from(["", "1", "1/2", "2 1/2", "0.5", "2-3", "10"]), st.sampled_from(["", "c", "ts", "tb", "lb", "lg", "kg", "T"]), FOOD)


@QUICK
@given(groups=st.lists(st.tuples(FOOD, st.lists(ROW, min_size=1, max_size=7)), min_size=1, max_size=3), columns=st.booleans(), blank=st.booleans(),
       dashes=st.booleans())
def test_every_ingredient_comes_out(read: Read, groups: list[tuple[str, list[tuple[str, str, str]]]], columns: bool, blank: bool,
                                    dashes: bool) -> None:
    text, expected = HEAD.format("A"), []
    for number, (name, rows) in enumerate(groups):
        if number:
            text += "\n" * blank + ("" if dashes else "MMMMM") + f"-----{name.upper()}-----\n"
            expected.append(f"{name.upper()}:")
        cells = [f"{amount:>7} {unit:<2} {food}" for amount, unit, food in rows]
        half = (len(cells) + 1) // 2 if columns else len(cells)
        text += "".join(f"{cell:<41}{other}".rstrip() + "\n" for cell, other in zip(cells[:half], cells[half:] + [""] * half, strict=False))
        for amount, unit, food in rows:
            several = amount in ("2 1/2", "2-3", "10")
            expected.append(" ".join(filter(None, [amount, UNITS[unit][several] if unit else "", food])))
    assert one(read(text + "\n  Mix it all and then bake.\n\nMMMMM\n", "a.mmf")).lines == tuple(expected)


PIECES = ["MMMMM", "-----", " Recipe via Meal-Master (tm) v8.05", "\n", "      Title: A\n", " Categories: B\n", "      Yield: 4\n",
          "      1 c  Rice\n", "           -x\n", "  ", "1/2", "MMMMM-----S-----\n",
          "========== REZKONV-Rezept\n", "      Titel: A\n", "    250     Gramm Mehl\n", "==== QUELLE ====\n", "=====\n", "Mix.", "\x1a", "\t", "é",
          "\x00"]  # fmt: skip


@QUICK
@given(text=st.one_of(st.text(max_size=100), st.lists(st.sampled_from(PIECES), max_size=50).map("".join)), head=st.booleans())
def test_any_text(read: Read, text: str, head: bool) -> None:
    read((HEAD.format("A") if head else "") + text, "a.mmf")


@QUICK
@given(data=st.data())
def test_mutated(read: Read, data: st.DataObject) -> None:
    content = bytearray((CAKE + TWO_COLUMNS + GERMAN).encode(data.draw(st.sampled_from(["utf-8", "cp1252"]))))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    read(bytes(content), "a.mmf")
