"""Batches: every dish once an epoch, in an order of its own, the same on every run."""

from __future__ import annotations

import numpy as np
import pytest

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import Dish, Portion
from dish_pipeline.model.batches import IGNORE, Batch, Noise, draw_order, encode_noisy, epoch_batches, pad
from dish_pipeline.model.given import AMOUNTS_LAST, TITLE_FIRST, holding
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


TASKS = Noise(title_first=0.3, amounts_last=0.2, conditions=0.5)


@pytest.fixture(scope="module")
def conditions(dishes: list[Dish], told_tokenizer: DishTokenizer, lexicon: Lexicon) -> list[list[int]]:
    """The ids of what holds of each dish."""
    return [[told_tokenizer.given_ids[name] for name in names] for names in holding(told_tokenizer.given, dishes, lexicon)]


def test_a_plan_without_forms_and_conditions_gives_the_batches_that_it_always_gave(
    dishes: list[Dish], tokenizer: DishTokenizer, told_tokenizer: DishTokenizer, conditions: list[list[int]]
) -> None:
    noise = Noise(True, 0.0, 0.3, 0.5)
    told = epoch_batches(dishes, told_tokenizer, 16, 3, 2, noise, conditions)
    shift = told_tokenizer.first_food - tokenizer.first_food
    for plain, batch in zip(epoch_batches(dishes, tokenizer, 16, 3, 2, noise), told, strict=True):
        for name in ("inputs", "targets", "parts"):
            before, after = getattr(plain, name), getattr(batch, name)
            assert np.array_equal(after, np.where(before >= tokenizer.first_food, before + shift, before))


def test_forms_come_as_often_as_asked_and_every_row_still_says_its_dish(
    dishes: list[Dish], told_tokenizer: DishTokenizer, conditions: list[list[int]]
) -> None:
    many, of_many = dishes * 5, conditions * 5
    rows = encode_noisy(many, told_tokenizer, np.random.default_rng(1), TASKS, of_many)
    assert [told_tokenizer.decode(r.ids.tolist()).dish_id for r in rows] == [d.dish_id for d in many]
    first = [int(r.ids[0]) for r in rows]
    assert 0.24 < np.mean([i == told_tokenizer.form_id(TITLE_FIRST) for i in first]) < 0.36
    assert 0.14 < np.mean([i == told_tokenizer.form_id(AMOUNTS_LAST) for i in first]) < 0.26


def test_a_row_is_told_only_what_holds_of_it_once_and_at_least_half_are_told_nothing(
    dishes: list[Dish], told_tokenizer: DishTokenizer, conditions: list[list[int]]
) -> None:
    rows = encode_noisy(dishes * 5, told_tokenizer, np.random.default_rng(1), TASKS, conditions * 5)
    names = {i: name for name, i in told_tokenizer.given_ids.items()}
    told = [[int(i) for i in r.ids[1:] if int(i) in names] for r in rows]
    assert all(set(t) <= set(true) and len(set(t)) == len(t) <= 6 for t, true in zip(told, conditions * 5, strict=True))
    assert 0.4 < np.mean([not t for t in told]) < 0.6
    said = [names[i] for t in told for i in t]
    assert 0.25 < np.mean([name.startswith("<free:") for name in said]) < 0.75


def test_nothing_that_is_given_carries_loss(dishes: list[Dish], told_tokenizer: DishTokenizer, conditions: list[list[int]]) -> None:
    t, again = told_tokenizer, 0
    for batch in epoch_batches(dishes, t, 16, 3, 0, TASKS, conditions):
        scored = batch.targets != IGNORE
        assert t.grammar[batch.parts[scored], batch.targets[scored]].all()
        assert not ((batch.targets >= t.first_given) & (batch.targets < t.first_food)).any()
        for inputs, targets in zip(batch.inputs, batch.targets, strict=True):
            foods = targets[targets >= t.first_food]
            assert len(set(foods)) == len(foods), "a food that is said again is not predicted again"
            again += int((inputs >= t.first_food).sum() - len(foods))
    assert again > 50


def test_a_row_that_another_form_would_make_too_long_stays_as_usual(
    dishes: list[Dish], told_tokenizer: DishTokenizer, conditions: list[list[int]]
) -> None:
    longest = max(len(told_tokenizer.encode(d).ids) for d in dishes)
    rows = encode_noisy(dishes, told_tokenizer, np.random.default_rng(1), Noise(amounts_last=0.9, conditions=0.9, longest=longest), conditions)
    assert max(len(r.ids) for r in rows) <= longest
    forms = {int(r.ids[0]) for r in rows}
    assert forms == {told_tokenizer.start, told_tokenizer.form_id(AMOUNTS_LAST)}
