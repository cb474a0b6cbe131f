"""Excel workbooks (.xlsx): each sheet whose first rows name a title and ingredients is a table of recipes.

What belongs here: rows of text out of a workbook, never more of it in memory than a row and its shared texts. A formula is what it came
to when the workbook was saved; nothing is calculated.
"""

from __future__ import annotations

import datetime
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dish_pipeline.recipes.readers.fields import keep, known_fields, numbered, usable
from dish_pipeline.recipes.readers.lines import number_text
from dish_pipeline.recipes.readers.members import ZIP, names_in
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import clean

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

MAX_BOOK = 256 * 1024 * 1024
"""Bytes of a workbook taken apart; Python reads no member of a zip beyond the size that its directory states, and this is their sum."""

HEADER_ROWS = 20
"""Rows in which a sheet may name its columns, below a title of its own."""

MOST_COLUMNS, MOST_ROWS = 300, 1_048_576
"""What of a sheet is read; the rows are all that Excel has."""

EMPTY_ROWS = 10_000
"""Empty rows after which a sheet is taken to have ended, whatever stands in its last row."""

OLD = bytes.fromhex("D0CF11E0A1B11AE1")
"""What Microsoft's older containers begin with, in which encrypted workbooks lie, too."""

REMEDY = "save it once more as .xlsx, or as CSV UTF-8"


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every row of every sheet with a header; `row` is Excel's own. Of several such sheets, each is named: book.xlsx/Sheet2."""
    _check_size(path)
    try:
        with path.open("rb") as file, closing(_open(file)) as book:
            sheets = [sheet for sheet in book.worksheets if hasattr(sheet, "iter_rows")]
            with_header = [(sheet, row, header) for sheet in sheets for row, header in [_header(sheet)] if row]
            for sheet, row, header in with_header:
                _read_rows(sheet, row, header, f"{name}/{sheet.title}" if len(with_header) > 1 else name, reading)
            if not with_header:
                first = next((header for sheet in sheets if (header := _header(sheet)[1])), [])
                usable(first, name, 1, reading)
    except Unreadable:
        raise
    except Exception as error:  # openpyxl raises whatever a damaged part leads to
        raise Unreadable(f"damaged, or no workbook: {type(error).__name__}: {error}"[:300], remedy=REMEDY) from None


def claims(head: str) -> bool:
    """True for a zip with the parts of a workbook."""
    return any(name.startswith("xl/") for name in names_in(head))


def _open(file: BinaryIO) -> Workbook:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what openpyxl would not write back
        return load_workbook(file, read_only=True, data_only=True, keep_links=False)


def _read_rows(sheet: ReadOnlyWorksheet, start: int, header: list[str], name: str, reading: Reading) -> None:
    empty = 0
    for row, cells in _rows(sheet, len(header)):
        empty = 0 if any(cells) else empty + 1
        if empty > EMPTY_ROWS:
            return
        if row > start and not empty:
            keep({column: cell for column, cell in zip(header, cells, strict=False) if column}, name, row, reading)


def _header(sheet: ReadOnlyWorksheet) -> tuple[int, list[str]]:
    """The number and the names of the first row that names a title and ingredients; else 0 and the first row that is not empty."""
    first: list[str] = []
    for row, cells in islice(_rows(sheet, MOST_COLUMNS), HEADER_ROWS):
        names = _names(cells)
        if {"title", "ingredients"} <= known_fields(names):
            return row, names
        first = first or names
    return 0, first


def _names(cells: list[str]) -> list[str]:
    """The columns' names, up to the last that has one."""
    names = [clean(cell)[:100] for cell in cells]
    while names and not names[-1]:
        names.pop()
    return [numbered_name if name else "" for name, numbered_name in zip(names, numbered(names), strict=True)]


def _rows(sheet: ReadOnlyWorksheet, width: int) -> Iterator[tuple[int, list[str]]]:
    """Excel's row numbers and cells. The size that a sheet states is not believed."""
    sheet.reset_dimensions()
    for row, cells in enumerate(sheet.iter_rows(max_col=width, max_row=MOST_ROWS, values_only=True), 1):
        yield row, [_text(cell) for cell in cells]


def _text(value: object) -> str:
    """A cell as text: numbers as people write them, dates as 2024-12-31, errors and nothing as nothing."""
    if value is None or (isinstance(value, str) and value.startswith("#") and value.rstrip("!?").isupper() and " " not in value):
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, datetime.datetime):
        return str(value.date() if value.time() == datetime.time() else value)
    return str(value)


def _check_size(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(8) == OLD:
            raise Unreadable("encrypted, or a workbook of the old kind (.xls)", remedy="save it as .xlsx without a password, or as CSV UTF-8")
    try:
        with zipfile.ZipFile(path) as book:
            size = sum(info.file_size for info in book.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise Unreadable(f"damaged: {error}", remedy=REMEDY) from None
    if size > MAX_BOOK:
        raise Unreadable(f"{size:,} bytes when taken apart, over the {MAX_BOOK:,} of a workbook", remedy="save the sheet as CSV UTF-8")


FORMAT = Format("Excel", (".xlsx", ".xlsm"), read, claims, magic=(ZIP,))
