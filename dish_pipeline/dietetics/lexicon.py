"""The lexicon: foods as cooks name them, with facts, composition and unit weights.

What belongs here: reading `data/lexicon/*.csv` into records, finding a food by its exact name, and `lint`, which proves the
files consistent. What a dish made of these foods is worth stands in `facts.py`.

The files, all UTF-8 CSV that a spreadsheet opens:

| file | one row is |
|---|---|
| keys.csv | an allergen or flag: `part_of` names the wider key that it implies |
| foods.csv | a food: name, group, aliases, link to a composition table, unit weights in grams |
| facts.csv | a food's facts, one column a key: free, unknown or contains; an empty cell is unknown |
| composition.csv | a nutrient of a food per 100 g edible portion: lo, mid, hi and the source |
| words.csv | a word of ingredient lines that names no food (units, sizes, ways of cutting) |
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from dish_pipeline.dietetics.wording import Phrase, phrase
from dish_pipeline.dish import Interval, Tri

NUTRIENTS = (
    "energy_kcal", "protein_g", "fat_g", "sat_fat_g", "carbohydrate_g", "available_carbohydrate_g", "sugars_g", "lactose_g", "fiber_g",
    "sodium_mg", "potassium_mg", "phosphorus_mg", "calcium_mg", "iron_mg", "cholesterol_mg", "vitamin_k_ug", "alcohol_g",
)
"""Nutrients with their units in the name. `carbohydrate_g` is by difference and includes fibre (USDA's convention);
`available_carbohydrate_g` is net of fibre (the EU's). They are never mixed."""

FILES = ("keys.csv", "foods.csv", "facts.csv", "composition.csv", "words.csv")


class LexiconError(ValueError):
    """A lexicon file cannot be used; the message names the file, the row and the remedy."""


@dataclass(frozen=True, slots=True)
class Key:
    """An allergen or flag that facts are kept for."""

    key: str
    kind: str
    label: str
    eu14: bool
    us9: bool
    part_of: str


@dataclass(frozen=True, slots=True)
class Food:
    """One food of the lexicon. `facts` has every key; `composition` only the nutrients that are known."""

    food_id: str
    name: str
    group: str
    aliases: tuple[str, ...]
    facts: dict[str, Tri]
    composition: dict[str, Interval]
    composition_source: str
    grams_per_cup: float | None
    pieces: dict[str, float]
    basis: str
    source: str


@dataclass(frozen=True)
class Lexicon:
    """All foods, with a version that changes whenever a byte of the files does."""

    foods: dict[str, Food]
    keys: dict[str, Key]
    neutral_words: frozenset[str]
    version: str

    @cached_property
    def by_phrase(self) -> dict[Phrase, Food]:
        """Every name and alias in normal form (see `wording.phrase`) -> its food."""
        found: dict[Phrase, Food] = {}
        for food in self.foods.values():
            for text in (food.name, *food.aliases):
                found.setdefault(phrase(text), food)
        return found

    @cached_property
    def longest_phrase(self) -> int:
        """The number of words of the longest alias."""
        return max((len(p) for p in self.by_phrase), default=0)

    def find(self, text: str) -> Food | None:
        """The food that this text names exactly (up to case, accents, plural), or None."""
        return self.by_phrase.get(phrase(text))

    def allergens(self) -> list[str]:
        """The keys of kind allergen, in file order."""
        return [k.key for k in self.keys.values() if k.kind == "allergen"]


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row. Raises LexiconError when the file is missing or not UTF-8."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            for number, row in enumerate(csv.DictReader(handle), start=2):
                yield number, {k: (v or "").strip() for k, v in row.items() if k is not None}
    except FileNotFoundError:
        raise LexiconError(f"{path}: the file is missing; restore it from the repository") from None
    except UnicodeDecodeError as error:
        raise LexiconError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8 CSV") from None


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _number(path: Path, row: int, column: str, cell: str) -> float | None:
    if not cell:
        return None
    try:
        return float(cell)
    except ValueError:
        raise LexiconError(f"{path}: row {row}: {column} is {cell!r}; write a number or leave it empty") from None


def version_of(folder: Path) -> str:
    """The first 16 hex digits of a SHA-256 over the lexicon's files."""
    digest = hashlib.sha256()
    for name in FILES:
        path = folder / name
        digest.update(name.encode())
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()[:16]


def load(folder: Path) -> Lexicon:
    """Read the lexicon in `folder`; loaded once per process and version of the files.

    Raises LexiconError for a file, row or cell that cannot be used.
    """
    return _load(folder, version_of(folder))


@lru_cache(maxsize=4)
def _load(folder: Path, version: str) -> Lexicon:
    keys = {
        row["key"]: Key(row["key"], row["kind"], row["label"], row["eu14"] == "yes", row["us9"] == "yes", row["part_of"])
        for _, row in _rows(folder / "keys.csv")
    }
    facts = _facts(folder / "facts.csv", list(keys))
    composition = _composition(folder / "composition.csv")
    foods: dict[str, Food] = {}
    path = folder / "foods.csv"
    for number, row in _rows(path):
        food_id = row["id"]
        if food_id in foods:
            raise LexiconError(f"{path}: row {number}: id {food_id!r} stands twice; remove one")
        foods[food_id] = Food(
            food_id=food_id,
            name=row["name"],
            group=row["group"],
            aliases=_split(row["aliases"]) + _split(row.get("aliases_fr", "")),
            facts=facts.get(food_id, dict.fromkeys(keys, Tri.UNKNOWN)),
            composition=composition.get(food_id, {}),
            composition_source=row["composition"],
            grams_per_cup=_number(path, number, "g_per_cup", row["g_per_cup"]),
            pieces=_pieces(path, number, row["pieces"]),
            basis=row["basis"],
            source=row["source"],
        )
    for name, table in (("facts.csv", facts), ("composition.csv", composition)):
        for food_id in table:
            if food_id not in foods:
                raise LexiconError(f"{folder / name}: {food_id!r} is not in foods.csv; add it there or remove its rows")
    words = frozenset(word for _, row in _rows(folder / "words.csv") for word in phrase(row["word"]))
    return Lexicon(foods, keys, words, version)


def _facts(path: Path, keys: list[str]) -> dict[str, dict[str, Tri]]:
    table: dict[str, dict[str, Tri]] = {}
    for number, row in _rows(path):
        try:
            table[row["id"]] = {key: Tri.parse(row.get(key, "")) for key in keys}
        except ValueError as error:
            raise LexiconError(f"{path}: row {number} ({row['id']}): {error}") from None
    return table


def _composition(path: Path) -> dict[str, dict[str, Interval]]:
    table: dict[str, dict[str, Interval]] = {}
    for number, row in _rows(path):
        lo, mid, hi = (_number(path, number, c, row[c]) for c in ("lo", "mid", "hi"))
        if row["nutrient"] not in NUTRIENTS:
            raise LexiconError(f"{path}: row {number}: no nutrient {row['nutrient']!r}; there are: {', '.join(NUTRIENTS)}")
        try:
            table.setdefault(row["id"], {})[row["nutrient"]] = Interval(lo or 0.0, mid, hi)
        except ValueError as error:
            raise LexiconError(f"{path}: row {number} ({row['id']}, {row['nutrient']}): {error}") from None
    return table


def _pieces(path: Path, number: int, cell: str) -> dict[str, float]:
    pieces = {}
    for part in _split(cell):
        unit, _, grams = part.partition(":")
        value = _number(path, number, "pieces", grams)
        if value is None:
            raise LexiconError(f"{path}: row {number}: pieces has {part!r}; write unit:grams, such as clove:5")
        pieces[unit.strip()] = value
    return pieces
