"""What people say beside the food: makers, origins, "e.g.", "if you can't find it", "or powder".

What belongs here: words that say nothing where they stand, though elsewhere they could name or change a food. Each is silenced only in
the place that makes it harmless; what is neutral wherever it stands is a row of words.csv. Nothing here removes a food that was named.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dish_pipeline.dietetics.lexicon import Food
from dish_pipeline.dietetics.phrases import SECTIONS
from dish_pipeline.dietetics.spans import AND, OR, Span
from dish_pipeline.dietetics.wording import BREAK, phrase
from dish_pipeline.dish import Tri

if TYPE_CHECKING:
    from dish_pipeline.dietetics.naming import Reading

_FROM_SOMEWHERE = frozenset({
    "vegetable", "fruit", "fungus", "herb", "spice", "seed", "nut", "oil", "fat", "alcohol", "fish", "salt", "sweetener", "flour", "dairy",
})
"""Groups of plain foods, which an origin makes no dish: a Norwegian mackerel is a mackerel. Spanish rice and Mexican beans are dishes."""

_DISHES_FROM_SOMEWHERE = frozenset({"cream", "sweetcorn", "curry powder"})
"""English cream is a custard, Mexican corn comes with cheese, and an Indian curry is a meal."""

_FROM_SOMEWHERE_TOO = (
    "vinegar", "soy sauce", "fish sauce", "oyster sauce", "mustard", "tortilla", "pita", "chorizo", "prosciutto", "salami", "bacon", "pancetta",
    "sausage", "spaghetti", "penne", "fusilli", "linguine", "macaroni", "tagliatelle",
)
"""Ends of the names of other foods that an origin makes no dish, and whose facts are those of any brand."""

_JOINED_ADJECTIVES = frozenset({"sweet", "spicy", "mild", "hot"})
"""Adjectives that people join before one food: "sweet and spicy red pepper"."""

_PLAIN = frozenset({"vegetable", "fruit", "herb", "fungus", "legume", "spice"})
_SAVOURY_PRODUCTS = frozenset({"usual_recipe", "varies_by_brand"})
_FLESH = frozenset({"meat", "poultry", "fish", "crustacean", "mollusc"})
_FORMS = frozenset({
    "powder", "paste", "puree", "juice", "zest", "flake", "seed", "sauce", "oil", "granule", "leaf", "extract", "essence", "syrup", "flour", "salt",
    "spray",
})
"""What a food may be made into, where a line says only that: "garlic, chopped or powder"."""

_NAMELESS = frozenset({
    "any", "some", "extra", "more", "of", "for", "add", "added", "neutral", "nice", "the", "great", "good", "better", "best", "its",
})
"""Words before a flavour that is none of its own: "any flavor", and not "almond flavor"."""

_OF_THE_KIND = frozenset({"similar", "equivalent", "comparable"})
"""Words before a food that is named. "Butter or similar" may be anything."""

_PURPOSES = frozenset({
    "topping", "filling", "coating", "breading", "assembly", "decoration", "presentation", "crust", "spreading", "stuffing",
    "thickening", "binding",
})
_WRAPPERS = frozenset({"foil", "wax", "plastic", "paper", "cloth", "towel", "cling"})
_SHOPS = frozenset({"market", "store", "supermarket", "shop", "grocery", "aisle", "section", "taste", "restaurant", "food", "cuisine"})
_OF_CHOICE = re.compile(r"\bof (?:your |our )?choice ?:")
_CHOSEN = frozenset({"condiment", "topping", "garnish", "filling", "ingredient"})
"""What a list after "of your choice:" names one by one."""

_WASHED = frozenset({"washed", "cleaned", "rinsed", "drained", "patted", "scrubbed"})
_RUBBED = frozenset({"peel", "zest", "rind", "sage", "thyme", "oregano"})
_MAKING = frozenset({"make", "form", "bind", "get"})
_MADE_TO = frozenset({"paste", "powder", "pulp"})

MADE_FOR = frozenset({
    "oven", "freezer", "piping", "plastic", "cooking", "baking", "roasting", "mixing", "frying", "serving", "metal", "glass", "safe", "proof",
    "sheet", "casserole",
})
VESSELS = frozenset({"pot", "pan", "bowl", "dish", "tray", "tin", "sheet", "jar", "bottle", "paper", "rack", "bag"})
"""A vessel after a word that tells what it is made of or for is a tool: "a large metal bowl"."""

_OF_SOME = ("of",)
_BEFORE: dict[str, tuple[str, ...]] = {
    "mixed": (BREAK, "with", "together", "in", "into", "specy"),
    "heavy": ("sprinkle", "pinch", "splash", "drizzle", "hand", "dusting"),
    "grass": ("fed",), "fire": ("roasted",), "fried": ("in",), "sure": ("to",), "drink": ("the",),
    "shake": _OF_SOME, "squirt": _OF_SOME, "dab": _OF_SOME, "mix": _OF_SOME, "mixture": _OF_SOME, "blend": _OF_SOME, "coating": _OF_SOME,
    "crack": _OF_SOME, "layer": _OF_SOME, "thickening": _OF_SOME, "for": ("example",), "food": ("grade", "safe", "processor"),
    "prepared": ("to", "according", "as", "per"),
    "green": ("part", "top", "tip", "end", "portion", "separated", "only", "bit", "stalk", "attached"), "purpose": ("flour",),
    "baking": ("paper", "dish", "tray", "sheet", "tin", "pan"),
}
"""Words that say nothing before one of these: "grass-fed", "a mix of"."""

_AFTER: dict[str, tuple[str, ...]] = {
    "f": ("degree",), "alternative": ("to", "best", "good"), "sweet": ("semi",),
    "substitute": ("can", "could", "may", "might", "should", "to", "you", "i", "optionally", "also"),
    "flavored": ("neutral",), "flavoured": ("neutral",), "content": ("fat", "sugar", "salt", "alcohol", "water", "moisture", "cocoa"),
    "moon": ("half", "quarter"), "free": ("feel",), "example": ("for",), "cooker": ("slow", "pressure", "rice"), "processor": ("food",),
    "sodium": ("low", "lower", "reduced", "less", "no"), "drink": ("you", "to"), "sure": ("make", "be"), "green": ("their", "its"),
    "bud": ("your", "taste"), "eye": ("by",), "kid": ("your", "the", "for"), "cloth": ("cheese", "muslin", "clean", "kitchen"),
    "paper": ("baking", "parchment", "wax", "waxed", "kitchen", "buttered"),
    **dict.fromkeys(("color", "colour"), ("any", "deep", "different", "mixed", "light", "dark", "other")),
    "o": ("slice", "pat", "cup", "pinch", "dash", "bit", "can", "piece", "leg", "rack", "tin"),
}
"""Words that say nothing after one of these: "make sure", "fat content", "slice o' lime"."""


_TURNING = frozenset({
    *_BEFORE, *_AFTER, *_MADE_TO, *_PURPOSES, "b", "brine", "covered", "cured", "dough", "dried", "e", "eg", "flavor", "flavour", "h", "q",
    "replacement", "rubbed", "spicy", "v", "whatever", "wrapped",
})
"""Every word that `_turns` looks at."""


_LEVELS = frozenset({"low", "lower", "reduced", "less", "non", "no", "zero", "full", "half", "whole"})
"""How much of its fat a food has. "Whole" and "full" leave it, and add none."""


def level(words: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """The words that tell how much fat or salt is in a food, around the name at `start` to `end`; nothing where they name some.

    Low in sugar is something else: a low-sugar yoghurt is a sweetened one.
    """
    name, before, after = list(words[start:end]), list(words[max(0, start - 2) : start]), list(words[end : end + 1])
    if name in (["fat"], ["salt"], ["sugar"]):
        if before == ["no", "added"]:
            return start - 2, end
        if before[-1:] == ["no"] and after == ["added"]:
            return start - 1, end + 1
    if name == ["fat"] and after == ["free"]:
        return start, end + 1
    if name == ["fat"] and before[-1:] and before[-1] in _LEVELS:
        return start - 1, end
    return (start - 1, end) if name == ["salt"] and before[-1:] and before[-1] in ("low", "reduced") else (start, start)


def silence(reading: Reading) -> None:
    """Finds the words that say nothing where they stand."""
    _plural_chillies(reading)
    reading.silent.update(_turns(reading.words))
    _brands(reading)
    for span in reading.spans:
        _adjectives(reading, span)
    for i, word in enumerate(reading.words):
        in_a_shop = word in reading.lexicon.origins and not _SHOPS.isdisjoint(reading.words[i + 1 : i + 5])
        if in_a_shop or (word in _OF_THE_KIND and _before_food(reading, i + 1)):
            reading.silent.add(i)
    if _OF_CHOICE.search(reading.text):
        reading.silent.update(i for i, word in enumerate(reading.words) if word in _CHOSEN)
    for i in {0, len(reading.words) - 2} & set(range(len(reading.words))):
        # "Topping: nuts" and "Cheese filling:" name a part of the recipe, and what is in it stays named.
        if reading.words[i] in SECTIONS and reading.text[reading.tokens[i].end :][:1] == ":":
            reading.silent.add(i)
    reading.silent.update(i for i, word in enumerate(reading.words) if word == "etc" and _is_of_a_class(reading, i))


def _plural_chillies(reading: Reading) -> None:
    """ "2 chilies" are fruits of the plant, whereas chili may be a stew or a blend of spices."""
    chilli = reading.lexicon.by_phrase.get(phrase("chilli"))
    for i, word in enumerate(reading.words):
        said = reading.text[reading.tokens[i].start : reading.tokens[i].end]
        if chilli and word in ("chily", "chile") and said.endswith("s") and not reading.taken[i]:
            reading.take(i, i + 1)
            reading.spans.append(Span(i, i + 1, [chilli]))
        elif word == "sprinkle" and said == "sprinkles" and reading.words[i + 1 : i + 2] in ([], [BREAK]) and not reading.taken[i]:
            coloured = reading.lexicon.by_phrase.get(phrase("rainbow sprinkles"))
            if coloured and reading.words[:i] == []:
                reading.take(i, i + 1)
                reading.spans.append(Span(i, i + 1, [coloured]))
    reading.spans.sort(key=lambda span: span.start)


def _turns(words: Sequence[str]) -> Iterator[int]:
    """The places of words that a turn of phrase makes harmless, whatever the foods are."""
    for i, word in enumerate(words):
        if word not in _TURNING:
            continue
        before, after = words[max(0, i - 3) : i], words[i + 1 : i + 3]
        last = before[-1] if before else BREAK
        following = after[0] if after else BREAK
        if (
            last in _AFTER.get(word, ())
            or following in _BEFORE.get(word, ())
            or _is_abbreviation(word, before, after)
            or (word in _MADE_TO and (last in ("to", "into") or before[-2:] in (["to", "a"], ["into", "a"])))
            or (word in ("replacement", "substitute", "alternative") and before[-2:] in (["as", "a"], ["as", "an"]))
            or (word in ("flavor", "flavour") and last in _NAMELESS and following in (BREAK, "or", "and", "you", "of", "if", "from"))
            or (word in _PURPOSES and following in (BREAK, "on", "if") and _is_for(before))
            or (word == "green" and before[-2:] == ["white", "and"])
            or (word == "spicy" and following == BREAK and last in ("be", "it", "too", "very", "more", "less", "extra", "like"))
            or (word == "dried" and last == "and" and not _WASHED.isdisjoint(before))
            or (word == "dough" and not _MAKING.isdisjoint(words[max(0, i - 6) : i]))
            or (word in ("brine", "cured") and {"brine", "cured"} <= {word, last, following} and "olive" in words)
            or (word in ("covered", "wrapped") and following in ("in", "with") and not _WRAPPERS.isdisjoint(words[i + 2 : i + 5]))
            or (word == "whatever" and last != "or" and (following == "you" or (bool(before) and not after)))
            or (word == "rubbed" and last == BREAK and not _RUBBED.isdisjoint(before))
            or (word == "eg" and last == BREAK and following != BREAK)
            or (word in ("f", "h") and last[0].isdecimal())
        ):
            yield i


def _is_abbreviation(word: str, before: Sequence[str], after: Sequence[str]) -> bool:
    """True for the letters of "e.g.", "i.e.", "q.b." and "a.b.v." that are no unit."""
    around = {*before[-2:], *after}
    return (
        (word == "e" and (after[:1] == ["g"] or after == [BREAK, "g"] or before[-1:] == ["i"] or before[-2:] == ["i", BREAK]))
        or (word == "b" and before[-2:] in (["q", BREAK], ["a", BREAK]))
        or (word in ("q", "v") and "b" in around)
    )


def _is_for(before: Sequence[str]) -> bool:
    """True for what "for", "for the" or "for the top" stands before."""
    return before[-1:] == ["for"] or before[-2:] == ["for", "the"] or before[-3:-1] == ["for", "the"]


def _brands(reading: Reading) -> None:
    """ "Hershey's milk chocolate" is milk chocolate, and "hot sauce (we like Cholula)" hot sauce; a maker alone may be any of his products."""
    longest = reading.lexicon.brand_starts
    places: list[tuple[int, int]] = []
    i = 0
    while i < len(reading.words):
        for end in range(min(i + longest.get(reading.words[i], 0), len(reading.words)), i, -1):
            if tuple(reading.words[i:end]) in reading.lexicon.brands and not any(reading.taken[i:end]):
                end += reading.words[end : end + 1] == ["brand"]
                places.append((i, end))
                i = end - 1
                break
        i += 1
    named = {k for start, end in places for k in range(start, end)}
    for start, end in reversed(places):
        after_food = reading.words[end : end + 1] in ([], [BREAK]) and any(span.end == start for span in reading.spans)
        bought = reading.words[max(0, start - 1) : start] in (["from"], ["at"])
        if after_food or bought or _before_food(reading, end) or _in_brackets_of_food(reading, start, named):
            reading.silent.update(range(start, end))


def _before_food(reading: Reading, i: int) -> bool:
    """True when the next thing said from token `i` on is a food of the same clause."""
    following = next((span for span in reading.spans if span.start >= i), None)
    return following is not None and all(
        reading.says_nothing(k) and reading.words[k] != BREAK and reading.words[k] not in OR | AND for k in range(i, following.start)
    )


def _bracket(reading: Reading, i: int) -> tuple[int, int] | None:
    """The tokens of the brackets around token `i`, without the brackets themselves."""
    chars = [reading.text[token.start] if token.word == BREAK else "" for token in reading.tokens]
    start = next((k for k in range(i, -1, -1) if chars[k] in ("(", ")")), -1)
    end = next((k for k in range(i, len(chars)) if chars[k] == ")"), -1)
    return (start + 1, end) if start >= 0 and chars[start] == "(" and end >= 0 else None


def _in_brackets_of_food(reading: Reading, i: int, named: set[int]) -> bool:
    """True when token `i` stands in brackets that hold nothing but makers, after a food."""
    inside = _bracket(reading, i)
    if inside is None or not any(span.end == inside[0] - 1 for span in reading.spans):
        return False
    return all(k in named or reading.says_nothing(k) or reading.words[k] == BREAK for k in range(*inside))


def _adjectives(reading: Reading, span: Span) -> None:
    """Words before a food that change no fact of it."""
    food = span.foods[0]
    for i in range(span.start - 1, -1, -1):
        word = reading.words[i]
        joint = word in OR | AND or reading.text[reading.tokens[i].start] == "/"
        before = reading.words[max(0, i - 3) : i]
        if joint and (not _JOINED_ADJECTIVES.isdisjoint(before) or not reading.lexicon.origins.isdisjoint(before[-1:])):
            continue
        if reading.taken[i] or word in OR | AND:
            return
        if reading.says_nothing(i):
            continue
        if word == "style" and i > 0 and reading.words[i - 1] in reading.lexicon.origins and food.basis in _SAVOURY_PRODUCTS:
            reading.silent.update((i - 1, i))
            continue
        if not (_changes_nothing(word, food) or (word in reading.lexicon.origins and _may_come_from_somewhere(food))):
            return
        reading.silent.add(i)


def _changes_nothing(word: str, food: Food) -> bool:
    if word == "mixed":
        return food.group in _PLAIN or food.group in ("alcohol", "nut", "seed")
    if word == "dairy":
        return food.facts.get("milk") is Tri.CONTAINS
    if word == "powdered":
        return food.group in ("spice", "salt", "sweetener", "baking")
    if word in ("green", "blue", "orange"):
        return food.group in _PLAIN
    if word == "sweet":
        if food.group == "chocolate" or food.name.endswith("sausage"):
            return True
        return food.group in ("vegetable", "fruit", "herb") and food.facts["added_sugar"] is Tri.FREE if "added_sugar" in food.facts else False
    if word == "sour":
        return food.group in ("fruit", "alcohol") or food.name.endswith("yoghurt")
    if word == "spicy":
        return food.group in ("vegetable", "spice") or (food.group == "meat" and food.basis in _SAVOURY_PRODUCTS)
    return False


def _may_come_from_somewhere(food: Food) -> bool:
    # Of a sauce without a name nothing is known, wherever it comes from.
    plain = (food.group in _FROM_SOMEWHERE and food.name not in _DISHES_FROM_SOMEWHERE) or food.name == "sauce"
    return plain or food.name.endswith(_FROM_SOMEWHERE_TOO)


def _is_of_a_class(reading: Reading, i: int) -> bool:
    """True for the "etc." of "cheese (cheddar, gouda, etc.)": more of the class that stands before the brackets, and nothing else."""
    inside = _bracket(reading, i)
    before = inside and next((span for span in reading.spans if span.end == inside[0] - 1), None)
    if not inside or not before:
        return False
    groups = {food.group for span in reading.spans if inside[0] <= span.start < inside[1] for food in span.foods}
    group = before.foods[0].group
    return bool(groups) and (groups <= {group} or (group in _FLESH and groups <= _FLESH))


def other_forms(reading: Reading) -> None:
    """ "Garlic, chopped or powder" is garlic or garlic powder, and "tomato paste/puree" tomato paste or puree."""
    for i, word in enumerate(reading.words):
        if reading.taken[i]:
            continue
        if word not in _FORMS:
            _other_kind(reading, i)
            continue
        span = next((s for s in reversed(reading.spans) if s.end <= i), None)
        if span is not None and word == "powder" and span.end == i and span.foods[0].group == "spice":
            reading.silent.add(i)
        if span is None or not span.name_is_alias or not _is_alternative(reading, span.end, i):
            continue
        name = tuple(reading.words[span.start : span.end])
        food = reading.lexicon.by_phrase.get((*name, word)) or (reading.lexicon.by_phrase.get((*name[:-1], word)) if len(name) > 1 else None)
        if food is not None:
            reading.take(i, i + 1)
            if food not in span.foods:
                span.foods, span.either = [*span.foods, food], True


def _other_kind(reading: Reading, i: int) -> None:
    """ "Rice vinegar or balsamic" is either of two vinegars, and a "cumin seed, crushed or powdered" is cumin."""
    if reading.says_nothing(i):
        return
    before = [s for s in reversed(reading.spans) if s.end <= i]
    if not before or not before[0].plain or not _is_alternative(reading, before[0].end, i):
        return
    for span in before:
        food = reading.lexicon.by_phrase.get((reading.words[i], *reading.words[span.end - 1 : span.end]))
        if food is not None and span.plain and food.group == span.foods[0].group:
            reading.take(i, i + 1)
            if food not in span.foods:
                span.foods, span.either = [*span.foods, food], True
            return
    span = before[0]
    if reading.words[i] == "powdered" and span.foods[0].group in ("spice", "herb"):
        reading.silent.add(i)


def _is_alternative(reading: Reading, start: int, i: int) -> bool:
    """True when only quiet words stand between two places, and the last of them joins an alternative."""
    stroke = reading.text[reading.tokens[i - 1].start] == "/"
    joined = reading.words[i - 1] in OR or stroke
    return joined and all(reading.words[k] == BREAK or reading.says_nothing(k) for k in range(start, i))
