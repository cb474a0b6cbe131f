"""Proofs that the lexicon's files are consistent with themselves.

What belongs here: faults that a person has to mend, each named with food and file. Files that cannot be read at all fail earlier,
in `lexicon.load`.
"""

from __future__ import annotations

import csv
from pathlib import Path

from dish_pipeline.dietetics.lexicon import Food, Lexicon
from dish_pipeline.dietetics.wording import phrase
from dish_pipeline.dish import Tri

GROUP_FACTS = {
    "dairy": "milk", "egg": "egg", "fish": "fish", "crustacean": "crustaceans", "mollusc": "molluscs", "meat": "meat", "poultry": "poultry",
}
"""Group -> the key that none of its foods may be free of."""

ANIMAL = ("meat", "poultry", "fish", "crustaceans", "molluscs", "egg", "milk", "honey", "gelatine")
KILOCALORIES = {"protein_g": 4, "fat_g": 9, "available_carbohydrate_g": 4, "fiber_g": 2, "alcohol_g": 7}
"""kcal per gram: Regulation (EU) 1169/2011 Annex XIV."""

ENERGY_TOLERANCE = 0.6
"""Relative difference allowed between a table's energy and the general factors: tables use specific factors (cocoa: 57 % apart)."""


def faults(lexicon: Lexicon, folder: Path) -> list[str]:
    """Every fault found, in words. An empty list means that the lexicon is consistent."""
    found = _names(lexicon) + _explicit(lexicon, folder)
    for food in lexicon.foods.values():
        found += _keys(food, lexicon) + _composition(food)
    return found


def _names(lexicon: Lexicon) -> list[str]:
    owner: dict[tuple[str, ...], str] = {}
    found = []
    for food in lexicon.foods.values():
        for text in (food.name, *food.aliases):
            key = phrase(text)
            if not key:
                found.append(f"foods.csv: {food.food_id}: the name {text!r} holds no word")
            elif owner.setdefault(key, food.food_id) != food.food_id:
                found.append(f"foods.csv: {text!r} names both {owner[key]} and {food.food_id}")
            elif len(key) == 1 and key[0] in lexicon.neutral_words:
                found.append(f"words.csv: {text!r} is neutral there, but names {food.food_id}")
    return found


def _explicit(lexicon: Lexicon, folder: Path) -> list[str]:
    """Every food has every key written out: what is left empty is unknown, but nobody should leave it to chance."""
    with (folder / "facts.csv").open(encoding="utf-8-sig", newline="") as handle:
        rows = {row["id"]: row for row in csv.DictReader(handle)}
    found = [f"facts.csv: {food_id} has no row" for food_id in lexicon.foods if food_id not in rows]
    for food_id, row in rows.items():
        found += [f"facts.csv: {food_id}: {key} is empty" for key in lexicon.keys if not (row.get(key) or "").strip()]
    with (folder / "foods.csv").open(encoding="utf-8-sig", newline="") as handle:
        wanted = ("group", "basis", "source")
        found += [f"foods.csv: {row['id']}: {column} is empty" for row in csv.DictReader(handle) for column in wanted if not row[column]]
    return found


def _keys(food: Food, lexicon: Lexicon) -> list[str]:
    found = []
    for key in lexicon.keys.values():
        if key.part_of and food.facts[key.key] > food.facts[key.part_of]:
            part, whole = food.facts[key.key].word, food.facts[key.part_of].word
            found.append(f"facts.csv: {food.food_id}: {key.key} is {part}, so {key.part_of} cannot be {whole}")
    wanted = GROUP_FACTS.get(food.group)
    if wanted and food.facts[wanted] is Tri.FREE:
        found.append(f"facts.csv: {food.food_id} is of group {food.group} and said to be free of {wanted}")
    worst = max(food.facts[k] for k in ANIMAL)
    if food.facts["animal_origin"] < worst:
        found.append(f"facts.csv: {food.food_id}: animal_origin is {food.facts['animal_origin'].word} but an animal food in it is {worst.word}")
    return found


def _composition(food: Food) -> list[str]:
    c, found = food.composition, []
    for nutrient, v in c.items():
        if v.mid is not None and (v.mid < v.lo or (v.hi is not None and v.mid > v.hi)):
            found.append(f"composition.csv: {food.food_id}: {nutrient} {v.lo} {v.mid} {v.hi} is not in order")
    mass = sum(c[n].lo for n in ("protein_g", "fat_g", "carbohydrate_g", "alcohol_g") if n in c)
    if mass > 103:
        found.append(f"composition.csv: {food.food_id}: protein, fat, carbohydrate and alcohol are at least {mass:.0f} g of 100 g")
    energy = c.get("energy_kcal")
    mids = [c[n].mid if n in c else None for n in KILOCALORIES]
    if energy and energy.mid and all(mid is not None for mid in mids):
        computed = sum(factor * (mid or 0.0) for factor, mid in zip(KILOCALORIES.values(), mids, strict=True))
        if abs(computed - energy.mid) > max(ENERGY_TOLERANCE * energy.mid, 60):
            found.append(f"composition.csv: {food.food_id}: {energy.mid:.0f} kcal, but {computed:.0f} kcal by the general factors")
    return found
