"""Meal-Master and its German sibling REZKONV: many recipes in one text, told apart by lines of marks (.mmf, .mm; also .txt).

What belongs here: these two layouts, which are columns: amount, unit, text. Codes of units are written out, a second column follows the
first, and a line that hangs below another is joined to it. A recipe that breaks off among its ingredients is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dish_pipeline.recipes.readers.fields import keep
from dish_pipeline.recipes.readers.meal_units import rezkonv_line, written_amount
from dish_pipeline.recipes.readers.prose import begins_with_amount, heading_line, is_sentence
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import MAX_CELL, bad_byte, encoding_of, physical_lines

SECOND = 41
"""Where the second of two columns begins."""

REMEDY = "export the recipe again, or complete it by hand"
_HEADER = re.compile(r"\s{0,2}(?:MMMMM|-{5})-*\s.{0,60}?(?:meal-?master|recipe (?:via|from|extracted)|(?<=MMMMM----- )recipe)", re.IGNORECASE)
_REZKONV = re.compile(r"\s{0,2}={5,}.{0,20}?REZKONV", re.IGNORECASE)
_END = re.compile(r"(?:MMMMM|-{5,}|M{4,6}-{5,})\s*")
_REZKONV_END = re.compile(r"={5,}\s*")
_SAID = re.compile(r"\s{0,20}([^\W\d_][\w /.-]{1,24}?)\s*:\s*(.*)")
_TITLE, _SERVINGS = ("title", "titel"), ("yield", "servings", "menge", "portions")
_TAGS = ("categories", "kategorien", "category", "kategorie", "tags")
_TEXT_HEADING = re.compile(r"[-=*]{2,}[^-=*].*|[^-=*]*[^-=*\s]\s?[-=*]{2,}:?")
_COLUMN = re.compile(r"(?P<amount>[\d ./½¼¾⅓⅔⅛~-]{7}) (?P<unit>[A-Za-z.]{2}|[A-Za-z.] | [A-Za-z]|  ) +(?P<text>\S.*)")
_TYPED = re.compile(
    r"\s*(?P<amount>\d[\d ./-]{0,9}|[½¼¾⅓⅔])\s+(?P<unit>(?:ts|tb|tbsp?|tsp|c|lg|md|sm|cn|pk|pn|ds|bn|sl|cl|fl|pt|qt|ga|oz|lb|ml|l|g|kg|ea|t|T)\b)\.?"
    r"\s+(?P<text>\S.*)"
)
_REZKONV_ROW = re.compile(r"\s{1,7}[\d½¼¾⅓⅔]|\s{12}")
"""An amount that stands to the right of its place, or a text in the last column; directions begin at the margin."""

_DOS = re.compile(rb"[A-Za-z][\x81\x82\x84\x94][a-z]|\d\xf8")
"""Letters (and a degree) of code pages 437 and 850, which nobody writes in Windows-1252: there they are quotes within a word."""


@dataclass
class _Written:
    """The lines of one recipe, as they stand between its marks."""

    header: str
    german: bool
    lines: list[str] = field(default_factory=list)
    ended: bool = False


@dataclass
class _Body:
    """Ingredients and directions of a recipe in the making."""

    lines: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    cooking: bool = False
    """True once the directions have begun."""


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every recipe; `row` is its number in the file. Text outside the marks of a recipe is no recipe."""
    row = 0
    for row, written in enumerate(_written(_lines(path)), 1):
        try:
            keep(_record(written), name, row, reading)
        except Unreadable as error:
            reading.add(error.refusal(name, row, "recipe"))
    if row == 0:
        raise Unreadable("no recipe in Meal-Master or REZKONV format", remedy='begin each with "MMMMM----- Recipe via Meal-Master (tm) v8.05"')


def claims(head: str) -> bool:
    """True for a text with the line that begins a recipe."""
    return any(_HEADER.match(line) or _REZKONV.match(line) for line in head.splitlines())


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file; those of a DOS program in its code page."""
    with path.open("rb") as file:
        head = file.read(1_000_000)
    if encoding_of(head) is None and _DOS.search(head):
        with path.open(encoding="cp850") as lines:
            yield from lines
    else:
        yield from physical_lines(path)


def _written(lines: Iterator[str]) -> Iterator[_Written]:
    written: _Written | None = None
    size = 0
    for line in lines:
        line = line.rstrip("\r\n\x1a").expandtabs()
        german = _REZKONV.match(line) is not None
        if german or _HEADER.match(line):
            if written is not None:
                yield written
            written, size = _Written(line, german), 0
        elif written is not None and (_REZKONV_END if written.german else _END).fullmatch(line):
            written.ended = True
            yield written
            written = None
        elif written is not None and size <= MAX_CELL:
            written.lines.append(line)
            size += len(line) + 1
    if written is not None:
        yield written


def _record(written: _Written) -> dict[str, object]:
    if (error := next((error for line in written.lines if (error := bad_byte(line)) is not None), None)) is not None:
        raise error
    if sum(map(len, written.lines)) >= MAX_CELL:
        raise Unreadable(f"a recipe of more than {MAX_CELL:,} characters", written.lines[0], "check for the line that ends a recipe")
    said, rest = _head(written.lines)
    body = _rezkonv(rest) if written.german else _mealmaster(rest, cuts="(tm)" not in written.header.lower())
    if not written.ended and not body.steps and body.lines:
        raise Unreadable("the recipe breaks off among its ingredients", body.lines[-1], REMEDY)
    lines = body.lines if any(not line.endswith(":") for line in body.lines) else []
    found = {name: next((said[key] for key in keys if said.get(key)), "") for name, keys in (("title", _TITLE), ("servings", _SERVINGS))}
    tags = ", ".join(value for key, value in said.items() if key in _TAGS and value.lower() != "none")
    return {**found, "ingredients": lines, "tags": tags, "instructions": body.steps}


def _head(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    """(what the lines before the ingredients say, the lines after them)."""
    said: dict[str, str] = {}
    for place, line in enumerate(lines):
        found = _SAID.fullmatch(line)
        known = found is not None and found[1].lower() in (*_TITLE, *_TAGS, *_SERVINGS)
        if found is not None and (known or said) and (place == 0 or lines[place - 1].strip() or known):
            said.setdefault(found[1].lower(), found[2].strip())
        elif line.strip():
            return said, lines[place:]
    return said, []


def _heading(line: str) -> str:
    """The text of a heading, which stands between marks: "MMMMM-----SAUCE-----"; "" for any other line."""
    bare = line.strip().removeprefix("MMMMM")
    text = bare.strip("-=*")
    marks = len(bare) - len(bare.lstrip("-=*")), len(bare) - len(bare.rstrip("-=*"))
    return text.strip() if text.strip() and min(marks) >= 3 else ""


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Lines without blank ones between them; a heading begins a block of its own."""
    block: list[str] = []
    for line in [*lines, ""]:
        if block and (not line.strip() or _heading(line)):
            yield block
            block = []
        if line.strip():
            block.append(line)


def _mealmaster(lines: list[str], cuts: bool) -> _Body:
    body = _Body()
    held: list[str] = []
    """A short line by itself: an ingredient or a heading if ingredients follow, else the beginning of the directions."""
    for block in _blocks(lines):
        heading = _heading(block[0])
        rows = block[1:] if heading else block
        if _are_ingredients(rows, body, bool(heading)):
            body.lines += [*held, *([heading_line(heading)] if heading else [])]
            body.steps += _columns(rows, body.lines, cuts)
            body.cooking, held = body.cooking or bool(body.steps), []
        elif heading and not rows and not body.cooking:
            body.lines.append(heading_line(heading))
        elif not held and len(rows) == 1 and len(rows[0]) <= 40 and not heading and not body.cooking and not is_sentence(rows[0].strip()):
            held = [rows[0].strip()]
        else:
            body.cooking = True
            body.steps += [*held, " ".join(" ".join([heading + ":" if heading else "", *rows]).split())]
            held = []
    body.steps += held
    return body


def _are_ingredients(rows: list[str], body: _Body, headed: bool) -> bool:
    """True for a block of ingredients. The first block is one if any line of it is; a later one has to be more sure."""
    fit = [_COLUMN.match(row) is not None or _hangs(row) or _columns_of(row)[1] != "" for row in rows]
    counts = [(found := _COLUMN.match(row)) is not None and found["amount"].strip() != "" for row in rows]
    counted = sum(counts)
    typed = bool(rows) and all(_TYPED.match(row) and not is_sentence(row.strip()) and not row.endswith(".") for row in rows)
    if headed or not (body.lines or body.cooking):
        typed = typed or (not body.cooking and all(begins_with_amount(row.strip()) for row in rows))
        return bool(rows) and (counted > 0 or all(fit) or typed)
    return counted * 2 >= len(rows) or ((all(fit) or counts[0]) and not body.cooking) or (typed and (not body.cooking or len(rows) > 1))


def _hangs(row: str) -> bool:
    return row[:2] == "  " and row.lstrip()[:1] == "-"


def _columns_of(row: str) -> tuple[str, str]:
    """A line as (first column, second column); the second is empty where there is only one."""
    left, right = row[:SECOND], row[SECOND:]
    if right.strip() and not left[38:].strip() and (not left.strip() or _COLUMN.match(left)) and _COLUMN.match(right):
        return left.rstrip(), right
    return row, ""


def _columns(rows: list[str], lines: list[str], cuts: bool) -> list[str]:
    """Add the ingredients of a block to the lines, those of the first column before those of the second; gives what is no ingredient.

    `cuts`: the text was cut in the middle of a word where it was full, and goes on below after "- ".
    """
    pairs = [_columns_of(row) for row in rows]
    left, right = [first for first, _ in pairs if first.strip()], [second for _, second in pairs if second]
    start = len(lines)
    for place, row in enumerate([*left, *right]):
        found = _COLUMN.match(row)
        found = found if found is not None else _TYPED.match(row)
        text = (found["text"] if found is not None else row).strip()
        amount = found["amount"].strip() if found is not None else ""
        unit = found["unit"].strip() if found is not None else ""
        if text.startswith("-") and not amount and not unit and text.strip("-") and len(lines) > start:
            lines[-1] += text[2:] if cuts and text[1:2] == " " and lines[-1][-1].isalnum() else f" {text.lstrip('-').strip()}"
        elif found is None and not right and place and _is_direction(text) and not any(map(_COLUMN.match, rows[place:])):
            return [" ".join(" ".join(rows[place:]).split())]
        elif not amount and _TEXT_HEADING.fullmatch(text):
            lines.append(heading_line(text))
        else:
            lines.append(written_amount(amount, unit, text.lstrip("-;").strip()))
    return []


def _is_direction(text: str) -> bool:
    return not begins_with_amount(text) and (is_sentence(text) or len(text) > 50)


def _rezkonv(lines: list[str]) -> _Body:
    body = _Body()
    source = False
    for block in _blocks(lines):
        heading = _heading(block[0])
        rows = block[1:] if heading else block
        if heading:
            source = heading.upper() in ("QUELLE", "QUELLEN", "SOURCE")
            if not source and not body.cooking:
                body.lines.append(heading_line(heading))
        if source and heading:
            continue
        # As in Meal-Master: the first block is one of ingredients if any line is, a later one if most are.
        fitting = sum(_REZKONV_ROW.match(row) is not None for row in rows)
        first = not body.lines and not body.cooking and all(begins_with_amount(row.strip()) for row in rows)
        begun = bool(rows) and not body.cooking and _REZKONV_ROW.match(rows[0]) is not None
        if rows and (fitting * 2 >= len(rows) or (fitting and not body.lines) or first or begun):
            for row in rows:
                text = row.strip()
                if text[0] in "-;" and text.strip("-; ") and body.lines:
                    body.lines[-1] = f"{body.lines[-1]} {text.lstrip('-; ')}"
                else:
                    body.lines.append(rezkonv_line(text))
        elif rows:
            body.cooking = True
            body.steps.append(" ".join(" ".join(rows).split()))
    return body


FORMAT = Format("Meal-Master", (".mmf", ".mm"), read, claims, also=(".txt", ".text"))
