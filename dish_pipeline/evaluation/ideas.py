"""Ideas as tables: the rows that are stored of each.

What belongs here: the step from `Idea` records to the DataFrames that `store/candidates.py` publishes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.evaluation.usability import STEPS, Funnel, Idea

SCHEMAS: dict[str, dict[str, str]] = {
    "ideas": {
        "idea_id": "VARCHAR", "origin": "VARCHAR", "course": "VARCHAR", "title": "VARCHAR", "asked": "VARCHAR[]", "nearest_recipe_id": "VARCHAR",
        "nearest_title": "VARCHAR", "nearest_overlap": "DOUBLE", "novelty": "DOUBLE", "shared_foods": "VARCHAR[]", "added_foods": "VARCHAR[]",
        "left_out_foods": "VARCHAR[]", "bits": "DOUBLE", "model_version": "VARCHAR", "data_version": "VARCHAR", "lexicon_version": "VARCHAR",
        "seed": "BIGINT", "draw": "BIGINT",
    },
    "idea_foods": {"idea_id": "VARCHAR", "n": "INTEGER", "food_id": "VARCHAR", "name": "VARCHAR", "grams": "DOUBLE"},
    "idea_facts": {"idea_id": "VARCHAR", "fact_key": "VARCHAR", "status": "VARCHAR"},
    "idea_nutrients": {"idea_id": "VARCHAR", "nutrient": "VARCHAR", "lo": "DOUBLE", "mid": "DOUBLE", "hi": "DOUBLE"},
    "idea_verdicts": {"idea_id": "VARCHAR", "profile": "VARCHAR", "verdict": "VARCHAR", "open_points": "VARCHAR[]"},
    "funnel": {"asked": "VARCHAR[]", "step": "VARCHAR", "step_no": "INTEGER", "ideas": "BIGINT"},
    "losses": {"asked": "VARCHAR[]", "reason": "VARCHAR", "ideas": "BIGINT"},
}
"""The tables of one generation, as Parquet; the tables of the same name in the candidates file take these rows."""


def idea_frames(
    ideas: Sequence[Idea], origins: Sequence[Mapping[str, Any]], lexicon: Lexicon, recipe_ids: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """One DataFrame a table of SCHEMAS, save funnel and losses.

    `origins` says of each idea: origin, model_version, data_version, seed, draw. `recipe_ids` are those of the real dishes, in
    the order in which `Nearest.index` counts them.
    """
    rows: dict[str, list[tuple]] = {name: [] for name in SCHEMAS if name not in ("funnel", "losses")}
    for idea, origin in zip(ideas, origins, strict=True):
        dish, near = idea.dish, idea.nearest
        key = dish.dish_id
        rows["ideas"].append((
            key, origin["origin"], dish.course, dish.title, list(idea.asked), recipe_ids[near.index], origin["titles"][near.index], near.overlap,
            near.novelty, _names(near.shared, lexicon), _names(near.added, lexicon), _names(near.left_out, lexicon), idea.draw.bits,
            origin["model_version"], origin["data_version"], lexicon.version, origin["seed"], origin["draw"],
        ))
        rows["idea_foods"] += [
            (key, n, p.food_id, lexicon.foods[p.food_id].name if p.food_id in lexicon.foods else p.food_id, p.grams)
            for n, p in enumerate(dish.portions, start=1)
        ]
        rows["idea_facts"] += [(key, fact, status.word) for fact, status in idea.facts.status.items()]
        rows["idea_nutrients"] += [(key, n, v.lo, v.mid, v.hi) for n, v in idea.facts.nutrients.items()]
        rows["idea_verdicts"] += [(key, p, v.verdict, list(v.open_points)) for p, v in idea.verdicts.items()]
    return {name: pd.DataFrame(found, columns=list(SCHEMAS[name])) for name, found in rows.items()}


def _names(food_ids: frozenset[str], lexicon: Lexicon) -> list[str]:
    return sorted(lexicon.foods[f].name if f in lexicon.foods else f for f in food_ids)


def funnel_frames(funnels: Mapping[tuple[str, ...], Funnel]) -> dict[str, pd.DataFrame]:
    """The tables funnel and losses: what became of the draws of each ask."""
    steps, losses = [], []
    for asked, funnel in funnels.items():
        steps += [(list(asked), "drawn", 0, funnel.drawn)]
        steps += [(list(asked), step, i, funnel.reached[step]) for i, step in enumerate(STEPS, start=1)]
        losses += [(list(asked), reason, n) for reason, n in funnel.lost.most_common()]
    return {
        "funnel": pd.DataFrame(steps, columns=list(SCHEMAS["funnel"])),
        "losses": pd.DataFrame(losses, columns=list(SCHEMAS["losses"])),
    }
