"""What recipes say about themselves in words: the course and the number of servings.

What belongs here: reading free text of the fields course, tags and servings. Ingredient lines are the business of `dietetics`.
"""

from __future__ import annotations

import re

from dish_pipeline.dietetics.wording import fold, phrase
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


_NUMBER = r"\d+(?:[.,]\d+)*"
_SPELT = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
    "fifteen": 15, "sixteen": 16, "eighteen": 18, "twenty": 20,
}
_ANY_SPELT = "|".join(_SPELT)
_SERVINGS = re.compile(
    rf"(?<![\w.,/])(?<!x )(?P<lo>{_NUMBER})(?: ?(?:-|to|a|or|ou) ?(?P<hi>{_NUMBER}))?(?P<more> ?\+| ?/| \d+ ?/| or more)?(?P<dozen> ?dozen)?"
    # A number with a measure is the size of the dish or the time it takes.
    r"(?P<measure>[ -]*(?:g|kg|gr|grams?|mg|ml|cl|dl|l|litres?|liters?|cups?|pints?|quarts?|gallons?|tbsp|tsp|oz|ounces?|lbs?|pounds?|cm|mm"
    r"|inch(?:es)?|min(?:ute)?s?|hours?|hrs?|h|days?|x|%|\"|k?cal(?:ories)?)(?![a-z]))?"
)
_BEFORE = re.compile(r"(?:serves|serve|serving|servings|feeds|for|pour|fur|portions?|yields?|makes)[ :]*(?:about |approx\.? |up to )?$")
_AFTER = re.compile(r"[ -]*(?:servings?|portions?|people|persons?|pers\b|personnes?|personen|porzioni|serves)")

_WHOLE = re.compile(
    r" ?(?:\([^)]*\) ?)?(?:[a-z-]+ )?"
    r"(?:loaf|loaves|cakes?|pies?|tarts?|quiches?|pizzas?|batch(?:es)?|pans?|trays?|jars?|bottles?|terrines?)\b"
)
"""What is cut into servings: one or two of them are no number of servings."""


def servings_of(text: str) -> tuple[float, float] | None:
    """Fewest and most servings: "4-6 servings" is (4, 6). None when no believable number stands there.

    A number beside a word such as "serves" wins over others; one with a measure ("makes 500 ml") is none, and neither is an
    open one ("6+"), since a serving could then be any size.
    """
    folded = fold(text)
    if re.search(rf"\b(?:{_ANY_SPELT})[ -](?:{_ANY_SPELT})\b", folded):
        return None
    folded = re.sub(rf"\b(?:{_ANY_SPELT})\b", lambda m: str(_SPELT[m.group()]), folded)
    folded = re.sub(r"(?<![a-z])(?:a )?(?:half a )?dozen(?![a-z])", lambda m: "6" if "half" in m.group() else "dozen", folded)
    folded = re.sub(r"(?<!\d )dozen", "12", folded)
    found = [m for m in _SERVINGS.finditer(folded) if not m["measure"]]
    beside = [m for m in found if _BEFORE.search(folded[: m.start()]) or _AFTER.match(folded[m.end() :])]
    for match in [*beside, *found][:1]:
        values = [_value(match[name]) for name in ("lo", "hi") if match[name]]
        if match["more"] or None in values:
            return None
        lo, *rest = sorted(v * (12 if match["dozen"] else 1) for v in values if v is not None)
        hi = rest[0] if rest else lo
        if hi <= 2 and _WHOLE.match(folded[match.end() :]):
            return None
        return (lo, hi) if 0.5 <= lo <= hi <= 200 else None
    return None


def _value(text: str) -> float | None:
    """A number; None for "1,000" and "1.000", which are one or one thousand."""
    if re.fullmatch(r"\d+(?:[.,]\d{1,2})?", text):
        return float(text.replace(",", "."))
    return None
