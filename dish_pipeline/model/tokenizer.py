"""Dish <-> token ids: a SentencePiece model for words, and control tokens for everything that is not a word.

What belongs here: training the SentencePiece model, encoding with the part that each token belongs to, decoding with strict
checks. Names and titles are encoded one by one, so a name's pieces never depend on its neighbours; control tokens cannot come
out of encoding a text, so a title that says "<end>" is only letters.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import sentencepiece as spm

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Portion
from dish_pipeline.model.text import GRID, amount_text, canonical

PAD, START, END, TITLE = "<pad>", "<start>", "<end>", "<title>"
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
        sentence_iterator=iter(sentences),
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


class DishTokenizer:
    """Encodes and decodes dishes with one SentencePiece model and one lexicon."""

    def __init__(self, model: bytes, lexicon: Lexicon):
        self.model = model
        self.lexicon = lexicon
        self.pieces = spm.SentencePieceProcessor(model_proto=model)
        self.size = self.pieces.get_piece_size()
        self.pad, self.start, self.end, self.title = (self.pieces.piece_to_id(p) for p in (PAD, START, END, TITLE))
        self.course_ids = {c: self.pieces.piece_to_id(f"<course:{c}>") for c in (*COURSES, UNKNOWN_COURSE)}
        self.amount_ids = {g: self.pieces.piece_to_id(f"<g:{amount_text(g)}>") for g in (*GRID, None)}
        self._courses = {i: c for c, i in self.course_ids.items()}
        self._amounts = {i: g for g, i in self.amount_ids.items()}

    @classmethod
    def load(cls, path: Path, lexicon: Lexicon) -> DishTokenizer:
        """The tokenizer whose SentencePiece model lies at `path`."""
        return cls(path.read_bytes(), lexicon)

    @cached_property
    def names(self) -> dict[str, tuple[int, ...]]:
        """Food id -> the pieces of its name."""
        return {food_id: tuple(self.pieces.encode(food.name)) for food_id, food in self.lexicon.foods.items()}

    @cached_property
    def _foods(self) -> dict[tuple[int, ...], str]:
        return {pieces: food_id for food_id, pieces in self.names.items()}

    @cached_property
    def word_ids(self) -> np.ndarray:
        """Ids of the pieces that may stand in a title: no control token, no unknown, no byte. Shape (words,)."""
        p = self.pieces
        return np.array([i for i in range(self.size) if not (p.is_control(i) or p.is_unknown(i) or p.is_byte(i))])

    def course_id(self, course: str) -> int:
        """The token of a course; any word that is no course is the unknown course."""
        return self.course_ids.get(course, self.course_ids[UNKNOWN_COURSE])

    def encode(self, dish: Dish, order: Sequence[int] | None = None) -> Encoded:
        """The tokens of a canonical dish (see `text.canonical`), its foods in `order`.

        Raises KeyError for a food that the lexicon lacks.
        """
        ids, parts = [self.start, self.course_id(dish.course)], [-1, 0]
        for i in range(len(dish.portions)) if order is None else order:
            portion = dish.portions[i]
            name = self.names[portion.food_id]
            ids += [*name, self.amount_ids[portion.grams]]
            parts += [1] * len(name) + [2]
        words = self.pieces.encode(dish.title)
        ids += [self.title, *words, self.end]
        parts += [1, *[3] * len(words), 3]
        return Encoded(np.array(ids, dtype=np.int32), np.array(parts, dtype=np.int8))

    def decode(self, ids: Sequence[int]) -> Dish:
        """The dish that the tokens say. Raises DecodeError when they are not exactly one well-formed dish."""
        ids = [int(i) for i in ids]
        if len(ids) < 4 or ids[0] != self.start or ids[1] not in self._courses or ids[-1] != self.end:
            raise DecodeError("a dish begins with <start> and a course and ends with <end>")
        for place, token in enumerate(ids):
            if not 0 <= token < self.size:
                raise DecodeError(f"token {place}: {token} is no id of the tokenizer")
        portions: list[Portion] = []
        name: list[int] = []
        at = 2
        while at < len(ids) and ids[at] != self.title:
            if ids[at] in self._amounts:
                food_id = self._foods.get(tuple(name))
                if food_id is None:
                    raise DecodeError(f"token {at}: {self.pieces.decode(name)!r} is no food of the lexicon")
                portions.append(Portion(food_id, self._amounts[ids[at]]))
                name = []
            else:
                name.append(ids[at])
            at += 1
        if name or at >= len(ids) or not portions:
            raise DecodeError(f"token {at}: the foods end without an amount or a title")
        words = ids[at + 1 : -1]
        if any(self.pieces.is_control(i) or self.pieces.is_unknown(i) for i in words):
            raise DecodeError("the title holds a control token or the unknown piece")
        dish = Dish(self._courses[ids[1]], self.pieces.decode(words), tuple(portions))
        if len({p.food_id for p in portions}) != len(portions):
            raise DecodeError("a food stands twice")
        return dish

    def round_trips(self, dish: Dish) -> bool:
        """True when decoding the encoding gives the dish back."""
        canon = canonical(dish)
        return self.decode(self.encode(canon).ids.tolist()) == canon
