"""Ingredients in every shape that files write them in -> the lines of a recipe; likewise texts such as steps and tags.

What belongs here: turning one value (text, list, objects, groups, name -> amount) into lines. Nothing may be lost on the way: a
shape that cannot be read raises Unreadable, since a lost line could be the one with the allergen.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from dish_pipeline.recipes.readers.literals import written_list
from dish_pipeline.recipes.readers.reading import Unreadable
from dish_pipeline.recipes.readers.text import MAX_CELL, clean, loosened

DEEPEST = 12
"""Groups within groups that are still followed."""

ABSENT = frozenset(("", "NA", "na", "N/A", "n/a", "nan", "NaN", "None", "none", "NONE", "null", "NULL", "\\N", "-", "[]", "{}", "character(0)"))
"""What files write where they have nothing to say, as whole cells. "Nan" is a bread; so is "nan" in a list of ingredients."""

SHORTEST_DOUBLED = 3
"""Different lines of a list that may be taken for doubled; "1 egg, 1 egg" may be meant."""

REMEDY = 'write a list of lines: ["1 cup flour", "2 eggs"]'

_WHOLE = ("display", "original", "originalstring", "originaltext", "text", "raw", "rawtext", "line", "ingredientraw", "descriptiontext")
_GROUP = ("ingredients", "ingredient", "items", "lines", "list", "itemlistelement", "recipeingredient", "recipeingredients", "components")
_NAME = ("name", "ingredient", "ingredientname", "food", "item", "product", "label", "title", "what", "description")
_AMOUNT = ("quantity", "qty", "amount", "amounts", "value", "count", "measure", "number")
_UNIT = ("unit", "units", "unittext", "unitname", "uom", "measurementunit")
_NOTE = ("note", "notes", "comment", "comments", "preparation", "prep", "modifier", "processing", "remark")
_TEXT = ("itemlistelement", "steps", "items", "text", "instruction", "step", "description", "content", "value", "name", "title")
_BULLET = re.compile(r"^(?:[-*+•·‣▪●○–—□☐]\s+|[•‣▪●□☐])")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)[\s:#]*$")
_BOLD = re.compile(r"^\*\*(?P<text>[^*]{1,80})\*\*\s*:?$")
_STARTS_WITH_AMOUNT = re.compile(r"\s*(?:[-*•·]|[\d½⅓⅔¼¾⅕⅙⅛⅜⅝⅞]|$)")
_WORDY = re.compile(r"[^\W\d_]{3}")


def absent(value: object) -> bool:
    """True for nothing, and for the words that stand for nothing."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return True
    if isinstance(value, str):
        return len(value) < 40 and value.strip() in ABSENT
    return isinstance(value, list | tuple | dict) and not value


def number_text(value: float) -> str:
    """A number as a person writes it: 2, 0.5; nothing for a float that is not finite."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    return str(value)


def plain_key(key: object) -> str:
    """A key without case, spaces and marks: `Recipe_Name` and `recipeName` are the same."""
    return "".join(c for c in str(key)[:100].lower() if c.isalnum())


def ingredient_lines(value: object) -> list[str]:
    """The lines of an ingredients value of any shape. Raises Unreadable for a shape or type that says no ingredients."""
    if isinstance(value, str):
        written = written_list(value)
        value = value if written is None else written
    elif isinstance(value, list | tuple) and len(value) == 1 and isinstance(value[0], str) and "\n" in value[0].strip():
        value = value[0]
    elif absent(value):
        return []
    found = _split_cell(value) if isinstance(value, str) else _lines(value, 0)
    if isinstance(value, str) or (isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)):
        found = _once(found)
    if sum(map(len, found)) > MAX_CELL:
        raise Unreadable(f"ingredients of more than {MAX_CELL:,} characters", found[0], REMEDY)
    return found


def _once(lines: list[str]) -> list[str]:
    """Lines without what scraping doubled: the whole list twice, one after the other, or each line twice.

    A single line that comes again stays, next to itself too: of 3,900 real recipes 56 repeat a line, each for another part of the dish
    (oil for the pan and for the sauce), and dropping it would lose its amount. None of them repeats all its lines.
    """
    half = len(lines) // 2
    if len(lines) % 2 == 0 and len(set(lines)) >= SHORTEST_DOUBLED:
        if lines[:half] == lines[half:]:
            return lines[:half]
        if lines[::2] == lines[1::2]:
            return lines[::2]
    return lines


def paired_lines(amounts: object, names: object) -> list[str]:
    """Two columns, amounts and names, joined pair by pair. Where their lengths differ nothing tells which is whose: names alone."""
    foods = [food.strip() for food in _column(names)]
    numbers = ["" if absent(number) else number for number in _column(amounts)]
    if len(foods) != len(numbers):
        numbers = [""] * len(foods)
    return [line for number, food in zip(numbers, foods, strict=True) if food for line in [_line(f"{number} {food}")] if line]


def texts(value: object, depth: int = 0) -> list[str]:
    """Texts in order, for steps, tags and keywords: a string's lines, lists, objects with a text, sections of objects."""
    if depth > DEEPEST:
        raise Unreadable("nested too deep", value, "write a flat list of texts")
    if absent(value):
        return []
    if isinstance(value, bool):
        raise Unreadable("true or false where a text is needed", value, "write a text or a list of texts")
    if isinstance(value, int | float):
        return [number_text(value)]
    if isinstance(value, str):
        written = written_list(value) if depth == 0 else None
        if written is not None:
            return texts(written, 1)
        return [line for part in loosened(value).splitlines() if not absent(line := clean(_BULLET.sub("", part.strip())))]
    if isinstance(value, list | tuple):
        return [text for item in value for text in texts(item, depth + 1)]
    if isinstance(value, Mapping):
        keys = {plain_key(key): item for key, item in value.items()}
        for key in _TEXT:
            if not absent(keys.get(key)):
                return texts(keys[key], depth + 1)
        if any(key in keys for key in _TEXT):
            return []
    raise Unreadable(f"a {type(value).__name__} where a text is needed", value, "write a text or a list of texts")


def _column(value: object) -> list[str]:
    """One column of a pair, empty entries kept in their places."""
    if isinstance(value, str):
        written = written_list(value)
        value = ([value.strip()] if not absent(value) else []) if written is None else written
    if not isinstance(value, list | tuple) or any(isinstance(v, list | tuple | dict | bool) for v in value):
        raise Unreadable("not a list of texts", value, 'write c("1", "2") or ["1", "2"]')
    return ["" if v is None else number_text(v) if isinstance(v, int | float) else clean(str(v)) for v in value]


def _split_cell(text: str) -> list[str]:
    """The lines of a text: at line ends, else at bars, else at semicolons, else at commas outside brackets and numbers."""
    text = loosened(text)
    if "\n" not in text.strip() and "\\n" in text:
        text = text.replace("\\r", "").replace("\\n", "\n")
    parts = text.strip().splitlines()
    if len(parts) < 2:
        mark = next((mark for mark in "|;" if mark in text), None)
        parts = text.split(mark) if mark else _split_at_commas(text)
    return [line for part in parts if (line := _line(part))]


def _split_at_commas(text: str) -> list[str]:
    parts, start, depth = [], 0, 0
    closing = text.count(")") + text.count("]")
    for place, character in enumerate(text):
        if character in "([" and closing:
            depth += 1
        elif character in ")]":
            depth = max(0, depth - 1)
            closing -= 1
            depth = depth if closing else 0
        elif character == "," and depth == 0 and not (text[place - 1 : place].isdigit() and text[place + 1 : place + 2].isdigit()):
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _line(text: str) -> str:
    """One cleaned line: bullets go, a Markdown heading or a bold line without an amount becomes one with a colon ("## Cake" -> "Cake:")."""
    line = _BULLET.sub("", clean(text))
    if bold := _BOLD.match(line):
        line = bold["text"].strip().rstrip(":")
        return line if any(c.isnumeric() for c in line) or not line else f"{line}:"
    heading = _HEADING.match(line)
    return f"{heading[1]}:" if heading and heading[1] else "" if line.strip("#-*_=•· ") == "" else line


def _lines(value: object, depth: int) -> list[str]:
    if depth > DEEPEST:
        raise Unreadable("ingredients nested too deep", value, REMEDY)
    if not isinstance(value, str) and absent(value):
        return []
    if isinstance(value, str):
        parts = loosened(value).strip().splitlines()
        # A line wrapped by its source is one line; several lines that each begin with an amount are several ingredients.
        parts = parts if all(map(_STARTS_WITH_AMOUNT.match, parts)) else [value]
        return [line for part in parts if (line := _line(part))]
    if isinstance(value, list | tuple):
        return [line for item in value for line in _lines(item, depth + 1)]
    if isinstance(value, Mapping):
        return _object_lines({str(k): v for k, v in value.items() if not str(k).startswith("@")}, depth)
    raise Unreadable(f"an ingredient that is a {type(value).__name__}, not a text", value, REMEDY)


def _object_lines(record: dict[str, object], depth: int) -> list[str]:
    """One ingredient object, a group of ingredients, or a dict name -> amount."""
    keys = {plain_key(key): value for key, value in record.items()}
    for key in _GROUP:
        if isinstance(keys.get(key), list | tuple) or (key == "ingredients" and isinstance(keys.get(key), str | dict)):
            inner = keys[key]
            found = ingredient_lines(inner) if isinstance(inner, str) else _lines(inner, depth + 1)
            if found:
                return found
    whole = next((keys[k] for k in _WHOLE if isinstance(keys.get(k), str) and not absent(keys[k])), None)
    amount = _join(_first(keys, _AMOUNT), _first(keys, _UNIT))
    if isinstance(whole, str) and (not amount or any(c.isnumeric() for c in whole)):
        return [line for line in [_line(whole)] if line]
    name = _word(_first(keys, _NAME)) or whole
    if name:
        notes = [_word(keys[k]) for k in _NOTE if not absent(keys.get(k))] + ["optional"] * (keys.get("optional") is True)
        line = _line(", ".join([f"{amount} {name}".strip(), *filter(None, notes)]))
        return [line] if line else []
    if any(key in keys for key in (*_WHOLE, *_GROUP, *_NAME, *_AMOUNT, *_UNIT)):
        note = next((_word(keys[k]) for k in _NOTE if not absent(keys.get(k))), "")
        if note or any(key in keys for key in _GROUP) or all(absent(v) or v in (0, False) for v in keys.values()):
            return [line for line in [_line(f"{amount} {note}")] if note and line]
        raise Unreadable("an ingredient without a name", record, 'give it a name: {"quantity": 1, "unit": "cup", "name": "flour"}')
    return [line for key, value in record.items() for line in _named_amount(key, value, depth)]


def _named_amount(name: str, value: object, depth: int) -> list[str]:
    """One entry of a dict name -> amount; the name of a group where the value is a list of lines."""
    if isinstance(value, list | tuple):
        if value and all(isinstance(v, dict) or (isinstance(v, str) and _WORDY.search(v)) for v in value):
            return _lines(value, depth + 1)
        raise Unreadable("a list where an amount or lines are needed", [name, *value], REMEDY)
    if isinstance(value, Mapping) and any(plain_key(k) in (*_GROUP, *_NAME, *_WHOLE) for k in value):
        return _lines(value, depth + 1)
    line = _line(f"{_word(value)} {name}")
    return [line] if line else []


def _first(keys: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((keys[name] for name in names if not absent(keys.get(name))), None)


def _join(amount: object, unit: object) -> str:
    return "" if amount == 0 else f"{_word(amount)} {_word(unit)}".strip()


def _word(value: object) -> str:
    """An amount, unit or name as text: {"min": 1, "max": 2} is 1-2, {"value": 200, "unit": "g"} is 200 g."""
    if absent(value):
        return ""
    if isinstance(value, bool):
        raise Unreadable("true or false where a text is needed", value, REMEDY)
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list | tuple) and len(value) > 0 and not isinstance(value[0], list | tuple):
        return " or ".join(map(clean, value)) if all(isinstance(v, str) for v in value) else _word(value[0])
    if isinstance(value, Mapping):
        keys = {plain_key(key): item for key, item in value.items()}
        low, high = keys.get("min"), keys.get("max")
        if isinstance(low, int | float) and isinstance(high, int | float):
            number = number_text(low) if low == high else f"{number_text(low)}-{number_text(high)}"
        else:
            found = _first(keys, (*_AMOUNT, *_NAME, "text", "abbreviation", "metric", "us"))
            number = "" if isinstance(found, Mapping) and found is value else _word(found)
        return f"{number} {_word(_first(keys, _UNIT))}".strip()
    raise Unreadable(f"a {type(value).__name__} where a text is needed", value, REMEDY)
