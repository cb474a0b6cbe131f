"""YAML: one recipe, a list of them, or several documents (.yaml, .yml); Open Recipe Format too.

What belongs here: the shapes that recipes have in YAML and nowhere else. The text is read in `yaml_values`, the recipes within a value
are found as in JSON, and what a recipe says is read in `fields`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from dish_pipeline.recipes.readers.fields import field_of, keep
from dish_pipeline.recipes.readers.json_file import REMEDY, records
from dish_pipeline.recipes.readers.lines import DEEPEST
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import whole_text
from dish_pipeline.recipes.readers.yaml_values import documents, items, load_yaml

MAX_FILE = 32 * 1024 * 1024
"""Bytes of a YAML file, which has to be held in memory as a whole."""

_AMOUNTS = frozenset(("min", "max", "amount", "quantity", "qty", "value", "count", "measure", "number"))
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?")


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every recipe of the file; `row` is its number in it. A document that is broken costs itself, or one item if it is a list."""
    if (size := path.stat().st_size) > MAX_FILE:
        raise Unreadable(f"{size:,} bytes, over the {MAX_FILE:,} of a YAML file", remedy="cut it into several files, or write JSON Lines (.jsonl)")
    row = 0
    for value in _values(whole_text(path)):
        found = [value] if isinstance(value, Unreadable) else _recipes(value)
        for record in found:
            row += 1
            if isinstance(record, dict):
                keep(said(record), name, row, reading)
            elif isinstance(record, Unreadable):
                reading.add(record.refusal(name, row, "document"))
            else:
                reading.add(Unreadable(f"a {type(record).__name__}, not a recipe", record, REMEDY).refusal(name, row, "record"))
    if row == 0:
        raise Unreadable("no recipe in this YAML", remedy="write title: and ingredients:")


def _values(text: str) -> Iterator[object]:
    """The value of every document that has one; an Unreadable for each that cannot be read."""
    for before, part in documents(text.lstrip("\ufeff")):
        value = _value(part, before)
        if isinstance(value, Unreadable) and len(list(islice(items(part), 2))) > 1:
            yield from (_value(piece, above) for above, piece in items(part, before))
        elif value is not None:
            yield value


def _value(text: str, before: int) -> object:
    try:
        return load_yaml(text, before)
    except Unreadable as error:
        return error


def _recipes(value: object) -> list[object]:
    try:
        return list(records(value, 0))
    except Unreadable as error:
        return [Unreadable("no recipes in this YAML document", error.value, "write title: and ingredients:, or a list of such mappings")]


def said(record: Mapping[str, object]) -> dict[str, object]:
    """A record of texts as `fields` wants it: numbers and true where an ingredient needs them, and the ways of Open Recipe Format."""
    return {key: _said(field_of(key), value) for key, value in record.items()}


def _said(field: str, value: object) -> object:
    if field == "ingredients":
        return [_ingredient(item) for item in value] if isinstance(value, list) else _typed(value, 0)
    if field == "servings" and isinstance(value, list) and value and all(isinstance(item, dict) and len(item) == 1 for item in value):
        # Open Recipe Format: yields: [{servings: 4}]
        return [f"{amount} {unit}" for item in value for unit, amount in item.items() if isinstance(amount, str)] or value
    return value


def _ingredient(item: object) -> object:
    """One entry of a list of ingredients. Open Recipe Format gives a map of one key: {sugar: {amounts: [...], processing: [...]}}."""
    if isinstance(item, dict) and len(item) == 1:
        ((name, about),) = item.items()
        if isinstance(about, list) and about and all(isinstance(part, dict) and set(part) <= {"amount", "unit"} for part in about):
            about = {"amounts": about}
        if isinstance(about, dict) and isinstance(about.get("amounts"), list):
            return _open_recipe_line(name, about)
    return _typed(item, 0)


def _open_recipe_line(name: str, about: Mapping[str, object]) -> str:
    """Amounts are ways to say the same: "1 cup / 120 g flour, sifted"."""
    amounts = about["amounts"]
    ways = [_words(way) for way in amounts] if isinstance(amounts, list) else []
    notes = [_words(about.get(key)) for key in ("processing", "notes", "note")]
    return ", ".join(filter(None, [f"{' / '.join(filter(None, ways))} {name}".strip(), *notes]))


def _words(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(filter(None, map(_words, value.values())))
    if isinstance(value, list):
        return ", ".join(filter(None, map(_words, value)))
    return "" if value is None else str(value)


def _typed(value: object, depth: int) -> object:
    """The values of an ingredient's keys: amounts are numbers again ({min: 1, max: 2}), true and false are themselves."""
    if depth > DEEPEST or value is None:
        return value
    if isinstance(value, list):
        return [_typed(item, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    typed: dict[str, object] = {}
    for key, item in value.items():
        if key.lower() in _AMOUNTS and isinstance(item, str) and _NUMBER.fullmatch(item):
            typed[key] = float(item) if "." in item else int(item)
        elif isinstance(item, str) and key.lower() == "optional":
            typed[key] = item.lower() in ("true", "yes", "y", "on", "1")
        else:
            typed[key] = _typed(item, depth + 1)
    return typed


FORMAT = Format("YAML", (".yaml", ".yml"), read, lambda head: True, foreign=lambda head: False)
