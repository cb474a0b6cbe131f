"""Training: it learns, it stops when told, and it goes on after an end of any kind as if nothing had been."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import Dish
from dish_pipeline.model import training
from dish_pipeline.model.batches import encode_noisy
from dish_pipeline.model.given import holding
from dish_pipeline.model.optimisation import learning_rate, make_optimisers
from dish_pipeline.model.scoring import part_bits
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.training import Interrupted, Outcome, train
from dish_pipeline.model.transformer import DishTransformer, ModelConfig
from dish_pipeline.settings import ModelShape, TrainingPlan

PLAN = TrainingPlan(
    epochs=4, max_steps=18, batch=16, accumulate=1, learning_rate=1e-2, weight_decay=0.1, label_smoothing=0.02, warmup=0.1, decay=0.5,
    patience=9, evaluate_every=5, token_dropout=0.05, max_seconds=600.0,
)
Run = Callable[..., Outcome]


@pytest.fixture(scope="module")
def shape(small_shape: ModelShape) -> ModelShape:
    """With dropout, so that the random state matters."""
    return replace(small_shape, dropout=0.1)


@pytest.fixture(scope="module")
def run(dishes: list[Dish], tokenizer: DishTokenizer, shape: ModelShape) -> Run:
    """Train on 100 dishes, validate on 20."""

    def start(work: Path, plan: TrainingPlan = PLAN, seed: int = 5, on_progress: Callable[[dict, int], None] = lambda record, total: None) -> Outcome:
        return train(dishes[:100], dishes[100:], tokenizer, shape, plan, seed, work, on_progress)

    return start


@pytest.fixture(scope="module")
def through(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that nothing disturbed."""
    work = tmp_path_factory.mktemp("through")
    run(work)
    return work


def _checkpoint(work: Path) -> dict[str, torch.Tensor]:
    return load_file(work / "checkpoint.safetensors")


def _log(work: Path) -> list[dict[str, Any]]:
    """The written metrics without the clock."""
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in (work / "metrics.jsonl").read_text().splitlines()]


def _assert_same_end(a: Path, b: Path) -> None:
    """Weights, best weights, optimiser states and random state, bit by bit, and what was logged."""
    one, other = _checkpoint(a), _checkpoint(b)
    assert one.keys() == other.keys()
    assert [k for k in one if not torch.equal(one[k], other[k])] == []
    assert _log(a) == _log(b)


def _stop_at(step: int, number: int = signal.SIGINT) -> Callable[[dict, int], None]:
    def on_progress(record: dict[str, Any], total: int) -> None:
        if record["step"] == step:
            os.kill(os.getpid(), number)

    return on_progress


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the loop may catch it or write anything because of it."""


def test_training_lowers_the_bits_of_dishes_it_has_not_seen(run: Run, tmp_path: Path) -> None:
    outcome = run(tmp_path, replace(PLAN, max_steps=28))
    bits = [m["valid_bits_per_dish"] for m in outcome.metrics]
    assert [m["step"] for m in outcome.metrics] == [0, 5, 10, 15, 20, 25, 28]
    assert min(bits) < 0.75 * bits[0]
    assert outcome.progress.stopped_by == "all steps done"
    assert outcome.progress.step == outcome.steps_planned == 28
    losses = [m["train_bits_per_token"] for m in outcome.metrics]
    assert losses[0] is None and losses[-1] < losses[1]


def test_the_outcome_is_the_model_that_was_best_on_the_validation_dishes(
    run: Run, tmp_path: Path, dishes: list[Dish], tokenizer: DishTokenizer
) -> None:
    outcome = run(tmp_path)
    chosen = np.random.default_rng((5, 0)).permutation(20)
    held_out = encode_noisy([dishes[100 + i] for i in chosen], tokenizer, np.random.default_rng((5, 1)))
    assert part_bits(outcome.model, held_out, tokenizer).sum(axis=1).mean() == pytest.approx(outcome.progress.best_bits)
    best = min(outcome.metrics, key=lambda m: m["valid_bits_per_dish"])
    assert best["step"] == outcome.progress.best_step
    assert not outcome.model.training


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(run: Run, tmp_path: Path, through: Path) -> None:
    run(tmp_path / "same")
    run(tmp_path / "other", seed=6)
    _assert_same_end(through, tmp_path / "same")
    assert not torch.equal(_checkpoint(through)["model/embedding.weight"], _checkpoint(tmp_path / "other")["model/embedding.weight"])


@pytest.mark.parametrize(("step", "number"), [(0, signal.SIGINT), (5, signal.SIGTERM), (15, signal.SIGINT), (18, signal.SIGINT)])
def test_an_interrupted_training_ends_with_the_very_same_weights(run: Run, tmp_path: Path, through: Path, step: int, number: int) -> None:
    with pytest.raises(Interrupted, match=f"stopped at step {max(step, 1)} of 18; the checkpoint is in"):
        run(tmp_path, on_progress=_stop_at(step, number))
    resumed = run(tmp_path)
    _assert_same_end(through, tmp_path)
    undisturbed = run(through)
    assert all(torch.equal(v, resumed.model.state_dict()[k]) for k, v in undisturbed.model.state_dict().items())
    assert resumed.progress.best_bits == undisturbed.progress.best_bits


def test_a_training_that_is_interrupted_again_and_again_still_ends_the_same(run: Run, tmp_path: Path) -> None:
    plan = replace(PLAN, accumulate=2, max_steps=12)
    run(tmp_path / "through", plan)
    for step in (0, 5, 10):
        with pytest.raises(Interrupted):
            run(tmp_path / "stopped", plan, on_progress=_stop_at(step))
    run(tmp_path / "stopped", plan)
    _assert_same_end(tmp_path / "through", tmp_path / "stopped")


def test_forms_and_conditions_are_learned_and_an_interruption_changes_nothing_of_it(
    dishes: list[Dish], told_tokenizer: DishTokenizer, lexicon: Lexicon, shape: ModelShape, tmp_path: Path
) -> None:
    t = told_tokenizer
    told = [[t.given_ids[name] for name in names] for names in holding(t.given, dishes, lexicon)]
    plan = replace(PLAN, max_steps=28, title_first=0.3, amounts_last=0.2, conditions=0.5)

    def start(work: Path, on_progress: Callable[[dict, int], None] = lambda record, total: None) -> Outcome:
        return train(dishes[:100], dishes[100:], t, shape, plan, 5, work, on_progress, holding=told[:100])

    outcome = start(tmp_path / "through")
    torch.manual_seed(5)
    untrained = DishTransformer(ModelConfig(t.size, shape), t.name_pieces)
    for form in t.given.forms:
        rows = [t.encode(d, form=form, given=names[:3]) for d, names in zip(dishes[100:], told[100:], strict=True)]
        before, after = (part_bits(m, rows, t).sum() for m in (untrained, outcome.model))
        assert after < 0.75 * before
    with pytest.raises(Interrupted):
        start(tmp_path / "stopped", _stop_at(10))
    start(tmp_path / "stopped")
    _assert_same_end(tmp_path / "through", tmp_path / "stopped")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 9, 10])
def test_a_training_killed_just_before_or_after_any_write_ends_the_same(
    run: Run, tmp_path: Path, through: Path, monkeypatch: pytest.MonkeyPatch, count: int, after: bool
) -> None:
    real, calls = os.replace, [0]

    def dying(source: Path, target: Path) -> None:
        calls[0] += 1
        if calls[0] == count and not after:
            raise Killed
        real(source, target)
        if calls[0] == count:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", dying)
        with pytest.raises(Killed):
            run(tmp_path)
    run(tmp_path)
    _assert_same_end(through, tmp_path)


@pytest.mark.parametrize("step", [0, 5, 10])
def test_a_training_killed_between_two_checkpoints_goes_on_from_the_one_before(run: Run, tmp_path: Path, through: Path, step: int) -> None:
    def dying(record: dict[str, Any], total: int) -> None:
        if record["step"] == step:
            raise Killed

    with pytest.raises(Killed):
        run(tmp_path, on_progress=dying)
    run(tmp_path)
    _assert_same_end(through, tmp_path)


def test_what_a_killed_run_left_half_written_is_ignored(run: Run, tmp_path: Path, through: Path) -> None:
    with pytest.raises(Interrupted):
        run(tmp_path, on_progress=_stop_at(10))
    for name in (".checkpoint.1.tmp", f".checkpoint.{os.getpid()}.tmp", f".metrics.jsonl.{os.getpid()}.tmp"):
        (tmp_path / name).write_bytes(b"half a checkpoi")
    run(tmp_path)
    _assert_same_end(through, tmp_path)


def test_a_finished_training_that_is_asked_again_trains_no_step(run: Run, tmp_path: Path) -> None:
    first, seen = run(tmp_path), []
    again = run(tmp_path, on_progress=lambda record, total: seen.append(record))
    assert seen == []
    assert again.metrics == first.metrics
    assert all(torch.equal(v, again.model.state_dict()[k]) for k, v in first.model.state_dict().items())


def test_the_handlers_of_the_signals_come_back(run: Run, tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted):
        run(tmp_path, on_progress=_stop_at(5))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_training_works_outside_the_main_thread_where_signals_do_not_reach(run: Run, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(run(tmp_path, replace(PLAN, max_steps=2))))
    thread.start()
    thread.join()
    assert outcomes[0].progress.step == 2


def test_a_loss_that_is_no_number_ends_the_training_and_leaves_the_last_good_checkpoint(run: Run, tmp_path: Path) -> None:
    with pytest.raises(FloatingPointError, match="at step 2; lower the learning rate"):
        run(tmp_path, replace(PLAN, learning_rate=1e30, warmup=0.0, evaluate_every=1))
    assert json.loads((tmp_path / "metrics.jsonl").read_text().splitlines()[-1])["step"] == 1


def test_a_broken_loss_is_found_at_the_step_where_it_breaks(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, steps = training._step, [0]

    def breaking(*args: Any) -> float:
        steps[0] += 1
        return real(*args) if steps[0] < 8 else float("nan")

    monkeypatch.setattr(training, "_step", breaking)
    with pytest.raises(FloatingPointError, match="the loss is nan at step 8"):
        run(tmp_path)
    assert [m["step"] for m in _log(tmp_path)] == [0, 5]


@pytest.mark.parametrize(("first", "second"), [(0, 20), (100, 0)])
def test_without_dishes_in_both_splits_there_is_nothing_to_train(
    dishes: list[Dish], tokenizer: DishTokenizer, shape: ModelShape, tmp_path: Path, first: int, second: int
) -> None:
    with pytest.raises(ValueError, match=f"there are {first} to train and {second} to validate on"):
        train(dishes[:first], dishes[:second], tokenizer, shape, PLAN, 0, tmp_path)


def test_training_stops_when_validation_gets_no_better(run: Run, tmp_path: Path) -> None:
    outcome = run(tmp_path, replace(PLAN, learning_rate=0.0, patience=2))
    assert outcome.progress.stopped_by == "no better validation"
    assert (outcome.progress.step, outcome.progress.best_step) == (10, 0)


def test_the_clock_ends_a_training_and_says_so(run: Run, tmp_path: Path) -> None:
    outcome = run(tmp_path, replace(PLAN, max_seconds=0.0))
    assert outcome.progress.stopped_by == "time limit"
    assert outcome.progress.step == 5


@pytest.mark.parametrize(("accumulate", "steps"), [(1, 14), (2, 8), (8, 2)])
def test_the_epochs_bound_the_steps(run: Run, tmp_path: Path, accumulate: int, steps: int) -> None:
    outcome = run(tmp_path, replace(PLAN, epochs=2, max_steps=999, accumulate=accumulate))
    assert outcome.progress.step == outcome.steps_planned == steps


def test_the_rate_rises_stays_and_falls_but_is_never_zero_at_a_step() -> None:
    rates = [learning_rate(i, 100, replace(PLAN, learning_rate=1.0, warmup=0.1, decay=0.4)) for i in range(100)]
    assert rates[:10] == sorted(rates[:10]) and rates[0] == pytest.approx(0.1)
    assert set(rates[9:60]) == {1.0}
    assert rates[60:] == sorted(rates[60:], reverse=True)
    assert rates[-1] == pytest.approx(1 / 40)
    assert learning_rate(100, 100, PLAN) == 0.0
    assert learning_rate(0, 1, replace(PLAN, warmup=0.0, decay=0.0)) == PLAN.learning_rate


def test_every_parameter_has_one_optimiser(shape: ModelShape) -> None:
    model = DishTransformer(ModelConfig(50, shape))
    held = [id(p) for o in make_optimisers(model, PLAN) for group in o.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in model.parameters())
