"""Which foods the words of one line name, and which words nobody knows.

What belongs here: matching words against the lexicon, and what stands around a name and changes it: a state ("canned"), a claim
("gluten-free"), a replacement ("vegan"), a unit that is also a food ("cloves"). Amounts are the business of `parsing.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from dish_pipeline.dietetics.amounts import GRAMS, INCHES, MILLILITRES, NUMBER_WORDS, PIECE_WORDS, PIECES
from dish_pipeline.dietetics.lexicon import Food, Lexicon
from dish_pipeline.dietetics.wording import BREAK, Token, located_tokens, phrase

OR, AND = frozenset({"or", "ou"}), frozenset({"and", "et", "plus", "with", "avec"})

_ALL_UNITS = {phrase(unit) for unit in (*GRAMS, *MILLILITRES, *PIECES, *PIECE_WORDS, *INCHES, "mm")}
_UNIT_WORDS = {words[0] for words in _ALL_UNITS if len(words) == 1}
_LONG_UNITS = {words for words in _ALL_UNITS if len(words) > 1}
_HARMLESS_LETTERS = frozenset("asnwx")
"""What "a", "cup(s)", "w/" and "2 x" leave; any other letter may be a name ("E 220")."""

_SAYS_NOTHING = _UNIT_WORDS | NUMBER_WORDS | _HARMLESS_LETTERS | OR | AND
_CANNED = {"can": "canned", "tin": "tinned"}

_NOT = frozenset({"not", "no", "without", "never", "sans"})
_PARTS = frozenset({"juice", "zest", "peel", "rind"})
_CLAIMED_KEY = {
    "gluten": "gluten", "wheat": "wheat", "dairy": "milk", "milk": "milk", "egg": "egg", "nut": "nuts", "peanut": "peanut", "soy": "soy",
    "soya": "soy", "sesame": "sesame", "fish": "fish", "sugar": "added_sugar", "lactose": "", "alcohol": "alcohol",
}
"""What may stand before "free", and the key it clears; lactose is no key."""

_NO_CLAIM_AFTER = frozenset({"range", "ranging", "run", "roaming", "from", "of", "flowing"})
"""Words after "free" that make it no claim: "1 egg, free range" is an egg."""

_REPLACING = frozenset({"vegan", "vegetarian", "veggie", "meatless", "mock", "imitation", "faux", "fake", "artificial"})
"""Words that make another thing of the food after them. A lexicon entry with such a word is read before this counts."""

_REPLACING_PAIRS = frozenset({("plant", "based"), ("meat", "free")})
_MAKES_ANOTHER = frozenset({
    "ball", "stick", "loaf", "log", "square", "strip", "drop", "cup", "ring", "roll", "bite", "bar", "crumble", "crisp", "twist",
})
"""Words that, right after a name, make a product of it: fish sticks, meat balls, peanut butter cups are coated, bound or filled."""

_CUT_PLANTS, _CUTS = frozenset({"vegetable", "fruit", "fungus", "herb"}), frozenset({"stick", "strip", "twist"})


@dataclass
class Span:
    """Tokens `start` to `end` that name a food; several foods for "juice and zest of 1 lemon"."""

    start: int
    end: int
    foods: list[Food]
    name_is_alias: bool = True
    either: bool = False
    replaced_by: str = ""
    cleared: set[str] = field(default_factory=set)


class Reading:
    """The foods of one folded line, and which of its words they and their surroundings account for."""

    def __init__(self, lexicon: Lexicon, text: str):
        self.lexicon, self.text = lexicon, text
        self.tokens: list[Token] = located_tokens(text)
        self.words = [token.word for token in self.tokens]
        self.taken = [word == BREAK for word in self.words]
        self.claims = [
            i for i, pair in enumerate(zip(self.words, self.words[1:], strict=False))
            if pair[0] in _CLAIMED_KEY and pair[1] == "free" and self._word(i + 2) not in _NO_CLAIM_AFTER
        ]
        self.weighty = [*lexicon.allergens(), *(key for key in ("animal_origin",) if key in lexicon.keys)]
        self.spans: list[Span] = []
        self.unknown: list[str] = []
        for step in (self._long_units, self._parts_of_fruit, self._names, self._units_that_are_foods, self._states, self._replacements, self._clear):
            step()
            self.spans.sort(key=lambda span: span.start)

    def _word(self, i: int) -> str:
        return self.words[i] if 0 <= i < len(self.words) else BREAK

    def _take(self, start: int, end: int) -> None:
        self.taken[start:end] = [True] * (end - start)

    def _is_number(self, i: int) -> bool:
        return self.words[i][0].isdecimal()

    def _says_nothing(self, i: int) -> bool:
        """True for a number and for a word that names no food."""
        word = self.words[i]
        return self._is_number(i) or word in self.lexicon.neutral_words or word in _SAYS_NOTHING

    def _long_units(self) -> None:
        """ "1 cuillere a cafe" measures, and names no coffee."""
        for unit in _LONG_UNITS:
            for i in range(1, len(self.words) - len(unit) + 1):
                if self._is_number(i - 1) and tuple(self.words[i : i + len(unit)]) == unit:
                    self._take(i, i + len(unit))

    def _parts_of_fruit(self) -> None:
        """ "juice and zest of 2 limes" is what the lexicon names lime juice and lime zest."""
        for i, word in enumerate(self.words):
            if word in _PARTS and not self.taken[i] and (self._word(i - 1), word) not in self.lexicon.by_phrase:
                parts, j = self._listed_parts(i)
                if self._word(j) in ("of", "from"):
                    self._fruit_of(i, j + 1, parts)

    def _listed_parts(self, i: int) -> tuple[list[str], int]:
        """The parts named from token `i` on ("juice and finely grated zest"), and the token after them."""
        parts = [self.words[i]]
        j = i + 1
        while True:
            k = j
            while k < len(self.words) and self.words[k] not in _PARTS and self.words[k] not in ("of", "from") and (
                self.taken[k] or self._says_nothing(k)
            ):
                k += 1
            if self._word(k) not in _PARTS:
                return parts, k
            parts.append(self.words[k])
            j = k + 1

    def _fruit_of(self, start: int, j: int, parts: list[str]) -> None:
        while j < len(self.words) and (self.words[j] != BREAK or self._in_fraction(j)):
            for end in range(min(j + 3, len(self.words)), j, -1):
                foods = [food for part in parts if (food := self.lexicon.by_phrase.get((*self.words[j:end], part)))]
                if len(foods) == len(parts) and not any(self.taken[j:end]):
                    self._take(start, end)
                    self.spans.append(Span(start, end, foods, name_is_alias=False))
                    return
            if not (self._says_nothing(j) or self.words[j] == BREAK):
                return
            j += 1

    def _in_fraction(self, i: int) -> bool:
        return 0 < i < len(self.words) - 1 and self.text[self.tokens[i].start] == "/" and self._is_number(i - 1) and self._is_number(i + 1)

    def _names(self) -> None:
        known = self.lexicon.by_phrase
        for length in range(min(self.lexicon.longest_phrase, len(self.words)), 0, -1):
            for start in range(len(self.words) - length + 1):
                end = start + length
                if any(self.taken[start:end]) or any((start <= i < end) != (start <= i + 1 < end) for i in self.claims):
                    continue
                food = known.get(tuple(self.words[start:end]))
                if food is not None:
                    self._take(start, end)
                    self.spans.append(Span(start, end, [food]))
        # Without its accent, French tea is the English article.
        self.spans = [span for span in self.spans if self.words[span.start : span.end] != ["the"] or len(self.spans) == 1]

    def _units_that_are_foods(self) -> None:
        """ "2 cloves garlic" names no clove: a neighbour that is counted in cloves makes it a unit."""
        for span in list(self.spans):
            word = self.words[span.start]
            unit = PIECE_WORDS.get(word, word)
            if span.end - span.start == 1 and unit in PIECES:
                neighbours = (self._before(span.start, lambda k: self.words[k] == BREAK or self._quiet(k)), self._after(span.end, self._quiet))
                if any(other and other is not span and unit in other.foods[0].pieces for other in neighbours):
                    self.spans.remove(span)

    def _quiet(self, i: int) -> bool:
        return self._says_nothing(i) and self.words[i] not in OR | AND

    def _after(self, i: int, passable: Callable[[int], bool]) -> Span | None:
        """The next span from token `i` on, when only passable tokens stand before it."""
        following = next((span for span in self.spans if span.start >= i), None)
        return following if following and all(passable(k) for k in range(i, following.start)) else None

    def _before(self, i: int, passable: Callable[[int], bool]) -> Span | None:
        previous = next((span for span in reversed(self.spans) if span.end <= i), None)
        return previous if previous and all(passable(k) for k in range(previous.end, i)) else None

    def _states(self) -> None:
        """ "tomatoes, canned" and "canned chopped tomatoes" are the food "canned tomatoes" where the lexicon has one.

        A state said after the name may be an alternative ("milk, or soya"): where it frees of anything, the plain food stays too.
        """
        for n, span in enumerate(self.spans):
            end = self.spans[n + 1].start if n + 1 < len(self.spans) else len(self.words)
            plain, states = span.foods[0], list[Food]()
            for i in self._just_before(span):
                states += self._in_state(span, i)
            freer = False
            for i in range(span.end, end):
                if self._word(i - 1) not in _NOT:
                    found = self._in_state(span, i)
                    states += found
                    freer = freer or (i not in self.claims and any(food.facts[key] < plain.facts[key] for food in found for key in self.weighty))
            if states:
                span.foods = [plain, *states] if freer else states
                span.either = len(span.foods) > 1 and not _PARTS.intersection(self.words[span.end :])

    def _in_state(self, span: Span, i: int) -> list[Food]:
        """The food that the name of `span` and the word (or claim) at token `i` make together, if there is one; takes the word."""
        name = tuple(self.words[span.start : span.end])
        word, claim = self.words[i], i in self.claims
        if not span.name_is_alias or self.taken[i] or self._is_number(i) or i - 1 in self.claims:
            return []
        known = self.lexicon.by_phrase
        food = known.get((word, "free", *name) if claim else (_CANNED.get(word, word), *name))
        if food is None and word in _PARTS:
            food = known.get((*name, word))
        if food is not None:
            self._take(i, i + 2 if claim else i + 1)
        return [food] if food else []

    def _just_before(self, span: Span) -> Iterator[int]:
        """The tokens before a name, up to the first that says something: "1 can (400 g) chopped tomatoes"."""
        for i in range(span.start - 1, -1, -1):
            if self.words[i] == BREAK and self.text[self.tokens[i].start] in "()":
                continue
            if self.taken[i] or self.words[i] in OR | AND:
                return
            yield i
            if not self._says_nothing(i) and i - 1 not in self.claims:
                return

    def _replacements(self) -> None:
        """ "vegan sausage" is no sausage: what it is made of is not known, unless the lexicon has it."""
        for i, word in enumerate(self.words):
            pair = (word, self._word(i + 1))
            length = 1 if word in _REPLACING else 2 if pair in _REPLACING_PAIRS and not self.taken[i + 1] else 0
            if not length or self.taken[i]:
                continue
            self._take(i, i + length)
            if self._word(i - 1) in ("for", "if"):
                # "(or tofu for vegans)" speaks of people.
                continue
            target = self._after(i + length, lambda k: self.words[k] != BREAK and self.words[k] not in OR | AND)
            if target:
                target.replaced_by = " ".join(self.words[i : i + length])
            else:
                self.unknown.append(word)

    def _clear(self) -> None:
        """A claim speaks of the food after it, else of the one before it: "flour (gluten-free), butter"."""
        for i in self.claims:
            if self.taken[i]:
                # A part of a name: "gluten-free flour" stands in the lexicon.
                continue
            self._take(i, i + 2)
            key = _CLAIMED_KEY[self.words[i]]
            target = self._after(i + 2, self._within_claims) or self._before(i, lambda k: self.words[k] == BREAK or self._within_claims(k))
            if target and key:
                target.cleared |= {key, *(k.key for k in self.lexicon.keys.values() if key == "nuts" and k.part_of == key)}

    def _within_claims(self, i: int) -> bool:
        """True for what may stand between a claim and its food: quiet words, other claims, and what joins claims."""
        claimed = i in self.claims or i - 1 in self.claims
        return claimed or self._quiet(i) or ((self.words[i] == BREAK or self.words[i] in AND) and i + 1 in self.claims)

    def left_over(self) -> list[str]:
        """The words that nothing accounts for."""
        left = list(self.unknown)
        ends = {span.end: span for span in self.spans}
        for i, word in enumerate(self.words):
            if self.taken[i] or self._word(i - 1) in _NOT or word in _NOT:
                continue
            another = i in ends and word in _MAKES_ANOTHER and not _counts(ends[i].foods[0], word)
            if another or not self._says_nothing(i):
                left.append(word)
        return left


def _counts(food: Food, word: str) -> bool:
    """True when the word after the food's name is a way to count or cut it: butter sticks, carrot sticks."""
    return PIECE_WORDS.get(word, word) in food.pieces or (food.group in _CUT_PLANTS and word in _CUTS)
