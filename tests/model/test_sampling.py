"""Drawing dishes from networks that have learned nothing: the rules alone must keep them in bounds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from dish_pipeline.dietetics.facts import facts_of, items_of_dish
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile, Rule, judge
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Interval, Tri
from dish_pipeline.model.constraints import Constraint, Limits
from dish_pipeline.model.sampling import Draw, SamplingPlan, draw, weigh
from dish_pipeline.model.scoring import part_bits
from dish_pipeline.model.text import canonical
from dish_pipeline.model.titles import TitleWords
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.transformer import DishTransformer, ModelConfig
from dish_pipeline.settings import ModelShape

ONE_SERVING = Interval(1.0, 1.0, 1.0)
PLAN = SamplingPlan(temperature=1.0, min_p=0.02, batch=32)
ASKS = {
    "nothing asked": (),
    "absences": ("coeliac", "no_milk", "nut_free"),
    "vegan": ("vegan",),
    "maxima": ("low_carbohydrate", "low_salt"),
    "a minimum": ("protein",),
    "a range": ("energy",),
    "everything": ("coeliac", "no_milk", "nut_free", "low_carbohydrate", "low_salt", "protein"),
}
Make = Callable[..., Constraint]


def _model(tokenizer: DishTokenizer, shape: ModelShape, seed: int, noise: float) -> DishTransformer:
    torch.manual_seed(seed)
    found = DishTransformer(ModelConfig(tokenizer.size, shape), tokenizer.name_pieces)
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(torch.randn_like(parameter) * noise)
    return found.eval()


@pytest.fixture(scope="module")
def model(tokenizer: DishTokenizer, small_shape: ModelShape) -> DishTransformer:
    """An untrained network with strong opinions about nothing."""
    return _model(tokenizer, small_shape, 1, 0.1)


@pytest.fixture(scope="module")
def words(dishes: list[Dish], lexicon: Lexicon) -> TitleWords:
    """The title words of the made-up dishes."""
    return TitleWords(dishes, lexicon)


@pytest.fixture(scope="module")
def make(tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile]) -> Make:
    """Constraints by the names of their profiles."""

    def build(asked: tuple[str, ...] = (), course: str = "main", limits: Limits | None = None, extra: tuple[Rule, ...] = (), **more) -> Constraint:
        rules = [profiles[p] for p in asked] + ([Profile("extra", "extra", "", extra, ())] if extra else [])
        return Constraint(tokenizer, lexicon, rules, course, limits or Limits(2, 7, 700.0), **more)

    return build


def _assert_kept(dish: Dish, constraint: Constraint, asked: list[Profile], lexicon: Lexicon) -> None:
    foods = [lexicon.foods[p.food_id] for p in dish.portions]
    assert len({f.food_id for f in foods}) == len(foods)
    assert constraint.limits.fewest_foods <= len(foods) <= constraint.limits.most_foods
    assert sum(p.grams or 0 for p in dish.portions) <= constraint.limits.most_grams + 1e-9
    assert all(p.grams is not None for p in dish.portions)
    assert dish.course == constraint.course
    assert dish.title and canonical(dish) == dish
    facts = facts_of(items_of_dish(dish, lexicon), ONE_SERVING, lexicon)
    for profile in asked:
        rules = [r for r in profile.rules if r.applies(dish.course)]
        assert all(f.facts[r.key] is Tri.FREE for r in rules if r.kind == "absent" for f in foods)
        if rules:
            assert judge(facts, dish.course, profile).verdict == "pass"


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize(("seed", "noise"), [(1, 0.0), (2, 0.1), (3, 0.6)])
def test_no_draw_of_an_untrained_model_breaks_its_rules(
    tokenizer: DishTokenizer, small_shape: ModelShape, lexicon: Lexicon, profiles: dict[str, Profile], make: Make, words: TitleWords,
    ask: str, seed: int, noise: float,
) -> None:
    asked = [profiles[p] for p in ASKS[ask]]
    courses = (*COURSES, UNKNOWN_COURSE)
    asks = [make(ASKS[ask], courses[i % 7], Limits(2 + i % 3, 5 + i % 5, (250.0, 700.0)[i % 2])) for i in range(32)]
    draws = draw(_model(tokenizer, small_shape, seed, noise), tokenizer, asks, PLAN, seed, words)
    assert [d.index for d in draws] == list(range(32))
    for constraint, found in zip(asks, draws, strict=True):
        assert (found.dish is None) == bool(found.reason)
        if found.dish is not None:
            _assert_kept(found.dish, constraint, asked, lexicon)
    assert sum(d.dish is not None for d in draws) >= (16 if ask in ("nothing asked", "absences", "vegan") else 1)


def test_banned_foods_and_foods_with_unknown_facts_never_come(
    model: DishTransformer, tokenizer: DishTokenizer, lexicon: Lexicon, make: Make, words: TitleWords
) -> None:
    banned = frozenset(sorted(lexicon.foods)[::2])
    draws = draw(model, tokenizer, [make(("coeliac",), banned=banned)] * 96, PLAN, 4, words)
    used = {p.food_id for d in draws if d.dish for p in d.dish.portions}
    assert len(used) > 10
    assert not used & banned
    assert not used & {"mystery_sauce", "market_pickle", "chicken_broth"}


def test_every_allowed_food_can_come(model: DishTransformer, tokenizer: DishTokenizer, make: Make, words: TitleWords) -> None:
    draws = draw(model, tokenizer, [make()] * 160, SamplingPlan(temperature=3.0, min_p=1e-6, batch=160), 4, words)
    assert {p.food_id for d in draws if d.dish for p in d.dish.portions} == set(tokenizer.foods)


def test_required_foods_are_in_every_dish(model: DishTransformer, tokenizer: DishTokenizer, make: Make, words: TitleWords) -> None:
    draws = draw(model, tokenizer, [make(("low_carbohydrate",), required=("rice", "egg"))] * 32, PLAN, 4, words)
    dishes = [d.dish for d in draws if d.dish]
    assert dishes
    assert all([p.food_id for p in dish.portions[:2]] == ["rice", "egg"] for dish in dishes)


def test_the_same_seed_gives_the_same_draws_and_another_seed_others(
    model: DishTransformer, tokenizer: DishTokenizer, make: Make, words: TitleWords
) -> None:
    asks = [make(("coeliac",)), make(("protein",), "starter")] * 20
    first = draw(model, tokenizer, asks, PLAN, 11, words)
    assert draw(model, tokenizer, asks, PLAN, 11, words) == first
    other = draw(model, tokenizer, asks, PLAN, 12, words)
    assert all(d.seed == 11 for d in first)
    assert sum(a.dish != b.dish for a, b in zip(first, other, strict=True)) > 20


def test_draws_of_one_batch_differ_from_each_other(model: DishTransformer, tokenizer: DishTokenizer, make: Make, words: TitleWords) -> None:
    draws = draw(model, tokenizer, [make()] * 40, PLAN, 11, words)
    assert len({d.dish.dish_id for d in draws if d.dish}) > 30


def test_a_full_min_p_is_greedy_whatever_the_seed(model: DishTransformer, tokenizer: DishTokenizer, make: Make, words: TitleWords) -> None:
    greedy = replace(PLAN, min_p=1.0)
    found = [draw(model, tokenizer, [make()] * 2, greedy, seed, words) for seed in (1, 2)]
    assert all(d.dish for draws in found for d in draws)
    assert len({d.dish.portions for draws in found for d in draws if d.dish}) == 1, "only the titles are drawn"


@pytest.mark.parametrize("rule", [Rule("nutrient", "protein_g", 5000.0, None, (), ""), Rule("nutrient", "carbohydrate_g", 40.0, 41.0, (), "")])
def test_a_draw_without_a_way_on_is_given_up_with_the_reason(
    model: DishTransformer, tokenizer: DishTokenizer, make: Make, words: TitleWords, rule: Rule
) -> None:
    # 40 g at least on the lower bound and 41 g at most on the upper: figures known to 10 % leave no room between.
    draws = draw(model, tokenizer, [make(extra=(rule,))] * 8 + [make()] * 8, PLAN, 3, words)
    assert {(d.dish, d.reason) for d in draws[:8]} == {(None, "the rules leave no way to go on")}
    assert any(d.dish for d in draws[8:])


def test_a_draw_longer_than_the_context_is_given_up_with_the_reason(
    tokenizer: DishTokenizer, small_shape: ModelShape, make: Make, words: TitleWords
) -> None:
    short = _model(tokenizer, replace(small_shape, context=12), 1, 0.1)
    draws = draw(short, tokenizer, [make()] * 32, PLAN, 3, words)
    given_up = [d for d in draws if d.reason == "longer than 12 tokens"]
    assert given_up
    assert all(d.dish is None and d.tokens == 10 for d in given_up)
    assert all(d.tokens <= 10 for d in draws)


def test_a_draw_whose_title_would_run_over_the_context_is_given_up_and_the_others_are_not(
    tokenizer: DishTokenizer, small_shape: ModelShape, lexicon: Lexicon, make: Make
) -> None:
    long = TitleWords([Dish("main", "Extraordinarily Unpronounceable Kaleidoscopic")], lexicon)
    short = _model(tokenizer, replace(small_shape, context=48), 1, 0.1)
    draws = draw(short, tokenizer, [make(limits=Limits(1, 12, 700.0))] * 64, PLAN, 3, long)
    assert {d.reason for d in draws} == {"", "no title in known words fits the foods"}
    assert all(d.tokens <= 46 for d in draws)


def test_a_draw_for_which_no_title_is_proposed_is_given_up_with_the_reason(
    model: DishTransformer, tokenizer: DishTokenizer, lexicon: Lexicon, make: Make
) -> None:
    fishy = TitleWords([Dish("main", "Salmon")], lexicon)
    draws = draw(model, tokenizer, [make(banned=frozenset({"salmon"}))] * 4 + [make(required=("salmon",))] * 4, PLAN, 3, fishy)
    assert {(d.dish, d.reason) for d in draws[:4]} == {(None, "no title in known words fits the foods")}
    assert all(d.tokens >= 5 and d.bits > 0 for d in draws)
    assert {d.dish.title for d in draws[4:] if d.dish} == {"Salmon"}


def test_the_bits_of_a_draw_are_those_of_the_finished_dish_without_its_course(
    model: DishTransformer, tokenizer: DishTokenizer, make: Make, words: TitleWords
) -> None:
    found: list[Draw] = [d for d in draw(model, tokenizer, [make(("vegan",)), make()] * 16, PLAN, 3, words) if d.dish]
    rows = [tokenizer.encode(d.dish) for d in found if d.dish]
    expected = part_bits(model, rows, tokenizer)[:, 1:].sum(axis=1)
    assert len(found) > 16
    np.testing.assert_allclose([d.bits for d in found], expected, rtol=1e-4)
    assert [d.tokens for d in found] == [len(r.ids) - 2 for r in rows]


def test_no_asks_give_no_draws(model: DishTransformer, tokenizer: DishTokenizer, words: TitleWords) -> None:
    assert draw(model, tokenizer, [], PLAN, 1, words) == []


@pytest.fixture(scope="module")
def told(told_tokenizer: DishTokenizer, small_shape: ModelShape) -> DishTransformer:
    """An untrained network that can be given every form and condition."""
    return _model(told_tokenizer, small_shape, 1, 0.1)


def _told(told_tokenizer: DishTokenizer, lexicon: Lexicon, asked: list[Profile], course: str = "main", **more) -> Constraint:
    return Constraint(told_tokenizer, lexicon, asked, course, Limits(2, 7, 700.0), **more)


def test_rows_that_are_told_more_than_others_draw_what_they_would_draw_alone(
    told: DishTransformer, told_tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile], words: TitleWords
) -> None:
    asks = [
        _told(told_tokenizer, lexicon, [], title="Baked rice"), _told(told_tokenizer, lexicon, [profiles["coeliac"], profiles["low_salt"]]),
        _told(told_tokenizer, lexicon, []), _told(told_tokenizer, lexicon, [profiles["vegan"]], "dessert", title="Summer sugar and a long name"),
    ]
    greedy = replace(PLAN, min_p=1.0)
    together = [d.dish.portions if d.dish else d.reason for d in draw(told, told_tokenizer, asks, greedy, 1, words)]
    assert together == [d.dish.portions if d.dish else d.reason for a in asks for d in draw(told, told_tokenizer, [a], greedy, 1, words)]


@pytest.mark.parametrize("ask", ASKS)
def test_a_dish_drawn_to_a_title_bears_it_and_keeps_its_rules(
    told: DishTransformer, model: DishTransformer, told_tokenizer: DishTokenizer, tokenizer: DishTokenizer, lexicon: Lexicon,
    profiles: dict[str, Profile], words: TitleWords, ask: str,
) -> None:
    asked = [profiles[p] for p in ASKS[ask]]
    for network, t in ((told, told_tokenizer), (model, tokenizer)):
        constraint = Constraint(t, lexicon, asked, "main", Limits(2, 7, 700.0), title="Warm <end> surprise")
        found = [d.dish for d in draw(network, t, [constraint] * 24, PLAN, 5, words) if d.dish]
        assert found
        for dish in found:
            assert dish.title == "Warm <end> surprise"
            _assert_kept(dish, constraint, asked, lexicon)


def test_what_is_told_steers_the_draws_only_where_the_plan_says_so(
    told: DishTransformer, told_tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile], words: TitleWords
) -> None:
    asks = [_told(told_tokenizer, lexicon, [profiles["coeliac"]])] * 16
    untold = [_told(told_tokenizer, lexicon, [profiles["coeliac"]]) for _ in range(16)]
    for constraint in untold:
        constraint.conditions = []
    silent = replace(PLAN, conditions=False)
    assert draw(told, told_tokenizer, asks, silent, 3, words) == draw(told, told_tokenizer, untold, PLAN, 3, words)
    assert draw(told, told_tokenizer, asks, silent, 3, words) != draw(told, told_tokenizer, asks, PLAN, 3, words)


def test_dishes_weighed_anew_keep_foods_titles_wanted_amounts_and_rules(
    told: DishTransformer, told_tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile], words: TitleWords
) -> None:
    asked = [profiles["low_carbohydrate"], profiles["coeliac"]]
    constraint = _told(told_tokenizer, lexicon, asked, required=("rice", "egg"), grams={"egg": 50.0})
    dishes = [d.dish for d in draw(told, told_tokenizer, [constraint] * 24, PLAN, 5, words) if d.dish]
    weighed = weigh(told, told_tokenizer, dishes, [constraint] * len(dishes), replace(PLAN, batch=7), 5)
    assert weighed == weigh(told, told_tokenizer, dishes, [constraint] * len(dishes), replace(PLAN, batch=7), 5)
    for before, after in zip(dishes, weighed, strict=True):
        assert (after.title, after.course, [p.food_id for p in after.portions]) == (before.title, before.course, [p.food_id for p in before.portions])
        assert {p.food_id: p.grams for p in after.portions}["egg"] == 50.0
        _assert_kept(after, constraint, asked, lexicon)
    assert sum(a != b for a, b in zip(weighed, dishes, strict=True)) > len(dishes) / 2


def test_a_model_from_before_cannot_weigh_anew_and_says_so(
    model: DishTransformer, tokenizer: DishTokenizer, make: Make, dishes: list[Dish]
) -> None:
    with pytest.raises(ValueError, match="trained without it; train again"):
        weigh(model, tokenizer, dishes[:1], [make()], PLAN, 1)
