"""What may be sampled: whatever path is taken through the allowed tokens, the dish keeps the rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics.facts import facts_of, items_of_dish
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile, Rule, amount, judge
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Interval, Portion, Tri
from dish_pipeline.model.constraints import Constraint, Limits, State, Weighing
from dish_pipeline.model.text import GRID
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer

ONE_SERVING = Interval(1.0, 1.0, 1.0)
PROFILES = (
    "coeliac", "no_milk", "vegan", "nut_free", "low_carbohydrate", "low_salt", "protein", "energy", "dilute", "light", "protein_rich", "starchy",
    "small_sum",
)


@dataclass(frozen=True)
class Ask:
    """Everything that a constraint is built from, with profiles by name."""

    profiles: tuple[str, ...]
    course: str
    limits: Limits
    banned: frozenset[str]
    required: tuple[str, ...]


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    fewest = draw(st.integers(1, 5))
    return Ask(
        profiles=tuple(draw(st.lists(st.sampled_from(PROFILES), unique=True, max_size=4))),
        course=draw(st.sampled_from([*COURSES, UNKNOWN_COURSE])),
        limits=Limits(fewest, fewest + draw(st.integers(0, 6)), draw(st.sampled_from([60.0, 300.0, 900.0]))),
        banned=draw(st.frozensets(st.sampled_from(["rice", "tofu", "salt", "egg_white", "lemon_juice", "cod"]), max_size=3)),
        required=tuple(draw(st.lists(st.sampled_from(["rice", "rice_flour", "carrot", "egg", "chickpea"]), unique=True, max_size=2))),
    )


def _constraint(ask: Ask, tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile]) -> Constraint | None:
    """The constraint of the ask, or None when it says itself that it cannot be kept."""
    try:
        return Constraint(tokenizer, lexicon, [profiles[p] for p in ask.profiles], ask.course, ask.limits, ask.banned, ask.required)
    except ValueError:
        return None


def _walk(constraint: Constraint, tokenizer: DishTokenizer, rng: np.random.Generator) -> Dish | None:
    """A dish by a blind choice among the allowed tokens, with a title that says nothing; None at a dead end."""
    state, ids = State(constraint), [tokenizer.start, tokenizer.course_id(constraint.course)]
    while not state.finished:
        allowed = state.allowed()
        if len(allowed) == 0:
            assert state.phase == "foods", "a dead end between a food and its amount"
            return None
        token = int(rng.choice(allowed))
        state.push(token)
        ids.append(token)
    return tokenizer.decode([*ids, int(tokenizer.word_ids[0]), tokenizer.end])


def _assert_kept(dish: Dish, ask: Ask, lexicon: Lexicon, profiles: dict[str, Profile]) -> None:
    """Proves the dish by the facts' own arithmetic, which shares nothing with the constraint's."""
    foods = [lexicon.foods[p.food_id] for p in dish.portions]
    assert len(dish.food_ids) == len(foods)
    assert ask.limits.fewest_foods <= len(foods) <= ask.limits.most_foods
    assert all(p.grams in GRID for p in dish.portions)
    assert sum(p.grams or 0 for p in dish.portions) <= ask.limits.most_grams + 1e-9
    assert not dish.food_ids & ask.banned
    assert [p.food_id for p in dish.portions[: len(ask.required)]] == list(ask.required)
    assert dish.course == ask.course
    facts = facts_of(items_of_dish(dish, lexicon), ONE_SERVING, lexicon)
    for name in ask.profiles:
        rules = [r for r in profiles[name].rules if r.applies(ask.course)]
        assert all(food.facts[r.key] is Tri.FREE for r in rules if r.kind == "absent" for food in foods)
        for rule in (r for r in rules if r.kind == "nutrient"):
            lo, hi = amount(facts, rule)
            assert rule.at_most is None or (hi is not None and hi <= rule.at_most + 1e-9)
            assert rule.at_least is None or lo >= rule.at_least - 1e-9
        if rules:
            assert judge(facts, ask.course, profiles[name]).verdict == "pass"


@settings(max_examples=300, deadline=None)
@given(ask=asks(), seed=st.integers(0, 2**32))
def test_no_path_through_the_allowed_tokens_breaks_a_rule(
    tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile], ask: Ask, seed: int
) -> None:
    constraint = _constraint(ask, tokenizer, lexicon, profiles)
    if constraint is not None:
        dish = _walk(constraint, tokenizer, np.random.default_rng(seed))
        if dish is not None:
            _assert_kept(dish, ask, lexicon, profiles)


def test_most_paths_of_a_satisfiable_ask_end_in_a_dish(
    tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile]
) -> None:
    ask = Ask(("coeliac", "no_milk", "low_carbohydrate"), "main", Limits(2, 4, 900.0), frozenset({"rice"}), ())
    constraint = _constraint(ask, tokenizer, lexicon, profiles)
    assert constraint is not None
    found = [_walk(constraint, tokenizer, np.random.default_rng(seed)) for seed in range(100)]
    kept = [dish for dish in found if dish is not None]
    assert len(kept) > 50
    for dish in kept:
        _assert_kept(dish, ask, lexicon, profiles)


@settings(max_examples=60, deadline=None)
@given(ask=asks(), seed=st.integers(0, 2**32))
def test_whatever_is_not_allowed_is_refused(
    tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile], ask: Ask, seed: int
) -> None:
    constraint = _constraint(ask, tokenizer, lexicon, profiles)
    if constraint is None:
        return
    rng, state = np.random.default_rng(seed), State(constraint)
    while not state.finished and len(allowed := state.allowed()):
        for token in rng.choice(tokenizer.size, 8).tolist():
            if token not in allowed:
                with pytest.raises(ValueError, match=f"token {token} cannot come here"):
                    state.push(token)
        state.push(int(rng.choice(allowed)))


def _push(state: State, *tokens: int) -> None:
    for token in tokens:
        state.push(token)


def _free(tokenizer: DishTokenizer, lexicon: Lexicon, rules: list[Rule] | None = None, course: str = "main", **more) -> Constraint:
    made_up = [Profile("made_up", "made up", "", tuple(rules or ()), ())]
    more.setdefault("limits", Limits(1, 5, 900.0))
    return Constraint(tokenizer, lexicon, made_up, course, **more)


def _allowed_foods(constraint: Constraint) -> set[str]:
    return {f for f, ok in zip(constraint.tokenizer.food_ids, constraint.allowed, strict=True) if ok}


def test_a_food_with_an_unknown_fact_is_as_forbidden_as_one_that_contains(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    found = _allowed_foods(_free(tokenizer, lexicon, [Rule("absent", "gluten", None, None, (), "")]))
    assert found == {f.food_id for f in lexicon.foods.values() if f.facts["gluten"] is Tri.FREE}
    assert not found & {"wheat_flour", "chicken_broth", "mystery_sauce", "market_pickle"}
    assert {"rice", "herb_mix"} <= found


def test_a_food_without_a_known_upper_bound_is_forbidden_under_a_maximum(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    found = _allowed_foods(_free(tokenizer, lexicon, [Rule("nutrient", "sodium_mg", None, 500.0, (), "")]))
    assert not found & {"herb_mix", "market_pickle", "tea_leaf", "chicken_broth"}
    assert {"salt", "mystery_sauce"} <= found


def test_a_food_without_composition_is_allowed_under_a_minimum_but_adds_nothing_to_it(
    tokenizer: DishTokenizer, lexicon: Lexicon
) -> None:
    constraint = _free(tokenizer, lexicon, [Rule("nutrient", "protein_g", 5.0, None, (), "")])
    state = State(constraint)
    _push(state, tokenizer.food_tokens["herb_mix"], tokenizer.amount_ids[100.0])
    assert tokenizer.title not in state.allowed()
    _push(state, tokenizer.food_tokens["tofu"], tokenizer.amount_ids[65.0])
    assert tokenizer.title not in state.allowed(), "8 g per 100 g are at least 7.2 g, so 65 g hold 4.68 g"
    _push(state, tokenizer.food_tokens["rice"], tokenizer.amount_ids[14.0])
    assert tokenizer.title in state.allowed()


def test_an_amount_that_could_break_a_maximum_is_masked_by_its_upper_bound(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    constraint = _free(tokenizer, lexicon, [Rule("nutrient", "carbohydrate_g", None, 30.8, (), "")])
    state = State(constraint)
    _push(state, tokenizer.food_tokens["rice"])
    amounts = {g for g in GRID if tokenizer.amount_ids[g] in state.allowed()}
    assert amounts == {g for g in GRID if g <= 100.0}, "28 g per 100 g may be 30.8 g"
    state.push(tokenizer.amount_ids[90.0])
    _push(state, tokenizer.food_tokens["rice_flour"])
    assert {g for g in GRID if tokenizer.amount_ids[g] in state.allowed()} == {0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 2.5, 3.0}


def test_the_strictest_of_several_bounds_holds(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    rules = [Rule("nutrient", "protein_g", a, b, (), "") for a, b in ((5.0, 40.0), (9.0, None), (None, 30.0))]
    constraint = _free(tokenizer, lexicon, rules)
    assert (constraint.minima, constraint.maxima) == ({"protein_g": 9.0}, {"protein_g": 30.0})


@pytest.mark.parametrize(("course", "bound"), [("main", True), ("dessert", False), (UNKNOWN_COURSE, True)])
def test_a_rule_binds_its_courses_and_the_unknown_one(
    tokenizer: DishTokenizer, lexicon: Lexicon, course: str, bound: bool
) -> None:
    rules = [Rule("absent", "milk", None, None, ("main",), ""), Rule("nutrient", "sodium_mg", None, 9.0, ("main",), "")]
    constraint = _free(tokenizer, lexicon, rules, course)
    assert ("butter" not in _allowed_foods(constraint)) is bound
    assert bool(constraint.maxima) is bound


def test_a_used_food_cannot_be_taken_again(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    state = State(_free(tokenizer, lexicon))
    _push(state, tokenizer.food_tokens["rice"], tokenizer.amount_ids[10.0])
    allowed = state.allowed().tolist()
    assert tokenizer.food_tokens["rice"] not in allowed
    assert tokenizer.food_tokens["rice_flour"] in allowed


def test_after_a_food_comes_its_amount_and_the_part_of_each_token_is_known(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    state = State(_free(tokenizer, lexicon))
    seen = []
    for token in (tokenizer.food_tokens["rice"], tokenizer.amount_ids[10.0], tokenizer.title):
        assert tokenizer.grammar[state.part, state.allowed()].all()
        seen.append(PARTS[state.part])
        state.push(token)
    assert [*seen, PARTS[state.part]] == ["foods", "amounts", "foods", "title"]


def test_foods_that_only_the_tokenizer_or_only_the_lexicon_knows_are_never_used(
    tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile]
) -> None:
    gone = Lexicon({k: f for k, f in lexicon.foods.items() if k != "rice"}, lexicon.keys, lexicon.neutral_words, "made up")
    young = DishTokenizer(tokenizer.model, {k: n for k, n in tokenizer.foods.items() if k != "egg"})
    for asked in ([], ["coeliac"], ["low_carbohydrate"], ["protein"]):
        constraint = Constraint(young, gone, [profiles[p] for p in asked], "main", Limits(1, 5))
        assert not _allowed_foods(constraint) & {"rice", "egg"}
        assert {"tofu", "spinach"} <= _allowed_foods(constraint)


def test_required_foods_come_first_and_the_title_waits_for_them(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    state = State(_free(tokenizer, lexicon, required=("egg", "rice")))
    assert state.allowed().tolist() == [tokenizer.food_tokens["egg"]]
    _push(state, tokenizer.food_tokens["egg"], tokenizer.amount_ids[50.0])
    assert state.allowed().tolist() == [tokenizer.food_tokens["rice"]]
    _push(state, tokenizer.food_tokens["rice"], tokenizer.amount_ids[50.0])
    assert tokenizer.title in state.allowed()


def test_a_required_food_that_may_not_be_used_is_refused_with_its_name(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    with pytest.raises(ValueError, match="bread is asked for, but the profiles do not allow it"):
        _free(tokenizer, lexicon, [Rule("absent", "gluten", None, None, (), "")], required=("rice", "bread"))
    with pytest.raises(ValueError, match="rice is asked for"):
        _free(tokenizer, lexicon, banned=frozenset({"rice"}), required=("rice",))
    with pytest.raises(ValueError, match="unicorn is asked for, but the model has no such food"):
        _free(tokenizer, lexicon, required=("unicorn",))


def test_profiles_that_allow_no_food_at_all_are_refused(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    with pytest.raises(ValueError, match="no food of the lexicon is allowed by made_up"):
        _free(tokenizer, lexicon, banned=frozenset(lexicon.foods))


def test_a_minimum_out_of_reach_is_a_dead_end_and_not_a_dish(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    constraint = _free(tokenizer, lexicon, [Rule("nutrient", "protein_g", 5000.0, None, (), "")])
    assert [_walk(constraint, tokenizer, np.random.default_rng(seed)) for seed in range(20)] == [None] * 20


def test_more_foods_than_the_rules_leave_are_a_dead_end(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    few = frozenset(lexicon.foods) - {"rice", "rice_flour", "egg"}
    constraint = _free(tokenizer, lexicon, banned=few, limits=Limits(4, 6, 900.0))
    assert [_walk(constraint, tokenizer, np.random.default_rng(seed)) for seed in range(20)] == [None] * 20


def test_the_foods_are_finished_with_the_sign_of_the_title_and_not_before(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    state = State(_free(tokenizer, lexicon))
    assert tokenizer.title not in state.allowed(), "a dish has a food"
    for token in (tokenizer.food_tokens["rice"], tokenizer.amount_ids[50.0], tokenizer.title):
        assert not state.finished
        state.push(token)
    assert state.finished
    assert len(state.allowed()) == 0
    for token in (int(tokenizer.word_ids[0]), tokenizer.end, tokenizer.title, tokenizer.food_tokens["egg"]):
        with pytest.raises(ValueError, match=f"token {token} cannot come here"):
            state.push(token)


@pytest.mark.parametrize("asked", ["dilute", "light", "protein_rich", "starchy", "small_sum"])
def test_a_share_or_a_sum_can_be_kept_and_holds_in_the_dish(
    tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile], asked: str
) -> None:
    ask = Ask((asked,), "main", Limits(2, 6, 900.0), frozenset(), ())
    constraint = _constraint(ask, tokenizer, lexicon, profiles)
    assert constraint is not None
    kept = [dish for dish in (_walk(constraint, tokenizer, np.random.default_rng(seed)) for seed in range(60)) if dish is not None]
    assert len(kept) > 10
    for dish in kept:
        _assert_kept(dish, ask, lexicon, profiles)


def test_a_food_whose_missing_figure_could_tip_a_share_is_forbidden(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    most = _free(tokenizer, lexicon, [Rule("nutrient", "sodium_mg", None, 500.0, (), "x", "100 g")])
    least = _free(tokenizer, lexicon, [Rule("nutrient", "protein_g", 5.0, None, (), "x", "percent of energy")])
    assert not {"herb_mix", "tea_leaf", "chicken_broth"} & _allowed_foods(most)
    assert "tea_leaf" in _allowed_foods(least), "protein that is not known counts as none, its energy is known"
    assert "herb_mix" not in _allowed_foods(least), "energy that is not known could be any"
    assert {"rice", "salt"} <= _allowed_foods(most) & _allowed_foods(least)


def test_a_dish_of_no_energy_reaches_no_share_of_it(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    state = State(_free(tokenizer, lexicon, [Rule("nutrient", "protein_g", 5.0, None, (), "x", "percent of energy")], limits=Limits(1, 3, 900.0)))
    _push(state, tokenizer.food_tokens["salt"], tokenizer.amount_ids[5])
    assert tokenizer.title not in state.allowed()
    _push(state, tokenizer.food_tokens["tofu"], tokenizer.amount_ids[50])
    assert tokenizer.title in state.allowed()


def test_things_that_may_not_come_together_are_left_to_the_sift(tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile]) -> None:
    assert _allowed_foods(_free(tokenizer, lexicon, list(profiles["apart"].rules))) == _allowed_foods(_free(tokenizer, lexicon))


def test_amounts_that_are_asked_for_are_the_only_ones_allowed_and_lie_on_the_grid(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    state = State(_free(tokenizer, lexicon, required=("egg", "rice"), grams={"egg": 52.0}))
    _push(state, tokenizer.food_tokens["egg"])
    assert state.allowed().tolist() == [tokenizer.amount_ids[50.0]]
    _push(state, tokenizer.amount_ids[50.0], tokenizer.food_tokens["rice"])
    assert len(state.allowed()) > 1


def test_amounts_beyond_a_maximum_are_refused_at_once(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    rules = [Rule("nutrient", "carbohydrate_g", None, 30.0, (), "")]
    for grams in ({"rice": 120.0}, {"rice": 90.0, "carrot": 60.0}):
        with pytest.raises(ValueError, match="the amounts asked for are more than the profiles allow"):
            _free(tokenizer, lexicon, rules, required=tuple(grams), grams=grams)
    assert _free(tokenizer, lexicon, rules, required=("rice",), grams={"rice": 90.0}).grams


def test_of_each_promised_set_one_food_comes_unless_none_is_allowed(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    sets = [frozenset({"rice", "rice_flour"}), frozenset({"bread", "pasta"}), frozenset({"no such food"})]
    rules = [Rule("absent", "gluten", None, None, (), "")]
    state = State(_free(tokenizer, lexicon, rules, required=("egg",), one_of=sets))
    assert state.allowed().tolist() == [tokenizer.food_tokens["egg"]]
    _push(state, tokenizer.food_tokens["egg"], tokenizer.amount_ids[50.0])
    assert set(state.allowed().tolist()) == {tokenizer.food_tokens["rice"], tokenizer.food_tokens["rice_flour"]}
    _push(state, tokenizer.food_tokens["rice_flour"], tokenizer.amount_ids[50.0])
    assert {tokenizer.title, tokenizer.food_tokens["rice"]} <= set(state.allowed().tolist())
    kept = State(_free(tokenizer, lexicon, required=("rice",), one_of=sets[:1]))
    _push(kept, tokenizer.food_tokens["rice"], tokenizer.amount_ids[50.0])
    assert tokenizer.title in kept.allowed(), "a required food keeps the promise"


@settings(max_examples=200, deadline=None)
@given(ask=asks(), seed=st.integers(0, 2**32))
def test_foods_that_are_weighed_anew_keep_every_rule_and_wanted_amount(
    told_tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile], ask: Ask, seed: int
) -> None:
    constraint = _constraint(ask, told_tokenizer, lexicon, profiles)
    rng = np.random.default_rng(seed)
    dish = None if constraint is None else _walk(constraint, told_tokenizer, rng)
    if constraint is None or dish is None:
        return
    wanted = {p.food_id: p.grams for p in dish.portions[:1] if p.grams}
    asked = [profiles[p] for p in ask.profiles]
    told = Constraint(told_tokenizer, lexicon, asked, ask.course, ask.limits, ask.banned, ask.required, wanted)
    row = told_tokenizer.encode(dish, form="<start:amounts>").ids.tolist()
    state = Weighing(told, dish)
    ids = [*row[: len(row) - 2 * len(dish.portions)], *state.given()]
    while not state.finished:
        allowed = state.allowed()
        if len(allowed) == 0:
            return
        assert told_tokenizer.grammar[state.part, allowed].all()
        token = int(rng.choice(allowed))
        state.push(token)
        ids += [token, *state.given()]
    weighed = told_tokenizer.decode(ids)
    assert weighed.title == dish.title
    _assert_kept(weighed, ask, lexicon, profiles)
    assert wanted.items() <= {p.food_id: p.grams for p in weighed.portions}.items()


def test_weighing_anew_mostly_finds_amounts_and_refuses_what_is_not_allowed(told_tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    rules = [Rule("nutrient", "carbohydrate_g", None, 40.0, (), ""), Rule("nutrient", "protein_g", 8.0, None, (), "")]
    constraint = _free(told_tokenizer, lexicon, rules)
    dish = Dish("main", "Bowl", tuple(Portion(f, None) for f in ("rice", "cod", "carrot")))
    found = 0
    for seed in range(40):
        state, rng = Weighing(constraint, dish), np.random.default_rng(seed)
        with pytest.raises(ValueError, match="cannot come here"):
            state.push(told_tokenizer.title)
        while not state.finished and len(state.allowed()):
            state.push(int(rng.choice(state.allowed())))
        found += state.finished
    assert found > 20


def test_a_constraint_tells_the_conditions_of_its_profiles(
    told_tokenizer: DishTokenizer, tokenizer: DishTokenizer, lexicon: Lexicon, profiles: dict[str, Profile]
) -> None:
    told = Constraint(told_tokenizer, lexicon, [profiles["coeliac"], profiles["low_salt"]], "main", Limits())
    names = [told_tokenizer.piece(i) for i in told.conditions]
    assert names[0] == "<free:gluten>"
    assert [n.partition(":")[0] for n in names[1:]] == ["<sodium_mg"]
    assert Constraint(tokenizer, lexicon, [profiles["coeliac"]], "main", Limits()).conditions == []
