"""The lexicon that is shipped: lines that were once misread, and the traps, of which none may be missed or silently free."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics.facts import facts_of, items_of_lines
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dish import Tri

FOLDER = Path(__file__).resolve().parents[2] / "data" / "lexicon"
TRAPS = Path(__file__).resolve().parents[3] / "shared" / "nutrition" / "traps.csv"


@pytest.fixture(scope="module")
def real() -> Lexicon:
    return lexicon_room.load(FOLDER)


@pytest.fixture(scope="module")
def reader(real: Lexicon) -> LineParser:
    return LineParser(real)


# line, foods in the order of the line, middle grams of the first that the line gives an amount.
MISREAD = [
    ("4 pork shoulder steaks (about 700g)", ["pork_shoulder"], 700),
    ("1kg Maris Piper potatoes, cut into chips", ["potato"], 1000),
    ("800g hake, in steaks", ["hake"], 800),
    ("8 slices day-old white bread, crusts off", ["white_bread"], 240),
    ("1 egg, beaten to glaze", ["egg"], 50),
    ("3 tbsp sunflower oil, to fry", ["sunflower_oil"], 41),
    ("3 tbsp flour, for the sauce", ["flour"], 23),
    ("4 red and yellow peppers, sliced", ["red_pepper", "yellow_pepper"], 238),
    ("3 peppers", ["bell_pepper"], 357),
    ("12 Tbsp fat-free or 1% (low fat) milk", ["milk"], 183),
    ("1 cup yogurt, low-fat", ["low_fat_plain_yoghurt"], 245),
    ("1 cup sour cream, non-fat", ["low_fat_sour_cream"], 230),
    ("1 can (28 oz.) crushed or diced tomatoes", ["canned_crushed_tomatoes", "canned_tomatoes"], 794),
    ("1 medium tomato (or 1 small can of tomato sauce)", ["tomato", "tomato_sauce"], 123),
    ("1 can no-salt-added tomatoes", ["canned_tomatoes"], 400),
    ("2 tbsp sesame seeds, toast in a dry pan", ["sesame_seeds"], 17),
    ("1 lb ground beef for tacos", ["ground_beef"], 454),
    ("water to cover the fish", ["water"], None),
    ("1 additional teaspoon salt", ["salt"], 6),
    ("1 1/4 oz (7g) yeast", ["yeast"], 7),
    ("1 1/4 oz (35 g) yeast", ["yeast"], 35),
    ("6 maraschino", ["maraschino_cherry"], 30),
    ("2 tbsp maraschino", ["maraschino_cherry", "fruit_liqueur"], 21),
    ("12 drop biscuits", ["biscuit"], None),
    ("1 tsp pepper", ["black_pepper"], 2.3),
    ("2 cups chicken or beef broth", ["chicken_stock", "beef_stock"], 480),
    ("1 tbsp vegetable or canola oil", ["vegetable_oil", "rapeseed_oil"], 13.6),
    ("1 can (28 oz) whole tomatoes, with their juice", ["canned_tomatoes"], 794),
    ("boiled egg noodles", ["egg_noodles"], None),
    ("6 whole chicken breasts, boned", ["chicken_breast"], 1050),
    ("2 c. à soupe d'huile d'olive", ["olive_oil"], 27),
    ("1 1/2 c. à thé de sel", ["salt"], 9.3),
    ("2 tasses de fromage cheddar râpé", ["cheddar"], 239),
    ("A tea-spoonful of mixed spice", ["mixed_spice"], 1.8),
    ("4 pairs of wiener sausages", ["frankfurter"], 400),
    ("a good grating of nutmeg", ["nutmeg"], 0.15),
    ("1 round lettuce", ["butterhead_lettuce"], 163),
    ("12 gros cubes d’ananas frais", ["pineapple"], None),
    ("2 tbsp fresh sage and thyme, chopped", ["sage", "thyme"], 1.9),
    ("1 octopus of 1.2 kg", ["octopus"], 1200),
]


@pytest.mark.parametrize(("text", "foods", "grams"), MISREAD)
def test_a_line_that_was_misread_is_read(reader: LineParser, text: str, foods: list[str], grams: float | None) -> None:
    line = reader.parse(text)
    assert line.resolved
    assert [m.food.food_id for m in line.mentions if m.food] == foods
    weighed = [m.grams.mid for m in line.mentions if m.grams]
    assert (weighed[0] if weighed else None) == (None if grams is None else pytest.approx(grams, rel=0.05))


# line, the food that it must not be read as without more.
HIDING = [
    ("nut roast", "nuts"), ("vegetable roast", "vegetables"), ("crisped rice", "rice"), ("dry-rubbed ribs", "ribs"), ("breaded cod", "cod"),
    ("1 can passion fruit pulp", "passion_fruit"), ("battered haddock", "haddock"), ("stuffed peppers", "bell_pepper"), ("tomate frito", "tomato"),
    ("buttered carrots", "carrot"), ("seasoned rice", "rice"), ("candied carrots", "carrot"), ("cured beef", "beef"), ("dressed carrots", "carrot"),
]


@pytest.mark.parametrize(("text", "food"), HIDING)
def test_a_word_that_may_hide_a_fact_is_not_passed_over(reader: LineParser, text: str, food: str) -> None:
    line = reader.parse(text)
    assert not line.resolved or [m.food.food_id for m in line.mentions if m.food] != [food]


@pytest.mark.skipif(not TRAPS.is_file(), reason="no ../shared/nutrition/traps.csv")
def test_no_trap_is_missed_or_silently_free(reader: LineParser) -> None:
    with TRAPS.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    found = [facts_of(items_of_lines([reader.parse(row["text"])]), None, reader.lexicon).status for row in rows]
    wrong = []
    for row, status in zip(rows, found, strict=True):
        for said in filter(None, row["expected_allergens"].split(";")):
            key, _, least = said.partition("=")
            if status[key] < Tri.parse(least):
                wrong.append((row["text"], key, status[key].word))
        wrong += [(row["text"], key, status[key].word) for key in filter(None, row["must_not_flag"].split(";")) if status[key] is not Tri.FREE]
    assert rows
    assert not wrong


@pytest.mark.parametrize(("line", "mid"), [
    ("600 ml olive oil for deep frying", None), ("2 cups vegetable oil, for frying", None), ("2 tbsp olive oil for frying", 27.0),
    ("1 litre sunflower oil, to deep fry", None),
])
def test_a_bath_to_fry_in_has_no_best_figure(reader: LineParser, line: str, mid: float | None) -> None:
    (mention,) = reader.parse(line).mentions
    assert mention.grams is not None and mention.grams.lo == 0
    assert mention.grams.mid == (None if mid is None else pytest.approx(mid, rel=0.1))
