"""What the tests share: a small made-up lexicon, profiles, dishes and a tokenizer.

All figures are invented. The lexicon holds the awkward cases on purpose: names that begin other names, foods without facts, foods
without composition, a composition without an upper bound, letters outside ASCII.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile, Rule
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Portion
from dish_pipeline.model import tokenizer as tokenizer_room
from dish_pipeline.model.given import learn
from dish_pipeline.model.text import canonical
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.settings import PRESETS, ModelShape

KEYS = """key,kind,label,eu14,us9,part_of,source
gluten,allergen,gluten-containing cereal,yes,,,made up
egg,allergen,egg,yes,yes,,made up
fish,allergen,fish,yes,yes,,made up
milk,allergen,milk,yes,yes,,made up
nuts,allergen,tree nuts,yes,yes,,made up
almond,allergen,almond,,,nuts,made up
animal_origin,flag,food of animal origin,,,,made up
meat,flag,meat of mammals,,,animal_origin,made up
added_sugar,flag,added sugar,,,,made up
"""

# id; name; group; aliases; what it contains ("?key": unknown, "??": everything unknown, "-": no row in facts.csv);
# energy_kcal protein_g carbohydrate_g sodium_mg per 100 g (".": not known; ">" before a figure: no upper bound known); cup; pieces.
FOODS = """
rice; rice; grain; white rice|rices; ; 130 2.7 28 1; 185;
rice_flour; rice flour; grain; ; ; 360 6 80 0; 160;
rice_flour_noodles; rice flour noodles; grain; rice noodles; ; 360 6 83 180; ;
wheat_flour; flour; grain; wheat flour|plain flour; gluten; 364 10 76 2; 125;
bread; bread; grain; white bread; gluten ?egg ?milk; 265 9 49 490; ; slice:30
pasta; pasta; grain; spaghetti|macaroni; gluten ?egg; 158 6 31 1; 140;
oats; oats; grain; rolled oats; gluten; 380 13 68 3; 90;
potato; potato; vegetable; ; ; 77 2 17 6; ; piece:150
chickpea; chickpea; legume; garbanzo; ; 164 9 27 7; 164;
lentil; lentil; legume; ; ; 116 9 20 2; 200;
milk; milk; dairy; cow's milk; milk animal_origin; 64 3.3 4.7 43; 244;
milk_chocolate; milk chocolate; sweet; ; milk animal_origin added_sugar ?nuts ?almond; 535 7.6 59 79; ; piece:10
cream_fresh; crème fraîche; dairy; sour cream; milk animal_origin; 292 2.4 2.9 35; 240;
cheese; cheese; dairy; hard cheese; milk animal_origin; 400 25 1.3 620; 113; slice:20
butter; butter; fat; ; milk animal_origin; 717 0.9 0.1 11; 227;
egg; egg; egg; ; egg animal_origin; 143 12.6 0.7 142; ; piece:50
egg_white; egg white; egg; ; egg animal_origin; 52 11 0.7 166; ; piece:33
salmon; salmon; fish; ; fish animal_origin; 208 20 0 59; ; fillet:150
cod; cod; fish; ; fish animal_origin; 82 18 0 54; ; fillet:150
beef; beef; meat; minced beef; animal_origin meat; 250 26 0 72; ;
chicken; chicken; poultry; ; animal_origin; 165 31 0 74; ;
chicken_broth; chicken broth; stock; ; animal_origin ?gluten ?milk; 6 0.6 0.4 >370; 240;
tofu; tofu; legume; ; ; 76 8 1.9 7; ; block:300
almond; almond; nut; ; nuts almond; 579 21 22 1; 140;
walnut; walnut; nut; ; nuts; 654 15 14 2; 100;
tomato; tomato; vegetable; ; ; 18 0.9 3.9 5; ; piece:120
onion; onion; vegetable; ; ; 40 1.1 9.3 4; ; piece:110
garlic; garlic; vegetable; ; ; 149 6.4 33 17; ; clove:5
carrot; carrot; vegetable; ; ; 41 0.9 9.6 69; ; piece:60
spinach; spinach; vegetable; ; ; 23 2.9 3.6 79; 30;
jalapeno; jalapeño; vegetable; ; ; 29 0.9 6.5 3; ; piece:14
lemon; lemon; fruit; ; ; 29 1.1 9.3 2; ; piece:100
lemon_juice; lemon juice; fruit; ; ; 22 0.4 6.9 1; 244;
apple; apple; fruit; ; ; 52 0.3 14 1; ; piece:180
olive_oil; olive oil; fat; ; ; 884 0 0 2; 216;
sugar; sugar; sweet; ; added_sugar; 387 0 100 1; 200;
salt; salt; seasoning; ; ; 0 0 0 38758; 290;
pepper; pepper; seasoning; ; ; 251 10 64 20; ;
herb_mix; herb mix; seasoning; ; ; . . . .; ;
tea_leaf; tea leaf; drink; ; ; 1 . 0.3 >3; ;
mystery_sauce; mystery sauce; sauce; ; ??; 90 1 12 900; 250;
market_pickle; market pickle; sauce; ; -; . . . .; ;
"""
FIGURES = ("energy_kcal", "protein_g", "carbohydrate_g", "sodium_mg")


def _write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([header, *rows])


def _fact_row(food_id: str, keys: list[str], cell: str) -> list[str]:
    words = cell.split()
    if "??" in words:
        return [food_id, *("" for _ in keys)]
    return [food_id, *("contains" if k in words else "unknown" if f"?{k}" in words else "free" for k in keys)]


def _composition_rows(food_id: str, cell: str) -> list[list[str]]:
    rows = []
    for nutrient, figure in zip(FIGURES, cell.split(), strict=True):
        if figure == ".":
            continue
        mid = float(figure.removeprefix(">"))
        hi = "" if figure.startswith(">") else f"{mid * 1.1:.6g}"
        rows.append([food_id, nutrient, f"{mid * 0.9:.6g}", f"{mid:.6g}", hi, "made up"])
    return rows


@pytest.fixture(scope="session")
def lexicon_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up lexicon as the CSV files that `lexicon.load` reads."""
    folder = tmp_path_factory.mktemp("lexicon")
    keys = [line.split(",")[0] for line in KEYS.splitlines()[1:]]
    foods, facts, composition = [], [], []
    for line in FOODS.strip().splitlines():
        food_id, name, group, aliases, contains, figures, cup, pieces = (cell.strip() for cell in line.split(";"))
        foods.append([food_id, name, group, aliases, "", "made up", cup, pieces, "made up", "made up", "", ""])
        if contains != "-":
            facts.append(_fact_row(food_id, keys, contains))
        composition += _composition_rows(food_id, figures)
    (folder / "keys.csv").write_text(KEYS, encoding="utf-8")
    header = ["id", "name", "group", "aliases", "aliases_fr", "composition", "g_per_cup", "pieces", "basis", "source", "note", "reviewed_by"]
    _write(folder / "foods.csv", header, foods)
    _write(folder / "facts.csv", ["id", *keys], facts)
    _write(folder / "composition.csv", ["id", "nutrient", "lo", "mid", "hi", "source"], composition)
    # Rice has no peel: it stands here because the tests of shares make their dishes of it.
    refuse = [[food, "0", "0", share, "made up"] for food, share in (("salmon", "0.6"), ("chicken", "0.5"), ("spinach", "0.3"), ("rice", "0.2"))]
    _write(folder / "refuse.csv", ["id", "lo", "mid", "hi", "source"], refuse)
    _write(folder / "words.csv", ["word", "kind"], [["cup", "unit"], ["chopped", "cutting"], ["of", "function word"]])
    return folder


@pytest.fixture(scope="session")
def lexicon(lexicon_folder: Path) -> Lexicon:
    """The made-up lexicon: 42 foods."""
    return lexicon_room.load(lexicon_folder)


def _profile(name: str, *rules: Rule) -> Profile:
    return Profile(name, name.replace("_", " "), f"{name} (made up)", rules, ("portion sizes",))


@pytest.fixture(scope="session")
def profiles() -> dict[str, Profile]:
    """Made-up profiles: absences, maxima, minima, a range, shares, a sum, things apart, and a rule that holds for some courses only."""
    found = [
        _profile("coeliac", Rule("absent", "gluten", None, None, (), "made up")),
        _profile("no_milk", Rule("absent", "milk", None, None, (), "made up")),
        _profile("vegan", Rule("absent", "animal_origin", None, None, (), "made up")),
        _profile("nut_free", Rule("absent", "nuts", None, None, (), "made up"), Rule("absent", "almond", None, None, (), "made up")),
        _profile("low_carbohydrate", Rule("nutrient", "carbohydrate_g", None, 25.0, (), "made up")),
        _profile("low_salt", Rule("nutrient", "sodium_mg", None, 400.0, ("main", "side"), "made up")),
        _profile("protein", Rule("nutrient", "protein_g", 12.0, None, (), "made up")),
        _profile("energy", Rule("nutrient", "energy_kcal", 200.0, 700.0, ("main", "breakfast"), "made up")),
        _profile("dilute", Rule("nutrient", "sodium_mg", None, 120.0, (), "made up", "100 g")),
        _profile("light", Rule("nutrient", "energy_kcal", None, 150.0, ("main", "dessert"), "made up", "100 g")),
        _profile("protein_rich", Rule("nutrient", "protein_g", 18.0, 90.0, (), "made up", "percent of energy")),
        _profile("starchy", Rule("nutrient", "carbohydrate_g", 5.0, None, (), "made up", "100 kcal")),
        _profile("small_sum", Rule("nutrient", "protein_g + carbohydrate_g", None, 40.0, (), "made up")),
        _profile("apart", Rule("together", "meat + milk", None, None, (), "made up")),
    ]
    return {p.profile: p for p in found}


SAVOURY = {
    "starter": ("tomato", "onion", "lemon_juice", "olive_oil", "salmon", "spinach", "chickpea", "egg_white", "jalapeno", "salt", "pepper"),
    "main": ("rice", "pasta", "chicken", "beef", "cod", "onion", "garlic", "tomato", "olive_oil", "salt", "chicken_broth", "tofu",
             "rice_flour_noodles"),
    "side": ("potato", "carrot", "butter", "salt", "bread", "lentil", "spinach", "herb_mix", "cream_fresh", "olive_oil"),
}
SWEET = ("wheat_flour", "rice_flour", "sugar", "butter", "egg", "milk", "milk_chocolate", "apple", "lemon", "almond", "walnut", "oats", "tea_leaf")


def _made_up_dish(rng: np.random.Generator, lexicon: Lexicon, usual_grams: dict[str, float], number: int) -> Dish:
    course = (*COURSES, UNKNOWN_COURSE)[number % 7]
    usual = SAVOURY.get(course, SWEET)
    foods = rng.choice(usual, size=int(rng.integers(3, 8)), replace=False).tolist()
    if rng.random() < 0.3:
        stranger = str(rng.choice(list(lexicon.foods)))
        foods += [stranger] if stranger not in foods else []
    portions = tuple(Portion(f, None if rng.random() < 0.1 else usual_grams[f] * float(rng.lognormal(0.0, 0.3))) for f in foods)
    named = " and ".join(lexicon.foods[f].name for f in foods[:2])
    way = rng.choice(["Baked", "Warm", "Summer", "Grandma's", "Sautéed", "Quick"])
    return canonical(Dish(course, f"{way} {named} no. {number}" if number % 9 == 0 else f"{way} {named}", portions))


@pytest.fixture(scope="session")
def dishes(lexicon: Lexicon) -> list[Dish]:
    """120 made-up canonical dishes of all courses, some without an amount here or there."""
    rng = np.random.default_rng(20240611)
    usual_grams = {f: float(rng.lognormal(3.0, 1.2)) for f in lexicon.foods}
    return [_made_up_dish(rng, lexicon, usual_grams, i) for i in range(120)]


@pytest.fixture(scope="session")
def tokenizer(dishes: list[Dish], lexicon: Lexicon) -> DishTokenizer:
    """A tokenizer trained on the titles and the food names, as the pipeline trains it."""
    names = [lexicon.foods[f].name for d in dishes for f in sorted(d.food_ids)]
    model = tokenizer_room.train([*(d.title for d in dishes), *names, *(f.name for f in lexicon.foods.values())], 512)
    return DishTokenizer.for_lexicon(model, lexicon)


@pytest.fixture(scope="session")
def told_tokenizer(tokenizer: DishTokenizer, dishes: list[Dish], lexicon: Lexicon) -> DishTokenizer:
    """The same tokenizer, which can also be given every form and condition."""
    plan = replace(PRESETS["tiny"].training, title_first=0.2, amounts_last=0.2, conditions=0.5)
    return DishTokenizer(tokenizer.model, tokenizer.foods, learn(dishes, lexicon, plan))


@pytest.fixture(scope="session")
def small_shape() -> ModelShape:
    """The smallest transformer that has every part."""
    return ModelShape(layers=2, width=32, heads=2, hidden=48, dropout=0.0, context=256)
