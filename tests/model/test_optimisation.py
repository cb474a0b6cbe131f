"""What one update does: rates, optimisers, the running average."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from dish_pipeline.model.optimisation import MUON_RATE, Average, make_optimisers, update
from dish_pipeline.model.transformer import DishTransformer, ModelConfig
from dish_pipeline.settings import PRESETS, ModelShape

PLAN = PRESETS["tiny"].training


@pytest.fixture
def model(small_shape: ModelShape) -> DishTransformer:
    torch.manual_seed(1)
    return DishTransformer(ModelConfig(50, small_shape))


def _weights(model: DishTransformer) -> dict[str, torch.Tensor]:
    return {k: v.detach().clone() for k, v in model.named_parameters()}


@pytest.mark.parametrize(("muon", "kinds"), [(True, ["Muon", "AdamW"]), (False, ["AdamW"])])
def test_the_plan_says_which_optimisers_hold_the_weights(model: DishTransformer, muon: bool, kinds: list[str]) -> None:
    made = make_optimisers(model, replace(PLAN, muon=muon))
    assert [type(o).__name__ for o in made] == kinds
    held = [id(p) for o in made for group in o.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in model.parameters())


def test_an_update_moves_every_weight_and_uses_the_gradients_up(model: DishTransformer) -> None:
    before, optimisers = _weights(model), make_optimisers(model, PLAN)
    torch.manual_seed(2)
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter)
    update(optimisers, 0.01)
    assert all(not torch.equal(v, before[k]) for k, v in model.named_parameters())
    assert all(p.grad is None for p in model.parameters())
    assert [o.param_groups[0]["lr"] for o in optimisers] == [0.01 * MUON_RATE, 0.01]


def test_without_keeping_there_is_no_average(model: DishTransformer) -> None:
    average = Average(model, 0.0)
    average.take()
    before = _weights(model)
    with average.applied():
        assert all(torch.equal(v, before[k]) for k, v in model.named_parameters())
    assert not average.weights and average.steps == 0


def test_the_average_is_a_mean_at_first_and_a_decaying_one_later(model: DishTransformer) -> None:
    average, seen = Average(model, 0.75), []
    expected: torch.Tensor | None = None
    for step in range(1, 9):
        with torch.no_grad():
            model.norm.weight.fill_(float(step**2))
        average.take()
        seen.append(float(step**2))
        if step <= 4:
            expected = torch.full_like(model.norm.weight, sum(seen) / step)
        else:
            assert expected is not None
            expected = 0.75 * expected + 0.25 * step**2
        torch.testing.assert_close(average.weights["norm.weight"], expected)


def test_the_average_is_inside_only_while_it_is_asked_for_even_when_something_fails(model: DishTransformer) -> None:
    average = Average(model, 0.9)
    average.take()
    with torch.no_grad():
        model.norm.weight.fill_(7.0)
    own = _weights(model)
    with pytest.raises(RuntimeError, match="on purpose"), average.applied():
        assert torch.equal(model.norm.weight, average.weights["norm.weight"])
        assert not torch.equal(model.norm.weight, own["norm.weight"])
        raise RuntimeError("on purpose")
    assert all(torch.equal(v, own[k]) for k, v in model.named_parameters())
