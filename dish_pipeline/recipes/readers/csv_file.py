"""Tables as text: .csv and .tsv with a header row, the delimiter told from the header.

What belongs here: cutting the text into rows without losing one in silence. What a row says is read in `fields`.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from dish_pipeline.recipes.readers.exports import plain
from dish_pipeline.recipes.readers.fields import keep, known_fields, numbered, usable
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable, shown
from dish_pipeline.recipes.readers.text import MAX_CELL, bad_byte, clean, physical_lines

DELIMITERS = ",;\t|"
HEAD_LINES = 50
"""Lines looked at for the header, which may have line ends inside its quotes."""

MAX_ROW = 32_000_000
"""Characters of one row."""

MAX_REREAD = 20_000_000
"""Characters that may be read again, in all, behind quotes that do not close."""

_SEP = re.compile(r'"?sep=([,;|\t])"?\s*', re.IGNORECASE)
UNCLOSED = "close the quote, or double the quotes inside a cell"


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every row; `row` counts the records of the table, the header being row 1 and empty lines counting too."""
    lines = _Lines(physical_lines(path))
    delimiter = _delimiter(lines, path)
    header: list[str] = []
    row = 0
    for cells in _records(lines, delimiter):
        row += 1
        if isinstance(cells, Unreadable):
            reading.add(cells.refusal(name, row, "row"))
            if not header:
                return
        elif not any(cell.strip() for cell in cells):
            row -= 0 if header else 1
        elif not header:
            header = _header(cells)
            if not usable(header, name, row, reading):
                return
        elif (error := _fault(cells, header)) is not None:
            if len(cells) > len(header):
                lines.reread()
            reading.add(error.refusal(name, row, "row"))
        else:
            keep(plain(dict(zip(header, cells, strict=False))), name, row, reading)
    if not header:
        raise Unreadable("no header row", remedy="name the columns in row 1: title, ingredients, servings, course")


def claims(head: str) -> bool:
    """True when the first row names a title and ingredients, and is not the beginning of JSON, a page or a table in Markdown."""
    text = head.lstrip("\ufeff \r\n")
    lines = [] if text.startswith(("{", "[", "<", "|")) else text.splitlines(keepends=True)[:HEAD_LINES]
    chosen = _SEP.fullmatch(lines[0]) if lines else None
    return any(_score(lines[bool(chosen) :], delimiter)[0] == 2 for delimiter in (chosen[1] if chosen else DELIMITERS))


class _Lines(Iterator[str]):
    """Physical lines that remember those of the current record, so that what follows a stray quote can be read again."""

    def __init__(self, source: Iterator[str]) -> None:
        self.source = source
        self.pending: deque[str] = deque()
        self.taken: list[str] = []
        self.size = 0
        self.ended = False
        self.budget = MAX_REREAD

    def __next__(self) -> str:
        try:
            line = self.pending.popleft() if self.pending else next(self.source)
        except StopIteration:
            self.ended = True
            raise
        self.taken.append(line)
        self.size += len(line)
        if self.size > MAX_ROW:
            raise csv.Error("field larger than a row may be")
        return line

    def begin(self) -> None:
        """Forget the record before."""
        self.taken.clear()
        self.size = 0
        self.ended = False

    def reread(self) -> None:
        """Put back all lines of the current record but its first. Raises Unreadable when that has been done too much."""
        again = self.taken[1:]
        self.taken = []
        self.budget -= sum(map(len, again))
        if self.budget < 0:
            raise Unreadable("too many quotes that do not close; the rest of the file is left unread", remedy=UNCLOSED)
        self.pending.extendleft(reversed(again))


def _records(lines: _Lines, delimiter: str) -> Iterator[list[str] | Unreadable]:
    """Rows of cells; an Unreadable for a row that cannot be cut into cells. A stray quote costs its row, not the rows after it."""
    csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL))
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            long = "field larger" in str(error)
            reason = f"a cell of more than {MAX_CELL:,} characters" if long else f"not CSV: {error}"
            first = lines.taken[0] if lines.taken else ""
            lines.reread()
            yield Unreadable(reason, first, "shorten it, or close the quote that opens it" if long else UNCLOSED)
            continue
        # A stray quote that closes at the opening quote of a later row would swallow the rows between: strict CSV forbids what follows.
        if lines.taken and (lines.ended or (len(lines.taken) > 1 and not _strict(lines.taken, delimiter))):
            first = lines.taken[0]
            lines.reread()
            yield Unreadable("a quote that opens in this row does not close", first, UNCLOSED)
        else:
            yield cells


def _strict(record: list[str], delimiter: str) -> bool:
    """True when the lines of a record are CSV to the letter: a closing quote is followed by a delimiter or the end of the row."""
    try:
        return len(list(csv.reader(record, delimiter=delimiter, skipinitialspace=True, strict=True))) == 1
    except csv.Error:
        return False


def _fault(cells: list[str], header: list[str]) -> Unreadable | None:
    """What makes a row untrustworthy: undecodable bytes, a cell over 1 MB, more cells than columns, an end inside the ingredients."""
    for cell in cells:
        if len(cell) > MAX_CELL:
            return Unreadable(f"a cell of more than {MAX_CELL:,} characters", cell, "shorten it, or close the quote that opens it")
        if (error := bad_byte(cell)) is not None:
            return error
    remedy = "put cells that hold the delimiter or a line end into quotes"
    if any(cell.strip() for cell in cells[len(header) :]):
        return Unreadable(f"{len(cells)} cells where the header names {len(header)}", shown(cells[0]), remedy)
    # An unquoted line end cuts a row in two; if it cut the ingredients, the rest of them would be lost in silence.
    if len(cells) < len(header) and known_fields(header[len(cells) - 1 : len(cells)]) == {"ingredients"}:
        return Unreadable(f"the row ends in its ingredients: {len(cells)} cells where the header names {len(header)}", cells[-1], remedy)
    return None


def _header(cells: list[str]) -> list[str]:
    """The column names. Raises Unreadable for bytes that cannot be decoded."""
    for cell in cells:
        if (error := bad_byte(cell)) is not None:
            raise error
    return numbered(clean(cell)[:100] for cell in cells)


def _delimiter(lines: _Lines, path: Path) -> str:
    """The delimiter under which the header names most fields. An Excel line `sep=;` is obeyed and taken out."""
    head = list(islice(lines, HEAD_LINES))
    lines.begin()
    while head and not head[0].strip("\ufeff \r\n"):
        head.pop(0)
    if head:
        head[0] = head[0].lstrip("\ufeff")
    chosen = _SEP.fullmatch(head[0]) if head else None
    if chosen:
        head.pop(0)
    lines.pending.extend(head)
    if chosen:
        return chosen[1]
    order = "\t" + DELIMITERS if path.suffix.lower() == ".tsv" else DELIMITERS
    return max(dict.fromkeys(order), key=lambda delimiter: _score(head, delimiter))


def _score(lines: list[str], delimiter: str) -> tuple[int, int, int]:
    """(title and ingredients named, fields named, columns) of the first row under a delimiter."""
    try:
        cells = next(csv.reader(iter(lines), delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return (0, 0, 0)
    fields = known_fields(cells)
    return (len(fields & {"title", "ingredients"}), len(fields), len(cells))


FORMAT = Format("CSV", (".csv", ".tsv"), read, claims)
