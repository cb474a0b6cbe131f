"""Dishes -> batches of token ids: a fresh order of the foods at each epoch, rows of like length side by side.

What belongs here: drawing orders, noise on inputs and padding. One row is one whole dish, so nothing attends across dishes.
Every draw depends on (seed, epoch) alone, so that a resumed training sees the very same batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dish_pipeline.dish import UNKNOWN_COURSE, Dish, Portion
from dish_pipeline.model.given import AMOUNTS_LAST, START, TITLE_FIRST
from dish_pipeline.model.text import canonical
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer, Encoded, seed_sampling

IGNORE = -100
"""Target of a position that carries no loss; torch's cross-entropy skips it."""

MOST_CONDITIONS = 6
"""Conditions that a row is given at most."""


def draw_order(dish: Dish, rng: np.random.Generator) -> np.ndarray:
    """A uniformly random order of the dish's foods."""
    return rng.permutation(len(dish.portions))


SERVING_SPREAD = 0.15
"""Standard deviation of the log of a serving's size against another cook's, and (half of it) of each amount's."""


def other_amounts(dish: Dish, rng: np.random.Generator) -> Dish:
    """The dish as another cook might measure it: the serving larger or smaller as a whole, and each amount a little by itself."""
    whole = np.exp(rng.normal(0, SERVING_SPREAD))
    own = np.exp(rng.normal(0, SERVING_SPREAD / 2, len(dish.portions)))
    portions = tuple(
        Portion(p.food_id, None if p.grams is None else float(p.grams * whole * factor)) for p, factor in zip(dish.portions, own, strict=True)
    )
    return Dish(dish.course, dish.title, portions)


@dataclass(frozen=True, slots=True)
class Noise:
    """What training draws, hides or changes in a dish; see `settings.TrainingPlan`."""

    shuffle_foods: bool = True
    token_dropout: float = 0.0
    field_masking: float = 0.0
    subword_sampling: float = 0.0
    vary_amounts: float = 0.0
    title_first: float = 0.0
    amounts_last: float = 0.0
    conditions: float = 0.0
    longest: int | None = None
    """Tokens that the network can read: a row that another form or conditions would make longer stays as it is usual."""


ORDER_ONLY = Noise()


def encode_noisy(
    dishes: Sequence[Dish], tokenizer: DishTokenizer, rng: np.random.Generator, noise: Noise = ORDER_ONLY, holding: Sequence[Sequence[int]] = (),
) -> list[Encoded]:
    """Each dish with its foods in an order of its own, its title perhaps cut into other pieces, perhaps in another form and after some of
    the conditions that hold of it; `holding` has the ids of all of them, dish by dish."""
    if noise.vary_amounts:
        varied = rng.random(len(dishes)) < noise.vary_amounts
        dishes = [canonical(other_amounts(dish, rng)) if vary else dish for dish, vary in zip(dishes, varied, strict=True)]
        # What held of the amounts as they were need not hold of the new ones.
        holding = [() if vary else conditions for conditions, vary in zip(holding, varied, strict=True)] if holding else ()
    cut_anew = rng.random(len(dishes)) < noise.subword_sampling if noise.subword_sampling else np.zeros(len(dishes), dtype=bool)
    if noise.subword_sampling:
        seed_sampling(int(rng.integers(2**31)))
    orders = [draw_order(dish, rng).tolist() if noise.shuffle_foods else None for dish in dishes]
    forms, given = _draw_forms(len(dishes), noise, rng), _draw_conditions(holding, tokenizer, noise, rng)
    rows = []
    for i, (dish, order, cut) in enumerate(zip(dishes, orders, cut_anew, strict=True)):
        again = draw_order(dish, rng).tolist() if forms[i] == AMOUNTS_LAST else None
        row = tokenizer.encode(dish, order, bool(cut), forms[i], given[i] if given else (), again)
        fits = noise.longest is None or len(row.ids) <= noise.longest
        rows.append(row if fits else tokenizer.encode(dish, order, bool(cut)))
    return rows


def _draw_forms(rows: int, noise: Noise, rng: np.random.Generator) -> list[str]:
    """The form of each row. Nothing is drawn where there is but the usual one, so that other draws stay what they were."""
    if not (noise.title_first or noise.amounts_last):
        return [START] * rows
    drawn = rng.random(rows)
    return [TITLE_FIRST if x < noise.title_first else AMOUNTS_LAST if x < noise.title_first + noise.amounts_last else START for x in drawn]


def _draw_conditions(holding: Sequence[Sequence[int]], tokenizer: DishTokenizer, noise: Noise, rng: np.random.Generator) -> list[list[int]]:
    """Some of the conditions that hold of each row, in random order; none for most rows. What is absent and what lies in a band come
    alike often, though far more is absent."""
    if not (noise.conditions and holding):
        return []
    first_band = tokenizer.first_given + len(tokenizer.given.forms) + len(tokenizer.given.keys)
    found: list[list[int]] = []
    for conditions, drawn in zip(holding, rng.random(len(holding)) < noise.conditions, strict=True):
        found.append([])
        if drawn and conditions:
            ids = np.array(conditions)
            bands = ids >= first_band
            weights = np.where(bands, 1 / max(1, bands.sum()), 1 / max(1, (~bands).sum()))
            count = min(len(ids), int(rng.integers(1, MOST_CONDITIONS + 1)))
            found[-1] = rng.choice(ids, count, replace=False, p=weights / weights.sum()).tolist()
    return found


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows side by side, each array (B, T): what goes in, what should come out (IGNORE where it is given or the row has ended), and the
    part of it."""

    inputs: np.ndarray
    targets: np.ndarray
    parts: np.ndarray


def pad(rows: Sequence[Encoded], pad_id: int) -> Batch:
    """Rows of different lengths as one batch; the targets are the inputs one token later."""
    length = max(len(r.ids) for r in rows) - 1
    inputs = np.full((len(rows), length), pad_id, dtype=np.int64)
    targets = np.full((len(rows), length), IGNORE, dtype=np.int64)
    # The part of a position beyond the end is never looked at; the last part has tokens to choose from.
    parts = np.full((len(rows), length), len(PARTS) - 1, dtype=np.int64)
    for i, row in enumerate(rows):
        inputs[i, : len(row.ids) - 1] = row.ids[:-1]
        targets[i, : len(row.ids) - 1] = np.where(row.parts[1:] >= 0, row.ids[1:], IGNORE)
        parts[i, : len(row.ids) - 1] = row.parts[1:]
    return Batch(inputs, targets, parts)


def epoch_batches(
    dishes: Sequence[Dish], tokenizer: DishTokenizer, batch: int, seed: int, epoch: int, noise: Noise = ORDER_ONLY,
    holding: Sequence[Sequence[int]] = (),
) -> list[Batch]:
    """All batches of one training epoch, in random order; see `encode_noisy`."""
    rng = np.random.default_rng((seed, epoch))
    rows = encode_noisy(dishes, tokenizer, rng, noise, holding)
    # Sorting by length with a little noise keeps padding small without freezing which dishes meet.
    keys = np.array([len(r.ids) for r in rows]) + rng.uniform(0, 6, len(rows))
    by_length = np.argsort(keys, kind="stable")
    chunks = [by_length[i : i + batch] for i in range(0, len(rows), batch)]
    batches = []
    for i in rng.permutation(len(chunks)):
        made = pad([rows[j] for j in chunks[i]], tokenizer.pad)
        if noise.token_dropout:
            hit = (rng.random(made.inputs.shape) < noise.token_dropout) & (made.inputs >= tokenizer.first_food)
            made.inputs[hit] = rng.integers(tokenizer.first_food, tokenizer.size, int(hit.sum()))
        if noise.field_masking:
            _hide_fields(made, tokenizer, noise.field_masking, rng)
        batches.append(made)
    return batches


def _hide_fields(made: Batch, tokenizer: DishTokenizer, chance: float, rng: np.random.Generator) -> None:
    """Replace the course, and apart from it all amounts, of some rows by the words for not known. What is hidden carries no loss."""
    no_course, no_amounts = rng.random((2, len(made.inputs), 1)) < chance
    wanted = made.targets != IGNORE
    for field, hidden, unknown in (("course", no_course, tokenizer.course_id(UNKNOWN_COURSE)), ("amounts", no_amounts, tokenizer.amount_ids[None])):
        target = hidden & wanted & (made.parts == PARTS.index(field))
        made.targets[target] = IGNORE
        made.inputs[:, 1:][target[:, :-1]] = unknown


def described(made: Batch, tokenizer: DishTokenizer, rows: int = 2) -> str:
    """The first rows of a batch as a person reads them: each token that goes in, and the one that should come out with its part."""
    lines = []
    for inputs, targets, parts in zip(made.inputs[:rows], made.targets[:rows], made.parts[:rows], strict=True):
        for token, target, part in zip(inputs.tolist(), targets.tolist(), parts.tolist(), strict=True):
            wanted = f"{tokenizer.piece(target)}  ({PARTS[part]})" if target != IGNORE else "nothing is asked here"
            lines.append(f"{tokenizer.piece(token):>28} -> {wanted}")
        lines.append("")
    return "\n".join(lines)
