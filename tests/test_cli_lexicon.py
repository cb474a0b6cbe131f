"""`dish lexicon ...`, as a person uses it."""

from __future__ import annotations

import shutil
from pathlib import Path

from click.testing import CliRunner, Result

from dish_pipeline.cli import main
from dish_pipeline.settings import INPUTS


def dish(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["lexicon", *arguments])


def test_lint_is_silent_on_the_lexicon_there_is() -> None:
    outcome = dish("lint")
    assert outcome.exit_code == 0, outcome.output
    assert " foods, 0 faults" in outcome.output


def test_lint_names_faults_counts_them_by_kind_and_exits_with_1(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(INPUTS / "lexicon", tmp_path / "lexicon"))
    foods = folder / "foods.csv"
    foods.write_text(foods.read_text(encoding="utf-8").replace(",vegetable,", ",veg,", 3), encoding="utf-8")
    outcome = dish("lint", "--folder", str(folder), "--limit", "2")
    assert outcome.exit_code == 1
    assert outcome.output.count("there is no group 'veg'") == 2
    assert "    3  unknown group" in outcome.output
    assert "3 faults, the first 2 shown" in outcome.output


def test_explain_prints_every_fact_with_basis_and_reason_and_the_profiles() -> None:
    outcome = dish("explain", "soy", "sauce")
    assert outcome.exit_code == 0, outcome.output
    for words in ("contains: ", "wheat (US 9): usual_recipe: ", "sulphites (EU 14): varies_by_brand: ", "Soy sauce made from soy and wheat",
    "profiles it fails"):
        assert words in outcome.output
    assert dish("explain", "SAUCE SOJA").output == outcome.output


def test_explain_suggests_names_and_does_not_take_them() -> None:
    outcome = dish("explain", "worcestershyre sauce")
    assert outcome.exit_code == 1
    assert "no food is called 'worcestershyre sauce'" in outcome.output and "'worcestershire sauce'" in outcome.output
    assert "may mean something else" in outcome.output


def test_derive_says_which_table_is_missing_and_leaves_the_files(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(INPUTS / "lexicon", tmp_path / "lexicon"))
    (tmp_path / "tables").mkdir()
    outcome = dish("derive", str(tmp_path / "tables"), "--folder", str(folder))
    assert outcome.exit_code == 1
    assert "the composition table is missing; name the folder that holds usda/, ciqual/ and cnf/" in outcome.output
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {p.name: p.read_bytes() for p in (INPUTS / "lexicon").iterdir()}


def test_missing_lists_names_and_prints_rows(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text('title,ingredients\nSoup,"1 onion\n2 zorble"\nStew,1 zorble\n', encoding="utf-8")
    listed = dish("missing", str(tmp_path), "--sort", "recipes")
    assert listed.exit_code == 0, listed.output
    assert "(lines 2, recipes 2; would complete 2 recipes)" in listed.output
    assert "1 of 3 ingredient lines resolved, 0 of 2 recipes; 1 names missing" in listed.output
    rows = dish("missing", str(tmp_path), "--csv").stdout.splitlines()
    assert [row.partition(",")[0] for row in rows] == ["# foods.csv: id", "zorble", "# facts.csv: id", "zorble"]
    assert set(rows[3].split(",")[1:]) == {"unknown"}
    assert dish("missing", str(tmp_path), "--sort", "colour").exit_code == 2
