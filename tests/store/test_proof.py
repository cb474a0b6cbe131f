"""The one rule twice: what the pipeline judges in Python is what SQL proves from the stored rows, for whatever foods, dishes and profiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics import profile_files
from dish_pipeline.dietetics.facts import facts_of, items_of_dish
from dish_pipeline.dietetics.lexicon import Food, Key, Lexicon
from dish_pipeline.dietetics.profiles import ABSENT, JOINED, KCAL_PER_GRAM, NUTRIENT, PER, TOGETHER, Profile, Rule, amount, judge_all
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Interval, Portion, Tri
from dish_pipeline.settings import Settings
from dish_pipeline.store import candidates as store

KEYS = ("milk", "meat", "egg", "pork", "alcohol")
FIGURES = ("energy_kcal", "fat_g", "sat_fat_g", "sugars_g", "protein_g", "sodium_mg", "carbohydrate_g")
ONE = Interval(1.0, 1.0, 1.0)
NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class World:
    """Foods, dishes and profiles that somebody drew."""

    lexicon: Lexicon
    dishes: Sequence[Dish]
    profiles: dict[str, Profile]


def verdicts_of(world: World) -> dict[tuple[str, str], str]:
    """(dish id, profile) -> what Python says."""
    found = {}
    for dish in world.dishes:
        facts = facts_of(items_of_dish(dish, world.lexicon), ONE, world.lexicon)
        found |= {(dish.dish_id, p): v.verdict for p, v in judge_all(facts, dish.course, world.profiles.values()).items()}
    return found


def frames_of(world: World, verdicts: dict[tuple[str, str], str]) -> dict[str, pd.DataFrame]:
    frames = store.lexicon_frames(world.lexicon, world.profiles)
    frames["ideas"] = pd.DataFrame([(d.dish_id, "generated", d.course, d.title, []) for d in world.dishes],
                                   columns=["idea_id", "origin", "course", "title", "asked"])
    frames["idea_foods"] = pd.DataFrame(
        [(d.dish_id, n, p.food_id, p.food_id, p.grams) for d in world.dishes for n, p in enumerate(d.portions)],
        columns=["idea_id", "n", "food_id", "name", "grams"],
    )
    frames["idea_verdicts"] = pd.DataFrame([(d, p, v, []) for (d, p), v in verdicts.items()],
                                           columns=["idea_id", "profile", "verdict", "open_points"])
    return frames


def proved(world: World, verdicts: dict[tuple[str, str], str]) -> tuple[dict[tuple[str, str], str], list[tuple]]:
    """(dish id, profile) -> what SQL says, and where that differs from `verdicts`."""
    with duckdb.connect() as connection:
        store.build(connection, frames_of(world, verdicts), {})
        rows = connection.execute("SELECT idea_id, profile, verdict FROM proved_verdicts").fetchall()
        assert len(rows) == len(world.dishes) * len(world.profiles)
        return {(idea, profile): verdict for idea, profile, verdict in rows}, store.disagreements(connection)


def assert_agreed(world: World) -> dict[tuple[str, str], str]:
    said = verdicts_of(world)
    shown, differing = proved(world, said)
    assert shown == said
    assert not differing
    return said


def food(name: str, facts: dict[str, Tri], composition: dict[str, Interval], refuse_hi: float = 0.0) -> Food:
    return Food(name, name, "made up", (), facts, composition, "", None, {}, "made up", "made up", refuse_hi=refuse_hi)


def lexicon(foods: Sequence[Food]) -> Lexicon:
    keys = {k: Key(k, "allergen" if k != "alcohol" else "flag", k, True, True, "") for k in KEYS}
    return Lexicon({f.food_id: f for f in foods}, keys, frozenset(), "made up")


# What is drawn: figures with few decimals, so that sums meet limits exactly and often.
figures = st.one_of(st.just(0.0), st.integers(0, 400).map(lambda x: x / 8), st.sampled_from([9.0, 4.0, 100.0, 900.0]))
widths = st.one_of(st.none(), st.just(0.0), st.integers(0, 80).map(lambda x: x / 8))
intervals = st.tuples(figures, widths).map(lambda t: Interval(t[0], None, None if t[1] is None else t[0] + t[1]))
compositions = st.dictionaries(st.sampled_from(FIGURES), intervals)
fact_rows = st.fixed_dictionaries({k: st.sampled_from([Tri.FREE, Tri.FREE, Tri.FREE, Tri.UNKNOWN, Tri.CONTAINS]) for k in KEYS})
grams = st.one_of(st.integers(1, 60).map(lambda x: 5.0 * x), st.sampled_from([None, 0.0, -5.0, NAN, INF, 0.1, 100.0]))
refuse = st.sampled_from([0.0, 0.0, 0.25, 0.6, 0.9])
courses = st.sampled_from([*COURSES, UNKNOWN_COURSE, "brunch"])
rule_courses = st.one_of(st.just(()), st.lists(st.sampled_from(COURSES), min_size=1, unique=True).map(tuple))
at_most = st.one_of(st.none(), st.integers(0, 120).map(lambda x: x / 4), st.sampled_from([0.0, 100.0, 500.0]))
at_least = at_most.map(lambda bound: bound or None)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    kind = draw(st.sampled_from([ABSENT, TOGETHER, NUTRIENT, NUTRIENT, NUTRIENT]))
    applies = draw(rule_courses)
    if kind == ABSENT:
        return Rule(kind, draw(st.sampled_from(KEYS)), None, None, applies, "made up")
    if kind == TOGETHER:
        parts = draw(st.lists(st.sampled_from(KEYS), min_size=2, max_size=3, unique=True))
        return Rule(kind, JOINED.join(parts), None, None, applies, "made up")
    per = draw(st.sampled_from(PER))
    # One without a factor as well: the loader refuses it, and neither side may pass it.
    known = [*KCAL_PER_GRAM, "carbohydrate_g"] if per == "percent of energy" else FIGURES
    parts = draw(st.lists(st.sampled_from([f for f in known if f in FIGURES]), min_size=1, max_size=2, unique=True))
    return Rule(kind, JOINED.join(parts), draw(at_least), draw(at_most), applies, "made up", per)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    foods = [food(f"f{i}", draw(fact_rows), draw(compositions), draw(refuse)) for i in range(draw(st.integers(1, 5)))]
    portions = st.builds(Portion, st.sampled_from([*(f.food_id for f in foods), "unobtainium"]), grams)
    dishes = draw(st.lists(st.tuples(courses, st.lists(portions, max_size=4)), min_size=1, max_size=8))
    profiles = [Profile(f"p{i}", "x", "x", tuple(found), ("x",)) for i, found in enumerate(draw(st.lists(st.lists(rules(), max_size=3), max_size=8)))]
    made = [Dish(course, f"dish {i}", tuple(held)) for i, (course, held) in enumerate(dishes)]
    world = World(lexicon(foods), made, {p.profile: p for p in profiles})
    return on_the_edge(world) if draw(st.booleans()) else world


def on_the_edge(world: World) -> World:
    """The same with limits moved to amounts that a dish has: an equal amount is where two sums part ways first."""
    known = [facts_of(items_of_dish(d, world.lexicon), ONE, world.lexicon) for d in world.dishes]
    profiles = {}
    for number, profile in enumerate(world.profiles.values()):
        moved = []
        for rule in profile.rules:
            if rule.kind == NUTRIENT:
                lo, hi = amount(known[number % len(known)], rule)
                least = None if rule.at_least is None else round(lo, 6) or None
                most = None if rule.at_most is None or hi is None else round(hi, 6)
                rule = Rule(rule.kind, rule.key, least, most, rule.courses, rule.source, rule.per)
            moved.append(rule)
        profiles[profile.profile] = Profile(profile.profile, "x", "x", tuple(moved), ("x",))
    return World(world.lexicon, world.dishes, profiles)


@given(worlds())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_python_and_sql_agree_on_any_foods_dishes_and_rules(world: World) -> None:
    assert_agreed(world)


def test_shells_thin_no_salt_and_make_no_minimum_easier() -> None:
    """Of 100 g with 75 g of shell, 2 g of salt are 8 in 100 g of what is eaten, and 2 of what is weighed."""
    mussel = food("mussel", dict.fromkeys(KEYS, Tri.FREE), {"sodium_mg": Interval(2.0, 2.0, 2.0)}, 0.75)
    dish = Dish("main", "mussels", (Portion("mussel", 100.0),))
    said = {}
    for at_most in (7.0, 8.0):
        profile = Profile("p", "x", "x", (Rule(NUTRIENT, "sodium_mg", None, at_most, (), "x", "100 g"),), ("x",))
        said[at_most] = assert_agreed(World(lexicon([mussel]), [dish], {"p": profile}))[dish.dish_id, "p"]
    assert said == {7.0: "unknown", 8.0: "pass"}
    facts = facts_of(items_of_dish(dish, lexicon([mussel])), ONE, lexicon([mussel]))
    assert (facts.grams.lo, facts.grams.mid, facts.grams.hi) == (25.0, 100.0, 100.0)
    assert amount(facts, Rule(NUTRIENT, "sodium_mg", 3.0, None, (), "x", "100 g")) == (2.0, 8.0)


@pytest.mark.parametrize("seed", range(3))
def test_python_and_sql_agree_on_many_dishes_and_profiles(seed: int) -> None:
    """Breadth where the test above has depth: a hundred and fifty profiles fill more than one word of bits."""
    rng = np.random.default_rng(seed)

    def interval() -> Interval:
        lo = round(float(rng.choice([0, rng.uniform(0, 5), rng.uniform(0, 400)])), 2)
        return Interval(lo, None, None if rng.random() < 0.1 else round(lo * float(rng.uniform(1, 1.3)), 2) + (0.0 if rng.random() < 0.9 else 1.0))

    def facts() -> dict[str, Tri]:
        return {k: Tri(int(rng.choice([0, 0, 0, 0, 1, 2]))) for k in KEYS}

    def rule() -> Rule:
        kind = str(rng.choice([ABSENT, TOGETHER, NUTRIENT, NUTRIENT]))
        applies = tuple(map(str, rng.choice(COURSES, 3, replace=False))) if rng.random() < 0.3 else ()
        if kind != NUTRIENT:
            return Rule(kind, JOINED.join(map(str, rng.choice(KEYS, 1 if kind == ABSENT else 2, replace=False))), None, None, applies, "x")
        per = str(rng.choice(PER))
        names = [f for f in FIGURES if per != "percent of energy" or f in KCAL_PER_GRAM]
        parts = map(str, rng.choice(names, int(rng.integers(1, 3)), replace=False))
        least, most = (None if rng.random() < 0.5 else round(float(rng.uniform(0, 300)), 1) for _ in "lm")
        return Rule(kind, JOINED.join(parts), least, most, applies, "x", per)

    foods = [food(f"f{i}", facts(), {f: interval() for f in FIGURES if rng.random() < 0.97}, float(rng.choice([0, 0.3, 0.85])))
             for i in range(60)]
    names = [*(f.food_id for f in foods), "unobtainium"]
    dishes = []
    for number in range(250):
        held = rng.choice(names, int(rng.integers(0, 9)))
        portions = tuple(Portion(str(f), None if rng.random() < 0.03 else round(float(rng.lognormal(3, 1)), 1)) for f in held)
        dishes.append(Dish(str(rng.choice([*COURSES, UNKNOWN_COURSE])), f"dish {number}", portions))
    profiles = [Profile(f"p{i}", "x", "x", tuple(rule() for _ in range(int(rng.integers(0, 4)))), ("x",)) for i in range(150)]
    said = assert_agreed(World(lexicon(foods), dishes, {p.profile: p for p in profiles}))
    counted = pd.Series(said.values()).value_counts(normalize=True)
    assert min(counted["pass"], counted["fail"], counted["unknown"]) > 0.05, "the draws must try all three verdicts"


def test_python_and_sql_agree_on_the_committed_profiles_and_foods() -> None:
    known = lexicon_room.load(Settings().lexicon)
    profiles = profile_files.load(Settings().profiles, known)
    rng = np.random.default_rng(1)
    dishes = []
    for number in range(300):
        # Few foods, so that some dishes pass the strict profiles.
        held = rng.choice(list(known.foods), int(rng.integers(1, 6)), replace=False)
        portions = tuple(Portion(str(f), None if rng.random() < 0.02 else float(rng.integers(1, 200))) for f in held)
        dishes.append(Dish((*COURSES, UNKNOWN_COURSE)[number % 7], f"dish {number}", portions))
    said = assert_agreed(World(known, dishes, profiles))
    passing = {profile for (_, profile), verdict in said.items() if verdict == "pass"}
    assert {p for p in profiles if profiles[p].rules} - passing <= {"bariatric_surgery", "eu14_allergens", "very_low_sodium_us"}
    assert not passing & {p for p in profiles if not profiles[p].rules}


MILK = food("butter", dict.fromkeys(KEYS, Tri.FREE) | {"milk": Tri.CONTAINS}, {"sodium_mg": Interval(10.0, None, 10.0)})
RICE = food("rice", dict.fromkeys(KEYS, Tri.FREE), {"sodium_mg": Interval(1.0, None, 1.0)})


def small(*rules: Rule, dish: Dish | None = None) -> World:
    profile = Profile("p", "x", "x", rules, ("x",))
    return World(lexicon([MILK, RICE]), [dish or Dish("main", "rice", (Portion("rice", 100.0),))], {"p": profile})


@pytest.mark.parametrize(
    "strange",
    [
        Rule(ABSENT, "moonlight", None, None, (), "x"), Rule(TOGETHER, "moonlight + milk", None, None, (), "x"),
        Rule(NUTRIENT, "moonlight_g", None, 5.0, (), "x"), Rule(NUTRIENT, "sodium_mg", None, 5.0, (), "x", "mouthful"),
        Rule("horoscope", "milk", None, None, (), "x"), Rule(NUTRIENT, "sodium_mg", None, None, (), "x"),
        Rule(NUTRIENT, "sodium_mg", None, 50.0, (), "x", "percent of energy"),
    ],
    ids=lambda rule: f"{rule.kind} {rule.key} {rule.per}",
)
def test_a_stored_rule_that_sql_does_not_understand_never_passes(strange: Rule) -> None:
    assert proved(small(Rule(ABSENT, "milk", None, None, (), "x")), {})[0] != proved(small(strange), {})[0]
    shown, _ = proved(small(strange, Rule(ABSENT, "milk", None, None, (), "x")), {})
    assert set(shown.values()) == {"unknown"}


def test_a_wrong_a_missing_a_twofold_and_an_unpassed_verdict_are_all_found() -> None:
    rice = Dish("main", "rice", (Portion("rice", 100.0),))
    buttered = Dish("main", "rice and butter", (Portion("rice", 100.0), Portion("butter", 5.0)))
    profiles = {p: Profile(p, "x", "x", (Rule(ABSENT, key, None, None, (), "x"),), ("x",)) for p, key in (("p", "milk"), ("q", "egg"))}
    world = World(lexicon([MILK, RICE]), [rice, buttered], profiles)
    said = verdicts_of(world)
    frames = frames_of(world, said)

    def found(change: pd.DataFrame, asked: Sequence[str] = ()) -> list[tuple]:
        ideas = frames["ideas"].assign(asked=[list(asked)] * 2)
        with duckdb.connect() as connection:
            store.build(connection, frames | {"idea_verdicts": change, "ideas": ideas}, {})
            return store.disagreements(connection)

    stored = frames["idea_verdicts"]
    of_butter = (stored["idea_id"] == buttered.dish_id) & (stored["profile"] == "p")
    assert said[buttered.dish_id, "p"] == "fail" and not found(stored)
    assert found(stored.assign(verdict="pass")) == [(buttered.dish_id, "p", "pass", "fail", "verdicts differ")]
    assert found(stored[~of_butter]) == [(buttered.dish_id, "p", None, "fail", "verdicts differ")]
    assert found(pd.concat([stored, stored[of_butter].assign(verdict="pass")])) == [
        (buttered.dish_id, "p", "pass and fail", "fail", "verdicts differ")
    ]
    assert found(stored, ["p", "q"]) == [(buttered.dish_id, "p", None, "fail", "asked for, but not passed")]
    assert {row[1] for row in found(stored, ["nobody"])} == {"nobody"}
