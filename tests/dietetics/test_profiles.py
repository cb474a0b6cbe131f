"""Profiles: unknown never passes, a maximum is judged by its upper bound, and people find a need under its name or label."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics.facts import Facts
from dish_pipeline.dietetics.profiles import Profile, Rule, Verdict, described, find, judge, judge_all, parse_ask
from dish_pipeline.dish import COURSES, Interval, Tri


def facts(lo: float = 0.0, hi: float | None = None, milk: Tri = Tri.FREE) -> Facts:
    proof: dict[str, tuple[str, ...]] = {"milk": ("butter",)} if milk is Tri.CONTAINS else {}
    doubt: dict[str, tuple[str, ...]] = {"milk": ("sauce",)} if milk is Tri.UNKNOWN else {}
    if hi is None:
        doubt["sodium_mg"] = ("salt",)
    return Facts({"milk": milk}, proof, doubt, {"sodium_mg": Interval(lo, None, hi)})


def profile(*rules: Rule) -> Profile:
    return Profile("p", "p", "p", rules, ())


def limit(at_least: float | None = None, at_most: float | None = None, courses: tuple[str, ...] = ()) -> Rule:
    return Rule("nutrient", "sodium_mg", at_least, at_most, courses, "x")


NO_MILK = Rule("absent", "milk", None, None, (), "x")


@pytest.mark.parametrize(
    ("lo", "hi", "at_least", "at_most", "verdict"),
    [
        (0, 500, None, 500, "pass"), (0, 500.1, None, 500, "unknown"), (0, None, None, 500, "unknown"), (500, 900, None, 500, "unknown"),
        (501, None, None, 500, "fail"), (501, 900, None, 500, "fail"), (5, None, 5, None, "pass"), (4.9, None, 5, None, "unknown"),
        (0, 4.9, 5, None, "fail"), (4.9, 5, 5, None, "unknown"), (5, 10, 5, 10, "pass"), (5, None, 5, 10, "unknown"), (4, 10, 5, 10, "unknown"),
        (11, 12, 5, 10, "fail"), (0, 0, None, 0, "pass"), (0, 500.00000004, None, 500, "pass"),
    ],
)
def test_a_maximum_is_judged_by_the_upper_bound_and_a_minimum_by_the_lower(
    lo: float, hi: float | None, at_least: float | None, at_most: float | None, verdict: str
) -> None:
    assert judge(facts(lo, hi), "main", profile(limit(at_least, at_most))).verdict == verdict


@pytest.mark.parametrize(
    ("milk", "verdict", "point"),
    [(Tri.FREE, "pass", ""), (Tri.UNKNOWN, "unknown", "milk not known: sauce"), (Tri.CONTAINS, "fail", "contains milk: butter")],
)
def test_an_absence_passes_only_when_free_and_says_why_not(milk: Tri, verdict: str, point: str) -> None:
    found = judge(facts(milk=milk), "main", profile(NO_MILK))
    assert found.verdict == verdict
    assert found.open_points == ((point,) if point else ())


def test_one_failure_outweighs_an_unknown_and_both_are_told() -> None:
    found = judge(facts(milk=Tri.CONTAINS), "main", profile(NO_MILK, limit(at_most=5)))
    assert found.verdict == "fail"
    assert len(found.open_points) == 2
    assert found.open_points[1] == "sodium_mg 0 to ? per serving, wanted at most 5; open because of: salt"


def test_a_rule_for_some_courses_also_holds_for_an_unknown_one() -> None:
    rule = limit(at_most=5, courses=("main",))
    assert {course: rule.applies(course) for course in (*COURSES, "unknown")} == {**dict.fromkeys(COURSES, False), "main": True, "unknown": True}


def test_a_profile_without_a_rule_for_the_course_is_unknown_and_not_passed() -> None:
    found = judge(facts(0, 1), "snack", profile(limit(at_most=5, courses=("main",))))
    assert found == Verdict("unknown", ("no rule of this profile judges a snack",))
    # One without any rule is a way of looking, and has nothing open.
    assert judge(facts(0, 1), "snack", profile()) == Verdict("unknown")
    assert judge(facts(0, 1), "main", profile(limit(at_most=5, courses=("main",)))) == Verdict("pass")


def test_all_profiles_are_judged_by_name() -> None:
    found = judge_all(facts(0, 1), "main", [profile(NO_MILK), Profile("q", "q", "q", (limit(at_most=0.5),), ())])
    assert {name: v.verdict for name, v in found.items()} == {"p": "pass", "q": "unknown"}


bounds = st.floats(0, 1e6)


@given(bounds, st.one_of(st.none(), bounds), st.one_of(st.none(), bounds), st.one_of(st.none(), bounds))
@settings(deadline=None)
def test_widening_what_is_known_never_makes_a_verdict_pass(lo: float, width: float | None, at_least: float | None, at_most: float | None) -> None:
    rules = profile(limit(at_least, at_most))
    narrow = facts(lo, None if width is None else lo + width)
    wide = facts(lo / 2, None if width is None else lo + 2 * width)
    if judge(wide, "main", rules).verdict == "pass":
        assert judge(narrow, "main", rules).verdict == "pass"
    if judge(wide, "main", rules).verdict == "fail":
        assert judge(narrow, "main", rules).verdict == "fail"
    assert judge(facts(0.0, None), "main", rules).verdict != "pass" or (at_most is None and not at_least)


def dish(butter: float | None, sodium: tuple[float, float | None], energy: tuple[float, float | None] = (100.0, 200.0)) -> Facts:
    """A dish of so many grams, with sodium and energy in the whole of it and no servings."""
    totals = {"sodium_mg": Interval(sodium[0], None, sodium[1]), "fat_g": Interval(1.0, None, 2.0), "protein_g": Interval(0.0, None, 0.0),
              "energy_kcal": Interval(energy[0], None, energy[1])}
    grams = Interval(0.0, None, None) if butter is None else Interval(butter, butter, butter)
    return Facts({}, {}, {"sodium_mg": ("broth", "servings"), "grams": ("herbs",), "energy_kcal": ("tea",)}, {}, totals, grams)


def share(key: str, per: str, at_least: float | None = None, at_most: float | None = None) -> Profile:
    return profile(Rule("nutrient", key, at_least, at_most, (), "x", per))


@pytest.mark.parametrize(
    ("facts_", "rule", "verdict"),
    [
        (dish(200, (100, 200)), share("sodium_mg", "100 g", at_most=100), "pass"),
        (dish(200, (100, 202)), share("sodium_mg", "100 g", at_most=100), "unknown"),
        (dish(200, (202, 210)), share("sodium_mg", "100 g", at_most=100), "fail"),
        (dish(None, (100, 200)), share("sodium_mg", "100 g", at_most=1e6), "unknown"),
        (dish(200, (100, None)), share("sodium_mg", "100 g", at_most=1e6), "unknown"),
        (dish(None, (0, 0)), share("sodium_mg", "100 g", at_most=0), "pass"),
        (dish(200, (100, 200)), share("sodium_mg", "100 g", at_least=50), "pass"),
        (dish(None, (100, 200)), share("sodium_mg", "100 g", at_least=1), "unknown"),
        (dish(200, (1, 2)), share("fat_g", "100 kcal", at_most=2), "pass"),
        (dish(200, (1, 2)), share("fat_g", "100 kcal", at_most=1.9), "unknown"),
        (dish(200, (1, 2), (0, 200)), share("fat_g", "100 kcal", at_most=1e6), "unknown"),
        (dish(200, (1, 2), (100, None)), share("fat_g", "100 kcal", at_least=0.1), "unknown"),
        (dish(200, (1, 2)), share("fat_g", "percent of energy", at_most=18), "pass"),
        (dish(200, (1, 2)), share("fat_g", "percent of energy", at_most=4.4), "fail"),
        (dish(200, (1, 2)), share("fat_g + protein_g", "percent of energy", at_most=18), "pass"),
        (dish(200, (1, 2)), share("fat_g + sugars_g", "percent of energy", at_most=1e6), "unknown"),
        (dish(200, (1, 2)), share("sodium_mg", "percent of energy", at_most=1e6), "unknown"),
    ],
)
def test_a_share_needs_no_servings_and_passes_only_on_the_safe_side_of_both_bounds(facts_: Facts, rule: Profile, verdict: str) -> None:
    assert judge(facts_, "main", rule).verdict == verdict


def test_an_open_share_names_what_leaves_it_open_and_not_the_servings() -> None:
    found = judge(dish(None, (100, None)), "main", share("sodium_mg", "100 g", at_most=5))
    assert found.open_points == ("sodium_mg 0 to ? per 100 g, wanted at most 5; open because of: broth, herbs",)


def test_a_sum_is_known_when_all_of_it_is() -> None:
    known = Facts({}, {}, {}, {"fat_g": Interval(1.0, None, 2.0), "protein_g": Interval(3.0, None, 4.0), "sugars_g": Interval(0.0, None, None)})
    assert judge(known, "main", share("fat_g + protein_g", "serving", at_most=6)).verdict == "pass"
    assert judge(known, "main", share("fat_g + protein_g", "serving", at_least=4)).verdict == "pass"
    assert judge(known, "main", share("fat_g + sugars_g", "serving", at_most=6)).verdict == "unknown"


@pytest.mark.parametrize(
    ("meat", "milk", "verdict"),
    [
        (Tri.FREE, Tri.CONTAINS, "pass"), (Tri.UNKNOWN, Tri.FREE, "pass"), (Tri.CONTAINS, Tri.CONTAINS, "fail"),
        (Tri.UNKNOWN, Tri.CONTAINS, "unknown"), (Tri.UNKNOWN, Tri.UNKNOWN, "unknown"),
    ],
)
def test_two_things_may_not_come_together_and_one_must_be_known_to_be_missing(meat: Tri, milk: Tri, verdict: str) -> None:
    foods = {"meat": ("beef",), "milk": ("butter",)}
    status = {"meat": meat, "milk": milk}
    known = Facts(status, {k: foods[k] for k in foods if status[k] is Tri.CONTAINS}, {k: foods[k] for k in foods if status[k] is Tri.UNKNOWN}, {})
    found = judge(known, "main", profile(Rule("together", "meat + milk", None, None, (), "x")))
    assert found.verdict == verdict
    if verdict != "pass":
        assert "beef" in found.open_points[0] and "butter" in found.open_points[0]


LABELS = {
    "diabetes": "diabetes (carbohydrate counting)", "coeliac": "coeliac disease", "egg_allergy": "allergy to egg",
    "ckd": "kidney disease (CKD, no dialysis)",
    "ckd_dialysis": "kidney disease on dialysis", "low_sodium_eu": "low sodium (EU)", "low_sodium_us": "low sodium (US)", "salt_and_pepper": "salt",
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("diabetes + coeliac + egg allergy", ("diabetes", "coeliac", "egg_allergy")), ("egg_allergy", ("egg_allergy",)),
        ("Coeliac Disease, allergy to egg & DIABETES", ("coeliac", "egg_allergy", "diabetes")),
        ("egg-allergy and coeliac", ("egg_allergy", "coeliac")),
        (("diabetes", "coeliac"), ("diabetes", "coeliac")), (("egg", "allergy", "coeliac"), ("egg_allergy", "coeliac")),
        ("kidney disease", ("ckd",)), ("kidney disease on dialysis", ("ckd_dialysis",)), ("kidney disease (CKD, no dialysis) + ckd", ("ckd",)),
        ("low sodium EU", ("low_sodium_eu",)), ("coeliac coeliac", ("coeliac",)), ("salt and pepper + coeliac", ("salt_and_pepper", "coeliac")),
    ],
)
def test_a_need_is_found_by_name_or_label_with_spaces_or_underscores(text: str | tuple[str, ...], found: tuple[str, ...]) -> None:
    assert find(text, LABELS) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("diabetes + celiac", ["no profile 'celiac'", "there are: ckd,", "Did you mean coeliac?"]),
        ("low sodium", ["'low sodium'", "mean low_sodium_us or low_sodium_eu?"]), ("egg", ["'egg'", "egg_allergy"]),
        ("moonlight + diabetes", ["no profile 'moonlight';"]), ("", ["names no profile"]), ("+ and", ["names no profile"]),
    ],
)
def test_a_need_that_is_not_there_is_refused_with_what_is(text: str, said: list[str]) -> None:
    with pytest.raises(ValueError, match="profile") as refusal:
        find(text, LABELS)
    for words in said:
        assert words in str(refusal.value)


def test_an_ask_leaves_a_view_out_and_refuses_what_nothing_can_pass() -> None:
    named = {
        "p": profile(NO_MILK), "view": Profile("view", "x y", "x", (), ("x",), hide_numbers=True),
        "dysphagia": Profile("dysphagia", "d", "no texture", (), ("x",)),
    }
    assert parse_ask("p + view", named) == ("p",)
    with pytest.raises(ValueError, match=r"no idea can pass 'dysphagia'.*no texture"):
        parse_ask("p + dysphagia", named)
    with pytest.raises(ValueError, match="a way of looking and no need"):
        parse_ask("view", named)


def test_a_profile_says_its_rules_sources_and_limits_in_lines() -> None:
    rules = (NO_MILK, Rule("nutrient", "fat_g", 1.0, 30.0, ("main",), "a leaflet", "percent of energy", "FDA", "read", "mark this"),
             Rule("together", "meat + raw_egg", None, None, (), "custom"))
    named = Profile("p", "a label", "a wording", rules, ("cross_contact",), ("sodium_mg",), note="a note", file="a.yaml", overrides="b.yaml")
    text = "\n".join(described(named))
    for words in (
        "p: a label", "says: a wording", "no milk  <- x",
        "fat_g at least 1 and at most 30 percent of energy (main)  <- FDA; a leaflet; evidence: read; mark this",
        "not together: meat and raw egg", "shows: sodium_mg", "not decidable from ingredients: cross contact", "note: a note",
        "from: a.yaml, in place of b.yaml",
    ):
        assert words in text
