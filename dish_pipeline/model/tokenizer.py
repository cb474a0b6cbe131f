"""Dish <-> token ids: a SentencePiece model for words, one token a food, control tokens for the rest.

What belongs here: training the SentencePiece model, encoding with the part that each token belongs to, decoding with strict
checks. Ids below `first_food` are SentencePiece's (control tokens among them), those from there on are foods. A food is one token,
so a food that is not allowed is one id that is masked; what its name says reaches the model through the name's pieces
(see `transformer.py`). Control tokens cannot come out of encoding a text, so a title that says "<end>" is only letters.
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
from dish_pipeline.model.text import GRID, amount_text, canonical

PAD, START, END, TITLE = "<pad>", "<start>", "<end>", "<title>"
PIECES, FOODS = "tokenizer.model", "foods.json"
SAMPLING_ALPHA = 0.2
"""Smoothness of drawn cuts: 0 makes all equally likely, 1 as likely as the unigram model has them (Kudo 2018 uses 0.1 to 0.5)."""

PARTS = ("course", "foods", "amounts", "title")
"""The parts that bits per dish are split into. The token that ends the foods counts as foods, the end as title."""


def control_tokens() -> list[str]:
    """Every control token, in the order of the ids that follow `<end>`."""
    courses = [f"<course:{c}>" for c in (*COURSES, UNKNOWN_COURSE)]
    return [TITLE, *courses, *(f"<g:{amount_text(g)}>" for g in (*GRID, None))]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one dish from `<start>` to `<end>`, with the index in PARTS of each token (-1 for `<start>`)."""

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

    def __init__(self, model: bytes, foods: Mapping[str, str]):
        """`foods` maps the lexicon ids to their names, in the order of their tokens."""
        self.model = model
        self.foods = dict(foods)
        self.pieces = spm.SentencePieceProcessor(model_proto=model)
        self.first_food = self.pieces.get_piece_size()
        self.size = self.first_food + len(self.foods)
        self.pad, self.start, self.end, self.title = (self.pieces.piece_to_id(p) for p in (PAD, START, END, TITLE))
        self.course_ids = {c: self.pieces.piece_to_id(f"<course:{c}>") for c in (*COURSES, UNKNOWN_COURSE)}
        self.amount_ids = {g: self.pieces.piece_to_id(f"<g:{amount_text(g)}>") for g in (*GRID, None)}
        self.food_ids = list(self.foods)
        self.food_tokens = {food: self.first_food + i for i, food in enumerate(self.food_ids)}
        self._courses = {i: c for c, i in self.course_ids.items()}
        self._amounts = {i: g for g, i in self.amount_ids.items()}

    @classmethod
    def for_lexicon(cls, model: bytes, lexicon: Lexicon) -> DishTokenizer:
        """A tokenizer over all foods of the lexicon."""
        return cls(model, {f.food_id: f.name for f in lexicon.foods.values()})

    @classmethod
    def load(cls, folder: Path) -> DishTokenizer:
        """The tokenizer that `save` wrote."""
        return cls((folder / PIECES).read_bytes(), json.loads((folder / FOODS).read_text(encoding="utf-8")))

    def save(self, folder: Path) -> None:
        """Write the SentencePiece model and the list of foods into an existing folder."""
        (folder / PIECES).write_bytes(self.model)
        (folder / FOODS).write_text(json.dumps(self.foods, ensure_ascii=False, indent=0), encoding="utf-8")

    @cached_property
    def name_pieces(self) -> list[list[int]]:
        """The pieces of each food's name, in the order of the food tokens."""
        return [self.pieces.encode(name) for name in self.foods.values()]

    @cached_property
    def word_ids(self) -> np.ndarray:
        """Ids of the pieces that may be drawn for a title: no control token, no unknown, no byte. Shape (words,)."""
        p = self.pieces
        return np.array([i for i in range(self.first_food) if not (p.is_control(i) or p.is_unknown(i) or p.is_byte(i))])

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
        masks[3, [i for i in range(self.first_food) if not (p.is_control(i) or p.is_unknown(i))]] = True
        masks[3, self.end] = True
        return masks

    def course_id(self, course: str) -> int:
        """The token of a course; any word that is no course is the unknown course."""
        return self.course_ids.get(course, self.course_ids[UNKNOWN_COURSE])

    def can_encode(self, dish: Dish) -> bool:
        """True when every food of the dish has a token."""
        return dish.food_ids <= self.foods.keys()

    def encode(self, dish: Dish, order: Sequence[int] | None = None, sampled: bool = False) -> Encoded:
        """The tokens of a canonical dish (see `text.canonical`), its foods in `order`.

        With `sampled`, the title is cut into pieces drawn from all ways to cut it (see `seed_sampling`). Raises KeyError for a food
        that has no token.
        """
        ids, parts = [self.start, self.course_id(dish.course)], [-1, 0]
        for i in range(len(dish.portions)) if order is None else order:
            portion = dish.portions[i]
            ids += [self.food_tokens[portion.food_id], self.amount_ids[portion.grams]]
            parts += [1, 2]
        words = self.pieces.encode(dish.title, enable_sampling=sampled, alpha=SAMPLING_ALPHA, nbest_size=-1)
        ids += [self.title, *words, self.end]
        parts += [1, *[3] * len(words), 3]
        return Encoded(np.array(ids, dtype=np.int32), np.array(parts, dtype=np.int8))

    def decode(self, ids: Sequence[int]) -> Dish:
        """The dish that the tokens say. Raises DecodeError when they are not exactly one well-formed dish."""
        ids = [int(i) for i in ids]
        for place, token in enumerate(ids):
            if not 0 <= token < self.size:
                raise DecodeError(f"token {place}: {token} is no id of the tokenizer")
        if len(ids) < 4 or ids[0] != self.start or ids[1] not in self._courses or ids[-1] != self.end:
            raise DecodeError("a dish begins with <start> and a course and ends with <end>")
        portions: list[Portion] = []
        at = 2
        while ids[at] != self.title:
            if ids[at] < self.first_food or ids[at + 1] not in self._amounts:
                raise DecodeError(f"token {at}: foods come with their amounts until the title begins")
            portions.append(Portion(self.food_ids[ids[at] - self.first_food], self._amounts[ids[at + 1]]))
            at += 2
        words = ids[at + 1 : -1]
        if any(i >= self.first_food or self.pieces.is_control(i) or self.pieces.is_unknown(i) for i in words):
            raise DecodeError("the title holds a food, a control token or the unknown piece")
        if not portions or len({p.food_id for p in portions}) != len(portions):
            raise DecodeError("there is no food, or one stands twice")
        return Dish(self._courses[ids[1]], self.pieces.decode(words), tuple(portions))

    def piece(self, token: int) -> str:
        """A token as people read it."""
        return self.foods[self.food_ids[token - self.first_food]] if token >= self.first_food else self.pieces.id_to_piece(token)

    def round_trips(self, dish: Dish) -> bool:
        """True when decoding the encoding gives the dish back."""
        canon = canonical(dish)
        return self.decode(self.encode(canon).ids.tolist()) == canon
