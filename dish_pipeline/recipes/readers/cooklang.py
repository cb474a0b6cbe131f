"""Cooklang: steps with the ingredients marked in them (.cook); the specification is at cooklang.org/docs/spec.

What belongs here: this language, with the extensions of its reference implementation. Cookware and timers are no ingredients; a
hidden or optional ingredient is one, and so is a reference to another recipe.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dish_pipeline.recipes.readers.fields import field_of, keep
from dish_pipeline.recipes.readers.front_matter import split_front_matter
from dish_pipeline.recipes.readers.lines import absent
from dish_pipeline.recipes.readers.prose import heading_line, plain, title_of
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import whole_text

MAX_FILE = 4_000_000
"""Bytes of a Cooklang file, which is one recipe."""

_METADATA = re.compile(r">>\s*([^:\n]{1,100}):(.*)")
_COMMENT = re.compile(r"(?<![\\-])--(?!-).*$|^---+\s*$")
_MARK = re.compile(r"\\([@#~{}\\=>-])|([@#~])")
_MODIFIERS = re.compile(r"[@&?+-]{0,5}")
_REFERENCE = re.compile(r"\(=?~?\d{1,4}\)")
"""Of a step or section, after &: `@&(~1)dough{}` is what the step before made, and nothing new."""

_MANY_WORDS = re.compile(r"([^@#~{}\n]{0,200})\{([^{}\n]{0,300})\}")
_NOTE = re.compile(r"\(([^()\n]{0,300})\)")
_COUNTED = re.compile(r"(?:\d|[½⅓⅔¼¾⅕⅙⅛⅜⅝⅞]|(?:an?|one|two|half|some|few|several|little|eine?|etwas|une?)\b)", re.IGNORECASE)
_EMAIL = re.compile(r"[A-Za-z0-9_.+-]")


@dataclass
class _Step:
    """The text of a step as a person reads it, and the lines of its ingredients."""

    text: str = ""
    lines: list[tuple[str, str]] = field(default_factory=list)
    """(line, bare name)"""


def read(path: Path, name: str, reading: Reading) -> None:
    """Read the recipe of a file. Its title is the title that it gives, else the name of the file."""
    if (size := path.stat().st_size) > MAX_FILE:
        raise Unreadable(f"{size:,} bytes, over the {MAX_FILE:,} of a Cooklang file", remedy="give one recipe per file")
    given, body, _ = split_front_matter(whole_text(path))
    record: dict[str, object] = dict(given)
    lines: list[str] = []
    steps: list[str] = []
    seen: set[str] = set()
    heading = ""
    for kind, text in _parts(_without_comments(body)):
        if kind == "metadata":
            key, _, value = text.partition("\0")
            record[key] = value.partition("|")[0].strip() if field_of(key) == "servings" else value
        elif kind == "section":
            heading = text
        else:
            step = _step(text)
            steps.append(step.text)
            for line, bare in step.lines:
                if line == bare and plain(bare) in seen:
                    continue  # named again without an amount, it adds nothing
                lines += [heading, line] if heading else [line]
                heading = ""
                seen.add(plain(bare))
    known = {field_of(key) for key, value in record.items() if not absent(value)}
    named = {"title": title_of(name)} if "title" not in known else {}
    record = {key: value for key, value in record.items() if field_of(key) not in ("ingredients", "instructions")}
    keep({**record, **named, "ingredients": lines, "instructions": steps}, name, 1, reading)


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """("metadata", key NUL value), ("section", heading line) and ("step", text) of a recipe; notes are left out, as they name no food."""
    step: list[str] = []
    for line in [*text.splitlines(), ""]:
        bare = line.strip()
        metadata = _METADATA.fullmatch(bare)
        if bare and metadata is None and not bare.startswith(("=", ">")):
            step.append(bare)
            continue
        if step:
            yield "step", " ".join(step)
            step = []
        if metadata is not None:
            yield "metadata", f"{metadata[1].strip()}\0{metadata[2].strip()}"
        elif bare.startswith("=") and (heading := heading_line(bare)):
            yield "section", heading


def _without_comments(text: str) -> str:
    """The text without `-- comments` and `[- comments -]`; one that does not close is text."""
    kept, place = [], 0
    while (start := text.find("[-", place)) >= 0 and (end := text.find("-]", start + 2)) >= 0:
        kept.append(text[place:start])
        place = end + 2
    return "\n".join(_COMMENT.sub("", line) if "--" in line else line for line in "".join([*kept, text[place:]]).splitlines())


def _step(text: str) -> _Step:
    """Read the marks of a step from left to right."""
    step = _Step()
    parts: list[str] = []
    place = 0
    while (mark := _MARK.search(text, place)) is not None:
        parts.append(text[place : mark.start()])
        place = mark.end()
        if mark[1]:
            parts.append(mark[1])
            continue
        read_until, shown = _component(text, mark.end(), mark[2], step)
        parts.append(shown if read_until else mark[2])
        place = read_until or place
    step.text = " ".join("".join([*parts, text[place:]]).split())
    return step


def _component(text: str, start: int, mark: str, step: _Step) -> tuple[int, str]:
    """(where a component ends, how it reads in the step); (0, "") where the mark begins none."""
    modifiers = _MODIFIERS.match(text, start) if mark != "~" else None
    signs = modifiers[0] if modifiers else ""
    begin = start + len(signs)
    within = _REFERENCE.match(text, begin) if "&" in signs else None
    begin = within.end() if within else begin
    many = _MANY_WORDS.match(text, begin)
    if many is not None and (mark == "~" or many[1].strip()) and not many[1][:1].isspace():
        name, amount, end = many[1].strip(), many[2], many.end()
    else:
        end = _word_end(text, begin)
        if end == begin or (mark == "@" and start > 1 and _EMAIL.match(text[start - 2])):
            return 0, ""
        name, amount = text[begin:end], ""
    quantity, unit = _amount(amount)
    if mark == "~":
        return end, f"{quantity} {unit}".strip() or name
    note = _NOTE.match(text, end)
    end = note.end() if note else end
    name = _name(name)
    if mark == "@" and name and within is None:
        step.lines.append((_line(name, quantity, unit, note[1].strip() if note else "", "?" in signs), name))
    return end, name


def _word_end(text: str, start: int) -> int:
    """Where a name of one word ends: at a space or a mark, but not within "self-raising"; emoji are letters here."""
    place = start
    while place < len(text):
        sign = text[place]
        inside = sign in "'’-" and place > start and text[place + 1 : place + 2].isalnum()
        if not (sign.isalnum() or sign == "_" or inside or (sign > "\x7f" and unicodedata.category(sign)[0] in "SM") or sign == "\u200d"):
            break
        place += 1
    return place


def _name(name: str) -> str:
    """The name that is eaten: of `./sauces/Hollandaise` the recipe's, of `white wine|wine` the first."""
    name = name.partition("|")[0].strip()
    if name.startswith(("./", "../", ".\\", "..\\")):
        name = re.split(r"[/\\]", name)[-1].removesuffix(".cook")
    return name


def _amount(text: str) -> tuple[str, str]:
    """(quantity, unit) of "1 / 2 % cup"; a leading = says that it does not scale, and of amounts for several servings the first is taken."""
    quantity, _, unit = text.partition("%")
    quantity = quantity.partition("|")[0]
    quantity = re.sub(r"(?<=\d)\s*/\s*(?=\d)", "/", quantity.strip().lstrip("=").strip())
    return quantity.strip("* "), unit.strip()


def _line(name: str, quantity: str, unit: str, note: str, optional: bool) -> str:
    """The line as a person writes it: "2 cups flour, sifted", "salt, to taste"."""
    amount = f"{quantity} {unit}".strip()
    before = not quantity or _COUNTED.match(quantity)
    line = f"{amount} {name}".strip() if before else f"{name}, {amount}"
    return ", ".join([line, *([note] if note else [])]) + (" (optional)" if optional else "")


FORMAT = Format("Cooklang", (".cook",), read, lambda head: True, foreign=lambda head: False)
