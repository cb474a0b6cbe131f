"""Markdown: every way of writing ingredients down that people have, and nothing taken for one that is none."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers import Reading, markdown
from dish_pipeline.recipes.readers.text import clean

SHARED = Path(__file__).resolve().parents[4] / "shared" / "formats"
LINES = ("200 g flour", "2 eggs", "salt")
Read = Callable[..., Reading]
QUICK = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def one(reading: Reading) -> Recipe:
    assert reading.refusals == []
    (recipe,) = reading.recipes
    return recipe


@pytest.mark.parametrize(
    "heading",
    ["## Ingredients", "# INGREDIENTS", "###### ingredients:", "##Ingredients", "Ingredients\n---", "Ingredients\n===", "**Ingredients**",
     "**Ingredients:**",
     "__Ingredients__:", "Ingredients:", "## Zutaten", "## Ingrédients", "## Ingredientes", "## Ingredienti", "## Ingrediënten", "## 食材", "## 原料",
     "## 用料",
     "## 必备原料和工具", "## Składniki", "## Ингредиенты", "## Malzemeler", "## 🥕 Ingredients", "## What you'll need", "## The ingredients",
     "## Ingredient list",
     "<h2>Ingredients</h2>"],
)  # fmt: skip
@pytest.mark.parametrize(
    "listed",
    ["- 200 g flour\n- 2 eggs\n- salt", "* 200 g flour\n\n* 2 eggs\n\n* salt", "1. 200 g flour\n2. 2 eggs\n3. salt",
     "- [ ] 200 g flour\n- [x] 2 eggs\n- [ ] salt",
     "200 g flour\n2 eggs\nsalt", "200 g flour\\\n2 eggs\\\nsalt", "200 g flour<br>2 eggs<br/>salt", "200 g flour\n\n2 eggs\n\nsalt",
     "• 200 g flour\n• 2 eggs\n• salt",
     "```\n200 g flour\n2 eggs\nsalt\n```", "    200 g flour\n    2 eggs\n    salt",
     "<ul>\n<li>200 g flour</li>\n<li>2 eggs</li><li>salt</li>\n</ul>",
     "| 200 g | flour |\n|---|---|\n| 2 | eggs |\n| | salt |", "| Ingredient | Amount |\n|---|---|\n| flour | 200 g |\n| eggs | 2 |\n| salt | |",
     "> - 200 g flour\n> - 2 eggs\n> - salt", "- *200 g* **flour**\n- 2 [eggs](eggs.md)\n- ![salt](salt.png) salt",
     "- 200 g\n  flour\n- 2\n    eggs\n- salt"],
)  # fmt: skip
def test_headings_and_lists(read: Read, heading: str, listed: str) -> None:
    recipe = one(read(f"# Pancakes\n\nA story of 3 friends.\n\n{heading}\n\n{listed}\n\n## Directions\n\n1. Mix 2 things.\n2. Bake.\n", "a.md"))
    assert (recipe.title, recipe.lines, recipe.steps) == ("Pancakes", LINES, ("Mix 2 things.", "Bake."))


@pytest.mark.parametrize("name", ["Directions", "Method", "Instructions", "Zubereitung", "Préparation", "Preparación", "做法", "步骤", "操作",
                                  "Steps",
                                  "How to make it"])
def test_steps_are_no_ingredients(read: Read, name: str) -> None:
    steps = f"## {name}\n- 1 cup of water goes in\n\n**Later**\n\n- 2 eggs too\n\n### Glaze\n\n- 3 minutes"
    recipe = one(read(f"# P\n## Ingredients\n- 200 g flour\n\n{steps}", "a.markdown"))
    assert recipe.lines == ("200 g flour",)


def test_front_matter(read: Read) -> None:
    text = "---\r\ntitle: 'Pancakes'\r\ndate: 2021-03-22\r\ntags: [quick, sweet]\r\ncuisine: French\r\ncourse: no\r\nservings: 4\r\n---\r\n\r\n"
    recipe = one(read(text + "# Another\r\n\r\nServes 9\r\n\r\n## Ingredients\r\n- 2 eggs\r\n", "a.md"))
    assert (recipe.title, recipe.tags, recipe.cuisine, recipe.course, recipe.servings) == ("Pancakes", ("quick", "sweet"), "French", "no", "4")
    toml = one(read('+++\ntitle = "Pancakes"\ndate = 2021-03-22\ntags = ["quick"]\n+++\n## Ingredients\n- 2 eggs\n', "a.md"))
    assert (toml.title, toml.tags, toml.lines) == ("Pancakes", ("quick",), ("2 eggs",))


def test_ingredients_in_front_matter(read: Read) -> None:
    text = "---\nlayout: recipe\ntitle: Tart\ningredients:\n- 1 crust\n- 2 cups custard\ncomponents:\n- Berry Topping\n"
    recipe = one(read(text + "\ndirections:\n- Bake 3 tarts.\n---\n\nA story.\n", "a.md"))
    assert (recipe.lines, recipe.steps) == (("1 crust", "2 cups custard", "Berry Topping"), ("Bake 3 tarts.",))


@pytest.mark.parametrize("front", ["---\ntitle: [\n---\n", "+++\ntitle = \n+++\n", "---\na: *b\n---\n",
                                   "---\ningredients: [x]\ningredients: [y]\n---\n"])
def test_broken_front_matter(read: Read, front: str) -> None:
    (refusal,) = read(front + "# A\n## Ingredients\n- 2 eggs\n", "a.md").refusals
    assert "YAML" in refusal.reason or "TOML" in refusal.reason or "alias" in refusal.reason or "twice" in refusal.reason


def test_a_rule_at_the_beginning_is_no_front_matter(read: Read) -> None:
    assert one(read("---\n\n# Soup\n\n---\n\n## Ingredients\n\n- 2 eggs\n", "a.md")).title == "Soup"


def test_groups(read: Read) -> None:
    text = """# Cake
## Ingredients
- 200 g flour
### For the sauce
- 1 cup milk
**Topping**
- nuts
to garnish:
- mint

For the pan:
* butter
- Spices:
  - 1 tsp cumin
- **Glaze**
  - 1 cup sugar
## For the table
- bread
## Directions
Bake.
"""
    assert one(read(text, "a.md")).lines == (
        "200 g flour", "For the sauce:", "1 cup milk", "Topping:", "nuts", "to garnish:", "mint", "For the pan:", "butter", "Spices:", "1 tsp cumin",
        "Glaze:", "1 cup sugar", "For the table:", "bread",
    )  # fmt: skip


def test_what_follows_the_ingredients_is_kept_where_it_reads_like_some(read: Read) -> None:
    text = "# Pie\n## Ingredients\n- 200 g flour\n\n## Filling\n- 1 cup milk\n- honey\n\n## Equipment\n- 1 bowl\n\n"
    text += "## Directions\nMix.\n\n## Icing\n- 1 cup sugar\n\n## Notes\n- 2 eggs"
    assert one(read(text, "a.md")).lines == ("200 g flour", "Filling:", "1 cup milk", "honey", "Icing:", "1 cup sugar")


def test_notes_below_an_ingredient(read: Read) -> None:
    text = "# A\n## Ingredients\n- 1 onion\n  - finely chopped\n- 1 packet seasoning\n  - 1 tsp salt\n- butter\n  - soft\n"
    assert one(read(text, "a.md")).lines == ("1 onion, finely chopped", "1 packet seasoning", "1 tsp salt", "butter", "soft")


@pytest.mark.parametrize(
    ("line", "servings"),
    [("Serves 4", "4"), ("**Servings:** 4-6 people", "4-6 people"), ("- 🍽️ Servings: 8 pancakes", "8 pancakes"), ("* 4–8 servings", "4–8 servings"),
     ("_Makes 12 muffins_", "12 muffins"),
     ("Yield: 24 cookies", "24 cookies"), ("Für 4 Personen", "4 Personen"), ("Pour 6 personnes", "6 personnes"), ("| Serves | 4 |\n|---|---|", "4"),
         ("| Serves | Prep |\n|---|---|\n| 4 | 10 min |", "4"), ("Nombre de portions: 4", "4"),
     ("Makes a nice soup", "")],
)  # fmt: skip
@pytest.mark.parametrize("place", ["intro", "ingredients", "steps"])
def test_servings(read: Read, line: str, servings: str, place: str) -> None:
    text = {"intro": "{}\n\n## Ingredients\n\n- 2 eggs\n\n## Steps\n\nMix.\n", "ingredients": "## Ingredients\n\n{}\n\n## Ingredients\n\n- 2 eggs\n",
            "steps": "## Ingredients\n\n- 2 eggs\n\n## Steps\n\nMix.\n\n{}\n"}[place]  # fmt: skip
    if place == "intro" or (place == "steps" and line[0] not in "-*|") or (place == "ingredients" and servings and line[0] != "|"):
        recipe = one(read("# A\n\n" + text.format(line), "a.md"))
        assert recipe.servings == servings and recipe.lines == ("2 eggs",)


@pytest.mark.parametrize("heading", ["Ingredients: ", "**Ingredients:** ", "## Ingredients: ", "Zutaten: "])
def test_ingredients_in_one_line(read: Read, heading: str) -> None:
    assert one(read(f"# A\n\n{heading}200 g flour, 2 eggs, salt\n\n**Method:** Mix.\n", "a.md")).lines == LINES
    reading = read("# A\n\n## Ingredients (200 g flour, 2 eggs)\n\nMix.\n", "b.md")
    assert reading.recipes == [] and len(reading.refusals) == 1


@pytest.mark.parametrize(("heading", "servings"), [("Ingredients (serves 4)", "4"), ("Zutaten für 4 Personen", "4 Personen"),
                                                   ("Ingredients - 2 servings", "2 servings")])
def test_servings_in_the_heading(read: Read, heading: str, servings: str) -> None:
    recipe = one(read(f"# A\n## {heading}\n- 4 servings rice\n- 2 eggs\n", "a.md"))
    assert recipe.servings == servings and recipe.lines == ("4 servings rice", "2 eggs")


def test_tags_and_course_wherever_they_are(read: Read) -> None:
    recipe = one(read("# A\nCourse: main\n\n## Ingredients\n- 2 eggs\n## Directions\nMix.\n\ntags: quick, #vegan\n", "a.md"))
    assert (recipe.course, recipe.tags, recipe.steps) == ("main", ("quick", "vegan"), ("Mix.",))


def test_recipemd(read: Read) -> None:
    text = "# Guacamole\n\nA dip.\n\n*sauce, vegan*\n\n**200g, 4 Servings**\n\n---\n\n- *1* avocado\n- *.5 teaspoon* salt\n"
    text += "\n## Sauce\n\n- [lemon](lemon.md)\n\n---\n\nMash 2 times.\n"
    recipe = one(read(text, "a.md"))
    assert (recipe.title, recipe.tags, recipe.servings) == ("Guacamole", ("sauce", "vegan"), "4 Servings")
    assert (recipe.lines, recipe.steps) == (("1 avocado", ".5 teaspoon salt", "Sauce:", "lemon"), ("Mash 2 times.",))
    assert one(read("# Toast\n\n---\n\n- bread\n", "b.md")).lines == ("bread",)


def test_loose_files(read: Read) -> None:
    text = """Fish
====

A story.

- Prep time: 10 min

Batter
------

* 1/2 c flour
* beer

Beat the beer until smooth.

Fish
----

* 1 lb. cod

* Cut fish into small chunks.
* Fry for 4-5 minutes, turning halfway through.

1. Eat it at once with your hands.

tags: fried
"""
    recipe = one(read(text, "a.md"))
    assert recipe.title == "Fish" and recipe.tags == ("fried",)
    assert recipe.lines == ("Batter:", "1/2 c flour", "beer", "Fish:", "1 lb. cod")
    taco = one(read("# Taco\n\nBase: [Lamb](/base/lamb.md)\n\nOn top:\n* Onion\n* Olives\n\nAdd a sauce of mint.\n", "b.md"))
    assert taco.lines == ("Base: Lamb", "On top:", "Onion", "Olives")
    assert one(read("# Soup\n\n1 l water\n2 onions\n\nBoil it all for an hour.\n", "c.md")).lines == ("1 l water", "2 onions")


@pytest.mark.parametrize(
    "text",
    ["# Sour cream\n\nCool and tart.\n", "# Soup\n\n1. Boil the water for an hour.\n2. Eat it.\n",
     "# Index\n\n- [Soup](soup.md)\n- [Cake](cake.md)\n", "# A\n## Ingredients\n\n## Steps\nMix.\n",
     "# A\n## Ingredients\n### For the sauce\n"],
)  # fmt: skip
def test_a_text_without_ingredients_is_refused(read: Read, text: str) -> None:
    reading = read(text, "a.md")
    (refusal,) = reading.refusals
    assert reading.recipes == [] and refusal.row == 1 and refusal.field == "ingredients"


@pytest.mark.parametrize("name", ["README.md", "_index.md", "LICENSE.md", "CONTRIBUTING.md", "soups/README.md", "index.md"])
def test_pages_about_a_folder(read: Read, name: str) -> None:
    assert read("# Recipes\n\n- [Soup](soup.md)\n- 2 cakes\n", name) == Reading(files={name: 0}, formats={name: "Markdown"})
    template = "# Recipes\n\nWrite them so:\n\n```markdown\n# Title\n## Ingredients\n- 2 eggs\n## Steps\n```\n"
    assert read(template, name) == Reading(files={name: 0}, formats={name: "Markdown"})
    assert len(read("# Recipes\n\n## Ingredients\n\n## Steps\n", name).refusals) == 1
    assert one(read("# Soup\n\n## Ingredients\n- water\n\n## Steps\nBoil.\n", name)).title == "Soup"


def test_titles(read: Read) -> None:
    body = "## Ingredients\n- 2 eggs\n"
    assert one(read(body, "soups/pea-soup.md")).title == "Pea soup"
    assert one(read(body + "## Steps\nBoil.\n", "pea_soup/index.md")).title == "Pea soup"
    assert one(read("# Notes on Soup\n" + body, "x.md")).title == "Notes on Soup"
    assert one(read("**Soup**\n\n" + body, "x.md")).title == "Soup"


def test_several_recipes(read: Read) -> None:
    text = "# Pancakes\n## Ingredients\n- 2 eggs\n## Steps\nMix.\n# Waffles\n## Ingredients\n- 1 egg\n# About me\nText.\n# Soup\n- 1 l water\n"
    reading = read(text, "a.md")
    assert [(r.title, r.lines, r.row) for r in reading.recipes] == [("Pancakes", ("2 eggs",), 1), ("Waffles", ("1 egg",), 2), ("Soup",
        ("1 l water", ), 3)]
    assert reading.refusals == []
    book = read("# My recipes\n## A\n### Ingredients\n- 1 x\n### Steps\nMix.\n## B\n### Ingredients\n- 2 y\n", "b.md")
    assert [r.title for r in book.recipes] == ["A", "B"]
    parts = one(read("# Fish and chips\n## Batter\n### Ingredients\n- flour\n### Steps\nMix.\n## Fish\n### Ingredients\n- cod\n", "c.md"))
    assert (parts.title, parts.lines) == ("Fish and chips", ("Batter:", "flour", "Fish:", "cod"))


def test_recipes_of_a_week(read: Read) -> None:
    day = "## {}\n\n**Portionen:** 2\n\n### Zutaten (pro Portion):\n- 1 Ei\n\n### Zubereitung:\n1. Kochen.\n\n"
    reading = read("# Wochenplan\n\n" + day.format("Montag") + day.format("Dienstag"), "a.md")
    assert [(r.title, r.servings, r.lines) for r in reading.recipes] == [("Montag", "2", ("1 Ei",)), ("Dienstag", "2", ("1 Ei",))]


def test_ingredients_with_their_steps(read: Read) -> None:
    text = "# Fried rice\n\nServes: 4\n\n## Cook rice.\n\n- Rice, 3 cups\n- Water\n\nAdd to the cooker, then set to cook.\n\n"
    text += "## Prep ingredients.\n\n- Eggs, 4: Beaten.\n- Peas\n\nPrepare them all.\n\n## Cook.\n\n- Olive oil\n- Salt\n\nAdd oil to a pan.\n"
    recipe = one(read(text, "a.md"))
    assert [line for line in recipe.lines if not line.endswith(":")] == ["Rice, 3 cups", "Water", "Eggs, 4: Beaten.", "Peas", "Olive oil", "Salt"]


def test_ingredients_that_read_like_sentences(read: Read) -> None:
    lines = "2 cups flour, sifted twice.\nSalt, pepper and nutmeg as you like them.\nButter for the pan and the mould.\n"
    for text in ("## Ingredients\n\n" + lines, "## Ingredients\n\n- " + lines.strip().replace("\n", "\n- ") + "\n",
                 "- " + lines.strip().replace("\n", "\n- ") + "\n"):
        recipe = one(read(f"# A\n\n{text}\nMix them all in a bowl that is large enough,\nand leave it for an hour.\n", "a.md"))
        assert recipe.lines == tuple(lines.strip().split("\n")), text
    apart = one(read("# A\n\n## Ingredients\n\n" + lines.replace("\n", "\n\n") + "Mix them all in a bowl.\n", "a.md"))
    assert apart.lines == tuple(lines.strip().split("\n"))
    text = "# A\n\n## Ingredients\n\nYou will find them all in your cupboard.\n\n- 2 eggs\n- salt\n"
    assert one(read(text, "a.md")).lines == ("2 eggs", "salt")


def test_boxes(read: Read) -> None:
    assert one(read('# A\n\n!!! example "Ingredients"\n\n    - 200 g flour\n    - 2 eggs\n    - salt\n', "a.md")).lines == LINES
    assert one(read("# A\n\n> [!info]+ Ingredients\n> - 200 g flour\n> - 2 eggs\n> - salt\n", "a.md")).lines == LINES


def test_html_and_wiki_links(read: Read) -> None:
    text = "# A\n<!-- - 9 eggs -->\n<script>\n- 8 eggs\n</script>\n\n## Ingredients\n- 1&frac12; cups <b>flour</b>\n"
    text += "- [[butter|soft butter]] ![[x.png]]\n- `salt`\n- M\\*M\n"
    assert one(read(text, "a.md")).lines == ("1½ cups flour", "soft butter", "salt", "M*M")


def test_markdown_in_a_txt(read: Read) -> None:
    reading = read("Soup\n====\n\n## Ingredients\n\n- *2* eggs\n", "a.txt")
    assert reading.formats == {"a.txt": "Markdown"} and one(reading).lines == ("2 eggs",)
    assert not markdown.claims("Soup\n\nIngredients\n\n2 eggs\n\nMethod\n\nMix.\n")


def test_encodings(read: Read) -> None:
    text = "# Crème brûlée\n\n## Ingrédients\n\n- ½ L crème\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1252"):
        recipe = one(read(text.encode(encoding), "a.md"))
        assert (recipe.title, recipe.lines) == ("Crème brûlée", ("½ L crème",))


@pytest.mark.parametrize("text", ["- " * 50_000, "> " * 50_000, "[" * 100_000, "**a" * 30_000, "|a" * 50_000, "- a\n" * 20_000, "\n" * 100_000,
                                  "<!--" * 20_000,
                                  "".join(" " * 2 * n + "- a\n" for n in range(200)), "---\n" + "[" * 100_000 + "\n---\n",
                                  "+++\na=" + "[" * 100_000 + "\n+++\n", "`a" * 50_000])  # fmt: skip
def test_hostile_texts_end_soon(read: Read, text: str) -> None:
    begun = time.monotonic()
    read("# A\n" + text if text[0] not in "-+" else text, "a.md")
    assert time.monotonic() - begun < 10


def test_too_large(read: Read) -> None:
    (refusal,) = read("# A\n## Ingredients\n- x\n" + "\n" * markdown.MAX_FILE, "a.md").refusals
    assert "1,000,000" in refusal.reason and "cut it" in refusal.remedy


def test_nested_too_deep_is_told(read: Read) -> None:
    (refusal,) = read("# A\n## Ingredients\n" + "".join(" " * 2 * n + "- a\n" for n in range(40)), "a.md").refusals
    assert "too deep" in refusal.reason


FOOD = st.text("bcdfghjklmnpqrstvwxzéü", min_size=3, max_size=10)
INGREDIENT = st.one_of(FOOD, st.builds("{} {} {}".format, st.sampled_from(["1", "2½", "1/2", "200", "2-3"]), st.sampled_from(
        ["g", "cups", "tbsp", "large"]), FOOD),
                       st.builds("{}, {} ({})".format, FOOD, FOOD, FOOD))  # fmt: skip
BULLETS = st.sampled_from(["- ", "* ", "+ ", "- [ ] ", "", "• "])


@QUICK
@given(groups=st.lists(st.tuples(FOOD, st.lists(INGREDIENT, min_size=1, max_size=6)), min_size=1, max_size=4), bullet=BULLETS,
       gap=st.sampled_from(["\n", "\n\n"]),
       level=st.integers(1, 5), grouped=st.sampled_from(["{hash} {name}", "**{name}**", "{name}:", "__For the {name}__"]),
       end=st.booleans())  # fmt: skip
def test_every_ingredient_comes_out(read: Read, groups: list[tuple[str, list[str]]], bullet: str, gap: str, level: int, grouped: str,
                                    end: bool) -> None:
    text = f"# Title\n\n{'#' * level} Ingredients\n\n"
    expected: list[str] = []
    for number, (name, items) in enumerate(groups):
        if number:
            heading = grouped.format(hash="#" * (level + 1), name=name)
            text += f"\n{heading}\n\n"
            expected.append(heading.strip("#*_: ") + ":")
        text += gap.join(bullet + item for item in items) + "\n"
        expected += items
    recipe = one(read(text + ("\n# Directions\n\n1. Mix.\n" if end else ""), "a.md"))
    assert recipe.lines == tuple(map(clean, expected))


PIECES = ["# ", "## Ingredients\n", "## Directions\n", "- ", "1. ", "2 eggs", "\n", "\n\n", "**", "*", "_", "[a](b.md)", "|", "|-|-|\n", "---\n",
          "===\n", "> ", "    ", "```\n", "<br>", "<ul><li>",
          "Serves 4", "Ingredients:", "title: x\n", "&amp;", "![", "[[", "\x00", "\u2028", "é", "Mix it all well.", "For the sauce:"]  # fmt: skip


@QUICK
@given(text=st.one_of(st.text(max_size=200), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_any_text(read: Read, text: str) -> None:
    read(text, "a.md")


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/formats")
def test_shared_samples(read: Read) -> None:
    counts: dict[str, tuple[int, int]] = {}
    for path in sorted(SHARED.glob("markdown-*/*.md")):
        text = path.read_text(encoding="utf-8")
        reading = read(text, path.name)
        recipes, refusals = counts.get(path.parent.name, (0, 0))
        counts[path.parent.name] = recipes + len(reading.recipes), refusals + len(reading.refusals)
        part = re.search(r"(?im)^(?:##+ |ingredients:)(?:ingredients)?\s*$(.*?)(?=^##|^directions:|\Z)", text, re.DOTALL)
        if part and reading.recipes:
            listed = [clean(line.strip()[2:]) for line in part[1].splitlines() if re.match(r"\s*[-*] ", line)]
            (recipe,) = reading.recipes
            assert [line for line in recipe.lines if not line.endswith(":")] == listed or not listed, path
    assert counts == {"markdown-chowdown": (8, 0), "markdown-hugo": (9, 0), "markdown-loose": (17, 1)}


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/formats")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_samples(read: Read, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(sorted(SHARED.glob("markdown-*/*.md")))).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, max(0, len(content) - 1)))
        content[place : place + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    read(bytes(content), "a.md")
