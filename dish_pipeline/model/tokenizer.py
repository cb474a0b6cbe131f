"""Dish <-> token ids: a SentencePiece model for words, one token a food, control tokens for the rest.

What belongs here: training the SentencePiece model, encoding with the part that each token belongs to, decoding with strict
checks. Ids below `first_food` are SentencePiece's (control tokens among them), those from there on are foods. A food is one token,
so a food that is not allowed is one id that is masked; what its name says reaches the model through the name's pieces
(see `transformer.py`). Control tokens cannot come out of encoding a text, so a title that says "<end>" is only letters. Between the
pieces and the foods stand the tokens that are only ever given (see `given.py`): without them a tokenizer is as it would be had they
never been thought of.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import sentencepiece as spm

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Portion
from dish_pipeline.model.given import AMOUNTS_LAST, START, TITLE_FIRST, Given
from dish_pipeline.model.text import GRID, amount_text, canonical

PAD, END, TITLE = "<pad>", "<end>", "<title>"
PIECES, FOODS = "tokenizer.model", "foods.json"
SAMPLING_ALPHA = 0.2
"""Smoothness of drawn cuts: 0 makes all equally likely, 1 as likely as the unigram model has them (Kudo 2018 uses 0.1 to 0.5)."""

NOTHING_GIVEN = Given()

PARTS = ("course", "foods", "amounts", "title")
"""The parts that bits per dish are split into. The token that ends the foods counts as foods, the end as title."""


def control_tokens() -> list[str]:
    """Every control token, in the order of the ids that follow `<end>`."""
    courses = [f"<course:{c}>" for c in (*COURSES, UNKNOWN_COURSE)]
    return [TITLE, *courses, *(f"<g:{amount_text(g)}>" for g in (*GRID, None))]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one dish, with the index in PARTS of each token (-1 for what is given: the first token, conditions, foods said again)."""

    ids: np.ndarray
    parts: np.ndarray


class DecodeError(ValueError):
    """A sequence of tokens is not a dish; the message says at which token."""


def train(texts: Iterable[str], vocabulary: int, threads: int = 1) -> bytes:
    """A SentencePiece unigram model of at most `vocabulary` pieces, control tokens included.

    One thread keeps the outcome the same on every run. Raises ValueError for fewer than two texts.
    """
    sentences = [t for t in texts if t]
    if len(sentences) < 2:
        raise ValueError("a tokenizer needs at least two texts")
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(
        sentence_iterator=iter(_fitting(sentences, vocabulary)),
        model_writer=model,
        model_type="unigram",
        vocab_size=vocabulary,
        hard_vocab_limit=False,
        # Lossless: no normalisation, no collapsing of spaces; bytes for characters never seen.
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        byte_fallback=True,
        character_coverage=1.0,
        pad_id=0, bos_id=1, eos_id=2, unk_id=3,
        pad_piece=PAD, bos_piece=START, eos_piece=END,
        control_symbols=control_tokens(),
        num_threads=threads,
        minloglevel=2,
    )
    return model.getvalue()


def seed_sampling(seed: int) -> None:
    """Begin the drawing of cuts anew; SentencePiece has one random state for the whole process."""
    spm.set_random_generator_seed(seed)


def _fitting(sentences: Sequence[str], vocabulary: int) -> list[str]:
    """The sentences without their rarest letters, where there are more letters than the vocabulary holds (Chinese titles).

    SentencePiece refuses such a vocabulary; letters that it has not seen are written in bytes.
    """
    counts = Counter(letter for sentence in sentences for letter in sentence)
    room = max(1, vocabulary - 256 - len(control_tokens()) - 40)
    if len(counts) <= room:
        return list(sentences)
    kept = {letter for letter, _ in counts.most_common(room)}
    return [fitting for sentence in sentences if (fitting := "".join(letter for letter in sentence if letter in kept))]


class DishTokenizer:
    """Encodes and decodes dishes with one SentencePiece model and one list of foods.

    A tokenizer keeps the foods that it was made with, names included, since a model's tokens mean nothing else. A food that the
    lexicon has since gained cannot be encoded; one that it has lost is decoded and then known to nobody.
    """

    def __init__(self, model: bytes, foods: Mapping[str, str], given: Given = NOTHING_GIVEN):
        """`foods` maps the lexicon ids to their names, in the order of their tokens; `given` has the tokens that are never predicted."""
        self.model = model
        self.foods = dict(foods)
        self.given = given
        self.pieces = spm.SentencePieceProcessor(model_proto=model)
        self.first_given = self.pieces.get_piece_size()
        self.given_ids = {name: self.first_given + i for i, name in enumerate(given.tokens)}
        self.first_food = self.first_given + len(self.given_ids)
        self.size = self.first_food + len(self.foods)
        self.pad, self.start, self.end, self.title = (self.pieces.piece_to_id(p) for p in (PAD, START, END, TITLE))
        self.course_ids = {c: self.pieces.piece_to_id(f"<course:{c}>") for c in (*COURSES, UNKNOWN_COURSE)}
        self.amount_ids = {g: self.pieces.piece_to_id(f"<g:{amount_text(g)}>") for g in (*GRID, None)}
        self.food_ids = list(self.foods)
        self.food_tokens = {food: self.first_food + i for i, food in enumerate(self.food_ids)}
        self._courses = {i: c for c, i in self.course_ids.items()}
        self._amounts = {i: g for g, i in self.amount_ids.items()}

    @classmethod
    def for_lexicon(cls, model: bytes, lexicon: Lexicon, given: Given = NOTHING_GIVEN) -> DishTokenizer:
        """A tokenizer over all foods of the lexicon."""
        return cls(model, {f.food_id: f.name for f in lexicon.foods.values()}, given)

    @classmethod
    def load(cls, folder: Path) -> DishTokenizer:
        """The tokenizer that `save` wrote."""
        return cls((folder / PIECES).read_bytes(), json.loads((folder / FOODS).read_text(encoding="utf-8")), Given.load(folder))

    def save(self, folder: Path) -> None:
        """Write the SentencePiece model, the list of foods and what can be given into an existing folder."""
        (folder / PIECES).write_bytes(self.model)
        (folder / FOODS).write_text(json.dumps(self.foods, ensure_ascii=False, indent=0), encoding="utf-8")
        self.given.save(folder)

    @cached_property
    def name_pieces(self) -> list[list[int]]:
        """The pieces of each food's name, in the order of the food tokens."""
        return [self.pieces.encode(name) for name in self.foods.values()]

    @cached_property
    def word_ids(self) -> np.ndarray:
        """Ids of the pieces that may be drawn for a title: no control token, no unknown, no byte. Shape (words,)."""
        p = self.pieces
        return np.array([i for i in range(self.first_given) if not (p.is_control(i) or p.is_unknown(i) or p.is_byte(i))])

    @cached_property
    def grammar(self) -> np.ndarray:
        """Which tokens can stand in each part of PARTS at all. Shape (parts, size), bool.

        A course is a course; after a course or an amount comes a food or the title's sign; after a food its amount; a title is
        pieces (bytes included: a real title may need them) until the end.
        """
        p, masks = self.pieces, np.zeros((len(PARTS), self.size), dtype=bool)
        masks[0, list(self.course_ids.values())] = True
        masks[1, self.first_food :] = True
        masks[1, self.title] = True
        masks[2, list(self.amount_ids.values())] = True
        masks[3, [i for i in range(self.first_given) if not (p.is_control(i) or p.is_unknown(i))]] = True
        masks[3, self.end] = True
        return masks

    def course_id(self, course: str) -> int:
        """The token of a course; any word that is no course is the unknown course."""
        return self.course_ids.get(course, self.course_ids[UNKNOWN_COURSE])

    def can_encode(self, dish: Dish) -> bool:
        """True when every food of the dish has a token."""
        return dish.food_ids <= self.foods.keys()

    def form_id(self, form: str) -> int:
        """The token that begins a sequence of this form. Raises ValueError when the tokenizer was made without it."""
        if form == START:
            return self.start
        if form not in self.given_ids:
            raise ValueError(f"the model knows no form {form}: it was trained without it; train again")
        return self.given_ids[form]

    def encode(
        self, dish: Dish, order: Sequence[int] | None = None, sampled: bool = False, form: str = START, given: Sequence[int] = (),
        again: Sequence[int] | None = None,
    ) -> Encoded:
        """The tokens of a canonical dish (see `text.canonical`), its foods in `order`.

        With `sampled`, the title is cut into pieces drawn from all ways to cut it (see `seed_sampling`). `given` are the ids of conditions;
        `again` is the order in which the form with amounts last comes back to the foods. Raises KeyError for a food that has no token.

            <start>          conditions  course (food amount)*  <title>  words <end>
            <start:title>    conditions  words <end>  course (food amount)*  <title>
            <start:amounts>  conditions  course food*  <title>  words <end>  (food amount)*
        """
        listed = [dish.portions[i] for i in (range(len(dish.portions)) if order is None else order)]
        ids, parts = [self.form_id(form), *given], [-1] * (1 + len(given))
        words = [*self.pieces.encode(dish.title, enable_sampling=sampled, alpha=SAMPLING_ALPHA, nbest_size=-1), self.end]
        if form == TITLE_FIRST:
            ids += words
            parts += [3] * len(words)
        ids.append(self.course_id(dish.course))
        parts.append(0)
        for portion in listed:
            ids.append(self.food_tokens[portion.food_id])
            parts.append(1)
            if form != AMOUNTS_LAST:
                ids.append(self.amount_ids[portion.grams])
                parts.append(2)
        ids.append(self.title)
        parts.append(1)
        if form != TITLE_FIRST:
            ids += words
            parts += [3] * len(words)
        if form == AMOUNTS_LAST:
            for portion in listed if again is None else [dish.portions[i] for i in again]:
                ids += [self.food_tokens[portion.food_id], self.amount_ids[portion.grams]]
                parts += [-1, 2]
        return Encoded(np.array(ids, dtype=np.int32), np.array(parts, dtype=np.int8))

    def decode(self, ids: Sequence[int]) -> Dish:
        """The dish that the tokens say, in any form; conditions are passed over. Raises DecodeError when they are not exactly one
        well-formed dish."""
        ids = [int(i) for i in ids]
        for place, token in enumerate(ids):
            if not 0 <= token < self.size:
                raise DecodeError(f"token {place}: {token} is no id of the tokenizer")
        forms = {self.start: START} | {self.given_ids[form]: form for form in self.given.forms}
        if not ids or ids[0] not in forms:
            raise DecodeError("a dish begins with <start>, or the first token of another form")
        form, at = forms[ids[0]], 1
        conditions = {self.given_ids[name] for name in self.given.conditions}
        while at < len(ids) and ids[at] in conditions:
            at += 1
        words: list[int] = []
        if form == TITLE_FIRST:
            words, at = self._words(ids, at)
        if at == len(ids) or ids[at] not in self._courses:
            raise DecodeError(f"token {at}: here stands the course")
        course, at = self._courses[ids[at]], at + 1
        listed, at = self._foods(ids, at, with_amounts=form != AMOUNTS_LAST)
        if at == len(ids) or ids[at] != self.title:
            raise DecodeError(f"token {at}: foods come with their amounts until the title begins")
        at += 1
        if form != TITLE_FIRST:
            words, at = self._words(ids, at)
        if form == AMOUNTS_LAST:
            amounts, at = self._foods(ids, at, with_amounts=True)
            grams = {p.food_id: p.grams for p in amounts}
            if len(amounts) != len(listed) or grams.keys() != {p.food_id for p in listed}:
                raise DecodeError("the foods that come with amounts are not those that came without")
            listed = [Portion(p.food_id, grams[p.food_id]) for p in listed]
        if at != len(ids):
            raise DecodeError(f"token {at}: something follows the end")
        if not listed or len({p.food_id for p in listed}) != len(listed):
            raise DecodeError("there is no food, or one stands twice")
        return Dish(course, self.pieces.decode(words), tuple(listed))

    def _words(self, ids: Sequence[int], at: int) -> tuple[list[int], int]:
        """The pieces of the title that begins here, and the place after its end."""
        if self.end not in ids[at:]:
            raise DecodeError("the title has no end")
        end = ids.index(self.end, at)
        words = list(ids[at:end])
        if any(i >= self.first_given or self.pieces.is_control(i) or self.pieces.is_unknown(i) for i in words):
            raise DecodeError("the title holds a food, a control token or the unknown piece")
        return words, end + 1

    def _foods(self, ids: Sequence[int], at: int, with_amounts: bool) -> tuple[list[Portion], int]:
        """The foods that stand here, and the place after them."""
        portions: list[Portion] = []
        while at < len(ids) and ids[at] >= self.first_food:
            food, grams = self.food_ids[ids[at] - self.first_food], None
            at += 1
            if with_amounts:
                if at == len(ids) or ids[at] not in self._amounts:
                    raise DecodeError(f"token {at}: after a food comes its amount")
                grams = self._amounts[ids[at]]
                at += 1
            portions.append(Portion(food, grams))
        return portions, at

    def piece(self, token: int) -> str:
        """A token as people read it."""
        if token >= self.first_food:
            return self.foods[self.food_ids[token - self.first_food]]
        return self.given.tokens[token - self.first_given] if token >= self.first_given else self.pieces.id_to_piece(token)

    def round_trips(self, dish: Dish) -> bool:
        """True when decoding the encoding gives the dish back."""
        canon = canonical(dish)
        return self.decode(self.encode(canon).ids.tolist()) == canon
