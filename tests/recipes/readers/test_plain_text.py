"""Recipes as people type them; and texts of which nobody can say where their ingredients are."""

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

PANCAKES = """Pancakes

Serves 4
Course: breakfast

Ingredients

2 cups flour
1 egg
Salt

Method

Mix the 2 cups of flour with the egg.
Bake.
"""
LINES = ("2 cups flour", "1 egg", "Salt")


def one(reading: Reading) -> Recipe:
    assert reading.refusals == []
    (recipe,) = reading.recipes
    return recipe


@pytest.mark.parametrize("name", ["a.txt", "a.TEXT"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_recipe(read: Read, name: str, end: str) -> None:
    reading = read(PANCAKES.replace("\n", end), name)
    recipe = one(reading)
    assert (recipe.title, recipe.servings, recipe.course, recipe.lines) == ("Pancakes", "4", "breakfast", LINES)
    assert recipe.steps == ("Mix the 2 cups of flour with the egg.", "Bake.") and reading.formats == {name: "plain text"}


@pytest.mark.parametrize(
    "text",
    [
        "PANCAKES\n========\n\nINGREDIENTS\n-----------\n- 2 cups flour\n- 1 egg\n- Salt\n\nMETHOD\n------\nMix.\n",
        "Pancakes\nIngredients:\n2 cups flour\n1 egg\nSalt\nMethod:\nMix.\n",
        "Pancakes\n\nIngredients:\n* 2 cups flour\n* 1 egg\n* Salt\n\n1. Mix the flour with the egg.\n2. Bake it.\n",
        "Pancakes\n\nIngredients: 2 cups flour, 1 egg, Salt\n\nMethod: Mix.\n",
        "Pfannkuchen\n\nZutaten für 4 Personen:\n\n2 cups flour\n1 egg\nSalt\n\nZubereitung:\n\nAlles verrühren.\n",
        "Crêpes\n\nIngrédients\n• 2 cups flour\n• 1 egg\n• Salt\n\nPréparation\nMélanger.\n",
        "煎饼\n\n食材：\n2 cups flour\n1 egg\nSalt\n\n做法：\n混合。\n",
        "Pancakes\n\n== Ingredients ==\n2 cups flour\n1 egg\nSalt\n\n== Directions ==\nMix.\n",
        "Pancakes\n\nIngredients\n\n    2 cups flour\n    1 egg\n    Salt\n\nMix the flour with the egg until it is\nsmooth, and bake.\n",
        "Pancakes\n\nIngredients\n1. 2 cups flour\n2. 1 egg\n3. Salt\n\nMethod\n1. Mix.\n",
        "Pancakes\n\nIngredients\n\n2 cups flour\n\n1 egg\n\nSalt\n\nMethod\n\nMix.\n",
        "Title: Pancakes\nServes: 4\n\nIngredients\n[ ] 2 cups flour\n[ ] 1 egg\n[x] Salt\n\nNotes\n2 eggs would do.\n",
        "Pancakes\n\nA story of my 2 aunts.\n\nIngredients\n2 cups flour\n1 egg\nSalt\n------\nMix them well.\n",
        "Pancakes\n\n2 cups flour\n1 egg\nSalt\n\nMix the flour with the egg, then fry it.\nServe.\n",
        "Pancakes\nServes 4\n2 cups flour\n1 egg\nSalt\n\nMix the flour with the egg.\n",
    ],
)
def test_ways_to_type(read: Read, text: str) -> None:
    recipe = one(read(text, "a.txt"))
    assert recipe.title in ("Pancakes", "PANCAKES", "Pfannkuchen", "Crêpes", "煎饼")
    assert recipe.lines == LINES and not any(step in LINES for step in recipe.steps)


def test_groups_and_broken_lines(read: Read) -> None:
    text = """Cake

Ingredients (serves 8)

- 2 cups flour, sifted and
  sifted again
- 1 egg
FOR THE SAUCE
1 cup milk (cold,
  not warm)
For the top
nuts
Topping:
1 tbsp sugar

Method

Bake.
"""
    recipe = one(read(text, "a.txt"))
    assert recipe.servings == "8"
    assert recipe.lines == (
        "2 cups flour, sifted and sifted again", "1 egg", "FOR THE SAUCE:", "1 cup milk (cold, not warm)", "For the top:", "nuts", "Topping:",
        "1 tbsp sugar",
    )  # fmt: skip


def test_nouns_that_are_verbs_are_no_steps(read: Read) -> None:
    foods = ("Cream cheese", "Toast", "Mince 500 g", "Season salt", "Roast beef, cold")
    for steps in ("Mix them all until smooth.\n", "Method\n\nMix.\n"):
        assert one(read("Dip\n\nIngredients\n\n" + "\n".join(foods) + "\n\n" + steps, "a.txt")).lines == foods


def test_ingredients_that_read_like_sentences(read: Read) -> None:
    foods = ("Butter for the pan and the mould.", "2 eggs.", "Salt, pepper and nutmeg as you like them.")
    for between in ("\n", "\n\n"):
        for steps in ("Mix them all in a bowl that is large\nenough.\n", "Method\n\nMix.\n"):
            assert one(read("Dip\n\nIngredients\n\n" + between.join(foods) + "\n\n" + steps, "a.txt")).lines == foods


@pytest.mark.parametrize("between", ["\n=====\n", "\n\n----------\n\n", "\n* * * * *\n", "\n- - - - -\n", "\f", "\n\f\n", "\n____________\n\n",
                                     "\n=====\n\n=====\n"])
def test_several_recipes(read: Read, between: str) -> None:
    soup = "Soup\n\n1 l water\n2 onions\n\nBoil the water for an hour.\n"
    waffles = PANCAKES.replace("Pancakes", "Waffles\n-------")
    reading = read(between.join([PANCAKES, waffles, soup, PANCAKES]), "a.txt")
    assert [(r.title, r.row) for r in reading.recipes] == [("Pancakes", 1), ("Waffles", 2), ("Soup", 3), ("Pancakes", 4)]
    assert [r.lines for r in reading.recipes] == [LINES, LINES, ("1 l water", "2 onions"), LINES] and reading.refusals == []


def test_several_recipes_without_rules(read: Read) -> None:
    reading = read("\n\n\n".join([PANCAKES, PANCAKES.replace("Pancakes", "Waffles"), PANCAKES.replace("Pancakes", "Soup")]), "a.txt")
    assert [(r.title, r.lines, r.row) for r in reading.recipes] == [("Pancakes", LINES, 1), ("Waffles", LINES, 2), ("Soup", LINES, 3)]


def test_rules_within_a_recipe(read: Read) -> None:
    text = "Pancakes\n\nA story.\n\n----\n\nIngredients\n\n2 cups flour\n\n----\n\nSauce:\n1 cup milk\n\n----\n\nMethod\n\nMix.\n"
    assert one(read(text + "\n----\n\nNotes\n\nGood.\n", "a.txt")).lines == ("2 cups flour", "Sauce:", "1 cup milk")


@pytest.mark.parametrize(
    "text",
    [
        "Just a text about cooking with 2 eggs and 3 friends.\n",
        "Pancakes\n\nflour\neggs\nsalt\n\nMix the flour with the eggs.\n",
        "Pancakes\n\n2 cups flour\n1 egg\n",
        "2 cups flour\n1 egg\n\nMix the flour with the egg.\n",
        "Pancakes\n\n2 cups flour\n\nMix the flour with the egg.\n",
        "Pancakes\n\nbutter or\nmargarine or\nlard\n\n2 cups flour\n1 egg\n\nMix the flour with the egg.\n",
        "Pancakes\n\nIngredients\n\nMethod\n\nMix.\n",
        "a\nb\nc\n",
        "====\n\n----\n",
    ],
)
def test_what_is_in_doubt_is_refused(read: Read, text: str) -> None:
    reading = read(text, "a.txt")
    (refusal,) = reading.refusals
    assert reading.recipes == [] and refusal.field in ("recipe", "ingredients", "file")


def test_recipes_that_nothing_parts_are_refused(read: Read) -> None:
    text = "Pancakes\nIngredients\n2 eggs\nMethod\nMix.\nWaffles\nIngredients\n1 egg\nMethod\nMix.\n"
    (refusal,) = read(text, "a.txt").refusals
    assert "several lists of ingredients" in refusal.reason and "======" in refusal.remedy


def test_a_refusal_costs_one_recipe(read: Read) -> None:
    reading = read(f"{PANCAKES}=====\nNo recipe\nat all here.\n=====\n{PANCAKES}=====\n" + "x" * 1_000_001 + f"\n=====\n{PANCAKES}", "a.txt")
    assert [r.row for r in reading.recipes] == [1, 3, 5] and [r.row for r in reading.refusals] == [2, 4]
    assert "1,000,000" in reading.refusals[1].reason


def test_bad_bytes_and_encodings(read: Read) -> None:
    bad = PANCAKES.replace("Salt", "Salt ½").encode().replace(b"\xc2\xbd", b"\xc2\xbd\xff\x81")
    reading = read(b"=====\n".join([PANCAKES.encode(), bad, PANCAKES.encode()]), "a.txt")
    assert [r.row for r in reading.recipes] == [1, 3] and "not UTF-8" in reading.refusals[0].reason
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        assert one(read(PANCAKES.replace("Salt", "Crème fraîche").encode(encoding), "a.txt")).lines[-1] == "Crème fraîche"


@pytest.mark.parametrize("name", ["README.txt", "LICENSE.txt", "robots.txt", "requirements.txt"])
def test_pages_about_a_folder(read: Read, name: str) -> None:
    assert read("All rights reserved.\nOr not.\n", name) == Reading(files={name: 0}, formats={name: "plain text"})
    assert one(read(PANCAKES, name)).title == "Pancakes"


def test_the_title_is_the_name_of_the_file_where_there_is_none(read: Read) -> None:
    assert one(read("Ingredients\n\n2 eggs\n\nMethod\n\nMix.\n", "pea_soup.txt")).title == "Pea soup"


@pytest.mark.parametrize("text", ["a\n" * 100_000, "\n" * 300_000, "=" * 300_000, "====\na\n" * 30_000, "Ingredients\n" * 20_000,
                                  "Title\n\nIngredients\n" * 10_000, "Method\n" * 30_000,
                                  "1 " * 150_000, "\f" * 300_000, "\fa" * 50_000, "- x\n  y\n" * 30_000, "a: 1\n" * 40_000, "(" * 300_000,
                                  "Für " * 70_000, "食材\n" * 30_000])  # fmt: skip
@pytest.mark.parametrize("head", ["", "Title\n\nIngredients\n\n"])
def test_hostile_texts_end_soon(read: Read, text: str, head: str) -> None:
    begun = time.monotonic()
    read(head + text, "a.txt")
    assert time.monotonic() - begun < 10


FOOD = st.text("bcdfghjklmnpqrstvwxzéü", min_size=3, max_size=12)
COUNTED = st.builds("{} {} {}".format, st.sampled_from(["1", "1/2", "2.5", "½", "2-3"]), st.sampled_from(["g", "cups", "large"]), FOOD)
ITEM = st.one_of(COUNTED, FOOD, st.builds("{} {}, {}".format, FOOD, FOOD, FOOD))
HEADINGS = st.sampled_from(
    [("Ingredients", "Method"), ("INGREDIENTS:", "DIRECTIONS:"), ("Zutaten", "Zubereitung"), ("Ingredients\n-----------", "Method\n------"),
     ("* Ingredients *", "")]
)


@QUICK
@given(recipes=st.lists(st.tuples(FOOD, st.lists(st.tuples(FOOD, st.lists(ITEM, min_size=1, max_size=6)), min_size=1, max_size=3)), min_size=1,
                        max_size=3),
       heading=HEADINGS, bullet=st.sampled_from(["", "- ", "* ", "• ", "  "]), rule=st.sampled_from(["\n=====\n", "\n\n\n", "\f\n"]),
       gap=st.sampled_from(["", "\n"]))  # fmt: skip
def test_every_ingredient_comes_out(read: Read, recipes: list[tuple[str, list[tuple[str, list[str]]]]], heading: tuple[str, str], bullet: str,
                                    rule: str, gap: str) -> None:
    texts, wanted = [], []
    for title, groups in recipes:
        lines: list[str] = []
        text = f"Best {title}\n\n{heading[0]}\n{gap}"
        for number, (name, items) in enumerate(groups):
            text += f"{gap}{name}:\n" * bool(number) + "".join(f"{bullet}{item}\n" for item in items)
            lines += [f"{name}:"] * bool(number) + items
        texts.append(text + f"\n{heading[1]}\n\nMix it all well, then bake it for an hour.\n")
        wanted.append((f"Best {title}", tuple(lines)))
    if heading[1] or rule != "\n\n\n":
        reading = read(rule.join(texts), "a.txt")
        assert [(r.title, r.lines) for r in reading.recipes] == wanted and reading.refusals == []


PIECES = ["Pancakes", "\n", "\n\n", "Ingredients", "Ingredients: ", "Method", ":", "2 eggs", "- ", "1. ", "=====\n", "\f", "Serves 4",
          "Mix it all well.", "  ", "salt", "FOR THE SAUCE", "(", "For the top", "Notes",
          "\x00", "\u2028", "é"]  # fmt: skip


@QUICK
@given(text=st.one_of(st.text(max_size=150), st.lists(st.sampled_from(PIECES), max_size=50).map("".join)))
def test_any_text(read: Read, text: str) -> None:
    read(text, "a.txt")


@QUICK
@given(data=st.data())
def test_mutated(read: Read, data: st.DataObject) -> None:
    content = bytearray((PANCAKES + "=====\n" + PANCAKES).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    read(bytes(content), "a.txt")
