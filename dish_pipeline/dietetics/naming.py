"""Which foods the words of one line name, and which words nobody knows.

What belongs here: matching words against the lexicon, and what stands around a name and changes it: a state ("canned"), a claim
("gluten-free"), a replacement ("vegan"), a unit that is also a food ("cloves"). Amounts are the business of `parsing.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dish_pipeline.dietetics import french, hidden, homographs, phrases, remarks, spans
from dish_pipeline.dietetics.amounts import PIECE_WORDS, PIECES, UNIT_FORMS, WORD_NUMBERS
from dish_pipeline.dietetics.lexicon import Food, Lexicon
from dish_pipeline.dietetics.spans import AND, COLOURS, NOT, OR, PARTS, Span
from dish_pipeline.dietetics.wording import BREAK, Phrase, Token, located_tokens, phrase, singular

_ALL_UNITS = {phrase(form) for form in UNIT_FORMS if form not in ("t", "%")}
_UNIT_WORDS = {words[0] for words in _ALL_UNITS if len(words) == 1}
_LONG_UNITS: dict[str, list[Phrase]] = {}
for _words in _ALL_UNITS:
    if len(_words) > 1:
        _LONG_UNITS.setdefault(_words[0], []).append(_words)
_HARMLESS_LETTERS = frozenset("asnwx")
"""What "a", "cup(s)", "w/" and "2 x" leave; any other letter may be a name ("E 220")."""

_NUMBER_WORDS = frozenset(WORD_NUMBERS)
_SAYS_NOTHING = _UNIT_WORDS | _NUMBER_WORDS | _HARMLESS_LETTERS | OR | AND
_CANNED = {"can": "canned", "tin": "tinned", "dehydrated": "dried"}

_CLAIMED_KEY = {
    "gluten": "gluten", "wheat": "wheat", "dairy": "milk", "milk": "milk", "egg": "egg", "nut": "nuts", "peanut": "peanut", "soy": "soy",
    "soya": "soy", "sesame": "sesame", "fish": "fish", "sugar": "added_sugar", "lactose": "", "alcohol": "alcohol",
    "celery": "celery", "mustard": "mustard", "lupin": "lupin", "caffeine": "caffeine", "sulphite": "sulphites", "sulfite": "sulphites",
}
"""What may stand before "free", and the key it clears; lactose is no key."""

_WITHOUT, _ANY = frozenset({"without", "sans"}), frozenset({"the", "any", "added"})
"""What denies a name, and what may stand between."""

_NO_CLAIM_AFTER = frozenset({"range", "ranging", "run", "roaming", "from", "of", "flowing", "optional", "optionally"})
"""Words after "free" that make it no claim: "1 egg, free range" is an egg, and "flour (gluten-free optional)" any flour."""

_CONDITIONS = frozenset({
    "if", "when", "where", "unless", "depending", "preferably", "preferred", "ideally", "maybe", "perhaps", "alternatively",
    "possibly", "substitute", "si", "necessary", "needed", "required", "desired",
})
"""Words that make a claim an alternative: "sausages (gluten-free if needed)" may hold gluten. Anywhere in the line, for the safe side."""

_STATES_AFTER = frozenset({
    "raw", "fresh", "frozen", "dry", "cooked", "ground", "whole", "plain", "lean", "sweet", "hot", "mild", "light", "dark", "white", "black",
    "brown", "red", "green", "yellow", "full", "skim", "semi", "thick", "thin", "ripe", "hard", "soft", "bitter", "can", "tin",
})
"""Adjectives that may follow the name at once ("rice cooked", "sugar brown"), beside participles; a noun there is another thing: a steak
sandwich is no sandwich steak."""

_AFTER_A_VERB = frozenset({"be", "also", "use", "used", "do", "replace", "substitute", "stand"})
"""Words after "can" where it is no tin: "spinach can also be used"."""

_KIND_AFTER = frozenset({"sauce", "olive", "mushroom"})
"""Names that French, and old English, puts before their kind: sauce soya, olives Kalamata, mushroom-buttons."""

_REPLACING = frozenset({"vegan", "vegetarian", "veggie", "meatless", "mock", "imitation", "faux", "fake", "artificial"})
"""Words that make another thing of the food after them. A lexicon entry with such a word is read before this counts."""

_REPLACING_PAIRS = frozenset({("plant", "based"), ("meat", "free")})
_MAKES_ANOTHER = frozenset({
    "ball", "stick", "loaf", "log", "square", "strip", "drop", "cup", "ring", "roll", "bite", "bar", "crumble", "crisp", "twist", "roast",
})
"""Words that, right after a name, make a product of it: fish sticks, meat balls, peanut butter cups are coated, bound or filled."""

_DISHES = frozenset({
    "melt", "split", "finger", "slice", "bake", "float", "crush", "smash", "snap", "pot", "boil", "dip", "mash", "drizzle", "bowl", "plate", "dish",
    "skillet", "box", "tray", "grill", "shake", "wok", "nest", "bundle", "base",
    "mould", "mold",
})
"""Words of cutting and measuring that, right after a name in the singular, make a dish of it: a tuna melt, a banana split, a vanilla slice."""

_COUNTED_IN = {
    "slice": frozenset({"fruit", "vegetable", "fungus", "meat", "poultry", "fish", "bread", "dairy", "plant_dairy", "egg", "nut", "soy", "spice"}),
    "split": frozenset({"legume", "grain", "nut", "seed"}),
    "finger": frozenset({"spice", "vegetable"}),
    "nest": frozenset({"pasta_noodle"}),
    "bundle": frozenset({"pasta_noodle", "vegetable", "herb"}),
    "pot": frozenset({"dairy", "plant_dairy", "herb", "condiment", "stock", "spice"}),
}
"""Of what groups a piece is called so: a slice of cheese is cheese. Vanilla is a spice, and nobody slices it."""

_UNCUT = frozenset({
    "vanilla", "vegetable", "fruit", "date", "raspberry", "cherry", "blueberry", "blackberry", "raisin", "sultana", "currant",
})
"""First words of names of which nobody cuts a slice: a date slice is a cake."""

_PLANT_GROUPS = frozenset({"vegetable", "fruit", "fungus", "soy", "seaweed", "grain", "legume", "nut", "plant_dairy", "pasta_noodle"})
_FLESH_GROUPS = frozenset({"meat", "poultry", "fish", "crustacean", "mollusc"})
_IMITATED = frozenset({
    "bacon", "lox", "jerky", "ham", "fish", "chicken", "duck", "beef", "pork", "turkey", "salmon", "tuna", "shrimp", "prawn", "scallop", "pepperoni",
})
"""Flesh that is copied in plants, and cooked as a dish that is called after one."""

_CHOSEN = frozenset({"choice", "choix", "favourite", "favorite"})
"""Words that leave a food to the reader: the milk of one's choice may be of almonds."""

_ALL_ALIKE = frozenset({"vegetable", "fruit", "herb", "fungus", "nut", "seed", "oil", "legume", "salt", "water", "meat", "poultry", "fish"})
"""Groups in which a free choice adds nothing that the general name does not say."""

_SHAPED = {"loaf": frozenset({"bread"}), "log": frozenset({"dairy", "plant_dairy", "meat", "confectionery"})}
"""Whose shape a word is: a loaf of bread is bread, a tea loaf is a cake."""

_PLANT_PARTS, _NOT_LEAFY = frozenset({"leaf", "kernel"}), frozenset({"fruit", "grain", "legume", "nut"})
"""Lemon leaves are no lemon, apricot kernels no apricot; a vegetable may be its leaves."""

_ROASTS = frozenset({"meat", "poultry", "fish"})
"""A beef roast is a joint of beef; a nut roast is bound with who knows what."""

_CUT_PLANTS, _CUTS = frozenset({"vegetable", "fruit", "fungus", "herb"}), frozenset({"stick", "strip", "twist"})


class Reading:
    """The foods of one folded line, and which of its words they and their surroundings account for."""

    def __init__(self, lexicon: Lexicon, text: str, written: str = ""):
        self.lexicon, self.text = lexicon, text
        self.written = french.written_words(written or text)
        self.tokens: list[Token] = located_tokens(text)
        self.words = [token.word for token in self.tokens]
        said_after = french.turn_claims(lexicon, self.words)
        self.taken = [word == BREAK for word in self.words]
        self.silent: set[int] = set()
        """Places of words that say nothing where they stand, though they would elsewhere."""

        self.claims = [
            i for i, pair in enumerate(zip(self.words, self.words[1:], strict=False))
            if pair[0] in _CLAIMED_KEY and pair[1] == "free" and self.word(i + 2) not in _NO_CLAIM_AFTER and self.word(i - 1) not in NOT
        ]
        if "?" in text or not _CONDITIONS.isdisjoint(self.words):
            self.claims = []
        self.said_after = said_after.intersection(self.claims)
        """Claims that speak of the food before them: "farine sans gluten"."""

        self.bound = [*self.claims, *(
            i for i, pair in enumerate(zip(self.words, self.words[1:], strict=False))
            if pair in _REPLACING_PAIRS and self.word(i + 2) not in _NO_CLAIM_AFTER
        )]
        """Places of words that a name takes together with the next or not at all: meat-free sausages are no meat."""

        self.spans: list[Span] = []
        self.unknown: list[str] = []
        steps: tuple[Callable[[Reading], None], ...] = (
            Reading._long_units, Reading._parts_of_fruit, Reading._shapes, french.negations, Reading._names, Reading._foreign_adjectives,
            Reading._levels,
            homographs.decide, Reading._units_that_are_foods, Reading._asides, remarks.silence, french.quiet_words, spans.widen, spans.said_twice,
            spans.count_peppers, spans.find_parts, spans.share_heads, remarks.other_forms, Reading._states, french.around_names, Reading._products,
            Reading._replacements, french.replacements, Reading._clear, Reading._imitations, Reading._denials, Reading._left_to_the_reader,
            hidden.find, homographs.leave_open,
        )
        for step in steps:
            step(self)

    def word(self, i: int) -> str:
        """The word at token `i`, or BREAK beyond the line's ends."""
        return self.words[i] if 0 <= i < len(self.words) else BREAK

    def take(self, start: int, end: int) -> None:
        """Marks tokens as accounted for."""
        self.taken[start:end] = [True] * (end - start)

    def is_number(self, i: int) -> bool:
        """True for figures."""
        return self.words[i][0].isdecimal()

    def says_nothing(self, i: int) -> bool:
        """True for a number and for a word that names no food."""
        word = self.words[i]
        neutral = i in self.silent or word in self.lexicon.neutral_words or word in _SAYS_NOTHING
        return neutral or self.is_number(i) or (word == "t" and self._is_spoon(i))

    def _is_spoon(self, i: int) -> bool:
        """True for the t of "1 t salt". In French it may be a cup."""
        french = spans.is_french(self.words) or " d'" in self.text
        return i > 0 and self.is_number(i - 1) and not french

    def _long_units(self) -> None:
        """ "1 cuillere a cafe" measures, and names no coffee; "a tea-spoonful" no tea."""
        for i, word in enumerate(self.words):
            for unit in _LONG_UNITS.get(word, ()):
                end = self._end_of(unit, i)
                # "C a s" may be letters of anything; a spoon is one after any word that names nothing.
                if end and (self.is_number(i - 1) or (len(word) > 1 and self._quiet(i - 1)) if i else unit[-1] in french.SPOONS):
                    self.take(i, end)

    def _end_of(self, unit: Phrase, i: int) -> int:
        """Where the unit that begins at token `i` ends, or 0. A full stop may stand after each of its words: "c. a soupe"."""
        for word in unit:
            while self.word(i) == BREAK and i < len(self.words) and self.text[self.tokens[i].start] == ".":
                i += 1
            if self.word(i) != word:
                return 0
            i += 1
        return i

    def _parts_of_fruit(self) -> None:
        """ "juice and zest of 2 limes" is what the lexicon names lime juice and lime zest."""
        for i, word in enumerate(self.words):
            if (word in PARTS or french.is_part(self, i)) and not (self.taken[i] or self._is_in_a_name(i)):
                parts, j = self._listed_parts(i)
                if self.word(j) in ("of", "from"):
                    self._fruit_of(i, j + 1, parts)
                elif start := french.starts_of(self, j):
                    self._fruit_of(i, start, parts)

    def _is_in_a_name(self, i: int) -> bool:
        """True for the juice of "apple juice", and for that of "jus de fruit de la passion"."""
        known, longest = self.lexicon.by_phrase, self.lexicon.first_words.get(self.words[i], 0)
        lengths = range(5, min(longest, len(self.words) - i) + 1)
        return (self.word(i - 1), self.words[i]) in known or any(tuple(self.words[i : i + n]) in known for n in lengths)

    def _listed_parts(self, i: int) -> tuple[list[str], int]:
        """The parts named from token `i` on ("juice and finely grated zest"), and the token after them."""
        parts = [self.words[i]]
        j = i + 1
        while True:
            k = j
            while k < len(self.words) and self.words[k] not in PARTS and self.words[k] not in ("of", "from") and (
                self.taken[k] or self.says_nothing(k)
            ) and self.words[k] not in french.PARTS and not french.starts_of(self, k):
                k += 1
            if self.word(k) not in PARTS and self.word(k) not in french.PARTS:
                return parts, k
            parts.append(self.words[k])
            j = k + 1

    def _fruit_of(self, start: int, j: int, parts: list[str]) -> None:
        while j < len(self.words) and (self.words[j] != BREAK or self.in_fraction(j)):
            for end in range(min(j + 3, len(self.words)), j, -1):
                foods = [food for part in parts if (food := self._part_of(tuple(self.words[j:end]), part))]
                if len(foods) == len(parts) and not any(self.taken[j:end]):
                    self.take(start, end)
                    self.spans.append(Span(start, end, foods, name_is_alias=False))
                    return
            if not (self.says_nothing(j) or self.words[j] == BREAK):
                return
            j += 1

    def _part_of(self, fruit: Phrase, part: str) -> Food | None:
        return french.part_of(self.lexicon, fruit, part) if part in french.PARTS else self.lexicon.by_phrase.get((*fruit, part))

    def in_fraction(self, i: int) -> bool:
        """True for the stroke of 1/2."""
        return 0 < i < len(self.words) - 1 and self.text[self.tokens[i].start] == "/" and self.is_number(i - 1) and self.is_number(i + 1)

    def _shapes(self) -> None:
        """ "Potatoes, cut into chips" and "hake, in steaks" are no chips and no beef."""
        for i in phrases.shapes(self.words, self.says_nothing):
            if any(not taken and not self.says_nothing(k) for k, taken in enumerate(self.taken[:i])):
                self.take(i, i + 1)

    def _names(self) -> None:
        known, firsts = self.lexicon.by_phrase, self.lexicon.first_words
        found = []
        for start, word in enumerate(self.words):
            for end in range(min(start + firsts.get(word, 0), len(self.words)), start, -1):
                food = known.get(tuple(self.words[start:end]))
                if food is not None:
                    state = word in self.lexicon.neutral_words and word not in COLOURS
                    found.append((start - end + (0.5 if state else 0.0), start, end, food))
        # The longest first, and of two as long the one that begins first; but boiled egg noodles are noodles, and no boiled egg.
        for _, start, end, food in sorted(found, key=lambda name: name[:2]):
            if not any(self.taken[start:end]) and not any((start <= i < end) != (start <= i + 1 < end) for i in self.bound):
                self.take(start, end)
                self.spans.append(Span(start, end, [food]))
        self.spans.sort(key=lambda span: span.start)

    def _foreign_adjectives(self) -> None:
        """ "Tomate frito" is fried, and no tortilla chip; what else is in it, nobody said."""
        for span in list(self.spans):
            said = self.text[self.tokens[span.start].start : self.tokens[span.end - 1].end]
            if said == "frito" and any(other.end == span.start for other in self.spans):
                self.spans.remove(span)
                self.taken[span.start] = False

    def _levels(self) -> None:
        """ "Yoghurt, low-fat" and "no-salt-added tomatoes" name no fat and no salt: they tell what the food is like."""
        for span in list(self.spans):
            start, end = remarks.level(self.words, span.start, span.end)
            if end > start and any(other is not span for other in self.spans):
                self.spans.remove(span)
                self.taken[span.start : span.end] = [False] * (span.end - span.start)
                self.silent.update(range(start, end))
                before = self._before(start, lambda k: self.words[k] == BREAK or self._quiet(k))
                known = before and self.lexicon.by_phrase.get((*self.words[start:end], *self.words[before.start : before.end]))
                if before and known and before.name_is_alias and self.words[span.start] == "fat":
                    before.foods = [known]

    def _asides(self) -> None:
        for i in phrases.asides(self.words):
            if not self.taken[i]:
                self.take(i, i + 1)
        self.spans = [span for n, span in enumerate(self.spans) if not self._is_aside(n, span)]

    def _is_aside(self, n: int, span: Span) -> bool:
        """True for "3 tbsp flour, for the sauce", "1 vanilla pod, seeds scraped" and "a walnut-sized ball of tamarind"."""
        if len(self.spans) > 1 and phrases.is_measure_of_size(self.words, span.start):
            return True
        if n > 0 and phrases.is_served_or_covered(self.words, span.start, span.end):
            return True
        word, following = self.words[span.start] if span.end - span.start == 1 else "", self.word(span.end)
        if n > 0 and word == "seed":
            return following in phrases.SEEDS_OF
        if n > 0 and word in phrases.SECTIONS:
            return following == BREAK and self.words[max(0, span.start - 2) : span.start] == ["for", "the"]
        likened = following == "sized" or (following == singular("size") and self.text[self.tokens[span.end].start - 1] == "-")
        return likened and n + 1 < len(self.spans)

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
        return self.says_nothing(i) and self.words[i] not in OR | AND

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
                if self.word(i - 1) not in NOT:
                    found = self._in_state(span, i)
                    states += found
                    # Soaked they were dry, and "chickpeas" alone was a guess.
                    less = self.word(i) != "soaked" and any(food.facts[key] < plain.facts[key] for food in found for key in self.lexicon.weighty)
                    freer = freer or (i not in self.claims and less)
            if states:
                states = list({food.food_id: food for food in states}.values())
                span.foods = [plain, *states] if freer else states
                span.either = len(span.foods) > 1 and not PARTS.intersection(self.words[span.end :])

    def _in_state(self, span: Span, i: int) -> list[Food]:
        """The food that the name of `span` and the word (or claim) at token `i` make together, if there is one; takes the word."""
        word, claim = self.words[i], i in self.claims
        if not span.name_is_alias or self.taken[i] or self.is_number(i) or i - 1 in self.claims:
            return []
        if word == "can" and self.word(i + 1) in _AFTER_A_VERB:
            return []
        if word in _CANNED and i >= span.end and self._after(i + 1, self._quiet):
            # "1 tomato (or 1 can of tomato sauce)": what is in the tin, follows.
            return []
        if claim and i >= span.end and i not in self.said_after and self._after(i + 2, self._within_claims):
            return []
        if i >= span.end and word in french.NEVER_STATES:
            return []
        at_once = i == span.end and not claim and self.words[span.start] not in _KIND_AFTER
        if at_once and not (word in _STATES_AFTER or word.endswith("ed") or word in PARTS or word in french.STATE_WORDS):
            return []
        known, state = self.lexicon.by_phrase, (word, "free") if claim else (_CANNED.get(word, word),)
        name = tuple(self.words[span.start : span.alias_end])
        food = known.get((*state, *name)) or (known.get((*state, *self.words[span.start : span.end])) if span.end > span.alias_end else None)
        if food is None and len(name) > 1 and known.get(name[:-1]) is span.foods[0]:
            # "Ground beef meat" is ground beef.
            shorter = known.get((*state, *name[:-1]))
            food = None if shorter is span.foods[0] else shorter
        if food is None and word in PARTS:
            food = known.get((*name, word))
        if food is None and claim:
            food = french.name_without(self.lexicon, name, word)
        elif food is None and i >= span.end and word in french.STATE_WORDS:
            food = french.in_state(self.lexicon, span.foods[0], word)
        elif food is None and i >= span.end and word in french.PARTS:
            food = french.part_of(self.lexicon, name, word)
        if food is not None:
            self.take(i, i + 2 if claim else i + 1)
        return [food] if food else []

    def _just_before(self, span: Span) -> Iterator[int]:
        """The tokens before a name, up to the first that says something: "1 can (400 g) chopped tomatoes"."""
        for i in range(span.start - 1, -1, -1):
            stop = self.text[self.tokens[i].start] if self.words[i] == BREAK else ""
            if stop and (stop in "()" or (stop == "." and self.word(i - 1) in _UNIT_WORDS)):
                continue
            if self._joins_cuts(span, i):
                continue
            if self.taken[i] or self.words[i] in OR | AND:
                return
            yield i
            if not self.says_nothing(i) and i - 1 not in self.claims:
                return

    def _joins_cuts(self, span: Span, i: int) -> bool:
        """True for the "or" of "1 can crushed or diced tomatoes": what either word beside it makes of the name is canned as well."""
        if self.words[i] not in OR | AND or not 0 < i < len(self.words) - 1:
            return False
        name = tuple(self.words[span.start : span.alias_end])
        made = [self.lexicon.by_phrase.get((self.words[k], *name)) for k in (i - 1, i + 1)]
        cuts = all(self.words[k].endswith("ed") and self.words[k] not in _CANNED.values() and self.says_nothing(k) for k in (i - 1, i + 1))
        return cuts and all(food is None or food.name.startswith("canned") for food in made)

    def _products(self) -> None:
        for span in self.spans:
            if span.end == len(self.words) or self.taken[span.end]:
                continue
            word, food = self.words[span.end], span.foods[0]
            if span.plain and _says_again(food, word):
                self.take(span.end, span.end + 1)
            else:
                another = word in _MAKES_ANOTHER or (word in _PLANT_PARTS and food.group in _NOT_LEAFY) or self._is_dish(span, word)
                raw_cut = word in _CUTS and food.group in _ROASTS and "raw" in self.words[: span.start]
                span.another = another and not raw_cut and not _counts(food, word)

    def _is_dish(self, span: Span, word: str) -> bool:
        """True for "tuna melt"; a tuna slice is a piece, and so are two vanilla pods split."""
        if word not in _DISHES or spans.is_plural(self, span):
            return False
        food = span.foods[0]
        counted = food.group in _COUNTED_IN.get(word, frozenset()) and self.words[span.start] not in _UNCUT
        return not counted and PIECE_WORDS.get(word, word) not in food.pieces

    def _left_to_the_reader(self) -> None:
        """ "Milk of your choice": what is chosen, nobody knows."""
        if not _CHOSEN.isdisjoint(self.words) and any(span.foods[0].group not in _ALL_ALIKE for span in self.spans):
            self.unknown += [word for i, word in enumerate(self.words) if word in _CHOSEN and not self.taken[i]]

    def _imitations(self) -> None:
        """ "Carrot lox" and "mushroom bacon" may be neither, and "apricot chicken" is a dish: what else is in them, nobody said."""
        for left, right in zip(self.spans, self.spans[1:], strict=False):
            plant = left.foods[0].group in _PLANT_GROUPS and not spans.is_plural(self, left)
            if left.end == right.start and plant and right.foods[0].group in _FLESH_GROUPS and self.words[right.end - 1] in _IMITATED:
                self.unknown.append(" ".join(self.words[left.start : right.end]))

    def _denials(self) -> None:
        """ "Caesar salad, no anchovies" and "without the anchovies" name none. What is denied together with more stays, for the safe side."""
        for span in list(self.spans):
            i = span.begin - 1
            while self.word(i) in _ANY:
                i -= 1
            before, after = self.word(i - 1), self.word(span.end)
            denied = (self.word(i) in _WITHOUT and before not in OR | AND) or (self.word(i) in ("no", "not") and before == BREAK)
            hyphened = i >= 0 and self.text[self.tokens[i].end : self.tokens[i].end + 1] == "-"
            ends = after == BREAK or (after == "added" and self.word(span.end + 1) == BREAK)
            if denied and ends and not hyphened and any(other is not span and other.part_of is not span for other in self.spans):
                self.spans = [other for other in self.spans if other is not span and other.part_of is not span]
                self.take(i, span.end + (after == "added"))

    def _replacements(self) -> None:
        """ "vegan sausage" is no sausage: what it is made of is not known, unless the lexicon has it."""
        for i, word in enumerate(self.words):
            pair = (word, self.word(i + 1))
            length = 1 if word in _REPLACING else 2 if pair in _REPLACING_PAIRS and not self.taken[i + 1] else 0
            if not length or self.taken[i]:
                continue
            self.take(i, i + length)
            if self.word(i - 1) in ("for", "if"):
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
            self.take(i, i + 2)
            key = _CLAIMED_KEY[self.words[i]]
            before = self._before(i, lambda k: self.words[k] == BREAK or self._within_claims(k))
            target = (before if i in self.said_after else None) or self._after(i + 2, self._within_claims) or before
            if target and key:
                target.cleared |= {key, *(k.key for k in self.lexicon.keys.values() if key == "nuts" and k.part_of == key)}

    def _within_claims(self, i: int) -> bool:
        """True for what may stand between a claim and its food: quiet words, other claims, and what joins claims."""
        claimed = i in self.claims or i - 1 in self.claims
        return claimed or self._quiet(i) or ((self.words[i] == BREAK or self.words[i] in AND) and i + 1 in self.claims)

    def left_over(self) -> list[str]:
        """The words that nothing accounts for."""
        left = list(self.unknown)
        products = {span.end for span in self.spans if span.another}
        for i, word in enumerate(self.words):
            if self.taken[i] or self.word(i - 1) in NOT or word in NOT:
                continue
            if i in products or not self.says_nothing(i):
                left.append(word)
        return left


def _counts(food: Food, word: str) -> bool:
    """True when the word after the food's name is a way to count or cut it: butter sticks, carrot sticks, canned pineapple rings."""
    if food.group not in _SHAPED.get(word, {food.group}):
        return False
    cut = word in _CUTS or (word == "ring" and food.name.startswith(("canned", "tinned")))
    return PIECE_WORDS.get(word, word) in food.pieces or (food.group in _CUT_PLANTS and cut) or (word == "roast" and food.group in _ROASTS)


def _says_again(food: Food, word: str) -> bool:
    """True when a name of the food ends with the word: bolillo rolls are what the lexicon calls bolillo, and a bread roll."""
    return any(phrase(name)[-1:] == (word,) for name in (food.name, *food.aliases))
