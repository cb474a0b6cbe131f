"""The preview of a reading, and recipes written down in the project's own format."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dish import Recipe
from dish_pipeline.recipes import preview
from dish_pipeline.recipes.readers import Reading, Refusal, read_path

SHARED = Path(__file__).resolve().parents[3] / "shared"
PANCAKES = {"title": "Pancakes", "ingredients": ["200 g flour", "2 egg", "For the sauce:", "1 zzyzx"], "photo": "x"}


def text_of(reading: Reading, lexicon: Lexicon, limit: int = 10) -> str:
    return "\n".join(preview.described(preview.summed_up(reading, LineParser(lexicon)), limit))


def zipped(members: dict[str, object]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in members.items():
            file.writestr(name, content if isinstance(content, bytes) else json.dumps(content))
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    here = tmp_path / "in"
    (here / "cards").mkdir(parents=True)
    (here / "a.csv").write_text("Name,Parts,ingredients,Serves,x\nSoup,y,water,4,1\nTea,y,,2,1\n,y,water,2,1\nTart,y,,2,1\n")
    (here / "b.zip").write_bytes(zipped({"1.json": PANCAKES, "2.json": PANCAKES, "p.png": b"\x89PNG\x00"}))
    for number in range(5):
        (here / "cards" / f"{number}.json").write_text(json.dumps(PANCAKES))
    (here / "notes.bin").write_bytes(b"\x00\x01")
    return here


def test_what_a_person_sees(folder: Path, lexicon: Lexicon) -> None:
    shown = text_of(read_path(folder), lexicon)
    assert shown == """a.csv: CSV, 1 recipe
    Name -> title, ingredients, Serves -> servings
    not used: Parts, x
b.zip: archive, JSON (2 files), 2 recipes
    title, ingredients
    not used: photo
cards/: JSON (5 files), 5 recipes
    title, ingredients
    not used: photo
skipped, being hidden or of no known format: b.zip/p.png, notes.bin
refused: 3
  2 x ingredients: no ingredients
      a.csv, row 3: ''
      a.csv, row 5: ''
      what to do: list its ingredients: "ingredients": ["1 cup flour", "2 eggs"]
  1 x title: no title
      a.csv, row 4: ''
      what to do: give the recipe a title, as title, name or recipe_name

an example: Soup (a.csv, row 2)
    servings: 4
    water

8 recipes; 14 of 22 ingredient lines tried are resolved (64%); 3 refused"""


def test_lists_are_cut_to_the_limit(folder: Path, lexicon: Lexicon) -> None:
    shown = text_of(read_path(folder), lexicon, 1)
    assert "and 2 more files with 7 recipes" in shown and "  1 x 1 other reasons" in shown and "b.zip: " not in shown
    (folder / "many").mkdir()
    for number in range(30):
        (folder / "many" / f"{number}.bin").write_bytes(b"\x00")
    assert "and 20 more" in text_of(read_path(folder), lexicon)


def test_only_so_many_lines_are_tried(folder: Path, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "LINES_TRIED", 10)
    looked = preview.summed_up(read_path(folder), LineParser(lexicon))
    assert looked.recipes == 8 and 3 <= looked.lines <= 12


def test_nothing_reaches_the_terminal_but_text(tmp_path: Path, lexicon: Lexicon) -> None:
    (tmp_path / "a\x1b[31m.json").write_text(json.dumps({**PANCAKES, "bad\x1b]0;x\x07key": 1, "servings": "4\x1b[2J"}))
    (tmp_path / "b.json").write_text(json.dumps({"title": "\x1b[5m", "ingredients": {"\x1b": [[]]}}))
    shown = text_of(read_path(tmp_path), lexicon)
    assert "\x1b" not in shown and "\x07" not in shown and "bad" in shown


def refusal(reason: str, field: str = "line", row: int = 1) -> Refusal:
    return Refusal("a", row, field, "", reason, "do")


def test_reasons_are_counted_without_their_details() -> None:
    reasons = preview.by_reason([
        refusal("not valid JSON: Expecting value at column 3"), refusal("not valid JSON: Expecting value at column 1,245", row=2),
        refusal("no column of title; the columns found are: a, b"), refusal("no column of title; the columns found are: c"),
        refusal("no title; or 5", "title"), refusal("no title", "ingredients"), *[refusal("byte 0xE9", row=row) for row in range(9)],
    ])  # fmt: skip
    assert [(reason.text, reason.count, len(reason.examples)) for reason in reasons] == [
        ("line: byte …", 9, 3), ("line: not valid JSON: Expecting value at column …", 2, 2), ("line: no column of title", 2, 2),
        ("title: no title; or 5", 1, 1), ("ingredients: no title", 1, 1),
    ]  # fmt: skip


def test_columns_that_a_user_tells() -> None:
    assert preview.told_columns(["title=Dish Name", " ingredients = a=b "]) == {"title": "Dish Name", "ingredients": "a=b"}
    for wrong in ("title", "=x", "title=", "tilte=x", "", "title: x"):
        with pytest.raises(ValueError, match="write FIELD=COLUMN, where FIELD is one of title, ingredients"):
            preview.told_columns([wrong])


def test_a_column_that_no_file_has(folder: Path) -> None:
    preview.check_columns({"title": "name", "ingredients": "PARTS"}, read_path(folder))
    with pytest.raises(ValueError, match=r"course=Kind: no file has a column 'Kind'; the columns found are: Name, Parts, ingredients, Serves, x"):
        preview.check_columns({"course": "Kind"}, read_path(folder))


# ---------------------------------------------------------------- writing


def test_what_is_written_is_read_again(folder: Path, tmp_path: Path) -> None:
    reading = read_path(folder)
    recipes, refused = preview.write(reading, folder, tmp_path / "out")
    assert (recipes.name, refused and refused.name) == ("in.jsonl", "in.refused.csv") and sorted(p.name for p in recipes.parent.iterdir()) == [
        "in.jsonl", "in.refused.csv",
    ]  # fmt: skip
    again = read_path(tmp_path / "out")
    assert again.refusals == [] and again.files == {"in.jsonl": 8, "in.refused.csv": 0}
    assert [recipe.recipe_id for recipe in again.recipes] == [recipe.recipe_id for recipe in reading.recipes]
    first = json.loads(recipes.read_text().splitlines()[0])
    assert (first["source_file"], first["source_row"], first["title"]) == ("a.csv", 2, "Soup")
    assert refused is not None
    rows = list(csv.reader(refused.open(newline="")))
    assert rows[0] == ["file", "row", "field", "value", "reason", "remedy"] and [row[1] for row in rows[1:]] == ["3", "4", "5"]


def test_nothing_is_overwritten_unasked(folder: Path, tmp_path: Path) -> None:
    reading, out = read_path(folder), tmp_path / "out"
    preview.write(reading, folder, out)
    with pytest.raises(ValueError, match=r"in\.jsonl and in\.refused\.csv is there already; .*--force"):
        preview.write(reading, folder, out)
    reading.refusals.clear()
    recipes, refused = preview.write(reading, folder, out, force=True)
    assert refused is None and [path.name for path in out.iterdir()] == [recipes.name]


def test_a_folder_that_would_be_read_with_its_source(folder: Path, tmp_path: Path) -> None:
    for inside in (folder, folder / "cards", folder / "new"):
        with pytest.raises(ValueError, match="lies within"):
            preview.write(read_path(folder), folder, inside)
    assert not (folder / "new").exists()
    preview.write(read_path(folder / "a.csv"), folder / "a.csv", folder)
    assert (folder / "a.jsonl").is_file()


def test_a_write_that_fails_leaves_nothing(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reading, out = read_path(folder), tmp_path / "out"
    reading.recipes.append(Recipe("bad \ud800", ("x",)))
    with pytest.raises(UnicodeError):
        preview.write(reading, folder, out)
    assert list(out.iterdir()) == []


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    reading = Reading(recipes=[Recipe("x", ("y",))], refusals=[Refusal("a", 1, "line", '=HYPERLINK("http://x")', "-why", "@do")])
    _, refused = preview.write(reading, tmp_path / "a.csv", tmp_path / "out")
    assert refused is not None and list(csv.reader(refused.open()))[1][3:] == ["'=HYPERLINK(\"http://x\")", "'-why", "'@do"]


@pytest.mark.skipif(not (SHARED / "recipes").is_dir(), reason="no ../shared/recipes")
def test_shared_recipes_keep_their_identity(tmp_path: Path) -> None:
    reading = read_path(SHARED / "recipes")
    preview.write(reading, SHARED / "recipes", tmp_path)
    again = read_path(tmp_path)
    assert [recipe.recipe_id for recipe in again.recipes] == [recipe.recipe_id for recipe in reading.recipes]
    assert [(recipe.tags, recipe.steps) for recipe in again.recipes] == [(recipe.tags, recipe.steps) for recipe in reading.recipes]


def test_a_told_column_hides_no_title_where_it_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Name,title,ingredients\nSoup,x,1 onion; 1 leek\n", encoding="utf-8")
    (tmp_path / "b.md").write_text("# Pancakes\n\n## Ingredients\n\n- 2 eggs\n- 1 cup flour\n", encoding="utf-8")
    found = read_path(tmp_path, {"title": "Name"})
    assert {r.title for r in found.recipes} == {"Soup", "Pancakes"}
    assert found.columns["a.csv"] == {"Name": "title", "title": "", "ingredients": "ingredients"}
