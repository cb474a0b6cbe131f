"""Recipes that a page marks with attributes: microdata, RDFa, h-recipe, and what Recipe Keeper and CopyMeThat export.

What belongs here: from elements to records with the names that the page gives. They differ in two things only: how an element says that
it is a recipe, and how one says which property it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element

_TYPE = re.compile(r"(?:^|[/:#\s])Recipe(?:$|\s)", re.IGNORECASE)
_LINES = frozenset(("li", "p", "br", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "dt"))
_BLOCKS = frozenset(("div", "td", "th", "dd", "section", "article", "ul", "ol", "table", "blockquote", "label"))
_SILENT = frozenset(("script", "style", "svg", "noscript", "button", "select", "template", "iframe"))
_CLASSES = {
    "p-name": "name", "fn": "name", "p-ingredient": "ingredients", "ingredient": "ingredients", "p-yield": "yield", "yield": "yield",
    "e-instructions": "instructions", "instructions": "instructions", "p-category": "tags", "tag": "tags",
}  # fmt: skip
_THINGS = frozenset(("h-card", "vcard", "h-entry", "hentry", "h-review", "h-feed", "h-cite", "comment"))
_COPY_ME_THAT = {
    "name": "name", "recipeYield": "recipeYield", "servings": "yield", "recipeIngredients": "ingredients", "recipeInstructions": "instructions",
}  # fmt: skip
_HEADINGS = re.compile(r"subhead|heading", re.IGNORECASE)

Test = Callable[["_Element"], bool]
Kind = tuple[Test, Callable[["_Element"], list[str]], Test]
"""What is a recipe, what an element is of it, and what is a thing of its own, whose properties are not the recipe's."""


def kinds(page: _Element) -> Iterator[Iterator[Mapping[str, object]]]:
    """The records of a page by each kind of markup, the most telling first."""
    for is_recipe, properties, is_thing in _KINDS:
        yield (_record(element, properties, is_thing) for element in _outermost(page, is_recipe))


def _outermost(page: _Element, is_recipe: Test) -> Iterator[_Element]:
    """Elements that are recipes, without those inside one: a recipe within a recipe is a link to another page."""
    waiting = [page]
    while waiting:
        element = waiting.pop()
        if is_recipe(element):
            yield element
        else:
            waiting += reversed(element)


def _record(recipe: _Element, properties: Callable[[_Element], list[str]], is_thing: Test) -> Mapping[str, object]:
    """Property -> text, or a list where it is given several times."""
    found: dict[str, list[str]] = {}
    waiting = list(reversed(recipe))
    while waiting:
        element = waiting.pop()
        names = list(dict.fromkeys(properties(element)))
        text = _value(element) if names else ""
        for name in names:
            if text:
                found.setdefault(name, []).append(text)
        if not is_thing(element) and not (names and _is_list(names)):
            waiting += reversed(element)
    # One value of several lines is a list in one element; of several values each is one line. A second name is that of a picture.
    return {name: texts[0] if len(texts) == 1 or name == "name" else [_one_line(name, text) for text in texts] for name, texts in found.items()}


def _one_line(name: str, text: str) -> str:
    return " ".join(text.split()) if "ngredient" in name else text


def _is_list(names: list[str]) -> bool:
    """True for a property whose element holds the whole of it: what is marked within would say it twice."""
    return any("ngredient" in name or "nstruction" in name or "irection" in name for name in names)


def _is_thing(element: _Element) -> bool:
    return element.get("itemscope") is not None or element.get("typeof") is not None


def _value(element: _Element) -> str:
    """What an element says: its content attribute, else its text, each list item, paragraph and row on a line of its own."""
    if (content := element.get("content")) is not None:
        return content.strip()
    if element.tag in ("img", "video", "audio", "link"):
        return ""
    parts: list[str] = []
    _collect(element, parts)
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _collect(element: _Element, parts: list[str]) -> None:
    """Text in the order of the page, a heading with a colon. The tree is at most 256 deep, so that recursion ends."""
    mark = "\n" if element.tag in _LINES else " " if element.tag in _BLOCKS else ""
    parts += (mark, (element.text or "").replace("\n", " "))
    for child in element:
        if child.tag not in _SILENT:
            inner: list[str] = []
            _collect(child, inner)
            parts += _headed(inner) if _is_heading(child) else inner
        parts.append((child.tail or "").replace("\n", " "))
    parts.append(mark)


def _is_heading(element: _Element) -> bool:
    return element.tag in ("h2", "h3", "h4", "h5", "h6") or bool(_HEADINGS.search(element.get("class") or ""))


def _headed(parts: list[str]) -> list[str]:
    text = " ".join("".join(parts).split()).rstrip(": ")
    return ["\n", f"{text}:", "\n"] if text else []


def _words(element: _Element, attribute: str) -> list[str]:
    return str(element.get(attribute) or "").split()


def _local(element: _Element) -> list[str]:
    """RDFa's properties without their prefix: schema:name, v:name and http://schema.org/name are all name."""
    return [re.split(r"[:/#]", word)[-1] for word in _words(element, "property")]


def _by_class(element: _Element) -> list[str]:
    return [_CLASSES[word] for word in _words(element, "class") if word in _CLASSES]


def _of_recipe_keeper(element: _Element) -> list[str]:
    return ["categories" if name == "recipeCategory" else name for name in _words(element, "itemprop")]


def _by_id(element: _Element) -> list[str]:
    own = _COPY_ME_THAT.get(element.get("id") or "")
    return [own] if own else ["tags"] if "recipeCategory" in _words(element, "class") else []


_KINDS: tuple[Kind, ...] = (
    (lambda e: e.get("itemscope") is not None and bool(_TYPE.search(e.get("itemtype") or "")), lambda e: _words(e, "itemprop"), _is_thing),
    (lambda e: bool(_TYPE.search(e.get("typeof") or "")), _local, _is_thing),
    (lambda e: bool({"h-recipe", "hrecipe"} & set(_words(e, "class"))), _by_class, lambda e: bool(_THINGS & set(_words(e, "class")))),
    # Recipe Keeper marks properties without saying what of; CopyMeThat repeats ids, one set a recipe.
    (lambda e: "recipe-details" in _words(e, "class"), _of_recipe_keeper, _is_thing),
    (lambda e: "recipe" in _words(e, "class") and e.find(".//*[@id='recipeIngredients']") is not None, _by_id, _is_thing),
)
