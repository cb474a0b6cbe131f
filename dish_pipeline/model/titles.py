"""Titles for sampled dishes: in words that real titles use, and naming no food that the dish lacks.

What belongs here: the closed list of title words, proposing titles made of them, and choosing among the proposals by the model. A model
that has read a few hundred titles spells words that nobody knows when it is left to itself, and masking it piece by piece drives it
into short odd words. So a chain over whole words proposes, and the transformer, which knows the foods, chooses: sampling importance
resampling (Rubin 1988), each proposal weighted by what the model gives it over what the chain gave it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
import torch

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.wording import phrase
from dish_pipeline.dish import Dish
from dish_pipeline.model.scoring import part_bits
from dish_pipeline.model.text import canonical
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer
from dish_pipeline.model.transformer import DishTransformer

PROPOSALS = 48
MOST_WORDS = 7
ANY_WORD = 0.1
"""Share of the chain that leaves the seen pairs for any fitting word, so that new combinations can come."""

END = ""
TITLE = PARTS.index("title")


class TitleWords:
    """The words of the training titles: the foods that each names, and which word follows which in titles of a course."""

    def __init__(self, dishes: Iterable[Dish], lexicon: Lexicon):
        """Raises ValueError when no title holds a word."""
        self.food_words: dict[str, frozenset[str]] = {END: frozenset()}
        self.after: dict[tuple[str, str], Counter[str]] = {}
        """(course, word) -> what follows it in titles of that course, END included; course "" gathers all courses."""
        self.by_course: dict[str, Counter[str]] = {}
        self.real: set[str] = set()
        for dish in dishes:
            words = dish.title.split()
            self.real.add(" ".join(words).casefold())
            for word, following in zip([END, *words], [*words, END], strict=True):
                for course in (dish.course, ""):
                    self.after.setdefault((course, word), Counter())[following] += 1
            for word in words:
                self.food_words.setdefault(word, frozenset(w for w in phrase(word) if (w,) in lexicon.by_phrase))
                self.by_course.setdefault(dish.course, Counter())[word] += 1
        if not self.by_course:
            raise ValueError("the training titles hold no word")
        self._said = {f.food_id: frozenset(phrase(f.name)) for f in lexicon.foods.values()}

    def held(self, food_ids: Iterable[str]) -> frozenset[str]:
        """The words of the names of these foods."""
        return frozenset[str]().union(*(self._said.get(f, frozenset()) for f in food_ids))

    def propose(self, course: str, held: frozenset[str], rng: np.random.Generator) -> tuple[str, float]:
        """A title and the log of its probability under the chain; "" when the chain found no end within MOST_WORDS."""
        words: list[str] = []
        log_q = 0.0
        while len(words) <= MOST_WORDS:
            choices = self._next(course, words, held)
            if not choices:
                break
            names, shares = list(choices), np.array(list(choices.values()))
            picked = int(rng.choice(len(names), p=shares / shares.sum()))
            log_q += log(shares[picked] / shares.sum())
            if names[picked] == END:
                return " ".join(words), log_q
            words.append(names[picked])
        return "", log_q

    def _next(self, course: str, words: Sequence[str], held: frozenset[str]) -> dict[str, float]:
        """The words that may follow, with their weights. A food word needs its food; no word comes twice; a title is not empty."""
        known = course if (course, END) in self.after else ""
        seen = self.after.get((known, words[-1] if words else END), Counter[str]())
        total = sum(seen.values())
        weights = {w: (1 - ANY_WORD) * n / total for w, n in seen.items()}
        anywhere = self.by_course.get(course) or Counter[str]()
        everything = sum(anywhere.values())
        for word, n in anywhere.items():
            # A word that names a food of the dish is what a title is for.
            weights[word] = weights.get(word, 0.0) + ANY_WORD * n / everything * (5.0 if self.food_words[word] else 1.0)
        said = {w.casefold() for w in words}
        return {w: share for w, share in weights.items() if self.food_words[w] <= held and w.casefold() not in said and (w != END or words)}


@dataclass(frozen=True, slots=True)
class Title:
    """A chosen title and its surprise in bits under the model, its end included."""

    text: str
    bits: float


@torch.no_grad()
def choose_title(
    model: DishTransformer, tokenizer: DishTokenizer, words: TitleWords, dish: Dish, temperature: float, rng: np.random.Generator
) -> Title | None:
    """A title for the foods of `dish`, or None when the chain proposes none that fits. A lower `temperature` trusts the model more."""
    held = words.held(dish.food_ids)
    counted = Counter(words.propose(dish.course, held, rng) for _ in range(PROPOSALS))
    # A title that was proposed n times takes part n times; otherwise the division by its probability would count twice.
    proposed = {text: log(n) - log_q for (text, log_q), n in counted.items() if text}
    made = [canonical(Dish(dish.course, text, dish.portions)) for text in proposed]
    # Left out: a title that the canonical form would cut within a word, and one that the model cannot read to its end.
    rows = {d.title: row for d in made if d.title in proposed and len((row := tokenizer.encode(d)).ids) <= model.config.shape.context}
    # One word ("Stew") says little, and its brevity would make it likely: it is taken only where nothing longer was proposed.
    rows = {text: row for text, row in rows.items() if " " in text} or rows
    # No real title begins with "with".
    rows = {text: row for text, row in rows.items() if text.split()[0] in words.after["", END]} or rows
    # The title of a real dish would promise that dish; it too is a last resort.
    rows = {text: row for text, row in rows.items() if text.casefold() not in words.real} or rows
    if not rows:
        return None
    bits = part_bits(model, list(rows.values()), tokenizer)[:, TITLE]
    weight = -bits * log(2) / temperature + np.array([proposed[text] for text in rows])
    best = int((weight + rng.gumbel(size=len(weight))).argmax())
    return Title(list(rows)[best], float(bits[best]))
