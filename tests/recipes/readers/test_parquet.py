"""Parquet: nested columns, many rows, files that lie, and a database that sees this one file only."""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers import ReadError, Reading, parquet, read_path

LINES = ("200 g flour", "2 eggs")


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


def written(path: Path, select: str) -> Path:
    plain = path.with_name("plain")
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({select}) TO '{plain}' (FORMAT parquet)")
    return plain.rename(path)


def reading_of(path: Path, select: str) -> Reading:
    return read_path(written(path, select))


def one(path: Path, select: str) -> Recipe:
    (recipe,) = reading_of(path, select).recipes
    return recipe


@pytest.mark.parametrize(
    "ingredients",
    [
        "['200 g flour', '2 eggs']", "['200 g flour', NULL, '2 eggs']", "'200 g flour\n2 eggs'", "'[\"200 g flour\", \"2 eggs\"]'",
        "[{'quantity': 200.0::DOUBLE, 'unit': 'g', 'name': 'flour'}, {'quantity': 2, 'unit': NULL, 'name': 'eggs'}]",
        "[{'amount': 200.0::DECIMAL(9, 2), 'unit': {'name': 'g'}, 'food': {'name': 'flour'}}, {'amount': 2, 'unit': NULL, 'food': {'name': 'eggs'}}]",
        "MAP {'flour': '200 g', 'eggs': '2'}", "'200 g flour; 2 eggs'::BLOB", "[['200 g flour'], ['2 eggs']]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.parquet", "a.pq", "a", "a.txt"])
def test_shapes_of_ingredients(tmp_path: Path, ingredients: str, name: str) -> None:
    recipe = one(tmp_path / name, f"SELECT 'Pancakes' AS recipe_name, {ingredients} AS ingredients, 4 AS servings, ['a', 'b'] AS tags")
    assert (recipe.title, recipe.lines, recipe.servings, recipe.tags, recipe.row) == ("Pancakes", LINES, "4", ("a", "b"), 1)


def test_columns_that_no_field_takes_are_named_but_not_read(tmp_path: Path) -> None:
    select = "SELECT 'x' AS title, ['y'] AS ingredients, [0.1, 0.2] AS embedding, DATE '2024-01-01' AS published, uuid() AS \"odd \"\"name\"\"\""
    reading = reading_of(tmp_path / "a.parquet", select)
    used = {"title": "title", "ingredients": "ingredients"}
    assert reading.columns == {"a.parquet": {**used, "embedding": "", "published": "", 'odd "name"': ""}}


def test_food_com_as_it_is_shared(tmp_path: Path) -> None:
    lists = "['4', '1/4'] AS RecipeIngredientQuantities, ['blueberries', 'sugar'] AS RecipeIngredientParts"
    select = f"SELECT 'Pie' AS Name, {lists}, 4.0 AS RecipeServings"
    recipe = one(tmp_path / "a.parquet", select)
    assert recipe.lines == ("4 blueberries", "1/4 sugar") and recipe.servings == "4"


def test_a_column_that_the_user_tells(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", "SELECT 'x' AS title, ['y'] AS ner, ['1 cup y'] AS stuff")
    with pytest.raises(ReadError, match=r"no column of ingredients; the columns found are: title, ner, stuff; .*--map ingredients=COLUMN"):
        read_path(path)
    assert read_path(path, {"ingredients": "stuff"}).recipes[0].lines == ("1 cup y",)


def test_rows_that_are_refused_keep_their_numbers(tmp_path: Path) -> None:
    select = "SELECT unnest(['a', NULL, 'c', 'd']) AS title, unnest([['x'], ['y'], [], ['z']]) AS ingredients"
    reading = reading_of(tmp_path / "a.parquet", select)
    assert [(r.title, r.row) for r in reading.recipes] == [("a", 1), ("d", 4)]
    assert [(r.row, r.field) for r in reading.refusals] == [(2, "title"), (3, "ingredients")]


def test_many_rows_take_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = "repeat(i::VARCHAR, 500)"
    path = written(tmp_path / "a.parquet", f"SELECT 'r' || i AS title, ['200 g flour'] AS ingredients, {wide} AS photo FROM range(70000) t(i)")
    count = [0]
    monkeypatch.setattr(parquet, "keep", lambda *_: count.__setitem__(0, count[0] + 1))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ReadError, match="no recipes found"):
        read_path(path)
    assert count == [70_000]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


@pytest.mark.parametrize("name", ["a*.parquet", "[ab].parquet", "a?.parquet", "it's.parquet", "a\nb.parquet", "a b;--.parquet"])
def test_names_that_a_database_would_take_for_more(tmp_path: Path, name: str) -> None:
    written(tmp_path / "a.parquet", "SELECT 'other' AS title, ['x'] AS ingredients")
    assert one(tmp_path / name, "SELECT 'this' AS title, ['x'] AS ingredients").title == "this"


def test_the_database_sees_this_file_only(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", "SELECT 'this' AS title, ['x'] AS ingredients")
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with parquet._alone_with(path) as (connection, source):
        assert connection.execute("SELECT title FROM read_parquet(?)", [source]).fetchall() == [("this",)]
        for query in (
            f"FROM read_csv('{other}')", f"COPY (SELECT 1) TO '{tmp_path / 'new.csv'}'", f"ATTACH '{tmp_path / 'new.duckdb'}'", "INSTALL httpfs",
            "SET enable_external_access = true", "FROM read_parquet('https://example.org/x.parquet')",
        ):  # fmt: skip
            with pytest.raises(duckdb.Error):
                connection.execute(query)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.parquet", "other.csv"]


def test_a_file_with_thousands_of_columns(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", f"SELECT 'x' AS title, {', '.join(f'{n} AS c{n}' for n in range(2100))}")
    with pytest.raises(ReadError, match="2,101 columns"):
        read_path(path)


@pytest.mark.parametrize(
    ("kind", "depth"),
    [
        ("VARCHAR", 0), ("VARCHAR[][]", 2), ("DECIMAL(9,2)[]", 2), ("STRUCT(a VARCHAR[], b INTEGER)[]", 3), ("STRUCT(a VARCHAR, b VARCHAR)", 1),
        ("MAP(VARCHAR, STRUCT(a VARCHAR[3]))", 3), (")))", 0), ("STRUCT(a A[], b B[], c C[])", 2),
    ],
)  # fmt: skip
def test_depth_of_a_type(kind: str, depth: int) -> None:
    assert parquet._nested(kind) == depth


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1\x00\x00\x00\x00PAR1", b"PAR1" + bytes(500), b"PAR1" + bytes(4) + b"\xff\xff\xff\x7fPAR1"])
def test_damaged_files(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(ReadError) as caught:
        read_path(tmp_path / "a.parquet")
    (refusal,) = caught.value.refusals
    assert refusal.reason.startswith(("damaged, or no Parquet", "not text")) and str(tmp_path) not in refusal.reason


def test_other_databases_are_skipped(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "a.db") as connection:
        connection.execute("CREATE TABLE recipes (title, ingredients)")
    duckdb.connect(str(tmp_path / "b.duckdb")).execute("CREATE TABLE recipes (title VARCHAR)").close()
    (tmp_path / "c.json").write_text('{"title": "x", "ingredients": ["y"]}')
    reading = read_path(tmp_path)
    assert reading.files == {"a.db": 0, "b.duckdb": 0, "c.json": 1} and reading.refusals == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_files(tmp_path: Path, data: st.DataObject) -> None:
    source = tmp_path / "real"
    if not source.exists():
        written(source, "SELECT 'r' || i AS title, ['200 g flour', '2 eggs'] AS ingredients, {'name': 'x'} AS tags FROM range(50) t(i)")
    content = bytearray(source.read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(4, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    (tmp_path / "a.parquet").write_bytes(bytes(content))
    try:
        reading = read_path(tmp_path / "a.parquet")
    except ReadError as error:
        reading = error.reading
    assert not any(refusal.reason.startswith("could not be read") for refusal in reading.refusals)
