"""Which format reads a file: by content as well as by ending, and nothing known is passed over in silence."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest

from dish_pipeline.recipes.readers import FORMATS, ReadError, read_path
from dish_pipeline.recipes.readers.choice import format_for

PANCAKES = {"title": "Pancakes", "ingredients": ["200 g flour", "2 eggs"]}
LINES = ("200 g flour", "2 eggs")
TEXT = json.dumps(PANCAKES)


def zipped(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.json", text)
    return out.getvalue()


CONTENTS: dict[str, bytes] = {
    "JSON": json.dumps([PANCAKES], indent=1).encode(),
    "JSON on one line": TEXT.encode(),
    "JSON Lines": f"{TEXT}\n{TEXT}\n".encode(),
    "CSV": b"title,ingredients\nPancakes,200 g flour; 2 eggs\n",
    "CSV with bars": b"Name;Zutaten\nPancakes;200 g flour | 2 eggs\n",
    "Excel's Unicode text": "Title\tIngredients\r\nPancakes\t200 g flour; 2 eggs\r\n".encode("utf-16"),
    "CSV with sep": b"sep=;\nTitle;Ingredients\nPancakes;200 g flour, 2 eggs\n",
    "HTML": f'<!doctype html><script type="application/ld+json">{json.dumps({"@type": "Recipe", **PANCAKES})}</script>'.encode(),
    "zip": zipped(TEXT),
    "gzip": gzip.compress(TEXT.encode()),
    "UTF-16": json.dumps([PANCAKES]).encode("utf-16"),
}


@pytest.mark.parametrize("content", list(CONTENTS))
@pytest.mark.parametrize("name", ["a", "a.txt", "a.dat", "a.json", "a.jsonl", "a.csv", "a.html", "a.zip", "a.xlsx", "a.parquet", "a.TXT", "a.recipe"])
def test_content_under_any_name(tmp_path: Path, content: str, name: str) -> None:
    (tmp_path / name).write_bytes(CONTENTS[content])
    reading = read_path(tmp_path / name)
    assert reading.refusals == [] and {recipe.lines for recipe in reading.recipes} == {LINES}
    assert {recipe.title for recipe in reading.recipes} == {"Pancakes"}


@pytest.mark.parametrize("content", ["JSON", "JSON on one line", "JSON Lines", "HTML", "zip", "gzip", "UTF-16"])
@pytest.mark.parametrize("name", ["a.md", "a.yaml", "a.cook", "a.xml"])
def test_what_cannot_be_mistaken_is_read_under_the_endings_of_others(tmp_path: Path, content: str, name: str) -> None:
    (tmp_path / name).write_bytes(CONTENTS[content])
    assert {recipe.lines for recipe in read_path(tmp_path / name).recipes} == {LINES}


UNKNOWN: dict[str, bytes] = {
    "picture.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "photo.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "a.pdf": b"%PDF-1.7\n%\xe2\xe3\n\x00",
    "a.db": b"SQLite format 3\x00" + bytes(84), "a.duckdb": bytes(8) + b"DUCK" + bytes(80), "Makefile": b"all:\n\tcc x.c\n", "empty": b"",
    "app.log": b'{"level": "info", "msg": "started"}\n{"level": "info", "msg": "ended"}\n', "a.lock": b'{"packages": [{"name": "x"}]}',
    "a.py": b"print(1)\n", "blank.dat": b" \n",
    "a.doc": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "prices.dat": b"title;price\nx;3\n", "a.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a.7z": b"7z\xbc\xaf\x27\x1c\x00\x04", "a.wasm": b"\x00asm\x01\x00\x00\x00",
}  # fmt: skip


def test_what_no_format_knows_is_skipped(tmp_path: Path) -> None:
    for name, content in UNKNOWN.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ReadError, match=r"not a known recipe format; give a file that ends in \.jsonl"):
            read_path(tmp_path / name)
    (tmp_path / "z.json").write_text(TEXT)
    reading = read_path(tmp_path)
    assert reading.files == {**dict.fromkeys(UNKNOWN, 0), "z.json": 1} and reading.refusals == []
    assert reading.formats == {"z.json": "JSON"}


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.csv", "a.html", "a.xlsx", "a.parquet", "a.zip"])
@pytest.mark.parametrize("content", [b"", b" \n ", b"\x00\x01\x02", b"just some words", b"%PDF-1.7\x00"])
def test_a_known_ending_is_never_passed_over_in_silence(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError) as caught:
        read_path(tmp_path / name)
    (refusal,) = caught.value.refusals
    assert refusal.reason and refusal.remedy and not refusal.reason.startswith("could not be read")


def test_an_ending_that_is_right_is_kept(tmp_path: Path) -> None:
    """What a format quotes from another does not make it that other."""
    quoting = {
        "a.md": f"# Pancakes\n\n## Ingredients\n\n- 200 g flour\n- 2 eggs\n\n## Directions\n\nMix, as <html> and {TEXT} say.\n",
        "b.csv": f'title,ingredients,note\nPancakes,200 g flour; 2 eggs,"<html>{TEXT.replace(chr(34), chr(39))}"\n',
        "c.json": json.dumps({**PANCAKES, "note": "<!doctype html><html>title,ingredients\n"}),
        "d.html": CONTENTS["HTML"].decode().replace("<script", f"<!-- title,ingredients\n{TEXT}\n{TEXT}\n--><script"),
    }
    for name, text in quoting.items():
        (tmp_path / name).write_text(text)
    reading = read_path(tmp_path)
    assert reading.formats == {"a.md": "Markdown", "b.csv": "CSV", "c.json": "JSON", "d.html": "HTML"}
    assert [recipe.lines for recipe in reading.recipes] == [LINES] * 4


def test_json_lines_that_begin_with_a_long_line(tmp_path: Path) -> None:
    lines = [json.dumps({**PANCAKES, "photo": "A" * 100_000}) for _ in range(3)]
    for name in ("a.json", "a.jsonl", "a.dat"):
        (tmp_path / name).write_text("\n".join(lines))
        assert len(read_path(tmp_path / name).recipes) == 3


def test_the_list_of_refusals_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.refused.csv").write_text("title,ingredients\nx,y\n")
    (tmp_path / "a.jsonl").write_text(TEXT)
    assert read_path(tmp_path).files == {"a.jsonl": 1, "a.refused.csv": 0}


def test_every_format_is_chosen_for_its_own_endings() -> None:
    for found in FORMATS:
        for ending in found.endings:
            chosen = format_for(f"a{ending}", b"\x00", FORMATS)
            assert chosen is found, ending
