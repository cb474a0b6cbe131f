"""Spans: the words of a line that name a food, and what two names that meet make of each other.

What belongs here: one food said twice ("usukuchi soy sauce"), a name that tells the kind of the next ("coconut chutney"), a head that two
names share ("vegetable or canola oil"), a pepper that is counted. A food is found by its exact name here too, and none that a line
contains is dropped for one that does not contain the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dish_pipeline.dietetics.lexicon import Food
from dish_pipeline.dietetics.wording import BREAK, Phrase, phrase
from dish_pipeline.dish import Tri

if TYPE_CHECKING:
    from dish_pipeline.dietetics.naming import Reading

OR, AND = frozenset({"or", "ou"}), frozenset({"and", "et", "plus", "with", "avec"})
NOT = frozenset({"not", "no", "non", "without", "never", "sans"})
"""Words after which a name is denied."""

PARTS = frozenset({"juice", "zest", "peel", "rind"})

_FLESH = frozenset({"meat", "poultry", "fish", "crustacean", "mollusc"})
_SEASONINGS = frozenset({"salt", "spice", "herb"})
_PRODUCTS, _PLANTS = frozenset({"dairy", "confectionery", "prepared", "chocolate", "baking", "bread"}), frozenset({"fruit", "vegetable", "herb"})
_FRENCH = frozenset({"de", "du", "des", "au", "aux", "les", "en", "et", "ou", "avec", "sans", "pour", "tasse", "cuillere"})
"""Words by which a line is known as French, where the kind stands after the food: "sauce tomate"."""

_COMMON_NAMES = {"pasta_noodle": (("noodle",), ("pasta",)), "fungus": (("mushroom",),)}

_SHARED = frozenset({"stock", "broth", "sausage", "juice", "zest", "powder"})
"""What two foods joined by "and" have in common: onion and garlic powder. Of "rice and coconut milk" only one is milk."""

COLOURS = frozenset({"white", "black", "red", "green", "yellow", "brown", "dark", "plain"})
"""Words that name a kind more than a state."""

_OF_A_PEPPER = frozenset({
    "small", "medium", "large", "big", "fresh", "ripe", "raw", "long", "firm", "mini", "mixed", "sweet", "roasted", "grilled", "charred",
    "baked", "sliced", "chopped", "diced", "deseeded", "seeded",
})
"""What may stand between a number and the peppers that it counts. "3 grinds of pepper" are of the spice, and so are "12 whole peppers"."""


@dataclass(eq=False)
class Span:
    """Tokens `start` to `end` that name a food; several foods for "juice and zest of 1 lemon"."""

    start: int
    end: int
    foods: list[Food]
    name_is_alias: bool = True
    either: bool = False
    replaced_by: str = ""
    cleared: set[str] = field(default_factory=set)
    begin: int = -1
    """Where what is said of the food begins: at the first of the names that tell its kind."""
    alias_end: int = -1
    """Where the alias ends; what stands between there and `end` only says it again."""
    shares: bool = False
    """True when an amount before the two is of both together: 4 red and yellow peppers."""
    part_of: Span | None = None
    """The food whose kind this one tells: the chutney of "coconut chutney"."""
    another: bool = False
    """True when the next word makes a product of the food, so that no amount is known of the food itself."""

    def __post_init__(self) -> None:
        self.begin = self.start if self.begin < 0 else self.begin
        self.alias_end = self.end if self.alias_end < 0 else self.alias_end

    @property
    def plain(self) -> bool:
        """True for one food under a name of the lexicon."""
        return self.name_is_alias and len(self.foods) == 1


def widen(reading: Reading) -> None:
    """Where two names of one food overlap ("frozen udon", "udon noodles"), its span ends with the later one."""
    for span in list(reading.spans):
        end = _end_of_overlap(reading, span) if span in reading.spans and span.end - span.start > 1 else span.end
        if end > span.end:
            reading.spans = [s for s in reading.spans if s is span or not span.end <= s.start < end]
            reading.take(span.end, end)
            span.end = end


def _end_of_overlap(reading: Reading, span: Span) -> int:
    words, lexicon = reading.words, reading.lexicon
    for start in range(span.start + 1, span.end):
        for end in range(min(start + lexicon.first_words.get(words[start], 0), len(words)), span.end, -1):
            crossed = any(s.start < end < s.end for s in reading.spans)
            if not crossed and lexicon.by_phrase.get(tuple(words[start:end])) is span.foods[0]:
                return end
    return span.end


def said_twice(reading: Reading) -> None:
    """ "Usukuchi soy sauce" is one soy sauce, "fromage cheddar" one cheese, "rohu fish steaks" are fish: the wider name says nothing new."""
    for left, right in _neighbours(reading):
        left_food, right_food = left.foods[0], right.foods[0]
        if _is_flesh(reading, left, right) or _adds_nothing(reading, left_food, right_food):
            left.end = right.end
            reading.spans.remove(right)
            return said_twice(reading)
        if _adds_nothing(reading, right_food, left_food):
            right.begin = left.begin
            reading.spans.remove(left)
            return said_twice(reading)
    return None


def _neighbours(reading: Reading) -> Iterable[tuple[Span, Span]]:
    """Names of different foods with nothing between them. A French article is something: "melon d'eau"."""
    for left, right in zip(reading.spans, reading.spans[1:], strict=False):
        article = reading.text[reading.tokens[right.start].start :][1:2] == "'"
        if left.end == right.start and left.plain and right.plain and left.foods != right.foods and not article:
            yield left, right


def _is_flesh(reading: Reading, left: Span, right: Span) -> bool:
    """True for "crab meat" and "cod steaks": what follows is flesh of the food named, and no meat of its own."""
    word = reading.words[right.start] if right.end - right.start == 1 else ""
    food = left.foods[0]
    if word == "steak":
        # A cauliflower steak is a slice of one; a steak of vegetables is bound with something.
        return food.group in _FLESH or (food.group == "vegetable" and bool({"each", "head", "medium"} & food.pieces.keys()))
    return word == "meat" and (food.group in _FLESH or food.group == "nut")


def _adds_nothing(reading: Reading, food: Food, wider: Food) -> bool:
    """True when `food` is a kind of `wider` and contains whatever that contains."""
    return (reading.lexicon.is_kind_of(food, wider) or _is_class(wider, food)) and _keeps(reading, food, wider)


def _is_class(wider: Food, food: Food) -> bool:
    """True for "fusilli noodles": whatever the lexicon calls the two, both are of a group that has this common name."""
    return food.group == wider.group and phrase(wider.name) in _COMMON_NAMES.get(wider.group, ())


def _keeps(reading: Reading, food: Food, other: Food) -> bool:
    return all(food.facts[key] is Tri.CONTAINS for key in reading.lexicon.weighty if other.facts[key] is Tri.CONTAINS)


def find_parts(reading: Reading) -> None:
    """ "Coconut chutney" is an amount of chutney; the coconut is in it, and nobody said how much."""
    if is_french(reading.words):
        return
    for left, right in _neighbours(reading):
        # What tells the kind is singular in English: "biscuits soda" are French.
        if _is_head(right.foods[0].group, left.foods[0].group) and not is_plural(reading, left):
            left.part_of, right.begin = right, left.begin


def is_plural(reading: Reading, span: Span) -> bool:
    """True when the last word of the name is written as a plural."""
    last = reading.tokens[span.end - 1]
    return reading.text[last.start : last.end] != last.word


def is_french(words: Iterable[str]) -> bool:
    """True for a line that only French is written in."""
    return not _FRENCH.isdisjoint(words)


def _is_head(group: str, before: str) -> bool:
    """False where two names that meet are no compound: a list without commas ("salt pepper cumin"), a product and its flavour ("Jell-O Lemon")."""
    seasonings = group in _SEASONINGS and before in _SEASONINGS
    return not (seasonings or (group in _PLANTS and before in _PRODUCTS) or (group == "fruit" and before in _PLANTS))


def share_heads(reading: Reading) -> None:
    """ "Vegetable or canola oil" names two oils, "white or dark chocolate" two chocolates, "chicken and beef stock" two stocks."""
    for span in list(reading.spans):
        if span in reading.spans and span.plain and (span.end - span.start > 1 or span.begin < span.start):
            _share_head(reading, span)


def _share_head(reading: Reading, span: Span) -> None:
    at, joint = span.begin - 1, _joint(reading, span.begin - 1)
    at -= bool(joint) and at > 1 and _char(reading, at - 1) == ","
    while joint and at > 0:
        other = next((s for s in reading.spans if s.end == at), None)
        begin = _share_with_name(reading, span, other, joint) if other else _share_with_word(reading, span, at - 1, joint)
        if begin < 0:
            return
        # "Chicken, beef or vegetable stock": what a comma joins to one of them is one as well.
        at = begin - 1
        joint = joint if at > 0 and _char(reading, at) == "," else ""


def _joint(reading: Reading, i: int) -> str:
    if i < 1:
        return ""
    if reading.words[i] in OR or (_char(reading, i) == "/" and not reading.in_fraction(i)):
        return "or"
    return "and" if reading.words[i] == "and" else ""


def _char(reading: Reading, i: int) -> str:
    return reading.text[reading.tokens[i].start] if reading.words[i] == BREAK else ""


def _tails(reading: Reading, span: Span) -> Iterable[Phrase]:
    """What the end of a name may share with another name: "wine vinegar" and "vinegar" of "red wine vinegar"."""
    first = span.start + 1 if span.begin == span.start else span.start
    return (tuple(reading.words[i : span.end]) for i in range(first, span.end))


def _share_with_word(reading: Reading, span: Span, at: int, joint: str) -> int:
    """Adds the food that the word at `at` and the end of the name make together; returns its place, or -1."""
    word = reading.words[at]
    # "Peeled and cooked prawns" are one thing, "red and green peppers" two.
    denied = at > 0 and reading.words[at - 1] in NOT
    if denied or reading.taken[at] or reading.is_number(at) or (joint == "and" and word in reading.lexicon.neutral_words - COLOURS):
        return -1
    for tail in _tails(reading, span):
        food = reading.lexicon.by_phrase.get((word, *tail))
        if food is not None:
            reading.take(at, at + 1)
            if food is not span.foods[0]:
                reading.spans.append(Span(at, at + 1, [food], name_is_alias=False))
                reading.spans.sort(key=lambda s: s.start)
                span.shares = joint == "and"
            return at
    return -1


def _share_with_name(reading: Reading, span: Span, other: Span, joint: str) -> int:
    """Makes the food `other` what its name and the end of the name of `span` say together; returns where it begins, or -1."""
    # A plural stands for itself: "tomatoes and chilli sauce".
    if not other.plain or other.end - other.start > 1 or is_plural(reading, other):
        return -1
    for tail in _tails(reading, span):
        food = reading.lexicon.by_phrase.get((*reading.words[other.start : other.end], *tail))
        if food is not None and _is_shared(food, other.foods[0], span, tail, joint):
            kept = _keeps(reading, food, other.foods[0])
            other.foods, other.either, other.name_is_alias = [food] if kept else [other.foods[0], food], not kept, False
            if joint == "and" and span.begin < span.start and kept and _adds_nothing(reading, food, span.foods[0]):
                _absorb(reading, other, span)
            else:
                span.shares = joint == "and"
            return other.begin
    return -1


def _is_shared(food: Food, alone: Food, span: Span, tail: Phrase, joint: str) -> bool:
    """True when the joint reading is more likely than the food alone: chicken is no alternative to beef stock, butter is one to olive oil."""
    if joint == "and" and tail[-1] not in _SHARED:
        return False
    return food.group == span.foods[0].group and (span.begin < span.start or alone.group != food.group or tail[-1] in PARTS)


def _absorb(reading: Reading, whole: Span, head: Span) -> None:
    """ "Pork and leek sausages": one kind of sausage, and the leek is in it."""
    for part in reading.spans:
        if part.part_of is head:
            part.part_of = whole
    reading.spans.remove(head)


def count_peppers(reading: Reading) -> None:
    """ "3 peppers" are sweet ones, and what "2 nyora peppers" are nobody knows: the spice is not counted or sliced, and has no plural."""
    for span in list(reading.spans):
        if reading.words[span.start : span.end] != ["pepper"]:
            continue
        counted, known = _counted_pepper(reading, span.start)
        plural = reading.text[reading.tokens[span.start].start : reading.tokens[span.start].end] == "peppers"
        plural = plural or reading.words[span.end : span.end + 1] in (["strip"], ["slice"], ["half"])
        if not (counted or plural) or reading.words[max(0, span.start - 1)] == "whole":
            continue
        sweet = next((food for name in ("bell", "sweet") if (food := reading.lexicon.by_phrase.get((name, "pepper")))), None)
        if sweet and known:
            span.foods = [sweet]
        else:
            reading.spans.remove(span)
            reading.taken[span.start] = False


def _counted_pepper(reading: Reading, start: int) -> tuple[bool, bool]:
    """Whether a number counts the pepper at `start`, and whether nothing unknown stands between them."""
    known = True
    for i in range(start - 1, -1, -1):
        if reading.is_number(i):
            return True, known
        quiet = reading.says_nothing(i) and not reading.taken[i]
        if reading.words[i] == BREAK or (quiet and reading.words[i] not in _OF_A_PEPPER):
            break
        # A goat pepper is no goat, and what kind of pepper it is, the lexicon does not say.
        known = known and quiet
    return False, known
