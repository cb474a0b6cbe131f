"""The transformer's bits of whole dishes."""

from __future__ import annotations

from math import log, log2

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dish_pipeline.dish import Dish
from dish_pipeline.model.scoring import part_bits
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer, Encoded
from dish_pipeline.model.transformer import DishTransformer, ModelConfig
from dish_pipeline.settings import ModelShape


@pytest.fixture
def model(tokenizer: DishTokenizer, small_shape: ModelShape) -> DishTransformer:
    """A network with random weights."""
    torch.manual_seed(2)
    found = DishTransformer(ModelConfig(tokenizer.size, small_shape))
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return found


@pytest.fixture
def rows(dishes: list[Dish], tokenizer: DishTokenizer) -> list[Encoded]:
    """Thirty dishes of many lengths."""
    return [tokenizer.encode(d) for d in dishes[:30]]


@torch.no_grad()
def test_the_parts_sum_to_the_cross_entropy_of_the_sequence(model: DishTransformer, rows: list[Encoded], tokenizer: DishTokenizer) -> None:
    bits = part_bits(model, rows, tokenizer.pad)
    assert bits.shape == (30, len(PARTS))
    for found, row in zip(bits, rows, strict=True):
        ids = torch.from_numpy(row.ids).long()
        loss = F.cross_entropy(model(ids[None, :-1])[0], ids[1:], reduction="none") / log(2)
        assert found.sum() == pytest.approx(float(loss.sum()), rel=1e-5)
        for i in range(len(PARTS)):
            assert found[i] == pytest.approx(float(loss[torch.from_numpy(row.parts[1:] == i)].sum()), rel=1e-4)


def test_padding_and_neighbours_do_not_matter(model: DishTransformer, rows: list[Encoded], tokenizer: DishTokenizer) -> None:
    alone = part_bits(model, rows, tokenizer.pad, batch=1)
    np.testing.assert_allclose(part_bits(model, rows, tokenizer.pad, batch=30), alone, rtol=1e-5)
    np.testing.assert_allclose(part_bits(model, rows[::-1], tokenizer.pad, batch=7)[::-1], alone, rtol=1e-5)
    np.testing.assert_allclose(part_bits(model, rows, tokenizer.word_ids[0], batch=30), alone, rtol=1e-5)


def test_a_model_that_knows_nothing_gives_each_token_the_bits_of_a_uniform_draw(
    model: DishTransformer, rows: list[Encoded], tokenizer: DishTokenizer
) -> None:
    with torch.no_grad():
        model.embedding.weight.zero_()
    bits = part_bits(model, rows, tokenizer.pad)
    np.testing.assert_allclose(bits.sum(axis=1), [(len(r.ids) - 1) * log2(tokenizer.size) for r in rows], rtol=1e-5)


def test_scoring_leaves_the_model_in_the_mode_it_was_in(model: DishTransformer, rows: list[Encoded], tokenizer: DishTokenizer) -> None:
    for mode in (True, False):
        model.train(mode)
        part_bits(model, rows[:2], tokenizer.pad)
        assert model.training is mode


def test_no_dishes_give_no_rows(model: DishTransformer, tokenizer: DishTokenizer) -> None:
    assert part_bits(model, [], tokenizer.pad).shape == (0, len(PARTS))
