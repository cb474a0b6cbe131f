"""Archives: every member through the choice of formats, nothing left behind, nothing believed."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dish_pipeline.recipes.readers import ReadError, Reading, archive, read_path

PANCAKES = {"title": "Pancakes", "ingredients": ["200 g flour", "2 eggs"]}
LINES = ("200 g flour", "2 eggs")
PICTURE = b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(100_000)


@pytest.fixture(autouse=True)
def nothing_left(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever happens, the folder for temporary files is empty afterwards."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield
    assert list(folder.iterdir()) == []


def as_bytes(content: object) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()


def zipped(members: Mapping[str, object], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as file:
        for name, content in members.items():
            file.writestr(name, as_bytes(content))
    return out.getvalue()


def streamed(members: Mapping[str, object]) -> bytes:
    """A zip by a writer that cannot go back: sizes come behind the data."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(data)  # type: ignore[arg-type]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, as_bytes(content))
    return bytes(pipe.data)


def tarred(members: Mapping[str, object], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as file:  # type: ignore[call-overload]
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE if name.endswith("/") else info.type
            data = b"" if isinstance(content, tarfile.TarInfo) else as_bytes(content)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def reading_of(path: Path, content: bytes) -> Reading:
    path.write_bytes(content)
    return read_path(path)


def error_of(path: Path, content: bytes) -> ReadError:
    with pytest.raises(ReadError) as caught:
        reading_of(path, content)
    return caught.value


def files_of(reading: Reading) -> list[str]:
    return [recipe.file for recipe in reading.recipes]


MEMBERS = {
    "sub/recipe.json": PANCAKES,
    "b.csv": b"title,ingredients\nPancakes,200 g flour; 2 eggs\n",
    "c/": b"",
    "picture.png": PICTURE,
    "__MACOSX/sub/._recipe.json": b"\x00\x05\x16\x07",
    "._b.csv": b"\x00\x05\x16\x07",
    ".DS_Store": b"\x00\x00\x00\x01Bud1",
    "no ending": json.dumps([PANCAKES]).encode(),
    "prices.dat": b"1;2;3\n",
}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", zipped(MEMBERS)), ("a.zip", zipped(MEMBERS, zipfile.ZIP_STORED)), ("a.zip", zipped(MEMBERS, zipfile.ZIP_BZIP2)),
        ("a.zip", streamed(MEMBERS)), ("a.tar", tarred(MEMBERS)), ("a.tar.gz", tarred(MEMBERS, "w:gz")), ("a.tgz", tarred(MEMBERS, "w:gz")),
        ("a.txt", zipped(MEMBERS)), ("a", tarred(MEMBERS)), ("a.json", tarred(MEMBERS, "w:gz")), ("a.gz", gzip.compress(tarred(MEMBERS))),
    ],
)  # fmt: skip
def test_members_are_read_by_their_formats(tmp_path: Path, name: str, content: bytes) -> None:
    reading = reading_of(tmp_path / name, content)
    assert reading.refusals == []
    assert files_of(reading) == [f"{name}/sub/recipe.json", f"{name}/b.csv", f"{name}/no ending"]
    assert {recipe.lines for recipe in reading.recipes} == {LINES}
    assert [(recipe.row, recipe.title) for recipe in reading.recipes] == [(1, "Pancakes"), (2, "Pancakes"), (1, "Pancakes")]
    assert {name for name, count in reading.files.items() if not count} == {f"{name}/picture.png", f"{name}/prices.dat"}
    assert sum(reading.files.values()) == 3 and reading.formats[f"{name}/b.csv"] == "CSV" and reading.formats[name] == "archive"


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz", "a.json.gz", "a.json", "a", "a.html.gz"])
def test_one_compressed_file_keeps_its_name(tmp_path: Path, name: str) -> None:
    contents = {
        "a.jsonl.gz": json.dumps(PANCAKES) + "\n" + json.dumps(PANCAKES), "a.csv.gz": "title,ingredients\nPancakes,200 g flour; 2 eggs\n",
        "a.html.gz": f'<html><script type="application/ld+json">{json.dumps({"@type": "Recipe", **PANCAKES})}</script></html>',
    }  # fmt: skip
    reading = reading_of(tmp_path / name, gzip.compress(contents.get(name, json.dumps([PANCAKES])).encode()))
    assert {recipe.file for recipe in reading.recipes} == {name} and {recipe.lines for recipe in reading.recipes} == {LINES}
    assert list(reading.files) == [name] and reading.formats[name] != "archive"


def test_gzip_in_several_parts(tmp_path: Path) -> None:
    line = json.dumps(PANCAKES).encode() + b"\n"
    assert len(reading_of(tmp_path / "a.jsonl.gz", gzip.compress(line * 3) + gzip.compress(line * 2) + bytes(512)).recipes) == 5


def test_archives_within_archives(tmp_path: Path) -> None:
    content = gzip.compress(json.dumps(PANCAKES).encode())
    for depth, expected in ((1, 1), (2, 1), (3, 0)):
        content = zipped({f"{depth}.zip" if depth > 1 else "r.json.gz": content}, zipfile.ZIP_STORED)
        (tmp_path / f"{depth}.zip").write_bytes(content)
        if expected:
            assert files_of(read_path(tmp_path / f"{depth}.zip"))[0].startswith(f"{depth}.zip/")
        else:
            with pytest.raises(ReadError, match="deeper than 3; unpack it"):
                read_path(tmp_path / f"{depth}.zip")


def test_names_are_never_paths(tmp_path: Path) -> None:
    names = ["/etc/cron.d/x.json", "../../../x.json", "..\\..\\y.json", "C:\\z.json", "a/./b//../x.json", "x\n.json", "x.json"]
    for kind, content in (("a.zip", zipped(dict.fromkeys(names, PANCAKES))), ("a.tar", tarred(dict.fromkeys(names, PANCAKES)))):
        (tmp_path / kind).write_bytes(content)
        before = sorted(tmp_path.rglob("*"))
        assert files_of(read_path(tmp_path / kind)) == [
            f"{kind}/{shown}" for shown in ("etc/cron.d/x.json", "x.json", "y.json", "C:/z.json", "a/b/x.json", "x\\x0a.json", "x.json (2)")
        ]
        assert sorted(tmp_path.rglob("*")) == before


def test_links_and_devices_are_refused(tmp_path: Path) -> None:
    members = {
        "link.json": special("link.json", tarfile.SYMTYPE, "/etc/passwd"), "hard.json": special("hard.json", tarfile.LNKTYPE, "a.json"),
        "pipe.json": special("pipe.json", tarfile.FIFOTYPE), "null.json": special("null.json", tarfile.CHRTYPE), "a.json": PANCAKES,
    }  # fmt: skip
    reading = reading_of(tmp_path / "a.tar", tarred(members))
    assert files_of(reading) == ["a.tar/a.json"]
    assert [(r.file, r.reason) for r in reading.refusals] == [
        ("a.tar/link.json", "a link"), ("a.tar/hard.json", "a link"), ("a.tar/pipe.json", "a device or pipe"),
        ("a.tar/null.json", "a device or pipe"),
    ]  # fmt: skip
    link = zipfile.ZipInfo("link.json")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as file:
        file.writestr(link, "/etc/passwd")
        file.writestr("a.json", json.dumps(PANCAKES))
    reading = read_path(tmp_path / "b.zip")
    assert files_of(reading) == ["b.zip/a.json"] and [r.reason for r in reading.refusals] == ["a link"]


def test_encrypted_members_are_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.json": PANCAKES, "b.json": PANCAKES}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    reading = reading_of(tmp_path / "a.zip", bytes(data))
    assert files_of(reading) == ["a.zip/b.json"]
    assert [(r.file, r.reason, r.remedy) for r in reading.refusals] == [("a.zip/a.json", "encrypted", "export it without a password")]


def test_compression_that_nobody_knows(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.json": PANCAKES, "b.json": PANCAKES}))
    for mark, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(mark) + place] = 97
    reading = reading_of(tmp_path / "a.zip", bytes(data))
    assert files_of(reading) == ["a.zip/b.json"] and "compression" in reading.refusals[0].reason


@pytest.mark.parametrize("make", [zipped, streamed, lambda m: zipped(m, zipfile.ZIP_STORED), tarred, lambda m: tarred(m, "w:gz")])
def test_what_comes_before_a_cut_is_kept(tmp_path: Path, make: object) -> None:
    members = {f"{number}.json": {**PANCAKES, "note": os.urandom(400).hex()} for number in range(20)}
    whole = make(members)  # type: ignore[operator]
    for share in (0.7, 0.5, 0.2):
        reading = reading_of(tmp_path / "a.x", whole[: int(len(whole) * share)])
        assert 2 <= len(reading.recipes) < 20
        assert files_of(reading) == [f"a.x/{number}.json" for number in range(len(reading.recipes))]
        (refusal,) = reading.refusals
        assert (refusal.file, refusal.row) == ("a.x", 0) and "damaged or cut off" in refusal.reason and "again" not in refusal.field


def test_a_damaged_member_costs_itself(tmp_path: Path) -> None:
    data = bytearray(zipped({f"{n}.json": PANCAKES for n in range(3)}, zipfile.ZIP_STORED))
    data[data.index(b"eggs")] ^= 1
    reading = reading_of(tmp_path / "a.zip", bytes(data))
    assert files_of(reading) == ["a.zip/1.json", "a.zip/2.json"]
    assert [r.file for r in reading.refusals] == ["a.zip/0.json"] and "CRC" in reading.refusals[0].reason


def test_a_damaged_tar_header_is_no_end(tmp_path: Path) -> None:
    data = bytearray(tarred({f"{n}.json": PANCAKES for n in range(3)}))
    data[data.index(b"2.json") + 150] ^= 0xFF
    reading = reading_of(tmp_path / "a.tar", bytes(data))
    assert files_of(reading) == ["a.tar/0.json", "a.tar/1.json"] and len(reading.refusals) == 1


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
def test_a_table_cut_off_keeps_its_whole_rows(tmp_path: Path, name: str) -> None:
    rows = [os.urandom(30).hex() for _ in range(400)]
    lines = ["title,ingredients", *(f"{row},flour; eggs" for row in rows)]
    if "jsonl" in name:
        lines = [json.dumps({**PANCAKES, "title": row}) for row in rows]
    whole = gzip.compress("\n".join(lines).encode())
    reading = reading_of(tmp_path / name, whole[: len(whole) // 2])
    assert 100 < len(reading.recipes) < 300 and len(reading.refusals) == 1
    assert [recipe.title for recipe in reading.recipes] == rows[: len(reading.recipes)]
    assert len({len(recipe.lines) for recipe in reading.recipes}) == 1  # half a list would look like a whole one


def test_a_page_cut_off_gives_nothing(tmp_path: Path) -> None:
    whole = gzip.compress(json.dumps([{**PANCAKES, "note": os.urandom(900).hex()}]).encode())
    assert "damaged or cut off" in str(error_of(tmp_path / "a.json.gz", whole[:-300]))


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"\x1f\x8b\x08", b"\x1f\x8b" + bytes(50), zipped({})])
def test_archives_with_nothing(tmp_path: Path, content: bytes) -> None:
    error_of(tmp_path / "a.zip", content)


def test_text_under_the_name_of_an_archive(tmp_path: Path) -> None:
    assert "not an archive, whatever its name says" in str(error_of(tmp_path / "a.zip", b"Not found\n"))
    assert reading_of(tmp_path / "b.zip", json.dumps([PANCAKES]).encode()).formats == {"b.zip": "JSON"}


@pytest.mark.parametrize("first", ["mimetype", "[Content_Types].xml", "META-INF/MANIFEST.MF", "word/document.xml", "_rels/.rels"])
def test_zips_that_are_documents_or_programs_are_skipped(tmp_path: Path, first: str) -> None:
    for make in (zipped, streamed):
        (tmp_path / "a.docx").write_bytes(make({first: b"application/x" * 50, "content.json": PANCAKES}))
        (tmp_path / "b.json").write_text(json.dumps(PANCAKES))
        reading = read_path(tmp_path)
        assert reading.files == {"a.docx": 0, "b.json": 1} and reading.refusals == []


# ---------------------------------------------------------------- limits


def test_a_bomb_is_stopped_by_what_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "ALWAYS", 3_000_000)
    bomb = b"[" + b" " * 20_000_000
    for name, content in (("a.json.gz", gzip.compress(bomb)), ("a.zip", zipped({"x.json": bomb})), ("a.tgz", tarred({"x.json": bomb}, "w:gz"))):
        error = error_of(tmp_path / name, content)
        assert len(error.refusals) == 1 and "bytes when taken out" in error.refusals[0].reason
    nested = zipped({f"{n}.zip": zipped({"x.json": bomb[:2_000_000]}) for n in range(50)} | {"z.json": PANCAKES})
    reading = error_of(tmp_path / "b.zip", nested)
    assert sum("when taken out" in refusal.reason for refusal in reading.refusals) == 1


def test_a_size_that_is_a_lie_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBER", 1_000_000)
    data = bytearray(zipped({"x.json": b"[" + b" " * 5_000_000, "y.json": PANCAKES}))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(mark) + place
        data[at : at + 4] = (100).to_bytes(4, "little")
    reading = reading_of(tmp_path / "a.zip", bytes(data))
    assert files_of(reading) == ["a.zip/y.json"] and len(reading.refusals) == 1


def test_members_over_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBER", 70_000)
    for content in (zipped({"x.json": [PANCAKES] * 3000, "y.json": PANCAKES}), tarred({"x.json": [PANCAKES] * 3000, "y.json": PANCAKES})):
        reading = reading_of(tmp_path / "a.x", content)
        assert files_of(reading) == ["a.x/y.json"] and "over 70,000 bytes" in reading.refusals[0].reason


def test_a_sparse_tar_member_is_counted_by_what_it_becomes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_MEMBER", 1_000_000)
    info = tarfile.TarInfo("x.json")
    sparse = {"major": "0", "minor": "1", "map": "0,1", "size": str(10**12), "name": "x.json"}
    info.pax_headers = {f"GNU.sparse.{key}": value for key, value in sparse.items()}
    info.size = 1
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as file:
        file.addfile(info, io.BytesIO(b"["))
        other = tarfile.TarInfo("y.json")
        other.size = len(as_bytes(PANCAKES))
        file.addfile(other, io.BytesIO(as_bytes(PANCAKES)))
    reading = reading_of(tmp_path / "a.tar", out.getvalue())
    assert files_of(reading) == ["a.tar/y.json"] and len(reading.refusals) == 1


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_MEMBERS", 5)
    monkeypatch.setattr(archive, "_Budget", lambda size: _budget(size, members=5))
    reading = reading_of(tmp_path / "a.zip", zipped({f"{n}.json": PANCAKES for n in range(9)}))
    assert len(reading.recipes) == 5 and [r.reason for r in reading.refusals] == ["more than 5 members; the rest is left unread"]


def test_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_Budget", lambda size: _budget(size, until=0.0))
    error = error_of(tmp_path / "a.zip", zipped({f"{n}.json": PANCAKES for n in range(9)}))
    assert len(error.refusals) == 1 and "seconds" in error.refusals[0].reason


_made = archive._Budget


def _budget(size: int, **limits: object) -> archive._Budget:
    return _made(size, **limits)  # type: ignore[arg-type]


def test_a_directory_larger_than_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dish_pipeline.recipes.readers.members.LARGEST_DIRECTORY", 500)
    assert "too many members" in str(error_of(tmp_path / "a.zip", zipped({f"{n}.json": PANCAKES for n in range(50)})))


# ---------------------------------------------------------------- anything at all

QUICK = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
REAL = {
    "a.zip": zipped({"a.json": PANCAKES, "b.csv": b"title,ingredients\nx,y\n", "p.png": PICTURE[:200]}), "b.zip": streamed({"a.json": PANCAKES}),
    "c.gz": gzip.compress(as_bytes(PANCAKES)), "d.tar": tarred({"a.json": PANCAKES}), "e.tgz": tarred({"a.json": PANCAKES}, "w:gz"),
    "f.zip": zipped({"1.zip": zipped({"recipe.json": PANCAKES}), "2.gz": gzip.compress(as_bytes(PANCAKES))}, zipfile.ZIP_STORED),
}  # fmt: skip


@pytest.mark.parametrize("name", list(REAL))
@QUICK
@given(data=st.data())
def test_mutated_archives(tmp_path: Path, name: str, data: st.DataObject) -> None:
    content = bytearray(REAL[name])
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from("rditz"))
        if kind == "r":
            content[place] = data.draw(st.integers(0, 255))
        elif kind == "d":
            del content[place : place + data.draw(st.integers(1, 30))]
        elif kind == "i":
            content[place:place] = data.draw(st.binary(max_size=12))
        elif kind == "t" and place > 20:
            del content[place:]
        else:
            content[place : place + 4] = data.draw(st.sampled_from([b"\xff\xff\xff\xff", bytes(4), b"PK\x03\x04", b"PK\x05\x06"]))
        content = content or bytearray(b"PK")
    try:
        reading = reading_of(tmp_path / name, bytes(content))
    except ReadError as error:
        reading = error.reading
    for refusal in reading.refusals:
        assert not refusal.reason.startswith("could not be read"), refusal


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08\x00", b""])
@QUICK
@given(content=st.binary(max_size=400))
def test_any_bytes(tmp_path: Path, start: bytes, content: bytes) -> None:
    for name in ("a.zip", "a.tar", "a.gz"):
        try:
            reading_of(tmp_path / name, start + content)
        except ReadError as error:
            assert all(not refusal.reason.startswith("could not be read") for refusal in error.refusals), error.refusals
