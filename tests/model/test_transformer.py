"""The network: what it must be, whatever its weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from dish_pipeline.model.transformer import Cache, DishTransformer, ModelConfig, load, rotary, save, turn
from dish_pipeline.settings import ModelShape

VOCABULARY = 50
NAMES = [[3, 4], [3], [3, 4, 5], [], [7, 7, 8]]
"""Pieces of the names of five foods, which are the tokens 45 to 49."""


@pytest.fixture
def model(small_shape: ModelShape) -> DishTransformer:
    """A network whose every weight is random, since the blocks of a fresh one do nothing."""
    torch.manual_seed(1)
    found = DishTransformer(ModelConfig(VOCABULARY, small_shape))
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return found.eval()


@pytest.fixture
def named(small_shape: ModelShape) -> DishTransformer:
    """As `model`, with foods that are also what their names say."""
    torch.manual_seed(2)
    found = DishTransformer(ModelConfig(VOCABULARY, small_shape), NAMES)
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return found.eval()


def _ids(rows: int, length: int, seed: int = 0) -> torch.Tensor:
    return torch.randint(VOCABULARY, (rows, length), generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
@pytest.mark.parametrize("first", [1, 2, 7])
def test_token_by_token_with_a_cache_gives_the_logits_of_the_whole_pass(named: DishTransformer, first: int) -> None:
    ids = _ids(3, 20)
    cache = Cache(named.config.shape.layers)
    parts = [named(ids[:, :first], cache)] + [named(ids[:, i : i + 1], cache) for i in range(first, 20)]
    assert cache.length == 20
    torch.testing.assert_close(torch.cat(parts, dim=1), named(ids), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_several_tokens_on_a_filled_cache_are_refused(model: DishTransformer) -> None:
    cache = Cache(model.config.shape.layers)
    model(_ids(1, 3), cache)
    with pytest.raises(ValueError, match="one at a time"):
        model(_ids(1, 2), cache)


@torch.no_grad()
def test_a_later_token_does_not_change_earlier_logits(model: DishTransformer) -> None:
    ids = _ids(2, 16)
    before = model(ids)
    for at in (5, 15):
        changed = ids.clone()
        changed[:, at] = (changed[:, at] + 1) % VOCABULARY
        after = model(changed)
        assert torch.equal(after[:, :at], before[:, :at])
        assert not torch.allclose(after[:, at:], before[:, at:])


@torch.no_grad()
def test_an_earlier_token_does_change_later_logits(model: DishTransformer) -> None:
    ids = _ids(1, 16)
    changed = ids.clone()
    changed[:, 0] = (changed[:, 0] + 1) % VOCABULARY
    assert not torch.allclose(model(changed)[:, -1], model(ids)[:, -1], atol=1e-3)


@torch.no_grad()
def test_the_places_of_the_tokens_matter(model: DishTransformer) -> None:
    ids = torch.tensor([[1, 2, 3, 4]])
    assert not torch.allclose(model(ids)[:, -1], model(ids[:, [1, 0, 2, 3]])[:, -1], atol=1e-3)


@torch.no_grad()
def test_a_fresh_block_adds_nothing_to_the_stream(small_shape: ModelShape) -> None:
    torch.manual_seed(0)
    fresh = DishTransformer(ModelConfig(VOCABULARY, small_shape)).eval()
    ids = _ids(2, 9)
    stream = fresh.embedding(ids)
    for block in fresh.blocks:
        assert torch.equal(block(stream, fresh.cos[:9], fresh.sin[:9], None), stream)
    assert torch.equal(fresh(ids), F.linear(fresh.norm(stream), fresh.embedding.weight))


def test_every_weight_is_reached_by_the_gradient(model: DishTransformer) -> None:
    ids = _ids(4, 12)
    F.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten()).backward()
    assert all(p.grad is not None and bool((p.grad != 0).any()) for p in model.parameters())


@torch.no_grad()
def test_a_loaded_model_is_the_saved_one(model: DishTransformer, tmp_path: Path) -> None:
    save(model, tmp_path)
    loaded = load(tmp_path)
    assert loaded.config == model.config
    assert not loaded.training
    assert loaded.state_dict().keys() == model.state_dict().keys()
    assert all(torch.equal(v, loaded.state_dict()[k]) for k, v in model.state_dict().items())
    assert torch.equal(loaded(_ids(2, 10)), model(_ids(2, 10)))


def test_the_parameters_are_counted_with_the_embedding_once(model: DishTransformer) -> None:
    s = model.config.shape
    block = 4 * s.width**2 + 3 * s.width * s.hidden + 2 * s.width + 2 * (s.width // s.heads)
    assert model.parameter_count == VOCABULARY * s.width + s.layers * block + s.width


@torch.no_grad()
def test_a_food_is_its_own_vector_and_the_mean_of_its_name(named: DishTransformer) -> None:
    own, table = named.embedding.weight, named.table()
    assert torch.equal(table[:45], own[:45])
    for i, pieces in enumerate(NAMES):
        said = own[pieces].mean(dim=0) if pieces else torch.zeros_like(own[0])
        torch.testing.assert_close(table[45 + i], own[45 + i] + said)


@torch.no_grad()
def test_a_fresh_food_is_almost_what_its_name_says(small_shape: ModelShape) -> None:
    torch.manual_seed(0)
    fresh = DishTransformer(ModelConfig(VOCABULARY, small_shape), NAMES)
    assert float(F.cosine_similarity(fresh.table()[46], fresh.table()[3], dim=0)) > 0.9


def test_what_is_learned_of_a_food_reaches_its_name_and_itself(named: DishTransformer) -> None:
    named(torch.tensor([[47]])).square().sum().backward()
    gradient = named.embedding.weight.grad
    assert gradient is not None
    assert all(bool((gradient[i] != 0).any()) for i in (3, 4, 5, 47))


@torch.no_grad()
def test_a_saved_model_with_names_is_a_plain_one_that_says_the_same(named: DishTransformer, tmp_path: Path) -> None:
    save(named, tmp_path)
    loaded = load(tmp_path)
    assert loaded.foods == 0
    assert torch.equal(loaded.table(), named.table())
    assert torch.equal(loaded(_ids(2, 10)), named(_ids(2, 10)))
    save(loaded, tmp_path)
    assert torch.equal(load(tmp_path)(_ids(2, 10)), named(_ids(2, 10)))


@torch.no_grad()
def test_more_tokens_than_the_context_are_refused_with_and_without_a_cache(small_shape: ModelShape) -> None:
    short = DishTransformer(ModelConfig(VOCABULARY, replace(small_shape, context=8)))
    assert short(_ids(1, 8)).shape == (1, 8, VOCABULARY)
    with pytest.raises(ValueError, match="9 tokens do not fit the context of 8"):
        short(_ids(1, 9))
    cache = Cache(small_shape.layers)
    short(_ids(1, 8), cache)
    with pytest.raises(ValueError, match="9 tokens do not fit"):
        short(_ids(1, 1), cache)


def test_a_width_that_the_heads_cannot_share_is_refused(small_shape: ModelShape) -> None:
    with pytest.raises(ValueError, match="no multiple of"):
        DishTransformer(ModelConfig(VOCABULARY, replace(small_shape, width=30, heads=4)))


def test_turning_keeps_lengths_and_depends_on_the_distance_alone() -> None:
    torch.manual_seed(0)
    q, k = torch.randn(1, 1, 1, 16), torch.randn(1, 1, 1, 16)
    cos, sin = rotary(30, 16)

    def product(i: int, j: int) -> float:
        return float((turn(q, cos[i], sin[i]) * turn(k, cos[j], sin[j])).sum())

    assert float(turn(q, cos[7], sin[7]).norm()) == pytest.approx(float(q.norm()), rel=1e-5)
    assert product(9, 4) == pytest.approx(product(25, 20), abs=1e-4)
    assert abs(product(9, 4) - product(9, 8)) > 1e-2


def test_rotary_positions_may_start_anywhere() -> None:
    for whole, part in zip(rotary(20, 8), rotary(5, 8, start=15), strict=True):
        assert torch.equal(whole[15:], part)


def test_dropout_acts_in_training_only(small_shape: ModelShape) -> None:
    noisy = DishTransformer(ModelConfig(VOCABULARY, replace(small_shape, dropout=0.3)))
    ids = _ids(1, 10)
    assert not torch.equal(noisy.train()(ids), noisy(ids))
    assert torch.equal(noisy.eval()(ids), noisy(ids))
