"""What of a food is bought and weighed, but not eaten: bone, shell, stone, rind, peel, trimmings.

What belongs here: reading `data/lexicon/refuse.csv`. `composition.py` lowers the figures of a food by it, and `facts.py` the least weight
of a dish, by which a maximum per 100 g is divided: shells would thin the salt. It changes no fact.
"""

from __future__ import annotations

import math
from pathlib import Path

from dish_pipeline.dietetics.rows import LexiconError, checked_rows
from dish_pipeline.dish import Interval

REFUSE_FILE = "refuse.csv"
COLUMNS = ("id", "lo", "mid", "hi", "source")

LESS_REFUSE = "; less refuse"
"""Ends the source of a figure that was lowered by what is not eaten."""

MOST = 0.9
"""Of what weighs more than this in refuse (a bone for stock), the table has no fitting food."""


def shares(folder: Path) -> dict[str, Interval]:
    """Food id -> the share of its weight in a line that is not eaten: at least, usually and at most; empty when the file is absent.

    Raises LexiconError for a row that cannot be used.
    """
    path = folder / REFUSE_FILE
    if not path.is_file():
        return {}
    found: dict[str, Interval] = {}
    for number, row in checked_rows(path, COLUMNS):
        where, food = f"{path}: row {number}", row["id"]
        if food in found:
            raise LexiconError(f"{where}: {food!r} stands twice; remove one row")
        try:
            lo, mid, hi = (float(row[column]) for column in ("lo", "mid", "hi"))
        except ValueError:
            lo = mid = hi = math.nan
        if not 0 <= lo <= mid <= hi <= MOST:
            raise LexiconError(f"{where} ({food}): lo, mid and hi must be shares between 0 and {MOST} in rising order; correct them")
        found[food] = Interval(lo, mid, hi)
    return found
