"""The elements of a recipe in XML -> a plain record: MasterCook's mx2, RecipeML, KreML, and the simple trees of other programs.

What belongs here: what the elements of each format mean. The file is read, and distrusted, in `xml_file`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dish_pipeline.recipes.readers.fields import field_of
from dish_pipeline.recipes.readers.prose import heading_line, marked
from dish_pipeline.recipes.readers.reading import Unreadable
from dish_pipeline.recipes.readers.text import clean

RECIPES = frozenset(("rcpe", "recipe", "krecipes-recipe"))
"""The elements that are recipes, in lower case."""

_PARTS = {
    "amount": ("amount", "quantity", "qty", "amt", "measure"), "unit": ("unit", "units"),
    "name": ("item", "name", "food", "ingredient", "text", "key"), "note": ("prep", "preparation", "note", "comment"),
}  # fmt: skip
_GROUP_NAMES = ("groupname", "title", "heading")


@dataclass(slots=True)
class Element:
    """An element with its name in lower case, its attributes, and the elements and texts within it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def elements(self, *tags: str) -> Iterator[Element]:
        """The elements directly within it, of these names where some are given."""
        return (child for child in self.children if isinstance(child, Element) and (not tags or child.tag in tags))

    def all(self, *tags: str) -> Iterator[Element]:
        """The elements of these names anywhere within it, in order; none within another of them."""
        for child in self.elements():
            if child.tag in tags:
                yield child
            else:
                yield from child.all(*tags)

    def first(self, *tags: str) -> Element:
        """The first element of these names anywhere within it, or an empty one."""
        return next(self.all(*tags), Element(""))

    def text(self) -> str:
        """All the text within it, in one line."""
        return clean("".join(self._texts()))

    def raw(self) -> str:
        """All the text within it, lines kept."""
        return "".join(self._texts())

    def _texts(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            else:
                yield from child._texts()


def record_of(recipe: Element) -> dict[str, object]:
    """The record of one recipe. Raises Unreadable for an ingredient without a name."""
    if recipe.tag == "rcpe":
        return _mastercook(recipe)
    if recipe.tag == "krecipes-recipe":
        return _krecipes(recipe)
    return _recipeml(recipe) if next(recipe.elements("head"), None) is not None else _simple(recipe)


def _mastercook(recipe: Element) -> dict[str, object]:
    served, made = recipe.first("serv"), recipe.first("yield")
    servings = served.attributes.get("qty", "") or " ".join(filter(None, [_number(made.attributes.get("qty", "")), made.attributes.get("unit", "")]))
    return {
        "title": recipe.attributes.get("name", ""),
        "servings": servings,
        "tags": [tag.text() for tag in recipe.all("catt")],
        "ingredients": _foods([line for item in recipe.all("ingr") for line in _mastercook_lines(item)]),
        "instructions": [step.raw() for step in recipe.all("dirt")],
    }


def _mastercook_lines(item: Element) -> Iterator[str]:
    said, name = item.attributes, clean(item.attributes.get("name", ""))
    if said.get("code", "").upper() == "S" or marked(name):
        yield heading_line(name)
    else:
        notes = [note.text() for note in item.elements("iprp")]
        yield _line(_number(said.get("qty", "")), said.get("unit", ""), name, notes)
    for inner in item.elements("ingr"):
        yield from _mastercook_lines(inner)


def _recipeml(recipe: Element) -> dict[str, object]:
    head = recipe.first("head")
    made = head.first("yield")
    return {
        "title": head.first("title").text(),
        "servings": _quantity(made),
        "tags": [tag.text() for tag in head.all("cat")],
        "ingredients": _foods([line for part in recipe.all("ingredients") for line in _recipeml_lines(part)]),
        "instructions": [step.raw() for step in recipe.all("step")] or recipe.first("directions").raw(),
    }


def _recipeml_lines(part: Element) -> Iterator[str]:
    for child in part.elements():
        if child.tag == "ing":
            yield _recipeml_line(child)
        elif child.tag == "title":
            yield heading_line(child.text())
        elif child.tag not in ("note", "description"):
            yield from _recipeml_lines(child)


def _recipeml_line(item: Element) -> str:
    amounts = [_quantity(amount) for amount in item.elements("amt")] or [_quantity(Element("", {}, list(item.elements("qty", "unit"))))]
    loose = next((unit.text() for unit in item.elements("unit")), "") if next(item.elements("amt"), None) is not None else ""
    notes = [note.text() for note in item.elements("prep", "ing-note", "note")]
    name = " ".join(filter(None, [*(brand.text() for brand in item.elements("brandname", "product")), item.first("item", "food").text()]))
    line = _line(" / ".join(filter(None, amounts)), loose, name, notes, item.attributes.get("optional", "") == "yes")
    return " or ".join([line, *(_recipeml_line(other) for other in item.elements("alt-ing"))])


def _quantity(element: Element) -> str:
    """An amount with its unit: 2 cups, 1 1/4, 2-3 for a range."""
    words: list[str] = []
    for child in element.children:
        if isinstance(child, str):
            words.append(child.strip())
        elif child.tag == "range":
            words.append("-".join(_quantity(end) for end in child.elements("q1", "q2")))
        elif child.tag == "frac":
            words.append("/".join(part.text() for part in child.elements("n", "d")))
        elif child.tag != "sep":
            words.append(_quantity(child))
    return clean(" ".join(filter(None, words)))


def _krecipes(recipe: Element) -> dict[str, object]:
    about = recipe.first("krecipes-description")
    made = about.first("yield", "serving")
    servings = " ".join(filter(None, [_least_most(made.first("amount")), made.first("type").text()])) or made.text()
    return {
        "title": about.first("title").text(),
        "servings": servings,
        "tags": [tag.text() for tag in about.all("cat")],
        "ingredients": _foods([line for part in recipe.all("krecipes-ingredients") for line in _krecipes_lines(part)]),
        "instructions": recipe.first("krecipes-instructions").raw(),
    }


def _krecipes_lines(part: Element) -> Iterator[str]:
    for child in part.elements():
        if child.tag == "ingredient":
            yield _krecipes_line(child)
        else:
            if child.attributes.get("name"):
                yield heading_line(child.attributes["name"])
            yield from _krecipes_lines(child)


def _krecipes_line(item: Element) -> str:
    said = {tag: next((child for child in item.elements(tag)), Element("")) for tag in ("amount", "unit", "name", "prep")}
    line = _line(_least_most(said["amount"]), said["unit"].text(), said["name"].text(), [said["prep"].text()])
    return " or ".join([line, *(_krecipes_line(other) for group in item.elements("substitutes") for other in group.elements("ingredient"))])


def _least_most(amount: Element) -> str:
    ends = [end.text() for end in amount.elements("min", "max")]
    return "-".join(filter(None, ends)) if ends else _number(amount.text())


def _simple(recipe: Element) -> dict[str, object]:
    """A tree whose elements have the names that everybody uses: Gourmet, Cookmate and their like."""
    record: dict[str, object] = {key: value for key, value in recipe.attributes.items() if field_of(key) not in ("ingredients", "instructions")}
    lines: list[str] = []
    for child in recipe.elements():
        known = field_of(child.tag)
        if known == "ingredients":
            lines += _simple_lines(child)
        elif known == "instructions":
            steps = record.setdefault("instructions", [])
            if isinstance(steps, list):
                steps += [part.raw() for part in child.elements()] or [child.raw()]
        elif known and child.tag not in record:
            inner = [part.text() for part in child.elements()]
            record[child.tag] = child.text() if not inner or known == "title" else inner
    return {**record, "ingredients": _foods(lines)}


def _simple_lines(part: Element) -> list[str]:
    """The lines of a list of ingredients, of a group in it, or of one ingredient, whose parts are elements or attributes."""
    inner = {child.tag: child for child in part.elements()}
    said = {key.lower(): clean(value) for key, value in part.attributes.items()}
    flat = len(inner) == len(list(part.elements())) and all(next(child.elements(), None) is None for child in inner.values())
    texts = {tag: inner[tag].text() if tag in inner else said.get(tag, "") for tags in _PARTS.values() for tag in tags}
    parts = {role: next((texts[tag] for tag in tags if texts[tag]), "") for role, tags in _PARTS.items()}
    if inner and flat and "ingredient" not in inner and parts["name"]:
        return [_line(parts["amount"], parts["unit"], parts["name"], [parts["note"]], said.get("optional", "").lower() in ("yes", "true"))]
    if not inner and (parts["name"] or parts["amount"]):
        text = part.text()
        name, note = (parts["name"], text) if parts["name"] else (text, "")
        return [_line(parts["amount"], parts["unit"], name, [note, parts["note"]], said.get("optional", "").lower() in ("yes", "true"))]
    if not inner:
        return [line for text in part.raw().splitlines() if (line := clean(text))]
    lines = [heading_line(title) for key in ("name", "title", "heading") if (title := said.get(key))][:1]
    for child in part.elements():
        lines += [heading_line(child.text())] if child.tag in _GROUP_NAMES and next(child.elements(), None) is None else _simple_lines(child)
    return lines


def _line(amount: str, unit: str, name: str, notes: list[str], optional: bool = False) -> str:
    """ "2 cups flour, sifted". Raises Unreadable for an ingredient that has all but a name."""
    if not name:
        if amount or any(notes):
            raise Unreadable("an ingredient without a name", " ".join([amount, unit, *notes]), "give it a name in the program that wrote the file")
        return ""
    line = " ".join(filter(None, [amount.strip(), unit.strip(), name]))
    return ", ".join([line, *filter(None, notes)]) + (" (optional)" if optional else "")


def _number(text: str) -> str:
    """An amount without the zeros that programs write: 36.000000 is 36, 0 is none."""
    text = re.sub(r"^(\d+)\.0+$|^(\d*\.\d*?[1-9])0+$", r"\1\2", text.strip())
    return "" if text == "0" else text


def _foods(lines: list[str]) -> list[str]:
    """The lines, or none where there are headings alone."""
    return [line for line in lines if line] if any(line and not line.endswith(":") for line in lines) else []
