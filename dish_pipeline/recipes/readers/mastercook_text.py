"""MasterCook's text export: recipes between "*  Exported from  MasterCook  *" and a line of dashes (.mxp; also .txt).

What belongs here: this layout. The table of ingredients has columns for amount, measure and ingredient, and ends at the first blank line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dish_pipeline.recipes.readers.fields import keep
from dish_pipeline.recipes.readers.prose import marked
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import MAX_CELL, bad_byte, physical_lines

NAME = 24
"""Where the ingredient's own column begins."""

LONGEST = 1000
"""Characters of a line that may still go on below."""

_BEGIN = re.compile(r"\s*\*\s+Exported (?:from|for)\s+MasterCook.{0,40}\*\s*", re.IGNORECASE)
_END = re.compile(r"\s*(?:- ){8,}-?\s*")
_TABLE = re.compile(r"\s*Amount\s+Measure\s+Ingredient\b.*", re.IGNORECASE)
_DASHES = re.compile(r"[\s-]*")
_SAID = re.compile(r"(Recipe By|Serving Size|Categories|Yield|Cuisine)\s*:(.*)", re.IGNORECASE)
_OTHER = re.compile(r"(?:Recipe By|Preparation Time|Start to Finish Time|Source|Copyright|[A-Z][\w ]{2,20}?)\s*:", re.IGNORECASE)
_TIME = re.compile(r"(?:Preparation|Start to Finish) Time", re.IGNORECASE)
_AMOUNT = re.compile(r"[\d\s./¼½¾⅓⅔-]*")
_GOES_ON = re.compile(r"(?:[,;(&]|\b(?:and|or|with|in|of|the|a|to|into|for))$", re.IGNORECASE)
_CUT_MEASURES = {
    "clov": "cloves", "whol": "whole", "slic": "slices", "piec": "pieces", "pack": "packages", "bunc": "bunch", "stal": "stalks", "spri": "sprigs",
    "leav": "leaves", "ounc": "ounces", "poun": "pounds", "pinc": "pinch", "tabl": "tablespoons", "teas": "teaspoons", "stic": "sticks",
}  # fmt: skip
"""Words that the measure's column of twelve places cuts: "large   clov"."""


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every recipe; `row` is its number in the file."""
    row = 0
    for row, (lines, ended) in enumerate(_exported(physical_lines(path)), 1):
        try:
            keep(_record(lines, ended), name, row, reading)
        except Unreadable as error:
            reading.add(error.refusal(name, row, "recipe"))
    if row == 0:
        raise Unreadable("no recipe exported by MasterCook", remedy='begin each with "*  Exported from  MasterCook  *"')


def claims(head: str) -> bool:
    """True for a text with the line that begins a recipe, or with the table of one."""
    return any(_BEGIN.fullmatch(line) or (_TABLE.fullmatch(line) and "preparation method" in line.lower()) for line in head.splitlines())


def _exported(lines: Iterator[str]) -> Iterator[tuple[list[str], bool]]:
    """The lines of every recipe, and whether its end has come."""
    recipe: list[str] | None = None
    size = 0
    for line in lines:
        line = line.rstrip("\r\n\x1a").expandtabs()
        if _BEGIN.fullmatch(line):
            if recipe is not None:
                yield recipe, False
            recipe, size = [], 0
        elif recipe is not None and _END.fullmatch(line):
            yield recipe, True
            recipe = None
        elif recipe is not None and size <= MAX_CELL:
            recipe.append(line)
            size += len(line) + 1
    if recipe is not None:
        yield recipe, False


def _record(lines: list[str], ended: bool) -> dict[str, object]:
    if (error := next((error for line in lines if (error := bad_byte(line)) is not None), None)) is not None:
        raise error
    if sum(map(len, lines)) >= MAX_CELL:
        raise Unreadable(f"a recipe of more than {MAX_CELL:,} characters", lines[0], "check for the line of dashes that ends a recipe")
    table = next((place for place, line in enumerate(lines) if _TABLE.fullmatch(line)), None)
    if table is None:
        raise Unreadable("no table of ingredients", " ".join(lines).strip(), "export the recipe again, with its ingredients")
    said = _head(lines[:table])
    start = table + 2 if table + 1 < len(lines) and _DASHES.fullmatch(lines[table + 1]) and "------" in lines[table + 1] else table + 1
    end = next((place for place in range(start, len(lines)) if not lines[place].strip() and not _goes_on(lines, place)), len(lines))
    if end == len(lines) and not ended:
        raise Unreadable("the recipe breaks off among its ingredients", lines[-1], "export the recipe again, or complete it by hand")
    found = _ingredients(lines[start:end])
    steps = [" ".join(line.split()) for line in lines[end:] if line.strip()]
    return {**said, "ingredients": found if any(not line.endswith(":") for line in found) else [], "instructions": steps}


def _goes_on(lines: list[str], blank: int) -> bool:
    """True where a blank line only parts the table: a row with an amount follows, or a heading."""
    below = next((line for line in lines[blank:] if line.strip()), "")
    row = bool(_AMOUNT.fullmatch(below[:8]) and below[:8].strip() and not below[8:10].strip() and not below[22:NAME].strip())
    return bool(below[NAME:].strip()) and (row or bool(not below[:NAME].strip() and marked(below)))


def _head(lines: list[str]) -> dict[str, object]:
    """Title, servings and tags: categories stand in columns, and go on below each other."""
    said: dict[str, object] = {"title": ""}
    tags: list[str] = []
    within = ""
    for line in lines:
        found = _SAID.match(line)
        if found is not None:
            within, value = found[1].lower(), found[2]
            if within in ("serving size", "yield") and (servings := _TIME.split(value)[0].strip()):
                said.setdefault("servings", servings)
            elif within == "cuisine":
                said["cuisine"] = value.strip()
        elif _OTHER.match(line) and said["title"]:
            within = ""
            continue
        else:
            value = line
            if not said["title"] and line.strip():
                said["title"] = line.strip()
        if within == "categories":
            tags += [tag.strip(" *") for tag in re.split(r"\s{2,}", value.strip()) if tag.strip(" *")]
    return {**said, "tags": tags}


def _ingredients(rows: list[str]) -> list[str]:
    """The rows of the table as lines. A row goes on with the one above only where that one is plainly not done."""
    lines: list[str] = []
    for row in rows:
        amount, measure, text = row[:8].strip(), row[10:22].strip(), row[NAME:].strip()
        if not _AMOUNT.fullmatch(row[:8]) or row[8:10].strip() or row[22:NAME].strip():
            amount, measure, text = "", "", row.strip()
        if heading := marked(text):
            lines.append(heading)
        elif lines and text and not amount and not measure and not lines[-1].endswith(":") and _hangs(text, lines[-1]):
            lines[-1] = f"{lines[-1]}{', ' if text.startswith('--') else ' '}{_parts(text)}"
        elif text or measure:
            lines.append(" ".join(filter(None, [amount, _measure(measure), _parts(text)])))
    return lines


def _hangs(text: str, above: str) -> bool:
    return len(above) < LONGEST and (text.startswith("--") or bool(_GOES_ON.search(above)) or above.count("(") > above.count(")"))


def _parts(text: str) -> str:
    """Name and preparation, which the export parts with " -- "."""
    return ", ".join(part.strip() for part in re.split(r"(?:^|\s)--(?:\s|$)", text) if part.strip())


def _measure(text: str) -> str:
    """The measure, its last word completed where the column cut it."""
    words = text.split()
    if words and len(text) >= 11:
        words[-1] = _CUT_MEASURES.get(words[-1], words[-1])
    return " ".join(words)


FORMAT = Format("MasterCook text", (".mxp",), read, claims, also=(".txt", ".text"))
