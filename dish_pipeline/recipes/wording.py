"""What recipes say about themselves in words: the course and the number of servings.

What belongs here: reading free text of the fields course, tags and servings. Ingredient lines are the business of `dietetics`.
"""

from __future__ import annotations

import re

from dish_pipeline.dietetics.wording import phrase
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE

_COURSE_WORDS = {
    "starter": "starter appetizer appetiser soup entree hors antipasto mezze tapa dip salad potage soupe amuse starters first",
    "main": "main dinner supper lunch casserole stew curry pasta pizza roast burger principal plat repas meat fish chicken beef pork lamb seafood",
    "side": "side accompaniment vegetable accompagnement sidedish bread pain",
    "dessert": "dessert pudding cake cookie biscuit pie tart sweet ice candy pastry gateau tarte biscuits desserts baking",
    "breakfast": "breakfast brunch pancake porridge granola cereal muffin dejeuner",
    "snack": "snack drink beverage cocktail smoothie sauce condiment dressing jam preserve collation boisson",
}
_BY_WORD = {word: course for course, words in _COURSE_WORDS.items() for text in words.split() for word in phrase(text)}


def course_of(course: str, tags: tuple[str, ...] | list[str]) -> str:
    """One of COURSES, or "unknown" when neither the course field nor a tag says one.

    The course field wins over tags; within a text, an exact course name wins over a hint such as "soup".
    """
    for text in (course, *tags):
        words = phrase(text)
        for word in words:
            if word in COURSES:
                return word
    for text in (course, *tags):
        for word in phrase(text):
            if word in _BY_WORD:
                return _BY_WORD[word]
    return UNKNOWN_COURSE


_RANGE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:-|–|—|to|à|a|or|ou)\s*(\d+(?:[.,]\d+)?)")
_ONE = re.compile(r"\d+(?:[.,]\d+)?")
_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "ten": 10, "twelve": 12, "dozen": 12}


def servings_of(text: str) -> tuple[float, float] | None:
    """Fewest and most servings: "4-6 servings" is (4, 6). None when no believable number stands there."""
    match = _RANGE.search(text)
    if match:
        lo, hi = sorted(float(g.replace(",", ".")) for g in match.groups())
    else:
        one = _ONE.search(text)
        words = [n for w, n in _WORDS.items() if re.search(rf"\b{w}\b", text.lower())]
        if one:
            lo = hi = float(one.group().replace(",", "."))
        elif words:
            lo = hi = float(words[0])
        else:
            return None
    return (lo, hi) if 0.5 <= lo <= hi <= 200 else None
