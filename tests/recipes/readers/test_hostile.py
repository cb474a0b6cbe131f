"""Folders and values that were made, or happened, to do harm: nothing hangs, nothing is run, nothing outside is touched."""

from __future__ import annotations

import io
import json
import os
import socket
import stat
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from openpyxl import Workbook

from dish_pipeline.recipes.readers import ReadError, Reading, read_path

PANCAKES = {"title": "Pancakes", "ingredients": ["200 g flour", "2 eggs"]}
TEXT = json.dumps(PANCAKES)
LONG = "x" * 10_000_000


@pytest.fixture(autouse=True)
def soon_and_without_a_trace(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test here ends within seconds, starts no process, and leaves the folder for temporary files empty."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for name in ("system", "popen", "fork", "posix_spawn", "execv"):
        monkeypatch.setattr(os, name, lambda *_: pytest.fail("a process was started"))
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < 20
    assert list(folder.iterdir()) == []


def found_in(path: Path) -> Reading:
    try:
        return read_path(path)
    except ReadError as error:
        return error.reading


# ---------------------------------------------------------------- folders


def test_things_that_are_no_files_are_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    os.mkfifo(tmp_path / "pipe")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "s.csv"))
    try:
        os.mknod(tmp_path / "zero.jsonl", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    except OSError:
        (tmp_path / "zero.jsonl").symlink_to("/dev/zero")
    (tmp_path / "link to a pipe.json").symlink_to("pipe.json")
    (tmp_path / "a.json").write_text(TEXT)
    reading: list[Reading] = []
    thread = threading.Thread(target=lambda: reading.append(read_path(tmp_path)), daemon=True)
    thread.start()
    thread.join(10)
    listening.close()
    assert not thread.is_alive() and reading[0].files["a.json"] == 1 and len(reading[0].recipes) == 1
    for name in ("pipe.json", "pipe", "s.csv"):
        with pytest.raises(ReadError, match="neither a file nor a folder"):
            read_path(tmp_path / name)


def test_links_out_of_the_folder_and_in_circles(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.json").write_text(TEXT)
    inside = tmp_path / "in"
    (inside / "deep").mkdir(parents=True)
    (inside / "a.json").write_text(TEXT)
    for number, target in enumerate([outside, outside / "secret.json", "../outside/secret.json", "/etc/passwd", "/dev/zero", "/proc/self/mem"]):
        (inside / f"out{number}.json").symlink_to(target)
    (inside / "deep" / "up").symlink_to("..")
    (inside / "one").symlink_to("two")
    (inside / "two").symlink_to("one")
    reading = read_path(inside)
    assert [recipe.file for recipe in reading.recipes] == ["a.json"]
    assert {refusal.file for refusal in reading.refusals} == {*(f"out{number}.json" for number in range(6)), "one", "two"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_and_folders_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(TEXT)
    (tmp_path / "b.json").write_text(TEXT)
    (tmp_path / "c").mkdir()
    (tmp_path / "b.json").chmod(0)
    (tmp_path / "c").chmod(0)
    try:
        reading = read_path(tmp_path)
    finally:
        (tmp_path / "c").chmod(0o700)
    assert len(reading.recipes) == 1 and {refusal.file for refusal in reading.refusals} == {"b.json", "c/"}


def test_a_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text(TEXT)
    (tmp_path / "b.unknown").write_text("x")

    def no(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("dish_pipeline.recipes.readers.first_bytes", no)
    reading = found_in(tmp_path)
    assert [refusal.reason for refusal in reading.refusals] == ["cannot be opened: Permission denied"] * 2


def test_thousands_of_files(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"{number}.json").write_text(TEXT)
        (tmp_path / f"{number}.bin").write_bytes(b"\x00\x01")
    reading = read_path(tmp_path)
    assert len(reading.recipes) == 1000 and len(reading.files) == 2000


def test_a_deep_folder(tmp_path: Path) -> None:
    here = tmp_path
    for _ in range(300):
        here = here / "d"
    here.mkdir(parents=True)
    (here / "a.json").write_text(TEXT)
    assert len(read_path(tmp_path).recipes) == 1


def test_names_that_are_not_text(tmp_path: Path) -> None:
    odd = [b"caf\xe9.json", b"\x1b[31mred.json", b"a\nb.json", "‮gnp.json".encode(), b"-rf.json", b"$(touch x).json", b"';--.json", b" .json"]
    try:
        for name in odd:
            (tmp_path / os.fsdecode(name)).write_text(TEXT)
    except OSError:
        pytest.skip("the file system takes no such names")
    reading = read_path(tmp_path)
    assert len(reading.recipes) == len(odd)
    assert {"caf\\xe9.json", "\\x1b[31mred.json", "a\\x0ab.json"} <= {recipe.file for recipe in reading.recipes}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as archive:
        info = tarfile.TarInfo("caf\xe9\x1b.json")
        info.size = len(TEXT)
        archive.addfile(info, io.BytesIO(TEXT.encode()))
    (tmp_path / "a.tar").write_bytes(out.getvalue())
    assert [recipe.file for recipe in read_path(tmp_path / "a.tar").recipes] == ["a.tar/caf\\xe9\\x1b.json"]
    "".join([*reading.files, *reading.formats, *reading.columns]).encode()


# ---------------------------------------------------------------- values


def as_json(record: dict[str, object]) -> tuple[str, bytes]:
    return "a.json", json.dumps(record).encode()


def as_csv(record: dict[str, object]) -> tuple[str, bytes]:
    cells = [value if isinstance(value, str) else json.dumps(value) for value in record.values()]
    return "a.csv", ",".join(record).encode() + b"\n" + ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells).encode()


def as_page(record: dict[str, object]) -> tuple[str, bytes]:
    return "a.html", f'<html><script type="application/ld+json">{json.dumps({"@type": "Recipe", **record})}</script>'.encode()


def as_workbook(record: dict[str, object]) -> tuple[str, bytes]:
    book, out = Workbook(), io.BytesIO()
    book.active.append(list(record))
    book.active.append([value if isinstance(value, str) else json.dumps(value) for value in record.values()])
    book.save(out)
    return "a.xlsx", out.getvalue()


def as_parquet(record: dict[str, object]) -> tuple[str, bytes]:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = Path(folder) / "a"
        connection.execute("CREATE TABLE t (title VARCHAR, ingredients VARCHAR[])")
        connection.execute("INSERT INTO t VALUES (?, ?)", list(record.values()))
        connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
        return "a.parquet", path.read_bytes()


WRITERS = [as_json, as_csv, as_page, as_workbook, as_parquet]
Writer = Callable[[dict[str, object]], tuple[str, bytes]]


@pytest.mark.parametrize("write", [as_json, as_csv, as_parquet])
@pytest.mark.parametrize("field", ["title", "ingredients"])
def test_fields_of_ten_megabytes(tmp_path: Path, write: Writer, field: str) -> None:
    value: object = LONG if field == "title" else [LONG, "2 eggs"]
    name, content = write({**PANCAKES, field: value})
    (tmp_path / name).write_bytes(content)
    reading = found_in(tmp_path / name)
    assert reading.recipes == [] and len(reading.refusals) == 1
    assert "1,000,000" in reading.refusals[0].reason and len(reading.refusals[0].value) <= 200


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(
    "line",
    [
        "\x1b[2J\x1b]0;title\x07 1 egg", "1\u202e egg", "1 egg\u0000", "\u200b1 egg\ufeff", "1 e\ud83dgg", "a\u0301" * 400 + " 1 egg", "1 egg\ufdd0",
        "=cmd|' /C calc'!A0", "__import__('os').system('true')", "{{7*7}}", "<script>alert(1)</script> 1 egg", "'; DROP TABLE recipes; --",
    ],
    ids=range(12),
)  # fmt: skip
def test_characters_and_code(tmp_path: Path, write: Writer, line: str) -> None:
    try:
        name, content = write({"title": "x", "ingredients": [line, "2 eggs"]})
    except Exception:
        pytest.skip("this format has no way to write that")
    (tmp_path / name).write_bytes(content)
    for recipe in found_in(tmp_path / name).recipes:
        joined = "".join([recipe.title, *recipe.lines])
        joined.encode()
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in joined) and "\u202e" not in joined
        assert "2 eggs" in recipe.lines[-1]


@pytest.mark.parametrize("depth", [100, 900, 5000, 100_000])
@pytest.mark.parametrize("pair", [("[", "]"), ('{"ingredients":[', "]}"), ('{"a":', "}"), ('{"@graph":[', "]}"), ('{"recipe":', "}")])
@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.html", "a.csv"])
def test_deep_nesting(tmp_path: Path, name: str, pair: tuple[str, str], depth: int) -> None:
    nested = pair[0] * depth + "1" + pair[1] * depth
    text = {
        "a.html": f'<html><script type="application/ld+json">{{"@type": "Recipe", "name": "x", "recipeIngredient": {nested}}}</script>',
        "a.csv": 'title,ingredients\nx,"' + nested.replace('"', '""') + '"\n',
    }.get(name, f'{{"title": "x", "ingredients": {nested}}}')
    (tmp_path / name).write_text(text)
    found_in(tmp_path / name)


@pytest.mark.parametrize("wrap", ["[{}]", "{{'a': {}}}", "MAP {{'a': {}}}", "[{{'a': {}, 'b': 1}}]"])
def test_columns_nested_without_end(tmp_path: Path, wrap: str) -> None:
    deep = "'1 egg'"
    for _ in range(40):
        deep = wrap.format(deep)
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 'x' AS title, {deep} AS ingredients) TO '{tmp_path / 'a.parquet'}' (FORMAT parquet)")
    (refusal,) = found_in(tmp_path / "a.parquet").refusals
    assert refusal.reason == "ingredients: nested too deep"


@pytest.mark.parametrize("piece", ["(", ",", "&", "<", "1 ", "&amp;", "**", "\\n", '["', "a,", "<br>", "c("])
def test_cells_that_would_take_long(tmp_path: Path, piece: str) -> None:
    begun = time.monotonic()
    (tmp_path / "a.json").write_text(json.dumps({"title": "x", "ingredients": piece * (900_000 // len(piece))}))
    found_in(tmp_path / "a.json")
    assert time.monotonic() - begun < 15
