"""`dish import` and `dish rejected`, as a person types them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from dish_pipeline.cli import main
from dish_pipeline.recipes import schema
from dish_pipeline.recipes.readers import read_path


def dish(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "my recipes.csv"
    path.write_text("Dish,Stuff,Serves\nSoup,1 l water; 2 onions,4\nTea,,2\n")
    return path


def test_import_shows_and_writes_nothing(table: Path) -> None:
    outcome = dish("import", table, "--map", "ingredients=Stuff", "--map", "title=dish")
    assert outcome.exit_code == 0
    for line in (
        "my recipes.csv: CSV, 1 recipe", "    Dish -> title, Stuff -> ingredients, Serves -> servings", "refused: 1",
        "  1 x ingredients: no ingredients", "an example: Soup (my recipes.csv, row 2)", "    2 onions",
        "1 recipe; 2 of 2 ingredient lines tried are resolved (100%); 1 refused",
    ):  # fmt: skip
        assert line in outcome.output.splitlines()
    assert "--map 'ingredients=Stuff' --map 'title=dish' --to FOLDER" in outcome.output
    assert [path.name for path in table.parent.iterdir()] == [table.name]


def test_import_writes_what_a_run_reads(table: Path, tmp_path: Path) -> None:
    arguments = ("import", table, "--map", "ingredients=Stuff", "--to", tmp_path / "out")
    outcome = dish(*arguments)
    assert outcome.exit_code == 0 and f"dish run --recipes {tmp_path / 'out'}" in outcome.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["my recipes.jsonl", "my recipes.refused.csv"]
    reading = read_path(tmp_path / "out")
    assert [recipe.lines for recipe in reading.recipes] == [("1 l water", "2 onions")] and reading.refusals == []
    again = dish(*arguments)
    assert again.exit_code == 1 and "is there already" in again.output and "Traceback" not in again.output
    assert dish(*arguments, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--map", "ingredients"], "write FIELD=COLUMN"), (["--map", "ingredient=Stuff"], "where FIELD is one of title, ingredients"),
        (["--map", "ingredients=Stuf"], "no file has a column 'Stuf'; the columns found are: Dish, Stuff, Serves"),
        (["--map", "ingredients=Stuff", "--map", "course=Kind"], "no file has a column 'Kind'"),
        ([], "no column of ingredients; the columns found are: Dish, Stuff, Serves"), (["--limit", "0"], "0 is not in the range"),
    ],
)  # fmt: skip
def test_import_says_what_is_wrong(table: Path, arguments: list[str], message: str) -> None:
    outcome = dish("import", table, *arguments)
    assert outcome.exit_code in (1, 2) and message in outcome.output and "Traceback" not in outcome.output


def test_import_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    for path, message in ((tmp_path / "none", "no such file or folder"), (tmp_path / "a.json", "no recipes found")):
        outcome = dish("import", path)
        assert outcome.exit_code == 1 and message in outcome.output
    assert "1 x file: not valid JSON" in outcome.output


def test_rejected_counts_by_reason_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [("a.csv", row, "title", "", "no title", "give one") for row in range(3)]
    rows.append(("a.csv", 9, "line", "{", "not valid JSON at column 7", "correct it"))
    frame = pd.DataFrame(rows, columns=list(schema.REJECTED))
    monkeypatch.setattr("dish_pipeline.store.tables.read", lambda _: frame)

    class Artifacts:
        def __init__(self, _: Path) -> None: ...

        def need(self, _: str) -> Artifacts:
            return self

        def path(self, name: str) -> str:
            return name

    monkeypatch.setattr("dish_pipeline.store.artifacts.Artifacts", Artifacts)
    lines = dish("rejected", "--data", tmp_path, "--limit", "2").output.splitlines()
    assert lines[:2] == ["     3  title: no title", "     1  line: not valid JSON at column 7"]
    assert lines[2].startswith("a.csv row 0: title: no title") and lines[-1] == "4 rows refused, the first 2 shown" and len(lines) == 5


def test_import_of_an_export_in_json(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{"name": "Soup", "recipeIngredient": ["1 l water"]}]))
    assert "name -> title, recipeIngredient -> ingredients" in dish("import", tmp_path).output
