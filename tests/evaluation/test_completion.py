"""What is given of a dish stays, what is completed keeps the profiles, and a wish that cannot be kept is refused with the reason."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile, Rule
from dish_pipeline.dish import COURSES, Dish, Portion
from dish_pipeline.evaluation.completion import Wish, complete, course_shares, promised_by
from dish_pipeline.evaluation.novelty import RealDishes
from dish_pipeline.evaluation.usability import Funnel, Idea, Judge
from dish_pipeline.model.sampling import SamplingPlan
from dish_pipeline.model.scoring import part_bits
from dish_pipeline.model.text import to_grid
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.transformer import DishTransformer, ModelConfig
from dish_pipeline.settings import ModelShape

PLAN = SamplingPlan(temperature=1.0, min_p=0.02, batch=32)
Complete = Callable[..., tuple[list[Idea], Funnel]]


def _model(tokenizer: DishTokenizer, shape: ModelShape) -> DishTransformer:
    torch.manual_seed(1)
    return DishTransformer(ModelConfig(tokenizer.size, shape), tokenizer.name_pieces).eval()


@pytest.fixture(scope="module")
def known_dishes(dishes: list[Dish], lexicon: Lexicon) -> list[Dish]:
    """Training dishes of foods that the profiles can judge, so that an untrained network finishes most draws."""
    return [d for d in dishes if not d.food_ids & {"market_pickle", "mystery_sauce", "herb_mix"}]


@pytest.fixture(scope="module", params=["every form", "the usual form alone"])
def run(
    request: pytest.FixtureRequest, told_tokenizer: DishTokenizer, tokenizer: DishTokenizer, small_shape: ModelShape, lexicon: Lexicon,
    profiles: dict[str, Profile], known_dishes: list[Dish],
) -> Complete:
    """`complete` with an untrained network."""
    t = told_tokenizer if request.param == "every form" else tokenizer
    network, judge = _model(t, small_shape), Judge(lexicon, profiles, RealDishes(known_dishes))

    def run(count: int = 3, seed: int = 1, **wish) -> tuple[list[Idea], Funnel]:
        return complete(Wish(**wish), count, network, t, lexicon, profiles, known_dishes, judge, PLAN, seed)

    return run


WISHES = [
    {"title": "Baked salmon and spinach"}, {"foods": {"rice": None, "egg": 52.0}}, {"title": "Soup of the day", "foods": {"tofu": 100.0}},
    {"course": "dessert", "profiles": ("coeliac",)},
    {"title": "Rice bowl", "course": "main", "foods": {"carrot": None}, "profiles": ("vegan", "low_salt")},
    {"foods": {"rice": None, "cod": 150.0, "carrot": None}, "only": True, "profiles": ("coeliac", "no_milk")},
]


@pytest.mark.parametrize("wish", WISHES, ids=str)
def test_what_is_given_stays_and_every_need_is_passed(run: Complete, wish: dict) -> None:
    ideas, funnel = run(**wish)
    assert len(ideas) == 3 and len({i.dish.dish_id for i in ideas}) == 3
    for idea in ideas:
        held = {p.food_id: p.grams for p in idea.dish.portions}
        assert idea.dish.title == wish.get("title", idea.dish.title) != ""
        assert idea.dish.course == wish.get("course", idea.dish.course)
        for food, grams in wish.get("foods", {}).items():
            assert held[food] is not None and (grams is None or held[food] == to_grid(grams))
        assert not wish.get("only") or held.keys() == wish["foods"].keys()
        assert all(idea.verdicts[p].verdict == "pass" for p in wish.get("profiles", ()))
    assert funnel.drawn >= 16


def test_a_dish_holds_what_its_given_title_promises(run: Complete, lexicon: Lexicon) -> None:
    for idea in run(title="Warm potato and carrot")[0]:
        assert {"potato", "carrot"} <= idea.dish.food_ids


def test_the_same_seed_completes_alike_and_another_seed_otherwise(run: Complete) -> None:
    one, again, other = ([i.dish for i in run(title="Rice bowl", seed=seed)[0]] for seed in (1, 1, 2))
    assert one == again != other


@pytest.mark.parametrize(("wish", "said"), [
    ({"foods": {"bread": 30.0}, "profiles": ("coeliac",)}, "coeliac does not allow bread: it contains gluten"),
    ({"foods": {"chicken_broth": None}, "profiles": ("vegan", "no_milk")}, "vegan does not allow chicken broth: it contains animal origin"),
    ({"foods": {"chicken_broth": None}, "profiles": ("no_milk",)}, "no_milk does not allow chicken broth: whether it contains milk is not known"),
    ({"foods": {"rice": 400.0}, "profiles": ("low_carbohydrate",)}, "^the amounts asked for are more than the profiles allow$"),
    ({"foods": {"unicorn": None}}, "the model in use was trained without the food unicorn"),
    ({"title": "Cheese on rice", "profiles": ("no_milk",)}, "the title names cheese, which no_milk does not allow: it contains milk"),
    ({"only": True}, "name the foods"),
])
def test_a_wish_that_cannot_be_kept_is_refused_with_the_reason(run: Complete, wish: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        run(**wish)


def test_a_title_promises_what_dishes_with_its_words_mostly_hold(lexicon: Lexicon) -> None:
    train = [
        Dish("main", "Chicken with rice", (Portion("chicken", 100.0), Portion("rice", 50.0))),
        Dish("main", "Chicken soup", (Portion("chicken_broth", 100.0), Portion("carrot", 50.0))),
        Dish("dessert", "Milk pudding", (Portion("tofu", 100.0), Portion("sugar", 50.0))),
        Dish("dessert", "Milk rolls", (Portion("milk_chocolate", 100.0), Portion("wheat_flour", 50.0))),
        Dish("dessert", "Cheap milk", (Portion("wheat_flour", 100.0), Portion("apple", 50.0))),
    ]
    assert promised_by("Chickens, with apples", train, lexicon) == [frozenset({"chicken", "chicken_broth"}), frozenset({"apple"})]
    assert promised_by("Lemon chicken", train, lexicon, frozenset({"lemon_juice"}))[0] == frozenset({"lemon_juice"}), "a given food keeps a promise"
    assert promised_by("Milk and lemon", train, lexicon) == [], "two of three milk dishes lack it, and no training dish has lemon"


@torch.no_grad()
def test_the_course_is_drawn_as_likely_as_the_model_holds_it_with_what_is_given(
    tokenizer: DishTokenizer, told_tokenizer: DishTokenizer, small_shape: ModelShape
) -> None:
    for t in (tokenizer, told_tokenizer):
        network = _model(t, small_shape)
        logits = network(torch.tensor([[t.start]]))[0, -1, [t.course_id(c) for c in COURSES]]
        np.testing.assert_allclose(course_shares(network, t, COURSES, "", ()), logits.softmax(0), rtol=1e-4)
        foods = torch.tensor([[t.start, t.course_id(c)] for c in COURSES])
        food = network(foods)[:, -1].masked_fill(~torch.from_numpy(t.grammar[1]), -1e9).log_softmax(1)[:, t.food_tokens["rice"]]
        np.testing.assert_allclose(course_shares(network, t, COURSES, "", ("rice",)), (logits.log_softmax(0) + food).softmax(0), rtol=1e-4)
        title = part_bits(network, [t.encode(Dish(c, "Rice bowl", (Portion("rice", None),))) for c in COURSES], t)[:, 3]
        expected = (logits.log_softmax(0) + food - torch.from_numpy(title).float() * np.log(2)).softmax(0)
        np.testing.assert_allclose(course_shares(network, t, COURSES, "Rice bowl", ("rice",)), expected, rtol=1e-3)


def test_a_profile_that_judges_one_course_alone_is_completed_for_that_course(
    tokenizer: DishTokenizer, small_shape: ModelShape, lexicon: Lexicon, known_dishes: list[Dish]
) -> None:
    own = {"own": Profile("own", "own", "own", (Rule("absent", "milk", None, None, ("side",), ""),), ())}
    judge = Judge(lexicon, own, RealDishes(known_dishes))
    found, _ = complete(Wish(profiles=("own",)), 3, _model(tokenizer, small_shape), tokenizer, lexicon, own, known_dishes, judge, PLAN, 1)
    assert [i.dish.course for i in found] == ["side"] * 3
    with pytest.raises(ValueError, match="not judged by own, so nothing could pass"):
        complete(
            Wish(course="main", profiles=("own",)), 3, _model(tokenizer, small_shape), tokenizer, lexicon, own, known_dishes, judge, PLAN, 1
        )
