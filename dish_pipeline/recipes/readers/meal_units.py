"""The codes of units that Meal-Master and REZKONV write, in words.

What belongs here: these codes and how an amount reads with them. The layouts they stand in are read in `mealmaster`.
"""

from __future__ import annotations

import re
from fractions import Fraction

UNITS: dict[str, tuple[str, str]] = {
    "t": ("teaspoon", "teaspoons"), "ts": ("teaspoon", "teaspoons"), "T": ("tablespoon", "tablespoons"), "tb": ("tablespoon", "tablespoons"),
    "c": ("cup", "cups"), "lg": ("large", "large"), "md": ("medium", "medium"), "sm": ("small", "small"), "cn": ("can", "cans"),
    "pk": ("package", "packages"), "pn": ("pinch", "pinches"), "dr": ("drop", "drops"), "ds": ("dash", "dashes"), "ct": ("carton", "cartons"),
    "bn": ("bunch", "bunches"), "sl": ("slice", "slices"), "fl": ("fluid ounce", "fluid ounces"), "pt": ("pint", "pints"),
    "qt": ("quart", "quarts"), "ga": ("gallon", "gallons"), "oz": ("ounce", "ounces"), "lb": ("pound", "pounds"),
    "ml": ("milliliter", "milliliters"), "cb": ("cubic centimeter", "cubic centimeters"), "cl": ("centiliter", "centiliters"),
    "dl": ("deciliter", "deciliters"), "l": ("liter", "liters"), "mg": ("milligram", "milligrams"), "cg": ("centigram", "centigrams"),
    "dg": ("decigram", "decigrams"), "g": ("gram", "grams"), "kg": ("kilogram", "kilograms"), "ea": ("", ""), "x": ("", ""),
    # Codes of later programs that write this format.
    "sk": ("stalk", "stalks"), "sp": ("sprig", "sprigs"), "cv": ("clove", "cloves"), "st": ("stick", "sticks"), "hd": ("head", "heads"),
    "dz": ("dozen", "dozen"), "bt": ("bottle", "bottles"), "jr": ("jar", "jars"), "bx": ("box", "boxes"), "pc": ("piece", "pieces"),
}  # fmt: skip
"""Code -> words for one and for many. Only t and T differ by their case."""

REZKONV_UNITS = {
    "essl": "Esslöffel", "el": "Esslöffel", "teel": "Teelöffel", "tl": "Teelöffel", "gramm": "Gramm", "ltr": "Liter", "tas": "Tassen",
    "pack": "Packung", "pkg": "Packung", "pck": "Päckchen", "pr": "Prise", "msp": "Messerspitze", "bd": "Bund", "klein": "kleine", "kl": "kleine",
    "groß": "große", "gross": "große", "gr": "große", "mittl": "mittelgroße", "mittel": "mittelgroße", "stk": "Stück", "st": "Stück",
    "sch": "Scheiben", "scheib": "Scheiben", "bl": "Blätter", "be": "Becher", "tr": "Tropfen", "gl": "Gläser", "ds": "Dose", "zw": "Zweige", "x": "",
}  # fmt: skip

_REZKONV = re.compile(r"(?P<amount>[\d½¼¾⅓⅔][\d ,./½¼¾⅓⅔-]{0,20}?) (?P<unit>[^\W\d]{1,20}\.?) ")
_GARLIC = re.compile(r"(?:fresh |minced |chopped )*(?:garlic|knoblauch|ail)\b", re.IGNORECASE)


def written_amount(amount: str, unit: str, text: str) -> str:
    """A line of Meal-Master in words: "2 c" of "Flour" is "2 cups Flour"."""
    amount = re.sub(r"(\d)\.0+(?!\d)|(\.\d*?[1-9])0+(?!\d)", r"\1\2", amount)
    if unit == "cl" and _GARLIC.match(text):
        unit = "cv"  # the program has no code for cloves, and people take this one
    if unit == "x" and amount in ("", "1"):
        amount = ""  # "per serving", which people write where no amount is to be said
    one, many = UNITS.get(unit) or UNITS.get(unit.lower()) or (unit, unit)
    return " ".join(filter(None, [amount, many if _several(amount) else one, text]))


def rezkonv_line(text: str) -> str:
    """A line of REZKONV in words: "2     Essl. Zucker" is "2 Esslöffel Zucker"."""
    text = " ".join(text.split())
    found = _REZKONV.match(text)
    if found is None:
        return text
    unit = REZKONV_UNITS.get(found["unit"].rstrip(".").lower(), found["unit"])
    return " ".join(filter(None, [found["amount"], unit, text[found.end() :]]))


def _several(amount: str) -> bool:
    """True for more than one: "1 1/2", "2-3"; an amount that is no number is taken for one."""
    try:
        return sum(Fraction(part) for part in amount.replace("-", " ").split()) > 1
    except (ValueError, ZeroDivisionError):
        return False
