"""JSON documents: a list of recipes, {"recipes": [...]}, a dict id -> recipe, schema.org @graph, a single recipe.

What belongs here: finding the recipe objects in one JSON document. What an object says is read in `fields`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from dish_pipeline.recipes.readers import jsonl
from dish_pipeline.recipes.readers.exports import joined, plain
from dish_pipeline.recipes.readers.fields import keep, known_fields, normal
from dish_pipeline.recipes.readers.literals import load_json
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import whole_text

MAX_FILE = 512 * 1024 * 1024
"""Bytes of a JSON document, which has to be held in memory as a whole; JSON Lines has no such limit."""

DEEPEST = 8
"""Wrappers within wrappers that are opened."""

_WRAPPERS = ("recipes", "recipe", "meals", "dishes", "hits", "results", "items", "data", "itemlistelement", "mainentity", "rezepte", "recettes")
_LIST = re.compile(r"\[\s*(?:[\[{\]]|$)")
_DOCUMENT = re.compile(r"[\[{]\s*(?:[\[{\]}\"]|$)")
_LINES = re.compile(r"^\{.*\}[ \t]*\r?\n[ \t\r\n]*\{", re.MULTILINE)
REMEDY = 'write a list of {"title": ..., "ingredients": [...]}'


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every recipe of the document; `row` is the number of the recipe in it, from 1."""
    size = path.stat().st_size
    if size > MAX_FILE:
        raise Unreadable(f"{size:,} bytes, over the {MAX_FILE:,} of a JSON file", remedy="write JSON Lines (.jsonl), one recipe per line")
    text = whole_text(path).strip("\ufeff \t\r\n")
    try:
        document = joined(load_json(text))
    except Unreadable as error:
        if "Extra data" not in error.reason or _LINES.search(text) is None:
            raise
        jsonl.read(path, name, reading)
        return
    for row, record in enumerate(records(document, 0), 1):
        if isinstance(record, dict):
            keep(plain(record), name, row, reading)
        else:
            reading.add(Unreadable(f"a {type(record).__name__}, not a recipe object", record, REMEDY).refusal(name, row, "record"))


def claims(head: str) -> bool:
    """True for a document that begins as a list, or as an object that goes on over several lines."""
    text = head.lstrip("\ufeff \t\r\n")
    return bool(_LIST.match(text)) or text.partition("\n")[0].strip() == "{"


def foreign(head: str) -> bool:
    """True for any document, on one line too, that names ingredients near its beginning: much that is JSON holds no recipes."""
    text = head.lstrip("\ufeff \t\r\n")
    return bool(_DOCUMENT.match(text)) and jsonl.names_ingredients(text)


def records(value: object, depth: int) -> Iterator[object]:
    """Everything in a document that is, or should have been, a recipe. Raises Unreadable when there is no place for any."""
    if isinstance(value, list) and depth <= DEEPEST:
        for item in value:
            if isinstance(item, dict) and _opens(item):
                yield from records(item, depth + 1)
            elif not isinstance(item, dict) or _may_be_recipe(item):
                yield item
    elif not isinstance(value, dict) or depth > DEEPEST:
        yield value
    elif "@graph" in value:
        yield from records(value["@graph"], depth + 1)
    elif "ingredients" in known_fields(value) or _has_type(value, "recipe"):
        yield value
    elif (inner := _wrapped(value)) is not None:
        yield from records(inner, depth + 1)
    elif value and all(isinstance(item, dict) for item in value.values()):
        yield from _by_id(value)
    elif "title" in known_fields(value):
        yield value
    elif value and all(isinstance(item, list) for item in value.values()):
        for items in value.values():
            yield from records(items, depth + 1)
    else:
        raise Unreadable("no recipes in this JSON object", value, REMEDY)


def _by_id(value: Mapping[str, object]) -> Iterator[object]:
    """A dict id -> recipe. Where no recipe has a title of its own, the ids are the titles."""
    recipes = [(key, item) for key, item in value.items() if isinstance(item, dict)]
    titled = any("title" in known_fields(item) for _, item in recipes)
    for key, item in recipes:
        yield item if titled else {"title": key, **item}


def _opens(item: Mapping[str, object]) -> bool:
    """True for an element that is a wrapper: @graph, or {"recipe": {...}} without ingredients of its own."""
    return "@graph" in item or ("ingredients" not in known_fields(item) and isinstance(_wrapped(item), dict))


def _wrapped(value: Mapping[str, object]) -> object:
    """The list or object under the first key that is a known wrapper, or None."""
    keys = {normal(str(key)): item for key, item in value.items()}
    return next((keys[name] for name in _WRAPPERS if isinstance(keys.get(name), list | dict)), None)


def _may_be_recipe(item: Mapping[str, object]) -> bool:
    """False for the other nodes of a schema.org graph: WebSite, Person, BreadcrumbList."""
    return "@type" not in item or _has_type(item, "recipe") or "ingredients" in known_fields(item)


def _has_type(item: Mapping[str, object], wanted: str) -> bool:
    kinds = item.get("@type")
    return any(str(kind).lower().rpartition("/")[2] == wanted for kind in (kinds if isinstance(kinds, list) else [kinds]))


_ENDINGS = (".json", ".jsonld", ".paprikarecipe", ".melarecipe", ".crumb")

FORMAT = Format("JSON", _ENDINGS, read, claims, (".jsonl", ".ndjson"), foreign, certain=True)
