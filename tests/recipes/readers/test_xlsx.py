"""Excel workbooks: sheets, headers, cells of every kind, and workbooks that nobody saved with Excel."""

from __future__ import annotations

import datetime
import io
import re
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from dish_pipeline.recipes.readers import ReadError, Reading, read_path, xlsx_file

HEADER = ["Title", "Ingredients", "Servings"]
SOUP = ["Soup", "1 l water\n2 onions", 4]


def book(**sheets: list[list[object]]) -> bytes:
    workbook = Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def reading_of(path: Path, content: bytes) -> Reading:
    path.write_bytes(content)
    return read_path(path)


def error_of(path: Path, content: bytes) -> str:
    with pytest.raises(ReadError) as caught:
        reading_of(path, content)
    (refusal,) = caught.value.refusals
    assert refusal.remedy and not refusal.reason.startswith("could not be read")
    return refusal.reason


@pytest.mark.parametrize("name", ["a.xlsx", "a.xlsm", "a.XLSX", "a", "a.zip", "a.csv"])
def test_a_sheet(tmp_path: Path, name: str) -> None:
    reading = reading_of(tmp_path / name, book(Recipes=[HEADER, SOUP, [None], ["", "x"], ["Tea", "water", "2-3 cups"]]))
    assert [(r.title, r.lines, r.servings, r.file, r.row) for r in reading.recipes] == [
        ("Soup", ("1 l water", "2 onions"), "4", name, 2), ("Tea", ("water",), "2-3 cups", name, 5),
    ]  # fmt: skip
    assert [(r.row, r.field) for r in reading.refusals] == [(4, "title")] and reading.formats == {name: "Excel"} and reading.files == {name: 2}


def test_cells_are_text(tmp_path: Path) -> None:
    header = ["title", "ingredients", "servings", "course", "cuisine", "tags", "ingredient1", "amount1"]
    day = datetime.datetime(2024, 5, 1)
    cells = [["A", "x", 2.5, day, day.replace(hour=10), True, "flour", 1.5], ["B", "x", 4.0, "#N/A", None, "#1 dish", "egg", 2]]
    first, second = reading_of(tmp_path / "a.xlsx", book(R=[header, *cells])).recipes
    assert (first.servings, first.course, first.cuisine, first.tags) == ("2.5", "2024-05-01", "2024-05-01 10:00:00", ("TRUE",))
    assert first.lines == ("x", "1.5 flour") and second.lines == ("x", "2 egg")
    assert (second.servings, second.course, second.cuisine, second.tags) == ("4", "", "", ("#1 dish",))


def test_formulas_are_what_they_came_to(tmp_path: Path) -> None:
    content = book(R=[HEADER, ["Soup", "water", "=2+2"], ["=A2", "water", 1]])
    parts = parts_of(content)
    sheet = re.sub(rb"<f>2\+2</f><v ?/?>(?:</v>)?", b"<f>2+2</f><v>4</v>", parts["xl/worksheets/sheet1.xml"])
    assert sheet != parts["xl/worksheets/sheet1.xml"]
    reading = reading_of(tmp_path / "a.xlsx", zipped({**parts, "xl/worksheets/sheet1.xml": sheet}))
    assert [(r.title, r.servings) for r in reading.recipes] == [("Soup", "4")]
    assert [(r.row, r.field) for r in reading.refusals] == [(3, "title")]  # never calculated


def test_several_sheets(tmp_path: Path) -> None:
    sheets = {"Notes": [["buy milk"]], "Soups": [["My soups"], [], HEADER, SOUP], "Rezepte": [["Name", "Zutaten"], ["Tee", "Wasser"]]}
    reading = reading_of(tmp_path / "a.xlsx", book(**sheets))
    assert [(r.title, r.file, r.row) for r in reading.recipes] == [("Soup", "a.xlsx/Soups", 4), ("Tee", "a.xlsx/Rezepte", 2)]
    assert set(reading.columns) == {"a.xlsx/Soups", "a.xlsx/Rezepte"} and reading.files == {"a.xlsx": 2}


def test_columns_by_other_names(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    content = book(R=[["Dish", "What goes in", "", "Dish"], ["Soup", "water", None, "x"]])
    assert "no column of ingredients; the columns found are: Dish, What goes in, Dish2" in error_of(path, content)
    assert read_path(path, {"ingredients": "What goes in"}).recipes[0].lines == ("water",)


@pytest.mark.parametrize("sheets", [{"A": []}, {"A": [[]]}, {"A": [["x"]] * 30}, {"A": [["title", "other"]], "B": []}])
def test_workbooks_without_recipes(tmp_path: Path, sheets: dict[str, list[list[object]]]) -> None:
    assert "no column of" in error_of(tmp_path / "a.xlsx", book(**sheets))


def zipped(parts: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return out.getvalue()


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        return {name: file.read(name) for name in file.namelist()}


SHARED = "xl/sharedStrings.xml"
MAIN = "http://schemas.openxmlformats.org"


def shared() -> dict[str, bytes]:
    """The parts of a workbook as Excel writes it: texts in a table of their own."""
    parts = parts_of(book(R=[HEADER, SOUP]))
    texts: list[bytes] = []

    def moved(match: re.Match[bytes]) -> bytes:
        texts.append(match[1])
        return b't="s"><v>%d</v></c>' % (len(texts) - 1)

    parts["xl/worksheets/sheet1.xml"] = re.sub(rb't="inlineStr"><is><t>(.*?)</t></is></c>', moved, parts["xl/worksheets/sheet1.xml"], flags=re.DOTALL)
    items = b"".join(b"<si><t>%s</t></si>" % text for text in texts)
    parts[SHARED] = b'<?xml version="1.0"?><sst xmlns="%s/spreadsheetml/2006/main">%s</sst>' % (MAIN.encode(), items)
    kind = f'<Override PartName="/{SHARED}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", kind.encode())
    return parts


def changed(part: str, old: bytes, new: bytes) -> bytes:
    parts = parts_of(book(R=[HEADER, SOUP]))
    assert old in parts[part]
    return zipped({**parts, part: parts[part].replace(old, new, 1)})


def test_texts_in_a_table_of_their_own(tmp_path: Path) -> None:
    (recipe,) = reading_of(tmp_path / "a.xlsx", zipped(shared())).recipes
    assert (recipe.title, recipe.lines, recipe.servings) == ("Soup", ("1 l water", "2 onions"), "4")


def test_a_sheet_that_lies_about_its_size(tmp_path: Path) -> None:
    for stated in (b'ref="A1:XFD1048576"', b'ref="A1"', b'ref="A1:A1"'):
        assert reading_of(tmp_path / "a.xlsx", changed("xl/worksheets/sheet1.xml", b'ref="A1:C2"', stated)).recipes[0].servings == "4"


def test_a_cell_in_the_last_row_of_all(tmp_path: Path) -> None:
    begun = time.monotonic()
    last = b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    content = changed("xl/worksheets/sheet1.xml", b"</sheetData>", last)
    assert len(reading_of(tmp_path / "a.xlsx", content).recipes) == 1 and time.monotonic() - begun < 5


BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">'.encode() for n in range(10)
) + b"]>"  # fmt: skip


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", SHARED, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_entities_within_entities(tmp_path: Path, part: str) -> None:
    parts = shared()
    body = parts[part].partition(b"?>")[2] if parts[part].startswith(b"<?xml") else parts[part]
    begun = time.monotonic()
    bomb = zipped({**parts, part: BOMB + body.replace(b"</", b"&k;</", 1)})
    try:
        reading_of(tmp_path / "a.xlsx", bomb)
    except ReadError as error:
        assert not any(refusal.reason.startswith("could not be read") for refusal in error.refusals)
    assert time.monotonic() - begun < 5


def test_a_file_of_the_machine_is_not_read_into_a_sheet(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    start = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY k SYSTEM "file://{secret}">]>'.encode()
    texts = shared()[SHARED].partition(b"?>")[2].replace(b"Soup", b"&k;Soup")
    try:
        reading = reading_of(tmp_path / "a.xlsx", zipped({**shared(), SHARED: start + texts}))
    except ReadError as error:
        reading = error.reading
    assert "SECRET" not in repr(reading)


def test_a_bomb_is_told_by_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "MAX_BOOK", 100_000)
    content = changed("xl/worksheets/sheet1.xml", b"</sheetData>", b" " * 200_000 + b"</sheetData>")
    assert "over the 100,000 of a workbook" in error_of(tmp_path / "a.xlsx", content)


def test_a_directory_that_lies(tmp_path: Path) -> None:
    content = bytearray(changed("xl/worksheets/sheet1.xml", b"</sheetData>", b" " * 5_000_000 + b"</sheetData>"))
    directory = content.index(b"PK\x01\x02")
    while directory >= 0:
        content[directory + 24 : directory + 28] = (50).to_bytes(4, "little")
        directory = content.find(b"PK\x01\x02", directory + 1)
    error_of(tmp_path / "a.xlsx", bytes(content))


def test_a_workbook_with_a_password(tmp_path: Path) -> None:
    assert "encrypted" in error_of(tmp_path / "a.xlsx", xlsx_file.OLD + bytes(500))


def test_damaged_workbooks(tmp_path: Path) -> None:
    whole = book(R=[HEADER, SOUP])
    for content in (whole[:500], whole[: len(whole) // 2], b"PK\x03\x04" + bytes(100), zipped({"xl/workbook.xml": b"<x/>"}), zipped({"xl/x": b""})):
        assert "damaged" in error_of(tmp_path / "a.xlsx", content)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_workbooks(tmp_path: Path, data: st.DataObject) -> None:
    parts = shared()
    part = data.draw(st.sampled_from(sorted(parts)))
    text = bytearray(parts[part])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text)))
        new = data.draw(st.sampled_from([b"", b"<", b">", b'"', b"99999999999", b"</row>", b"\xff", b't="s"']))
        text[place : place + data.draw(st.integers(0, 20))] = new
    try:
        reading = reading_of(tmp_path / "a.xlsx", zipped({**parts, part: bytes(text)}))
    except ReadError as error:
        reading = error.reading
    assert not any(refusal.reason.startswith("could not be read") for refusal in reading.refusals)
