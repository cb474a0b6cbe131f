"""Words of ingredient lines in a normal form, so that names compare exactly and never by similarity.

What belongs here: case, accents, plurals and punctuation. What a word means is the lexicon's business.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

Phrase = tuple[str, ...]

BREAK = "|"
"""The token that stands for punctuation which a food's name cannot cross."""

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)?|[,;:()\[\]/.+&|]")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ß": "ss", "ł": "l", "’": "'", "ı": "i", "đ": "d"})


def fold(text: str) -> str:
    """Lower case without accents: "Crème FRAÎCHE" -> "creme fraiche"."""
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@lru_cache(maxsize=50_000)
def singular(word: str) -> str:
    """One form for singular and plural. Only sameness counts, so a form that is no English word ("molasse") is fine."""
    word = re.sub(r"'s?$", "", word)
    if len(word) <= 3 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    if word.endswith("oes") and len(word) > 4:
        return word[:-2]
    if word.endswith(("ches", "shes", "xes", "sses", "zes")):
        return word[:-2]
    if word.endswith("lves") or word.endswith(("aves", "oaves")) and word not in ("olives", "chaves"):
        return word[:-3] + "f"
    if word.endswith("s"):
        return word[:-1]
    return word


def tokens(text: str) -> list[str]:
    """Words in singular form, numbers, and BREAK where punctuation stands. Hyphens join nothing: "self-raising" is two words."""
    found = []
    for token in _TOKEN.findall(fold(text)):
        if token[0].isalpha():
            found.append(singular(token))
        elif token[0].isdigit():
            found.append(token)
        elif token == "&":
            found.append("and")
        else:
            found.append(BREAK)
    return found


@lru_cache(maxsize=50_000)
def phrase(text: str) -> Phrase:
    """The normal form of a name: its words without punctuation."""
    return tuple(t for t in tokens(text) if t != BREAK)
