"""The grammar in the loss: probabilities over what can come next, and over nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dish_pipeline.dish import Dish
from dish_pipeline.model.batches import IGNORE, Batch, Noise, epoch_batches, pad
from dish_pipeline.model.grammar import Grammar
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer, Encoded

WIDTH = 8
FOODS = PARTS.index("foods")


@pytest.fixture(scope="module")
def grammar(tokenizer: DishTokenizer) -> Grammar:
    return Grammar(tokenizer)


def _random(batch: Batch, tokenizer: DishTokenizer, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """What a network might say at each position, and embeddings to compare it with."""
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(*batch.inputs.shape, WIDTH, generator=draws), torch.randn(tokenizer.size, WIDTH, generator=draws)


def _possible(batch: Batch, row: int, at: int, tokenizer: DishTokenizer) -> list[int]:
    had = set(batch.targets[row, :at].tolist())
    tokens = np.flatnonzero(tokenizer.grammar[batch.parts[row, at]]).tolist()
    return [t for t in tokens if t < tokenizer.first_food or t not in had]


def test_the_tokens_that_can_come_have_probabilities_that_sum_to_one(
    grammar: Grammar, tokenizer: DishTokenizer, dishes: list[Dish]
) -> None:
    row = tokenizer.encode(dishes[3])
    hidden, table = _random(pad([row], tokenizer.pad), tokenizer)
    for at in range(len(row.ids) - 1):
        total = 0.0
        for token in _possible(pad([row], tokenizer.pad), 0, at, tokenizer):
            ids = row.ids.copy()
            ids[at + 1] = token
            plain, _ = grammar.surprise(hidden, table, pad([Encoded(ids, row.parts)], tokenizer.pad))
            total += float(torch.exp(-plain[0, at].double()))
        assert total == pytest.approx(1, abs=1e-4)


def test_smoothing_spreads_over_what_can_come_and_over_nothing_else(grammar: Grammar, tokenizer: DishTokenizer, dishes: list[Dish]) -> None:
    batch = pad([tokenizer.encode(d) for d in dishes[:4]], tokenizer.pad)
    hidden, table = _random(batch, tokenizer)
    plain, smooth = grammar.surprise(hidden, table, batch, smoothing=0.1)
    logits = (hidden @ table.T).double()
    for row, at in np.argwhere(batch.targets != IGNORE).tolist():
        tokens = _possible(batch, row, at, tokenizer)
        log_p = torch.log_softmax(logits[row, at, tokens], dim=0)
        own = -float(log_p[tokens.index(int(batch.targets[row, at]))])
        assert float(plain[row, at]) == pytest.approx(own, abs=1e-3)
        assert float(smooth[row, at]) == pytest.approx(0.9 * own - 0.1 * float(log_p.mean()), abs=1e-3)


def test_positions_without_a_target_cost_nothing(grammar: Grammar, tokenizer: DishTokenizer, dishes: list[Dish]) -> None:
    batch = pad([tokenizer.encode(d) for d in dishes[:20]], tokenizer.pad)
    for found in grammar.surprise(*_random(batch, tokenizer), batch, smoothing=0.1):
        assert torch.equal(found == 0, torch.from_numpy(batch.targets == IGNORE))


def test_without_smoothing_both_losses_are_the_same(grammar: Grammar, tokenizer: DishTokenizer, dishes: list[Dish]) -> None:
    batch = pad([tokenizer.encode(d) for d in dishes[:4]], tokenizer.pad)
    plain, smooth = grammar.surprise(*_random(batch, tokenizer), batch)
    assert torch.equal(plain, smooth)


def test_no_target_is_ever_forbidden_by_a_food_that_token_dropout_put_in(
    grammar: Grammar, tokenizer: DishTokenizer, dishes: list[Dish]
) -> None:
    for epoch in range(5):
        for batch in epoch_batches(dishes, tokenizer, 16, 3, epoch, Noise(token_dropout=0.5)):
            for found in grammar.surprise(*_random(batch, tokenizer), batch, smoothing=0.1):
                assert float(found.max()) < 1000


def test_the_gradient_reaches_what_can_come_and_leaves_the_foods_of_the_row_alone(
    grammar: Grammar, tokenizer: DishTokenizer, dishes: list[Dish]
) -> None:
    row = tokenizer.encode(dishes[0])
    batch = pad([row], tokenizer.pad)
    hidden, table = _random(batch, tokenizer)
    table.requires_grad_()
    _, smooth = grammar.surprise(hidden, table, batch, smoothing=0.1)
    last = int(np.flatnonzero(batch.parts[0] == FOODS)[-1])
    (gradient,) = torch.autograd.grad(smooth[0, last], table)
    touched = set(gradient.abs().sum(dim=1).nonzero().flatten().tolist())
    assert touched == set(_possible(batch, 0, last, tokenizer))
    assert not touched & {tokenizer.food_tokens[p.food_id] for p in dishes[0].portions}
