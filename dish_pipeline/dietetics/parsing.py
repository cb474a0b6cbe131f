"""A raw ingredient line -> the foods it names, with grams, and what it names that nobody knows.

What belongs here: reading one line. The whole line is read: an exact alias wins longest first, alternatives ("butter or
oil") are all named, and a word that is neither a food nor a known neutral word makes the line unknown. Nothing is ever
matched by similarity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dish_pipeline.dietetics.amounts import GRAMS, MILLILITRES, PIECE_WORDS, PIECES, grams
from dish_pipeline.dietetics.lexicon import Food, Lexicon
from dish_pipeline.dietetics.wording import BREAK, fold, phrase, tokens
from dish_pipeline.dish import UNKNOWN_AMOUNT, Interval

LONGEST_LINE = 400
"""Characters of a line that are read; a longer line is no ingredient, and its rest counts as unknown words."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A food that a line names, or (`food` None) words that name no known food. `grams` None: no amount was given."""

    food: Food | None
    words: str
    grams: Interval | None
    cleared: frozenset[str] = frozenset()
    """Keys that a claim in the text clears: "gluten-free soy sauce" clears gluten, and only gluten."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as read. A heading ("For the sauce:") has no mentions and is no ingredient."""

    text: str
    mentions: tuple[Mention, ...] = ()
    heading: bool = False
    optional: bool = False

    @property
    def resolved(self) -> bool:
        """True when every word is accounted for."""
        return self.heading or (bool(self.mentions) and all(m.food is not None for m in self.mentions))


_UNIT_WORDS = {w for unit in (*GRAMS, *MILLILITRES, *PIECES, *PIECE_WORDS) for w in phrase(unit)}
_OF = re.compile(
    r"\b(?P<parts>(?:juice|zest|peel|rind)(?:\s*(?:,|and|&)\s*(?:juice|zest|peel|rind))?)\s+(?:of|from)\s+(?P<count>(?:about\s+)?(?:[\d½¼¾/.\s-]+|an?|one|two|half an?)?\s*)"
    r"(?P<size>(?:small|medium|large|big|ripe|fresh|unwaxed|organic)\s+)*(?P<fruit>[a-z]+)",
    re.IGNORECASE,
)
_CLAIM = re.compile(r"\b(gluten|wheat|dairy|milk|egg|nut|peanut|soy|soya|sesame|fish|sugar|lactose|alcohol)\s*-?\s*free\b", re.IGNORECASE)
_CLAIMED_KEY = {"dairy": "milk", "soya": "soy", "nut": "nuts", "sugar": "added_sugar"}
_PLANT_CLAIM = re.compile(r"\b(vegan|vegetarian|plant[\s-]based|meatless|meat[\s-]free|mock|imitation|vegan-friendly)\b", re.IGNORECASE)
_NEGATED = re.compile(r"\b(?:not|no|without|never)\s+[^,;()]*", re.IGNORECASE)
_NO_AMOUNT = re.compile(r"\b(to taste|as needed|as required|for (?:serving|frying|greasing|dusting|brushing|drizzling|garnish|deep)|to serve|to garnish|au gout)\b", re.IGNORECASE)
_OPTIONAL = re.compile(r"\b(optional|optionally|facultatif|facultative)s?\b", re.IGNORECASE)


@dataclass
class LineParser:
    """Reads lines against one lexicon; a line that was read before is answered from memory."""

    lexicon: Lexicon
    _memory: dict[str, Line] = field(default_factory=dict)

    def parse(self, text: str) -> Line:
        """The line's foods. Never raises: what cannot be read is a mention without a food."""
        known = self._memory.get(text)
        if known is None:
            known = self._memory[text] = self._read(text)
        return known

    def _read(self, text: str) -> Line:
        text = text.strip()
        body, too_long = text[:LONGEST_LINE], len(text) > LONGEST_LINE
        if not body or _is_heading(body):
            return Line(text, heading=True)
        claims = {_CLAIMED_KEY.get(c.lower(), c.lower()) for c in _CLAIM.findall(body)}
        named, left = self._foods(_juice_first(body), claims)
        mentions = []
        shared = len(named) > 1 and not _OF.search(body)
        for food in named:
            amount = None if _NO_AMOUNT.search(body) and not re.search(r"\d", body) else grams(body, food)
            if amount is not None and shared:
                # "1 tsp salt and pepper", "30 g butter or 3 tbsp oil": which amount belongs to which is not read yet.
                amount = Interval(0.0, amount.mid, amount.hi) if amount.hi is not None else UNKNOWN_AMOUNT
            mentions.append(Mention(food, food.name, amount, self._cleared(food, claims)))
        if left or too_long or not named:
            mentions.append(Mention(None, " ".join(left) or body, None))
        return Line(text, tuple(mentions), optional=bool(_OPTIONAL.search(body)))

    def _cleared(self, food: Food, claims: set[str]) -> frozenset[str]:
        parts = {k.key for k in self.lexicon.keys.values() if k.part_of in claims and k.part_of == "nuts"}
        return frozenset(key for key in claims | parts if key in food.facts)

    def _foods(self, body: str, claims: set[str]) -> tuple[list[Food], list[str]]:
        """The foods named, in the order of the line, and the words left over that nobody knows."""
        plain = phrase(body)
        whole = tokens(body)
        if _PLANT_CLAIM.search(body) and not self._has_exact(whole):
            return [], list(plain)
        whole = tokens(_CLAIM.sub(" ", body)) if not self._claim_is_name(body) else whole
        negated = {w for part in _NEGATED.findall(body) for w in phrase(part)}
        used = [t == BREAK or t[0].isdigit() for t in whole]
        spans: list[tuple[int, int, Food]] = []
        for length in range(min(self.lexicon.longest_phrase, len(whole)), 0, -1):
            for start in range(len(whole) - length + 1):
                window = range(start, start + length)
                if any(used[i] for i in window):
                    continue
                food = self.lexicon.by_phrase.get(tuple(whole[start : start + length]))
                if food is None or (length == 1 and whole[start] in _UNIT_WORDS and len(plain) > 1 and self._other_food(whole, start)):
                    continue
                for i in window:
                    used[i] = True
                spans.append((start, length, food))
        spans = [self._with_state(whole, span, used) for span in spans]
        left = [
            t for i, t in enumerate(whole)
            if not used[i] and t not in self.lexicon.neutral_words and t not in _UNIT_WORDS and t not in negated and len(t) > 1
        ]
        foods: list[Food] = []
        for _, _, food in sorted(spans, key=lambda s: s[0]):
            if food not in foods:
                foods.append(food)
        return foods, left

    def _with_state(self, whole: list[str], span: tuple[int, int, Food], used: list[bool]) -> tuple[int, int, Food]:
        """ "tomatoes, canned" is the food "canned tomatoes" where the lexicon has one: a state said after the name."""
        start, length, food = span
        name = tuple(whole[start : start + length])
        for i in range(start + length, len(whole)):
            if whole[i] == BREAK or used[i]:
                continue
            better = self.lexicon.by_phrase.get((whole[i], *name))
            if better is not None:
                used[i] = True
                return (start, length, better)
        return span

    def _other_food(self, whole: list[str], skip: int) -> bool:
        """True when a word other than the one at `skip` names a food: "2 cloves garlic" names no clove."""
        return any(
            tuple(whole[i : i + n]) in self.lexicon.by_phrase
            for n in (3, 2, 1) for i in range(len(whole) - n + 1) if not i <= skip < i + n
        )

    def _has_exact(self, whole: list[str]) -> bool:
        """True when an alias holds the words of a plant claim: "vegan butter" is a food of its own."""
        marks = {"vegan", "vegetarian", "plant", "meatless", "mock", "imitation"}
        return any(
            marks & set(whole[i : i + n]) and tuple(whole[i : i + n]) in self.lexicon.by_phrase
            for n in range(2, self.lexicon.longest_phrase + 1) for i in range(len(whole) - n + 1)
        )

    def _claim_is_name(self, body: str) -> bool:
        """True when the lexicon has the claimed food itself: "gluten-free flour", "lactose-free milk"."""
        whole = tokens(body)
        return any(
            "free" in whole[i : i + n] and tuple(whole[i : i + n]) in self.lexicon.by_phrase
            for n in range(2, self.lexicon.longest_phrase + 1) for i in range(len(whole) - n + 1)
        )


def _is_heading(text: str) -> bool:
    bare = text.strip("*#_= ")
    return not bare or (bare.endswith(":") and not re.search(r"\d", bare)) or bool(re.fullmatch(r"(?:for|pour) (?:the|la|le|les) [\w\s]{3,40}", bare, re.IGNORECASE) and not re.search(r"\d", bare))


def _juice_first(text: str) -> str:
    """ "juice and zest of 1 lemon" -> "lemon juice, lemon zest", the way the lexicon names them."""
    match = _OF.search(text)
    if match is None:
        return text
    parts = re.findall(r"juice|zest|peel|rind", match["parts"].lower())
    named = ", ".join(f"{fold(match['fruit'])} {part}" for part in parts)
    return text[: match.start()] + match["count"] + " " + named + text[match.end() :]
