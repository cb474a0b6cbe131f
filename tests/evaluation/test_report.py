"""A champion from before the lexicon grew is still compared, on the dishes that it can say."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from dish_pipeline.settings import INPUTS
from dish_pipeline.store.artifacts import Artifacts

RUN = [sys.executable, "-m", "dish_pipeline.cli", "run", "--preset", "tiny"]


def test_a_champion_that_lacks_a_food_of_a_test_dish_is_compared_on_the_others(tmp_path: Path) -> None:
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    shutil.copy(INPUTS / "recipes" / "italian.jsonl", recipes)
    shutil.copy(INPUTS / "recipes" / "french.jsonl", recipes)
    first = subprocess.run([*RUN, "--recipes", str(recipes), "--data", str(tmp_path / "data")], capture_output=True, text=True, timeout=300)
    assert first.returncode == 0, first.stdout + first.stderr
    champion = Artifacts(tmp_path / "data" / "artifacts").need("champion_model")
    foods = json.loads(champion.path("foods.json").read_text())
    # As if the lexicon had gained parsley and parmesan since: their tokens stand for foods that no dish has.
    renamed = {("was_" + k if k in ("parsley", "parmesan", "butter") else k): v for k, v in foods.items()}
    assert renamed.keys() != foods.keys()
    champion.path("foods.json").write_text(json.dumps(renamed))
    again = [*RUN, "--seed", "2", "--recipes", str(recipes), "--data", str(tmp_path / "data")]
    second = subprocess.run(again, capture_output=True, text=True, timeout=300)
    assert second.returncode == 0, second.stdout + second.stderr
    report = json.loads((tmp_path / "data" / "report.json").read_text())
    assert "champion" in report["models"] and "champion" in report["differences"]
