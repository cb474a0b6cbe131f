"""What Dagster loads: every asset of the design with what the UI shows of it, and nothing heavy on the way."""

from __future__ import annotations

import subprocess
import sys

import dagster as dg

from dish_pipeline.definitions import build_defs, defs
from dish_pipeline.settings import CHECKOUT

DESIGN = {
    "raw_recipes", "rejected_recipes", "validated_recipes", "recipe_facts", "augmented_recipes", "tokenizer", "baselines", "trained_transformer",
    "evaluation_report", "champion_model", "reviews", "generated_candidates", "candidate_store",
}


def test_every_asset_of_the_design_is_there_and_described() -> None:
    specs = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
    assert specs.keys() == DESIGN
    for spec in specs.values():
        assert spec.description and spec.group_name in ("recipes", "language_model", "candidates")
        assert spec.kinds and spec.owners and spec.code_version


def test_there_is_a_job_for_each_group_and_a_weekly_schedule() -> None:
    for name in ("everything", "recipes", "language_model", "candidates"):
        assert defs.resolve_job_def(name)
    schedule = defs.resolve_schedule_def("weekly_retraining")
    assert schedule.cron_schedule == "0 3 * * 1" and schedule.job_name == "everything"


def test_the_chain_holds_together() -> None:
    graph = defs.resolve_asset_graph()
    upstream = graph.get(dg.AssetKey("candidate_store")).parent_keys
    assert {k.to_user_string() for k in upstream} == {"generated_candidates", "recipe_facts", "rejected_recipes", "reviews"}
    ancestors = graph.get_ancestor_asset_keys(dg.AssetKey("candidate_store")) if hasattr(graph, "get_ancestor_asset_keys") else None
    assert ancestors is None or dg.AssetKey("raw_recipes") in ancestors


def test_blocking_checks_guard_leakage_and_the_proof() -> None:
    checks = {key.name for key in defs.resolve_asset_graph().asset_check_keys}
    assert {"recipes_not_empty", "dishes_keep_the_schema", "no_leakage", "tokenizer_round_trip", "loss_is_finite_and_falling",
            "verdicts_proved_in_sql"} <= checks


def test_loading_the_definitions_imports_no_torch() -> None:
    code = "import dish_pipeline.definitions, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0


def test_resources_can_be_replaced() -> None:
    from dish_pipeline.assets.workspace import Workspace

    other = build_defs(workspace=Workspace(preset_name="tiny", seed=7))
    assert other.resources is not None and other.resources["workspace"].preset.name == "tiny"


def test_nothing_below_the_assets_imports_dagster() -> None:
    rooms = ("model", "dietetics", "store", "recipes", "evaluation")
    for room in rooms:
        for path in (CHECKOUT / "dish_pipeline" / room).rglob("*.py"):
            assert "import dagster" not in path.read_text(encoding="utf-8"), path.name
