"""What each lever is worth, one change at a time: `python -m benchmarks.ablations`, or `make ablations`. Some minutes a row.

Every row trains the preset with one change, on the same split of the same recipes, once a seed, and measures the order-marginal bits of
whole dishes (see `evaluation/likelihood.py`) on the validation and on the test split. The last column sets the row against the base, dish
by dish on the validation split, with a 95 % bootstrap interval over dishes; choices are made on it, the test column is for the reader.
Rows are printed as they come and kept in `results/ablations.json`; `--only` reruns some of them. What the rows mean for the presets is
written down in `docs/experiments.md`.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dish_pipeline.dietetics.lexicon import Lexicon, load
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dish import Dish
from dish_pipeline.evaluation import likelihood
from dish_pipeline.model import distillation, given, scoring
from dish_pipeline.model.features import features_of
from dish_pipeline.model.text import canonical
from dish_pipeline.model.tokenizer import NOTHING_GIVEN, DishTokenizer
from dish_pipeline.model.tokenizer import train as train_pieces
from dish_pipeline.recipes import augmentation, splits
from dish_pipeline.recipes.readers import read_path
from dish_pipeline.recipes.validation import dishes_of, raw_frame, validate
from dish_pipeline.settings import INPUTS, PRESETS, Preset, Settings

RESULTS = Path(__file__).resolve().parent / "results" / "ablations.json"


@dataclass(frozen=True)
class Change:
    """A named departure from the preset: fields of its model, of its training, of the augmentation plan, the vocabulary, the data."""

    name: str
    model: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    augmentation: dict[str, int] = field(default_factory=dict)
    vocabulary: int | None = None
    share: float = 1.0
    """Share of the training dishes that are used."""
    known: bool = True
    """Whether letters, grams, groups and facts work in the embeddings (see `model/features.py`)."""


CHANGES = (
    Change("base"),
    Change("the recipe's own order of foods", training={"shuffle_foods": False}),
    Change("amounts varied, 1 variant a dish", augmentation={"amounts": 1}),
    Change("amounts varied anew at each epoch, every other dish", training={"vary_amounts": 0.5}),
    Change("swaps within a group, 1 variant a dish", augmentation={"swaps": 1}),
    Change("field masking 0.15", training={"field_masking": 0.15}),
    Change("subword sampling 0.3", training={"subword_sampling": 0.3}),
    Change("token dropout 0.05", training={"token_dropout": 0.05}),
    Change("nothing known of tokens beforehand", known=False),
    Change("dropout 0", model={"dropout": 0.0}),
    Change("dropout 0.2", model={"dropout": 0.2}),
    Change("weight decay 0.1", training={"weight_decay": 0.1}),
    Change("weight decay 1.5", training={"weight_decay": 1.5}),
    Change("label smoothing 0", training={"label_smoothing": 0.0}),
    Change("label smoothing 0.05", training={"label_smoothing": 0.05}),
    Change("vocabulary 1,024", vocabulary=1024),
    Change("vocabulary 4,096", vocabulary=4096),
    Change("2 layers", model={"layers": 2}),
    Change("5 layers", model={"layers": 5}),
    Change("192 wide", model={"width": 192, "heads": 6, "hidden": 512}),
    Change("AdamW alone", training={"muon": False}),
    Change("running average of the weights, 0.98", training={"average": 0.98}),
    Change("batch 64, rate 0.004", training={"batch": 64, "learning_rate": 4e-3}),
    Change("12 epochs", training={"epochs": 12}),
    Change("taught by 3 models, 10 epochs", training={"teachers": 3, "teacher_epochs": 6, "epochs": 10}),
    Change("title first 0.15", training={"title_first": 0.15}),
    Change("amounts last 0.1", training={"amounts_last": 0.1}),
    Change("conditions 0.3", training={"conditions": 0.3}),
    Change("a tenth of the dishes", share=0.1),
    Change("a third of the dishes", share=1 / 3),
)
ALONE = {"teachers": 0, "epochs": 6}
"""The base learns alone: teachers cost as much as they are many, and a lever that helps one helps all."""


@dataclass(frozen=True)
class Data:
    """The dishes of one split, with what is needed to encode them."""

    lexicon: Lexicon
    train: pd.DataFrame
    valid: list[Dish]
    test: list[Dish]


@cache
def data(recipes: Path, seed: int) -> Data:
    """Files -> split dishes, as the assets do it."""
    lexicon = load(Settings().lexicon)
    result = validate(raw_frame(read_path(recipes).recipes), LineParser(lexicon))
    frame = result.dishes
    splits.split_dishes(frame, result.mentions, {}, seed)
    frame = frame[frame["trainable"].astype(bool)]
    held_out = {name: [canonical(d) for d in dishes_of(frame[frame["split"] == name])] for name in ("valid", "test")}
    return Data(lexicon, frame[frame["split"] == "train"], held_out["valid"], held_out["test"])


def tokenizer_for(originals: Sequence[Dish], lexicon: Lexicon, vocabulary: int, can_be_given: given.Given = NOTHING_GIVEN) -> DishTokenizer:
    """The tokenizer as its asset makes it: titles, and each food's name as often as dishes use it."""
    names = {f.food_id: f.name for f in lexicon.foods.values()}
    texts = [d.title for d in originals] + [names[f] for d in originals for f in sorted(d.food_ids)] + list(names.values())
    return DishTokenizer.for_lexicon(train_pieces(texts, vocabulary), lexicon, can_be_given)


def run(change: Change, preset: Preset, recipes: Path, seed: int, split_seed: int) -> dict[str, Any]:
    """Train and measure one row once. Returns bits a dish on both splits, bits of each validation dish, seconds and parameters."""
    found = data(recipes, split_seed)
    rows = found.train.iloc[: max(8, round(change.share * len(found.train)))] if change.share < 1 else found.train
    frame = augmentation.augment(rows, found.lexicon, augmentation.Plan(**change.augmentation), seed)
    originals = dishes_of(frame[frame["variant"] == "original"])
    # Without the wall-clock guard: a busy machine must not change what is measured.
    shape, plan = replace(preset.model, **change.model), replace(preset.training, **{"max_seconds": math.inf, **ALONE, **change.training})
    vocabulary = change.vocabulary or preset.vocabulary
    tokenizer = tokenizer_for(originals, found.lexicon, vocabulary, given.learn(originals, found.lexicon, plan))
    learned = dishes_of(frame)
    holding = [[tokenizer.given_ids[n] for n in names] for names in given.holding(tokenizer.given, learned, found.lexicon)]
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as work:
        known = features_of(tokenizer, found.lexicon) if change.known else None
        outcome = distillation.train_taught(learned, found.valid, tokenizer, shape, plan, seed, Path(work), features=known, holding=holding)
    seconds = time.monotonic() - begun

    def score(dishes: Sequence[Dish], orders: Sequence[Sequence[int]]) -> np.ndarray:
        return scoring.part_bits(outcome.model, [tokenizer.encode(d, list(o)) for d, o in zip(dishes, orders, strict=True)], tokenizer)

    bits = {name: likelihood.measure(name, score, getattr(found, name), preset.evaluation_orders, seed) for name in ("valid", "test")}
    return {
        "valid": float(bits["valid"].per_dish.mean()), "test": float(bits["test"].per_dish.mean()), "per_dish": bits["valid"].per_dish.tolist(),
        "seconds": round(seconds, 1), "parameters": outcome.model.parameter_count, "best_step": outcome.progress.best_step,
        "steps": outcome.progress.step, "dishes": len(frame),
    }


def row(change: Change, runs: Sequence[dict[str, Any]], base: Sequence[dict[str, Any]] | None) -> str:
    """One row of the table, over all seeds."""
    def spread(key: str) -> str:
        values = [r[key] for r in runs]
        return f"{np.mean(values):.1f}" + (f" ({min(values):.1f}-{max(values):.1f})" if len(values) > 1 else "")

    against = ""
    if base is not None and change.name != "base":
        own, theirs = (np.mean([r["per_dish"] for r in rows], axis=0) for rows in (runs, base))
        found = likelihood.bootstrap(own - theirs, seed=1)
        against = f"{found['mean']:+.1f} [{found['lo']:+.1f}, {found['hi']:+.1f}]"
    seconds = f"{np.mean([r['seconds'] for r in runs]):.0f}"
    return f"| {change.name} | {spread('valid')} | {spread('test')} | {seconds} | {len(runs)} | {against} |"


HEADER = "| change | validation | test | seconds | seeds | validation, against the base |\n|---|---|---|---|---|---|"


def main() -> None:
    """Run the rows asked for, print the table, keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", choices=PRESETS, default="laptop")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", nargs="+", help="names of rows, or parts of names; the base is always run, or taken from the results before")
    parser.add_argument("--recipes", type=Path, default=INPUTS / "recipes")
    asked = parser.parse_args()
    kept: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    where = f"{asked.preset}, {asked.recipes.name}, {len(data(asked.recipes, 1).train)} dishes"
    table = kept.setdefault(where, {})
    print(f"{where}; {len(data(asked.recipes, 1).valid)} to validate, {len(data(asked.recipes, 1).test)} to test\n\n{HEADER}", flush=True)
    for change in CHANGES:
        wanted = asked.only is None or change.name == "base" or any(part in change.name for part in asked.only)
        if not wanted or (change.name == "base" and asked.only and len(table.get("base", [])) == len(asked.seeds)):
            continue
        runs = [run(change, PRESETS[asked.preset], asked.recipes, seed, 1) for seed in asked.seeds]
        table[change.name] = runs
        print(row(change, runs, table.get("base")), flush=True)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(kept))


if __name__ == "__main__":
    main()
