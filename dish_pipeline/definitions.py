"""Everything that Dagster loads, on one page.

What belongs here: putting assets, checks, jobs, schedules and resources together. `build_defs` takes other resources, for tests and
for runs over other people's recipes.
"""

from __future__ import annotations

from typing import Any

import dagster as dg

from dish_pipeline import automation, checks
from dish_pipeline.assets import candidates, language_model, recipes
from dish_pipeline.assets.workspace import Workspace

ASSETS: list[dg.AssetsDefinition] = [
    recipes.raw_recipes, recipes.rejected_recipes, recipes.validated_recipes, recipes.recipe_facts, recipes.augmented_recipes,
    language_model.tokenizer, language_model.baselines, language_model.trained_transformer, language_model.evaluation_report,
    language_model.champion_model,
    candidates.reviews, candidates.generated_candidates, candidates.candidate_store,
]


def build_defs(**resource_overrides: Any) -> dg.Definitions:
    """The definitions, with any resource (`workspace`, `pipes`) replaced."""
    resources = {"workspace": Workspace(), "pipes": dg.PipesSubprocessClient(), **resource_overrides}
    return dg.Definitions(
        assets=ASSETS, asset_checks=checks.ALL, jobs=automation.jobs, schedules=automation.schedules, resources=resources,
    )


defs = build_defs()
