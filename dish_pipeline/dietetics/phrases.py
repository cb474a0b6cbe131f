"""Turns of phrase in which a word names no food: ways of cutting, purposes, what is thrown away.

What belongs here: patterns over the words of a line, and the places where they stand. A pattern is written only where its words cannot
hide a food or change one: "cut into chips" is a way of cutting, "to fry" a purpose, "crusts removed" is not eaten. A word that says
nothing wherever it stands is a row of the lexicon's words.csv.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from dish_pipeline.dietetics.wording import BREAK, singular

_SHAPES = {
    "in": frozenset({"steak", "chip", "fry", "cutlet"}),
    "into": frozenset({"steak", "chip", "fry", "cutlet", "crisp", "noodle", "spaghetti", "tagliatelle", "medallion", "escalope", "omelette"}),
}
"""What a food is cut "in" and "into", though it may be a food of its own: hake in steaks, courgettes cut into noodles."""

_PUT_IN = frozenset({"stuffed", "filled", "coated", "mixed", "rolled"})
"""What is done to a food with another that the line names: before "with" and "in" they add nothing of their own."""

_TAKEN_OFF = frozenset({"removed", "off", "discarded"})
_NOT_EATEN = frozenset({"crust", "husk", "organ", "innard"})
_CUT_OFF = frozenset({"cut", "trimmed", "sliced", "peeled"})
_OWN = frozenset({"its", "their"})
_CANS = frozenset({"can", "tin", "jar", "canned", "tinned"})
_VERBS = frozenset({"fry", "glaz", "dredge", "coat", "thicken", "fill", "bind"})
"""What one does "to" a food with what the line names. As nouns the words would be foods: fries, a glaze."""

_FRYING = frozenset({"deep", "shallow", "pan", "stir"})
_PURPOSES = frozenset({"brine", "glaz", "cross", "coating"})
"""What an ingredient may be "for": it says where it goes, and names nothing more."""

SECTIONS = frozenset({
    "sauce", "dressing", "dough", "pastry", "batter", "salad", "stuffing", "icing", "frosting", "glaze", "crust", "marinade", "gravy", "syrup",
    "filling", "topping", "base", "coating", "garnish", "decoration", "assembly", "rub", "brine", "broth", "cake", "sponge", "dip", "bite",
    "covering",
})
"""Parts of a recipe: a line that names nothing else is a heading, and what is "for the sauce" is no sauce."""

SEEDS_OF = frozenset({"scraped", "removed", "crushed", "reserved", "discarded", "only"})
"""Words after "seeds" by which they are those of the food before: "1 vanilla pod, seeds scraped"."""


_SIZE = singular("size")

_SERVED_AS = frozenset({
    "taco", "burrito", "sandwich", "pizza", "burger", "fajita", "quesadilla", "enchilada", "nacho", "wrap", "hamburger", "soup", "stew", "pancake",
    "kebab", "kabob", "dumpling", "cooky", "cookie", "toast",
})
"""Dishes that a food may be "for": they are made of the lines of the recipe, and are no line of their own."""

_TO_COVER = frozenset({"cover", "coat", "brush", "baste", "grease", "fill", "marinate", "poach", "boil"})
"""What is done "to" another line of the recipe: "water to cover the fish"."""

_TOASTED = frozenset({"in", "until", "lightly", "them", "for", "on", "over", "at"})
"""Words after "toast" where it is no bread: "sesame seeds, toast in a dry pan"."""


def is_measure_of_size(words: Sequence[str], start: int) -> bool:
    """True for the egg of "butter the size of an egg"."""
    return list(words[max(0, start - 3) : start]) in ([_SIZE, "of", "an"], [_SIZE, "of", "a"])


def is_served_or_covered(words: Sequence[str], start: int, end: int) -> bool:
    """True for a name that speaks of another line, or of the dish: "for tacos", "to cover the fish"; and for the verb "toast"."""
    before, ends = list(words[max(0, start - 3) : start]), end == len(words) or words[end] == BREAK
    alone = words[start] if end - start == 1 else ""
    return (
        (ends and before[-1:] == ["for"] and alone in _SERVED_AS)
        or (ends and before[-1:] == ["the"] and before[:1] == ["to"] and len(before) == 3 and before[1] in _TO_COVER)
        or (alone == "toast" and before[-1:] in ([BREAK], ["and"], ["to"], ["then"]) and end < len(words) and words[end] in _TOASTED)
    )


def shapes(words: Sequence[str], quiet: Callable[[int], bool]) -> Iterator[int]:
    """The places of words that tell how a food is cut. `quiet` says of a place whether its word names no food.

    After "in" a shape counts only where a cut was spoken of or a comma stands: "mussels in chips" would name chips.
    """
    for i, word in enumerate(words[1:], start=1):
        if word not in _SHAPES or (word == "in" and words[i - 1] != BREAK and not quiet(i - 1)):
            continue
        j = i + 1
        while j < len(words) and words[j] not in _SHAPES[word] and words[j] != BREAK and quiet(j):
            j += 1
        if j < len(words) and words[j] in _SHAPES[word] and (j + 1 == len(words) or words[j + 1] in (BREAK, "and", "or") or quiet(j + 1)):
            yield j


def asides(words: Sequence[str]) -> Iterator[int]:
    """The places of words that stand in a phrase which names nothing that is eaten beside the food it speaks of."""
    canned = not _CANS.isdisjoint(words)
    for i, word in enumerate(words):
        before, after = words[max(0, i - 3) : i], words[i + 1 : i + 3]
        if (
            (word in _NOT_EATEN and _is_taken_off(after))
            or (word == "juice" and (_is_its_own(before) or (canned and before[-1:] == ["with"])))
            # Canned pulp is sweetened as a rule; a dry rub holds spices, sugar and more.
            or (word == "pulp" and (after[:1] == ["of"] or not canned))
            or (word == "rubbed" and before[-2:] == ["washed", "and"])
            or (word in _VERBS and before[-1:] == ["to"])
            or (word == "fry" and before[-2:-1] == ["to"] and before[-1] in _FRYING)
            or (word in _PURPOSES and (before[-1:] == ["for"] or before[-2:] == ["for", "the"]))
            or (word == "hand" and before[-1:] == ["by"])
            or (word in _PUT_IN and after[:1] in (["with"], ["in"]))
        ):
            yield i


def _is_taken_off(after: Sequence[str]) -> bool:
    """True for "crusts removed" and "crusts cut off"."""
    return bool(after) and (after[0] in _TAKEN_OFF or (after[0] in _CUT_OFF and (len(after) < 2 or after[1] in _TAKEN_OFF)))


def _is_its_own(before: Sequence[str]) -> bool:
    """True for "with its juice" and "in their own juice": what the food brings along."""
    return any(word in _OWN for word in before[-2:])
