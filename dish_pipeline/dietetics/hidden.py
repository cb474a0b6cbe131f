"""Words of cutting, cooking and counting that stand for a food or make a dish, where no name does.

What belongs here: the wings of "10 wings, hot sauce", the squid ink of black spaghetti, the sauce of baked ziti. Each is a word that says
nothing nearly everywhere (a row of words.csv, or a unit); where it may hide something, it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dish_pipeline.dietetics.lexicon import Food
from dish_pipeline.dietetics.spans import AND, OR, Span, is_french
from dish_pipeline.dietetics.wording import BREAK
from dish_pipeline.dish import Tri

if TYPE_CHECKING:
    from dish_pipeline.dietetics.naming import Reading

_OF_ANIMALS = frozenset({"wing", "thigh", "drumstick", "breast", "rasher"})
_OF_ANIMALS_AS_WRITTEN = frozenset({"chops", "fillets", "loins", "legs", "links"})
_JOINTS = frozenset({"roast", "joint"})
"""Cuts that are bought by their name alone: of what animal, the line need not say."""

_ANIMALS = ("meat", "poultry", "fish", "crustaceans", "molluscs")

_MAKES_PASTA_A_DISH = frozenset({"baked", "black"})
"""Baked ziti come in sauce and under cheese; black spaghetti are dyed with ink."""

_MELTS = frozenset({"fat", "oil", "dairy", "chocolate", "plant_dairy"})
"""Groups of which a French "fondue" is the melted food. Of leeks it is a dish, with cream as a rule."""

_MADE_OVERNIGHT = "oat"
"""What is soaked overnight in milk or yoghurt, and called so."""


def find(reading: Reading) -> None:
    """Adds to the unknown words those that may hide a food."""
    if not is_french(reading.words):
        reading.unknown += [reading.words[i] for i in _cuts_of_nothing(reading)]
    for span in reading.spans:
        before = reading.word(span.start - 1)
        pasta = span.foods[0].group == "pasta_noodle" and before in _MAKES_PASTA_A_DISH
        if (pasta or (before == "overnight" and reading.words[span.start] == _MADE_OVERNIGHT)) and not reading.taken[span.start - 1]:
            reading.unknown.append(f"{before} {span.foods[0].name}")
        # An ice is made of syrup, milk or egg white, whatever its fruit; ice is in no fruit.
        if span.part_of and reading.words[span.part_of.start : span.part_of.end] == ["ice"]:
            reading.unknown.append(f"{span.foods[0].name} ice")
        if _makes_another(span.foods[0], _written(reading, span.end)) and not reading.taken[span.end]:
            span.another = True
    for i, word in enumerate(reading.words):
        melted = any(span.end <= i and span.foods[0].group in _MELTS for span in reading.spans)
        if word == "fondue" and not reading.taken[i] and not melted and reading.word(i - 1) not in ("a", "pour"):
            reading.unknown.append(word)


def _makes_another(food: Food, word: str) -> bool:
    """True for ginger thins, which are biscuits, cauliflower wings, which are battered, and beef links, which are sausages."""
    plant = food.group in ("vegetable", "fungus", "fruit")
    return word == "thins" or (word == "wings" and plant) or (word == "links" and food.basis == "composition")


def _written(reading: Reading, i: int) -> str:
    return reading.text[reading.tokens[i].start : reading.tokens[i].end] if i < len(reading.tokens) else ""


def _cuts_of_nothing(reading: Reading) -> Iterator[int]:
    """The places of cuts in a line that names no animal."""
    if not reading.spans or any(_is_of_an_animal(span) for span in reading.spans):
        return
    for i, word in enumerate(reading.words):
        said = word in _OF_ANIMALS or _written(reading, i) in _OF_ANIMALS_AS_WRITTEN or (word in _JOINTS and _is_bought(reading, i))
        beside = any(span.end == i or (span.start == i + 2 and reading.word(i + 1) == "of") for span in reading.spans)
        if said and not beside and not reading.taken[i]:
            yield i


def _is_of_an_animal(span: Span) -> bool:
    return any(food.facts.get(key) is Tri.CONTAINS for food in span.foods for key in _ANIMALS)


def _is_bought(reading: Reading, i: int) -> bool:
    """True for the joint of "1 (3 lb) roast, 2 onions": an amount stands before it, nothing after. Elsewhere it is a verb or a shape."""
    first = i > 0 and all(reading.words[k] == BREAK or reading.says_nothing(k) for k in range(i)) and any(map(reading.is_number, range(i)))
    return first and reading.word(i + 1) in {BREAK} | AND | OR
