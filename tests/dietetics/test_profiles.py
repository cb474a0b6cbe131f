"""Profiles: unknown never passes, a maximum is judged by its upper bound, and a bad file says where and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics import profiles as room
from dish_pipeline.dietetics.facts import Facts
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile, ProfileError, Rule, judge, judge_all
from dish_pipeline.dish import COURSES, Interval, Tri

GOOD = """
profile: coeliac
label: coeliac disease
wording: no gluten-containing ingredient named
rules:
  - absent: gluten
    source: a regulation
  - nutrient: sodium_mg
    at_most: 500
    courses: [main, side]
    source: an institution
    institution: an institution
    evidence: read
undecidable: [cross_contact]
note: free text
"""


def write(folder: Path, text: str, name: str = "one.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_profile_is_read_whole(tmp_path: Path, kitchen: Lexicon) -> None:
    write(tmp_path, GOOD)
    profile = room.load(tmp_path, kitchen)["coeliac"]
    assert profile.rules == (
        Rule("absent", "gluten", None, None, (), "a regulation"),
        Rule("nutrient", "sodium_mg", None, 500.0, ("main", "side"), "an institution"),
    )
    assert profile.undecidable == ("cross_contact",)
    assert profile.absences() == ("gluten",)


def test_a_file_may_hold_a_list_and_end_in_yml(tmp_path: Path, kitchen: Lexicon) -> None:
    listed = "".join(f"- {{profile: p{i}, label: x, wording: x, rules: [{{absent: milk, source: x}}]}}\n" for i in range(3))
    write(tmp_path, listed, "several.yml")
    assert list(room.load(tmp_path, kitchen)) == ["p0", "p1", "p2"]


RULE = "profile: p\nlabel: x\nwording: x\nrules:\n  - "
SPOILED = [
    ("profile: [", ["not readable as YAML"]),
    ("", ["a mapping with a `profile:` name"]),
    ("- just a word", ["a mapping with a `profile:` name"]),
    ("label: x", ["a mapping with a `profile:` name"]),
    ("profile: ''\nlabel: x", ["a mapping with a `profile:` name"]),
    ("profile: 5", ["a mapping with a `profile:` name"]),
    ("profile: p\nlabel: x\nwording: x", ["profile 'p'", "'rules'", "missing"]),
    ("profile: p\nlabel: x\nwording: x\nrules: []", ["profile 'p'", "'rules'"]),
    ("profile: p\nlabel: x\nwording: x\nrules: gluten", ["profile 'p'", "'rules'", "no list"]),
    ("profile: p\nwording: x\nrules: [{absent: milk, source: x}]", ["profile 'p'", "'label'"]),
    ("profile: p\nlabel: 7\nwording: x\nrules: [{absent: milk, source: x}]", ["profile 'p'", "'label'", "no text"]),
    ("profile: p\nlabel: x\nrules: [{absent: milk, source: x}]", ["profile 'p'", "'wording'"]),
    (GOOD + "colour: red\n", ["profile 'coeliac'", "unknown field 'colour'", "there are:"]),
    (GOOD + "7: red\n", ["profile 'coeliac'", "unknown field 7"]),
    (GOOD + "label: again\n", ["field 'label' stands twice", "line"]),
    (GOOD.replace("[cross_contact]", "cross_contact"), ["profile 'coeliac'", "'undecidable'", "write a list"]),
    (RULE + "gluten", ["profile 'p'", "rule 1", "a mapping"]),
    (RULE + "{absent: milk}", ["profile 'p'", "rule 1", "'source' is missing"]),
    (RULE + "{absent: milk, source: '  '}", ["rule 1", "'source'"]),
    (RULE + "{absent: glutin, source: x}", ["rule 1", "'absent'", "'glutin'", "keys.csv"]),
    (RULE + "{absent: [milk, egg], source: x}", ["rule 1", "'absent'", "['milk', 'egg']"]),
    (RULE + "{absent: milk, absent: egg, source: x}", ["'absent' stands twice"]),
    (RULE + "{absent: milk, nutrient: sodium_mg, at_most: 5, source: x}", ["rule 1", "'nutrient' stands beside 'absent'", "make two rules"]),
    (RULE + "{absent: milk, at_most: 5, source: x}", ["rule 1", "'at_most' stands beside 'absent'"]),
    (RULE + "{absnt: milk, source: x}", ["rule 1", "unknown field 'absnt'"]),
    (RULE + "{source: x}", ["rule 1", "'nutrient'", "None"]),
    (RULE + "{nutrient: salt, at_most: 5, source: x}", ["rule 1", "'nutrient'", "'salt'", "sodium_mg"]),
    (RULE + "{nutrient: [sodium_mg], at_most: 5, source: x}", ["rule 1", "'nutrient'"]),
    (RULE + "{nutrient: sodium_mg, source: x}", ["rule 1", "'at_least' and 'at_most' are missing"]),
    (RULE + "{nutrient: sodium_mg, at_most: little, source: x}", ["rule 1", "'at_most'", "'little'", "write a number"]),
    (RULE + "{nutrient: sodium_mg, at_most: -1, source: x}", ["rule 1", "'at_most'", "-1"]),
    (RULE + "{nutrient: sodium_mg, at_most: .nan, source: x}", ["rule 1", "'at_most'", "nan"]),
    (RULE + "{nutrient: sodium_mg, at_most: .inf, source: x}", ["rule 1", "'at_most'", "inf"]),
    (RULE + "{nutrient: sodium_mg, at_most: 1" + "0" * 400 + ", source: x}", ["rule 1", "'at_most'"]),
    (RULE + "{nutrient: sodium_mg, at_most: yes, source: x}", ["rule 1", "'at_most'", "True"]),
    (RULE + "{nutrient: fiber_g, at_least: 0, source: x}", ["rule 1", "'at_least'", "above 0"]),
    (RULE + "{nutrient: fiber_g, at_least: 9, at_most: 5, source: x}", ["rule 1", "'at_least'", "at_most"]),
    (RULE + "{absent: milk, courses: main, source: x}", ["rule 1", "'courses'", "write a list"]),
    (RULE + "{absent: milk, courses: [lunch], source: x}", ["rule 1", "'courses'", "'lunch'", "breakfast"]),
]


@pytest.mark.parametrize(("text", "said"), SPOILED)
def test_a_bad_profile_is_refused_with_file_profile_field_and_remedy(tmp_path: Path, kitchen: Lexicon, text: str, said: list[str]) -> None:
    write(tmp_path, text, "spoiled.yaml")
    with pytest.raises(ProfileError) as refusal:
        room.load(tmp_path, kitchen)
    for words in ["spoiled.yaml", *said]:
        assert words in str(refusal.value)


def test_a_name_used_twice_names_both_files(tmp_path: Path, kitchen: Lexicon) -> None:
    write(tmp_path, GOOD, "a.yaml")
    write(tmp_path, GOOD, "b.yaml")
    with pytest.raises(ProfileError, match=r"b\.yaml: profile 'coeliac' stands in .*a\.yaml as well; rename one"):
        room.load(tmp_path, kitchen)


def test_no_profiles_other_bytes_and_a_folder_are_refused(tmp_path: Path, kitchen: Lexicon) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ProfileError, match="no profiles found; put"):
            room.load(folder, kitchen)
    (tmp_path / "x.yaml").write_bytes(b"profile: cr\xe8me")
    with pytest.raises(ProfileError, match=r"x\.yaml: not readable"):
        room.load(tmp_path, kitchen)
    (tmp_path / "x.yaml").unlink()
    (tmp_path / "x.yaml").mkdir()
    with pytest.raises(ProfileError, match=r"x\.yaml: not readable"):
        room.load(tmp_path, kitchen)


def test_the_version_changes_with_any_byte_and_only_then(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    before = room.version_of(tmp_path)
    assert room.version_of(tmp_path) == before
    write(tmp_path, GOOD + " ")
    assert room.version_of(tmp_path) != before


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
    assert judge(facts(0, 1), "dessert", profile(limit(at_most=5, courses=("main",)))).verdict == "unknown"


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
