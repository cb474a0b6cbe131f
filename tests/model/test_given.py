"""What a model is told of a dish is true of it, and what is unknown is never told."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics.facts import Facts, facts_of, items_of_dish
from dish_pipeline.dietetics.lexicon import NUTRIENTS, Lexicon
from dish_pipeline.dietetics.profiles import Profile, Rule
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Interval, Portion, Tri
from dish_pipeline.model.given import AMOUNTS_LAST, TITLE_FIRST, Given, holding, known_of, learn
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.settings import PRESETS

ONE_SERVING = Interval(1.0, 1.0, 1.0)
PLAN = PRESETS["tiny"].training
FOODS = ("rice", "bread", "milk_chocolate", "salmon", "chicken_broth", "almond", "olive_oil", "salt", "herb_mix", "tea_leaf", "mystery_sauce",
         "market_pickle", "tofu", "spinach", "no such food")


@st.composite
def any_dish(draw: st.DrawFn) -> Dish:
    foods = draw(st.lists(st.sampled_from(FOODS), unique=True, max_size=7))
    grams = st.one_of(st.none(), st.sampled_from([0.0, 0.1, 5.0, 100.0, 333.3, 5000.0]), st.floats(0.1, 900.0))
    return Dish(draw(st.sampled_from([*COURSES, UNKNOWN_COURSE])), "Any", tuple(Portion(f, draw(grams)) for f in foods))


def _facts(dish: Dish, lexicon: Lexicon) -> Facts:
    return facts_of(items_of_dish(dish, lexicon), ONE_SERVING, lexicon)


def _ends(given_: Given, nutrient: str, band: int) -> tuple[float, float]:
    ends = (-math.inf, *given_.edges[nutrient], math.inf)
    return ends[band - 1], ends[band]


@settings(max_examples=200, deadline=None)
@given(dishes=st.lists(any_dish(), min_size=1, max_size=4))
def test_what_is_known_of_many_dishes_is_what_the_one_rule_says_of_each(lexicon: Lexicon, dishes: list[Dish]) -> None:
    known = known_of(dishes, lexicon)
    for i, facts in enumerate(_facts(d, lexicon) for d in dishes):
        assert known.worst[i].tolist() == [facts.status[key] for key in lexicon.keys]
        for j, nutrient in enumerate(NUTRIENTS):
            value = facts.nutrients[nutrient]
            assert known.lo[i, j] == pytest.approx(value.lo)
            assert known.hi[i, j] == pytest.approx(math.inf if value.hi is None else value.hi)
            assert known.mid[i, j] == pytest.approx(math.nan if value.mid is None else value.mid, nan_ok=True)


@settings(max_examples=200, deadline=None)
@given(dish=any_dish())
def test_exactly_the_conditions_that_hold_by_the_facts_are_told(told_tokenizer: DishTokenizer, lexicon: Lexicon, dish: Dish) -> None:
    can = told_tokenizer.given
    told = set(holding(can, [dish], lexicon)[0])
    facts = _facts(dish, lexicon)
    expected = {f"<free:{key}>" for key, status in facts.status.items() if status is Tri.FREE}
    for nutrient, edges in can.edges.items():
        value = facts.nutrients[nutrient]
        for band in range(1, len(edges) + 2):
            above, below = _ends(can, nutrient, band)
            if round(value.lo, 6) > above and (math.inf if value.hi is None else round(value.hi, 6)) <= below:
                expected.add(f"<{nutrient}:{band}>")
    assert told == expected
    assert told <= set(can.conditions)


def test_a_food_of_which_nothing_is_known_leaves_no_absence_to_tell(told_tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    safe, doubtful = (Dish("main", "Bowl", (Portion("rice", 100.0), *more)) for more in ((), (Portion("market_pickle", 5.0),)))
    clear, clouded = holding(told_tokenizer.given, [safe, doubtful], lexicon)
    assert "<free:milk>" in clear
    assert not [name for name in clouded if name.startswith("<free:")]
    assert holding(told_tokenizer.given, [Dish("main", "Nothing")], lexicon) == [[]]


def test_a_plan_that_gives_nothing_learns_no_token(dishes: list[Dish], lexicon: Lexicon) -> None:
    assert learn(dishes, lexicon, replace(PLAN, title_first=0.0, amounts_last=0.0, conditions=0.0)).tokens == ()
    only = learn(dishes, lexicon, replace(PLAN, title_first=0.1, amounts_last=0.0, conditions=0.0))
    assert only.tokens == (TITLE_FIRST,)
    both = learn(dishes, lexicon, replace(PLAN, title_first=0.1, amounts_last=0.1, conditions=0.0))
    assert both.tokens == (TITLE_FIRST, AMOUNTS_LAST)


def test_bands_rise_and_hold_like_many_dishes(told_tokenizer: DishTokenizer, dishes: list[Dish], lexicon: Lexicon) -> None:
    can = told_tokenizer.given
    assert set(can.edges) == {"energy_kcal", "protein_g", "carbohydrate_g", "sodium_mg"}
    for nutrient, edges in can.edges.items():
        assert list(edges) == sorted(set(edges))
        counts = can.usual[nutrient][UNKNOWN_COURSE]
        assert sum(counts) == sum(_facts(d, lexicon).nutrients[nutrient].mid is not None for d in dishes)
        assert max(counts) < 2 * min(counts)
    assert len(set(can.tokens)) == len(can.tokens)


def _profile(*rules: Rule) -> list[Profile]:
    return [Profile("own", "own", "own", rules, ())]


def _limit(nutrient: str, least: float | None, most: float | None, per: str = "serving", courses: tuple[str, ...] = ()) -> Rule:
    return Rule("nutrient", nutrient, least, most, courses, "", per)


EDGES = Given(keys=("milk", "nuts"), edges={"sodium_mg": (100.0, 200.0, 400.0, 800.0)}, usual={
    "sodium_mg": {"main": (1, 2, 3, 90, 4), "dessert": (9, 8, 1, 1, 1), UNKNOWN_COURSE: (5, 9, 9, 9, 5)},
})


@pytest.mark.parametrize(("rules", "course", "asked"), [
    ([], "main", []),
    ([_limit("sodium_mg", None, 400.0)], "main", ["<sodium_mg:3>"]),
    ([_limit("sodium_mg", None, 799.0)], "main", ["<sodium_mg:3>"]),
    ([_limit("sodium_mg", None, 800.0)], "main", ["<sodium_mg:4>"]),
    ([_limit("sodium_mg", None, 800.0)], "dessert", ["<sodium_mg:1>"]),
    ([_limit("sodium_mg", None, 800.0)], "starter", ["<sodium_mg:2>"]),
    ([_limit("sodium_mg", None, 99.0)], "main", []),
    ([_limit("sodium_mg", 300.0, None)], "dessert", ["<sodium_mg:4>"]),
    ([_limit("sodium_mg", 100.0, 500.0)], "dessert", ["<sodium_mg:2>"]),
    ([_limit("sodium_mg", 850.0, None)], "main", []),
    ([_limit("sodium_mg", None, 800.0), _limit("sodium_mg", None, 250.0)], "main", ["<sodium_mg:2>"]),
    ([_limit("sodium_mg", None, 400.0, "100 g"), _limit("sodium_mg + potassium_mg", None, 400.0)], "main", []),
    ([_limit("sodium_mg", None, 400.0, courses=("side",))], "main", []),
    ([Rule("absent", "nuts", None, None, (), ""), Rule("absent", "nuts", None, None, (), "")], "main", ["<free:nuts>"]),
    ([Rule("absent", "no such key", None, None, (), ""), Rule("together", "milk + nuts", None, None, (), "")], "main", []),
])
def test_a_profile_of_ones_own_becomes_conditions_that_lie_within_it(rules: list[Rule], course: str, asked: list[str]) -> None:
    assert EDGES.asked(_profile(*rules), course) == asked


@given(least=st.none() | st.floats(0, 1000), most=st.none() | st.floats(0, 1000), course=st.sampled_from(["main", "dessert", "snack"]))
def test_a_band_that_is_asked_never_reaches_beyond_the_limit(least: float | None, most: float | None, course: str) -> None:
    for name in EDGES.asked(_profile(_limit("sodium_mg", least, most)), course):
        above, below = _ends(EDGES, "sodium_mg", int(name[-2]))
        assert below <= (math.inf if most is None else most)
        assert above >= (least or -math.inf)


def test_what_can_be_given_is_read_back_as_it_was_written(told_tokenizer: DishTokenizer, tokenizer: DishTokenizer, tmp_path: Path) -> None:
    told_tokenizer.save(tmp_path)
    again = DishTokenizer.load(tmp_path)
    assert again.given == told_tokenizer.given
    assert (again.given_ids, again.food_tokens, again.size) == (told_tokenizer.given_ids, told_tokenizer.food_tokens, told_tokenizer.size)
    old = tmp_path / "old"
    old.mkdir()
    tokenizer.save(old)
    assert sorted(p.name for p in old.iterdir()) == ["foods.json", "tokenizer.model"], "as it was before anything could be given"
    assert DishTokenizer.load(old).given == Given()
