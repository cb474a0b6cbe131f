"""What a line of a typed recipe is, told by its words: a heading, servings, an amount, a sentence, a name of a file.

What belongs here: the words that people write around their ingredients, in several languages. No format and no file is known here,
and nothing is thrown away: these functions answer questions about one line.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

INGREDIENTS, INSTRUCTIONS, OTHER = "ingredients", "instructions", "other"

LONGEST_HEADING = 80
"""Characters of a line that may still be a heading."""

FULL = 40
"""Characters from which on a line of text may have been broken."""

_INGREDIENT_WORDS = (
    "ingredients", "ingredient", "ingridients", "ingrediants", "zutaten", "zutat", "ingrédients", "ingrédient", "ingredientes", "ingredienti",
    "ingrediente", "ingrediënten", "ingredienser", "ainekset", "składniki", "suroviny", "hozzávalók", "ingrediencie", "sastojci", "sestavine",
    "ингредиенты", "продукты", "інгредієнти", "malzemeler", "υλικά", "συστατικά", "nguyên liệu", "bahan", "المقادير", "المكونات", "מרכיבים",
    "सामग्री",
)  # fmt: skip
_INGREDIENT_SIGNS = ("食材", "原料", "用料", "配料", "主料", "材料", "재료", "ส่วนผสม")
"""Words of scripts without spaces, looked for anywhere in a short line."""

_INGREDIENT_PHRASES = (
    "what you need", "what you ll need", "what you will need", "you will need", "you ll need", "you need", "shopping list", "was du brauchst",
    "du brauchst", "das brauchst du", "ce qu il faut", "il vous faut", "necesitas", "occorrente", "benodigdheden",
)  # fmt: skip
_INSTRUCTION_WORDS = (
    "directions", "direction", "instructions", "instruction", "method", "methods", "preparation", "procedure", "steps", "step by step",
    "the steps", "how to make", "how to make it", "how to cook", "how to prepare", "cooking instructions", "cooking method", "process",
    "making it", "to make", "assembly", "zubereitung", "zubereitungsschritte", "anleitung", "arbeitsschritte", "schritte", "so geht s",
    "so wird s gemacht", "préparation", "étapes", "réalisation", "instrucciones", "preparación", "elaboración", "modo de preparación", "pasos",
    "procedimiento", "modo de preparo", "modo de fazer", "preparo", "preparação", "preparazione", "procedimento", "istruzioni", "bereiding",
    "bereidingswijze", "werkwijze", "tillagning", "gör så här", "fremgangsmåte", "fremgangsmåde", "valmistus", "przygotowanie",
    "sposób przygotowania", "wykonanie", "postup", "elkészítés", "priprema", "приготовление", "способ приготовления", "приготування", "yapılışı",
    "hazırlanışı", "εκτέλεση", "cách làm", "cara membuat",
)  # fmt: skip
_INSTRUCTION_SIGNS = ("做法", "步骤", "操作", "制作方法", "作法", "作り方", "手順", "만드는 법", "만들기", "วิธีทำ")
_OTHER_WORDS = (
    "note", "notes", "tip", "tips", "equipment", "utensils", "tools", "tools needed", "special equipment", "cookware", "variation", "variations",
    "variants", "substitutions", "alternatives", "nutrition", "nutrition facts", "nutritional information", "nutrition information", "storage",
    "source", "sources", "reference", "references", "based on", "adapted from", "credit", "credits", "info", "information", "details", "about",
    "description", "introduction", "intro", "comments", "serving suggestion", "serving suggestions", "suggestions", "photo", "photos", "pictures",
    "gallery", "related", "related recipes", "see also", "links", "further reading", "video", "videos", "history", "contribution", "contributors",
    "license", "tags", "times", "timing", "time", "faq", "make ahead", "leftovers", "review", "reviews", "changelog", "metadata",
    "table of contents", "contents", "notizen", "notiz", "tipp", "tipps", "hinweis", "hinweise", "anmerkung", "anmerkungen", "nährwerte",
    "quelle", "quellen", "variationen", "küchengeräte", "utensilien", "geräte", "ausrüstung", "astuce", "astuces", "conseil", "conseils",
    "remarque", "remarques", "matériel", "équipement", "ustensiles", "variantes", "valeurs nutritionnelles", "notas", "nota", "consejo",
    "consejos", "utensilios", "variaciones", "fuente", "consigli", "varianti", "utensili", "attrezzatura", "fonte", "dicas", "tips en trucs",
    "附加内容", "小贴士", "贴士", "注意事项", "备注", "工具", "参考资料", "计算",
)  # fmt: skip


def words_of(text: str) -> frozenset[str]:
    """The words of a text as a set, for lists of words."""
    return frozenset(text.split())


_VERBS = words_of(
    "add allow arrange assemble bake baste beat blanch blend boil bring broil brush check chill chop coat combine combining continue cook cool "
    "cover cream crush cut dice dip discard divide drain dredge drizzle drop enjoy ensure fill flip fold form fry garnish gather get grate "
    "grill grind heat keep knead ladle layer leave let lightly line make marinate mash measure melt mince mix mixing pat peel pick place pop "
    "pour preheat prep prepare preparing prepping press pulse punch puree put reduce refrigerate reheat remove repeat rest return rinse roast "
    "roll rub saute sauté scatter scoop scrape sear season separate serve set shake shape shred sift simmer slice slowly soak spoon spread "
    "sprinkle start steam stir store strain stuff take taste then toast top toss transfer trim try turn use using wait warm wash when whip "
    "whisk wrap"
)
_STARTERS = words_of("in on to while after before once if meanwhile finally next first you i we it this these that don't do carefully gently")
"""Words that begin a sentence, and no food."""

_SURE = words_of(
    "add arrange assemble bake bring combine cook cover discard garnish let place pour preheat put remove repeat return simmer stir transfer whisk"
)
_TELLING = words_of("the until into them it together aside minutes mins min oven bowl pan pot heat then while everything well")
"""Words that stand beside a verb in what is to be done, and seldom beside the same word as a food: "cream the butter", "cream cheese"."""

_MAY_FOLLOW = words_of("serves servings makes needed and und et y e")
_FOR = words_of("for fur fuer pour para per voor till til dla")
_PEOPLE = (
    r"servings?|serves|portions?|people|persons?|portionen|personen|personnes|parts|porciones|raciones|personas|comensales|porzioni|persone|pessoas"
    r"|porções|porties|portioner|personer|порци\w+|人份|人分"
)
_NUMBER = r"(?:\d[\d.,/½¼¾⅓⅔ ]{0,12}|[½¼¾⅓⅔]|one|two|three|four|five|six|seven|eight|ten|twelve|a dozen|ein|zwei|drei|vier|sechs|deux|quatre|six)"
_RANGE = rf"{_NUMBER}(?:\s?(?:-|–|—|to|bis|à|a|or|oder)\s?{_NUMBER})?"
_SERVES = re.compile(
    rf"(?:(?:number of|nombre de|anzahl(?: der)?|número de|numero di)\s+)?"
    rf"(?:serves|servings?|yields?|makes|portions?|portionen|personen|personnes|porciones|raciones|porzioni|porties|rende|ergibt|份量|分量)"
    rf"\b\s*(?:\(\w{{1,20}}\)\s*)?[:=]?\s*(?P<what>(?:about |approx\.? |ca\.? |up to |etwa |environ )?(?P<number>{_RANGE})?.*)",
    re.IGNORECASE,
)
_SERVED = re.compile(
    rf"(?:(?:(?:enough |recipe |rezept |recette )?(?:for|für|pour|para|per|voor))\s+)?(?P<what>{_RANGE}\s?(?:{_PEOPLE})\b.{{0,20}})", re.IGNORECASE
)
_SERVINGS_ONLY = re.compile(rf"{_RANGE}\s?(?:{_PEOPLE})", re.IGNORECASE)
_MARKS_BEFORE = re.compile(r"^[^\w½¼¾⅓⅔]+")
_AMOUNT = re.compile(
    r"(?:(?:ca|about|approx|approximately|around|circa|etwa|environ)\.?\s+|[~≈±]\s*)?"
    r"(?:\d|[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]|(?:an?|one|two|three|four|five|six|half|some|few|several|pinch|pinches|dash|handful|knob|splash|drizzle|bunch|juice|zest"
    r"|eine?|zwei|drei|etwas|prise|une?|deux|trois|quelques|uno|una|due|dos|tre|tres|unas|unos|un po)\s+\w)",
    re.IGNORECASE,
)
_AMOUNT_BEHIND = re.compile(r"\w\s*(?:[,:(–]|\s-)\s*[\d½¼¾⅓⅔]")
_TIME = re.compile(
    r"\D{0,3}\d[\d./,–-]*(?:\s?(?:to|or|-|–|bis|à)\s?\d+)?\s?(?:min(?:ute)?s?\b|secs?\b|second|hour|hrs?\b|day|week|month|minuten|stunde|sek|heure|jour"
    r"|分钟|小时|°|º|degrees)",
    re.IGNORECASE,
)
_MANY = re.compile(r"[\d½¼¾⅓⅔,;]|[:：]\s*\w")
_NUMBERED = re.compile(r"^\(?\d{1,2}[.)]\s+")
_ENDS = re.compile(r"[.!?。！？]['\")\]]*$")
_SHORTENED = re.compile(r"\b(?:tbsp|tbs|tsp|oz|lb|lbs|pkg|approx|ca|qt|pt|gal|ml|kg|gr|g|c|t|opt|etc|st|stk|el|tl|msp|pck|cl|dl)\.$", re.IGNORECASE)
_FOLDER_PAGES = words_of(
    "readme _index index license licence copying contributing changelog changes authors contributors code_of_conduct security todo support history "
    "_sidebar _navbar _footer summary pull_request_template issue_template 404 robots humans requirements notice credits"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading that begins a known part of a recipe, with what else it says: for how many, and for which component."""

    kind: str
    servings: str = ""
    group: str = ""


def plain(text: str) -> str:
    """Words in lower case without accents and marks, for comparing."""
    bare = unicodedata.normalize("NFKD", text[: 2 * LONGEST_HEADING].casefold())
    return " ".join("".join(c if c.isalnum() else " " for c in bare if not unicodedata.combining(c)).split())


_INGREDIENT = re.compile(
    rf"(?P<before>(?:\w+ ){{0,3}}?)(?:{'|'.join(sorted(map(plain, _INGREDIENT_WORDS), key=len, reverse=True))})(?: list)?(?P<after>(?: \w+){{0,12}})"
)
_WRITTEN = re.compile(rf"(?:{'|'.join(sorted(_INGREDIENT_WORDS, key=len, reverse=True))})\b", re.IGNORECASE)
_PHRASES = frozenset(map(plain, _INGREDIENT_PHRASES))
_INSTRUCTION = frozenset(map(plain, _INSTRUCTION_WORDS))
_OTHER = frozenset(map(plain, _OTHER_WORDS))
_SIGNS = {INGREDIENTS: tuple(map(plain, _INGREDIENT_SIGNS)), INSTRUCTIONS: tuple(map(plain, _INSTRUCTION_SIGNS))}
_TIMES = words_of("time times zeit dauer temps tiempo tempo tid min minutes minuten")


@lru_cache(maxsize=4096)
def section_of(text: str, heading: bool = False) -> Section | None:
    """The part of a recipe that a line begins, or None. `heading`: the line is marked as a heading, so its words may be more free."""
    if len(text) > LONGEST_HEADING:
        return None
    words = plain(text)
    if not words or (not heading and _ENDS.search(text.strip())):
        return None
    if (found := _INGREDIENT.fullmatch(words)) is not None and not (set(found["before"].split()) & _VERBS):
        section, after = _ingredients(text, found["before"]), found["after"].split()
        # What follows must not be the ingredients themselves: "Ingredients: 2 eggs, flour", "Ingredients (flour, salt)".
        if not after or section.servings or (not _MANY.search(text) and (heading or after[0] in (*_FOR, *_MAY_FOLLOW) or "(" in text)):
            return section
    kind = next((kind for kind, signs in _SIGNS.items() if any(_signed(words, sign, heading) for sign in signs)), "")
    if kind == INGREDIENTS or words in _PHRASES:
        return Section(INGREDIENTS, servings_in(text.partition("(")[2].rstrip(") ")))
    first, _, rest = words.partition(" ")
    if words in _OTHER or re.fullmatch(r"(?:\w+ ){1,2}s (?:notes?|tips?)", words):
        return Section(OTHER)
    if kind or words in _INSTRUCTION or (first in _INSTRUCTION and _may_follow(rest, heading or "(" in text)):
        return Section(INSTRUCTIONS)
    return Section(OTHER) if heading and first in _OTHER and len(words.split()) <= 5 else None


def _signed(words: str, sign: str, heading: bool) -> bool:
    """True for a short line with a word of a script without spaces; one that is not marked as a heading has to begin with it."""
    return sign in words and len(words) <= 30 and (heading or words == sign or (words.startswith(sign) and len(words) <= len(sign) + 8))


def _may_follow(rest: str, heading: bool) -> bool:
    """True for what may follow "Directions" in a heading: "for the sauce", "(20 min)"; not "time: 20 min"."""
    word = rest.partition(" ")[0]
    return word not in _TIMES and (heading or word in _FOR)


def _ingredients(text: str, before: str) -> Section:
    """What a heading of ingredients says besides: "Zutaten für 4 Personen", "Ingredients for the sauce", "Dry ingredients"."""
    written = _WRITTEN.search(text)
    after = text[written.end() :].strip(" \t:;.,–—-()[]*_") if written else ""
    if servings := servings_in(after):
        return Section(INGREDIENTS, servings, heading_line(text[: written.start()]) if before.strip(" the") and written else "")
    first, _, rest = plain(after).partition(" ")
    if first in _FOR and rest[:1].isdigit():
        return Section(INGREDIENTS, after.partition(" ")[2])
    if first in _FOR and rest:
        return Section(INGREDIENTS, group=heading_line(after[0].upper() + after[1:]))
    if before and before.strip() not in ("the", "die", "les", "los", "gli", "list of", "liste des", "lista de", "main", "recipe"):
        return Section(INGREDIENTS, group=heading_line(text))
    return Section(INGREDIENTS)


def heading_line(text: str) -> str:
    """The line of a recipe that stands for a group of ingredients: with one colon at its end."""
    bare = text.strip().strip("*_=-–—#").strip().rstrip(":：").strip()
    return f"{bare}:" if bare else ""


def marked(text: str) -> str:
    """The heading of a line that marks it as one on both sides: "***SAUCE***" -> "SAUCE:"; "" for any other line."""
    bare = text.strip()
    marks = len(bare) - len(bare.lstrip("*=-")), len(bare) - len(bare.rstrip("*=-"))
    return heading_line(bare) if min(marks) >= 2 and marks[0] < len(bare) else ""


def servings_in(text: str) -> str:
    """What a short line says about servings or yield: "Serves 4" -> "4", "Makes 12 muffins" -> "12 muffins"; "" for any other line."""
    if not text or len(text) > LONGEST_HEADING:
        return ""
    text = _MARKS_BEFORE.sub("", text.strip()).rstrip(" .*_")
    text = text[:-1] if text.endswith(")") and "(" not in text else text
    if found := _SERVES.fullmatch(text):
        return found["what"].strip(" :–-*") if found["number"] else ""
    if found := _SERVED.fullmatch(text):
        return found["what"].strip()
    return ""


def only_servings(text: str) -> bool:
    """True for "4-6 servings" and nothing more: with more words it may be a food ("2 portions rice")."""
    return _SERVINGS_ONLY.fullmatch(text.strip(" .*_")) is not None


def labelled(text: str) -> tuple[str, str]:
    """("Course", "main") of "Course: main"; ("", "") of any other line."""
    label, colon, value = text.partition(":") if ":" in text[:40] else text.partition("：")
    label = _MARKS_BEFORE.sub("", label.strip(" *_"))
    if not colon or not 0 < len(label) <= 30 or len(label.split()) > 3 or not value.strip(" *_"):
        return "", ""
    return label, value.strip(" \t*_")


def begins_with_amount(text: str) -> bool:
    """True for "200 g flour" and "a pinch of salt", not for "20 minutes later" nor for "1. Mix"."""
    return bool(_AMOUNT.match(text)) and not _TIME.match(text) and not _NUMBERED.match(text)


def tells_amount(text: str) -> bool:
    """True for "200 g flour" and for "flour, 200 g"."""
    return begins_with_amount(text) or bool(_AMOUNT_BEHIND.search(text) and not _TIME.match(text))


def is_sentence(text: str) -> bool:
    """True for a line that tells what to do, or tells a story; not for "Cream cheese, softened", though one can cream."""
    bare = _NUMBERED.sub("", text)
    words = bare.lower().split()
    if len(bare) > 200 or (_ENDS.search(bare) and len(bare) > 12 and bare[:1] > "\u2e80"):
        return True
    if begins_with_amount(bare):
        return len(words) >= 12 and ends_a_sentence(bare)
    verb = words[0].strip(",:") if words else ""
    if len(words) < 4:
        return len(words) > 1 and ends_a_sentence(bare) and (verb in _SURE or (verb in _VERBS and not _TELLING.isdisjoint(words)))
    if verb in _VERBS:
        return ends_a_sentence(bare) or not _TELLING.isdisjoint(words) or (words[0] in _SURE and len(words) > 4)
    return (len(words) >= 6 and ends_a_sentence(bare)) or bool(_TIME.match(bare))


def tells(text: str) -> bool:
    """True for a sentence that begins as only sentences do; "Salt and pepper as you like, and some lemon." may be ingredients."""
    bare = _NUMBERED.sub("", text).lower().split()
    first = bare[0].strip(",:") if bare else ""
    return is_sentence(text) and (first in _VERBS or first in _STARTERS or bool(_TIME.match(text)))


def is_text(lines: list[str]) -> bool:
    """True for a paragraph of sentences, in one line or broken where its lines were full; not for short lines that may be ingredients."""
    if any(map(begins_with_amount, lines[:1])) or sum(map(begins_with_amount, lines)) * 2 > len(lines):
        return False
    whole = " ".join(lines)
    full = all(len(line) > FULL for line in lines[:-1]) and len(whole) > 2 * FULL
    return tells(lines[0]) or tells(whole) if len(lines) == 1 or not full else is_sentence(whole)


def ends_a_sentence(text: str) -> bool:
    """True for a text whose last sign ends a sentence, and no abbreviation ("2 tbsp.")."""
    return bool(_ENDS.search(text)) and not _SHORTENED.search(text)


def about_the_folder(name: str) -> bool:
    """True for the name of a file that speaks of its folder: README.md, _index.md, LICENSE.txt. That it holds no recipe is no fault."""
    stem = name.rpartition("/")[2].partition(".")[0].lower().replace("-", "_").replace(" ", "_")
    return stem in _FOLDER_PAGES


def title_of(name: str) -> str:
    """The title that a file's name gives: `soups/pea-soup.md` is "Pea soup", `pea-soup/index.md` too."""
    parts = name.split("/")
    if about_the_folder(name) and len(parts) > 1:
        parts.pop()
    stem = parts[-1].partition(".")[0] if parts[-1] == name.rpartition("/")[2] else parts[-1]
    words = " ".join(stem.replace("_", " ").replace("-", " " if " " not in stem else "-").split())
    return words[:1].upper() + words[1:]
