"""A raw ingredient line -> the foods it names, with grams, and what it names that nobody knows.

What belongs here: reading one line. The whole line is read: an exact alias wins longest first, alternatives ("butter or
oil") are all named, and a word that is neither a food nor a known neutral word makes the line unknown. Nothing is ever
matched by similarity. `naming.py` finds the foods; here each gets the amount that its part of the line gives.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dish_pipeline.dietetics.amounts import UNIT_FORMS, grams, is_amount, is_measured
from dish_pipeline.dietetics.french import SECTIONS as FRENCH_SECTIONS
from dish_pipeline.dietetics.lexicon import SHORTEST_CLOSED, Food, Lexicon
from dish_pipeline.dietetics.naming import Reading
from dish_pipeline.dietetics.phrases import SECTIONS as ENGLISH_SECTIONS
from dish_pipeline.dietetics.remarks import MADE_FOR, VESSELS
from dish_pipeline.dietetics.spans import AND, OR, Span
from dish_pipeline.dietetics.wording import BREAK, fold, singular
from dish_pipeline.dish import Interval, Tri

LONGEST_LINE = 400
"""Characters of a line that are read; a longer line is no ingredient, and its rest counts as unknown words."""

LINES_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Mention:
    """A food that a line names, or (`food` None) words that name no known food. `grams` None: no amount was given."""

    food: Food | None
    words: str
    grams: Interval | None
    cleared: frozenset[str] = frozenset()
    """Keys that a claim in the text clears: "gluten-free soy sauce" clears gluten, and only gluten."""
    alternative: bool = False
    """True for every food after the first of "butter or oil", and for one that tells the kind of another: the coconut of "coconut chutney"."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as read. A heading ("For the sauce:") has no mentions and is no ingredient, and neither is a tool ("kitchen twine")."""

    text: str
    mentions: tuple[Mention, ...] = ()
    heading: bool = False
    optional: bool = False

    @property
    def resolved(self) -> bool:
        """True when every word is accounted for."""
        return self.heading or (bool(self.mentions) and all(m.food is not None for m in self.mentions))


SECTIONS = ENGLISH_SECTIONS | FRENCH_SECTIONS
_CLAIMS_SHORT = {"gf": "gluten-free", "df": "dairy-free"}
_CLAIM_LETTERS = re.compile(rf"\b(?:{'|'.join(_CLAIMS_SHORT)})\b")

_GLUED = re.compile(r"(?<=\d)(g|gr|kg|mg|ml|cl|dl|l|oz|lbs?|tbsp|tsp|cups?)([a-z]{3,})")
_LONG_WORD = re.compile(rf"[a-z]{{{SHORTEST_CLOSED},}}")

_FOR = re.compile(r"(?:for|pour) ")
_ALTERNATIVE = re.compile(r"(?<!\d )\b(?:or|ou)\b|\b(?:or|ou)\b(?! \d)|(?<!\d) ?/|/ ?(?!\d)")
_JOINED = re.compile(r"\b(?:and|et|plus|with|avec)\b|[&+]")
_EACH = re.compile(r"\beach\b")
_OPTIONAL = re.compile(
    r"\b(?:optional|optionally|facultatif|facultative|optionnel|optionnelle)s?\b|\bsi desire\b"
    r"|^(?!.*\b(?:plus|extra)\b).*\bif (?:desired|wanted|liked|you (?:like|wish|want))[ ).,;]*$"
)
_REFUSED = re.compile(r"no [a-z]+ ?!+")
"""A line that forbids one thing: "No margarine!"."""

_PARTLY_EATEN = re.compile(
    r"\bfor (?:(?:deep|shallow|pan) ?-?)?"
    r"(?:frying|greasing|dusting|brushing|drizzling|dredging|dipping|wrapping|rolling|kneading|coating|serving|garnish\w*|sprinkling|boiling"
    r"|the (?:pan|tin|pot|water|skillet|griddle|girdle|brine))\b"
    r"|\bto (?:serve|garnish|finish|decorate|glaze|dredge|coat|cover|(?:(?:deep|shallow|pan) ?-?)?fry)\b|\bpasta water\b"
    r"|\bpour (?:la |le |les |l')?(?:servir|garnir|decorer|garniture|decoration|service|moule|poele|plaque|friture|frire|saupoudrer|badigeonner"
    r"|graisser|beurrer|fariner|accompagner|dorer|dorure|finition|cuisson|parsemer|napper|arroser|enrober|rouler)\b"
)
_RATIO = re.compile(r"\b(?:to|for) (?:each|every)\b|\bpour chaque\b")
"""Words by which a line gives one amount for so much of another, and nobody knows how much of that there is."""

_FRYING = re.compile(r"\b(?:(deep)[ -]?(?:fat )?)?(?:frying|fry)\b")
FRYING_BATH = 150.0
"""Grams of fat from which on it is a bath to fry in: how much of it the food takes up is told by no recipe, so it has no best single figure."""

_ON_TOP = re.compile(r"\bplus\b|\bextra\b(?! virgin)")


@dataclass
class LineParser:
    """Reads lines against one lexicon; a line that was read before is answered from memory."""

    lexicon: Lexicon
    _memory: dict[str, Line] = field(default_factory=dict)

    def parse(self, text: str) -> Line:
        """The line's foods. Never raises: what cannot be read is a mention without a food."""
        known = self._memory.get(text)
        if known is None:
            if len(self._memory) >= LINES_REMEMBERED:
                self._memory.clear()
            known = self._memory[text] = self._read(text.strip())
        return known

    def _spaced(self, body: str) -> str:
        """The text with the spaces that were left out: "200gflour", "creamcheese". Only exact names count, and no word that is known as it is."""
        body = _GLUED.sub(lambda m: f"{m[1]} {m[2]}" if not self._is_known(m[1] + m[2]) and self._is_known(m[2]) else m[0], body)
        closed = self.lexicon.closed_up
        return _LONG_WORD.sub(lambda m: m[0] if self._is_known(m[0]) else closed.get(singular(m[0]), m[0]), body)

    def _is_known(self, word: str) -> bool:
        word = singular(word)
        return word in self.lexicon.name_words or word in self.lexicon.neutral_words or word in UNIT_FORMS

    def _read(self, text: str) -> Line:
        body = self._spaced(_CLAIM_LETTERS.sub(lambda letters: _CLAIMS_SHORT[letters[0]], fold(text[:LONGEST_LINE])))
        reading = Reading(self.lexicon, body, text[:LONGEST_LINE])
        too_long = len(text) > LONGEST_LINE
        if not too_long and (_REFUSED.fullmatch(body) and len(reading.spans) == 1 and not reading.left_over()):
            return Line(text, heading=True)
        if not too_long and (_is_heading(body, reading) or _is_equipment(reading)):
            return Line(text, heading=True)
        optional = bool(_OPTIONAL.search(body))
        # Of "flour, plus extra for dusting" all but the extra is eaten.
        partly = bool(_PARTLY_EATEN.search(body)) and not _ON_TOP.search(body)
        mentions = _merged(_mentions(reading, at_least_none=optional or partly))
        if partly and (frying := _FRYING.search(body)):
            mentions = [_of_a_bath(mention, 0.0 if frying[1] else FRYING_BATH) for mention in mentions]
        if _RATIO.search(body):
            mentions = [replace(m, grams=m.grams and replace(m.grams, lo=0.0, hi=None)) for m in mentions]
        left = reading.left_over()
        if left or too_long or not mentions:
            mentions.append(Mention(None, " ".join(left) or text[:LONGEST_LINE], None))
        return Line(text, tuple(mentions), optional=optional)


def _of_a_bath(mention: Mention, least: float) -> Mention:
    """A fat to fry in, of at least so many grams, without its best single figure; the bounds stay."""
    if mention.food is None or mention.food.group not in ("oil", "fat") or mention.grams is None or (mention.grams.mid or 0.0) < least:
        return mention
    return replace(mention, grams=replace(mention.grams, mid=None))


def _is_heading(text: str, reading: Reading) -> bool:
    """True for a line that names a part of the recipe. A line that may be an ingredient is none, for a heading counts as nothing."""
    bare = text.strip("*#_= ")
    if all(word == BREAK for word in reading.words):
        return not re.search(r"\d", text)
    if re.search(r"\d", text):
        return False
    named = [reading.words[i] for span in reading.spans for i in range(span.start, span.end)]
    if bare.endswith(":"):
        return bool(_FOR.match(bare)) or not named or (len(reading.spans) == 1 and named[-1] in SECTIONS and len(named) == 1)
    return bool(_FOR.match(bare)) and set(named) | set(reading.left_over()) <= SECTIONS and BREAK not in reading.words


def _is_equipment(reading: Reading) -> bool:
    """True for a line that names a tool of the kitchen, and nothing else that is known or unknown."""
    if reading.spans or reading.left_over():
        return False
    vessel = any(pair[0] in MADE_FOR and pair[1] in VESSELS for pair in zip(reading.words, reading.words[1:], strict=False))
    return vessel or not reading.lexicon.equipment.isdisjoint(reading.words)


def _mentions(reading: Reading, at_least_none: bool) -> list[Mention]:
    """The foods with their amounts. `at_least_none`: of the line's amounts, nothing need be eaten."""
    heads = [span for n, span in enumerate(reading.spans) if span.part_of is None and not _is_gloss(reading, n)]
    clauses = _clauses(reading, heads)
    amounts = _Amounts(clauses, at_least_none)
    place = {id(span): n for n, span in enumerate(heads)}
    mentions = []
    for span in reading.spans:
        n = place.get(id(_whole(span)))
        if span.replaced_by:
            mentions.append(Mention(None, f"{span.replaced_by} {span.foods[0].name}", None))
        elif n is not None:
            mentions += _mentions_of(span, n, clauses[n], amounts)
    return mentions


def _is_gloss(reading: Reading, n: int) -> bool:
    """True for the second name of "sweet potato (batata)" and "karashi mustard": one thing under two names."""
    if n == 0 or reading.spans[n].foods != reading.spans[n - 1].foods or reading.spans[n].replaced_by or reading.spans[n].cleared:
        return False
    between = reading.text[reading.tokens[reading.spans[n - 1].end - 1].end : reading.tokens[reading.spans[n].start].start]
    return not between.strip(" (")


def _whole(span: Span) -> Span:
    while span.part_of is not None:
        span = span.part_of
    return span


def _mentions_of(span: Span, n: int, clause: _Clause, amounts: _Amounts) -> list[Mention]:
    mentions = []
    for place, food in enumerate(span.foods):
        amount, alternative = amounts.of(n, food), clause.alternative or span.part_of is not None or (span.either and place > 0)
        if amount is not None and (alternative or span.either):
            amount = Interval(0.0, 0.0 if alternative else amount.mid, amount.hi)
        cleared = frozenset(key for key in span.cleared if key in food.facts)
        if any(food.facts[key] is Tri.CONTAINS for key in cleared):
            # Something else stands in for what the claim denies: gluten-free flour without an entry of its own may be lupin.
            amount = amount and Interval(0.0, amount.mid, None)
            mentions.append(Mention(None, f"{'/'.join(sorted(cleared))}-free {food.name}", None, cleared))
        mentions.append(Mention(food, food.name, None if span.another else amount, cleared, alternative))
    return mentions


@dataclass(slots=True)
class _Clause:
    """The part of a line that speaks of one food: its text, how it joins the one before, and whether it gives an amount."""

    text: str
    joint: str
    amount: bool
    alternative: bool = False
    shared: bool = False
    """True for every food of "butter or oil", and for the butter of "100 g butter and lard": some of it, or all, or none."""
    compound: bool = False
    """True when another name tells the kind of the food: of 100 g coconut chutney nobody knows how much is coconut."""
    half: str = ""
    """"first" and "second" of two foods that share the first one's amount; "open" for a second that may be more: "2 tbsp sage and thyme"."""


def _clauses(reading: Reading, heads: Sequence[Span]) -> list[_Clause]:
    clauses: list[_Clause] = []
    start = 0
    for n, span in enumerate(heads):
        end = len(reading.text) if n + 1 == len(heads) else _border(reading, span, heads[n + 1])
        text = _masked(reading, start, end)
        before = reading.text[reading.tokens[heads[n - 1].end - 1].end : reading.tokens[span.begin].start] if n else ""
        joint = "or" if _ALTERNATIVE.search(before) else "and" if _JOINED.search(before) else ","
        amount = is_amount(text)
        compound = any(part.part_of is span for part in reading.spans)
        clauses.append(_Clause(text, joint, amount, compound=compound))
        start = end
    for n, clause in enumerate(clauses[1:], start=1):
        if clause.joint == "or":
            clause.alternative = clause.shared = clauses[n - 1].shared = True
            # "butter, lard or oil": what a comma joins to the first of two alternatives is one as well.
            while n > 1 and clauses[n - 1].joint == "," and not clauses[n - 1].amount:
                n -= 1
                clauses[n].alternative = clauses[n - 1].shared = True
        elif clause.joint == "and" and not clause.amount:
            clauses[n - 1].shared = True
            if clauses[n - 1].amount and (half := _half(reading, heads[n - 1], heads[n], clauses[n - 1].text)):
                clauses[n - 1].half, clause.half = "first", half
    return clauses


def _half(reading: Reading, left: Span, right: Span, text: str) -> str:
    """How two foods share the amount that `text` gives. "1 tsp salt and pepper" may be pepper to taste, "2 tbsp sage and thyme" hardly."""
    alike = left.foods[0].group == right.foods[0].group and is_measured(text)
    beside = reading.words[left.end : right.begin] == ["and"]
    return "second" if right.shares else "open" if alike and beside else ""


def _border(reading: Reading, left: Span, right: Span) -> int:
    """Where the text that speaks of `left` ends: at the first comma or joint outside brackets, else at the last joint, else at its name."""
    end, depth = reading.tokens[left.end - 1].end, 0
    for i in range(left.end, right.begin):
        token = reading.tokens[i]
        char = reading.text[token.start] if token.word == BREAK else ""
        depth += (char == "(") - (char == ")")
        between_numbers = reading.text[token.start - 2 : token.start - 1].isdecimal() and reading.text[token.end + 1 : token.end + 2].isdecimal()
        joint = token.word in OR | AND and not between_numbers
        if depth <= 0 and (joint or char in (",", ";", "+", ":")):
            return token.start
        if joint:
            end = token.start
    return end


def _masked(reading: Reading, start: int, end: int) -> str:
    """The text between two places, without the figures that are part of a food's name ("00 flour")."""
    text = reading.text
    for span in reading.spans:
        name = slice(reading.tokens[span.start].start, reading.tokens[span.end - 1].end)
        if span.name_is_alias and start <= name.start < end and not text[name].isalpha():
            text = text[: name.start] + re.sub(r"\d", "_", text[name]) + text[name.stop :]
    return text[start:end]


class _Amounts:
    """Which amount of a line belongs to which of its foods."""

    def __init__(self, clauses: Sequence[_Clause], at_least_none: bool):
        self.clauses, self.at_least_none = clauses, at_least_none
        said = [clause for clause in clauses if clause.amount]
        self.each = said[0] if len(said) == 1 and any(_EACH.search(clause.text) for clause in clauses) else None

    def of(self, n: int, food: Food) -> Interval | None:
        """Grams of the food of clause `n`."""
        clause = self.clauses[n]
        source = clause if clause.amount else self.clauses[n - 1] if clause.half in ("second", "open") else self.each
        while source is None and self.clauses[n].alternative:
            n -= 1
            source = self.clauses[n] if self.clauses[n].amount else None
        amount = grams(source.text, food) if source else None
        if amount is not None and clause.half and self.each is None:
            return Interval(0.0, amount.mid and amount.mid / 2, None if clause.half == "open" else amount.hi)
        if amount is not None and (self.at_least_none or clause.compound or (clause.shared and self.each is None)):
            return replace(amount, lo=0.0)
        return amount


def _merged(mentions: list[Mention]) -> list[Mention]:
    """A food that a line names twice is one mention: at least the first amount, at most both ("100 g butter, and butter for the pan")."""
    found: dict[str, Mention] = {}
    others = []
    for mention in mentions:
        first = found.get(mention.food.food_id) if mention.food else None
        if mention.food is None:
            others.append(mention)
        elif first is None:
            found[mention.food.food_id] = mention
        else:
            found[mention.food.food_id] = replace(first, grams=_either_or_both(first.grams, mention.grams), cleared=first.cleared & mention.cleared)
    return [*found.values(), *others]


def _either_or_both(first: Interval | None, second: Interval | None) -> Interval | None:
    if first is None or second is None:
        known = first or second
        return known and replace(known, hi=None)
    return replace(first, hi=None if first.hi is None or second.hi is None else first.hi + second.hi)
