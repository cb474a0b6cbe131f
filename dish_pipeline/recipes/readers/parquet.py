"""Parquet, as data sets are shared: columns of a title and ingredients, lists and structs within them.

What belongs here: rows out of DuckDB, a batch at a time. It is given this one file and nothing else: no other path, no network, no
extension, and less memory than a file may ask for.
"""

from __future__ import annotations

import datetime
import decimal
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dish_pipeline.recipes.readers.fields import field_of, keep, usable
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BATCH = 1000
"""Rows held at a time."""

MEMORY = "1GB"
"""What DuckDB may use; row groups of the largest shared data sets take a third."""

MOST_COLUMNS = 2000

DEEPEST = 10
"""Lists and structs within each other; with each list in a list DuckDB takes twice as long for a value."""

REMEDY = "write it once more, or export CSV or JSON Lines"


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every row; `row` counts from 1. Columns that no field takes are named but not read: embeddings and pictures are large."""
    import duckdb

    with _alone_with(path) as (connection, source):
        try:
            kinds = {str(row[0]): str(row[1]) for row in connection.execute("DESCRIBE FROM read_parquet(?)", [source]).fetchall()}
            columns = list(kinds)
            if len(columns) > MOST_COLUMNS:
                raise Unreadable(f"{len(columns):,} columns", remedy=REMEDY)
            for column, kind in kinds.items():
                if field_of(column) and _nested(kind) > DEEPEST:
                    raise Unreadable(f"{column}: nested too deep", kind, "write flat lists")
            if usable(columns, name, 0, reading):
                for row, cells in enumerate(_rows(connection, source, columns), 1):
                    keep(dict(zip(columns, cells, strict=True)), name, row, reading)
        except (duckdb.Error, UnicodeError) as error:
            reason = str(error).partition("\n")[0].replace(source, "the file")
            raise Unreadable(f"damaged, or no Parquet: {reason}"[:300], remedy=REMEDY) from None


def claims(head: str) -> bool:
    """True for the mark of Parquet before bytes that are no text."""
    return "\x00" in head


@contextmanager
def _alone_with(path: Path) -> Iterator[tuple[DuckDBPyConnection, str]]:
    """A database in memory that may read this one file, and its name there."""
    import duckdb

    settings = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false", "memory_limit": MEMORY, "threads": "1"}
    # A link under a plain name: the file's own may hold what DuckDB takes for a pattern, or bytes that are no text.
    with tempfile.TemporaryDirectory(prefix="dish-") as folder, duckdb.connect(config={**settings, "temp_directory": ""}) as connection:
        link = Path(folder) / "recipes.parquet"
        link.symlink_to(path.resolve())
        allowed = str(link).replace("'", "''")
        for setting in (f"allowed_paths = ['{allowed}']", "enable_external_access = false", "lock_configuration = true"):
            connection.execute(f"SET {setting}")
        yield connection, str(link)


def _rows(connection: DuckDBPyConnection, source: str, columns: list[str]) -> Iterator[list[object]]:
    """Rows of plain values, with None where a column is no field's."""
    chosen = ", ".join(_quoted(column) if field_of(column) else "NULL" for column in columns)
    result = connection.execute(f"SELECT {chosen} FROM read_parquet(?)", [source])
    while batch := result.fetchmany(BATCH):
        for cells in batch:
            yield [_plain(cell) for cell in cells]


def _nested(kind: str) -> int:
    """How many lists and structs a type has within each other: STRUCT(a VARCHAR[], b INTEGER)[] has three."""
    before, here = [0], 0
    for mark in re.findall(r"[(),\[]", kind):
        if mark == "(":
            before.append(0)
            here = 0
        elif mark == ",":
            before[-1], here = max(before[-1], here), 0
        elif mark == "[":
            here += 1
        elif len(before) > 1:
            here = max(before.pop(), here) + 1
    return max(*before, here)


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _plain(value: object) -> object:
    """A value as JSON would have it: what is no text, number, list or mapping as text."""
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, decimal.Decimal):
        return float(value) if value % 1 else int(value)
    if isinstance(value, bytes | bytearray):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float) else str(value)


FORMAT = Format("Parquet", (".parquet", ".pq"), read, claims, magic=((0, b"PAR1"),))
