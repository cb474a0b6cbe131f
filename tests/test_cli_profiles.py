"""`dish profiles` and a user's own profiles, as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dish_pipeline.assets.workspace import Workspace
from dish_pipeline.cli import main
from dish_pipeline.dietetics.profile_files import SCHEMA
from dish_pipeline.settings import INPUTS

OWN = """
- profile: coeliac
  label: coeliac disease
  wording: no gluten-containing ingredient named, our way
  rules: [{absent: gluten, source: our ward}]
- profile: ward_lunch
  label: lunch of our ward
  wording: salt within our limit
  rules: [{nutrient: sodium_mg, at_most: 200, per: 100 g, source: our ward}]
  undecidable: [taste]
"""


def dish(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "ours.yaml").write_text(OWN, encoding="utf-8")
    return tmp_path


def test_every_profile_is_listed_with_rules_wording_what_is_open_and_its_file(tmp_path: Path) -> None:
    text = dish("profiles", "--data", str(tmp_path)).output
    for words in (
        "coeliac: coeliac disease\n  says: no gluten-containing ingredient named\n  rule: no gluten  <- Regulation (EU) 1169/2011 Annex II",
        "carbohydrate_g at most 60 per serving (main, breakfast)  <- American Diabetes Association", "evidence: second-hand",
        "not decidable from ingredients: cross contact, certified oats", f"from: {INPUTS / 'profiles' / 'coeliac.yaml'}", "0 of them your own",
    ):
        assert words in text


def test_own_profiles_are_listed_in_place_of_the_committed_ones(data: Path) -> None:
    text = dish("profiles", "--data", str(data)).output
    assert "no gluten-containing ingredient named, our way" in text and "2 of them your own" in text
    assert f"from: {data / 'profiles' / 'ours.yaml'}, in place of {INPUTS / 'profiles' / 'coeliac.yaml'}" in text
    assert "sodium_mg at most 200 per 100 g" in text


def test_lint_prints_what_was_understood_or_where_the_mistake_is(data: Path) -> None:
    path = data / "profiles" / "ours.yaml"
    good = dish("profiles", "lint", str(path))
    assert good.exit_code == 0
    assert "would stand in for the one of" in good.output and "ward_lunch" in good.output
    path.write_text(OWN.replace("sodium_mg", "salt"), encoding="utf-8")
    bad = dish("profiles", "lint", str(path))
    assert bad.exit_code == 1
    assert f"{path}: profile 'ward_lunch': rule 1: field 'nutrient': no nutrient 'salt'" in bad.output
    assert dish("profiles", "lint", str(INPUTS / "profiles" / "ckd.yaml")).output.count("stand in") == 0


def test_the_schema_that_is_printed_is_the_one_that_lies_beside_the_profiles() -> None:
    assert json.loads(dish("profiles", "schema").output) == json.loads((INPUTS / "profiles" / SCHEMA).read_text())


def test_a_run_reads_own_profiles_and_makes_anew_what_rests_on_them(data: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    without, own = Workspace(data=str(tmp_path_factory.mktemp("none"))), Workspace(data=str(data))
    assert set(own.profiles()) == {*without.profiles(), "ward_lunch"}
    assert own.profiles()["coeliac"].own and not without.profiles()["coeliac"].own
    assert own.profiles_version != without.profiles_version


def test_an_ask_that_cannot_be_understood_stops_the_run_before_it_begins(tmp_path: Path) -> None:
    for ask, said in (("diabetes + moonlight", "no profile 'moonlight'"), ("dysphagia", "no idea can pass 'dysphagia'")):
        outcome = dish("run", "--preset", "tiny", "--data", str(tmp_path), "--ask", ask)
        assert outcome.exit_code == 1 and said in outcome.output
        assert not (tmp_path / "artifacts").exists()
