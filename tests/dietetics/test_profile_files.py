"""Profile files: a bad one says where and what to do, a user's own stands in for a committed one, an editor's schema knows no more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics import profile_files as room
from dish_pipeline.dietetics.lexicon import NUTRIENTS, Lexicon
from dish_pipeline.dietetics.profile_files import CLAIM, SCHEMA, ProfileError
from dish_pipeline.dietetics.profile_schema import schema
from dish_pipeline.dietetics.profiles import PER, Profile, Rule
from dish_pipeline.dish import COURSES
from dish_pipeline.settings import INPUTS, Settings

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
    per: 100 g
    source: a leaflet
    institution: an institution
    evidence: read
    note: a word
  - sum: [protein_g, fat_g]
    at_least: 2
    per: percent of energy
    source: a leaflet
  - never_together: [egg, milk]
    source: a custom
shows: [sodium_mg, added_sugar]
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
        Rule("nutrient", "sodium_mg", None, 500.0, ("main", "side"), "a leaflet", "100 g", "an institution", "read", "a word"),
        Rule("nutrient", "protein_g + fat_g", 2.0, None, (), "a leaflet", "percent of energy"),
        Rule("together", "egg + milk", None, None, (), "a custom"),
    )
    assert (profile.shows, profile.hide_numbers, profile.note) == (("sodium_mg", "added_sugar"), False, "free text")
    assert (profile.file, profile.own, profile.overrides) == (str(tmp_path / "one.yaml"), False, "")
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
    (RULE + "{absent: milk, source: 2020}", ["rule 1", "'source'", "no text", "in quotes"]),
    (RULE + "{absent: milk, source: x, evidence: hearsay}", ["rule 1", "'evidence'", "'hearsay'", "second-hand"]),
    (RULE + "{absent: milk, source: x, note: [x]}", ["rule 1", "'note'"]),
    (RULE + "{absent: milk, source: x, institution: }", ["rule 1", "'institution'", "missing its value"]),
    (RULE + "{absent: milk, per: 100 g, source: x}", ["rule 1", "'per' stands beside 'absent'"]),
    (RULE + "{never_together: [milk], source: x}", ["rule 1", "'never_together'", "two or more"]),
    (RULE + "{never_together: [milk, milk], source: x}", ["rule 1", "'never_together'", "each once"]),
    (RULE + "{never_together: [milk, meet], source: x}", ["rule 1", "'never_together'", "'meet'", "meat"]),
    (RULE + "{never_together: [milk, egg], at_most: 5, source: x}", ["rule 1", "'at_most' stands beside 'never_together'"]),
    (RULE + "{nutrient: fat_g, sum: [fat_g, protein_g], at_most: 5, source: x}", ["rule 1", "'sum' stands beside 'nutrient'"]),
    (RULE + "{sum: [fat_g], at_most: 5, source: x}", ["rule 1", "'sum'", "two or more"]),
    (RULE + "{sum: [fat_g, salt_g], at_most: 5, source: x}", ["rule 1", "'sum'", "'salt_g'", "sodium_mg"]),
    (RULE + "{sum: [fat_g, sodium_mg], at_most: 5, source: x}", ["rule 1", "'sum'", "different units"]),
    (RULE + "{nutrient: fat_g, at_most: 5, per: cup, source: x}", ["rule 1", "'per'", "'cup'", "100 g"]),
    (RULE + "{nutrient: sodium_mg, at_most: 5, per: percent of energy, source: x}", ["rule 1", "'nutrient'", "no energy of its own", "sat_fat_g"]),
    (RULE + "{nutrient: fat_g, at_most: , source: x}", ["rule 1", "'at_most'", "missing its value"]),
    ("profile: Oma Erna\nlabel: x\nwording: x\nundecidable: [x]", ["profile 'Oma Erna'", "'profile'", "small letters"]),
    ("profile: p\nlabel: x\nwording: suitable for all\nundecidable: [x]", ["'wording' says 'suitable for'", "no list of ingredients can promise"]),
    ("profile: p\nlabel: gluten-free\nwording: x\nundecidable: [x]", ["'label' says", "-free"]),
    ("profile: p\nlabel: x\nwording: free of milk\nundecidable: [x]", ["'wording' says 'free of'"]),
    ("profile: p\nlabel: x\nwording: x\nundecidable: ['']", ["'undecidable'", "list of words"]),
    ("profile: p\nlabel: x\nwording: x\nundecidable: [x]\nshows: [salt]", ["'shows'", "'salt'", "sodium_mg"]),
    ("profile: p\nlabel: x\nwording: x\nundecidable: [x]\nhide_numbers: perhaps", ["'hide_numbers'", "true or false"]),
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


def test_a_profile_without_rules_says_why(tmp_path: Path, kitchen: Lexicon) -> None:
    write(tmp_path, "profile: p\nlabel: x\nwording: x\nundecidable: [texture]\nhide_numbers: true\n")
    profile = room.load(tmp_path, kitchen)["p"]
    assert (profile.rules, profile.undecidable, profile.hide_numbers) == ((), ("texture",), True)


def test_a_users_own_profile_stands_in_for_a_committed_one_or_beside_it(tmp_path: Path, kitchen: Lexicon) -> None:
    committed, own = tmp_path / "committed", tmp_path / "own"
    committed.mkdir()
    write(committed, GOOD)
    before = room.version_of(committed, own)
    assert list(room.load(committed, kitchen, own)) == ["coeliac"]
    own.mkdir()
    write(own, GOOD.replace("at_most: 500", "at_most: 100"), "stricter.yaml")
    write(own, GOOD.replace("profile: coeliac", "profile: mine"), "mine.yaml")
    found = room.load(committed, kitchen, own)
    assert list(found) == ["coeliac", "mine"]
    assert found["coeliac"].rules[1].at_most == 100
    assert (found["coeliac"].file, found["coeliac"].overrides) == (str(own / "stricter.yaml"), str(committed / "one.yaml"))
    assert found["coeliac"].own
    assert (found["mine"].own, found["mine"].overrides) == (True, "")
    assert room.version_of(committed, own) != before
    assert list(room.load(committed, kitchen, committed)) == ["coeliac"]
    assert not room.load(committed, kitchen, committed)["coeliac"].own
    assert room.version_of(committed, committed) == room.version_of(committed)


# The schema that editors use, and the committed profiles.

@pytest.fixture(scope="module")
def known() -> Lexicon:
    return lexicon_room.load(Settings().lexicon)


@pytest.fixture(scope="module")
def committed(known: Lexicon) -> dict[str, Profile]:
    return room.load(Settings().profiles, known)


def test_the_committed_schema_is_the_one_of_the_lexicon(known: Lexicon) -> None:
    kept = json.loads((INPUTS / "profiles" / SCHEMA).read_text())
    assert kept == schema(known), "run: dish profiles schema > data/profiles/profile.schema.json"
    jsonschema.Draft7Validator.check_schema(kept)


def test_every_committed_file_names_the_schema_and_keeps_it(known: Lexicon, committed: dict[str, Profile]) -> None:
    validator = jsonschema.Draft7Validator(schema(known))
    paths = sorted((INPUTS / "profiles").glob("*.yaml"))
    for path in paths:
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# yaml-language-server: $schema={SCHEMA}\n"), path.name
        assert not list(validator.iter_errors(yaml.safe_load(text))), path.name
    assert {p.file for p in committed.values()} == {str(p) for p in paths}


def test_every_committed_rule_says_how_its_source_was_consulted_and_every_limit_who_named_it(committed: dict[str, Profile]) -> None:
    for profile in committed.values():
        assert profile.undecidable
        for rule in profile.rules:
            assert rule.source and rule.evidence in room.EVIDENCE
            assert rule.institution or rule.kind != "nutrient"


def test_the_profiles_of_the_two_lists_are_those_of_the_lexicon(known: Lexicon, committed: dict[str, Profile]) -> None:
    assert set(committed["eu14_allergens"].absences()) == {k.key for k in known.keys.values() if k.eu14}
    assert set(committed["us9_allergens"].absences()) == {k.key for k in known.keys.values() if k.us9}


def test_what_a_committed_profile_says_is_never_a_promise(committed: dict[str, Profile]) -> None:
    for profile in committed.values():
        for text in (profile.label, profile.wording):
            assert not re.search(CLAIM, text)
    assert re.search(CLAIM, "a gluten-free dish") and re.search(CLAIM, "milk free") and re.search(CLAIM, "safe for all")
    assert not re.search(CLAIM, "no gluten-containing ingredient named")


@st.composite
def documents(draw: st.DrawFn) -> Any:
    """A profile file as a person might write it, right or nearly so."""
    junk = st.sampled_from([None, "", " ", 0, -1, True, 5, 2.5, "x", [], ["x"], {}, "main", "sodium_mg", ["sodium_mg"], float("nan")])

    def field(right: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(right, right, right, right, right, right, junk)

    text = field(st.sampled_from(["a text", "no milk named", "gluten-free", "suitable for all"]))
    key, nutrient = st.sampled_from(["milk", "egg", "meat", "moonlight"]), st.sampled_from(["sodium_mg", "fat_g", "sat_fat_g", "salt"])
    several = field(st.lists(st.one_of(key, nutrient), max_size=3))
    rule = st.fixed_dictionaries({}, optional={
        "absent": field(key), "never_together": several, "nutrient": field(nutrient), "sum": several, "at_most": field(st.integers(0, 9)),
        "at_least": field(st.integers(0, 9)), "per": field(st.sampled_from([*PER, "cup"])),
        "courses": field(st.lists(st.sampled_from([*COURSES, "lunch"]), max_size=2)), "source": text, "institution": text, "evidence":
        field(st.sampled_from([*room.EVIDENCE, "hearsay"])), "note": text, "colour": text,
    })
    # Mostly rules with one subject and a source, else nearly all were refused at first sight.
    neat = st.one_of(*(st.fixed_dictionaries({"source": st.just("x"), name: right} | more) for name, right, more in (
        ("absent", field(key), {}), ("never_together", several, {}), ("nutrient", field(nutrient), {"at_most": field(st.integers(0, 9))}),
        ("sum", several, {"at_least": field(st.integers(0, 9))}),
    )))
    profile = st.fixed_dictionaries(
        {"profile": field(st.sampled_from(["p", "egg_allergy", "Oma Erna", "p__q", "9"])), "label": text, "wording": text},
        optional={
            "rules": field(st.lists(st.one_of(neat, neat, neat, rule), max_size=2)),
            "undecidable": field(st.lists(st.sampled_from(["x", "", "y"]), max_size=2)),
            "shows": field(st.lists(st.one_of(key, nutrient), max_size=2)), "hide_numbers": field(st.booleans()), "note": text, "colour": text,
        },
    )
    return draw(st.one_of(profile, profile, profile, st.lists(profile, max_size=2), junk))


@given(document=documents())
@settings(max_examples=600, deadline=None)
def test_what_the_schema_refuses_the_loader_refuses_too(document: Any, known: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("file") / "one.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    if not jsonschema.Draft7Validator(schema(known)).is_valid(document):
        with pytest.raises(ProfileError, match=r"one\.yaml"):
            room.load_file(path, known)


@given(document=documents())
@settings(max_examples=200, deadline=None)
def test_a_file_that_the_loader_takes_comes_back_as_it_was_written(document: Any, known: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("file") / "one.yaml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    try:
        found = room.load_file(path, known)
    except ProfileError:
        return
    written = document if isinstance(document, list) else [document]
    for profile, raw in zip(found, written, strict=True):
        assert [r.parts for r in profile.rules] == [tuple(_subject(rule)) for rule in raw.get("rules", [])]
        assert set(profile.shows) <= {*NUTRIENTS, *known.keys}


def _subject(rule: dict[str, Any]) -> Iterator[str]:
    for name in ("absent", "nutrient", "never_together", "sum"):
        if name in rule:
            yield from [rule[name]] if isinstance(rule[name], str) else rule[name]
