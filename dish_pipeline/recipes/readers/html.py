"""Saved web pages (.html, .xhtml, .mhtml) whose recipes are marked up for machines, and the pages that apps export.

What belongs here: finding the page in the file and its recipes in the page, in the first markup that gives ingredients. The markup in
attributes is read in `markup`. Nothing is fetched, and no script is run.
"""

from __future__ import annotations

import email
import email.policy
import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

from dish_pipeline.recipes.readers import markup
from dish_pipeline.recipes.readers.fields import field_of, keep
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import SAVE_AS_UTF8, encoding_of

if TYPE_CHECKING:
    from lxml.etree import _Element

MAX_PAGE = 64 * 1024 * 1024
"""Bytes of a page; the tree of one takes ten times that. A cookbook of three thousand recipes exported as one page has a third."""

DEEPEST = 40
"""Lists and objects within each other that are searched for recipes."""

DECLARATION = 4096
"""Bytes in which a page may name its encoding; browsers look at 1024, but some have a long comment first."""

_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,100}?encoding\s*=\s*["']([\w.:-]{2,40})""", re.IGNORECASE
)
_PAGE = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--(?>.*?-->)\s*+)*+<(?:!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_MARKED = re.compile(
    r"<[^>]{0,300}(?:application/ld\+json|itemtype\s*=\s*[\"']?https?://schema\.org/Recipe|class\s*=\s*[\"'][^\"'>]{0,100}\bh-?recipe\b)",
    re.IGNORECASE,
)
_BEFORE = ("<!--", "//", "/*", "<![CDATA[", "*/")
"""What may stand before the JSON in a script, in this order: it once hid the script from browsers that knew none."""

_END = re.compile(r"</(?:body|html)\s*+>|\x00", re.IGNORECASE)
"""Where lxml would stop, though many a page goes on, and a page of pages always does."""

_TRAILING_COMMA = re.compile(r",(?=\s*[\]}])")
_MHTML = re.compile(r"(?:[A-Za-z-]{2,40}:[^\n]{0,500}\n(?:[ \t][^\n]{0,500}\n)*){2,40}?Content-Type:\s*multipart/related", re.IGNORECASE)
REMEDY = "save the page of one recipe whole, or write its title and ingredients into a text file"


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every recipe of the page; `row` is the number of the recipe in it, from 1."""
    size = path.stat().st_size
    if size > MAX_PAGE:
        raise Unreadable(f"{size:,} bytes, over the {MAX_PAGE:,} of a page", remedy="save it in parts")
    found = recipes_in(_tree(path.read_bytes()))
    if not found:
        raise Unreadable("a page without a recipe that is marked as one (JSON-LD, microdata, RDFa, h-recipe)", "", REMEDY)
    for row, record in enumerate(found, 1):
        keep(record, name, row, reading)


def claims(head: str) -> bool:
    """True for what begins as a page, or says early that it holds a recipe for machines; for a page saved with all its parts, too."""
    return bool(_PAGE.match(head.lstrip("\ufeff")) or _MARKED.search(head) or _MHTML.match(head.replace("\r\n", "\n")))


def foreign(head: str) -> bool:
    """True for what can be nothing but a page, while other text may quote one."""
    begins = head.lstrip("\ufeff \t\r\n").startswith("<")
    return (begins and claims(head)) or bool(_MHTML.match(head.replace("\r\n", "\n")))


def recipes_in(page: _Element) -> list[Mapping[str, object]]:
    """The recipes of a page in the first markup that gives ingredients, else in the first that gives any, each once."""
    kinds = [list(_linked_data(page)), *(list(kind) for kind in markup.kinds(page))]
    complete = (kind for kind in kinds if any(_lists_ingredients(record) for record in kind))
    chosen = next(complete, None) or next((kind for kind in kinds if kind), [])
    return list({json.dumps(record, sort_keys=True, default=str): record for record in chosen}.values())


def _lists_ingredients(record: Mapping[str, object]) -> bool:
    return any(value and field_of(key) == "ingredients" for key, value in record.items())


def _tree(data: bytes) -> _Element:
    """The page as a tree. lxml mends what browsers mend, stops at a depth of 256, and loads nothing from anywhere."""
    from lxml import etree, html

    text = _text(_page_of_mhtml(data) if _MHTML.match(data[:8192].decode("latin-1").replace("\r\n", "\n")) else data)
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        page = html.document_fromstring(_END.sub("", text).encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Unreadable(f"not a page: {error}"[:300], text, REMEDY) from None
    return page


def _text(data: bytes) -> str:
    """The page as text: by its mark, else UTF-8 where it is that, else by what it declares, else Windows-1252 as browsers take it."""
    if (marked := encoding_of(data)) is not None:
        try:
            return data.decode(marked)
        except UnicodeError as error:
            raise Unreadable(f"not {marked.upper()}: {error}", remedy=SAVE_AS_UTF8) from None
    declared = _CHARSET.search(data[:DECLARATION])
    named = (declared[1] or declared[2]).decode("ascii") if declared else "cp1252"
    for encoding in ("utf-8", {"iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252"}.get(named.lower(), named), "cp1252"):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return data.decode("cp1252", "replace")


def _page_of_mhtml(data: bytes) -> bytes:
    """The first page among the parts of a page saved as one file (.mhtml, .mht)."""
    for part in email.message_from_bytes(data, policy=email.policy.default).walk():
        if part.get_content_type() in ("text/html", "application/xhtml+xml"):
            payload = part.get_payload(decode=True)
            charset = part.get_content_charset() or "utf-8"
            if isinstance(payload, bytes):
                try:
                    return payload.decode(charset).encode("utf-8")
                except (UnicodeError, LookupError):
                    return payload
    raise Unreadable("no page among its parts", remedy=REMEDY)


def _linked_data(page: _Element) -> Iterator[Mapping[str, object]]:
    """Every Recipe in the page's JSON-LD, however deep. A script that cannot be mended costs itself only."""
    for script in page.iter("script"):
        if "ld+json" in str(script.get("type") or "").lower():
            yield from _recipes(_mended(script.text or ""), 0)


def _recipes(value: object, depth: int) -> Iterator[Mapping[str, object]]:
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        kinds = value.get("@type")
        if any(str(kind).lower().rpartition("/")[2].rpartition(":")[2] == "recipe" for kind in (kinds if isinstance(kinds, list) else [kinds])):
            yield value
            return
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _recipes(inner, depth + 1)


def _mended(text: str) -> object:
    """A script's JSON, mended where it can be: comments around it, commas before a bracket, entities, something behind it. Else None."""
    text = text.strip("\ufeff \t\r\n")
    for mark in _BEFORE:
        text = text.removeprefix(mark).lstrip()
    for attempt in (text, _TRAILING_COMMA.sub("", text.replace("\\'", "'")), _TRAILING_COMMA.sub("", unescape(text))):
        try:
            return json.JSONDecoder(parse_constant=lambda _: None, strict=False).raw_decode(attempt)[0]
        except (ValueError, RecursionError):
            continue
    return None


FORMAT = Format("HTML", (".html", ".htm", ".xhtml", ".mhtml", ".mht"), read, claims, foreign=foreign, certain=True)
