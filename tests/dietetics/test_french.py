"""French lines: units, phrases around names, and names that mean another thing in English."""

from __future__ import annotations

import pytest

from dish_pipeline.dietetics.amounts import quantities
from dish_pipeline.dietetics.facts import facts_of, items_of_lines
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.parsing import Line, LineParser
from dish_pipeline.dietetics.wording import french_forms, phrase
from dish_pipeline.dish import Tri


def foods(line: Line) -> list[str]:
    """Ids of the foods, and "?" for words that name none."""
    return [mention.food.food_id if mention.food else "?" for mention in line.mentions]


READ = [
    # Units and amounts.
    ("2 càs d'huile d'olive", ["olive_oil"]),
    ("1 c. à c. de cumin moulu", ["cumin"]),
    ("1 cuil. à soupe bombée de farine", ["flour"]),
    ("3 brins de thym", ["thyme"]),
    ("1 botte de persil, effeuillée", ["parsley"]),
    ("un peu de lait tiède", ["milk"]),
    ("quelques feuilles de basilic", ["basil"]),
    ("1/2 t de lait", ["milk"]),
    # Ways of cutting and states, in every gender and number.
    ("2 oignons rouges finement émincés", ["red_onion"]),
    ("3 carottes pelées et coupées en rondelles", ["carrot"]),
    ("100 g de beurre mou, à température ambiante", ["butter"]),
    ("2 gousses d'ail dégermées et écrasées", ["garlic"]),
    ("2 œufs battus à la fourchette", ["egg"]),
    ("1 bouquet de persil haché au couteau", ["parsley"]),
    ("2 poivrons rouges et jaunes, en fines lanières", ["red_pepper"]),
    ("1 courgette épépinée, en petits dés", ["courgette"]),
    # Purposes, options, alternatives.
    ("quelques feuilles de menthe pour la décoration", ["mint"]),
    ("1 c. à soupe de miel (facultatif)", ["honey"]),
    ("50 g de beurre ou de margarine", ["butter", "margarine"]),
    ("2 tomates pour la sauce", ["tomato"]),
    ("20 g de beurre pour le moule", ["butter"]),
    ("sel et poivre du moulin, au goût", ["salt_and_pepper"]),
    # Parts of fruit.
    ("le jus d'un demi-citron", ["lemon_juice"]),
    ("jus et zeste de 2 limes", ["lime_juice", "lime_zest"]),
    ("1 citron (jus et zeste)", ["lemon_juice", "lemon_zest"]),
    # Cuts and counts before the name.
    ("4 côtelettes de porc épaisses, désossées", ["pork_chop"]),
    ("3 carrés de chocolat noir", ["dark_chocolate"]),
    ("1 noix de beurre", ["butter"]),
    ("une noisette de beurre", ["butter"]),
    ("600 g de noix de veau", ["veal"]),
    ("2 blancs de poireaux", ["leek"]),
    # States that make a food of the lexicon.
    ("150 g de tomates séchées", ["sun_dried_tomato"]),
    ("300 g de dinde hachée", ["ground_turkey"]),
    ("2 tasses de framboises surgelées", ["frozen_raspberry"]),
    ("1 c. à thé d'oignon en poudre", ["onion_powder"]),
    ("200 g de pâtes sans gluten", ["gluten_free_pasta"]),
]


@pytest.mark.parametrize(("line", "expected"), READ)
def test_a_french_line_is_read(real_parser: LineParser, line: str, expected: list[str]) -> None:
    if "frozen_raspberry" in expected and "frozen_raspberry" not in real_parser.lexicon.foods:
        expected = [food.food_id for food in [real_parser.lexicon.find("frozen raspberry")] if food]
    assert foods(real_parser.parse(line)) == expected


HOMOGRAPHS = [
    ("200 g de pâtes", ["pasta"]),
    ("200 g de pâté", ["liver_pate"]),
    ("chicken liver pate", None),
    ("1 c. à thé de poudre à pâte", ["baking_powder"]),
    ("1 boule de pâte", ["?"]),
    ("100 g de pate", ["?"]),
    ("100 g de pâte, 2 œufs", ["egg", "?"]),
    ("100 g de pâtes de fruits", ["fruit_salad", "?"]),
    ("100 g de caillé", ["curd"]),
    ("2 cailles", ["quail"]),
    ("1 œuf et 2 jaunes", ["egg", "egg_yolk"]),
    ("1 bar, citron", ["lemon", "?"]),
    ("1 rôti de porc", ["pork"]),
    ("2 rotis", ["chapati"]),
    ("3 bananes mûres", ["banana"]),
    ("100 g de mûres", ["blackberry"]),
    ("20 cl de thé, 1 citron", ["tea", "lemon"]),
    ("the juice of a lemon", ["lemon_juice"]),
    ("2 pamplemousses roses", ["grapefruit"]),
    ("4 filets de bar, citron", ["sea_bass", "lemon"]),
    ("1 sachet de levure", ["raising_agent"]),
    ("500 g de légumes", ["vegetables"]),
    ("2 filets mignons", ["beef_tenderloin", "pork_tenderloin"]),
    ("4 filet mignon steaks, trimmed", ["beef_tenderloin"]),
    ("1 cube de poulet", ["chicken", "stock_cube"]),
    ("500 g de cubes de poulet", ["chicken"]),
]


@pytest.mark.parametrize(("line", "expected"), HOMOGRAPHS)
def test_a_word_of_two_languages_is_decided_by_accent_and_wording(real_parser: LineParser, line: str, expected: list[str] | None) -> None:
    read = foods(real_parser.parse(line))
    assert read == expected if expected else "liver_pate" in read


UNKNOWN = [
    "100 g de galette de xyzzy",
    "1 steak végétarien de chez nous au xyzzy",
    "3 jaunes",
    "2 blancs",
    "150 g de saucisses vegan",
    "200 g de maquereau végétal",
]


@pytest.mark.parametrize("line", UNKNOWN)
def test_what_french_leaves_open_stays_open(real_parser: LineParser, line: str) -> None:
    assert not real_parser.parse(line).resolved


def test_a_claim_clears_what_it_names_and_something_stands_in_for_it(real_parser: LineParser) -> None:
    line = real_parser.parse("2 biscottes sans gluten")
    status = facts_of(items_of_lines([line]), None, real_parser.lexicon).status
    assert status["gluten"] is Tri.FREE and status["wheat"] is not Tri.FREE and status["lupin"] is Tri.UNKNOWN
    assert facts_of(items_of_lines([real_parser.parse("20 cl de lait sans lactose")]), None, real_parser.lexicon).status["milk"] is Tri.CONTAINS


def test_a_claim_on_a_condition_clears_nothing(real_parser: LineParser) -> None:
    line = real_parser.parse("200 g de pain, sans gluten si besoin")
    assert facts_of(items_of_lines([line]), None, real_parser.lexicon).status["gluten"] is Tri.CONTAINS


AMOUNTS = [
    ("1,5 kg de farine", 1.5, "kg"), ("2 càs de lait", 2, "cas"), ("1 verre de lait", 1, "verre"), ("3 brins de thym", 3, "sprig"),
    ("une noix de beurre", 1, "knob"), ("3/4 de tasse de lait", 0.75, "tasse"), ("1 tasse et demie de lait", 1.5, "tasse"),
    ("une dizaine de radis", 8, ""), ("10 ml (2 c. à t.) de sel", 10, "ml"), ("un demi citron", 0.5, ""),
]


@pytest.mark.parametrize(("line", "lowest", "unit"), AMOUNTS)
def test_french_amounts(line: str, lowest: float, unit: str) -> None:
    first = quantities(line)[0]
    assert (first.lo, first.unit) == (lowest, unit)


def test_a_pound_is_that_of_either_side_of_the_ocean() -> None:
    assert [(round(q.lo), round(q.hi), q.unit) for q in quantities("2 livres de boeuf")] == [(907, 1000, "g")]


def test_a_little_and_a_french_t_are_no_amount(real_parser: LineParser) -> None:
    assert quantities("1 t de sucre") == [] and quantities("un peu d'huile") == []
    assert real_parser.parse("1 t de sucre").mentions[0].grams is None


@pytest.mark.parametrize("adjective", ["émincé", "épais", "entier", "fin", "bon", "nouveau", "sec", "crémeux"])
def test_an_adjective_has_its_feminine_and_plural(adjective: str) -> None:
    forms = {" ".join(phrase(form)) for form in french_forms(adjective)}
    feminine = {"émincé": "émincées", "épais": "épaisses", "entier": "entières", "fin": "fines", "bon": "bonnes", "nouveau": "nouvelles",
                "sec": "sèches", "crémeux": "crémeuses"}[adjective]
    assert {" ".join(phrase(adjective)), " ".join(phrase(feminine))} <= forms


def test_a_french_word_makes_no_english_food_vanish(real_lexicon: Lexicon) -> None:
    # Words that are foods in one of the languages: neutral, they would clear the line that names nothing else beside.
    for word in ("pain", "lard", "moule", "coque", "poire", "prune", "raisin", "chocolat", "couteau", "macédoine", "doré", "côte", "allumette"):
        assert not set(phrase(word)) & real_lexicon.neutral_words, word
