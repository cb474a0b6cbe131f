"""JSON Lines: one recipe object per line (.jsonl, .ndjson; also a .json file that holds lines).

What belongs here: this format only. A broken line costs itself, never its neighbours.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from dish_pipeline.recipes.readers.exports import plain
from dish_pipeline.recipes.readers.fields import keep, known_fields
from dish_pipeline.recipes.readers.literals import load_json
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import bad_byte, physical_lines

_KEY = re.compile(r'"([^"\\\n]{1,40})"\s{0,20}:')


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every line; `row` is the line number. Blank lines are neither recipe nor refusal."""
    for row, line in enumerate(physical_lines(path), 1):
        line = line.strip("\ufeff \t\r\n")
        if not line:
            continue
        try:
            if (error := bad_byte(line)) is not None:
                raise error
            value = load_json(line)
            if not isinstance(value, dict):
                raise Unreadable(f"a JSON {type(value).__name__}, not an object", line, 'write one {"title": ..., "ingredients": [...]} per line')
        except Unreadable as error:
            reading.add(error.refusal(name, row, "line"))
        else:
            keep(plain(value), name, row, reading)


def claims(head: str) -> bool:
    """True when there are several lines and one is an object of its own: not indented, and followed by no comma or bracket. No page."""
    lines = [line.rstrip() for line in head.lstrip("\ufeff").splitlines() if line.strip()][:20]
    followed = zip(lines, [*lines[1:], ""], strict=True)
    if len(lines) < 2 or lines[0].lstrip().startswith("<"):
        return False
    return any(_is_object(line) and not after.lstrip().startswith(("]", ",")) for line, after in followed)


def _is_object(line: str) -> bool:
    """True for a whole object with something in it: the only thing on its line, as a list written over several lines never has it."""
    try:
        return line.startswith("{") and bool(json.loads(line))
    except (ValueError, RecursionError):
        return False


def foreign(head: str) -> bool:
    """True for lines of objects, from the first on, that name ingredients: logs are JSON Lines too."""
    return head.lstrip("\ufeff \t\r\n").startswith("{") and claims(head) and names_ingredients(head)


def names_ingredients(head: str) -> bool:
    """True when one of the keys in a piece of JSON is a name of the ingredients."""
    return "ingredients" in known_fields(match[1] for match in _KEY.finditer(head))


FORMAT = Format("JSON Lines", (".jsonl", ".ndjson"), read, claims, (".json",), foreign, certain=True)
