"""A kitchen of some 85 foods, written as the lexicon's five files: the confusable names on purpose. All figures are invented."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.settings import INPUTS

KEYS = """key,kind,label,eu14,us9,part_of,source
gluten,allergen,gluten-containing cereal,yes,,,made up
wheat,allergen,wheat,,yes,gluten,made up
egg,allergen,egg,yes,yes,,made up
fish,allergen,fish,yes,yes,,made up
peanut,allergen,peanut,yes,yes,,made up
soy,allergen,soy,yes,yes,,made up
milk,allergen,milk,yes,yes,,made up
nuts,allergen,tree nuts,yes,yes,,made up
walnut,allergen,walnut,,,nuts,made up
celery,allergen,celery,yes,,,made up
sulphites,allergen,sulphites,yes,,,made up
animal_origin,flag,food of animal origin,,,,made up
meat,flag,meat of mammals,,,animal_origin,made up
added_sugar,flag,added sugar,,,,made up
"""

# id; name; group; aliases; French aliases; contains ("?key" unknown, "??" all unknown, "-" no row);
# sodium_mg carbohydrate_g fiber_g per 100 g ("." unknown, ">" no upper bound); grams a cup; pieces
FOODS = """
onion; onion; vegetable; brown onion|yellow onion; oignon; ; 4 9 1.7; 160; small:70|medium:110|large:150
spring_onion; spring onion; vegetable; scallion; ; ; 16 7 2.6; 100; each:15
garlic; garlic; vegetable; ; ail; ; 17 33 2.1; 136; clove:5|head:40
clove; cloves; spice; ground clove; ; ; 277 66 34; 100; each:0.1
flour; flour; flour; wheat flour; farine; gluten wheat; 2 76 2.7; 125;
plain_flour; plain flour; flour; all-purpose flour; ; gluten wheat; 2 76 2.7; 125;
flour_00; 00 flour; flour; ; ; gluten wheat; 2 76 2.7; 125;
rice_flour; rice flour; flour; ; ; ; 0 80 2.4; 158;
gluten_free_flour; gluten-free flour; flour; ; ; ?soy; 5 78 3; 140;
butter; butter; dairy; salted butter; beurre; milk animal_origin; 640 0.1 0; 227; stick:113|knob:15
vegan_butter; vegan butter; fat; plant butter; ; ?soy ?nuts ?walnut; 500 0.5 0; 227; stick:113
oil; oil; oil; ; huile; ?peanut ?soy; 0 0 0; 218;
olive_oil; olive oil; oil; extra virgin olive oil; huile d'olive; ; 2 0 0; 216;
walnut_oil; walnut oil; oil; ; ; nuts walnut; 0 0 0; 218;
milk; milk; dairy; whole milk|cow's milk; lait; milk animal_origin; 43 4.7 0; 244;
soya_milk; soya milk; plant_dairy; soy milk; ; soy; 40 3 0.5; 243;
coconut_milk; coconut milk; plant_dairy; tinned coconut milk; lait de coco; ?sulphites; 13 3 0; 240; can:400
coconut; coconut; nut; ; ; ; 20 15 9; 80; each:400
peanut; peanut; nut; ; ; peanut; 18 16 8.5; 146; handful:30
peanut_butter; peanut butter; nut; ; ; peanut ?added_sugar; 430 22 5; 258;
butter_bean; butter bean; legume; lima bean; ; ; 3 21 7; 170; can:240
egg; egg; egg; hen's egg|boiled egg; oeuf; egg animal_origin; 142 0.7 0; 243; each:50|small:40|medium:50|large:58
egg_noodle; egg noodle; pasta_noodle; ; ; gluten wheat egg animal_origin; 21 71 3; 50; packet:250
rice_noodle; rice noodle; pasta_noodle; ; ; ; 180 83 1.6; ; packet:250
spaghetti; spaghetti; pasta_noodle; ; ; gluten wheat ?egg ?animal_origin; 6 75 3.2; ;
soy_sauce; soy sauce; sauce; soya sauce; ; soy gluten wheat; 5600 5 0.8; 255;
tamari; tamari; sauce; ; ; soy ?gluten ?wheat; 5500 5 0.8; 255;
fish_sauce; fish sauce; sauce; nam pla; ; fish animal_origin ?gluten; 7800 3 0; 270;
mystery_sauce; brown sauce; sauce; ; ; ??; 900 25 1; 250;
market_pickle; market pickle; condiment; ; ; -; . . .; ;
chickpea; chickpea; legume; garbanzo; pois chiche; ; 7 27 7.6; 164; can:240
tinned_chickpea; tinned chickpeas; legume; canned chickpea; ; ?sulphites; 240 16 5; 160; can:240
dried_chickpea; dried chickpeas; legume; ; ; ; 24 63 12; 200;
tomato; tomato; vegetable; fresh tomato; tomate; ; 5 3.9 1.2; 180; each:120|slice:20
canned_tomato; canned tomato; vegetable; tinned tomato|canned chopped tomato; ; ; 130 3.5 1; 240; can:400
tomato_paste; tomato paste; vegetable; ; ; ; 59 19 4; 262;
lemon; lemon; fruit; ; citron; ; 2 9 2.8; 212; each:100|wedge:15
lemon_juice; lemon juice; fruit; fresh lemon juice; jus de citron; ; 1 7 0.3; 244; each:45
lemon_zest; lemon zest; fruit; grated lemon rind; ; ; 6 16 11; 96; each:6
lime; lime; fruit; ; ; ; 2 10 2.8; ; each:67
lime_juice; lime juice; fruit; ; ; ; 2 8 0.4; 246; each:30
lime_zest; lime zest; fruit; ; ; ; 3 16 11; 96; each:4
salt; salt; salt; sea salt|table salt; sel; ; 38758 0 0; 292; pinch:0.4
black_pepper; black pepper; spice; pepper|peppercorn; poivre; ; 20 64 25; 110; pinch:0.3
red_pepper; red pepper; vegetable; bell pepper; ; ; 4 6 2; 149; each:120
nutmeg; nutmeg; spice; ; ; ; 16 49 21; 112; pinch:0.3
rice; rice; grain; white rice; riz; ; 5 80 1.3; 185;
cooked_rice; cooked rice; grain; ; ; ; 1 28 0.4; 158;
walnut; walnut; nut; walnut half; noix; nuts walnut; 2 14 6.7; 100; each:4|handful:30
cheddar; cheddar; dairy; cheddar cheese; ; milk animal_origin; 650 1.3 0; 113; slice:25
creme_fraiche; crème fraîche; dairy; ; ; milk animal_origin; 35 2.4 0; 240;
bacon; bacon; meat; back bacon; lardons; meat animal_origin; 1500 1 0; ; rasher:25|slice:25
rasher; rasher; meat; ; ; meat animal_origin; 1500 1 0; ; each:25
beef; beef; meat; beef mince; boeuf; meat animal_origin; 60 0 0; ;
sausage; sausage; meat; ; ; meat animal_origin ?gluten ?wheat ?milk ?soy ?celery ?sulphites; 800 8 1; ; each:60
chicken_breast; chicken breast; poultry; ; ; animal_origin; 45 0 0; ; breast:170|each:170
cod_fillet; cod fillet; fish; cod; ; fish animal_origin; 54 0 0; ; fillet:150
celery; celery; vegetable; ; ; celery; 80 3 1.6; 101; stalk:40
stock_cube; stock cube; stock; bouillon cube; ; ?celery ?gluten ?wheat ?milk ?soy; 20000 20 0; ; cube:10|each:10
ginger; ginger; spice; fresh ginger|ginger root; ; ; 13 18 2; 96; piece:15
parsley; parsley; herb; flat-leaf parsley; persil; ; 56 6 3.3; 60; bunch:40|sprig:1|handful:10
sugar; sugar; sweetener; caster sugar; sucre; added_sugar; 1 100 0; 200;
honey; honey; sweetener; ; miel; animal_origin added_sugar; 4 82 0.2; 340;
cafe; coffee; beverage; ; café; ; 2 0 0; 237;
five_spice; five spice; spice; 5 spice; ; ; 50 60 25; 100;
half_and_half; half and half; dairy; ; ; milk animal_origin; 41 4.3 0; 242;
tofu; tofu; soy; bean curd; ; soy; 7 2 0.9; ; block:300
water; water; water; ; eau; ; 0 0 0; 237;
pork; pork; meat; ; porc; meat animal_origin; 55 0 0; ;
pork_shoulder; pork shoulder; meat; ; ; meat animal_origin; 65 0 0; ; each:2000
leek; leek; vegetable; ; ; ; 20 14 1.8; 89; each:89
pork_sausage; pork sausage; meat; ; ; meat animal_origin ?gluten ?wheat; 800 5 0; ; each:57
beef_steak; beef steak; meat; steak; ; meat animal_origin; 60 0 0; ; each:200
meat; meat; meat; ; viande; meat animal_origin; 60 0 0; ;
crab; Dungeness crab; crustacean; ; ; animal_origin; 290 0 0; 145; each:130
potato; potato; vegetable; ; pomme de terre; ; 6 17 2.2; 150; each:213|small:170|large:369
chips; chips; prepared; ; ; ?gluten ?milk ?egg; 300 30 3; ;
tortilla_chips; tortilla chips; prepared; fritos; ; ?gluten ?milk; 400 60 5; ;
chutney; chutney; condiment; ; ; ?sulphites added_sugar; 400 40 2; 280;
chicken; chicken; poultry; ; poulet; animal_origin; 70 0 0; ; each:1200
chicken_stock; chicken stock; stock; chicken broth; ; animal_origin ?celery; 300 1 0; 240;
beef_stock; beef stock; stock; beef broth; ; meat animal_origin ?celery; 300 1 0; 240;
stock; stock; stock; broth; ; ??; 300 1 0; 240;
gravy; gravy; sauce; ; ; ??; 500 10 1; 250;
pineapple; pineapple; fruit; ; ananas; ; 1 13 1.4; 165; each:905|slice:84
white_chocolate; white chocolate; chocolate; ; ; milk animal_origin ?soy; 90 59 0; 170;
dark_chocolate; dark chocolate; chocolate; ; ; ?milk ?soy; 20 50 8; 170;
udon; udon noodle; pasta_noodle; udon|frozen udon; ; gluten wheat; 200 30 1; ; packet:200
noodle; noodle; pasta_noodle; ; nouilles; gluten wheat ?egg; 20 70 3; ; packet:250
seed; seed; seed; ; ; ?peanut; 20 20 8; 140;
bread; bread; bread; ; pain; gluten wheat ?milk; 500 49 3; ; slice:30|each:400
"""
FIGURES = ("sodium_mg", "carbohydrate_g", "fiber_g")

NEUTRAL = """
a about and any at au aux beaten best boiled boneless bought can canned chopped coarsely cooked crushed cube cubed cut d de des diced divided
drained du each extra finely for fraiche free fresh freshly frozen from fryer frying garnish good grated greasing ground halved hot if in inch into it
juice kind la large le leftover les medium melted more mostly needed of off on optional or organic other packed peeled peeling picked piece pieces
plain plus quartered range ready rinsed ripe roughly room separated serve serving shredded skinless sliced small soft softened stick sur
taste temperature the then thinly to toasted unsalted unwaxed very virgin warm washed well whole with your thick thin its their off removed
roast joint studded red white dark grind glass scraped round long deep size sized
"""


def _write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([header, *rows])


def _fact_row(food_id: str, keys: list[str], words: list[str]) -> list[str]:
    if "??" in words:
        return [food_id, *("" for _ in keys)]
    return [food_id, *("contains" if k in words else "unknown" if f"?{k}" in words else "free" for k in keys)]


def _composition_rows(food_id: str, figures: list[str]) -> list[list[str]]:
    rows = []
    for nutrient, figure in zip(FIGURES, figures, strict=True):
        if figure != ".":
            mid = float(figure.removeprefix(">"))
            hi = "" if figure.startswith(">") else f"{mid * 1.2:.6g}"
            rows.append([food_id, nutrient, f"{mid * 0.8:.6g}", f"{mid:.6g}", hi, "made up"])
    return rows


def write_kitchen(folder: Path) -> Path:
    """The six files in `folder`."""
    keys = [line.split(",")[0] for line in KEYS.splitlines()[1:]]
    foods, facts, composition = [], [], []
    for line in FOODS.strip().splitlines():
        food_id, name, group, aliases, french, contains, figures, cup, pieces = (cell.strip() for cell in line.split(";"))
        foods.append([food_id, name, group, aliases, french, "made up", cup, pieces, "made up", "made up", "", ""])
        if contains != "-":
            facts.append(_fact_row(food_id, keys, contains.split()))
        composition += _composition_rows(food_id, figures.split())
    (folder / "keys.csv").write_text(KEYS, encoding="utf-8")
    header = ["id", "name", "group", "aliases", "aliases_fr", "composition", "g_per_cup", "pieces", "basis", "source", "note", "reviewed_by"]
    _write(folder / "foods.csv", header, foods)
    _write(folder / "facts.csv", ["id", *keys], facts)
    _write(folder / "composition.csv", ["id", "nutrient", "lo", "mid", "hi", "source"], composition)
    _write(folder / "words.csv", ["word", "kind"], [[word, "made up"] for word in NEUTRAL.split()])
    _write(folder / "refuse.csv", ["id", "lo", "mid", "hi", "source"], [])
    return folder


@pytest.fixture(scope="session")
def kitchen_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kitchen's files; do not write there."""
    return write_kitchen(tmp_path_factory.mktemp("kitchen"))


@pytest.fixture
def own_folder(tmp_path: Path) -> Path:
    """The kitchen's files, for a test that spoils them."""
    return write_kitchen(tmp_path)


@pytest.fixture(scope="session")
def kitchen(kitchen_folder: Path) -> Lexicon:
    """The kitchen as a lexicon."""
    return lexicon_room.load(kitchen_folder)


@pytest.fixture(scope="session")
def parser(kitchen: Lexicon) -> LineParser:
    """A parser of the kitchen."""
    return LineParser(kitchen)


@pytest.fixture(scope="session")
def real_lexicon() -> Lexicon:
    """The lexicon that people use."""
    return lexicon_room.load(INPUTS / "lexicon")


@pytest.fixture(scope="session")
def real_parser(real_lexicon: Lexicon) -> LineParser:
    """A parser of the lexicon that people use."""
    return LineParser(real_lexicon)


SUMMARY = pytest.StashKey[list[str]]()
"""Lines that a test wants to be read at the end of every run, a passed one too."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints them; `-q` swallows the output of tests that pass."""
    for line in config.stash.get(SUMMARY, []):
        terminalreporter.write_line(line)


@pytest.fixture
def summary(request: pytest.FixtureRequest) -> list[str]:
    """Where a test appends the lines that stand in pytest's summary."""
    return request.config.stash.setdefault(SUMMARY, [])
