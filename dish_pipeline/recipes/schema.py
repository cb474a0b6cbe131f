"""The tables of this room: their columns, and what a recipe must hold to be used (pandera).

What belongs here: schemas and limits. The checking itself stands in `validation.py`.
"""

from __future__ import annotations

import pandera.pandas as pa

LONGEST_TITLE = 200
MOST_LINES = 60
FEWEST_LINES = 2
LONGEST_LINE = 1000

RAW = {
    "recipe_id": "VARCHAR", "file": "VARCHAR", "row": "BIGINT", "title": "VARCHAR", "lines": "VARCHAR[]", "servings": "VARCHAR",
    "course": "VARCHAR", "cuisine": "VARCHAR", "tags": "VARCHAR[]", "steps": "VARCHAR[]",
}
"""What sources wrote: one row a recipe."""

REJECTED = {"file": "VARCHAR", "row": "BIGINT", "field": "VARCHAR", "value": "VARCHAR", "reason": "VARCHAR", "remedy": "VARCHAR"}
"""Every refused row, with what to do about it."""

VALIDATED = {
    "recipe_id": "VARCHAR", "file": "VARCHAR", "row": "BIGINT", "title": "VARCHAR", "course": "VARCHAR", "cuisine": "VARCHAR",
    "servings_lo": "DOUBLE", "servings_hi": "DOUBLE", "servings_guessed": "DOUBLE", "lines": "BIGINT", "lines_resolved": "BIGINT",
    "trainable": "BOOLEAN", "why_not": "VARCHAR", "cluster": "VARCHAR", "split": "VARCHAR", "food_ids": "VARCHAR[]", "grams": "DOUBLE[]",
}
"""Accepted recipes as dishes: `food_ids` and `grams` (for one serving, null where unknown) run side by side."""

MENTIONS = {
    "recipe_id": "VARCHAR", "line": "BIGINT", "text": "VARCHAR", "food_id": "VARCHAR", "words": "VARCHAR", "g_lo": "DOUBLE", "g_mid": "DOUBLE",
    "g_hi": "DOUBLE", "cleared": "VARCHAR[]", "optional": "BOOLEAN",
}
"""Everything that the lines of accepted recipes name, for the whole recipe (not one serving). `food_id` null: nobody knows it."""

LEDGER = {"recipe_id": "VARCHAR", "split": "VARCHAR"}
"""Every recipe that was ever placed in a split, the oldest first; those that are gone stay, as they may come back."""

recipe_schema = pa.DataFrameSchema(
    {
        "recipe_id": pa.Column(str, unique=True, report_duplicates="exclude_first"),
        "title": pa.Column(
            str,
            [
                pa.Check(lambda s: s.str.strip().str.len() > 0, error="the title is empty"),
                pa.Check(lambda s: s.str.len() <= LONGEST_TITLE, error=f"the title is longer than {LONGEST_TITLE} characters"),
            ],
        ),
        "line_count": pa.Column(
            int,
            [
                pa.Check.ge(FEWEST_LINES, error=f"fewer than {FEWEST_LINES} ingredient lines"),
                pa.Check.le(MOST_LINES, error=f"more than {MOST_LINES} ingredient lines"),
            ],
        ),
        "longest_line": pa.Column(int, pa.Check.le(LONGEST_LINE, error=f"an ingredient line is longer than {LONGEST_LINE} characters")),
    },
    strict=False,
)
"""Checked lazily: all failures of all rows at once."""

REMEDIES = {
    "recipe_id": ("the same recipe stands twice", "remove one of the two"),
    "title": (None, "give the recipe its name in the title field"),
    "line_count": (None, "put one ingredient on each line; split a row that holds several recipes"),
    "longest_line": (None, "put one ingredient on each line"),
}
"""Column -> (reason, where the check's own words do not say it, and remedy)."""
