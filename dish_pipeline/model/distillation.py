"""Several models teach one: an ensemble's gain at the size of a single model.

What belongs here: training the teachers, one after the other and each resumable, then the learner. How a teacher's prediction enters the
loss stands in `grammar.py`. Hinton, Vinyals and Dean 2015, arXiv:1503.02531.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from dish_pipeline.dish import Dish
from dish_pipeline.model import transformer
from dish_pipeline.model.features import Features
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.training import Outcome, train
from dish_pipeline.model.transformer import DishTransformer
from dish_pipeline.settings import ModelShape, TrainingPlan


def train_taught(
    train_dishes: Sequence[Dish],
    valid_dishes: Sequence[Dish],
    tokenizer: DishTokenizer,
    shape: ModelShape,
    plan: TrainingPlan,
    seed: int,
    work: Path,
    on_progress: Callable[[str, dict[str, Any], int], None] = lambda who, record, total: None,
    features: Features | None = None,
    holding: Sequence[Sequence[int]] = (),
) -> Outcome:
    """Train `plan.teachers` models of other seeds in folders of `work`, then the learner in `work` itself; without teachers just that.

    A training that was interrupted goes on where it stopped: a finished teacher is read back. `on_progress` also gets who is trained.
    The teachers share one half of the plan's time limit, the learner has the other. Raises what `training.train` raises.
    """
    if not plan.teachers:
        return train(train_dishes, valid_dishes, tokenizer, shape, plan, seed, work, partial(on_progress, "the model"),
                     features=features, holding=holding)
    half = plan.max_seconds / 2
    schooling = replace(plan, epochs=plan.teacher_epochs, max_seconds=half / plan.teachers)
    teachers: list[DishTransformer] = []
    for number in range(1, plan.teachers + 1):
        who = f"teacher {number} of {plan.teachers}"
        folder = work / f"teacher_{number}"
        # The configuration is written last.
        if not (folder / "config.json").is_file():
            outcome = train(
                train_dishes, valid_dishes, tokenizer, shape, schooling, 1000 * seed + number, folder,
                partial(on_progress, who), features=features, holding=holding,
            )
            transformer.save(outcome.model, folder)
        teachers.append(transformer.load(folder))
    return train(
        train_dishes, valid_dishes, tokenizer, shape, replace(plan, max_seconds=half), seed, work, partial(on_progress, "the model"),
        features=features, teachers=teachers, holding=holding,
    )
