"""How much of a food a line names: numbers, units and packages to grams, as an interval.

What belongs here: the arithmetic of amounts. Which food a line names stands in `parsing.py`.

Own code instead of a parser library: a run over 70,000 recipes reads 700,000 lines, and facts must come from the whole
line anyway, so that only a small grammar of numbers and units is left to do.

The upper bound is the promise of this module: where the line can mean more than what was understood ("plus extra", a second
amount that cannot be weighed), there is none. Spreads, as shares of the middle figure: a stated mass is taken as exact; a liquid
by volume +-6 % (a metric cup is 250 ml); a solid by volume +-20 % (a cup of onion is 160 g chopped and 115 g sliced in USDA SR28);
a counted piece +-30 %; a pinch or a handful +-50 %.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from dish_pipeline.dietetics.lexicon import Food
from dish_pipeline.dietetics.wording import fold, phrase, singular
from dish_pipeline.dish import Interval

GRAMS = {
    "g": 1.0, "gr": 1.0, "gram": 1.0, "gramme": 1.0, "grm": 1.0, "gramm": 1.0, "kg": 1000.0, "kilo": 1000.0, "kilogram": 1000.0, "mg": 0.001,
    "gm": 1.0, "once": 28.35, "oz": 28.35, "ounce": 28.35, "lb": 453.6, "lbs": 453.6, "pound": 453.6,
}
"""Mass units, grams each (international avoirdupois)."""

_FRENCH_SPOONS = {"a soupe": 15.0, "a table": 15.0, "de table": 15.0, "a tab": 15.0, "a cafe": 5.0, "a the": 5.0, "a dessert": 10.0}
_SPOONS = ("cuillere", "cuilleree", "cuiller", "cuilere", "cuil", "cuill", "c")

MILLILITRES = {
    "ml": 1.0, "millilitre": 1.0, "milliliter": 1.0, "cl": 10.0, "dl": 100.0, "l": 1000.0, "litre": 1000.0, "liter": 1000.0, "cc": 1.0,
    "cup": 236.6, "c": 236.6, "tbsp": 14.79, "tablespoon": 14.79, "tbs": 14.79, "tbl": 14.79, "tblsp": 14.79, "tb": 14.79,
    "tsp": 4.93, "teaspoon": 4.93, "dessertspoon": 10.0, "dsp": 10.0, "fl oz": 29.57, "fluid ounce": 29.57, "pint": 473.2,
    "pt": 473.2, "quart": 946.4, "qt": 946.4, "gallon": 3785.0, "gal": 3785.0, "gill": 118.3, "shot": 44.0, "jigger": 44.0, "lt": 1000.0,
    "cupful": 236.6, "tablespoonful": 14.79, "teaspoonful": 4.93, "dessertspoonful": 10.0, "saltspoonful": 1.2, "table spoon": 14.79,
    "tea spoon": 4.93, "dessert spoon": 10.0, "table spoonful": 14.79, "tea spoonful": 4.93, "dessert spoonful": 10.0,
    "wineglass": 100.0, "wineglassful": 100.0, "glass": 200.0, "glassful": 200.0, "mug": 300.0, "mugful": 300.0, "teacup": 150.0,
    "teacupful": 150.0, "ladle": 120.0, "ladleful": 120.0, "wine glass": 100.0, "wine glassful": 100.0, "liqueur glass": 25.0,
    "tasse": 250.0, **{f"{spoon} {size}": ml for spoon in _SPOONS for size, ml in _FRENCH_SPOONS.items()},
    **dict.fromkeys(("tablepoon", "tablesppon", "tabelspoon", "tablspoon", "tbspn", "tblspn", "tbsps"), 14.79),
    **dict.fromkeys(("teapsoon", "teasppon", "teaspon", "tspn", "tsps"), 4.93),
    "c soupe": 15.0, "c table": 15.0, "c the": 5.0, "c a s": 15.0, "c a c": 5.0, "c a t": 5.0, "c a d": 10.0, "cas": 15.0, "cac": 5.0, "cs": 15.0,
    "c s": 15.0, "cuillere soupe": 15.0, "cuillere cafe": 5.0, "cuil soupe": 15.0, "cuil cafe": 5.0, "cuil a s": 15.0, "cuil a c": 5.0,
    "verre": 200.0, "tasse a the": 150.0, "tasse a cafe": 100.0, "verre a liqueur": 25.0, "louche": 120.0, "bol": 350.0,
    "decilitre": 100.0, "centilitre": 10.0,
}
"""Volume units, millilitres each (US customary; French ones metric)."""

_T = re.compile(r"\d ?t\.?$")
"""A bare "t", which stands for a teaspoon, a tablespoon or a French cup."""

_LOOSE_UNITS = {"wineglass", "wineglassful", "glass", "glassful", "mug", "mugful", "teacup", "teacupful", "ladle", "ladleful"}
_LOOSE_UNITS |= {"wine glass", "wine glassful", "liqueur glass", "verre", "verre a liqueur", "tasse a the", "tasse a cafe", "louche", "bol"}
"""Vessels that no two kitchens have of one size."""

PIECES = {
    "clove", "slice", "stalk", "sprig", "leaf", "bunch", "handful", "head", "bulb", "knob", "piece", "fillet", "breast", "thigh", "leg",
    "wing", "rasher", "sheet", "cube", "packet", "can", "jar", "stick", "wedge", "ear", "cob", "floret", "pod", "pinch", "dash", "scoop",
    "ball", "block", "sachet", "rack", "pack", "small", "medium", "large", "each",
}
"""Counted units that a food may have a weight for."""

PIECE_WORDS = {
    "tin": "can", "package": "packet", "pkg": "packet", "pkt": "packet", "envelope": "sachet", "rib": "stalk", "strip": "rasher",
    "drop": "dash", "splash": "dash", "drizzle": "dash", "pat": "knob", "log": "block", "root": "piece", "chunk": "piece",
    "gousse": "clove", "tranche": "slice", "branche": "sprig", "feuille": "leaf", "pincee": "pinch", "boite": "can", "botte": "bunch",
    "drumstick": "leg", "thumb": "piece", "medium sized": "medium", "big": "large", "extra large": "large", "spear": "stalk", "stem": "stalk",
    "bag": "packet", "box": "packet", "carton": "packet", "tub": "packet", "bottle": "jar", "container": "packet", "bouquet": "bunch",
    "square": "piece", "petit": "small", "moyen": "medium", "gros": "large", "grosse": "large", "petite": "small", "tete": "head",
    "poignee": "handful", "loaf": "each", "kernel": "piece", "segment": "piece", "punnet": "packet", "pouch": "packet", "pc": "piece",
    "brin": "sprig", "tige": "stalk", "paquet": "packet", "sac": "packet", "barquette": "packet", "brique": "packet", "bouteille": "jar",
    "bocal": "jar", "bloc": "block", "tablette": "block", "enveloppe": "sachet", "bulbe": "bulb", "morceau": "piece", "filet": "fillet",
    "goutte": "dash", "trait": "dash",
    "unit": "each", "grating": "pinch", "grind": "pinch", "grinding": "pinch", "dusting": "pinch",
    "glove": "clove", "handfull": "handful", "fistful": "handful", "twig": "sprig", "pck": "packet", "tetra pak": "packet",
}
"""Other words for a counted unit."""

INCHES = {"inch": 1.0, "pouce": 1.0, "po": 1.0, "cm": 0.4, "centimetre": 0.4, "centimeter": 0.4}
"""Lengths. Only a length of something whose pieces are weighed is an amount: "a 2-inch piece of ginger"."""

_TWINS = {"packet": "pack", "pack": "packet", "leaf": "sheet"}
"""Two names of one unit."""

_OTHER_PIECES = {
    "ring": "slice", "chip": "slice", "disc": "slice", "segment": "piece", "kernel": "piece", "stem": "stalk", "rondelle": "slice",
    "cuisse": "leg", "pilon": "leg", "aile": "wing", "poitrine": "breast", "cotelette": "chop", "escalope": "fillet", "moitie": "half",
    "lamelle": "slice", "quartier": "wedge", "cote": "stalk",
}
_PARTS = frozenset({
    *_OTHER_PIECES, "half", "quarter", "slice", "wedge", "cube", "strip", "leaf", "floret", "sprig", "stalk", "seed", "needle", "petal", "shaving",
    "sliver", "shard", "curl", "rind", "bone", "joint", "roast",
})
"""Words after a name by which not the whole things are counted: "4 pineapple rings". Where a food has no weight for one, none is known."""

_PARTS_OF_ANIMALS = frozenset({
    "head", "foot", "ear", "tongue", "rib", "carre", "palette", "epaule", "longe", "jarret", "joue", "souris", "travers", "dos", "pave", "darne",
    "medaillon", "haut", "manchon", "aiguillette", "tournedos", "queue", "pied", "cou",
})
_JOINTS = frozenset({"joint", "roast"})
"""Whole cuts, which weigh what they weigh: a gammon joint is no gammon steak."""

_SHARES_OF_ONE = {"half": 0.5, "quarter": 0.25}
_HEAD_END = re.compile(r"[,;(:]|(?<=\w) (?:cut|torn|broken|sliced|chopped|halved|quartered|in|into|with|without|for|to|from|and|or|plus|as|on"
                       r"|coupee?s?|tranchee?s?|hachee?s?|rapee?s?|emincee?s?|taillee?s?|en|et|ou|sans|avec|pour)\b")
"""Where a counted thing's name ends. What follows tells what is done with it: "1 lemon cut into wedges" is one lemon."""

_MEASURE = re.compile(
    r"[ -]*(?:(?:small|medium|large|big|good|generous|heaped|fresh)[ -])*"
    r"(basket|tray|crate|bowl|bowlful|dollop|squeeze|glug|scraping|turn|twist|nest|tube|layer|batch|recipe|serving|portion|helping|thread|set)s?\b"
)
"""What holds or counts an unknown number of things: "2 nests of noodles" are no two packets."""

_CUTS = {
    "steak": 180.0, "chop": 180.0, "cutlet": 120.0, "escalope": 120.0, "fillet": 150.0, "medallion": 70.0, "slice": 35.0, "rasher": 25.0,
    "breast": 180.0, "thigh": 120.0, "leg": 230.0, "wing": 60.0,
}
"""Grams of usual cuts, by which a weight in brackets is told to be of one of them or of all."""

CONTAINERS = {"can", "jar", "packet", "pack", "sachet", "block", "ball", "bunch"}

DEFAULT_PIECES = {"pinch": 0.4, "dash": 0.6, "handful": 25.0, "sprig": 1.5, "leaf": 0.5}
"""Grams of vague units for a food without a weight of its own (general kitchen practice, hence the wide spread)."""

_NOT_POURED = frozenset({"bread", "prepared", "confectionery", "chocolate", "meat", "poultry", "fish", "grain", "legume", "pasta_noodle"})
_SHEETS = frozenset({"bread", "baking", "pasta_noodle", "grain", "seaweed"})

LIQUID_GROUPS = {"water", "oil", "stock", "alcohol", "beverage", "sauce", "dairy", "plant_dairy", "condiment", "sweetener"}

LONGEST = 1000
"""Characters of a line beyond which nothing is weighed."""

MOST_GRAMS = 50_000.0
"""Of one food in one recipe. Beyond it a number was misread ("1,500 kg"), and nothing is known."""

_IMPERIAL = {"pint": 1.2, "pt": 1.2, "quart": 1.2, "qt": 1.2, "gallon": 1.2, "gill": 1.2}
"""How much larger the British measure of the same name is."""

_UNITS = {form: unit for unit in (*GRAMS, *MILLILITRES, *PIECES, *INCHES) for form in (unit, unit + "s", unit + "es")}
_UNITS |= {form: unit for word, unit in PIECE_WORDS.items() for form in (word, word + "s", word + "es")}
# Sprigs are no brine, and pats no pâtés.
for _form in ("brines", "pates"):
    del _UNITS[_form]
_UNITS |= {unit.replace(" ", "s ", 1): unit for unit in MILLILITRES if " " in unit}
_UNITS |= {"leaves": "leaf", "loaves": "each", "dozen": "dozen", "pair": "pair", "pairs": "pair", "t": "t", "%": "%"}
_UNITS |= {"livre": "livre", "livres": "livre"}
# "4 round courgettes" are whole ones.
_UNITS |= {"rounds": "slice", "round of": "slice"}
_UNITS |= dict.fromkeys(("mm", "degree", "degrees", "min", "mins", "minute", "minutes", "hour", "hours", "day", "days", "week", "weeks"), "%")
"""Word -> unit. "%" stands for all that makes a number no amount."""

UNIT_FORMS = frozenset(_UNITS)
# A walnut of butter. No unit by itself, for "noix de coco" is a fruit.
_UNITS |= {"noix de": "knob", "noisette de": "knob"}

_WORD_NUMBERS: dict[str, tuple[float, float]] = {
    "half a dozen": (6, 6), "half an": (0.5, 0.5), "half a": (0.5, 0.5), "a quarter of an": (0.25, 0.25), "a quarter of a": (0.25, 0.25),
    "a couple of": (2, 2), "a couple": (2, 2), "a few": (2, 5), "several": (3, 8), "a dozen": (12, 12),
    "one": (1, 1), "two": (2, 2), "three": (3, 3), "four": (4, 4), "five": (5, 5), "six": (6, 6), "seven": (7, 7), "eight": (8, 8),
    "nine": (9, 9), "ten": (10, 10), "eleven": (11, 11), "twelve": (12, 12), "dozen": (12, 12), "un": (1, 1), "une": (1, 1),
    "deux": (2, 2), "trois": (3, 3), "quatre": (4, 4), "cinq": (5, 5), "sept": (7, 7), "huit": (8, 8), "dix": (10, 10), "douze": (12, 12),
    "un demi": (0.5, 0.5), "une demi": (0.5, 0.5), "1 demi": (0.5, 0.5), "une demie": (0.5, 0.5),
    "un quart de": (0.25, 0.25), "un tiers de": (0.33, 0.34),
    "une dizaine": (8, 12), "une quinzaine": (13, 17), "une vingtaine": (17, 23), "une douzaine": (12, 12), "une demi douzaine": (6, 6),
    "une demi-douzaine": (6, 6), "quelques": (2, 5), "quelque": (2, 5), "plusieurs": (3, 8),
}
_MULTIPLES = {"dozen": 12, "pair": 2}
_SHARES = {"half": (0.5, 0.5), "a half": (0.5, 0.5), "quarter": (0.25, 0.25), "a quarter": (0.25, 0.25)}
"""Numbers only before a unit, since "half and half" is a cream."""
WORD_NUMBERS = frozenset(word for spelt in (*_WORD_NUMBERS, *_SHARES) for word in spelt.split())
_LOOSE = (
    "heaped", "heaping", "rounded", "generous", "good", "big", "fat", "scant", "large", "small", "gros", "grosse", "grosses", "bon", "bonne",
    "bonnes", "beau", "belle", "belles", "petit", "petite", "petits", "petites", "grand", "grande", "grands", "grandes",
)
_LOOSE_WORDS = frozenset(_LOOSE)
_ADJECTIVES = "|".join((
    *_LOOSE, "level", "medium", "thin", "thick", "short", "long", "whole", "full", "fresh", "dried", "metric", "additional", "more", "further",
))
_DIGITS = r"(?:\d+(?: ?[- ] ?| and )\d+ ?/ ?\d+|\d+ ?/ ?\d+|\d{1,3}(?:,\d{3})+(?!\d)|\d+[.,]\d+|\.\d+|\d+)"
_UNIT = "|".join(re.escape(form).replace(r"\ ", "[ .-]+") for form in sorted(_UNITS, key=len, reverse=True))
_SPELT = "|".join(sorted(_WORD_NUMBERS, key=len, reverse=True))
_NUMBER = rf"(?:(?:{_SPELT})(?![a-z']| peu\b)|{_DIGITS}|(?:a )?(?:half|quarter)(?= (?:{_UNIT})(?![a-z])))"
_BEGINS = r"(?:(?<![a-z\d] )|(?<=of )|(?<=from )|(?<=or )|(?<=and )|(?<=plus ))"
_NO_ONE = r"(?! (?:little|bit|lot|touch|mix|dollop|glug|squeeze|good amount|l'|la\b|les?\b))"
_ENDS = r"(?![a-z]|'[a-z])"
"""Where a unit ends. "Moutarde a l'ancienne" is no litre of it."""

_QUANTITY = re.compile(
    rf"(?<![a-z\d.,])(?<!\d/)(?:(?P<lo>{_NUMBER})(?P<half> and a half)?(?: ?(?:-|to|or|ou|a) ?(?P<hi>{_NUMBER}))?"
    # "a" is a number only where an amount can begin: at the start, after a joint, or before a unit.
    rf"|(?P<one>{_BEGINS}an?(?= ){_NO_ONE}|an?(?= (?:(?:{_ADJECTIVES}) )*(?:{_UNIT}){_ENDS})))"
    rf"(?:(?: of an? | d(?:e |'(?:une? )?)|[ -]*)(?P<adjectives>(?:(?:{_ADJECTIVES})[ -])*)(?P<unit>{_UNIT}){_ENDS}\.?)?"
)
_VAGUE = re.compile(r"\b(pinch|dash|handful|sprig|splash|drizzle|knob|bunch|drop|pincee|poignee|goutte|brin)\b")
_SIZE = re.compile(r"\b(small|medium|large|big|petite?|moyen|grosse?)(?:ne)?s?\b")
_SIZE_AFTER = re.compile(r"[(,] ?(small|medium|large)(?: ones?)?(?: ?[),]|$)")
_PLUS = re.compile(r"(?:\bplus|\band|\+)(?: another| an additional)? $")
_ELSE = re.compile(r"(?:\bor|\bto|-)(?: (?:about|even))? ?$")
_SAME = re.compile(r"[/|=] ?$")
_CUT = re.compile(r"[ -]*(?:(?:thick|wide|long|square)[ -]*)*(?:pieces|cubes|dice|slices|chunks|rounds|strips|lengths|sticks|rings|squares|$)")
"""A length that tells how something is cut."""
_EACH = re.compile(r"\b(?:each|apiece|chacune?s?)\b|\bg (?:la )?piece\b")
_ABOUT = re.compile(r"\b(?:about|approx\w*|around|roughly|circa|environ)\b|~")
_WEIGHING = re.compile(r"\b(?:of|weighing|de|d'environ) $")
_OPEN = re.compile(
    r"(?:\bplus|\band|\bwith|,) (?:(?:some|a (?:little|bit|few)) )?(?:extra|more)\b"
    r"(?![ -](?:virgin|large|firm|thick|mature|sharp|lean|fine|dry|hot|light))"
    r"|\bplus (?:some|a (?:little|bit|few))\b|\bor more\b|\bmore (?:if|as|to|for)\b|\b(?:to|for) taste\b|\bat least\b|\bau gout\b"
    r"|\bper (?:person|head|serving|portion|guest|egg|piece|\d)|\bpar (?:personne|portion|tete|convive)\b|\bau moins\b|\bou plus\b"
    r"|\b(?:et|ou) (?:un peu|davantage)\b|\bplus (?:au|pour|selon|si)\b|\bau besoin\b|\b(?:selon|a|suivant) (?:le |votre |vos |ton )?gouts?\b"
    r"|\b(?:as|if) (?:needed|required|necessary|desired)\b"
)
_REFERENCE = re.compile(r"\b(?:no\.|no|nos\.|number|step|page|recipe) ?$")
"""Words before a number that counts nothing: "puff paste No. 1206"."""

_FRENCH_T = re.compile(r"\.? (?:de |d')")
_AND_A_HALF = re.compile(r" et demie?\b")
_HEAPED = re.compile(r" (?:bien )?(?:bombee|genereuse|comble|pleine|remplie)s?\b")
_MIXED = re.compile(r"(\d+) (\d+ ?/ ?\d+)(?! ?(?:-|to|or|ou|a) ?\d)")
_OLD = re.compile(r"^(?:an?|\d+) day-old\b")
"""In "1 day-old loaf" the number counts loaves, in "2-day-old bread" days."""

_CONTAINER_NEXT = re.compile(
    r"[) -]*(?:can|tin|jar|pack|packet|package|pkg|bag|block|bottle|carton|tub|box|container|punnet|pouch|ball|fillet|steak|breast|boite|sachet)"
    r"s?(?:es)?\b"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit: a key of GRAMS or MILLILITRES, a member of PIECES, "inch", or empty for a bare count."""

    lo: float
    hi: float
    unit: str = ""
    in_brackets: bool = False
    loose: bool = False
    """Said as heaped, generous, scant, or as a large or small one of its unit."""
    start: int = 0
    end: int = 0


def number(text: str) -> float:
    """The value of "1 1/2", "1-1/2", "1½", "3/4", "2,5", "1,000". Raises ValueError for anything else.

    "1.000" is refused: it is a thousand in half of Europe and one elsewhere.
    """
    text = re.sub(r" ?/ ?", "/", fold(text).strip())
    if re.fullmatch(r"[1-9]\d{0,2}\.\d{3}", text):
        raise ValueError(f"{text!r} is one or one thousand")
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+", text):
        text = text.replace(",", "")
    whole, _, fraction = re.sub(r" ?(?:[- ]|and) ?", " ", text.replace(",", ".")).rpartition(" ")
    above, slash, below = fraction.partition("/")
    if slash and float(below) == 0:
        raise ValueError(f"division by zero in {text!r}")
    value = (float(whole) if whole else 0.0) + (float(above) / float(below) if slash else float(above))
    if not math.isfinite(value) or (whole and not slash):
        raise ValueError(f"{text!r} is no number")
    return value


def quantities(line: str) -> list[Quantity]:
    """Every number of the line with its unit, in order; `start` and `end` are places in the folded line.

    Raises ValueError for a number that has no value ("1/0 cup"), since what it stands for is then not known at all.
    """
    return list(_quantities(fold(line)))


@lru_cache(maxsize=256)
def _quantities(text: str) -> tuple[Quantity, ...]:
    found, depth, seen = [], 0, 0
    for match in _QUANTITY.finditer(text):
        before = text[seen : match.start()]
        depth, seen = max(0, depth + before.count("(") - before.count(")")), match.start()
        lo, hi = (1.0, 1.0) if match["one"] else _range(match["lo"], match["hi"], 0.5 if match["half"] else 0.0)
        unit = _UNITS[re.sub(r"[ .-]+", " ", match["unit"])] if match["unit"] else ""
        if _REFERENCE.search(text[: match.start()]):
            continue
        if unit == "%" and _OLD.search(text[match.start() :]):
            unit = ""
        if unit == "%":
            continue
        if unit in _MULTIPLES:
            lo, hi, unit = lo * _MULTIPLES[unit], hi * _MULTIPLES[unit], ""
        elif unit == "t" and _FRENCH_T.match(text, match.end()):
            # A spoon or a cup: what is in it may be five grams or two hundred.
            continue
        elif unit == "livre":
            # 454 g in Canada, 500 g in France.
            lo, hi, unit = lo * 453.6, hi * 500.0, "g"
        elif unit == "cc" and _FRENCH_T.match(text, match.end()):
            hi, unit = hi * 5, "ml"
        elif unit == "t":
            # "T" and "t" are a tablespoon and a teaspoon, and case is lost.
            hi, unit = hi * 3, "tsp"
        elif unit in INCHES:
            lo, hi, unit = lo * INCHES[unit], hi * INCHES[unit], "inch"
        if half := _AND_A_HALF.match(text, match.end()):
            lo, hi = lo + 0.5, hi + 0.5
        heaped = bool(_HEAPED.match(text, half.end() if half else match.end()))
        adjectives = re.split("[ -]", match["adjectives"] or "")
        loose = heaped or unit in _LOOSE_UNITS or not _LOOSE_WORDS.isdisjoint(adjectives)
        found.append(Quantity(lo, hi, unit, depth > 0, loose, *match.span()))
    return tuple(found)


def _range(lo_text: str, hi_text: str | None, half: float) -> tuple[float, float]:
    lo, hi = _value(lo_text)
    if hi_text:
        other_lo, other_hi = _value(hi_text)
        lo, hi = min(lo, other_lo), max(hi, other_hi)
    return lo + half, hi + half


@lru_cache(maxsize=4096)
def _value(text: str) -> tuple[float, float]:
    spelt = _WORD_NUMBERS.get(text) or _SHARES.get(text)
    if spelt:
        return spelt
    value = number(text)
    return value, value


def is_amount(line: str) -> bool:
    """True when the text gives an amount, readable or not."""
    try:
        return bool(quantities(line)) or bool(_VAGUE.search(fold(line)))
    except ValueError:
        return True


def is_measured(line: str) -> bool:
    """True when the text weighs or measures, rather than counts whole things."""
    try:
        found = quantities(line)
    except ValueError:
        return False
    return found[0].unit not in ("", "each", "small", "medium", "large") if found else is_amount(line)


def grams(line: str, food: Food) -> Interval | None:
    """Grams of `food` that the line names, or None when the line gives no amount that can be weighed.

    The line names no other food: `parsing.py` cuts one that does.
    """
    text = fold(line)
    if len(text) > LONGEST:
        return None
    try:
        found = quantities(text)
    except ValueError:
        return None
    amount = _amount(text, found, food)
    if amount is None or amount.lo <= 0 or (amount.hi or amount.lo) > MOST_GRAMS:
        return None
    if _ABOUT.search(text) and amount.hi is not None:
        amount = Interval(amount.lo * 0.85, amount.mid, amount.hi * 1.15)
    return _without_upper(amount) if _OPEN.search(text) else amount


def _amount(text: str, found: list[Quantity], food: Food) -> Interval | None:
    if not found:
        vague = _VAGUE.search(text)
        return _of_pieces(Quantity(1, 1, _UNITS[vague.group()]), food, text) if vague else None
    first = next((q for q in found if not q.in_brackets), found[0])
    later = found[found.index(first) + 1 :]
    if first.unit in GRAMS or first.unit in MILLILITRES:
        again = next((q for q in later if _is_exact(q, first, text) and (q.in_brackets or _SAME.search(text[: q.start]))), None)
        if first.unit in MILLILITRES and again and not _EACH.search(text):
            first = again
        packed = _packed(first, again, text) if first.unit in GRAMS and again else None
        total = packed or _measure(first, food, text)
    else:
        first, later = _times_length(first, later, text)
        weights = [q for q in later if _weighs(q) and _belongs(q, first, text)]
        each = min(weights, key=lambda q: q.unit not in GRAMS, default=None)
        total = _counted(first, each, food, text)
        later = [q for q in later if q is not each]
    for other in later if total else []:
        if not other.in_brackets and not _SAME.search(text[: other.start]):
            total = _joined(total, other, food, text)
    return total


def _packed(first: Quantity, again: Quantity, text: str) -> Interval | None:
    """ "1 1/4 oz (7 g) yeast" is one packet of a quarter of an ounce; without the brackets nobody could tell."""
    mixed = _MIXED.match(text[first.start : first.end])
    if not mixed or again.unit not in GRAMS:
        return None
    one, said = number(mixed[2]) * GRAMS[first.unit], (again.lo + again.hi) / 2 * GRAMS[again.unit]
    return Interval(said, said * float(mixed[1]), said * float(mixed[1])) if 0.8 * one <= said <= 1.2 * one else None


def _is_exact(q: Quantity, first: Quantity, text: str) -> bool:
    """True when `q` tells better than `first` how much there is: its mass, or the volume of a glass or of a "t" (spoon, or French cup)."""
    vague = first.unit in _LOOSE_UNITS or bool(_T.search(text[first.start : first.end]))
    if q.unit in GRAMS or not vague or q.unit not in MILLILITRES or q.unit in _LOOSE_UNITS:
        return q.unit in GRAMS
    # "One glass (33c)" is no 33 cups.
    return q.hi * MILLILITRES[q.unit] <= 250 * max(1.0, first.hi)


def _weighs(q: Quantity) -> bool:
    return q.unit in GRAMS or q.unit in MILLILITRES


def _belongs(q: Quantity, count: Quantity, text: str) -> bool:
    """True when `q` says how much `count` things are: "2 x 400 g", "1 (14 oz) can", "4 fillets, about 180 g each"."""
    between = text[count.end : q.start]
    told = _ABOUT.search(between) or _WEIGHING.search(between)
    return q.in_brackets or bool(_EACH.search(text)) or bool(re.fullmatch(r"[ x-]*", between)) or bool(told)


def _times_length(first: Quantity, later: list[Quantity], text: str) -> tuple[Quantity, list[Quantity]]:
    """ "1 2-inch piece of ginger" is two pieces of an inch."""
    if later and later[0].unit == "inch" and first.unit in ("", "piece", "knob") and not text[first.end : later[0].start].strip(" -"):
        length = later[0]
        return Quantity(first.lo * length.lo, first.hi * length.hi, "inch", False, True, first.start, length.end), later[1:]
    return first, later


def _joined(total: Interval | None, other: Quantity, food: Food, text: str) -> Interval | None:
    """The amount with a second one of the same line."""
    before = text[: other.start]
    added = _PLUS.search(before)
    if total is None or not (added or _weighs(other)):
        # "cut into 8 wedges", "2 cm dice": no amount.
        return total
    more = _measure(other, food, text)
    if added:
        return total.plus(more) if more else _without_upper(total)
    if more is None or more.hi is None or total.hi is None:
        return _without_upper(total)
    if _ELSE.search(before):
        return Interval(min(total.lo, more.lo), total.mid, max(total.hi, more.hi))
    # Nothing says whether it is a part of the first amount or comes on top.
    return Interval(total.lo, total.mid, total.hi + more.hi)


def _without_upper(amount: Interval) -> Interval:
    return Interval(amount.lo, amount.mid, None)


def _measure(q: Quantity, food: Food, text: str) -> Interval | None:
    if q.unit in GRAMS:
        return _of_mass(q, food)
    return _of_volume(q, food) if q.unit in MILLILITRES else _of_pieces(q, food, text)


def _spread(q: Quantity, each: float, share: float) -> Interval:
    lo, hi = (0.6, 2.0) if q.loose else (1 - share, 1 + share)
    return Interval(q.lo * each * lo, (q.lo + q.hi) / 2 * each, q.hi * each * hi)


def _of_mass(q: Quantity, food: Food) -> Interval:
    amount = _spread(q, GRAMS[q.unit], 0.0)
    if q.unit in ("oz", "ounce") and food.group in LIQUID_GROUPS:
        # "8 oz honey" may be a cup of it.
        fluid = _of_volume(Quantity(q.lo, q.hi, "fl oz"), food)
        if fluid and fluid.hi and amount.hi:
            return Interval(amount.lo, amount.mid, max(amount.hi, fluid.hi))
    return amount


def _of_volume(q: Quantity, food: Food) -> Interval | None:
    liquid = food.group in LIQUID_GROUPS
    per_cup = food.grams_per_cup or (236.6 if liquid else None)
    if per_cup is None:
        return None
    amount = _spread(q, per_cup / 236.6 * MILLILITRES[q.unit], 0.06 if liquid else 0.20)
    return Interval(amount.lo, amount.mid, (amount.hi or 0.0) * _IMPERIAL.get(q.unit, 1.0))


def _of_pieces(q: Quantity, food: Food, text: str) -> Interval | None:
    unit, size = (q.unit, "") if q.unit not in ("small", "medium", "large") else ("", q.unit)
    if unit in phrase(food.name) and unit not in food.pieces:
        # "4 cloves" of the spice are no garlic.
        unit = ""
    if unit == "knob" and unit not in food.pieces and text[q.start : q.end].endswith(" de"):
        # "8 noix de Saint-Jacques" are scallops.
        unit = ""
    if unit == "slice" and unit not in food.pieces and "round" in text[q.start : q.end]:
        unit = ""
    if unit == "inch":
        named = () if _CUT.match(re.split(r"[,;(]", text[q.end :], maxsplit=1)[0]) else ("piece", "knob")
        return next((_spread(q, food.pieces[name], 0.5) for name in named if name in food.pieces), None)
    head = _HEAD_END.split(text[q.end :], maxsplit=1)[0]
    if not size and unit in ("", "each", "piece"):
        said = _SIZE.search(head) or _SIZE_AFTER.search(text)
        size = _UNITS.get(said.group(1), "") if said else ""
    share: float | None = 1.0
    if not unit:
        unit, share = _unit_after(head, food)
    return None if share is None else _weighed(q, unit, size, share, food)


def _unit_after(head: str, food: Food) -> tuple[str, float | None]:
    """The unit that stands in the name ("6 bacon rashers") and the share of it that is meant; no share where it has no weight."""
    words = head.split()
    unit = next((_UNITS[word] for word in words if _UNITS.get(word) in food.pieces), "")
    measure = _MEASURE.match(head)
    if unit or measure:
        word = measure.group(1) if measure else ""
        return (unit, 1.0) if unit or _is_named(food, word) else (word, 1.0 if word in food.pieces else None)
    parts = _PARTS | _PARTS_OF_ANIMALS if food.group in ("meat", "poultry", "fish", "crustacean") else _PARTS
    # "Potato rounds" are slices, round potatoes are not.
    found = ("slice" if word == "rounds" else singular(word) for word in words)
    part = next((part for part in found if part in parts and (part in _JOINTS or not _is_named(food, part))), "")
    if not part or part in _SHARES_OF_ONE:
        return "", _SHARES_OF_ONE.get(part, 1.0)
    unit = _OTHER_PIECES.get(part, part)
    known = unit in food.pieces or part == "sprig" or (part == "leaf" and food.group == "herb")
    return unit, 1.0 if known else None


def _is_named(food: Food, word: str) -> bool:
    """True when a name of the food holds the word: the leaf of bay leaves."""
    return any(word in phrase(name) for name in (food.name, *food.aliases))


def _weighed(q: Quantity, unit: str, size: str, share: float, food: Food) -> Interval | None:
    for name in (unit, _TWINS.get(unit, ""), size):
        if name in food.pieces:
            return _spread(q, food.pieces[name] * share, 0.5 if name in DEFAULT_PIECES or (size and name != size) else 0.3)
    if unit in ("", "each", "piece"):
        for name in ("each", "medium", "piece"):
            if name in food.pieces:
                return _spread(q, food.pieces[name] * share, 0.5 if size else 0.3)
    if unit == "dash" and food.group in _NOT_POURED:
        # "12 drop biscuits" are no dashes.
        return None
    if unit in DEFAULT_PIECES:
        # "2 feuilles de brick" are sheets, and no leaves of half a gram.
        return None if unit == "leaf" and food.group in _SHEETS else _spread(q, DEFAULT_PIECES[unit], 0.5)
    # A bare count of a food with a single known unit: "6 bacon" can only be rashers.
    return _spread(q, next(iter(food.pieces.values())) * share, 0.5) if not unit and len(food.pieces) == 1 else None


def _counted(count: Quantity, each: Quantity | None, food: Food, text: str) -> Interval | None:
    """The amount of `count` things, of which `each` tells the weight of one, or of all."""
    pieces = _of_pieces(count, food, text)
    one = _measure(each, food, text) if each else None
    if each is None or one is None or one.hi is None or one.mid is None:
        return pieces
    many = one.times(Interval(count.lo, (count.lo + count.hi) / 2, count.hi))
    assert many.hi is not None and many.mid is not None
    between = text[count.end : each.start]
    packed = bool(_CONTAINER_NEXT.match(text[each.end :]))
    container = packed or count.unit in CONTAINERS
    if _EACH.search(text) or not between.strip(" x-") or (packed and not between.strip(" (")):
        total = many
    elif not container and count.lo >= 3 and (usual := _usual(count, pieces, food, text)):
        # "4 breasts (about 600 g)": one of the two readings is absurd.
        total = min(one, many, key=lambda reading: abs(math.log(max(reading.mid or 0.0, 1e-9) / usual)))
    else:
        total = Interval(min(one.lo, many.lo), many.mid if container else one.mid, max(one.hi, many.hi))
    return _drained(total, food, text) if container else total


def _usual(count: Quantity, pieces: Interval | None, food: Food, text: str) -> float | None:
    """Grams that so many things usually have. What a shoulder weighs says nothing of "4 shoulder steaks"."""
    head = _HEAD_END.split(text[count.end :], maxsplit=1)[0]
    words = [count.unit, *(singular(word) for word in re.findall(r"[a-z]+", head))]
    cut = next((word for word in words if word in _CUTS and word not in food.pieces), None)
    return _CUTS[cut] * (count.lo + count.hi) / 2 if cut and cut not in phrase(food.name) else pieces.mid if pieces else None


def _drained(total: Interval, food: Food, text: str) -> Interval:
    """A can's label weight is an upper bound for what is eaten: beans, fish and olives lose their liquid (about 40 %)."""
    if food.group not in ("legume", "fish", "vegetable", "fruit", "mollusc", "crustacean") or "tomato" in food.name:
        return total
    return Interval(total.lo * 0.55, (total.mid or 0.0) * (0.6 if "drain" in text else 0.75), total.hi)
