"""The trainer as the process that Dagster starts: what the tokenizer can be given reaches the training."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from dish_pipeline.dish import Dish
from dish_pipeline.model import transformer
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.recipes import augmentation
from dish_pipeline.settings import PRESETS, ModelShape
from dish_pipeline.store import tables


def _write(dishes: list[Dish], path: Path) -> str:
    import pandas as pd

    rows = [(d.dish_id, "original", d.course, d.title, [p.food_id for p in d.portions], [p.grams for p in d.portions]) for d in dishes]
    frame = pd.DataFrame(rows, columns=["recipe_id", "variant", "course", "title", "food_ids", "grams"])
    tables.write(frame[[c for c in augmentation.SCHEMA if c in frame]], path, {c: t for c, t in augmentation.SCHEMA.items() if c in frame})
    return str(path)


@pytest.mark.parametrize("told", [True, False])
def test_a_training_of_every_form_runs_with_a_tokenizer_that_has_them_and_is_refused_without(
    told: bool, told_tokenizer: DishTokenizer, tokenizer: DishTokenizer, dishes: list[Dish], lexicon_folder: Path, small_shape: ModelShape,
    tmp_path: Path,
) -> None:
    pieces = told_tokenizer if told else tokenizer
    (tmp_path / "tokenizer").mkdir()
    (tmp_path / "work").mkdir()
    pieces.save(tmp_path / "tokenizer")
    plan = replace(PRESETS["tiny"].training, max_steps=4, title_first=0.3, amounts_last=0.2, conditions=0.5)
    job = {
        "train": _write(dishes[:90], tmp_path / "train.parquet"), "valid": _write(dishes[90:], tmp_path / "valid.parquet"),
        "tokenizer": str(tmp_path / "tokenizer"), "lexicon": str(lexicon_folder), "work": str(tmp_path / "work"), "seed": 1,
        "shape": asdict(small_shape), "plan": asdict(plan),
    }
    (tmp_path / "job.json").write_text(json.dumps(job))
    command = [sys.executable, "-m", "dish_pipeline.assets.training_process", str(tmp_path / "job.json")]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if told:
        assert found.returncode == 0, found.stderr
        assert transformer.load(tmp_path / "work").config.vocabulary == pieces.size
    else:
        assert found.returncode == 1
        assert "knows no form" in found.stderr and "Traceback" not in found.stderr
