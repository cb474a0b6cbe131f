"""Faults in composition and in unit weights.

What belongs here: rules about `composition.csv`, the links to the tables, the shares of refuse and the weights in `foods.csv`. Figures out
of order, below zero or of a nutrient that is not kept are refused when the lexicon is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dish_pipeline.dietetics.lexicon import Food, Lexicon
from dish_pipeline.dietetics.lexicon_lint.fault import Fault
from dish_pipeline.dietetics.lexicon_lint.names import rows_of
from dish_pipeline.dietetics.refuse import LESS_REFUSE, REFUSE_FILE, shares
from dish_pipeline.dietetics.tables import TableFood, linked_foods

KILOCALORIES = {"protein_g": 4, "fat_g": 9, "available_carbohydrate_g": 4, "fiber_g": 2, "alcohol_g": 7}
"""kcal per gram: Regulation (EU) 1169/2011 Annex XIV."""

ENERGY_SHARE, ENERGY_SLACK = 0.30, 45.0
"""How far a table's energy may lie from the general factors: this share of it and at least these kcal. Most foods stay within a tenth."""

OWN_FACTORS = {
    "sr28:19165": "cocoa", "sr28:16055": "carob", "sr28:20033": "oat bran", "sr28:02001": "allspice", "sr28:02075": "seasoning mix",
    "sr28:11988": "dried cloud ear", "sr28:11667": "dried spirulina",
}
"""Links whose table counts energy by factors of the food's own, far from the general ones."""

PARTS = (
    ("sat_fat_g", "fat_g"), ("sugars_g", "available_carbohydrate_g"), ("lactose_g", "sugars_g"), ("available_carbohydrate_g", "carbohydrate_g"),
    ("fiber_g", "carbohydrate_g"),
)
PART_SHARE, PART_SLACK = 1.05, 1.5
"""A part may exceed its whole by so much: tables measure sugars and compute carbohydrate by difference."""

MOST_MASS, LEAST_MASS, MOST_WITH_WATER = 103.0, 88.0, 104.0
"""Grams that the parts of 100 g may add up to: at most without water, and between what with it. What is missing is ash and acids."""

SALT_PER_SODIUM, REST_PER_POTASSIUM = 2.54, 2.0
"""Grams of salt for one of sodium; grams of potassium and what it is bound to."""

UNCOUNTED = {"sr28:02074": "glutamate", "ciqual:31087": "steviol glycosides"}
"""Links of foods that are mostly something which is no macronutrient."""

NO_FOOD = frozenset({"salt", "baking"})
"""Groups of minerals, gums and raising agents: neither mass nor energy follows from the macronutrients."""

CUP = (3.0, 400.0)
PIECES = {
    "each": (0.001, 8000), "piece": (0.01, 500), "slice": (0.5, 300), "pinch": (0.01, 1), "dash": (0.01, 6), "knob": (5, 40), "clove": (0.05, 40),
    "sprig": (0.1, 10), "leaf": (0.05, 200), "stalk": (0.2, 300), "bunch": (5, 900), "head": (3, 2500), "bulb": (10, 400), "floret": (3, 30),
    "ear": (5, 300), "cob": (5, 300), "pod": (0.1, 80), "wedge": (3, 400), "stick": (1, 250), "handful": (1, 150), "small": (0.5, 1500),
    "medium": (1, 2500), "large": (1, 6000), "can": (30, 1000), "jar": (30, 1000), "packet": (0.1, 1000), "sachet": (0.05, 100), "pack": (2, 1000),
    "block": (5, 600), "cube": (2, 60), "sheet": (0.01, 500), "scoop": (3, 150), "rasher": (1, 60), "fillet": (2, 400), "leg": (30, 600),
    "breast": (40, 2000), "thigh": (40, 500), "wing": (20, 400), "rack": (150, 2000), "ball": (5, 500),
}
"""Unit -> grams that one of them can weigh, whatever the food."""

HEN_EGG = (30.0, 80.0)
SIZES = ("small", "medium", "large")


def faults(lexicon: Lexicon, folder: Path) -> Iterator[Fault]:
    """Faults of figures and weights of every food."""
    tables, refuse = linked_foods(folder), _refuse(folder)
    sources: dict[str, set[str]] = {}
    for row in rows_of(folder / "composition.csv"):
        sources.setdefault(row.get("id", ""), set()).add(row.get("source", ""))
    yield from _refuse_rows(lexicon, folder)
    for food in lexicon.foods.values():
        yield from _link(food, sources.get(food.food_id, set()))
        yield from _lowered(food, food.food_id in refuse, sources.get(food.food_id, set()))
        yield from _parts(food)
        if food.group not in NO_FOOD:
            yield from _mass(food, _water(food, tables), refuse.get(food.food_id, 0.0))
            yield from _energy(food)
        yield from _weights(food)


def _fault(kind: str, food: Food, said: str, remedy: str) -> Fault:
    return Fault(kind, "composition.csv", food.food_id, said, remedy)


def _water(food: Food, tables: dict[str, TableFood]) -> float | None:
    """Water in 100 g, where the table has this very food and knows it."""
    linked = tables.get(food.composition_source)
    return linked.water_g if linked and food.composition_source not in UNCOUNTED else None


def _link(food: Food, sources: set[str]) -> Iterator[Fault]:
    """A link and figures belong together, and every row of figures says of which food of which table it is."""
    table, _, code = food.composition_source.removesuffix("~").partition(":")
    if not table:
        if food.composition:
            yield _fault("figures without a link", food, f"{len(food.composition)} figures, but foods.csv names no food of a table",
                         "write the link, or remove the rows")
        return
    if not food.composition:
        yield Fault("link without figures", "foods.csv", food.food_id, f"composition is {food.composition_source}, but no figure is there",
                    "derive composition.csv anew")
    name = {"sr28": "USDA SR28", "ciqual": "CIQUAL 2025", "cnf": "CNF 2015"}.get(table, table) + f" {code}"
    for source in sorted(sources):
        if not source:
            yield _fault("figure without a source", food, "source is empty", "name the table and its food")
        elif source.startswith(("USDA ", "CIQUAL ", "CNF ")) and source.partition(";")[0].removesuffix(" (similar food)") != name:
            yield _fault("link and source differ", food, f"a figure is from {source!r}, the link is {food.composition_source}",
                         "derive composition.csv anew")


def _refuse(folder: Path) -> dict[str, float]:
    """Food id -> the usual share of refuse."""
    return {food: share.mid or 0.0 for food, share in shares(folder).items()}


def _refuse_rows(lexicon: Lexicon, folder: Path) -> Iterator[Fault]:
    """A share of refuse has a source, and lowers the figures of a food that there is."""
    def fault(kind: str, food_id: str, said: str, remedy: str) -> Fault:
        return Fault(kind, REFUSE_FILE, food_id, said, remedy)

    for row in rows_of(folder / REFUSE_FILE):
        food = lexicon.foods.get(row.get("id", ""))
        if food is None:
            yield fault("refuse of nothing", row.get("id", ""), "no food has this id", "correct or remove the row")
        elif not food.composition:
            yield fault("refuse of nothing", food.food_id, "the food has no figures to lower", "remove the row")
        if not row.get("source"):
            yield fault("empty cell", row.get("id", ""), "source is empty", "name the table, or say that it is general knowledge")


def _lowered(food: Food, by_refuse: bool, sources: set[str]) -> Iterator[Fault]:
    """Figures are lowered where, and only where, refuse.csv names the food."""
    if food.composition and by_refuse != any(source.endswith(LESS_REFUSE) for source in sources):
        yield _fault("refuse and figures differ", food, f"{REFUSE_FILE} names the food" if by_refuse else f"{REFUSE_FILE} does not name the food",
                     "derive composition.csv anew")


def _parts(food: Food) -> Iterator[Fault]:
    for part, whole in PARTS:
        some, all_of_it = food.composition.get(part), food.composition.get(whole)
        if some is None or all_of_it is None:
            continue
        for least, most in ((some.lo, all_of_it.hi), (some.mid, all_of_it.mid)):
            if least is not None and most is not None and least > most * PART_SHARE + PART_SLACK:
                yield _fault("part above its whole", food, f"{part} {least:g} of {whole} {most:g}",
                             "look the food up in its table and correct the figure")
                break


def _mass(food: Food, water: float | None, refuse: float) -> Iterator[Fault]:
    """Protein, fat, carbohydrate and alcohol stay within 100 g; with water, salts and the usual share of refuse they come near to it."""
    macros = [food.composition.get(n) for n in ("protein_g", "fat_g", "carbohydrate_g", "alcohol_g")]
    least = sum(m.lo for m in macros if m)
    if least > MOST_MASS:
        yield _fault("macros do not add up", food, f"protein, fat, carbohydrate and alcohol are at least {least:.0f} g of 100 g",
                     "correct the figures")
    mids = [m.mid if m else None for m in macros[:3]]
    if water is None or None in mids:
        return
    minerals = {n: (food.composition[n].mid or 0.0) / 1000 if n in food.composition else 0.0 for n in ("sodium_mg", "potassium_mg")}
    salts = minerals["sodium_mg"] * SALT_PER_SODIUM + minerals["potassium_mg"] * REST_PER_POTASSIUM
    known = 100 * refuse + (1 - refuse) * water + sum(m or 0.0 for m in mids) + (macros[3].mid or 0.0 if macros[3] else 0.0)
    if known > MOST_WITH_WATER or known + salts < LEAST_MASS:
        yield _fault("macros do not add up", food, f"with {water:g} g of water they are {known:.0f} g of 100 g", "correct the figures or the link")


def _energy(food: Food) -> Iterator[Fault]:
    energy = food.composition.get("energy_kcal")
    mids = [food.composition[n].mid if n in food.composition else None for n in KILOCALORIES]
    if energy is None or energy.mid is None or None in mids or food.composition_source.removesuffix("~") in OWN_FACTORS:
        return
    computed = sum(factor * (mid or 0.0) for factor, mid in zip(KILOCALORIES.values(), mids, strict=True))
    if abs(computed - energy.mid) > max(ENERGY_SHARE * energy.mid, ENERGY_SLACK):
        yield _fault("energy does not follow", food, f"{energy.mid:.0f} kcal, but {computed:.0f} kcal by the general factors",
                     "correct the figures, or name the link in OWN_FACTORS if the table counts otherwise")


def _weights(food: Food) -> Iterator[Fault]:
    def fault(said: str, remedy: str) -> Fault:
        return Fault("unit weight", "foods.csv", food.food_id, said, remedy)

    if food.grams_per_cup is not None and not CUP[0] <= food.grams_per_cup <= CUP[1]:
        yield fault(f"a cup of it is {food.grams_per_cup:g} g", f"a cup weighs {CUP[0]:g} to {CUP[1]:g} g")
    for unit, weight in food.pieces.items():
        if unit not in PIECES:
            yield fault(f"there is no unit {unit!r}", f"write one of {', '.join(PIECES)}")
        elif not PIECES[unit][0] <= weight <= PIECES[unit][1]:
            yield fault(f"one {unit} of it is {weight:g} g", f"one {unit} weighs {PIECES[unit][0]:g} to {PIECES[unit][1]:g} g")
        elif food.food_id == "egg" and not HEN_EGG[0] <= weight <= HEN_EGG[1]:
            yield fault(f"one {unit} egg is {weight:g} g", f"a hen's egg weighs {HEN_EGG[0]:g} to {HEN_EGG[1]:g} g")
    sizes = [food.pieces[size] for size in SIZES if size in food.pieces]
    if sizes != sorted(sizes):
        yield fault(f"small, medium and large are {', '.join(f'{size:g}' for size in sizes)} g", "write them in rising order")
