"""Saved pages: every kind of markup, every encoding, and pages that nobody would call well-formed."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers import ReadError, html, read_path

RECIPE = {"@context": "https://schema.org", "@type": "Recipe", "name": "Pancakes", "recipeIngredient": ["200 g flour", "2 eggs"]}
LINES = ("200 g flour", "2 eggs")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a page reached for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def linked(*documents: object) -> str:
    scripts = (d if isinstance(d, str) else json.dumps(d) for d in documents)
    head = "".join(f'<script type="application/ld+json">{script}</script>' for script in scripts)
    return f"<!DOCTYPE html><html><head>{head}</head><body><p>x</p></body></html>"


def recipes_of(path: Path, page: str | bytes) -> list[Recipe]:
    path.write_bytes(page if isinstance(page, bytes) else page.encode())
    reading = read_path(path)
    assert reading.refusals == [] and set(reading.formats.values()) == {"HTML"}
    return reading.recipes


def one(path: Path, page: str | bytes) -> Recipe:
    (recipe,) = recipes_of(path, page)
    return recipe


def refusal_of(path: Path, page: str | bytes) -> str:
    path.write_bytes(page if isinstance(page, bytes) else page.encode())
    with pytest.raises(ReadError) as caught:
        read_path(path)
    (refusal,) = caught.value.refusals
    return f"{refusal.reason}; {refusal.remedy}"


# ---------------------------------------------------------------- JSON-LD


@pytest.mark.parametrize(
    "document",
    [
        RECIPE, [RECIPE], {"@graph": [{"@type": "WebSite", "name": "x"}, RECIPE]}, [[{"@type": "BreadcrumbList"}], {"@graph": [RECIPE]}],
        {"@type": "WebPage", "mainEntity": RECIPE}, {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": RECIPE}]},
        {**RECIPE, "@type": ["Recipe", "NewsArticle"]}, {**RECIPE, "@type": "http://schema.org/Recipe"}, {**RECIPE, "@type": "schema:Recipe"},
    ],
)  # fmt: skip
def test_linked_data(tmp_path: Path, document: object) -> None:
    recipe = one(tmp_path / "a.html", linked(document))
    assert (recipe.title, recipe.lines, recipe.row) == ("Pancakes", LINES, 1)


TEXT = json.dumps(RECIPE)


@pytest.mark.parametrize(
    "script",
    [
        f"<!--\n{TEXT}\n-->", f"//<![CDATA[\n{TEXT}\n//]]>", f"/* <![CDATA[ */{TEXT}/* ]]> */", f"<![CDATA[{TEXT}]]>", f"{TEXT};", f"{TEXT}\n}}",
        TEXT.replace("Pancakes", "Pan\x01cakes\n"), TEXT.replace('"2 eggs"]', '"2 eggs",]').replace("}", ",}"), TEXT.replace('"', "&quot;"),
        TEXT.replace("Pancakes", "Pancakes\\'"), "\ufeff" + TEXT, TEXT.replace("Pancakes", "Pancakes\t"), TEXT[:-1] + ', "x": NaN}',
    ],
)  # fmt: skip
def test_broken_linked_data(tmp_path: Path, script: str) -> None:
    recipe = one(tmp_path / "a.html", linked(script))
    assert recipe.title.rstrip("'") == "Pancakes" and recipe.lines == LINES


def test_a_script_beyond_mending_costs_itself(tmp_path: Path) -> None:
    assert one(tmp_path / "a.html", linked('{"@type": "Recipe" "name"', RECIPE, "", "nonsense", "[" * 5000)).lines == LINES


def test_several_recipes_and_the_same_twice(tmp_path: Path) -> None:
    recipes = recipes_of(tmp_path / "a.html", linked([RECIPE, {**RECIPE, "name": "Crêpes"}], {"@graph": [RECIPE]}))
    assert [(recipe.title, recipe.row) for recipe in recipes] == [("Pancakes", 1), ("Crêpes", 2)]


def test_all_that_a_page_says(tmp_path: Path) -> None:
    section = {"@type": "HowToSection", "name": "Dough", "itemListElement": [{"@type": "HowToStep", "text": "Mix."}]}
    page = {
        **RECIPE, "recipeIngredient": ["<b>For the dough:</b>", "200&nbsp;g flour", "1&frac12; cups &amp; more"], "recipeYield": ["4", "4 people"],
        "recipeCategory": "Dessert", "recipeCuisine": ["French"], "keywords": "sweet, quick",
        "recipeInstructions": [section, {"@type": "HowToStep", "text": "Bake."}], "author": {"@type": "Person", "name": "Someone"},
    }  # fmt: skip
    recipe = one(tmp_path / "a.html", linked(page))
    assert recipe.lines == ("For the dough:", "200 g flour", "1½ cups & more") and recipe.steps == ("Mix.", "Bake.")
    assert (recipe.servings, recipe.course, recipe.cuisine, recipe.tags) == ("4 people", "Dessert", "French", ("sweet", "quick"))


# ---------------------------------------------------------------- markup in attributes

MICRODATA = """<html><body><div itemscope itemtype="https://schema.org/Recipe"><h1 itemprop="name">Pan<b>cakes</b></h1>
 by <span itemprop="author" itemscope itemtype="https://schema.org/Person"><span itemprop="name">Ann</span></span>
 <meta itemprop="recipeYield" content="4 people"><a itemprop="recipeCategory" href="/x">Dessert</a>
 <ul><li itemprop="recipeIngredient"><span>200</span> <span>g</span>
   <a href="/flour">flour</a></li><li itemprop="recipeIngredient"><div>2</div><div>eggs</div></li></ul>
 <ol itemprop="recipeInstructions"><li>Mix.</li><li>Bake.</li></ol>
 <div itemprop="review" itemscope itemtype="https://schema.org/Review"><p itemprop="name">Bad</p></div>
</div></body></html>"""
RDFA = """<div vocab="http://schema.org/" typeof="Recipe"><h1 property="name">Pancakes</h1><span property="recipeYield">4 people</span>
 <span property="recipeCategory">Dessert</span><p property="recipeIngredient">200 g flour</p><p property="recipeIngredient">2 eggs</p>
 <div property="recipeInstructions"><p>Mix.</p><p>Bake.</p></div></div>"""
OLD_RDFA = RDFA.replace('typeof="Recipe"', 'typeof="v:Recipe"').replace('property="', 'property="v:').replace("recipeIngredient", "ingredients")
H_RECIPE = """<article class="card h-recipe"><span class="p-author h-card"><b class="p-name">Ann</b></span><h1 class="p-name">Pancakes</h1>
 <span class="p-yield">4 people</span><ul><li class="p-ingredient ingredient">200 g <b>flour</b></li><li class="p-ingredient">2 eggs</li></ul>
 <div class="e-instructions"><p>Mix.</p><p>Bake.</p></div></article>"""
OLD_H_RECIPE = """<div class="hrecipe"><span class="fn">Pancakes</span><span class="yield">4 people</span>
 <li class="ingredient"><span class="amount">200 g</span> <span class="name">flour</span></li><li class="ingredient">2 eggs</li>
 <ol class="instructions"><li>Mix.</li><li>Bake.</li></ol></div>"""


@pytest.mark.parametrize("page", [MICRODATA, RDFA, OLD_RDFA, H_RECIPE, OLD_H_RECIPE])
def test_markup(tmp_path: Path, page: str) -> None:
    recipe = one(tmp_path / "a.html", page)
    assert (recipe.title, recipe.lines, recipe.servings, recipe.steps) == ("Pancakes", LINES, "4 people", ("Mix.", "Bake."))
    assert recipe.course == ("Dessert" if "Dessert" in page else "")


def test_several_recipes_in_microdata(tmp_path: Path) -> None:
    page = MICRODATA + MICRODATA.replace("Pan<b>", "Cup<b>")
    assert [recipe.title for recipe in recipes_of(tmp_path / "a.html", page)] == ["Pancakes", "Cupcakes"]


def test_a_list_in_one_element(tmp_path: Path) -> None:
    page = """<div itemscope itemtype="http://data-vocabulary.org/Recipe"><b itemprop="name">Pancakes</b>
     <div itemprop="ingredients"><p>For the dough:</p>200 g flour<br>2 eggs<br/><br/></div></div>"""
    assert one(tmp_path / "a.html", page).lines == ("For the dough:", *LINES)


def test_the_markup_that_lists_ingredients_is_taken(tmp_path: Path) -> None:
    bare = {key: value for key, value in RECIPE.items() if key != "recipeIngredient"}
    for first in (bare, {**RECIPE, "recipeIngredient": []}, {"@type": "Article"}):
        assert one(tmp_path / "a.html", linked(first) + MICRODATA).lines == LINES
    assert one(tmp_path / "a.html", linked({**RECIPE, "name": "From the script"}) + MICRODATA).title == "From the script"


RECIPE_KEEPER = """<!DOCTYPE html><html><body>
<div class="recipe-details"><table><tr><td><h2 itemprop="name">Soup</h2>
<div>Courses: <span itemprop="recipeCourse">Starter</span></div>
<div>Categories: Hot<meta content="Hot" itemprop="recipeCategory"></div><div>Serving size: <span itemprop="recipeYield">4</span></div>
<div>Preparation time: <span>10 mins</span><meta content="PT10M" itemprop="prepTime"></div></td></tr><tr><td><h3>Ingredients</h3>
<div class="recipe-ingredients" itemprop="recipeIngredients"><p>Base:</p><p>• 1 l water </p><p></p><p>• 2 onions</p></div></td>
<td><h3>Directions</h3><div itemprop="recipeDirections"><p>1. Boil.</p><p>2. Serve.</p></div></td></tr></table></div>
<div class="recipe-details"><h2 itemprop="name">Toast</h2><div itemprop="recipeIngredients"><p>1 slice bread</p></div></div></body></html>"""
COPY_ME_THAT = """<html><body><div class="recipe"><div id="name">Soup</div><a id="original_link" href="https://example.org">x</a>
<div id="servings">Servings:<a id="recipeYield">4</a></div><span class="recipeCategory">Tags:</span><span class="recipeCategory">Hot</span>
<ul id="recipeIngredients"><div class="recipeIngredient recipeIngredient_subheader">Base</div><li class="recipeIngredient">1 l water</li>
<li class="recipeIngredient_spacer"></li><li>2 onions</li></ul>
<ol id="recipeInstructions"><li class="instruction">Boil.</li></ol></div>
<div class="recipe"><div id="name">Toast</div><ul id="recipeIngredients"><li>1 slice bread</li></ul></div></body></html>"""


@pytest.mark.parametrize("page", [RECIPE_KEEPER, COPY_ME_THAT])
def test_pages_that_apps_export(tmp_path: Path, page: str) -> None:
    soup, toast = recipes_of(tmp_path / "recipes.html", page)
    assert (soup.title, soup.lines, toast.title, toast.lines) == ("Soup", ("Base:", "1 l water", "2 onions"), "Toast", ("1 slice bread",))
    assert soup.servings == "4"
    assert "Hot" in soup.tags and soup.course == ("Starter" if "Starter" in page else "")


# ---------------------------------------------------------------- files and encodings


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", ""), ("utf-8-sig", ""), ("utf-16", ""), ("cp1252", ""), ("cp1252", '<meta charset="windows-1252">'),
        ("latin-1", '<meta http-equiv="Content-Type" content="text/html; charset=ISO-8859-1">'), ("cp1252", '<meta charset="latin1">'),
        ("utf-8", '<meta charset="iso-8859-1">'), ("gbk", '<meta charset="gbk">'), ("shift_jis", "<meta charset=shift_jis>"),
        ("cp1252", '<meta charset="no-such">'),
    ],
)  # fmt: skip
def test_encodings(tmp_path: Path, encoding: str, declared: str) -> None:
    title = {"gbk": "红烧肉", "shift_jis": "お好み焼き"}.get(encoding, "Crème brûlée")
    page = linked(json.dumps({**RECIPE, "name": title}, ensure_ascii=False)).replace("<head>", f"<head>{declared}")
    assert one(tmp_path / "a.html", page.encode(encoding)).title == title


def test_a_page_in_xml(tmp_path: Path) -> None:
    kind = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/x.dtd">'
    page = f'<?xml version="1.0" encoding="ISO-8859-1"?>\n{kind}{MICRODATA}'
    assert one(tmp_path / "a.xhtml", page.replace("Pan<b>cakes</b>", "Crème").encode("latin-1")).title == "Crème"


def test_a_page_saved_with_its_parts(tmp_path: Path) -> None:
    page = linked({**RECIPE, "name": "Crème"}).replace("=", "=3D").replace("Cr\\u00e8me", "Cr=C3=A8me")
    text = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.org/\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related;\r\n\ttype="text/html";\r\n\tboundary="--B--"\r\n\r\n\r\n----B--\r\nContent-Type: text/css\r\n\r\np {}\r\n'
        f'----B--\r\nContent-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{page}\r\n----B----\r\n'
    )
    for name in ("a.mhtml", "a.mht", "a.txt"):
        assert one(tmp_path / name, text).title == "Crème"
    assert "no page among its parts" in refusal_of(tmp_path / "b.mhtml", text.replace("text/html", "text/plain"))


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.json", "a", "a.php"])
def test_pages_under_other_names(tmp_path: Path, name: str) -> None:
    assert one(tmp_path / name, f"\n<!-- saved from url=(0014)about:internet -->\n{linked(RECIPE)}").lines == LINES


def test_a_page_without_a_recipe(tmp_path: Path) -> None:
    for page in ("<html><body><h1>Pancakes</h1><p>Nice.</p></body></html>", "<html>", "just words", linked({"@type": "Article", "name": "x"})):
        assert "a page without a recipe that is marked as one" in refusal_of(tmp_path / "a.html", page)
    assert "no ingredients" in refusal_of(tmp_path / "a.html", linked({"@type": "Recipe", "name": "x"}))


def test_a_page_over_the_size_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MAX_PAGE", 50)
    assert "over the 50 of a page" in refusal_of(tmp_path / "a.html", linked(RECIPE))


# ---------------------------------------------------------------- hostile pages


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000 + linked(RECIPE), '<div itemscope itemtype="http://schema.org/Recipe">' * 50_000, "<!--" * 30_000 + "<html>",
        "<!-- -->" * 20_000 + "x",
        "<" * 500_000, "<a " + "x=y " * 100_000 + ">", linked("[" * 200_000), linked('{"@type":"Recipe","a":' * 20_000), linked("," * 500_000),
        linked(" " * 2_000_000 + "x"), "<html><p>" + "&amp;" * 300_000, "<!DOCTYPE html [<!ENTITY a 'b'><!ENTITY c '&a;&a;'>]><html>&c;",
        '<!DOCTYPE html SYSTEM "file:///etc/passwd"><html><p>x</p>', "<html>\x00<script>\x00", '<meta charset="' + "x" * 100_000, "A: b\n" * 5000,
    ],
    ids=range(16),
)  # fmt: skip
def test_hostile_pages_end_soon(tmp_path: Path, page: str) -> None:
    (tmp_path / "a.html").write_text(page)
    begun = time.monotonic()
    try:
        read_path(tmp_path / "a.html")
    except ReadError as error:
        assert not any(refusal.reason.startswith("could not be read") for refusal in error.refusals), error.refusals
    assert time.monotonic() - begun < 5


QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PAGES = [linked(RECIPE), MICRODATA, RDFA, H_RECIPE, RECIPE_KEEPER, COPY_ME_THAT]
SYNTAX = ["<", ">", "</", "<li", "<p>", "<script", "<!--", "-->", "]]>", '"', "itemscope", "itemprop=", "{", "}", "&", "\x00", "é"]
TAGS = st.lists(st.sampled_from(SYNTAX)).map("".join)


@pytest.mark.parametrize("page", PAGES)
@QUICK
@given(data=st.data())
def test_mutated_pages(tmp_path: Path, page: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(page)))
        page = page[:place] + data.draw(TAGS) + page[place + data.draw(st.integers(0, 40)) :]
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    try:
        reading = read_path(tmp_path / "a.html")
    except ReadError as error:
        reading = error.reading
    for refusal in reading.refusals:
        assert not refusal.reason.startswith("could not be read"), refusal
    for recipe in reading.recipes:
        assert recipe.title and all(recipe.lines)


@QUICK
@given(content=st.binary(max_size=300))
def test_any_bytes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.html").write_bytes(content)
    try:
        read_path(tmp_path / "a.html")
    except ReadError as error:
        assert not any(refusal.reason.startswith("could not be read") for refusal in error.refusals), error.refusals
