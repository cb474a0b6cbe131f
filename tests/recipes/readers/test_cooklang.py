"""Cooklang: what the specification and its reference implementation know, and lines that read as a person writes them."""

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

RECIPE = """>> title: Rice bowl
>> servings: 4
>> tags: quick, rice
>> source: me@example.com
-- a comment with @nothing{1}
Cook @rice{200%g} with @salt and @ground black pepper{} [- not @this{} nor
@that{} -] in a #large pot{} for ~{5%minutes}. -- and not @those{}

== Sauce ==

> A note with @another{}.

Stir @flour{=2%cups}(sifted) into @water{1 / 2%cup}, then
rest for ~nap{1%hour} in a #bowl.

= Serving

Sprinkle with @?thyme{3%sprigs} and @salt.
"""


def one(reading: Reading) -> Recipe:
    assert reading.refusals == []
    (recipe,) = reading.recipes
    return recipe


def lines(read: Read, text: str) -> tuple[str, ...]:
    return one(read(text, "a.cook")).lines


def test_a_recipe(read: Read) -> None:
    recipe = one(read(RECIPE, "a.cook"))
    assert (recipe.title, recipe.servings, recipe.tags) == ("Rice bowl", "4", ("quick", "rice"))
    assert recipe.lines == (
        "200 g rice", "salt", "ground black pepper", "Sauce:", "2 cups flour, sifted", "1/2 cup water", "Serving:", "3 sprigs thyme (optional)",
    )  # fmt: skip
    assert recipe.steps == (
        "Cook rice with salt and ground black pepper in a large pot for 5 minutes.",
        "Stir flour into water, then rest for 1 hour in a bowl.",
        "Sprinkle with thyme and salt.",
    )


@pytest.mark.parametrize(
    ("marked", "line"),
    [
        ("@salt", "salt"), ("@salt{}", "salt"), ("@olive oil{}", "olive oil"), ("@egg{3}", "3 egg"), ("@milk{1 1/2%cups}", "1 1/2 cups milk"),
        ("@milk{1-2%tbsp}", "1-2 tbsp milk"), ("@milk{½%l}", "½ l milk"), ("@salt{to taste}", "salt, to taste"), ("@salt{a pinch}", "a pinch salt"),
        ("@salt{some}", "some salt"), ("@onion{1}(peeled and diced)", "1 onion, peeled and diced"), ("@onion(diced)", "onion, diced"),
        ("@flour{%g}", "g flour"),
        ("@&flour{50%g}", "50 g flour"), ("@-oil{2%tbsp}", "2 tbsp oil"), ("@?basil", "basil (optional)"), ("@+egg{1}", "1 egg"),
        ("@&?-mint{}", "mint (optional)"),
        ("@./sauces/Hollandaise{150%ml}", "150 ml Hollandaise"), ("@../Dough.cook{1}", "1 Dough"), ("@@tomato sauce{200%ml}", "200 ml tomato sauce"),
        ("@white wine|wine{1%glass}", "1 glass white wine"), ("@self-raising flour{1%cup}", "1 cup self-raising flour"), ("@🧂", "🧂"),
        ("@crème-fraîche,", "crème-fraîche"),
        ("@1000 island dressing{}", "1000 island dressing"), ("@chilli⸫", "chilli"), ("@chilli.", "chilli"), ("加入@鸡蛋{3%个}", "3 个 鸡蛋"),
        ("@salt{=1%tsp}", "1 tsp salt"),
        ("@milk{2*%cups}", "2 cups milk"), ("@milk{1|2|3%cups}", "1 cups milk"), ("@thyme{few%sprigs}", "few sprigs thyme"),
        ("@5peppers", "5peppers"),
        ("@flour{ 200 % g }",
         "200 g flour"),
        ("@sweet potato{} fries", "sweet potato"),
        ("@jack daniel's{1%shot}", "1 shot jack daniel's"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "Mix {} and stir.", "Add {} to #pot{{}}."])
def test_ingredients(read: Read, marked: str, line: str, around: str) -> None:
    assert lines(read, around.format(marked)) == (line,)


def test_named_again(read: Read) -> None:
    assert lines(read, "@flour{1%cup} and @salt.\n\nMore @flour{2%cups}, @salt, @&flour{}, @&(~1)dough{} and @&flour{10%g}") == (
        "1 cup flour", "salt", "2 cups flour", "10 g flour",
    )  # fmt: skip
    assert lines(read, "Use the @&flour{}.") == ("flour",)


@pytest.mark.parametrize("text", ["", "Boil water.", "@ salt", "me@example.com", "\\@salt", "#pot{} ~{5%minutes}", "-- @salt", "[- @salt -]",
                                  "> @salt", ">> a: @salt{}", "== @ =="])
def test_no_ingredient(read: Read, text: str) -> None:
    reading = read(text + "\n", "a.cook")
    assert reading.recipes == [] and len(reading.refusals) == 1
    assert text == "" or reading.refusals[0].field == "ingredients"


def test_what_does_not_close_is_text(read: Read) -> None:
    assert lines(read, "@salt [- more @pepper, @oil{1%tbsp") == ("salt", "pepper", "oil")


def test_front_matter(read: Read) -> None:
    recipe = one(read("---\ntitle: Soup\nservings: 2\ntags: [a, b]\ncuisine: Thai\ntime: 10 min\n---\n@water{1%l}\n", "x.cook"))
    assert (recipe.title, recipe.servings, recipe.tags, recipe.cuisine, recipe.lines) == ("Soup", "2", ("a", "b"), "Thai", ("1 l water",))


def test_the_title_is_the_name_of_the_file(read: Read) -> None:
    assert one(read("@water", "soups/Pea soup.cook")).title == "Pea soup"
    assert one(read("@water", "pea_soup.cook")).title == "Pea soup"
    assert one(read(">> source: x\n@water", "Öl.COOK")).title == "Öl"


def test_only_its_own_ending(read: Read) -> None:
    assert read(RECIPE, "a.txt").formats == {"a.txt": "plain text"}


@pytest.mark.parametrize("text", ["@" * 200_000, "@a{" * 70_000, "[-" * 100_000, "@a " * 70_000, "@a{}" * 50_000, "=" * 200_000,
                                  ">> a: b\n" * 20_000, "--" * 100_000, "@a(" * 70_000, "~{" * 100_000,
                                  "@&(~1)" * 30_000, "\\@" * 100_000, "@" + "a" * 200_000])  # fmt: skip
def test_hostile_texts_end_soon(read: Read, text: str) -> None:
    begun = time.monotonic()
    read(text, "a.cook")
    assert time.monotonic() - begun < 10


WORD = st.text("abcdefghijklmnopqrstuvwxyzéüß", min_size=2, max_size=8)
NAME = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
AMOUNT = st.one_of(st.just(("", "")), st.tuples(st.sampled_from(["1", "2.5", "1/2", "3-4", "½"]), st.one_of(st.just(""), WORD)))


@QUICK
@given(items=st.lists(st.tuples(NAME, AMOUNT, st.one_of(st.just(""), NAME)), min_size=1, max_size=8, unique_by=lambda item: item[0]),
       between=st.lists(st.sampled_from([" and ", ", ", ".\n\n", " in a #big pot{} ", "\n", " ~{1%min} ", " -- so\n", " [- no -] "]), min_size=8,
                        max_size=8))  # fmt: skip
def test_every_ingredient_comes_out(read: Read, items: list[tuple[str, tuple[str, str], str]], between: list[str]) -> None:
    text, expected = "Take ", []
    for (name, (quantity, unit), note), gap in zip(items, between, strict=False):
        text += f"@{name}{{{quantity}{'%' + unit if unit else ''}}}{f'({note})' if note else ''}{gap}"
        expected.append(" ".join(filter(None, [quantity, unit, name])) + (f", {note}" if note else ""))
    assert lines(read, text) == tuple(expected)


PIECES = ["@", "@a", "{", "}", "%", "1", "(", ")", "#", "~", "--", "[-", "-]", ">>", ": ", "\n", "=", "== s ==", ">", "\\", " ", "salt",
          "@olive oil{1%tbsp}(x)", "&", "?", "---\n", "./", "|", "\x00",
          "\u2028", "é", "title: x"]  # fmt: skip


@QUICK
@given(text=st.one_of(st.text(max_size=100), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
def test_any_text(read: Read, text: str) -> None:
    read(text, "a.cook")


@QUICK
@given(data=st.data())
def test_mutated(read: Read, data: st.DataObject) -> None:
    content = bytearray(RECIPE.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=6))
    read(bytes(content), "a.cook")
