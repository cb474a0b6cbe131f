"""The lexicon: foods as cooks name them, with facts, composition and unit weights.

What belongs here: reading `data/lexicon/*.csv` into records, refusing what could free a food of something by mistake, and finding
a food by its exact name. `lexicon_lint/` looks for everything else, `lexicon_reasons.py` says why a fact is as it is (from
`reasons.csv`, which changes no fact and is not read here); what a dish made of these foods is worth stands in `facts.py`.

The files, all UTF-8 CSV that a spreadsheet opens:

| file | one row is |
|---|---|
| keys.csv | an allergen or flag: `part_of` names the wider key that it implies |
| foods.csv | a food: name, group, aliases, link to a composition table, unit weights in grams |
| facts.csv | a food's facts, one column a key: free, unknown or contains; an empty cell is unknown |
| composition.csv | a nutrient of a food per 100 g as a line weighs it: lo, mid, hi and the source |
| words.csv | a word of ingredient lines that names no food (units, sizes, ways of cutting); of kind brand or origin it may be several words |
| refuse.csv | a food that lines weigh, or may weigh, with what is not eaten: the share of its weight (see `refuse.py`) |

`reasons.csv` and `tables.csv` stand beside them for people to read, and are no part of the version.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from dish_pipeline.dietetics.refuse import REFUSE_FILE, shares
from dish_pipeline.dietetics.rows import LexiconError, checked_rows
from dish_pipeline.dietetics.wording import Phrase, french_forms, phrase
from dish_pipeline.dish import Interval, Tri

NUTRIENTS = (
    "energy_kcal", "protein_g", "fat_g", "sat_fat_g", "carbohydrate_g", "available_carbohydrate_g", "sugars_g", "lactose_g", "fiber_g",
    "sodium_mg", "potassium_mg", "phosphorus_mg", "calcium_mg", "iron_mg", "cholesterol_mg", "vitamin_k_ug", "alcohol_g",
)
"""Nutrients with their units in the name. `carbohydrate_g` is by difference and includes fibre (USDA's convention);
`available_carbohydrate_g` is net of fibre (the EU's). They are never mixed."""

BESIDE_A_FOOD = ("brand", "origin")
"""Kinds of words that are neutral only beside a food."""

_APART = ("equipment", *BESIDE_A_FOOD)
"""Kinds of words that are not neutral alike wherever they stand."""

SHORTEST_CLOSED = 7
"""Letters of a name written without its spaces; a shorter one may be another word."""

FILES = ("keys.csv", "foods.csv", "facts.csv", "composition.csv", "words.csv", REFUSE_FILE)


NO_TABLE = "none"
"""In foods.csv, in place of a link: no composition table has this food or one like it."""

FRENCH_ADJECTIVE = "french adjective"
"""The kind of a row of words.csv that stands for all its forms, feminine and plural."""


@dataclass(frozen=True, slots=True)
class Key:
    """An allergen or flag that facts are kept for."""

    key: str
    kind: str
    label: str
    eu14: bool
    us9: bool
    part_of: str
    source: str = ""


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
    aliases_fr: tuple[str, ...] = ()
    """The French ones among `aliases`."""
    note: str = ""
    reviewed_by: str = ""
    refuse_hi: float = 0.0
    """The most of its weight in a line that is not eaten: bone, shell, rind."""


@dataclass(frozen=True)
class Lexicon:
    """All foods, with a version that changes whenever a byte of the files does."""

    foods: dict[str, Food]
    keys: dict[str, Key]
    neutral_words: frozenset[str]
    version: str
    equipment: frozenset[str] = frozenset()
    """Neutral words that name a tool: a line of nothing else is no ingredient."""
    brands: frozenset[Phrase] = frozenset()
    """Makers' names. Neutral only beside a food, since alone they may stand for any of their products."""
    origins: frozenset[str] = frozenset()
    """Words for where a food comes from. Neutral only before a plain food, since "Spanish rice" is a dish."""

    @cached_property
    def by_phrase(self) -> dict[Phrase, Food]:
        """Every name and alias in normal form (see `wording.phrase`) -> its food."""
        found: dict[Phrase, Food] = {}
        for food in self.foods.values():
            for text in (food.name, *food.aliases):
                found[phrase(text)] = food
        found.pop((), None)
        return found

    @cached_property
    def first_words(self) -> dict[str, int]:
        """The first word of every name or alias -> the number of words of the longest one that begins with it."""
        found: dict[str, int] = {}
        for words in self.by_phrase:
            found[words[0]] = max(len(words), found.get(words[0], 0))
        return found

    @cached_property
    def brand_starts(self) -> dict[str, int]:
        """The first word of every maker's name -> the number of words of the longest one that begins with it."""
        found: dict[str, int] = {}
        for words in self.brands:
            found[words[0]] = max(len(words), found.get(words[0], 0))
        return found

    @cached_property
    def name_words(self) -> frozenset[str]:
        """Every word of any name."""
        return frozenset(word for words in self.by_phrase for word in words)

    @cached_property
    def closed_up(self) -> dict[str, str]:
        """Names of two and three words written as one ("peanutbutter") -> the words apart; none that means two things."""
        found: dict[str, set[str]] = {}
        for words in self.by_phrase:
            joined = "".join(words)
            if 1 < len(words) < 4 and len(joined) >= SHORTEST_CLOSED and all(word.isalpha() for word in words):
                found.setdefault(joined, set()).add(" ".join(words))
        return {joined: next(iter(names)) for joined, names in found.items() if len(names) == 1}

    @cached_property
    def _names(self) -> dict[str, set[Phrase]]:
        found: dict[str, set[Phrase]] = {}
        for words, food in self.by_phrase.items():
            found.setdefault(food.food_id, set()).add(words)
        return found

    def is_kind_of(self, food: Food, wider: Food) -> bool:
        """True when a name of `food` ends with a name of `wider`: a cheddar cheese is a cheese, and pure cream no ice cream."""
        wide = self._names[wider.food_id]
        return any(words[i:] in wide for words in self._names[food.food_id] for i in range(1, len(words)))

    def find(self, text: str) -> Food | None:
        """The food that this text names exactly (up to case, accents, plural), or None."""
        return self.by_phrase.get(phrase(text))

    @cached_property
    def weighty(self) -> list[str]:
        """The keys that a food must not lose by being read as another: the allergens, and whether it is of an animal."""
        return [*self.allergens(), *(key for key in ("animal_origin",) if key in self.keys)]

    def allergens(self) -> list[str]:
        """The keys of kind allergen, in file order."""
        return [k.key for k in self.keys.values() if k.kind == "allergen"]


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _number(path: Path, row: int, column: str, cell: str) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise LexiconError(f"{path}: row {row}: {column} is {cell!r}; write a number of at least 0 or leave it empty")
    return value


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


def links_and_facts(folder: Path) -> tuple[dict[str, str], dict[str, dict[str, Tri]]]:
    """Food id -> its link to a composition table as it is written, and its facts: what `composition.csv` is derived from.

    Raises LexiconError as `load` does, but needs no `composition.csv`.
    """
    links = {row["id"]: row["composition"] for _, row in checked_rows(folder / "foods.csv", ("id", "composition"))}
    return links, _facts(folder / "facts.csv", _keys(folder / "keys.csv"))


@lru_cache(maxsize=4)
def _load(folder: Path, version: str) -> Lexicon:
    keys = _keys(folder / "keys.csv")
    facts = _facts(folder / "facts.csv", keys)
    composition = _composition(folder / "composition.csv")
    refuse = shares(folder)
    foods: dict[str, Food] = {}
    path = folder / "foods.csv"
    for number, row in checked_rows(path, ("id", "name", "group", "aliases", "composition", "g_per_cup", "pieces", "basis", "source")):
        food_id = row["id"]
        if not food_id or not phrase(row["name"]):
            raise LexiconError(f"{path}: row {number}: the id or the name is empty; write both")
        if food_id in foods:
            raise LexiconError(f"{path}: row {number}: id {food_id!r} stands twice; remove one")
        foods[food_id] = Food(
            food_id=food_id,
            name=row["name"],
            group=row["group"],
            aliases=_split(row["aliases"]) + _split(row.get("aliases_fr", "")),
            facts=facts.get(food_id, dict.fromkeys(keys, Tri.UNKNOWN)),
            composition=composition.get(food_id, {}),
            composition_source="" if row["composition"] == NO_TABLE else row["composition"],
            grams_per_cup=_number(path, number, "g_per_cup", row["g_per_cup"]) or None,
            pieces=_pieces(path, number, row["pieces"]),
            basis=row["basis"],
            source=row["source"],
            aliases_fr=_split(row.get("aliases_fr", "")),
            note=row.get("note", ""),
            reviewed_by=row.get("reviewed_by", ""),
            refuse_hi=refuse[food_id].hi or 0.0 if food_id in refuse else 0.0,
        )
    for name, table in (("facts.csv", facts), ("composition.csv", composition)):
        for food_id in table:
            if food_id not in foods:
                raise LexiconError(f"{folder / name}: {food_id!r} is not in foods.csv; add it there or remove its rows")
    _refuse_ambiguous(path, foods.values())
    kinds: dict[str, set[Phrase]] = {}
    for _, row in checked_rows(folder / "words.csv", ("word", "kind")):
        kinds.setdefault(row["kind"] if row["kind"] in _APART else "", set()).update(map(phrase, _forms(row)))
    apart = {kind: frozenset(word for words in kinds.get(kind, ()) for word in words) for kind in ("", "equipment", "origin")}
    brands = frozenset(kinds.get("brand", ())) - {()}
    return Lexicon(foods, keys, apart[""] | apart["equipment"], version, apart["equipment"], brands, apart["origin"])


def _forms(row: dict[str, str]) -> tuple[str, ...]:
    return french_forms(row["word"]) if row.get("kind") == FRENCH_ADJECTIVE else (row["word"],)


def _refuse_ambiguous(path: Path, foods: Iterable[Food]) -> None:
    """One phrase for two foods would give a dish the facts of whichever stands first."""
    owner: dict[Phrase, str] = {}
    for food in foods:
        for text in (food.name, *food.aliases):
            first = owner.setdefault(phrase(text), food.food_id)
            if first != food.food_id:
                raise LexiconError(f"{path}: {text!r} names both {first!r} and {food.food_id!r}; take it from one of them")


def _keys(path: Path) -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for number, row in checked_rows(path, ("key", "kind", "label", "eu14", "us9", "part_of")):
        if row["key"] in keys:
            raise LexiconError(f"{path}: row {number}: key {row['key']!r} stands twice; remove one")
        keys[row["key"]] = Key(row["key"], row["kind"], row["label"], row["eu14"] == "yes", row["us9"] == "yes", row["part_of"],
                               row.get("source", ""))
    for key in keys.values():
        if key.part_of and key.part_of not in keys:
            raise LexiconError(f"{path}: {key.key!r} is part of {key.part_of!r}, which is no key; correct part_of")
    return keys


def _facts(path: Path, keys: dict[str, Key]) -> dict[str, dict[str, Tri]]:
    table: dict[str, dict[str, Tri]] = {}
    for number, row in checked_rows(path, ("id",)):
        where = f"{path}: row {number} ({row['id']})"
        if row["id"] in table:
            raise LexiconError(f"{where}: the food stands twice; remove one row")
        try:
            table[row["id"]] = facts = {key: Tri.parse(row.get(key, "")) for key in keys}
        except ValueError as error:
            raise LexiconError(f"{where}: {error}") from None
        for key in keys.values():
            if key.part_of and facts[key.key] > facts[key.part_of]:
                raise LexiconError(
                    f"{where}: {key.key} is {facts[key.key].word} and a part of {key.part_of}, which cannot be {facts[key.part_of].word}; "
                    "correct one of them"
                )
    return table


def _composition(path: Path) -> dict[str, dict[str, Interval]]:
    table: dict[str, dict[str, Interval]] = {}
    for number, row in checked_rows(path, ("id", "nutrient", "lo", "mid", "hi")):
        where = f"{path}: row {number} ({row['id']}, {row['nutrient']})"
        lo, mid, hi = (_number(path, number, c, row[c]) for c in ("lo", "mid", "hi"))
        if row["nutrient"] not in NUTRIENTS:
            raise LexiconError(f"{where}: there is no such nutrient; there are: {', '.join(NUTRIENTS)}")
        figures = table.setdefault(row["id"], {})
        if row["nutrient"] in figures:
            raise LexiconError(f"{where}: the figure stands twice; remove one row")
        try:
            figures[row["nutrient"]] = Interval(lo or 0.0, mid, hi)
        except ValueError as error:
            raise LexiconError(f"{where}: {error}; write lo, mid and hi in rising order") from None
    return table


def _pieces(path: Path, number: int, cell: str) -> dict[str, float]:
    pieces = {}
    for part in _split(cell):
        unit, _, grams = part.partition(":")
        value = _number(path, number, "pieces", grams.strip())
        if not value:
            raise LexiconError(f"{path}: row {number}: pieces has {part!r}; write unit:grams, such as clove:5")
        pieces[unit.strip()] = value
    return pieces
