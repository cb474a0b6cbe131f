"""Batches: every dish once an epoch, in an order of its own, the same on every run."""

from __future__ import annotations

import numpy as np
import pytest

from dish_pipeline.dish import Dish, Portion
from dish_pipeline.model.batches import IGNORE, Batch, Noise, draw_order, encode_noisy, epoch_batches, pad
from dish_pipeline.model.tokenizer import DishTokenizer, Encoded


def _rows(batches: list[Batch], tokenizer: DishTokenizer) -> list[list[int]]:
    """The sequences that the targets of the batches hold."""
    return [[tokenizer.start, *row[row != IGNORE].tolist()] for batch in batches for row in batch.targets]


def _same(a: list[Batch], b: list[Batch]) -> bool:
    return len(a) == len(b) and all(
        np.array_equal(getattr(p, name), getattr(q, name)) for p, q in zip(a, b, strict=True) for name in ("inputs", "targets", "parts")
    )


def test_padding_shifts_the_targets_by_one_and_marks_what_carries_no_loss() -> None:
    rows = [Encoded(np.array([1, 5, 6, 2]), np.array([-1, 0, 1, 3])), Encoded(np.array([1, 7, 2]), np.array([-1, 0, 3]))]
    batch = pad(rows, pad_id=0)
    assert batch.inputs.tolist() == [[1, 5, 6], [1, 7, 0]]
    assert batch.targets.tolist() == [[5, 6, 2], [7, 2, IGNORE]]
    assert batch.parts.tolist() == [[0, 1, 3], [0, 3, 3]]


@pytest.mark.parametrize("epoch", [0, 1, 5])
def test_an_epoch_holds_every_dish_exactly_once(dishes: list[Dish], tokenizer: DishTokenizer, epoch: int) -> None:
    found = [tokenizer.decode(row).dish_id for row in _rows(epoch_batches(dishes, tokenizer, 16, 3, epoch), tokenizer)]
    assert sorted(found) == sorted(d.dish_id for d in dishes)


def test_the_same_seed_and_epoch_give_the_same_batches(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    for noise in (Noise(), Noise(True, 0.1, 0.3, 0.5)):
        assert _same(epoch_batches(dishes, tokenizer, 16, 3, 2, noise), epoch_batches(dishes, tokenizer, 16, 3, 2, noise))


def test_another_epoch_or_seed_gives_other_orders_of_the_foods_and_other_batches(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    here = epoch_batches(dishes, tokenizer, 16, 3, 0)
    orders = {tokenizer.decode(r).dish_id: r for r in _rows(here, tokenizer)}
    for other in (epoch_batches(dishes, tokenizer, 16, 3, 1), epoch_batches(dishes, tokenizer, 16, 4, 0)):
        moved = sum(orders[tokenizer.decode(r).dish_id] != r for r in _rows(other, tokenizer))
        assert moved > len(dishes) / 2


def test_no_batch_is_larger_than_asked_and_only_one_is_smaller(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    sizes = sorted(len(batch.inputs) for batch in epoch_batches(dishes, tokenizer, 16, 3, 0))
    assert sizes == [8, *[16] * 7]


def test_inputs_are_the_targets_one_token_earlier(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    for batch in epoch_batches(dishes, tokenizer, 16, 3, 0):
        inputs, targets = batch.inputs, batch.targets
        assert (inputs[:, 0] == tokenizer.start).all()
        last = np.argmax(targets == tokenizer.end, axis=1)
        for row, end in enumerate(last):
            assert inputs[row, 1 : end + 1].tolist() == targets[row, :end].tolist()
            assert (inputs[row, end + 1 :] == tokenizer.pad).all()
            assert (targets[row, end + 1 :] == IGNORE).all()


def test_rows_of_like_length_stand_side_by_side(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    batches = epoch_batches(dishes, tokenizer, 16, 3, 0)
    filled = sum(int((b.targets != IGNORE).sum()) for b in batches) / sum(b.targets.size for b in batches)
    mixed = [len(tokenizer.encode(d).ids) - 1 for d in dishes]
    unsorted = sum(mixed) / sum(16 * max(mixed[i : i + 16]) for i in range(0, len(mixed), 16))
    assert filled > unsorted


def test_each_target_stands_with_its_part(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    for batch in epoch_batches(dishes, tokenizer, 16, 3, 0):
        scored = batch.targets != IGNORE
        assert tokenizer.grammar[batch.parts[scored], batch.targets[scored]].all()


def test_token_dropout_changes_about_its_share_of_the_foods_that_go_in_and_no_target(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    noisy = epoch_batches(dishes, tokenizer, 120, 3, 0, Noise(token_dropout=0.2))
    clean = epoch_batches(dishes, tokenizer, 120, 3, 0)
    assert np.array_equal(noisy[0].targets, clean[0].targets)
    hit = noisy[0].inputs != clean[0].inputs
    foods = clean[0].inputs >= tokenizer.first_food
    assert 0.15 < hit.sum() / foods.sum() < 0.25
    assert not hit[~foods].any()
    assert (noisy[0].inputs[hit] >= tokenizer.first_food).all()


def test_every_order_of_a_dish_is_as_likely_as_any_other() -> None:
    dish = Dish("main", "x", tuple(Portion(f, None) for f in ("rice", "egg", "salt")))
    rng = np.random.default_rng(0)
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(3000):
        order = tuple(draw_order(dish, rng).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert all(400 < n < 600 for n in counts.values())


def test_shuffling_leaves_the_dishes_as_sets_alone(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    encoded = encode_noisy(dishes, tokenizer, np.random.default_rng(1))
    assert [tokenizer.decode(e.ids.tolist()).dish_id for e in encoded] == [d.dish_id for d in dishes]
    assert any(not np.array_equal(e.ids, tokenizer.encode(d).ids) for e, d in zip(encoded, dishes, strict=True))


def test_a_hidden_field_is_read_as_unknown_and_carries_no_loss(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    known = [d for d in dishes if all(p.grams is not None for p in d.portions)]
    clean = epoch_batches(known, tokenizer, 16, 3, 0)
    hidden = epoch_batches(known, tokenizer, 16, 3, 0, Noise(field_masking=0.5))
    no_course = no_amounts = rows = 0
    for before, after in zip(clean, hidden, strict=True):
        for i in range(len(before.inputs)):
            rows += 1
            course, amounts = before.parts[i] == 0, (before.parts[i] == 2) & (before.targets[i] != IGNORE)
            loss = after.targets[i] != before.targets[i]
            assert set(after.targets[i][loss]) <= {IGNORE}
            if loss[course].any():
                no_course += 1
                assert after.inputs[i, 1] == tokenizer.course_id("unknown")
            else:
                assert after.inputs[i, 1] == before.inputs[i, 1]
            if loss[amounts].any():
                no_amounts += 1
                assert loss[amounts].all()
                assert (after.inputs[i, 1:][amounts[:-1]] == tokenizer.amount_ids[None]).all()
            assert not loss[~course & ~amounts].any()
    assert 0.3 < no_course / rows < 0.7 and 0.3 < no_amounts / rows < 0.7


def test_a_title_cut_anew_still_says_the_same(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    drawn = encode_noisy(dishes, tokenizer, np.random.default_rng(1), Noise(subword_sampling=1.0))
    plain = [tokenizer.encode(d) for d in dishes]
    assert [tokenizer.decode(r.ids.tolist()).title for r in drawn] == [tokenizer.decode(r.ids.tolist()).title for r in plain]
    assert sum(len(a.ids) != len(b.ids) for a, b in zip(drawn, plain, strict=True)) > len(dishes) / 4


def test_the_recipes_own_order_is_kept_when_it_is_not_to_be_drawn(dishes: list[Dish], tokenizer: DishTokenizer) -> None:
    kept = encode_noisy(dishes, tokenizer, np.random.default_rng(1), Noise(shuffle_foods=False))
    assert [r.ids.tolist() for r in kept] == [tokenizer.encode(d).ids.tolist() for d in dishes]
