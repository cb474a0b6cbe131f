"""The DuckDB file that dietitians open: built anew, proved, then put in the old one's place.

What belongs here: publishing the file and reading from it. An open reader keeps the file it has and never blocks a publication;
a reader that opens later sees the new one; nobody ever sees half of one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import duckdb
import pandas as pd

from dish_pipeline.dietetics.lexicon import NUTRIENTS, Lexicon
from dish_pipeline.dietetics.profiles import Profile
from dish_pipeline.dish import Dish, Portion
from dish_pipeline.store.reviews import Review

STORAGE_VERSION = "v1.0.0"
"""The oldest format: DuckDB clients from 1.0 on can open the file."""


class StoreError(RuntimeError):
    """The candidates file cannot be made or read; the message says what to do."""


def sql(name: str) -> str:
    """The text of one of this room's .sql files."""
    return files("dish_pipeline.store").joinpath("sql", name).read_text(encoding="utf-8")


def lexicon_frames(lexicon: Lexicon, profiles: Mapping[str, Profile]) -> dict[str, pd.DataFrame]:
    """The rows that the proof needs: foods, their facts and composition, profiles and rules."""
    return {
        "foods": pd.DataFrame(
            [(f.food_id, f.name, f.group, f.basis, f.source, f.refuse_hi) for f in lexicon.foods.values()],
            columns=["food_id", "name", "food_group", "basis", "source", "refuse_hi"],
        ),
        "fact_keys": pd.DataFrame([(k.key, k.kind, k.label) for k in lexicon.keys.values()], columns=["fact_key", "kind", "label"]),
        "food_facts": pd.DataFrame(
            [(f.food_id, key, status.word) for f in lexicon.foods.values() for key, status in f.facts.items()],
            columns=["food_id", "fact_key", "status"],
        ),
        "food_composition": pd.DataFrame(
            [(f.food_id, n, v.lo, v.mid, v.hi) for f in lexicon.foods.values() for n, v in f.composition.items()],
            columns=["food_id", "nutrient", "lo", "mid", "hi"],
        ),
        "profiles": pd.DataFrame(
            [
                (p.profile, p.label, p.wording, list(p.undecidable), list(p.shows), p.hide_numbers, p.note, p.file, p.own, p.overrides)
                for p in profiles.values()
            ],
            columns=["profile", "label", "wording", "undecidable", "shows", "hide_numbers", "note", "file", "own", "overrides"],
        ),
        "rules": pd.DataFrame(
            [
                (p.profile, i, r.kind, list(r.parts), r.per, r.at_least, r.at_most, list(r.courses), r.words, r.institution, r.source, r.evidence,
                 r.note)
                for p in profiles.values() for i, r in enumerate(p.rules, start=1)
            ],
            columns=[
                "profile", "rule_no", "kind", "parts", "per", "at_least", "at_most", "courses", "in_words", "institution", "source", "evidence",
                "note",
            ],
        ),
    }


def reviews_frame(reviews: list[Review]) -> pd.DataFrame:
    """The ledger as the `reviews` table."""
    return pd.DataFrame(
        [(r.event_id, r.idea_id, r.verdict, r.reason, r.reviewer, r.made_at, r.dish.title) for r in reviews],
        columns=["event_id", "idea_id", "verdict", "reason", "reviewer", "made_at", "title"],
    )


def publish(path: Path, frames: Mapping[str, pd.DataFrame], provenance: Mapping[str, object]) -> dict[str, int]:
    """Build the file beside `path`, prove it, and rename it into place. Returns row counts by table.

    Raises StoreError, and leaves the file that was there, when the stored rows do not prove the stored verdicts.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    _remove(new)
    try:
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{_quoted(new)}' AS store (STORAGE_VERSION '{STORAGE_VERSION}')")
            connection.execute("USE store")
            build(connection, frames, provenance)
            counts = {t: _count(connection, t) for t in (*frames, "candidates")}
            wrong = disagreements(connection)
            if wrong:
                raise StoreError(
                    f"{len(wrong)} stored verdicts are not proved by the stored rows, so nothing was published; the first: {wrong[0]}"
                )
            connection.execute("CHECKPOINT store")
            connection.execute("USE memory")
            connection.execute("DETACH store")
        with new.open("rb") as handle:
            os.fsync(handle.fileno())
        # A write-ahead log left by somebody who opened the old file for writing would be replayed into the new one.
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
        os.replace(new, path)
    finally:
        _remove(new)
    return counts


def build(connection: duckdb.DuckDBPyConnection, frames: Mapping[str, pd.DataFrame], provenance: Mapping[str, object]) -> None:
    """Create all tables and views in the connection's current database and fill them."""
    connection.execute(sql("schema.sql"))
    for table, frame in frames.items():
        _insert(connection, table, frame)
    made = pd.DataFrame([(k, str(v)) for k, v in provenance.items()], columns=["name", "value"])
    _insert(connection, "provenance", made)
    connection.execute(sql("verdicts.sql"))
    columns = ", ".join(
        f"round(max({side}) FILTER (nutrient = '{n}'), 2) AS {n}_{side}" for n in NUTRIENTS for side in ("lo", "mid", "hi")
    )
    connection.execute(sql("candidates.sql").replace("{nutrient_columns}", columns))


def disagreements(connection: duckdb.DuckDBPyConnection) -> list[tuple]:
    """Verdicts that the stored rows do not prove; there must be none."""
    return connection.execute("SELECT * FROM disagreements ORDER BY ALL").fetchall()


def open_read_only(path: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection. Raises StoreError when there is no file yet."""
    if not path.is_file():
        raise StoreError(f"{path}: there are no ideas yet; run `dish run` first")
    return duckdb.connect(str(path), read_only=True)


def idea(path: Path, idea_id: str) -> tuple[Dish, dict[str, object]]:
    """A stored idea as a dish, with its origin. Raises StoreError when no idea has this id."""
    with open_read_only(path) as connection:
        row = connection.execute("SELECT course, title, model_version, seed, draw FROM ideas WHERE idea_id = ?", [idea_id]).fetchone()
        if row is None:
            raise StoreError(f"{path}: no idea {idea_id!r}; `SELECT idea_id, title FROM candidates` lists them")
        foods = connection.execute("SELECT food_id, grams FROM idea_foods WHERE idea_id = ? ORDER BY n", [idea_id]).fetchall()
    dish = Dish(row[0], row[1], tuple(Portion(f, g) for f, g in foods))
    return dish, {"model_version": row[2], "seed": row[3], "draw": row[4]}


def _insert(connection: duckdb.DuckDBPyConnection, table: str, frame: pd.DataFrame) -> None:
    if frame.empty:
        return
    plain = frame.astype(object).where(frame.notna(), None)
    # Every row is looked at for a column's type: a sample may hold nothing but missing values.
    connection.execute("SET GLOBAL pandas_analyze_sample = ?", [len(plain)])
    connection.register("incoming", plain)
    columns = ", ".join(f'"{c}"' for c in frame.columns)
    connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming")
    connection.unregister("incoming")


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _remove(path: Path) -> None:
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)
