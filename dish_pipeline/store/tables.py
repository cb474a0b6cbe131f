"""Tables as Parquet files, written and read by DuckDB.

What belongs here: DataFrame <-> Parquet with a stated schema, so that an empty table keeps its columns and a list of nothing its
type. The files are plain Parquet that any tool opens.
"""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pandas as pd

Schema = Mapping[str, str]
"""Column -> DuckDB type."""


def write(frame: pd.DataFrame, path: Path, schema: Schema) -> None:
    """Write the schema's columns of `frame`, in its order and types. Raises KeyError for a missing column."""
    missing = [c for c in schema if c not in frame.columns]
    if missing:
        raise KeyError(f"{path.name}: columns missing: {', '.join(missing)}")
    with duckdb.connect() as connection:
        columns = ", ".join(f'"{name}" {kind}' for name, kind in schema.items())
        connection.execute(f"CREATE TABLE t ({columns})")
        if len(frame):
            # Through plain objects: pandas has several spellings of "missing", DuckDB one.
            plain = frame[list(schema)].astype(object).where(frame[list(schema)].notna(), None)
            # Every row is looked at for a column's type: a sample may hold nothing but missing values.
            connection.execute("SET GLOBAL pandas_analyze_sample = ?", [len(plain)])
            connection.register("frame", plain)
            casts = ", ".join(f'CAST("{name}" AS {kind})' for name, kind in schema.items())
            connection.execute(f"INSERT INTO t SELECT {casts} FROM frame")
        target = str(path).replace("'", "''")
        connection.execute(f"COPY t TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def read(path: Path) -> pd.DataFrame:
    """The table; lists come as Python lists, missing values as None or NaN."""
    with duckdb.connect() as connection:
        # Escaped, since a path with brackets would be a pattern for other files.
        relation = connection.execute("SELECT * FROM read_parquet(?)", [glob.escape(str(path))])
        names = [d[0] for d in relation.description]
        rows: Sequence[tuple] = relation.fetchall()
    return pd.DataFrame(rows, columns=names)
