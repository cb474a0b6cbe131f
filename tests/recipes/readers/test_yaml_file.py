"""YAML: the shapes of recipes, texts that YAML would like to be something else, and documents meant to do harm."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers import Reading, yaml_file, yaml_values
from dish_pipeline.recipes.readers.lines import absent
from dish_pipeline.recipes.readers.text import clean
from dish_pipeline.recipes.readers.yaml_values import load_yaml

SHARED = Path(__file__).resolve().parents[4] / "shared" / "formats" / "yaml"
LINES = ("200 g flour", "2 eggs")
PANCAKES = "title: Pancakes\ningredients:\n- 200 g flour\n- 2 eggs\n"
Read = Callable[..., Reading]
QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def one(reading: Reading) -> Recipe:
    assert reading.refusals == []
    (recipe,) = reading.recipes
    return recipe


@pytest.mark.parametrize(
    "text",
    [
        PANCAKES,
        "---\n" + PANCAKES + "...\n",
        "%YAML 1.2\n---\n" + PANCAKES,
        "# a comment\n\n" + PANCAKES.replace("\n", "\r\n"),
        "- " + PANCAKES.replace("\n", "\n  "),
        "recipes:\n- " + PANCAKES.replace("\n", "\n  "),
        "Pancakes:\n  ingredients: [200 g flour, 2 eggs]\n",
        "name: Pancakes\ningredients:\n- {name: flour, quantity: 200, unit: g}\n- {name: eggs, quantity: 2}\n",
        "name: Pancakes\ningredients:\n- name: flour\n  quantity: 200 g\n- eggs: 2\n",
        "name: Pancakes\ningredients:\n- heading: null\n  items:\n  - {quantity: 200, unit: g, name: flour}\n- items: [2 eggs]\n",
        "name: Pancakes\ningredients:\n  Dough:\n  - 200 g flour\n  Rest: [2 eggs]\n",
        "recipe_name: Pancakes\ningredients:\n- flour: {amounts: [{amount: 200, unit: g}]}\n- eggs: {amounts: [{amount: 2, unit: ~}]}\n",
        "recipe_name: Pancakes\ningredients:\n- flour:\n  - {amount: 200, unit: g}\n- eggs:\n  - amount: 2\n",
        "name: Pancakes\ningredients: |\n  200 g flour\n  2 eggs\n",
        "name: Pancakes\ningredients: {flour: 200 g, eggs: 2}\n",
        '{"name": "Pancakes", "ingredients": ["200 g flour", "2 eggs"]}',
    ],
)
@pytest.mark.parametrize("name", ["a.yaml", "a.YML"])
def test_shapes(read: Read, text: str, name: str) -> None:
    recipe = one(read(text, name))
    assert (recipe.title, recipe.row) == ("Pancakes", 1)
    assert tuple(line for line in recipe.lines if not line.endswith(":")) == LINES


def test_open_recipe_format(read: Read) -> None:
    recipe = one(
        read(
            """recipe_name: Cake
recipe_uuid: 1-2
yields:
- servings: 16
- loaves: 2
ingredients:
- all-purpose flour:
    amounts:
    - {amount: 2, unit: cups}
    - {amount: 240, unit: g}
    processing: [sifted, twice]
    usda_num: 20481
- salt:
    amounts: []
    notes: ["to taste"]
steps:
- step: Mix.
- step: Bake.
  notes: [At once.]
""",
            "a.yaml",
        )
    )
    assert recipe.lines == ("2 cups / 240 g all-purpose flour, sifted, twice", "salt, to taste")
    assert (recipe.servings, recipe.steps) == ("16 servings", ("Mix.", "Bake."))


@pytest.mark.parametrize("title", ["no", "yes", "on", "Off", "2024-01-01", "1:30", "1/2", "1984", "007", "1e3", "0x1F", "1_000", "3.10", "true",
                                   ".inf", "12:30:45"])
def test_texts_are_what_is_written(read: Read, title: str) -> None:
    recipe = one(read(f"title: {title}\ncourse: {title}\ningredients: [{title}, 1/2 cup no, {{quantity: 0.5, name: {title}}}]\n", "a.yaml"))
    assert (recipe.title, recipe.course, recipe.lines) == (title, title, (title, "1/2 cup no", f"0.5 {title}"))


def test_amounts_are_numbers(read: Read) -> None:
    text = "name: A\ningredients:\n- {quantity: {min: 1, max: 2.5}, unit: cups, name: milk, optional: true}\n"
    assert one(read(text + "- {quantity: 0, name: salt, optional: false}\n", "a.yaml")).lines == ("1-2.5 cups milk, optional", "salt")


def test_several_documents(read: Read) -> None:
    text = f"{PANCAKES}---\n# nothing\n---\ntitle: [\n---\ntitle: Waffles\ningredients: [1 egg]\n"
    text += "---\n7\n--- {title: Soup, ingredients: [water]}\n"
    reading = read(text, "a.yaml")
    assert [(r.title, r.row) for r in reading.recipes] == [("Pancakes", 1), ("Waffles", 3), ("Soup", 5)]
    assert [(r.row, r.field) for r in reading.refusals] == [(2, "document"), (4, "record")]
    assert "in line 9" in reading.refusals[0].reason


def test_a_broken_item_of_a_list_costs_itself(read: Read) -> None:
    good = "- " + PANCAKES.replace("\n", "\n  ").rstrip() + "\n"
    reading = read(f"# recipes\n{good}- title: [\n{good}- title: x: y\n  ingredients: [a]\n", "a.yaml")
    assert [(r.title, r.lines, r.row) for r in reading.recipes] == [("Pancakes", LINES, 1), ("Pancakes", LINES, 3)]
    assert [r.row for r in reading.refusals] == [2, 4] and "in line 11" in reading.refusals[1].reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\na: 2\n", "twice, again in line 2"),
        ("title: A\ningredients: [x]\ningredients: [y]\n", "twice"),
        ("title: A\ningredients: {salt: 1 g, salt: 2 g}\n", "twice"),
        ("title: *nothing\n", "an alias"),
        ("title: &a [*a]\n", "an alias"),
        ("title: {{ title }}\n", "a key that is no text"),
        ("title: @x\n", "not valid YAML"),
        ("\ttitle: x\n", "not valid YAML"),
        ("title: 'x\n", "not valid YAML"),
        ("[" * 100_000, "deeper than 40"),
        ("- " * 100_000, "deeper than 40"),
        ("{a: " * 100_000, "deeper than 40"),
        ("? " * 100_000, "deeper than 40"),
        ("theme: minima\nplugins: [a]\n", "no recipes"),
        ("just a text\n", "a str, not a recipe"),
        ("[title]\ningredients: [x]\n", "not valid YAML"),
        (PANCAKES + "...\n" + PANCAKES, "not valid YAML"),
    ],
)
def test_refusals(read: Read, text: str, reason: str) -> None:
    (refusal,) = read(text, "a.yaml").refusals
    assert reason in refusal.reason and refusal.row == 1


def test_the_same_key_with_the_same_value_or_none(read: Read) -> None:
    assert one(read("title: A\ntitle: A\ningredients:\ningredients: [x]\n", "a.yaml")).lines == ("x",)


def test_merges_and_aliases(read: Read) -> None:
    text = "- &base {title: A, servings: 4, ingredients: &i [x, y]}\n- {<<: *base, title: B}\n- {title: C, ingredients: *i}\n"
    recipes = read(text, "a.yaml").recipes
    assert [(r.title, r.servings) for r in recipes] == [("A", "4"), ("B", "4"), ("C", "")] and {r.lines for r in recipes} == {("x", "y")}


def test_billion_laughs(read: Read) -> None:
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 20))
    tower = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 100))
    maps = "a0: &a0 {x: y}\n" + "".join(f"a{n}: &a{n} {{{', '.join(f'k{m}: *a{n - 1}' for m in range(9))}}}\n" for n in range(1, 20))
    for text in (laughs, tower, maps):
        begun = time.monotonic()
        (refusal,) = read(text + "title: x\ningredients: *a9\n", "a.yaml").refusals
        assert "aliases that unfold" in refusal.reason and time.monotonic() - begun < 5


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system [touch x]",
                                 "!!python/name:os.system", "!!binary aGk=", "!!set {a, b}", "!x y",
                                 "!!timestamp 2024-01-01"])
def test_nothing_is_executed_and_no_tag_obeyed(tag: str) -> None:
    value = load_yaml(f"a: {tag}")
    assert isinstance(value, dict) and isinstance(value["a"], str | list | dict)
    assert not Path("x").exists()


@pytest.mark.parametrize("text", ["a" * 300_000, "- a\n" * 50_000, "---\n" * 50_000, "a: \n" * 50_000, "&a " * 50_000, '"' * 300_001, "|\n" * 50_000,
                                  "#" * 300_000,
                                  "a:\n b:\n" * 30_000, "- - - a\n" * 30_000, "!" * 100_000])  # fmt: skip
def test_hostile_texts_end_soon(read: Read, text: str) -> None:
    begun = time.monotonic()
    read(text, "a.yaml")
    assert time.monotonic() - begun < 10


def test_limits(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_file, "MAX_FILE", 20)
    assert "over the 20 of a YAML file" in read(PANCAKES, "a.yaml").refusals[0].reason
    monkeypatch.undo()
    monkeypatch.setattr(yaml_values, "MOST", 4)
    assert "more than 4 values" in read(PANCAKES, "a.yaml").refusals[0].reason


def test_the_python_loader_does_as_well(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_values, "_LOADER", yaml.SafeLoader)
    assert one(read(PANCAKES, "a.yaml")).lines == LINES
    assert "deeper than" in read("[" * 10_000, "b.yaml").refusals[0].reason


LETTERS = st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"])
PRINTABLE = st.text(LETTERS, max_size=8)
TEXT = st.text(LETTERS, min_size=1, max_size=20).filter(lambda text: clean(text) == text)
LINE = TEXT.filter(lambda text: text.strip("#-*_=•· ") and text[0] not in "#-*+•·‣▪●○–—□☐" and not text.endswith(":"))


@QUICK
@given(recipes=st.lists(st.tuples(LINE, st.lists(LINE, min_size=1, max_size=5)), min_size=1, max_size=4), style=st.sampled_from(
        [None, '"', "'", "|", ">"]),
       flow=st.booleans(), several=st.booleans())  # fmt: skip
def test_every_ingredient_comes_out(read: Read, recipes: list[tuple[str, list[str]]], style: str | None, flow: bool, several: bool) -> None:
    values = [{"title": title, "ingredients": lines} for title, lines in recipes]
    dump = {"default_style": style, "default_flow_style": flow, "allow_unicode": True}
    text = yaml.safe_dump_all(values, **dump) if several else yaml.safe_dump(values, **dump)  # type: ignore[call-overload]
    reading = read("# no JSON\n" + text, "a.yaml")
    wanted = [(title, tuple(lines)) for title, lines in recipes if not absent(title)]
    assert [(r.title, r.lines) for r in reading.recipes] == wanted


@QUICK
@given(data=st.recursive(PRINTABLE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PRINTABLE, inner, max_size=4), max_leaves=15))
def test_values_are_those_of_json(data: object) -> None:
    text = json.dumps(data, ensure_ascii=False)
    assert load_yaml(text) == data or "<<" in text


PIECES = ["title: ", "ingredients:", "- ", "\n", "  ", "[", "]", "{", "}", ": ", "&a ", "*a", "<<: ", "---\n", "|\n", "'", '"', "x", "2 eggs", "~",
          "!!python/name:os ", "#", "\t", "? ", "%YAML 1.2\n",
          "\x00", "é", "null"]  # fmt: skip


@QUICK
@given(text=st.one_of(st.text(max_size=100), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_any_text(read: Read, text: str) -> None:
    read(text, "a.yaml")


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/formats")
def test_shared_samples(read: Read) -> None:
    counts = {}
    for path in sorted(SHARED.iterdir()):
        recipe = one(read(path.read_bytes(), path.name))
        counts[path.stem] = len(recipe.lines)
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = [item for entry in raw["ingredients"] for item in entry.get("items", [entry])]
        assert recipe.title == raw["name"] and len(recipe.lines) == len(entries)
        for line, entry in zip(recipe.lines, entries, strict=True):
            assert " ".join(entry["name"].split()) in line and str(entry["quantity"]).strip() in line
    assert counts == {"Beef_Stroganoff": 3, "Braised_Chuck_Pot_Roast": 6, "Chicken_Wings": 10, "Zhoug": 9, "aeropress-coffee": 2, "cosmopolitan": 5,
                      "french-press-coffee": 2, "hummus": 8, "meringues": 2}  # fmt: skip


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/formats")
@QUICK
@given(data=st.data())
def test_mutated_samples(read: Read, data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(sorted(SHARED.iterdir()))).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, max(0, len(content) - 1)))
        content[place : place + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=6))
    read(bytes(content), "a.yaml")
