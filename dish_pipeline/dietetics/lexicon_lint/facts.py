"""Faults in three-valued facts: left out, at odds with each other, with the food's group, its names or its figures.

What belongs here: rules that compare facts. A rule names only what is surely wrong: a fact that is `unknown` is never at odds with one
that says `contains`, for not knowing is always allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dish_pipeline.dietetics.lexicon import Food, Lexicon
from dish_pipeline.dietetics.lexicon_lint.fault import Fault
from dish_pipeline.dietetics.lexicon_lint.names import rows_of
from dish_pipeline.dietetics.lexicon_reasons import ANIMAL, GROUP_KEYS
from dish_pipeline.dietetics.wording import Phrase, phrase
from dish_pipeline.dish import Tri

PLANT_GROUPS = frozenset({"vegetable", "fruit", "herb", "legume", "nut", "seed", "fungus", "seaweed", "oil", "flour", "water", "salt"})
"""Groups of plants, fungi and minerals: with something of an animal in it a food belongs to another group."""

ANIMAL_KEYS = (*ANIMAL, "animal_origin", "pork", "offal", "rennet", "raw_egg", "raw_fish_or_meat", "mercury_fish", "unpasteurised_or_mould_cheese")

AT_LEAST_ONE = {
    "raw_egg": ("egg",), "offal": ("animal_origin",), "rennet": ("animal_origin",), "unpasteurised_or_mould_cheese": ("milk",),
    "mercury_fish": ("fish",), "raw_fish_or_meat": ("animal_origin",), "poultry": ("animal_origin",),
    **{key: ("animal_origin",) for key in ANIMAL},
}
"""Key -> keys of which one must be at least as sure as it."""

NAMED: dict[str, tuple[str, ...]] = {
    "wheat": ("wheat", "spelt", "semolina", "couscous", "bulgur", "seitan", "farro", "einkorn", "emmer", "kamut", "durum", "freekeh", "udon", "blé"),
    "gluten": ("rye", "barley", "oat", "triticale", "malt", "seigle", "orge", "avoine"),
    "almond": ("almond", "marzipan", "frangipane", "amande"),
    "hazelnut": ("hazelnut", "noisette", "gianduja"), "walnut": ("walnut",), "cashew": ("cashew",), "pecan": ("pecan",),
    "brazil_nut": ("brazil nut",), "pistachio": ("pistachio", "pistache"), "macadamia": ("macadamia",), "pine_nut": ("pine nut", "pignon"),
    "nuts": ("praline", "nougat", "almond", "hazelnut", "walnut", "cashew", "pecan", "pistachio", "macadamia"),
    "peanut": ("peanut", "groundnut", "cacahuète", "arachide"),
    "soy": ("soy", "soya", "soybean", "tofu", "tempeh", "miso", "edamame", "shoyu", "tamari", "natto", "soja"),
    "mustard": ("mustard", "moutarde"), "celery": ("celery", "celeriac", "céleri"), "sesame": ("sesame", "tahini", "sésame", "gomasio"),
    "lupin": ("lupin",),
    "crustaceans": ("shrimp", "prawn", "crab", "lobster", "crayfish", "langoustine", "krill", "crevette", "homard"),
    "molluscs": ("squid", "mussel", "clam", "octopus", "cuttlefish", "cockle", "whelk", "abalone", "oyster", "snail", "huître", "escargot"),
    "fish": ("anchovy", "tuna", "salmon", "cod", "haddock", "herring", "mackerel", "sardine", "thon", "saumon", "anchois"),
    "egg": ("mayonnaise", "meringue", "yolk", "omelette", "albumen"),
    "milk": ("ghee", "whey", "casein", "paneer", "buttermilk", "lactose", "kefir", "mozzarella", "parmesan", "cheddar", "ricotta", "mascarpone"),
    "pork": ("pork", "lard", "prosciutto", "pancetta", "lardon"), "honey": ("honey",), "gelatine": ("gelatine", "gelatin"),
    "meat": ("veal", "mutton", "venison"), "grapefruit": ("grapefruit", "pomelo", "pamplemousse"),
    "liquorice": ("liquorice", "licorice", "réglisse"), "starfruit": ("starfruit", "star fruit", "carambola"),
    "broad_bean": ("broad bean", "fava"), "caffeine": ("guarana", "espresso", "matcha"),
    "alcohol": ("vodka", "brandy", "whisky", "sherry", "vermouth"),
    "sulphites": ("metabisulphite",),
}
"""Key -> words that no name may hold whose food is free of it, unless the name denies or excuses them."""

DENIALS = frozenset(phrase(
    "vegan vegetarian free less eggless mock imitation konjac plant substitute meatless veggie végétal végétale végane sans non no without"
))
"""A name with one of these words says that something is not what it is called."""

EXCUSES = tuple(phrase(text) for text in (
    "rye whiskey", "rice malt", "cassava couscous", "cauliflower couscous", "couscous de manioc", "celery cabbage", "pomme de terre céleri",
    "crab apple",
    "lobster mushroom", "oyster mushroom", "oyster plant", "oyster cracker", "tuna cactus", "prawn cocktail sauce", "prawn curry powder",
    "soy mayonnaise",
    "honey mushroom", "honey bean", "date honey", "kithul honey", "pork rub", "pork seasoning", "cashew ricotta", "cashew mozzarella",
    "cashew parmesan", "yeast parmesan", "tofu ricotta", "ricotta de tofu", "almond ricotta", "mushroom oyster sauce", "blé noir", "beurre noisette",
    "mountain oyster", "prairie oyster", "honey mango", "foam shrimps", "pink shrimps", "amande de mer",
    "pork and poultry rub", "pommes noisettes", "blé d'inde", "légumes pour couscous", "amande de terre", "pistache africaine", "vermicelles de soja",
))
"""Names, and parts of names, that say a word of NAMED and mean another food. Distillates are exempt in Regulation (EU) 1169/2011 Annex II."""


def faults(lexicon: Lexicon, folder: Path) -> Iterator[Fault]:
    """Faults of the facts of every food."""
    yield from _explicit(lexicon, folder)
    yield from _lists(lexicon)
    words = [(phrase(word), key) for key, texts in NAMED.items() if key in lexicon.keys for word in texts]
    for food in lexicon.foods.values():
        yield from _together(food)
        yield from _group(food)
        yield from _names(food, words)
        yield from _figures(food)


def _fault(kind: str, food: Food, said: str, remedy: str) -> Fault:
    return Fault(kind, "facts.csv", food.food_id, said, remedy)


def _explicit(lexicon: Lexicon, folder: Path) -> Iterator[Fault]:
    """Every food has every key written out: what is left empty is unknown, but nobody should leave it to chance."""
    rows = {row.get("id", ""): row for row in rows_of(folder / "facts.csv")}
    for food_id in lexicon.foods:
        if food_id not in rows:
            yield Fault("food without facts", "facts.csv", food_id, "the food has no row", "add one, with unknown where you do not know")
    for food_id, row in rows.items():
        for key in lexicon.keys:
            if not row.get(key):
                yield Fault("empty cell", "facts.csv", food_id, f"{key} is empty", "write free, unknown or contains")


def _lists(lexicon: Lexicon) -> Iterator[Fault]:
    """The allergens stand on the lists of the law, which have 14 and 9 entries, and each says on whose word."""
    for name, wanted, there in (("eu14", 14, [k for k in lexicon.keys.values() if k.eu14]), ("us9", 9, [k for k in lexicon.keys.values() if k.us9])):
        if len(there) != wanted:
            yield Fault("list of allergens", "keys.csv", name, f"{len(there)} keys are marked, the list has {wanted}", "correct the column")
    for key in lexicon.keys.values():
        if key.kind == "allergen" and not key.source:
            yield Fault("empty cell", "keys.csv", key.key, "source is empty", "name the law that lists it")


def _together(food: Food) -> Iterator[Fault]:
    """What `part_of` says is proved when the lexicon is loaded; this is what keys.csv does not say."""
    for name, needed in AT_LEAST_ONE.items():
        there = [food.facts[n] for n in needed if n in food.facts]
        if name in food.facts and there and food.facts[name] > max(there):
            yield _fault("facts at odds", food, f"{name} is {food.facts[name].word}, yet {' and '.join(needed)} {max(there).word}",
                         "correct one of them")


def _group(food: Food) -> Iterator[Fault]:
    for key in (*GROUP_KEYS.get(food.group, ()), *(("animal_origin",) if food.group in ("dairy", "egg", "fish", "meat", "poultry") else ())):
        if food.facts.get(key) is Tri.FREE:
            yield _fault("group and fact differ", food, f"it is of group {food.group} and said to be free of {key}", "correct the fact or the group")
    if food.group in PLANT_GROUPS:
        of_animals = [key for key in ANIMAL_KEYS if food.facts.get(key) is Tri.CONTAINS]
        if of_animals:
            yield _fault("group and fact differ", food, f"it is of group {food.group} and contains {', '.join(of_animals)}",
                         "correct the fact or the group")


def _names(food: Food, words: list[tuple[Phrase, str]]) -> Iterator[Fault]:
    for text in (food.name, *food.aliases):
        name = phrase(text)
        if DENIALS & set(name) or any(_holds(name, excuse) for excuse in EXCUSES):
            continue
        for word, key in words:
            if food.facts[key] is Tri.FREE and _holds(name, word):
                yield _fault("name and fact differ", food, f"it is called {text!r} and said to be free of {key}",
                             "correct the fact, take the name from it, or excuse the name in lexicon_lint/facts.py")


def _holds(name: Phrase, part: Phrase) -> bool:
    return any(name[i : i + len(part)] == part for i in range(len(name) - len(part) + 1))


def _figures(food: Food) -> Iterator[Fault]:
    """A food that is free of something cannot have what only that brings."""
    for nutrient, key, least in (("cholesterol_mg", "animal_origin", 1.0), ("lactose_g", "milk", 0.5), ("alcohol_g", "alcohol", 0.5)):
        figure = food.composition.get(nutrient)
        if figure and figure.lo > least and food.facts.get(key) is Tri.FREE:
            yield Fault("figure and fact differ", "composition.csv", f"{food.food_id}, {nutrient}",
                        f"at least {figure.lo:g}, yet the food is free of {key}", "correct the fact, the link or the figure")
