"""The records that every room speaks: recipe, dish, portion, three-valued fact, interval.

What belongs here: small frozen records without behaviour beyond their own arithmetic, and the closed lists of words
(courses) that more than one room needs. No reading of files, no pandas, no torch.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field
from enum import IntEnum

COURSES = ("starter", "main", "side", "dessert", "breakfast", "snack")
"""The courses a dish can be asked for. A recipe that names none of them has course `UNKNOWN_COURSE`."""

UNKNOWN_COURSE = "unknown"


class Tri(IntEnum):
    """A three-valued fact. The order is the severity, so that `max` over a dish's foods is the dish's fact."""

    FREE = 0
    UNKNOWN = 1
    CONTAINS = 2

    @property
    def word(self) -> str:
        """The word people and SQL read: free, unknown, contains."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Tri:
        """`free`, `unknown` or `contains`; an empty cell is unknown. Raises ValueError for anything else."""
        cleaned = word.strip().lower()
        if not cleaned:
            return cls.UNKNOWN
        try:
            return cls[cleaned.upper()]
        except KeyError:
            raise ValueError(f"{word!r} is not one of free, unknown, contains") from None


@dataclass(frozen=True, slots=True)
class Interval:
    """A quantity known between `lo` and `hi`, with `mid` the best single figure. `hi` None: no upper bound is known."""

    lo: float
    mid: float | None
    hi: float | None

    def __post_init__(self) -> None:
        lo, mid, hi = self.lo, self.mid, self.hi
        least = lo if mid is None else mid
        # Written as what must hold, so that NaN does not slip through.
        if not (0 <= lo <= least < math.inf and (hi is None or least <= hi < math.inf)):
            raise ValueError(f"interval out of order: {lo} .. {mid} .. {hi}")

    def times(self, other: Interval) -> Interval:
        """The product of two non-negative intervals; an unknown bound stays unknown."""
        return Interval(
            self.lo * other.lo,
            None if self.mid is None or other.mid is None else self.mid * other.mid,
            None if self.hi is None or other.hi is None else self.hi * other.hi,
        )

    def plus(self, other: Interval) -> Interval:
        """The sum of two intervals; an unknown bound stays unknown."""
        return Interval(
            self.lo + other.lo,
            None if self.mid is None or other.mid is None else self.mid + other.mid,
            None if self.hi is None or other.hi is None else self.hi + other.hi,
        )

    def scaled(self, factor: float) -> Interval:
        """The interval times a non-negative number."""
        return self.times(Interval(factor, factor, factor))


UNKNOWN_AMOUNT = Interval(0.0, None, None)
"""Present, but nobody said how much."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a source wrote, untouched apart from being read: one row of one file."""

    title: str
    lines: tuple[str, ...]
    servings: str = ""
    course: str = ""
    cuisine: str = ""
    tags: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    file: str = ""
    row: int = 0

    @property
    def recipe_id(self) -> str:
        """Hash of the content alone, so that a recipe keeps its identity when its file is renamed or reordered."""
        return content_hash([self.title, list(self.lines), self.servings, self.course, self.cuisine])


@dataclass(frozen=True, slots=True)
class Portion:
    """One food of a dish: a lexicon id and the grams of it in ONE serving. `grams` None: the source gave no amount."""

    food_id: str
    grams: float | None


@dataclass(frozen=True, slots=True)
class Dish:
    """The canonical form: a course, a title and a set of portions for one serving."""

    course: str
    title: str
    portions: tuple[Portion, ...] = field(default_factory=tuple)

    @property
    def dish_id(self) -> str:
        """Hash of the content; the order of the portions does not enter, since a dish is a set."""
        portions = sorted(((p.food_id, p.grams) for p in self.portions), key=lambda p: (p[0], p[1] is not None, p[1] or 0.0))
        return content_hash([self.course, self.title.strip().lower(), portions])

    @property
    def food_ids(self) -> frozenset[str]:
        """The set of lexicon ids that the dish is made of."""
        return frozenset(p.food_id for p in self.portions)


def content_hash(value: object) -> str:
    """The first 16 hex digits of the SHA-256 of a JSON-able value."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
