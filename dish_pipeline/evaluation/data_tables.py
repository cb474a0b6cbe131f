"""What the report shows of the recipes themselves: the ground that every other figure stands on.

What belongs here: choosing and naming the tables of `recipes.looks` and `drift` for a reader. No counting of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dish_pipeline.evaluation.drift import Drift
from dish_pipeline.recipes import looks


def data_tables(
    dishes: pd.DataFrame, mentions: pd.DataFrame, verdicts: pd.DataFrame, names: Mapping[str, str], drift: Drift | None,
) -> dict[str, pd.DataFrame]:
    """Heading -> table. `dishes`, `mentions`, `verdicts` are the tables of the validated recipes and their facts; `names`: food id -> name;
    `drift`: the recipes that came since the model before, None without one."""
    common, rare, count, once = looks.foods(dishes, dict(names))
    cuisines = looks.by_cuisine(dishes)
    found = {
        "Courses": looks.by_course(dishes),
        f"Cuisines: {len(cuisines)}, the largest of them": cuisines.head(20),
        "Lengths": looks.lengths(dishes),
        f"Foods: {count}, {once} of them in one dish only; the commonest": common,
        "Foods: some of the rarest": rare,
        "Shares that the lexicon resolves": pd.DataFrame([looks.coverage(dishes, mentions)]),
        "Real dishes by profile: the gap that ideas have to fill": looks.pool(verdicts),
        "What leaves the verdicts of each profile unknown, in how many dishes": looks.left_open_by(verdicts),
        "Commonest open points: what to complete in the lexicon next": looks.open_points(verdicts),
    }
    if drift is not None and drift.new:
        found["Recipes since the model before"] = drift_summary(drift)
        found["Of these the furthest from anything trained on"] = pd.DataFrame(drift.furthest, columns=["recipe", "overlap"])
    return found


def drift_summary(drift: Drift) -> pd.DataFrame:
    """One row that says how far the new recipes are."""
    return pd.DataFrame([{
        "new recipes": drift.new, "median overlap with the nearest trained one": _shown(drift.overlap),
        "usual among the trained": _shown(drift.usual), "chance to be further than usual (0.5: no drift)": _shown(drift.further),
        "unfamiliar": ", ".join(word for word, _ in drift.unfamiliar[:8]),
    }])


def _shown(value: float | None) -> str:
    return "too few to say" if value is None else f"{value:.2f}"
