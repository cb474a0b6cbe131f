"""Ideas as a table in the terminal, read from the candidates file.

What belongs here: which stored ideas are shown for the needs that a person names, what stands beside them, and what is said below. A need
that cannot be judged is refused with the reason; a view without numbers shows no figure at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from dish_pipeline.dietetics.lexicon import NUTRIENTS
from dish_pipeline.dietetics.profiles import find
from dish_pipeline.store import candidates

MOST_SHOWN = 4
"""Nutrients and flags that find room beside an idea."""


@dataclass(frozen=True)
class Need:
    """A profile as the candidates file has it. One without rules judges nothing: it is a way of looking."""

    profile: str
    label: str
    wording: str
    undecidable: tuple[str, ...]
    shows: tuple[str, ...]
    hide_numbers: bool
    own: bool
    file: str
    judges: bool


def show(path: Path, asked: str | Sequence[str], count: int, console: Console) -> None:
    """Print `count` ideas that pass all needs `asked` for, one course after the other.

    Raises ValueError for an unknown profile and for one about which nothing can be said, StoreError when there is no file.
    """
    with candidates.open_read_only(path) as connection:
        needs = _needs(connection, asked)
        table, found = (_plain if any(n.hide_numbers for n in needs) else _full)(connection, needs, count)
    # A pipe has no width of its own; a table for people wants more than the 80 columns that are assumed then.
    out = console if console.is_terminal else Console(width=150, file=console.file)
    out.print(table)
    if not found:
        out.print("No stored idea passes them together. Ask for them with `dish run --ask`, or train on more recipes.")
    for need in needs:
        own = f" (your own profile, {need.file})" if need.own else ""
        out.print(f"  {need.wording}; not decidable from ingredients: {_spoken(need.undecidable)}{own}", highlight=False, markup=False)


def own_profiles(path: Path) -> list[str]:
    """A line for each profile in the file that is the user's own."""
    with candidates.open_read_only(path) as connection:
        rows = connection.execute("SELECT profile, file, overrides FROM profiles WHERE own ORDER BY profile").fetchall()
    return [f"your own profile {profile}: {file}" + (f", in place of {overrides}" if overrides else "") for profile, file, overrides in rows]


def _needs(connection: duckdb.DuckDBPyConnection, asked: str | Sequence[str]) -> list[Need]:
    rows = connection.execute(
        """
        SELECT p.profile, label, wording, undecidable, shows, hide_numbers, own, file, count(r.rule_no) > 0
        FROM profiles p LEFT JOIN rules r USING (profile) GROUP BY ALL
        """
    ).fetchall()
    known = {row[0]: Need(row[0], row[1], row[2], tuple(row[3]), tuple(row[4]), *row[5:]) for row in rows}
    needs = [known[name] for name in find(asked, {n.profile: n.label for n in known.values()})]
    for need in needs:
        if not (need.judges or need.shows or need.hide_numbers):
            raise ValueError(f"{need.label}: {need.wording}. Not decidable from ingredients: {_spoken(need.undecidable)}. No ideas are shown for it.")
    return needs


def _title(needs: Sequence[Need]) -> str:
    judged = [n.profile for n in needs if n.judges]
    seen = [n.profile for n in needs if not n.judges]
    return (f"Ideas that pass {' and '.join(judged)}" if judged else "Ideas, not judged") + (f", seen for {' and '.join(seen)}" if seen else "")


_ROWS = """
    FROM (SELECT c.*, row_number() OVER (PARTITION BY course ORDER BY idea_id) AS place FROM {view} c
          WHERE list_has_all(passes, ?) AND review IS DISTINCT FROM 'reject'
          QUALIFY row_number() OVER (PARTITION BY title ORDER BY idea_id) = 1)
    ORDER BY place, course LIMIT ?
"""


def _full(connection: duckdb.DuckDBPyConnection, needs: Sequence[Need], count: int) -> tuple[Table, bool]:
    judged = [n.profile for n in needs if n.judges]
    shown = list(dict.fromkeys(name for need in needs for name in need.shows))[:MOST_SHOWN]
    figures = [f"[{n}_lo, {n}_mid, {n}_hi]" for n in shown if n in NUTRIENTS]
    rows = connection.execute(
        f"SELECT title, course, array_to_string(main_ingredients, ', '), contains || flags, may_contain || possible_flags, novelty, nearest_title, "
        f"[{', '.join(figures)}]::DOUBLE[][] {_ROWS.format(view='candidates')}",
        [judged, count],
    ).fetchall()
    total = connection.execute("SELECT count(*) FROM candidates WHERE list_has_all(passes, ?)", [judged]).fetchone()
    table = Table(title=f"{_title(needs)}: {len(rows)} of {total[0] if total else 0}", title_justify="left")
    for name in ("title", "course", "main ingredients", *map(_heading, shown), "novelty", "nearest real dish"):
        table.add_column(name, justify="right" if name == "novelty" else "left")
    for title, course, main, contains, may_contain, novelty, nearest, amounts in rows:
        amount = iter(amounts)
        cells = [_amount(*next(amount)) if n in NUTRIENTS else "yes" if n in contains else "perhaps" if n in may_contain else "" for n in shown]
        table.add_row(title, course, main, *cells, f"{novelty:.2f}", nearest)
    return table, bool(rows)


def _plain(connection: duckdb.DuckDBPyConnection, needs: Sequence[Need], count: int) -> tuple[Table, bool]:
    judged = [n.profile for n in needs if n.judges]
    rows = connection.execute(
        f"SELECT title, course, array_to_string(foods, ', '), nearest_title {_ROWS.format(view='candidates_without_numbers')}", [judged, count]
    ).fetchall()
    table = Table(title=_title(needs), title_justify="left")
    for name in ("title", "course", "ingredients", "nearest real dish"):
        table.add_column(name)
    for row in rows:
        table.add_row(*row)
    return table, bool(rows)


def _heading(name: str) -> str:
    nutrient, _, unit = name.rpartition("_")
    return f"{nutrient.replace('_', ' ')} {unit}/serving" if name in NUTRIENTS else name.replace("_", " ")


def _amount(lo: float, mid: float | None, hi: float | None) -> str:
    return f"{'' if mid is None else _figure(mid)} [{_figure(lo)} to {'?' if hi is None else _figure(hi)}]".strip()


def _figure(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _spoken(words: Iterable[str]) -> str:
    return ", ".join(words).replace("_", " ")
