"""Words of ingredient lines in a normal form, so that names compare exactly and never by similarity.

What belongs here: case, accents, plurals and punctuation. What a word means is the lexicon's business.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from dish_pipeline.dietetics.spelling import SPELLINGS

Phrase = tuple[str, ...]

BREAK = "|"
"""The token that stands for punctuation which a food's name cannot cross."""

_FRACTIONS = {c: "/".join(unicodedata.normalize("NFKD", c).split("\u2044")) for c in "½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞⅐⅑⅒"}
_LETTERS = str.maketrans({
    "œ": "oe", "æ": "ae", "ø": "o", "ß": "ss", "ł": "l", "\u0131": "i", "đ": "d", "\u2019": "'", "\u02bc": "'", "\u00d7": "x", "\u2044": "/",
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
})
_TIMES = re.compile(r"(?<=\d) ?x ?(?=\d)")
_CLAIM = re.compile(r"\b(gluten|wheat|dairy|lactose|egg|nut|soy|sugar)free\b")
"""A claim written as one word; the two words are looked for where claims are read."""

_SUPERSCRIPT = re.compile(r"(?<=\d)(?=[\u00b9\u00b2\u00b3\u2070-\u2079])")
_SPACE = re.compile(r"\s+")
_BREAKS = frozenset(",;:()[]/.+|")
_TOKEN = re.compile(
    r"\bst\.(?= ?[^\W\d_])"  # a saint's full stop ends nothing: St. Louis
    r"|[^\W\d_]+(?:'[^\W\d_]+)*\d*"  # a word, with digits that are part of it: E220
    r"|\d+(?:[.,]\d+)*"
    r"|[,;:()\[\]/.+&|]"
    r"|[\U0001f300-\U0001faff]"  # a picture can name a food, so it must not vanish
)
_FRENCH_ARTICLE = re.compile(r"[dl]'(?=\w\w)")
_NOT_PLURAL = frozenset({"pastis", "cassis", "anis", "sans"})


@dataclass(frozen=True, slots=True)
class Token:
    """A word in singular form, a number or BREAK, and where it stands in the text that was read."""

    word: str
    start: int
    end: int


@lru_cache(maxsize=256)
def fold(text: str) -> str:
    """Lower case without accents, with plain dashes, apostrophes and fractions: "Crème 1½" -> "creme 1 1/2".

    "2x400g" becomes "2 x 400g", so that the x is no part of a word. Folding twice changes nothing more.
    """
    if not text.isascii():
        text = _SUPERSCRIPT.sub(" ", text)
        for char in _FRACTIONS.keys() & set(text):
            text = text.replace(char, f" {_FRACTIONS[char]} ")
        decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).lower().translate(_LETTERS))
        text = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _CLAIM.sub(r"\1 free", _TIMES.sub(" x ", _SPACE.sub(" ", text.lower())))


@lru_cache(maxsize=50_000)
def singular(word: str) -> str:
    """One form for singular, plural and known misspellings. Only sameness counts, so a form that is no English word ("quich") is fine."""
    word = _stem(word)
    return _STEMS.get(word, word)


def _stem(word: str) -> str:
    word = re.sub(r"'s?$", "", word)
    if len(word) <= 3 or word in _NOT_PLURAL:
        return word
    if word.endswith("eaux"):
        # Poireaux, morceaux.
        return word[:-1]
    if word.endswith("s") and not word.endswith(("ss", "us")):
        word = word[:-1]
        if word.endswith(("alve", "elve", "eave", "oave")):
            return word[:-2] + "f"
    # What an "s" leaves must meet what stands without one: tomato(e), peach(e) and quiche, cherri(e), cookie and zucchini.
    if len(word) > 3 and word.endswith(("oe", "che", "she", "xe", "sse", "ze", "use")):
        word = word[:-1]
    if len(word) > 3 and word.endswith("ie"):
        return word[:-2] + "y"
    return word[:-1] + "y" if len(word) > 4 and word.endswith("i") else word


_STEMS = {_stem(wrong): _stem(meant) for wrong, meant in SPELLINGS.items()}


def located_tokens(folded: str) -> list[Token]:
    """The tokens of a folded text. Hyphens join nothing: "self-raising" is two words."""
    found = []
    for match in _TOKEN.finditer(folded):
        text = match.group()
        if text in _BREAKS:
            word = BREAK
        elif text == "&":
            word = "and"
        elif text[0].isdecimal():
            word = text
        else:
            word = singular(_FRENCH_ARTICLE.sub("", text, count=1) if text[1:2] == "'" else text.rstrip("."))
        found.append(Token(word, *match.span()))
    return found


def tokens(text: str) -> list[str]:
    """Words in singular form, numbers, and BREAK where punctuation stands."""
    return [token.word for token in located_tokens(fold(text))]


@lru_cache(maxsize=50_000)
def phrase(text: str) -> Phrase:
    """The normal form of a name: its words without punctuation."""
    return tuple(t for t in tokens(text) if t != BREAK)


_FEMININE = (
    ("eux", "euse"), ("if", "ive"), ("er", "ere"), ("en", "enne"), ("on", "onne"), ("eau", "elle"), ("el", "elle"), ("et", "ette"), ("c", "che"),
)
"""Endings of French adjectives that do not take a plain "e"."""


def french_forms(adjective: str) -> tuple[str, ...]:
    """The forms of a French adjective or participle, given as masculine singular: "haché" -> haché, hachée, hachés, hachées.

    More forms than the language has do no harm, since a form that nobody writes is never met.
    """
    forms = {adjective, adjective + "e"} | ({adjective + "se"} if adjective.endswith("s") else set())
    forms |= {adjective[: -len(end)] + feminine for end, feminine in _FEMININE if fold(adjective).endswith(end)}
    return tuple(sorted(forms | {form + plural for form in forms for plural in ("s", "x")}))
