"""Bytes to text, and text to clean text: encodings, entities, HTML tags, mojibake, control characters, whitespace.

What belongs here: everything about characters that no format or field owns. Fractions (½, 1⁄2) stay as they are written.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5
from pathlib import Path

import ftfy

from dish_pipeline.recipes.readers.reading import Unreadable

MAX_CELL = 1_000_000
"""Characters of one value; a longer one is refused."""

MAX_LINE = 64_000_000
"""Characters of one physical line; a file with a longer one is read up to there."""

HEAD = 65_536
"""Bytes looked at to tell what a file is."""

SAVE_AS_UTF8 = "save as UTF-8"

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark is the beginning of this one
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ESCAPED_BYTE = re.compile("[\udc80-\udcff]")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_CONTROL_IN_FILE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Known tags only, so that "<1 litre" and "butter <or oil>" stay. Emphasis leaves nothing behind; the rest leaves a space, since
# "1<sup>1</sup>/<sub>2</sub>" is one and a half, not eleven halves.
_EMPHASIS = re.compile(r"</?(?:b|i|u|em|strong|span|a|font|mark|abbr)(?:\s[^<>]*)?>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:br|p|div|ul|ol|li|dl|dt|dd|h[1-6]|hr|img|sup|sub|small|big|s|strike|del|ins|center"
    r"|table|thead|tbody|tr|td|th|section|script|style|html|body)"
    r"(?:[\s/][^<>]*)?>",
    re.IGNORECASE,
)
_BLOCK_END = re.compile(r"<(?:br|hr)\s{0,5}/?\s{0,5}>|</(?:li|p|div|tr|ul|ol|h[1-6])\s{0,5}>", re.IGNORECASE)
# Controls, soft hyphen, zero-width space and marks of direction; joiners stay, for scripts and emoji that need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)


def entities(text: str) -> str:
    """HTML entities resolved, twice (`&amp;frac12;`); only those that end in a semicolon, so that "salt &pepper" stays."""
    for _ in range(2):
        if "&" not in text:
            break
        text = _ENTITY.sub(lambda m: unescape(m[0]) if m[1][0] == "#" or m[1] + ";" in html5 else m[0], text)
    return text


def loosened(text: str) -> str:
    """Text ready to be split: entities resolved, the ends of HTML blocks turned into line ends. Raises Unreadable over 1 MB."""
    if len(text) > MAX_CELL:
        raise Unreadable(f"{len(text):,} characters, over the {MAX_CELL:,} of one value", text, "shorten it, or check for an unclosed quote")
    text = entities(text)
    return _BLOCK_END.sub("\n", text) if "<" in text else text


def clean(text: str) -> str:
    """One line of readable text: entities, tags, mojibake, control characters and runs of whitespace are gone."""
    text = loosened(text)
    if "<" in text:
        text = _TAG.sub(" ", _EMPHASIS.sub("", text))
    if not text.isascii() or "\x1b" in text:
        text = ftfy.fix_text(text, unescape_html=False)
    return " ".join(_INVISIBLE.sub("", text).split())


def encoding_of(head: bytes) -> str | None:
    """The encoding that a byte-order mark names, or None."""
    return next((name for mark, name in _BOMS if head.startswith(mark)), None)


def first_bytes(path: Path) -> bytes:
    """The beginning of a file, for telling formats apart."""
    with path.open("rb") as file:
        return file.read(HEAD)


def head_text(head: bytes) -> str | None:
    """The beginning of a file as text, or None where it is not text. Bytes that cannot be decoded are replaced."""
    encoding = encoding_of(head)
    if encoding is None and b"\x00" in head:
        return None
    return head.decode(encoding or "utf-8", errors="replace")


def text_head(head: bytes) -> str:
    """The beginning of a file that has to be text. Raises Unreadable where it is empty or not text."""
    if not head.strip():
        raise Unreadable("the file is empty", remedy="put recipes into it, or remove it")
    text = head_text(head)
    if text is None:
        raise Unreadable(f"not text: byte 0x00 at position {head.index(0)}", remedy=SAVE_AS_UTF8)
    return text


def whole_text(path: Path) -> str:
    """A whole file as text: by its mark, else UTF-8, else Windows-1252 if it can be that. Raises Unreadable otherwise."""
    data = path.read_bytes()
    encoding = encoding_of(data)
    try:
        return data.decode(encoding or "utf-8")
    except UnicodeDecodeError as error:
        text = _windows(data) if encoding is None else None
        if text is None:
            name = "UTF-8" if encoding is None else encoding.upper()
            reason = f"not {name}: byte 0x{data[error.start]:02X} at position {error.start}"
            raise Unreadable(reason, data[error.start : error.start + 20].hex(" "), SAVE_AS_UTF8) from None
        return text


def physical_lines(path: Path) -> Iterator[str]:
    """The lines of a file, each with its end. Each line is UTF-8 or Windows-1252 by itself, so that one bad byte costs one line.

    A byte that is neither stays as a lone surrogate, which `bad_byte` finds. Raises Unreadable for a line without end, and for
    a marked file (UTF-16, UTF-32) that breaks its own encoding.
    """
    with path.open("rb") as file:
        encoding = encoding_of(file.read(4))
    marked = encoding not in (None, "utf-8-sig")
    number = 0
    with path.open(encoding=encoding or "utf-8", errors="strict" if marked else "surrogateescape") as lines:
        while True:
            try:
                line = lines.readline(MAX_LINE)
            except UnicodeError as error:
                raise Unreadable(f"not {str(encoding).upper()} after line {number}: {error}", remedy=SAVE_AS_UTF8) from None
            if not line:
                return
            number += 1
            if len(line) >= MAX_LINE:
                raise Unreadable(f"line {number} is over {MAX_LINE:,} characters", line, "give one recipe per line")
            if not marked and _ESCAPED_BYTE.search(line):
                line = _windows(line.encode("utf-8", "surrogateescape")) or line
            yield line


def bad_byte(text: str) -> Unreadable | None:
    """The error for the first byte of a line that could not be decoded, if there is one."""
    found = _ESCAPED_BYTE.search(text)
    if found is None:
        return None
    return Unreadable(f"not UTF-8: byte 0x{ord(found[0]) - 0xDC00:02X} at character {found.start() + 1}", text, SAVE_AS_UTF8)


def _windows(data: bytes) -> str | None:
    """Bytes as Windows-1252, or None where they are rather something else: control characters, damaged UTF-8, another script."""
    high = len(_HIGH_BYTE.findall(data))
    if high > 16 and high > 0.3 * len(data):
        return None
    marked = data.decode("utf-8", errors="surrogateescape")
    bad = len(_ESCAPED_BYTE.findall(marked))
    if sum(not c.isascii() for c in marked) - bad >= bad:
        return None
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return None if _CONTROL_IN_FILE.search(text) else text
