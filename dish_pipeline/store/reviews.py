"""The ledger of people's verdicts: append-only events in SQLite, never rewritten.

What belongs here: writing and reading review events. An event is keyed by the content hash of the dish and holds the dish itself, so
that it survives every regeneration of ideas. SQLite in WAL mode takes several writers at once and loses nothing on a kill.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dish_pipeline.dish import Dish, Portion

VERDICTS = ("accept", "reject")

_MIGRATIONS = (
    """CREATE TABLE review (
        event_id INTEGER PRIMARY KEY AUTOINCREMENT, idea_id TEXT NOT NULL, verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject')),
        reason TEXT NOT NULL, reviewer TEXT NOT NULL, made_at TEXT NOT NULL, dish TEXT NOT NULL, origin TEXT NOT NULL
    )""",
)
"""Numbered by position; the file's user_version says how many have been applied. Only ever append."""


class ReviewError(ValueError):
    """A review cannot be recorded; the message says why."""


@dataclass(frozen=True)
class Review:
    """One event: what `reviewer` said of a dish, and where that dish came from (model version, seed, draw)."""

    event_id: int
    idea_id: str
    verdict: str
    reason: str
    reviewer: str
    made_at: str
    dish: Dish
    origin: dict[str, object]


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            (done,) = connection.execute("PRAGMA user_version").fetchone()
            if done > len(_MIGRATIONS):
                raise ReviewError(f"{path}: written by a newer version of this program; update it")
            for number in range(done, len(_MIGRATIONS)):
                connection.execute(_MIGRATIONS[number])
                connection.execute(f"PRAGMA user_version = {number + 1}")
        yield connection


def record(path: Path, dish: Dish, verdict: str, reason: str, reviewer: str, origin: dict[str, object] | None = None) -> int:
    """Append one event and return its number once it is safely on disk. Raises ReviewError for an unknown verdict or no reviewer."""
    if verdict not in VERDICTS:
        raise ReviewError(f"{verdict!r} is no verdict; there are: {', '.join(VERDICTS)}")
    if not reviewer.strip():
        raise ReviewError("a review names its reviewer")
    content = json.dumps({"course": dish.course, "title": dish.title, "portions": [[p.food_id, p.grams] for p in dish.portions]})
    with _open(path) as connection, connection:
        cursor = connection.execute(
            "INSERT INTO review (idea_id, verdict, reason, reviewer, made_at, dish, origin) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (dish.dish_id, verdict, reason.strip(), reviewer.strip(), datetime.now(UTC).isoformat(timespec="seconds"), content,
             json.dumps(origin or {})),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid


def read(path: Path) -> list[Review]:
    """Every event, oldest first; none when there is no ledger yet."""
    if not path.is_file():
        return []
    with _open(path) as connection:
        rows = connection.execute(
            "SELECT event_id, idea_id, verdict, reason, reviewer, made_at, dish, origin FROM review ORDER BY event_id"
        ).fetchall()
    return [
        Review(event_id, idea_id, verdict, reason, reviewer, made_at, _dish(json.loads(dish)), json.loads(origin))
        for event_id, idea_id, verdict, reason, reviewer, made_at, dish, origin in rows
    ]


def latest(reviews: list[Review]) -> dict[str, Review]:
    """The last event of each dish: people may change their mind."""
    return {r.idea_id: r for r in reviews}


def _dish(raw: dict) -> Dish:
    return Dish(raw["course"], raw["title"], tuple(Portion(f, g) for f, g in raw["portions"]))
