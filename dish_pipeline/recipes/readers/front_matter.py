"""Front matter: what a text file says of itself between two lines of --- (YAML) or +++ (TOML) before its text begins.

What belongs here: telling where it ends, and reading it. What its names mean is told in `fields`.
"""

from __future__ import annotations

import re
import tomllib

from dish_pipeline.recipes.readers.reading import Unreadable
from dish_pipeline.recipes.readers.yaml_values import load_yaml

LONGEST = 1_000_000
"""Characters of front matter that are read."""

_CLOSES = {
    "---": re.compile(r"^(?:---|\.\.\.)[ \t]*\r?$\n?", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*\r?$\n?", re.MULTILINE),
}
_FENCE = re.compile(r"\s*(---|\+\+\+)[ \t]*\r?\n")


def split_front_matter(text: str) -> tuple[dict[str, object], str, int]:
    """(what the front matter says, the text after it, lines before that text).

    A text without front matter says nothing. Raises Unreadable for front matter that is broken, since it may hold the ingredients.
    """
    text = text.removeprefix("\ufeff")
    opening = _FENCE.match(text)
    if opening is None:
        return {}, text, 0
    closing = _CLOSES[opening[1]].search(text, opening.end())
    if closing is None:
        return {}, text, 0
    inside = text[opening.end() : closing.start()]
    if len(inside) > LONGEST:
        raise Unreadable(f"front matter of more than {LONGEST:,} characters", inside, "shorten it")
    before = text.count("\n", 0, opening.end())
    value = load_yaml(inside, before) if opening[1] == "---" else _toml(inside)
    body = text[closing.end() :]
    if isinstance(value, dict):
        return value, body, text.count("\n", 0, closing.end())
    # A rule, text, another rule: no front matter, but the beginning of the text itself.
    return {}, text, 0


def _toml(text: str) -> object:
    try:
        return _plain(tomllib.loads(text.replace("\r\n", "\n")), 0)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        reason = f"front matter that is not valid TOML: {error}"[:300]
        raise Unreadable(reason, text, "correct it, or write it as YAML between lines of ---") from None


def _plain(value: object, depth: int) -> object:
    """Mappings, lists, texts and numbers; dates become texts."""
    if depth > 40:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    return value if isinstance(value, str | int | float) else str(value)
