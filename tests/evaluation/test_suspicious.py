"""A lost decimal point stands out among the dishes that a model has learned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dish_pipeline.dietetics.lexicon import load
from dish_pipeline.dish import Dish, Portion
from dish_pipeline.evaluation import suspicious
from dish_pipeline.model import training, transformer
from dish_pipeline.model.text import canonical
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.tokenizer import train as train_pieces
from dish_pipeline.settings import PRESETS, Settings

FOODS = ("rice", "onion", "carrot", "garlic", "salt", "olive_oil", "tomato", "butter")
USUAL = {"rice": 70.0, "onion": 40.0, "carrot": 50.0, "garlic": 4.0, "salt": 2.0, "olive_oil": 10.0, "tomato": 100.0, "butter": 12.0}


def dishes(count: int) -> list[Dish]:
    rng = np.random.default_rng(1)
    made = []
    for i in range(count):
        foods = rng.choice(FOODS, 5, replace=False)
        portions = tuple(Portion(str(f), USUAL[f] * float(rng.uniform(0.9, 1.1))) for f in foods)
        made.append(canonical(Dish("main", f"{foods[0]} with {foods[1]} {i % 7}", portions)))
    return made


@pytest.mark.parametrize("factor", [10.0, 0.1])
def test_a_lost_decimal_point_is_among_the_first_twentieth_and_named(tmp_path: Path, factor: float) -> None:
    made = dishes(240)
    slip = next(i for i, d in enumerate(made) if "carrot" in d.food_ids)
    portions = tuple(Portion(p.food_id, (p.grams or 0) * factor) if p.food_id == "carrot" else p for p in made[slip].portions)
    made[slip] = canonical(Dish("main", made[slip].title, portions))
    lexicon = load(Settings().lexicon)
    tokenizer = DishTokenizer.for_lexicon(train_pieces([d.title for d in made] + [f.name for f in lexicon.foods.values()], 400), lexicon)
    preset = PRESETS["tiny"]
    outcome = training.train(made[:200], made[200:], tokenizer, preset.model, preset.training, 1, tmp_path)
    transformer.save(outcome.model, tmp_path)
    frame = pd.DataFrame({"recipe_id": [f"{i:x}" for i in range(240)], "file": "f.jsonl", "row": range(1, 241)})
    found = suspicious.rank(tmp_path, tokenizer, frame, made, {f: f for f in FOODS}, seed=1)
    assert list(found.columns) == list(suspicious.SCHEMA)
    assert found["excess"].is_monotonic_decreasing and len(found) == 240
    place = found["row"].tolist().index(slip + 1)
    assert place < 12
    assert any(reason.startswith("carrot ") and "a serving" in reason for reason in found["why"][place])
    assert found["bits"].min() > 0
