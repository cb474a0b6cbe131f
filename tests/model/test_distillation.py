"""Several models teach one, and an interruption anywhere changes nothing."""

from __future__ import annotations

from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dish_pipeline.dish import Dish
from dish_pipeline.model.batches import IGNORE, encode_noisy, pad
from dish_pipeline.model.distillation import train_taught
from dish_pipeline.model.grammar import Grammar
from dish_pipeline.model.scoring import part_bits, token_bits
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.training import Outcome, train
from dish_pipeline.model.transformer import DishTransformer, ModelConfig
from dish_pipeline.settings import ModelShape, TrainingPlan

PLAN = TrainingPlan(
    epochs=2, max_steps=9, batch=16, accumulate=1, learning_rate=1e-2, weight_decay=0.1, label_smoothing=0.02, warmup=0.1, decay=0.5,
    patience=9, evaluate_every=3, max_seconds=600.0, teachers=2, teacher_epochs=1, taught=0.7,
)


class Killed(BaseException):
    """Stands for SIGKILL."""


def _models(tokenizer: DishTokenizer, shape: ModelShape, count: int) -> list[DishTransformer]:
    made = []
    for seed in range(count):
        torch.manual_seed(seed)
        made.append(DishTransformer(ModelConfig(tokenizer.size, shape), tokenizer.name_pieces).eval())
        with torch.no_grad():
            for parameter in made[-1].parameters():
                parameter.add_(torch.randn_like(parameter) * 0.1)
    return made


@pytest.fixture
def start(dishes: list[Dish], tokenizer: DishTokenizer, small_shape: ModelShape) -> Any:
    def run(work: Path, plan: TrainingPlan = PLAN, on_progress: Any = lambda who, record, total: None) -> Outcome:
        return train_taught(dishes[:80], dishes[80:], tokenizer, replace(small_shape, dropout=0.1), plan, 3, work, on_progress)

    return run


def _same(a: Outcome, b: Outcome) -> bool:
    return all(torch.equal(v, b.model.state_dict()[k]) for k, v in a.model.state_dict().items())


def test_teachers_are_of_other_seeds_and_come_first(start: Any, tmp_path: Path) -> None:
    seen: list[str] = []
    outcome = start(tmp_path, on_progress=lambda who, record, total: seen.append(who))
    assert list(dict.fromkeys(seen)) == ["teacher 1 of 2", "teacher 2 of 2", "the model"]
    one, two = ((tmp_path / f"teacher_{n}" / "model.safetensors").read_bytes() for n in (1, 2))
    assert one != two
    assert outcome.progress.step == outcome.steps_planned == 9


def test_without_teachers_it_is_the_plain_training(
    start: Any, tmp_path: Path, dishes: list[Dish], tokenizer: DishTokenizer, small_shape: ModelShape
) -> None:
    plan = replace(PLAN, teachers=0)
    plain = train(dishes[:80], dishes[80:], tokenizer, replace(small_shape, dropout=0.1), plan, 3, tmp_path / "plain")
    assert _same(start(tmp_path / "none", plan), plain)
    assert not _same(start(tmp_path / "taught"), plain)


@pytest.mark.parametrize(("who", "step"), [("teacher 1 of 2", 3), ("teacher 2 of 2", 0), ("the model", 3), ("the model", 9)])
def test_killed_anywhere_it_ends_with_the_very_same_weights(start: Any, tmp_path: Path, who: str, step: int) -> None:
    def dying(at: str, record: dict[str, Any], total: int) -> None:
        if (at, record["step"]) == (who, step):
            raise Killed

    with pytest.raises(Killed):
        start(tmp_path / "killed", on_progress=dying)
    assert _same(start(tmp_path / "killed"), start(tmp_path / "through"))


def test_the_time_limit_is_shared(start: Any, tmp_path: Path) -> None:
    outcome = start(tmp_path, replace(PLAN, max_seconds=0.0))
    assert outcome.progress.stopped_by == "time limit"


def test_what_is_learned_is_the_teachers_mean_for_the_share_that_is_taught(
    dishes: list[Dish], tokenizer: DishTokenizer, small_shape: ModelShape
) -> None:
    learner, *teachers = _models(tokenizer, small_shape, 3)
    made = pad(encode_noisy(dishes[:6], tokenizer, np.random.default_rng(0)), tokenizer.pad)
    ids, grammar = torch.from_numpy(made.inputs), Grammar(tokenizer)
    with torch.no_grad():
        said = [(t.hidden(ids, t.table()), t.table()) for t in teachers]
        hidden, table = learner.hidden(ids, learner.table()), learner.table()
        plain, untaught = grammar.surprise(hidden, table, made)
        _, wholly = grammar.surprise(hidden, table, made, teachers=said, taught=1.0)
        _, partly = grammar.surprise(hidden, table, made, teachers=said, taught=0.25)
        torch.testing.assert_close(untaught, plain)
        torch.testing.assert_close(partly, 0.75 * plain + 0.25 * wholly)
        # Cross entropy with another prediction is at least that prediction's own entropy, and equal when they are the same.
        _, own = grammar.surprise(hidden, table, made, teachers=[(hidden, table)], taught=1.0)
        torch.testing.assert_close(own, grammar.entropy(hidden, table, made), atol=1e-4, rtol=1e-4)
    assert bool((wholly[torch.from_numpy(made.targets != IGNORE)] > 0).all())


def test_an_ensemble_predicts_the_mean_of_its_models_probabilities(dishes: list[Dish], tokenizer: DishTokenizer, small_shape: ModelShape) -> None:
    models = _models(tokenizer, small_shape, 2)
    rows = encode_noisy(dishes[:5], tokenizer, np.random.default_rng(0))
    together, alone = part_bits(models, rows, tokenizer), part_bits(models[:1], rows, tokenizer)
    np.testing.assert_allclose(alone, part_bits(models[0], rows, tokenizer))
    for i, row in enumerate(rows):
        p = np.mean([np.exp(-token_bits(m, rows, tokenizer)[i] * log(2)) for m in models], axis=0)
        assert together[i].sum() == pytest.approx(-np.log2(p).sum())
        assert len(p) == len(row.ids) - 1
    each = np.mean([part_bits(m, rows, tokenizer).sum(axis=1) for m in models], axis=0)
    assert (together.sum(axis=1) <= each + 1e-9).all()
