"""The members of an archive, one after another: zip by its directory, or by going through it where the directory is gone; gzip; tar.

What belongs here: the containers. Nothing is written anywhere, no link is followed, and every byte that is decompressed is counted
before it is handed on.
"""

from __future__ import annotations

import lzma
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol

from dish_pipeline.recipes.readers.reading import Unreadable

ZIP, EMPTY_ZIP, GZIP, TAR = (0, b"PK\x03\x04"), (0, b"PK\x05\x06"), (0, b"\x1f\x8b"), (257, b"ustar")
"""Where and what the containers' marks are."""

LARGEST_DIRECTORY = 64 * 1024 * 1024
"""Bytes of a zip's directory, which Python holds in memory as objects ten times that size; an entry takes about a hundred."""

_OTHER_ZIPS = (
    "mimetype", "[Content_Types].xml", "_rels/", "docProps/", "customXml/", "xl/", "word/", "ppt/", "META-INF/", "Index/", "AndroidManifest",
)  # fmt: skip
"""How members are called in zips that are documents and programs: OpenDocument, EPUB, Office, Java, Apple's own."""

_FAULTS = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError, RuntimeError, struct.error,
    OverflowError, UnicodeError, IndexError,
)  # fmt: skip
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_AGAIN = "export it once more, or copy it again"

Count = Callable[[int], None]


class Cut(Unreadable):
    """The container itself is damaged: nothing can be said of what comes after."""


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


@dataclass(frozen=True)
class Member:
    """One file in a container. `alone`: it is all there is, as in recipes.csv.gz."""

    name: str
    open: Callable[[], Source]
    alone: bool = False


class Stream:
    """Bytes of a member, counted. A fault of the container becomes `fault`, an Unreadable; what came before it is given first."""

    def __init__(self, source: Source, count: Count, fault: type[Unreadable]) -> None:
        self.source, self.count, self.fault = source, count, fault
        self.found: Unreadable | None = None
        self.last = b""

    def read(self, size: int, /) -> bytes:
        """So many bytes; less at the end, and before a fault. Raises Unreadable where they cannot be had, or should not."""
        data = b""
        while len(data) < size and (chunk := self._chunk(size - len(data), bool(data))):
            data += chunk
        self.last = data
        return data

    def _chunk(self, size: int, late: bool) -> bytes:
        try:
            chunk = b"" if self.found else self.source.read(size)
        except _FAULTS as error:
            chunk, self.found = b"", damaged(self.fault, error)
        if self.found and not late:
            raise self.found
        self.count(len(chunk))
        return chunk


def damaged(kind: type[Unreadable], error: Exception | str) -> Unreadable:
    """The error for a container that breaks off or contradicts itself."""
    return kind(f"damaged or cut off: {error or type(error).__name__}", remedy=_AGAIN)


def is_archive(head: str) -> bool:
    """True for the beginning of an archive, as Latin-1; false for zips that are documents or programs, and for text."""
    if head.startswith("PK"):
        return not any(name.startswith(_OTHER_ZIPS) for name in names_in(head))
    return head.startswith("\x1f\x8b") or "\x00" in head


def names_in(head: str) -> list[str]:
    """The names of the first members of a zip, told from its beginning as Latin-1."""
    names: list[str] = []
    place = 0
    while head.startswith("PK\x03\x04", place) and len(head) >= place + _LOCAL.size and len(names) < 50:
        _, _, flags, _, _, _, _, packed, _, length, extra = _LOCAL.unpack(head[place : place + _LOCAL.size].encode("latin-1"))
        names.append(head[place + _LOCAL.size :][:length])
        place += _LOCAL.size + length + extra
        if flags & 8:  # the size comes after the data, behind a mark of its own
            after = re.compile("PK\x07\x08.{12}(?:.{8})?(?=PK\x03\x04)", re.DOTALL).search(head, place)
            place = after.end() if after else len(head)
        else:
            place += packed
    return names


def of(path: Path, name: str, count: Count) -> Iterator[Member]:
    """The members of an archive, without folders. Raises Cut where it is damaged, and what `count` raises."""
    with path.open("rb") as file:
        head = file.read(512)
    if head.startswith(b"PK"):
        yield from _zip(path, count)
    elif head.startswith(GZIP[1]):
        yield from _gzip(path, name, count)
    elif head[257:262] == TAR[1] or (name.lower().endswith(".tar") and head[156:157] in b"\x000"):
        with path.open("rb") as file:
            yield from _tar(file, count)
    else:
        raise Unreadable("not an archive, whatever its name says", head[:40].hex(" "), "give it the ending of what it is")


def _zip(path: Path, count: Count) -> Iterator[Member]:
    if _directory_size(path) > LARGEST_DIRECTORY:
        raise Unreadable("too many members", remedy="unpack it, and give the folder")
    try:
        archive = zipfile.ZipFile(path)
    except _FAULTS as error:
        yield from _zip_without_directory(path, count, error)
        return
    with archive:
        for info in archive.infolist():
            if not info.filename.endswith("/"):
                yield Member(info.filename, partial(_open_zip, archive, info, count))


def _open_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo, count: Count) -> Source:
    _check_zip(info.flag_bits)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise Unreadable("a link", remedy="put the file itself into the archive")
    try:
        return Stream(archive.open(info), count, Unreadable)
    except _FAULTS as error:
        raise damaged(Unreadable, error) from None


def _check_zip(flags: int) -> None:
    if flags & 1:
        raise Unreadable("encrypted", remedy="export it without a password")


def _directory_size(path: Path) -> int:
    """What a zip says its directory takes, without reading it; 0 where it says nothing."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 66_000))
        tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    stated = int.from_bytes(tail[place + 12 : place + 16], "little") if place >= 0 else 0
    large = tail.rfind(b"PK\x06\x06")
    return int.from_bytes(tail[large + 40 : large + 48], "little") if stated == 0xFFFFFFFF and large >= 0 else stated


def _zip_without_directory(path: Path, count: Count, error: Exception) -> Iterator[Member]:
    """What a zip that was cut off still holds: each member is found where the one before ends. Always ends in Cut."""
    with path.open("rb") as file:
        while len(header := file.read(_LOCAL.size)) == _LOCAL.size and header.startswith(ZIP[1]):
            _, _, flags, method, _, _, _, packed, _, length, extra = _LOCAL.unpack(header)
            name = file.read(length).decode("utf-8" if flags & 0x800 else "cp437", "replace")
            file.seek(extra, 1)
            if flags & 1 or method not in (0, 8) or (method == 0 and (flags & 8 or packed == 0xFFFFFFFF)):
                break
            inner = _Inflated(file) if method == 8 else _Stored(file, packed)
            stream = Stream(inner, count, Cut)
            if not name.endswith("/"):
                yield Member(name, partial(_same, stream))
            while stream.read(65_536):
                pass
            inner.leave(bool(flags & 8))
    raise damaged(Cut, error)


def _same(stream: Stream) -> Source:
    return stream


class _Stored:
    """A member that is stored as it is, in its place in the file."""

    def __init__(self, file: Source, size: int) -> None:
        self.file, self.left = file, size

    def read(self, size: int, /) -> bytes:
        data = self.file.read(min(size, self.left) if size >= 0 else self.left)
        if not data and self.left and size:
            raise EOFError("it ends before its content does")
        self.left -= len(data)
        return data

    def leave(self, _: bool) -> None:
        """Nothing follows a stored member whose size is known."""


class _Inflated:
    """Deflated data in their place in a file; they say themselves where they end. With a gzip header, several may follow each other."""

    def __init__(self, file: BinaryIO, gzipped: bool = False) -> None:
        self.file, self.bits = file, 31 if gzipped else -15
        self.engine = zlib.decompressobj(self.bits)
        self.ready, self.place = b"", 0

    def read(self, size: int, /) -> bytes:
        if self.place >= len(self.ready):
            self.ready, self.place = self._next(), 0
        data = self.ready[self.place : self.place + size]
        self.place += len(data)
        return data

    def _next(self) -> bytes:
        while not self.engine.eof or self._goes_on():
            raw = self.engine.unconsumed_tail or self.file.read(65_536)
            if not raw:
                raise EOFError("it ends before its content does")
            if data := self.engine.decompress(raw, 1 << 20):
                return data
        return b""

    def _goes_on(self) -> bool:
        if self.bits < 0 or not self.engine.unused_data.startswith(GZIP[1]):
            return False
        self.file.seek(-len(self.engine.unused_data), 1)
        self.engine = zlib.decompressobj(self.bits)
        return True

    def leave(self, described: bool) -> None:
        """Go to where the next member begins, past the description that may follow the data."""
        self.file.seek(-len(self.engine.unused_data), 1)
        if described:
            place = self.file.tell()
            found = self.file.read(28).find(b"PK\x03\x04", 12)
            self.file.seek(place + max(found, 0))


def _gzip(path: Path, name: str, count: Count) -> Iterator[Member]:
    inner = name[:-3] if name.lower().endswith(".gz") else name
    with path.open("rb") as file:
        head = Stream(_Inflated(file, gzipped=True), count, Cut).read(512)
        file.seek(0)
        stream = Stream(_Inflated(file, gzipped=True), count, Cut)
        if head[257:262] == TAR[1] or inner.lower().endswith((".tar", ".tgz")):
            yield from _tar(stream, count)
        else:
            yield Member(inner, partial(_same, stream), alone=True)


def _tar(source: Source, count: Count) -> Iterator[Member]:
    # Block by block, so that the last one read tells an end from a damage, which tarfile takes for an end.
    blocks = Stream(source, lambda _: None, Cut)
    try:
        with closing(tarfile.open(fileobj=blocks, mode="r|", bufsize=512)) as archive:  # type: ignore[call-overload]
            for info in archive:
                if not info.isdir():
                    yield Member(info.name, partial(_open_tar, archive, info, count))
    except Unreadable:
        raise
    except _FAULTS as error:
        raise damaged(Cut, error) from None
    if any(blocks.last):
        raise damaged(Cut, "a block that is no header")


def _open_tar(archive: tarfile.TarFile, info: tarfile.TarInfo, count: Count) -> Source:
    if not info.isreg():
        kind = "a link" if info.issym() or info.islnk() else "a device or pipe"
        raise Unreadable(kind, info.linkname, "put the file itself into the archive")
    content = archive.extractfile(info)
    if content is None:
        raise Unreadable("no content")
    return Stream(content, count, Cut)
