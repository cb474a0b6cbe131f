"""Tables survive the way to Parquet and back: types, nulls, emptiness, odd paths."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dish_pipeline.store import tables

SCHEMA = {"a": "VARCHAR", "n": "BIGINT", "x": "DOUBLE", "b": "BOOLEAN", "words": "VARCHAR[]", "grams": "DOUBLE[]"}


def frame(**columns: list[object]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(columns.get(name, [None]), dtype=object) for name in SCHEMA})


def there_and_back(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    tables.write(table, path, SCHEMA)
    return tables.read(path)


def test_values_and_nulls_come_back_also_inside_lists(tmp_path: Path) -> None:
    table = frame(a=["x", None], n=[1, 2], x=[1.5, None], b=[True, None], words=[["p", None], []], grams=[[1.0, None, 2.0], None])
    back = there_and_back(tmp_path / "t.parquet", table)
    assert back["words"].tolist() == [["p", None], []]
    assert back["grams"][0] == [1.0, None, 2.0]
    assert back["grams"][1] is None
    assert pd.isna(back["a"][1])
    assert pd.isna(back["x"][1])
    assert back["b"].tolist() == [True, None]
    assert back["n"].tolist() == [1, 2]


def test_every_spelling_of_missing_is_one(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [None, np.nan, pd.NA, pd.NaT], "grams": [[np.nan]] * 4})
    tables.write(table, tmp_path / "t.parquet", {"a": "VARCHAR", "grams": "DOUBLE[]"})
    back = tables.read(tmp_path / "t.parquet")
    assert back["a"].isna().all()
    assert back["grams"].tolist() == [[None]] * 4


@pytest.mark.parametrize("dtype", [object, "str", "float64"])
def test_an_empty_table_keeps_its_columns_and_types(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "t.parquet"
    back = there_and_back(path, pd.DataFrame({name: pd.Series([], dtype=dtype) for name in SCHEMA}))
    assert list(back.columns) == list(SCHEMA)
    assert len(back) == 0
    described = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    assert {name: kind for name, kind, *_ in described} == SCHEMA


def test_a_value_after_thousands_of_nulls_keeps_its_type(tmp_path: Path) -> None:
    nothing: list[object] = [None] * 5000
    empty: list[object] = [[]] * 5000
    table = frame(a=[*nothing, "text"], n=[*nothing, 2**53], x=[*nothing, 0.1], b=[*nothing, False], words=[*nothing, ["q"]], grams=[*empty, [1.5]])
    last = there_and_back(tmp_path / "t.parquet", table).iloc[-1]
    assert (last["a"], last["n"], last["x"], last["b"], last["words"], last["grams"]) == ("text", 2**53, 0.1, False, ["q"], [1.5])


def test_lists_may_be_arrays_and_tuples(tmp_path: Path) -> None:
    back = there_and_back(tmp_path / "t.parquet", frame(words=[np.array(["q"], dtype=object)], grams=[np.array([1.0, 2.0])]))
    assert back["words"].tolist() == [["q"]]
    assert back["grams"].tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize("name", ["it's", 'q"uote', "a b", "a[1]*?", "ünï", "{x}", "a;b--c", "100%"])
def test_paths_may_hold_quotes_and_wildcards(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    assert there_and_back(folder / f"{name}.parquet", frame(a=["here"]))["a"].tolist() == ["here"]


def test_one_path_is_one_file_even_beside_files_that_it_would_match(tmp_path: Path) -> None:
    there_and_back(tmp_path / "a1.parquet", frame(a=["other"]))
    assert there_and_back(tmp_path / "a[1].parquet", frame(a=["own"]))["a"].tolist() == ["own"]


def test_columns_come_in_the_order_of_the_schema_and_others_are_left_out(tmp_path: Path) -> None:
    table = frame(a=["x"])[list(reversed(SCHEMA))].assign(more=1)
    assert list(there_and_back(tmp_path / "t.parquet", table).columns) == list(SCHEMA)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match=r"t\.parquet: columns missing: n, x"):
        tables.write(frame().drop(columns=["n", "x"]), tmp_path / "t.parquet", SCHEMA)
    assert not list(tmp_path.iterdir())


def test_text_comes_back_letter_for_letter(tmp_path: Path) -> None:
    texts = ["it's \"quoted\"; DROP TABLE t", "tab\tline\nend", "🥜 crème", "", " ", "NULL", "\\N", "[1, 2]"]
    table = pd.DataFrame({"a": texts, "words": [[text] for text in texts]})
    tables.write(table, tmp_path / "t.parquet", {"a": "VARCHAR", "words": "VARCHAR[]"})
    back = tables.read(tmp_path / "t.parquet")
    assert back["a"].tolist() == texts
    assert back["words"].tolist() == [[text] for text in texts]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
numbers = st.floats(allow_nan=False)
rows = st.tuples(st.none() | texts, st.none() | numbers, st.none() | st.lists(st.none() | texts), st.none() | st.lists(st.none() | numbers))


@given(st.lists(rows, min_size=1, max_size=5))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_comes_back(tmp_path: Path, values: list[tuple[object, ...]]) -> None:
    names = ["a", "x", "words", "grams"]
    table = pd.DataFrame({name: pd.Series(list(column), dtype=object) for name, column in zip(names, zip(*values, strict=True), strict=True)})
    tables.write(table, tmp_path / "t.parquet", {name: SCHEMA[name] for name in names})
    back = tables.read(tmp_path / "t.parquet").astype(object)
    for name in names:
        assert [None if value is None or value != value else value for value in back[name]] == table[name].tolist()


def test_a_value_that_comes_late_in_a_column_of_missing_ones_is_kept(tmp_path: Path) -> None:
    count = 40_000
    frame = pd.DataFrame({"word": [None] * count, "words": [None] * count, "number": [None] * count}, dtype=object)
    for column, value in (("word", "late"), ("words", ["a", "b"]), ("number", 2.5)):
        frame.at[count - 7, column] = value
    tables.write(frame, tmp_path / "t.parquet", {"word": "VARCHAR", "words": "VARCHAR[]", "number": "DOUBLE"})
    assert tables.read(tmp_path / "t.parquet").iloc[count - 7].tolist() == ["late", ["a", "b"], 2.5]
