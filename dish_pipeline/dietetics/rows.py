"""The rows of a lexicon file, or one message that says what is wrong with it.

What belongs here: reading a CSV file that people edit, refusing one whose cells have moved. What a cell means stands where it is used.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path


class LexiconError(ValueError):
    """A lexicon file cannot be used; the message names the file, the row and the remedy."""


def checked_rows(path: Path, needed: Iterable[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row. Raises LexiconError for a file that cannot be read, or a row that is out of step."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = csv.DictReader(handle, strict=True)
            header = rows.fieldnames or ()
            for column in needed:
                if header.count(column) != 1:
                    raise LexiconError(f"{path}: row 1: {header.count(column)} columns are named {column!r}; there must be one")
            for row in rows:
                # One comma too many would move every fact after it to the key beside.
                if None in row or None in row.values():
                    raise LexiconError(f"{path}: row {rows.line_num}: not {len(header)} cells as in the header; put quotes around commas")
                yield rows.line_num, {column: cell.strip() for column, cell in row.items()}
    except FileNotFoundError:
        raise LexiconError(f"{path}: the file is missing; restore it from the repository") from None
    except UnicodeDecodeError as error:
        raise LexiconError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8 CSV") from None
    except csv.Error as error:
        raise LexiconError(f"{path}: not readable as CSV: {error}; save the file as UTF-8 CSV") from None
