"""The words that a sampled title may be made of: those of the training titles, as a trie over their pieces.

What belongs here: the closed list of title words, and which of them a dish may use. A model that has read a few hundred titles spells
words that nobody knows; in words that real titles use, it says something. A word that names a food ("beef") is open only to a dish that
holds it; how the words are put together is left to the model.
"""

from __future__ import annotations

from collections.abc import Iterable

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.wording import phrase
from dish_pipeline.dish import Dish
from dish_pipeline.model.tokenizer import DishTokenizer

WORD_START = "\u2581"
"""What SentencePiece begins a word with."""


class TitleWords:
    """A trie over the pieces of whole words. Node 0 is the place between words."""

    def __init__(self, tokenizer: DishTokenizer, dishes: Iterable[Dish], lexicon: Lexicon):
        """The words of the dishes' titles. Raises ValueError when no title holds a word."""
        self.children: list[dict[int, int]] = [{}]
        self.ends: list[bool] = [False]
        self.paths: dict[tuple[int, ...], frozenset[str]] = {}
        """The nodes of each word -> the food words in it, none for a word such as "stew"."""
        for dish in dishes:
            for pieces in self._words(tokenizer, dish.title):
                path = self._add(pieces)
                if path not in self.paths:
                    said = phrase(tokenizer.pieces.decode(list(pieces)))
                    self.paths[path] = frozenset(w for w in said if (w,) in lexicon.by_phrase)
        if not self.paths:
            raise ValueError("the training titles hold no word")
        self.said_by_food = {f: frozenset(phrase(name)) for f, name in tokenizer.foods.items()}

    @staticmethod
    def _words(tokenizer: DishTokenizer, title: str) -> list[tuple[int, ...]]:
        words: list[list[int]] = []
        for piece in tokenizer.pieces.encode(title):
            if not words or tokenizer.pieces.id_to_piece(piece).startswith(WORD_START):
                words.append([])
            words[-1].append(piece)
        return [tuple(w) for w in words]

    def _add(self, pieces: tuple[int, ...]) -> tuple[int, ...]:
        """The nodes of a word, made where they are missing."""
        node, path = 0, []
        for piece in pieces:
            if piece not in self.children[node]:
                self.children.append({})
                self.ends.append(False)
                self.children[node][piece] = len(self.children) - 1
            node = self.children[node][piece]
            path.append(node)
        self.ends[node] = True
        return tuple(path)


class TitleState:
    """One title in the making, for a dish that holds these foods. No word comes twice."""

    def __init__(self, words: TitleWords, food_ids: Iterable[str]):
        self.words = words
        self.held = frozenset[str]().union(*(words.said_by_food[f] for f in food_ids))
        self.path: list[int] = []
        self.used: set[tuple[int, ...]] = set()
        self._open()

    def _open(self) -> None:
        """The nodes on the way to a word that may still come."""
        fitting = [path for path, foods in self.words.paths.items() if foods <= self.held and path not in self.used]
        self.reachable = {node for path in fitting for node in path}
        self.last = {path[-1] for path in fitting}

    def next_pieces(self, more: bool = True) -> tuple[list[int], bool]:
        """The pieces that may follow, and whether the title may end here. `more` False: no further word is begun."""
        node = self.path[-1] if self.path else 0
        pieces = self._after(node)
        may_end = node in self.last
        if may_end and more:
            pieces += [p for p in self._after(0) if p not in self.words.children[node]]
        return pieces, may_end

    def _after(self, node: int) -> list[int]:
        return [piece for piece, child in self.words.children[node].items() if child in self.reachable]

    def take(self, piece: int) -> None:
        """Go on with a piece that `next_pieces` gave."""
        node = self.path[-1] if self.path else 0
        child = self.words.children[node].get(piece)
        if child is None or child not in self.reachable:
            self.used.add(tuple(self.path))
            self._open()
            self.path, child = [], self.words.children[0][piece]
        self.path.append(child)
