"""What the sampler cannot mask is lost in the sift: an idea that does not pass what it was asked for is never shown."""

from __future__ import annotations

import pytest

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile
from dish_pipeline.dish import Dish, Portion
from dish_pipeline.evaluation.novelty import RealDishes
from dish_pipeline.evaluation.usability import Judge
from dish_pipeline.model.sampling import Draw


@pytest.mark.parametrize(
    ("asked", "foods", "kept"),
    [
        ("apart", {"beef": 100.0, "rice": 100.0}, True), ("apart", {"cheese": 20.0, "rice": 100.0}, True),
        ("apart", {"beef": 100.0, "cheese": 20.0, "rice": 100.0}, False), ("apart", {"beef": 100.0, "mystery_sauce": 20.0, "rice": 100.0}, False),
        ("dilute", {"salt": 1.0, "rice": 100.0}, False), ("dilute", {"salt": 1.0, "rice": 900.0}, True),
        ("dilute", {"herb_mix": 1.0, "rice": 9.0}, False),
        ("protein_rich", {"cod": 100.0, "carrot": 100.0}, True), ("protein_rich", {"sugar": 50.0, "carrot": 100.0}, False),
        ("small_sum", {"rice": 100.0, "carrot": 10.0}, True), ("small_sum", {"rice": 150.0, "carrot": 10.0}, False),
    ],
)
def test_an_idea_that_breaks_a_rule_of_any_kind_is_lost(
    asked: str, foods: dict[str, float], kept: bool, lexicon: Lexicon, profiles: dict[str, Profile]
) -> None:
    judge = Judge(lexicon, profiles, RealDishes([Dish("dessert", "Tea", (Portion("tea_leaf", 5.0),))]))
    idea = Dish("main", "A bowl", tuple(Portion(f, g) for f, g in foods.items()))
    found, funnel = judge.sift([Draw(idea, "", 1.0, 0, 0, 0)], [(asked,)])
    assert bool(found) is kept
    assert funnel.lost == ({} if kept else {f"does not pass {asked}": 1})
