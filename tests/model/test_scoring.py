"""The transformer's bits of whole dishes."""

from __future__ import annotations

from math import log, log2

import numpy as np
import pytest
import torch

from dish_pipeline.dish import Dish
from dish_pipeline.model.scoring import part_bits, token_bits
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer, Encoded
from dish_pipeline.model.transformer import DishTransformer, ModelConfig
from dish_pipeline.settings import ModelShape


@pytest.fixture
def model(tokenizer: DishTokenizer, small_shape: ModelShape) -> DishTransformer:
    """A network with random weights."""
    torch.manual_seed(2)
    found = DishTransformer(ModelConfig(tokenizer.size, small_shape), tokenizer.name_pieces)
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return found


@pytest.fixture
def rows(dishes: list[Dish], tokenizer: DishTokenizer) -> list[Encoded]:
    """Thirty dishes of many lengths."""
    return [tokenizer.encode(d) for d in dishes[:30]]


def _possible(row: Encoded, at: int, tokenizer: DishTokenizer) -> np.ndarray:
    """The tokens that can stand at place `at` of the row: those of its part, without the foods that stand before."""
    tokens = np.flatnonzero(tokenizer.grammar[row.parts[at]])
    return np.setdiff1d(tokens, row.ids[:at][row.ids[:at] >= tokenizer.first_food])


@torch.no_grad()
def test_the_parts_sum_to_the_cross_entropy_within_the_grammar(model: DishTransformer, rows: list[Encoded], tokenizer: DishTokenizer) -> None:
    bits = part_bits(model, rows, tokenizer)
    assert bits.shape == (30, len(PARTS))
    for found, row in zip(bits, rows, strict=True):
        logits = model(torch.from_numpy(row.ids[None, :-1]).long())[0].double().numpy()
        expected = np.zeros(len(PARTS))
        for at in range(1, len(row.ids)):
            scores = logits[at - 1]
            expected[row.parts[at]] += (np.logaddexp.reduce(scores[_possible(row, at, tokenizer)]) - scores[row.ids[at]]) / log(2)
        np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_padding_and_neighbours_do_not_matter(model: DishTransformer, rows: list[Encoded], tokenizer: DishTokenizer) -> None:
    alone = part_bits(model, rows, tokenizer, batch=1)
    np.testing.assert_allclose(part_bits(model, rows, tokenizer, batch=30), alone, rtol=1e-5)
    np.testing.assert_allclose(part_bits(model, rows[::-1], tokenizer, batch=7)[::-1], alone, rtol=1e-5)


def test_a_model_that_knows_nothing_gives_each_token_the_bits_of_a_uniform_draw_within_the_grammar(
    model: DishTransformer, rows: list[Encoded], tokenizer: DishTokenizer
) -> None:
    with torch.no_grad():
        model.embedding.weight.zero_()
    bits = part_bits(model, rows, tokenizer)
    expected = [sum(log2(len(_possible(r, at, tokenizer))) for at in range(1, len(r.ids))) for r in rows]
    np.testing.assert_allclose(bits.sum(axis=1), expected, rtol=1e-5)


def test_scoring_leaves_the_model_in_the_mode_it_was_in(model: DishTransformer, rows: list[Encoded], tokenizer: DishTokenizer) -> None:
    for mode in (True, False):
        model.train(mode)
        part_bits(model, rows[:2], tokenizer)
        assert model.training is mode


def test_no_dishes_give_no_rows(model: DishTransformer, tokenizer: DishTokenizer) -> None:
    assert part_bits(model, [], tokenizer).shape == (0, len(PARTS))


@torch.no_grad()
def test_what_is_given_costs_nothing_and_what_is_predicted_costs_what_the_grammar_leaves_open(
    told_tokenizer: DishTokenizer, small_shape: ModelShape, dishes: list[Dish]
) -> None:
    t = told_tokenizer
    torch.manual_seed(2)
    network = DishTransformer(ModelConfig(t.size, small_shape), t.name_pieces)
    given = list(t.given_ids.values())[2:6]
    for form in ("<start>", *t.given.forms):
        rows = [t.encode(d, form=form, given=given) for d in dishes[:10]]
        for row, bits, parts in zip(rows, token_bits(network, rows, t), part_bits(network, rows, t), strict=True):
            assert (bits[row.parts[1:] < 0] == 0).all()
            assert (bits[row.parts[1:] >= 0] > 0).all()
            np.testing.assert_allclose(parts.sum(), bits.sum())
