"""What tokens share before anything is trained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.model.features import Features, features_of
from dish_pipeline.model.text import GRID
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.transformer import DishTransformer, ModelConfig, load, save
from dish_pipeline.settings import ModelShape


@pytest.fixture(scope="module")
def features(tokenizer: DishTokenizer, lexicon: Lexicon) -> Features:
    return features_of(tokenizer, lexicon)


@pytest.fixture(scope="module")
def dense(features: Features, tokenizer: DishTokenizer) -> torch.Tensor:
    """The bags as one matrix, (tokens, features)."""
    found = torch.zeros(tokenizer.size, features.count)
    ends = [*features.starts[1:].tolist(), len(features.ids)]
    for token, (start, end) in enumerate(zip(features.starts.tolist(), ends, strict=True)):
        found[token].index_add_(0, features.ids[start:end], features.weights[start:end])
    return found


def test_every_token_has_a_bag_and_every_feature_is_used(features: Features, tokenizer: DishTokenizer) -> None:
    assert len(features.starts) == tokenizer.size
    assert len(features.ids) == len(features.weights)
    assert set(features.ids.tolist()) == set(range(features.count))
    assert bool(torch.isfinite(features.weights).all())


def test_the_same_tokens_have_the_same_features_every_time(features: Features, tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    again = features_of(tokenizer, lexicon)
    assert all(torch.equal(a, b) for a, b in ((again.ids, features.ids), (again.weights, features.weights), (again.starts, features.starts)))


def test_amounts_are_the_more_alike_the_nearer_they_are(dense: torch.Tensor, tokenizer: DishTokenizer) -> None:
    rows = dense[[tokenizer.amount_ids[g] for g in GRID]]
    like = rows @ rows.T
    torch.testing.assert_close(like.diagonal(), torch.ones(len(GRID)))
    for i in range(len(GRID)):
        assert (like[i, i:].diff() <= 1e-6).all()
        assert (like[i, : i + 1].diff() >= -1e-6).all()


def test_an_amount_that_nobody_gave_is_like_no_other(dense: torch.Tensor, tokenizer: DishTokenizer) -> None:
    assert not dense[tokenizer.amount_ids[None]].any()


def test_foods_share_their_group_and_what_they_contain(dense: torch.Tensor, tokenizer: DishTokenizer) -> None:
    def like(a: str, b: str) -> float:
        return float(dense[tokenizer.food_tokens[a]] @ dense[tokenizer.food_tokens[b]])

    assert like("salmon", "cod") > like("salmon", "beef") > like("salmon", "sugar")
    assert like("milk", "cheese") > like("milk", "tofu")


def test_unknown_weighs_half_of_contains(dense: torch.Tensor, tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    base = lexicon.foods["bread"]
    assert base.facts["gluten"].word == "contains"
    assert base.facts["milk"].word == "unknown"
    row = dense[tokenizer.food_tokens["bread"]]
    milk, gluten = (dense[tokenizer.food_tokens[f]] > 0 for f in ("cream_fresh", "wheat_flour"))
    # Of bread's features, cream shares the milk (and perhaps figures), flour the gluten and the group.
    assert bool((row[milk] > 0).any())
    assert bool((row[gluten] > 0).any())


def test_a_food_that_the_lexicon_lost_has_no_features(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    poorer = replace(lexicon, foods={k: v for k, v in lexicon.foods.items() if k != "cod"})
    found = features_of(tokenizer, poorer)
    starts = [*found.starts.tolist(), len(found.ids)]
    token = tokenizer.food_tokens["cod"]
    assert starts[token] == starts[token + 1]
    assert starts[tokenizer.food_tokens["salmon"]] < starts[tokenizer.food_tokens["salmon"] + 1]


def test_pieces_that_share_letters_share_features(dense: torch.Tensor, tokenizer: DishTokenizer) -> None:
    pieces = {tokenizer.pieces.id_to_piece(int(i)): int(i) for i in tokenizer.word_ids}
    long = sorted((p for p in pieces if len(p) > 4), key=len)[:20]
    for a in long:
        for b in long:
            runs = {a[i : i + 2] for i in range(len(a) - 1)} & {b[i : i + 2] for i in range(len(b) - 1)}
            if runs:
                assert float(dense[pieces[a]] @ dense[pieces[b]]) > 0, (a, b)


@torch.no_grad()
def test_an_embedding_is_own_plus_the_weighted_sum_of_its_features(
    features: Features, dense: torch.Tensor, tokenizer: DishTokenizer, small_shape: ModelShape, tmp_path: Path,
) -> None:
    torch.manual_seed(1)
    model = DishTransformer(ModelConfig(tokenizer.size, small_shape), (), features).eval()
    assert model.feature_embedding is not None
    torch.testing.assert_close(model.table(), model.embedding.weight + dense @ model.feature_embedding.weight)
    named = DishTransformer(ModelConfig(tokenizer.size, small_shape), tokenizer.name_pieces, features).eval()
    save(named, tmp_path)
    ids = torch.randint(tokenizer.size, (2, 9))
    assert torch.equal(load(tmp_path)(ids), named(ids))


def test_what_one_amount_learns_reaches_its_neighbour(features: Features, tokenizer: DishTokenizer, small_shape: ModelShape) -> None:
    torch.manual_seed(1)
    model = DishTransformer(ModelConfig(tokenizer.size, small_shape), (), features)
    near, far = (tokenizer.amount_ids[g] for g in (25.0, 0.1))
    before = model.table()[[near, far]].detach().clone()
    model(torch.tensor([[tokenizer.amount_ids[22.0]]])).square().sum().backward()
    with torch.no_grad():
        assert model.feature_embedding is not None
        model.feature_embedding.weight -= 0.1 * model.feature_embedding.weight.grad
    moved = (model.table()[[near, far]] - before).norm(dim=1)
    assert moved[0] > 0
