"""YAML text -> plain values: mappings, lists, texts and None, and nothing else, whatever the text asks for.

What belongs here: YAML, and its dangers. Every scalar is the text as it is written ("no", 1:30, 2024-01-01, 1/2), tags are not obeyed,
and what a document unfolds to is bounded, aliases counted in full. Which value is a recipe is told elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from dish_pipeline.recipes.readers.reading import Unreadable

DEEPEST = 40
"""Lists and mappings within one another."""

MOST = 1_000_000
"""Values of one document, those that its aliases repeat counted again."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOTHING = frozenset(("", "~", "null", "Null", "NULL"))
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_DOCUMENT = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_ITEM = re.compile(r"^(?=-[ \t\r\n])", re.MULTILINE)
_NO_VALUE = re.compile(r"\s*+(?:[#%]|\.\.\.\s*+$|$)")
_LIST = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*+-(?:\s|\Z)")
_ALIASES = "write the values out, without & and *"


@dataclass(slots=True)
class _Node:
    """A value with what it unfolds to: how many values, and how deep."""

    value: object
    size: int = 1
    height: int = 0


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come."""

    node: _Node
    anchor: str | None
    line: int
    key: str | None = None
    merged: list[object] = field(default_factory=list)


def documents(text: str) -> Iterator[tuple[int, str]]:
    """(lines before it, text) of every document of a file, cut at `---`, which is a mark wherever it begins a line."""
    starts = [0, *(found.start() for found in _DOCUMENT.finditer(text))]
    lines, last = 0, 0
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        lines += text.count("\n", last, start)
        last = start
        part = text[start:end]
        if not all(_NO_VALUE.match(line) for line in part.removeprefix("---").splitlines()):
            yield lines, part


def items(text: str, before: int = 0) -> Iterator[tuple[int, str]]:
    """(lines before it, text) of every item of a document that is a list at its left margin; nothing for another document."""
    body = _DOCUMENT.sub("   ", text, count=1)
    if not _LIST.match(body):
        return
    starts = [found.start() for found in _ITEM.finditer(body)]
    lines, last = before, 0
    for start, end in zip(starts, [*starts[1:], len(body)], strict=True):
        lines += body.count("\n", last, start)
        last = start
        yield lines, body[start:end]


def load_yaml(text: str, before: int = 0) -> object:
    """The value of one document. Raises Unreadable, saying in which line of the file it breaks (`before`: lines above the text)."""
    try:
        return _built(yaml.parse(_CONTROL.sub("", text.lstrip("\ufeff")), Loader=_LOADER), before)
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark.line if error.problem_mark else 0) + before + 1
        about = text[error.problem_mark.index : error.problem_mark.index + 80] if error.problem_mark else ""
        raise Unreadable(f"not valid YAML: {error.problem} in line {line}", about, "correct that line; put texts with : or # into quotes") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"not valid YAML: {type(error).__name__}: {error}"[:300], text, "correct the YAML") from None


def _built(events: Iterator[yaml.Event], before: int) -> object:
    anchors: dict[str, _Node] = {}
    opened: list[_Open] = []
    whole: object = None
    for event in events:
        line = before + 1 + (event.start_mark.line if event.start_mark is not None else 0)
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            if len(opened) >= DEEPEST:
                raise Unreadable(f"nested deeper than {DEEPEST} levels in line {line}", remedy="write flat lists")
            value: object = [] if isinstance(event, yaml.SequenceStartEvent) else {}
            opened.append(_Open(_Node(value), event.anchor, line))
            continue
        if isinstance(event, yaml.ScalarEvent):
            node, anchor = _Node(None if event.value in _NOTHING and event.implicit[0] else event.value), event.anchor
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor not in anchors:
                raise Unreadable(f"an alias of something that does not stand above it: *{event.anchor} in line {line}", remedy=_ALIASES)
            node, anchor = anchors[event.anchor], None
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            done = opened.pop()
            _merge(done)
            node, anchor = done.node, done.anchor
        elif isinstance(event, yaml.DocumentStartEvent) and whole is not None:
            raise Unreadable(f"text after the end of its document in line {line}", remedy="part documents by a line of ---")
        else:
            continue
        if anchor is not None:
            anchors[anchor] = node
        if not opened:
            whole = node.value
            continue
        _put(node, opened[-1], line)
        if opened[-1].node.size > MOST or len(opened) + node.height > DEEPEST:
            raise Unreadable(f"aliases that unfold to more than {MOST:,} values or {DEEPEST} levels", remedy=_ALIASES)
    return whole


def _put(node: _Node, into: _Open, line: int) -> None:
    """Put a value, or the key of the next, into the list or mapping that is open."""
    into.node.size += node.size
    into.node.height = max(into.node.height, node.height + 1)
    container = into.node.value
    if isinstance(container, list):
        container.append(node.value)
    elif isinstance(container, dict) and into.key is None:
        if isinstance(node.value, list | dict):
            raise Unreadable(f"a key that is no text in line {line}", remedy="put texts that hold { or [ into quotes")
        into.key = "" if node.value is None else str(node.value)
    elif isinstance(container, dict) and into.key is not None:
        key, into.key = into.key, None
        old = container.get(key)
        if key == "<<":
            into.merged += node.value if isinstance(node.value, list) else [node.value]
        elif old in (None, "", [], {}):
            container[key] = node.value
        elif node.value not in (None, "", [], {}) and old is not node.value and old != node.value:
            raise Unreadable(f"the key {key[:60]!r} twice, again in line {line}", key, "give each key once, with all of its values")


def _merge(done: _Open) -> None:
    """What `<<` brings in, below what the mapping says itself."""
    for other in done.merged:
        if isinstance(done.node.value, dict) and isinstance(other, dict):
            done.node.value.update({key: value for key, value in other.items() if key not in done.node.value})
