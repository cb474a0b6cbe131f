"""Lists written out as text in a cell: JSON, Python and numpy reprs, R's c("a", "b"), quoted strings between commas.

What belongs here: recognising and reading such a literal. Every token is checked from left to right before anything is built, so
no text, however odd, is executed, nests deeply or takes more than linear time.
"""

from __future__ import annotations

import ast
import json
import re
import warnings

from dish_pipeline.recipes.readers.reading import Unreadable

DEEPEST = 12
"""Brackets within brackets of a literal that is still read."""

_TOKEN = re.compile(
    r"""\s*+(?:[uU]?(?P<string>"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+')"""
    r"""|(?P<open>(?:c\s{0,3})?[\[({])|(?P<close>[\])}])|(?P<mark>[,:])|(?P<word>-?[\w.]++))""",
    re.DOTALL,
)
_STARTS = re.compile(r"""\[|c\s*\(|[({]\s*["']|["']""")
_SURELY = re.compile(r"""\[\s*["'\[{]|c\s*\(\s*["']|[({]\s*["']""")
_NOTHING = frozenset(("na", "nan", "none", "null"))
_NUMBER = re.compile(r"-?\d[\d_]{0,30}(\.\d{0,30})?(e-?\d{1,3})?", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def load_json(text: str) -> object:
    """A JSON value; NaN and Infinity, which other programs write, are nothing. Raises Unreadable, saying where it breaks."""
    try:
        return json.loads(text, parse_constant=lambda _: None, strict=False)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        value = text[max(0, error.pos - 80) : error.pos + 80]
        raise Unreadable(f"not valid JSON: {error.msg} at {place}", value, "correct the JSON, or write it with a JSON library") from None
    except RecursionError:
        raise Unreadable("not valid JSON: nested too deep", text, "write flat objects") from None
    except ValueError as error:
        raise Unreadable(f"not valid JSON: {error}", text, "correct the JSON") from None


def written_list(text: str) -> list[object] | dict[object, object] | None:
    """The list (or dict) that a cell writes out, or None when the cell is plain text. Raises Unreadable for a broken one."""
    text = text.strip()
    if not _STARTS.match(text):
        return None
    if text[0] in "[{":
        try:
            value = load_json(text)
        except Unreadable:
            pass
        else:
            return value if isinstance(value, list | dict) else None
    tokens = _tokens(text)
    value = None if tokens is None else _flat(tokens)
    if value is None and tokens is not None:
        value = _nested(text, tokens)
    if value is None and _SURELY.match(text):
        raise Unreadable("a list that does not close or cannot be read", text, 'write it as a JSON list: ["1 cup flour", "2 eggs"]')
    return value


def _tokens(text: str) -> list[tuple[str, str]] | None:
    """(kind, text) of every token; None where the text is no literal or its brackets do not match."""
    found: list[tuple[str, str]] = []
    place, depth = 0, 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            return None
        place = match.end()
        depth += {"open": 1, "close": -1}.get(match.lastgroup, 0)
        if not 0 <= depth <= DEEPEST:
            return None
        found.append((match.lastgroup, match[match.lastgroup]))
    return found if depth == 0 else None


def _flat(tokens: list[tuple[str, str]]) -> list[object] | None:
    """Strings in at most one pair of brackets. numpy writes no commas: `['a' 'b']` is two strings, not one as in Python."""
    bare = tokens[0][0] == "string"
    inside = tokens if bare else tokens[1:-1]
    if not bare and (len(tokens) < 2 or tokens[0][0] != "open" or tokens[-1][0] != "close"):
        return None
    values: list[object] = []
    for kind, text in inside:
        if kind == "string":
            values.append(_unquoted(text))
        elif kind == "word" and not bare and (text.lower() in _NOTHING or _NUMBER.fullmatch(text)):
            values.append(None if text.lower() in _NOTHING else text)
        elif text != ",":
            return None
    if bare and sum(kind == "mark" for kind, _ in tokens) != len(values) - 1:
        return None
    return values


def _nested(text: str, tokens: list[tuple[str, str]]) -> list[object] | dict[object, object] | None:
    """A Python repr with brackets inside, by `ast.literal_eval`, once its tokens can be nothing but a literal."""
    for (kind, word), (after, _) in zip(tokens, [*tokens[1:], ("mark", "")], strict=True):
        if kind == "word" and word not in ("None", "True", "False") and not _NUMBER.fullmatch(word):
            return None
        if (kind in ("string", "word") and after not in ("mark", "close")) or word.startswith("c"):
            return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return None
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, list | dict) else None


def _unquoted(token: str) -> str:
    """The text between the quotes of a string token, escapes resolved."""
    body = token[1:-1]
    if "\\" not in body:
        return body
    return _ESCAPE.sub(lambda m: chr(int(m[1][1:], 16)) if len(m[1]) > 1 else _ESCAPED.get(m[1], m[1]), body)
