"""The peers are proper models, scored as ours is: probabilities sum to one, parts add up, curves can be laid over our own."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from math import lgamma, log
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner

from benchmarks.peers import __main__ as command
from benchmarks.peers import common, counting, courses, gpt2, loop, lstm, modern, original, table
from benchmarks.peers.common import Material, Trained, Unusable
from benchmarks.peers.mixture import Mixture
from dish_pipeline import cli_benchmark
from dish_pipeline.cli import main
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Portion
from dish_pipeline.model.batches import encode_noisy
from dish_pipeline.model.text import GRID, text_of
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer
from dish_pipeline.settings import PRESETS

ALL_COURSES = (*COURSES, UNKNOWN_COURSE)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks are given fifteen steps, not two thousand."""
    monkeypatch.setattr(common, "FEWEST_STEPS", 15)


@pytest.fixture(scope="module")
def given(dishes: list[Dish], tokenizer: DishTokenizer, lexicon: Lexicon) -> Material:
    return Material(lexicon, pd.DataFrame(), dishes[:80], dishes[80:100], dishes[100:], tokenizer, PRESETS["tiny"], 3, 600.0, 1)


@pytest.fixture(scope="module")
def mixture(dishes: list[Dish], tokenizer: DishTokenizer) -> Mixture:
    return Mixture(dishes[:80], tokenizer, 4, 20.0, 1)


def as_written(dishes: list[Dish]) -> list[list[int]]:
    return [list(range(len(d.portions))) for d in dishes]


def test_what_peers_are_watched_on_is_what_our_training_watches(given: Material) -> None:
    dishes, orders = given.watched
    ours = encode_noisy(dishes, given.tokenizer, np.random.default_rng((given.seed, 1)))
    assert [given.tokenizer.encode(d, o).ids.tolist() for d, o in zip(dishes, orders, strict=True)] == [r.ids.tolist() for r in ours]
    assert sorted(d.title for d in dishes) == sorted(d.title for d in given.valid)


def test_uniform_draws_are_even_over_what_the_grammar_allows(given: Material) -> None:
    grammar = given.tokenizer.grammar.sum(axis=1)
    dish = Dish("main", "", (Portion("rice", 60.0), Portion("cod", None)))
    bits = counting.uniform_bits([dish], given.tokenizer)[0]
    foods = np.log2(grammar[1]) + np.log2(grammar[1] - 1) + np.log2(grammar[1] - 2)
    assert bits == pytest.approx([np.log2(grammar[0]), foods, 2 * np.log2(grammar[2]), np.log2(grammar[3])])


@pytest.mark.parametrize("course", ["main", UNKNOWN_COURSE])
@pytest.mark.parametrize("length", [1, 2])
def test_the_mixture_shares_the_chance_of_a_length_among_all_sequences_of_it(mixture: Mixture, course: str, length: int) -> None:
    foods = mixture.tokenizer.food_ids
    some = [Dish(course, "", tuple(Portion(f, None) for f in chosen)) for chosen in permutations(foods, length)]
    bits = mixture.part_bits(some, as_written(some))
    belongs = mixture.kinds * mixture.courses[:, ALL_COURSES.index(course)]
    assert (2 ** -bits[:, 1]).sum() == pytest.approx(belongs @ mixture.lengths[:, length] / belongs.sum(), rel=1e-9)


def test_the_mixture_has_distributions_over_courses_amounts_and_the_first_piece(mixture: Mixture) -> None:
    by_course = [Dish(c, "", (Portion("rice", None),)) for c in ALL_COURSES]
    assert (2 ** -mixture.part_bits(by_course, as_written(by_course))[:, 0]).sum() == pytest.approx(1)
    amounts = (*GRID, None)
    by_amounts = [Dish("main", "", (Portion("cod", g), Portion("rice", h))) for g in amounts for h in amounts]
    assert (2 ** -mixture.part_bits(by_amounts, as_written(by_amounts))[:, 2]).sum() == pytest.approx(1)
    assert mixture.words.sum(axis=1) == pytest.approx(np.ones(len(mixture.words)))
    assert mixture.lengths.sum(axis=1) == pytest.approx(np.ones(len(mixture.lengths)))
    assert (mixture.lengths[:, 0] == 0).all()


def test_the_mixture_beats_even_draws_of_foods_amounts_and_titles(mixture: Mixture, given: Material) -> None:
    found = mixture.part_bits(given.test, as_written(given.test)).mean(axis=0)
    assert (found < counting.uniform_bits(given.test, given.tokenizer).mean(axis=0))[1:].all(), "the courses of these dishes are even"


@pytest.mark.parametrize("spread", [0.05, 0.7, 3.0])
def test_the_originals_amounts_are_a_distribution_over_the_grid(spread: float) -> None:
    means = np.log([0.01, 3.0, 100.0, 5000.0])
    found = original.cell_masses(means, np.full(4, spread))
    assert found.shape == (4, len(GRID))
    assert (found >= 0).all() and found.sum(axis=1) == pytest.approx(np.ones(4))
    assert spread > 0.05 or found[2].argmax() == GRID.index(100.0)


def test_the_soft_loss_of_even_chances_over_what_is_to_come_is_its_floor() -> None:
    ids = torch.tensor([[3, 10, 11, 12], [3, 11, 10, original.PAD]])
    logits = torch.full((2, 4, 13), -1e4)
    for row, foods in enumerate(([10, 11, 12], [11, 10])):
        for place in range(len(foods)):
            logits[row, place, foods[place:]] = 0.0
        logits[row, len(foods), original.END] = 0.0
    floor = (lgamma(4) + lgamma(3)) / 7
    assert float(original.soft_loss(logits, ids, 0.0)) == pytest.approx(floor, abs=1e-5)


def test_the_originals_sets_are_a_distribution(given: Material) -> None:
    torch.manual_seed(0)
    vocabulary = original.Vocabulary([Dish("main", "", tuple(Portion(f, None) for f in ("rice", "cod", "salt")))], given.tokenizer)
    model = original.SetModel(vocabulary.size)
    with torch.no_grad():
        model.out.bias[original.OTHER] = -1e9  # The door to all other foods is closed, so that every sequence can be counted.
    rows = [[4, *chosen] for n in range(4) for chosen in permutations(range(original.FIRST, vocabulary.size), n)]
    assert len(rows) == 16
    assert (2 ** -original.food_bits(model, rows, vocabulary)).sum() == pytest.approx(1, abs=1e-5)


def test_a_set_is_scored_alike_alone_and_beside_longer_ones(given: Material) -> None:
    vocabulary = original.Vocabulary(given.train, given.tokenizer)
    model = original.SetModel(vocabulary.size)
    rows = [vocabulary.row(d, o) for d, o in zip(given.test, as_written(given.test), strict=True)]
    alone = [original.food_bits(model, [r], vocabulary)[0] for r in rows]
    assert original.food_bits(model, rows, vocabulary) == pytest.approx(alone, rel=1e-4)


def test_the_original_is_fitted_and_borrows_title_and_course(given: Material) -> None:
    trained = original.fit(given)
    bits = trained.score(given.test, as_written(given.test))
    assert bits.shape == (len(given.test), len(PARTS)) and np.isfinite(bits).all() and (bits > 0).all()
    assert trained.best["bits"] == pytest.approx(given.watch(trained.score), abs=0.01)
    assert bits[:, 1].mean() < counting.uniform_bits(given.test, given.tokenizer)[:, 1].mean()
    assert "title" in trained.note


def test_a_network_over_our_tokens_is_scored_alike_alone_and_in_a_batch(given: Material) -> None:
    torch.manual_seed(0)
    model = lstm.AwdLstm(given.tokenizer.size, lstm.Shape(width=16, hidden=24))
    score = loop.scorer(model, model, given.tokenizer)
    together = score(given.test, as_written(given.test))
    assert together.shape == (len(given.test), len(PARTS))
    assert together == pytest.approx(np.concatenate([score([d], [o]) for d, o in zip(given.test, as_written(given.test), strict=True)]), rel=1e-4)


def test_the_lstm_drops_weights_in_training_only(given: Material) -> None:
    model = lstm.AwdLstm(given.tokenizer.size, lstm.Shape(width=16, hidden=24, dropout=0.0, word_dropout=0.0, weight_drop=0.5))
    ids = torch.tensor([[5, 6, 7, 8]])
    assert not torch.equal(model.train()(ids), model(ids))
    assert torch.equal(model.eval()(ids), model(ids))


def test_the_loop_keeps_the_best_validation_point(given: Material) -> None:
    torch.manual_seed(0)
    model = lstm.AwdLstm(given.tokenizer.size, lstm.Shape(width=16, hidden=24, dropout=0.0))
    trained = loop.fit("small", model, model, given, loop.Settings(learning_rate=0.05, epochs=1))
    assert len(trained.history) == 8, "fifteen steps, a look after every second and at the end"
    assert given.watch(trained.score) == pytest.approx(min(h["bits"] for h in trained.history), abs=0.01)
    assert trained.history[-1]["bits"] < trained.history[0]["bits"]
    assert trained.stopped_by == "all epochs done"


def test_the_modern_decoder_sees_no_token_to_come() -> None:
    pytest.importorskip("x_transformers")
    model = modern.build(50, 16, {"width": 32, "depth": 2, "heads": 2, "dropout": 0.0}).eval()
    with torch.no_grad():
        one, other = model(torch.tensor([[4, 5, 6, 7]])), model(torch.tensor([[4, 5, 6, 9]]))
    assert one.shape == (1, 4, 50)
    assert torch.allclose(one[:, :3], other[:, :3], atol=1e-5) and not torch.allclose(one[:, 3], other[:, 3], atol=1e-3)


def test_pieces_of_the_text_belong_to_the_part_of_their_line(given: Material) -> None:
    pytest.importorskip("tokenizers")
    pieces = gpt2.Pieces(given, 300)
    dish = Dish("main", "Sautéed \u4f60 rice = good 5", (Portion("rice", 60.0), Portion("cream_fresh", None), Portion("egg", 0.5)))
    order = [2, 0, 1]
    ids, parts = pieces.ids(dish, order), pieces.parts(dish, order)
    assert len(ids) == len(parts) + 1 and ids[0] == ids[-1] == pieces.end
    said = [pieces.pieces.decode([i for i, p in zip(ids[1:-1], parts[:-1], strict=True) if p == part]) for part in range(len(PARTS))]
    names = [given.lexicon.foods[dish.portions[i].food_id].name for i in order]
    assert said == ["main\n", "".join(names) + "=", " 0.5\n 60\n ?\n", " Sautéed \u4f60 rice = good 5\n"]
    assert sum(map(len, said)) == len(text_of(dish, given.lexicon, order))


@pytest.mark.parametrize("shuffled", [True, False])
def test_gpt2_is_fitted_by_the_trainer(given: Material, shuffled: bool) -> None:
    for package in ("transformers", "accelerate", "tokenizers"):
        pytest.importorskip(package)
    trained = gpt2.fit_one(given, gpt2.Shape("smallest", 1, 16, 2, 0.0, 300, 1e-2, epochs=2), shuffled)
    bits = trained.score(given.test, as_written(given.test))
    assert bits.shape == (len(given.test), len(PARTS)) and (bits > 0).all()
    assert trained.history[0]["tokens"] > 0 and (trained.own_order is None) is shuffled
    watched = trained.score if trained.own_order is None else trained.own_order
    assert given.watch(watched) == pytest.approx(trained.best["bits"], abs=0.05)


def test_a_model_that_learnt_an_order_counts_by_its_tighter_bound(given: Material) -> None:
    def score(dishes, orders):
        return np.array([[1.0, 100.0 if list(o) == sorted(o) else 190.0, 1.0, 1.0] for o in orders])

    def own(dishes, orders):
        return score(dishes, as_written(dishes))

    trained = Trained("x", score, 1, [{"seconds": 1.0, "cpu": 1.0, "bits": 103.0, "tokens": 5, "training": 1.0}], own_order=own)
    row = table.measured(trained, given)
    assert row["bits_per_dish"]["mean"] == row["bits of the own order"] == 103
    assert row["bits of drawn orders"] > 103
    undone = np.mean([lgamma(len(d.portions) + 1) / log(2) for d in given.watched[0]])
    assert row["valid"] == pytest.approx(103) and row["reach"] == pytest.approx(103 + undone)


def _row(name: str, bits: list[float], seconds: float | None, curve: list[tuple[float, float]], run: str = "now") -> table.Row:
    history = [{"seconds": s, "cpu": s, "bits": b, "tokens": 1} for s, b in curve]
    valid = min((b for _, b in curve), default=9.0)
    return {
        "name": name, "per_dish": bits, "valid": valid, "reach": valid, "seconds": seconds, "cpu": seconds, "history": history, "seed": 1, "run": run,
        "stopped_by": "",
    }


def test_bounds_are_held_or_missed_by_what_was_measured() -> None:
    kept = {
        "ours": [_row("ours", [80.0, 120.0], 50, [(1, 200), (10, 150), (50, 90)])],
        "n-gram": [_row("n-gram", [160.0, 240.0], None, [])],
        "the original's architecture": [_row("the original's architecture", [81.0, 121.0], 40, [(40, 140)])],
        "GPT-2, own order": [_row("GPT-2, own order", [300.0, 300.0], 10, [(10, 300)])],
        "GPT-2, order drawn anew": [_row("GPT-2, order drawn anew", [160.0, 160.0], 100, [(100, 155)])],
        "modern decoder, x-transformers": [_row("modern decoder, x-transformers", [160.0, 160.0], 100, [(100, 80)])],
    }
    speed = {"ratio": 1.5, "cpu_ratio": 1.0} | {k: {"tokens_per_second": 1.0, "parameters": 2} for k in ("ours", "trainer")}
    said = table.verdicts(kept, speed)
    endings = [line.rpartition(": ")[2] for line in said]
    assert endings == ["MISSED", "held", "held", "held", "held", "MISSED", "MISSED"]
    assert "GPT-2, order drawn anew" in said[2] and "0.10 of its own" in said[4]
    assert table.reached(kept["ours"][0], kept["modern decoder, x-transformers"][0]) is None
    assert table.time_shares(kept["ours"], [replace_run(kept["GPT-2, own order"][0])]) == []
    assert "not measured" in table.verdicts({}, None)[0]


def replace_run(row: table.Row) -> table.Row:
    """The row as another run would have left it."""
    return row | {"run": "before"}


def test_the_ratio_of_a_model_to_twice_itself_is_a_half_for_every_draw() -> None:
    rows, twice = [_row("a", [10.0, 30.0, 20.0], 1, [])], [_row("b", [20.0, 60.0, 40.0], 1, [])]
    assert table.ratio(rows, twice) == {"mean": 0.5, "lo": 0.5, "hi": 0.5}


def test_bayes_gives_the_share_of_each_course(given: Material) -> None:
    def score(dishes, orders):
        prior = {c: i + 1.0 for i, c in enumerate(COURSES)}
        return np.array([[-np.log2(prior[d.course] / 21), 3.0, 4.0, 1000.0 * prior[d.course]] for d in dishes])

    dishes = [replace(d, course="main") for d in given.test[:3]]
    assert courses.by_bayes(score, dishes, 2, 0) == pytest.approx(np.tile(np.arange(1, 7) / 21, (3, 1)))


def test_course_classifiers_beat_the_prior(given: Material) -> None:
    pytest.importorskip("sklearn")
    found = courses.compare(given, None)
    assert found["random forest"]["bits"]["mean"] < found["prior"]["bits"]["mean"]
    assert 0 <= found["gradient boosting"]["accuracy"]["mean"] <= 1


def test_too_few_recipes_are_refused_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "few.jsonl").write_text(json.dumps({"title": "Rice", "ingredients": ["60 g rice", "1 egg"], "servings": "1"}) + "\n")
    with pytest.raises(Unusable, match=r"1 recipes .* at least 200"):
        common.material(tmp_path, PRESETS["tiny"], 1, 1.0, 1)
    assert command.main(["--recipes", str(tmp_path), "--results", str(tmp_path / "r.json")]) == 2
    assert "at least 200" in capsys.readouterr().err
    assert not (tmp_path / "r.json").exists()


def test_the_command_says_what_is_missing_or_starts_the_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[list[str]] = []
    monkeypatch.setattr(cli_benchmark.subprocess, "call", lambda asked, **_: called.append(asked) or 0)
    result = CliRunner().invoke(main, ["benchmark", "peers", "--recipes", str(tmp_path), "--seed", "1", "--seed", "2", "--only", "n-gram"])
    assert result.exit_code == 0 and called[0][-5:] == ["--seeds", "1", "2", "--only", "n-gram"]
    monkeypatch.setattr(cli_benchmark, "CHECKOUT", tmp_path)
    result = CliRunner().invoke(main, ["benchmark", "peers", "--recipes", str(tmp_path)])
    assert result.exit_code == 1 and "come with a clone" in result.output and len(called) == 1


def test_a_peer_without_its_package_is_named_and_left_out(
    given: Material, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "material", lambda *_: given)
    monkeypatch.setattr(command, "find_spec", lambda package: None)
    asked = ["--recipes", str(tmp_path), "--results", str(tmp_path / "r.json"), "--only", "uniform", "modern"]
    assert command.main(asked) == 1
    said = capsys.readouterr().out
    assert "modern decoder, x-transformers was left out: it needs x_transformers" in said and "| uniform |" in said
    rows = json.loads((tmp_path / "r.json").read_text())
    assert [list(v["rows"]) for v in rows.values()] == [["uniform"]]
