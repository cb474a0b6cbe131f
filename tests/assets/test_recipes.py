"""The assets of the group "recipes", materialized over small folders: refused rows are kept, splits hold, checks say what they find."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import dagster as dg
import pytest

from dish_pipeline import checks
from dish_pipeline.assets import recipes
from dish_pipeline.assets.workspace import Workspace
from dish_pipeline.settings import INPUTS
from dish_pipeline.store import tables
from dish_pipeline.store.artifacts import Artifacts

ASSETS = [recipes.raw_recipes, recipes.rejected_recipes, recipes.validated_recipes, recipes.augmented_recipes]
CHECKS = [checks.recipes_not_empty, checks.few_rows_refused, checks.dishes_keep_the_schema, checks.no_leakage]


def materialize(folder: Path, data: Path, seed: int = 1, raise_on_error: bool = True) -> tuple[dg.ExecuteInProcessResult, Artifacts]:
    """The recipes of a folder through the assets and their checks."""
    workspace = Workspace(recipes=str(folder), data=str(data), preset_name="tiny", seed=seed)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([*ASSETS, *CHECKS], resources={"workspace": workspace}, instance=instance, raise_on_error=raise_on_error)
    return result, Artifacts(data / "artifacts")


def outcome(result: dg.ExecuteInProcessResult, check: str) -> dg.AssetCheckEvaluation:
    return next(c for c in result.get_asset_check_evaluations() if c.check_name == check)


def splits(artifacts: Artifacts) -> dict[str, str]:
    frame = tables.read(artifacts.need("validated_recipes").path("dishes.parquet"))
    return dict(zip(frame["recipe_id"], frame["split"], strict=True))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Italian and French dishes."""
    made = tmp_path / "recipes"
    made.mkdir()
    for name in ("italian", "french"):
        shutil.copy(INPUTS / "recipes" / f"{name}.jsonl", made)
    return made


def test_recipes_that_come_later_move_no_old_one_even_when_they_are_read_first(folder: Path, tmp_path: Path) -> None:
    result, artifacts = materialize(folder, tmp_path / "data")
    assert result.success and all(c.passed for c in result.get_asset_check_evaluations())
    before = splits(artifacts)
    lines = (folder / "italian.jsonl").read_text(encoding="utf-8").splitlines()
    twins = []
    for line in lines[:40]:
        recipe = json.loads(line)
        twins.append(json.dumps({**recipe, "title": f"Nonna's {recipe['title']}", "ingredients": [*recipe["ingredients"], "1 tsp ground mace"]}))
    (folder / "aaa.jsonl").write_text("\n".join(twins), encoding="utf-8")
    shutil.copy(INPUTS / "recipes" / "african.jsonl", folder / "aab.jsonl")
    result, artifacts = materialize(folder, tmp_path / "data")
    assert result.success and outcome(result, "no_leakage").passed
    after = splits(artifacts)
    assert len(after) > len(before) + 200
    assert {recipe: after[recipe] for recipe in before} == before
    frame = tables.read(artifacts.need("validated_recipes").path("dishes.parquet"))
    of_twins = frame[frame["file"] == "aaa.jsonl"]
    assert of_twins["cluster"].isin(before).mean() > 0.7
    # And what was taken away goes back to where it was.
    (folder / "french.jsonl").rename(tmp_path / "french.jsonl")
    materialize(folder, tmp_path / "data")
    (tmp_path / "french.jsonl").rename(folder / "french.jsonl")
    assert {recipe: split for recipe, split in splits(materialize(folder, tmp_path / "data")[1]).items() if recipe in before} == before


def test_another_seed_is_another_split(folder: Path, tmp_path: Path) -> None:
    one = splits(materialize(folder, tmp_path / "data")[1])
    two = splits(materialize(folder, tmp_path / "data", seed=2)[1])
    assert one.keys() == two.keys() and one != two


def test_refused_rows_are_kept_with_reason_and_remedy_and_too_many_fail_the_check(folder: Path, tmp_path: Path) -> None:
    (folder / "broken.jsonl").write_text(
        "\n".join(['{"title": "", "ingredients": ["1 egg", "2 eggs"]}', "{not json", '{"title": "Air", "ingredients": []}'] * 60), encoding="utf-8"
    )
    result, artifacts = materialize(folder, tmp_path / "data")
    assert result.success
    rejected = tables.read(artifacts.need("rejected_recipes").path("rejected.parquet"))
    assert len(rejected) == 180 and set(rejected["file"]) == {"broken.jsonl"} and sorted(set(rejected["row"])) == list(range(1, 181))
    assert (rejected["reason"].str.len() > 5).all() and (rejected["remedy"].str.len() > 5).all()
    found = outcome(result, "few_rows_refused")
    assert not found.passed and "60 x no ingredients" in str(found.description)


def test_refused_rows_are_listed_where_nothing_can_be_learned_from(tmp_path: Path) -> None:
    folder = tmp_path / "recipes"
    folder.mkdir()
    (folder / "few.jsonl").write_text('{"title": "Soup", "ingredients": ["1 onion", "1 l water"]}\n{"title": "", "ingredients": ["1 egg"]}\n')
    result, artifacts = materialize(folder, tmp_path / "data", raise_on_error=False)
    assert not result.success
    assert artifacts.current("validated_recipes") is None
    assert len(tables.read(artifacts.need("rejected_recipes").path("rejected.parquet"))) == 1
