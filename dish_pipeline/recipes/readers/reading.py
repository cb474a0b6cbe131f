"""What reading gives back: recipes, refusals with a reason and a remedy, and the error for a path with nothing to read.

What belongs here: the records that every format's reader fills and hands out. No parsing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dish_pipeline.dish import Recipe

VALUE_SHOWN = 200
"""Characters of a refused value that are kept."""

HOPELESS = 10_000
"""Refusals after which a file that gave no recipe at all is no longer read."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(text: str) -> str:
    """Text that does nothing to a terminal and can be encoded: what is neither is shown as U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


@dataclass(frozen=True)
class Refusal:
    """Something that was not read: where, what, why, and what to do about it. `row` 0: the file as a whole."""

    file: str
    row: int
    field: str
    value: str
    reason: str
    remedy: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", self.value[:VALUE_SHOWN])
        for name in ("file", "value", "reason"):
            object.__setattr__(self, name, printable(getattr(self, name)))

    def __str__(self) -> str:
        place = f"{self.file}, row {self.row}" if self.row else self.file
        return f"{place}: {self.field}: {self.reason}; {self.remedy}"


@dataclass
class Reading:
    """Everything read from a path.

    `files` counts the recipes of every file seen, 0 for skipped and refused ones, and of an archive those of its members, each under its
    own name (export.zip/sub/recipe.json); `formats` names the format of every file that was read, archives too; `columns` tells for every
    file which of its own names were taken for which field ("" for a name that is not used).
    """

    recipes: list[Recipe] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)

    def take(self, part: Reading) -> None:
        """Add everything of another reading to this one."""
        self.recipes += part.recipes
        self.refusals += part.refusals
        self.files.update(part.files)
        self.formats.update(part.formats)
        self.columns.update(part.columns)

    def add(self, outcome: Recipe | Refusal) -> None:
        """Keep a recipe or a refusal. Raises Unreadable when thousands of rows were refused and none was read."""
        if isinstance(outcome, Recipe):
            self.recipes.append(outcome)
            return
        self.refusals.append(outcome)
        if not self.recipes and len(self.refusals) >= HOPELESS:
            raise Unreadable(f"{HOPELESS:,} rows refused and none read; the rest of the file is left unread", remedy="give a file of recipes")


class ReadError(ValueError):
    """A path from which no recipe can be read; the message names the path and what to do. `reading`: what was found there all the same."""

    def __init__(self, message: str, reading: Reading | None = None) -> None:
        super().__init__(message)
        self.reading = reading or Reading()
        self.refusals = tuple(self.reading.refusals)


class Unreadable(ValueError):
    """Raised within the readers where a value cannot be read; the caller, who knows file and row, makes a Refusal of it."""

    def __init__(self, reason: str, value: object = "", remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.value = value
        self.remedy = remedy

    def refusal(self, file: str, row: int, field_name: str) -> Refusal:
        """The refusal to record."""
        return Refusal(file, row, field_name, shown(self.value), self.reason, self.remedy or "correct the value")


@dataclass(frozen=True)
class Format:
    """A file format: the endings it owns, endings under which its content may also be found, and its reader.

    `claims(head)` tells from the beginning of a file whether it is of this format; `foreign(head)`, where given, is asked instead
    when the file has an ending of others or none, and may be stricter. Where `certain`, what is claimed so cannot be anything else, and
    the ending is wrong. A format with `magic`, (place, bytes), is binary: it is known by
    those bytes whatever the ending, and its `claims` is given the bytes as Latin-1. `read(path, name, reading)` adds to `reading`,
    which is empty; what it raises becomes a refusal of the file. The name, not the path, is the file's own: a member of an archive
    has a path of no meaning.
    """

    name: str
    endings: tuple[str, ...]
    read: Callable[[Path, str, Reading], None]
    claims: Callable[[str], bool]
    also: tuple[str, ...] = ()
    foreign: Callable[[str], bool] | None = None
    magic: tuple[tuple[int, bytes], ...] = ()
    certain: bool = False


def shown(value: object) -> str:
    """A value as a refusal shows it: text as it is, anything else as Python writes it, both cut."""
    if isinstance(value, str):
        return value[:VALUE_SHOWN]
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown(v) if isinstance(v, str) else type(v).__name__ for v in value[:5]) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(str(key)[:40] for key in list(value)[:10]) + "}"
    return str(value)[:VALUE_SHOWN]
