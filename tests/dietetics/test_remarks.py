"""What people say beside the food: silent where it is harmless, and nowhere else."""

from __future__ import annotations

import pytest

from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dietetics.spelling import SPELLINGS
from dish_pipeline.dietetics.wording import fold, phrase, singular
from dish_pipeline.dish import Tri


def named(parser: LineParser, text: str) -> list[str]:
    """The foods of a line; `?` and the words for what nobody knows."""
    return [m.food.food_id if m.food else f"?{m.words}" for m in parser.parse(text).mentions]


READ = [
    # Makers and shops, beside a food.
    ("7 ounces Hershey's milk chocolate", ["milk_chocolate"]),
    ("hot sauce (we like Yellowbird)", ["hot_sauce"]),
    ("2 oz Cognac Remy Martin", ["brandy"]),
    ("a pack of naan from Costco", ["naan"]),
    # Where a plain food comes from.
    ("2 Norwegian mackerel fillets", ["mackerel"]),
    ("1 tsp Hungarian smoked paprika", ["smoked_paprika"]),
    ("1 tbsp sumac (from a Lebanese or Syrian market)", ["sumac"]),
    # Comments.
    ("chicken fillets; I normally use chicken breasts", ["chicken_breast"]),
    ("1 tbsp butter (I use more if I have it)", ["butter"]),
    ("1/2 tsp paprika, if you want some heat", ["paprika"]),
    ("150 ml water (warm at 75F / 35C)", ["water"]),
    ("olive oil q.b.", ["olive_oil"]),
    ("500 g herbs (e.g. parsley)", ["fresh_herbs", "parsley"]),
    ("spaghetti or similar long pasta", ["spaghetti", "pasta"]),
    ("cheese (cheddar, gouda, etc.)", ["cheese", "cheddar", "gouda"]),
    ("1 cup nuts (we like pecans)", ["nuts", "pecans"]),
    ("4 oz goat cheese (any flavor)", ["goats_cheese"]),
    ("2 garlic cloves, mashed to a paste", ["garlic"]),
    ("4 egg whites, beaten stiff", ["egg_white"]),
    ("rice vinegar or any non-balsamic vinegar", ["rice_vinegar", "balsamic_vinegar"]),
    ("1 lb sweet and/or spicy Italian sausage", ["italian_sausage"]),
    ("slice o' lime", ["lime"]),
    # A form or a kind that shares the name before.
    ("garlic, chopped or powder (optional)", ["garlic", "garlic_powder"]),
    ("2 tbsp tomato paste/puree", ["tomato_paste", "tomato_puree"]),
    ("rice vinegar or balsamic", ["rice_vinegar", "balsamic_vinegar"]),
    ("1 Green, Red, and Yellow Bell Pepper", ["green_pepper", "red_pepper", "yellow_pepper"]),
    # Chillies in the plural.
    ("2 chilies", ["chilli"]),
    ("1 can diced green chilis", ["canned_green_chillies"]),
    # Known misspellings.
    ("1 tsp tumeric", ["turmeric"]),
    ("2 jalepenos", ["jalapeno"]),
    ("2 tbsp soy sause", ["soy_sauce"]),
    # What a guess was wrong about.
    ("1 squash, cubed", ["winter_squash"]),
    ("1 onion, ground", ["ground_onion"]),
    ("4 soft-boiled eggs", ["soft_boiled_egg"]),
    ("200 g chickpeas, soaked", ["dried_chickpeas"]),
    ("beans, soaked overnight", ["dried_beans"]),
    ("kale (spinach can also be used)", ["kale", "spinach"]),
]


@pytest.mark.parametrize(("text", "foods"), READ)
def test_what_is_said_beside_a_food_names_nothing(real_parser: LineParser, text: str, foods: list[str]) -> None:
    assert named(real_parser, text) == foods


STAYS_UNKNOWN = [
    "Hershey's", "1 tbsp butter, Hershey's", "1 packet mix", "see recipe", "Spanish rice", "Mexican beans", "English cream", "butter or similar",
    "1 egg, etc.", "rice (peas, almonds, etc.)", "1 can chili", "toppings of your choice", "almond flavor", "any sauce or whatever you like",
    "1 cup egg substitute powder mix", "potatoes or a meat alternative", "sweet rice cakes with topping", "covered pretzels", "seasoned beef",
    "chicken flavored noodles", "2 egs", "1 tbsp mixed", "carrots in a spicy dressing mix", "cashew alternative", "sprinkle",
]


@pytest.mark.parametrize("text", STAYS_UNKNOWN)
def test_what_names_something_unknowable_stays_unknown(real_parser: LineParser, text: str) -> None:
    assert not real_parser.parse(text).resolved


@pytest.mark.parametrize("text", ["tin foil", "kitchen twine", "A large metal bowl", "1 cheesecloth", "Oven-safe pan", "a slow cooker"])
def test_a_tool_is_no_ingredient(real_parser: LineParser, text: str) -> None:
    line = real_parser.parse(text)
    assert line.heading and not line.mentions


def test_a_line_that_forbids_one_thing_is_no_ingredient(real_parser: LineParser) -> None:
    assert real_parser.parse("No margarine!").heading
    for text in ("No eggs", "No 1 margarine!", "No margarine, butter!", "No zqarb!"):
        assert not real_parser.parse(text).heading


@pytest.mark.parametrize("text", ["1 bowl", "1 pan", "1 jar", "a foil of zqarb", "foil-wrapped butter"])
def test_a_vessel_alone_is_none(real_parser: LineParser, text: str) -> None:
    assert not real_parser.parse(text).heading


def test_a_comment_frees_of_nothing(real_parser: LineParser) -> None:
    for text, key in (
        ("oil (you can replace it with butter)", "milk"), ("sausages, gluten free if you can find them", "gluten"),
        ("150g bacon (you can also use smoked tofu instead)", "soy"), ("tofu, or whatever you prefer: egg", "egg"),
    ):
        mentions = real_parser.parse(text).mentions
        assert any(m.food is None or (m.food.facts[key] is not Tri.FREE and key not in m.cleared) for m in mentions), text


def test_the_english_article_is_no_tea(real_parser: LineParser) -> None:
    assert "tea" in named(real_parser, "1 tasse de thé")[0]
    assert not real_parser.parse("4 lbs. of the middle").resolved


def test_a_number_of_a_recipe_counts_nothing(real_parser: LineParser) -> None:
    (mention,) = real_parser.parse("puff paste No. 1206").mentions
    assert mention.food is not None and mention.grams is None


@pytest.mark.parametrize("text", ["2 yellow peppers per person", "2 poivrons par personne"])
def test_an_amount_for_each_person_has_no_upper_bound(real_parser: LineParser, text: str) -> None:
    grams = real_parser.parse(text).mentions[0].grams
    assert grams is not None and grams.hi is None


def test_an_amount_for_each_pound_of_something_has_no_bounds(real_parser: LineParser) -> None:
    for mention in real_parser.parse("To every lb. of flour allow 6 oz. of butter").mentions:
        assert mention.grams is None or (mention.grams.lo, mention.grams.hi) == (0.0, None)


@pytest.mark.parametrize(("text", "grams"), [
    ("1 packet baking powder", 15), ("1 packet (7 g) yeast", 7), ("1 sachet dried yeast", 7), ("1 packet vanilla sugar", 8),
    ("1 packet instant ramen", 85), ("3 gloves of garlic", 9), ("1 tablepoon kosher salt", 14),
])
def test_a_packet_weighs_what_is_sold(real_parser: LineParser, text: str, grams: float) -> None:
    (mention,) = real_parser.parse(text).mentions
    assert mention.grams is not None and mention.grams.mid == pytest.approx(grams, rel=0.25)


def test_no_misspelling_is_a_name_of_its_own(real_parser: LineParser) -> None:
    for wrong, meant in SPELLINGS.items():
        assert singular(wrong) == singular(meant) == singular(singular(wrong)), wrong
    assert phrase("tumeric") == phrase("turmeric")


def test_a_claim_in_one_word_is_a_claim(real_parser: LineParser) -> None:
    assert fold("glutenfree") == "gluten free" == fold(fold("glutenfree"))
    assert named(real_parser, "100 g glutenfree flour") == named(real_parser, "100 g gluten-free flour")
