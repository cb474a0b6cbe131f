"""XML: MasterCook's mx2, RecipeML, KreML, and other programs' <recipe> elements (.mx2, .xml, .rml, .recipeml, .kreml).

What belongs here: XML -> one small tree for each recipe, without trusting the file: no entity that it declares, nothing outside it, and no
depth. A DOCTYPE is allowed and not followed. What the elements of each format mean is told in `xml_recipes`.
"""

from __future__ import annotations

import codecs
import re
from html.entities import html5
from pathlib import Path
from xml.parsers import expat

from dish_pipeline.recipes.readers.fields import keep
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import encoding_of, whole_text
from dish_pipeline.recipes.readers.xml_recipes import RECIPES, Element, record_of

MAX_FILE = 128 * 1024 * 1024
"""Bytes of an XML file, whose text has to be held in memory as a whole."""

DEEPEST = 60
"""Elements within elements."""

_DECLARATION = re.compile(r"\s*<\?xml\s[^>]{0,300}\?>")
_ENCODING = re.compile(rb"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.-]{1,40})["']""")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_REFERENCE = re.compile(r"&(?:(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)?")
_OWN = frozenset(("amp", "lt", "gt", "quot", "apos"))
_MX2_TAG = re.compile(r"<(?:IngR|RcpE)\s[^\n]*")
_MX2_ATTRIBUTE = re.compile(r"""(?<=\s)(?:name|author|unit|qty|code|img)=\"""")
_TAG_END = re.compile(r'"\s*/?>')
_ROOT = re.compile(r"<(?:\w{1,20}:)?(mx2|recipeml|krecipes|krecipes-recipe|gourmetDoc|cookbook|recipes?)\b")
REMEDY = "export the recipes again, or repair the XML there"


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every recipe; `row` is its number in the file. XML that breaks keeps the recipes before the break."""
    if (size := path.stat().st_size) > MAX_FILE:
        raise Unreadable(f"{size:,} bytes, over the {MAX_FILE:,} of an XML file", remedy="export it in several parts")
    walk = _Walk(name, reading)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = walk.start, walk.end, walk.text
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(_repaired(_text(path)).encode(), True)
    except expat.ExpatError as error:
        reason = f"not well-formed XML: {expat.ErrorString(error.code)} in line {error.lineno}; {walk.row} recipes before it were read"
        raise Unreadable(reason, "", REMEDY) from None
    if walk.row == 0:
        raise Unreadable(f"XML without recipes; it is a <{walk.root[:60]}>", "", "give MasterCook mx2, RecipeML or KreML")


def claims(head: str) -> bool:
    """True for XML that begins with the element of a known format."""
    return head.lstrip("\ufeff \t\r\n").startswith("<") and _ROOT.search(head) is not None


def _refuse_entity(*_: object) -> None:
    raise Unreadable("XML that declares entities, which recipes do not need", "", "remove the <!ENTITY ...> lines")


class _Walk:
    """Builds the tree of one recipe at a time and keeps what it says."""

    def __init__(self, name: str, reading: Reading) -> None:
        self.name, self.reading = name, reading
        self.row, self.depth, self.root = 0, 0, ""
        self.opened: list[Element] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        self.root = self.root or tag
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable(f"XML nested deeper than {DEEPEST} elements", "", REMEDY)
        if self.opened or tag.lower() in RECIPES:
            element = Element(tag.lower(), attributes)
            if self.opened:
                self.opened[-1].children.append(element)
            self.opened.append(element)

    def text(self, text: str) -> None:
        if self.opened:
            self.opened[-1].children.append(text)

    def end(self, tag: str) -> None:
        self.depth -= 1
        if not self.opened:
            return
        element = self.opened.pop()
        if not self.opened:
            self.row += 1
            try:
                record = record_of(element)
            except Unreadable as error:
                self.reading.add(error.refusal(self.name, self.row, "ingredients"))
            else:
                keep(record, self.name, self.row, self.reading)


def _text(path: Path) -> str:
    """The text of the file: by its mark, else UTF-8, else as it declares itself, else as every other file."""
    data = path.read_bytes()
    declared = _ENCODING.match(data.lstrip()[:400])
    if encoding_of(data[:4]) is None and declared is not None:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        try:
            codec = codecs.lookup(declared[1].decode("ascii"))
            # Windows-1252 is what is meant by Latin-1, whose places from 80 to 9F hold nothing.
            return data.decode("cp1252" if codec.name == "iso8859-1" else codec.name)
        except (LookupError, UnicodeDecodeError, ValueError):
            pass
    return whole_text(path)


def _repaired(text: str) -> str:
    """What programs write that is not quite XML, made XML: bare &, HTML's entities, control characters, quotes within quotes."""
    text = _CONTROL.sub("", text.lstrip("\ufeff"))
    # MasterCook puts `standalone` before `encoding`, which is an error; and the encoding has been dealt with.
    text = _DECLARATION.sub("", text, count=1) if _DECLARATION.match(text) else text.lstrip()
    text = _REFERENCE.sub(_reference, text)
    return _MX2_TAG.sub(_requoted, text) if "<IngR" in text else text


def _reference(found: re.Match[str]) -> str:
    name = found[1] or ""
    if name in _OWN:
        return found[0]
    if name.startswith("#"):
        number = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
        allowed = number in (9, 10, 13) or 32 <= number < 0xD800 or 0xE000 <= number <= 0x10FFFF
        return f"&#{number};" if allowed and number not in (0xFFFE, 0xFFFF) else ""
    return html5.get(f"{name};") or f"&amp;{found[0][1:]}"


def _requoted(found: re.Match[str]) -> str:
    """A tag of mx2 whose values hold quotes: <IngR name="tomatoes in 3/4" dice" qty="2">."""
    tag = found[0]
    end = _TAG_END.search(tag)
    marks = list(_MX2_ATTRIBUTE.finditer(tag, 0, end.start())) if end is not None else []
    if end is None or not marks or tag.count('"', 0, end.start()) == 2 * len(marks) - 1:
        return tag
    parts, place = [], 0
    for mark, after in zip(marks, [*(mark.start() for mark in marks[1:]), end.start()], strict=True):
        value = tag[mark.end() : after].rstrip()
        value = value if after == end.start() else value.removesuffix('"')
        parts.append(tag[place : mark.end()] + value.replace('"', "&quot;").replace("<", "&lt;") + ("" if after == end.start() else '" '))
        place = after
    return "".join([*parts, tag[place:]])


FORMAT = Format("XML", (".mx2", ".xml", ".rml", ".recipeml", ".kreml"), read, claims, certain=True)
