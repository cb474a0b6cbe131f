"""Lines: every food is named, nothing is freed by mistake, and what nobody knows makes the line unknown."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics.facts import facts_of, items_of_lines
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.parsing import LINES_REMEMBERED, Line, LineParser
from dish_pipeline.dietetics.wording import tokens
from dish_pipeline.dish import Interval, Tri


def named(line: Line) -> list[str]:
    """The foods of a line; `?` and the words for what nobody knows."""
    return [m.food.food_id if m.food else f"?{m.words}" for m in line.mentions]


def status(parser: LineParser, text: str) -> dict[str, Tri]:
    return facts_of(items_of_lines([parser.parse(text)]), None, parser.lexicon).status


def amounts(line: Line) -> dict[str, Interval | None]:
    return {m.food.food_id: m.grams for m in line.mentions if m.food}


READ = [
    # The longest name first.
    ("2 tbsp peanut butter", ["peanut_butter"]),
    ("400 g butter beans", ["butter_bean"]),
    ("egg noodles", ["egg_noodle"]),
    ("400 ml coconut milk", ["coconut_milk"]),
    ("50 g rice flour", ["rice_flour"]),
    ("100 ml half and half", ["half_and_half"]),
    ("500 g 00 flour", ["flour_00"]),
    ("1 tsp five spice", ["five_spice"]),
    # Plurals, accents, case, French.
    ("TOMATOES", ["tomato"]),
    ("200 ml creme fraiche", ["creme_fraiche"]),
    ("2 cuillères à soupe d'huile d'olive", ["olive_oil"]),
    ("1 cuillère à café de sel", ["salt"]),
    ("1 tasse de café", ["cafe"]),
    # A state said elsewhere in the line.
    ("tomatoes, canned", ["canned_tomato"]),
    ("1 can (400 g) chopped tomatoes", ["canned_tomato"]),
    ("1 (14 oz) can tomatoes", ["canned_tomato"]),
    ("2 x 400 g tins chickpeas, drained", ["tinned_chickpea"]),
    ("chickpeas, tinned or dried", ["tinned_chickpea", "dried_chickpea"]),
    ("cooked leftover rice", ["cooked_rice"]),
    # Alternatives and lists.
    ("30 g butter or 3 tbsp oil", ["butter", "oil"]),
    ("butter/oil", ["butter", "oil"]),
    ("butter, oil or olive oil", ["butter", "oil", "olive_oil"]),
    ("chicken breast (or tofu for vegans)", ["chicken_breast", "tofu"]),
    ("milk, or soya", ["milk", "soya_milk"]),
    ("milk (soya)", ["milk", "soya_milk"]),
    ("salt and pepper", ["salt", "black_pepper"]),
    ("salt, pepper and garlic", ["salt", "black_pepper", "garlic"]),
    # Parts of fruit.
    ("juice of 1 lemon", ["lemon_juice"]),
    ("juice of half a lemon", ["lemon_juice"]),
    ("Juice and zest of 2 limes", ["lime_juice", "lime_zest"]),
    ("finely grated zest and juice of 1/2 lemon", ["lemon_zest", "lemon_juice"]),
    ("lemon zest and juice of 1 lime", ["lemon_zest", "lime_juice"]),
    ("1 lemon, juice and zest", ["lemon_juice", "lemon_zest"]),
    # Units that are foods as well.
    ("2 cloves garlic", ["garlic"]),
    ("2 large cloves of fresh garlic, crushed", ["garlic"]),
    ("2 garlic cloves", ["garlic"]),
    ("4 cloves", ["clove"]),
    ("1 onion and 3 cloves", ["onion", "clove"]),
    ("2 rashers and 3 eggs", ["rasher", "egg"]),
    ("6 bacon rashers", ["bacon"]),
    # Negations name nothing.
    ("1 can coconut milk (not dairy)", ["coconut_milk"]),
    ("milk (not soya)", ["milk"]),
    # "Free" that frees of nothing.
    ("1 egg free range", ["egg"]),
    ("2 eggs, free-range", ["egg"]),
    # Entries of their own.
    ("vegan butter", ["vegan_butter"]),
    ("200 g gluten-free flour", ["gluten_free_flour"]),
    ("flour, gluten-free", ["gluten_free_flour"]),
    ("1 stick butter (1/2 cup butter)", ["butter"]),
    # Ways of cutting name no food, what a food comes in does.
    ("800 g potatoes, cut into chips", ["potato"]),
    ("potatoes cut into 1 cm thick chips, fried", ["potato", "?fried"]),
    ("cod, in steaks", ["cod_fillet"]),
    ("cod in chips", ["cod_fillet", "chips"]),
    ("4 cod steaks", ["cod_fillet"]),
    ("potatoes, in chips and steak", ["potato", "beef_steak"]),
    ("chips", ["chips"]),
    # Flesh of the food named is no meat of its own.
    ("200 g Dungeness crab meat", ["crab"]),
    ("1 cup walnut meats", ["walnut"]),
    ("crab and meat", ["?crab", "meat"]),
    # The spice is not counted, and has no plural.
    ("3 peppers", ["red_pepper"]),
    ("2 large peppers, sliced", ["red_pepper"]),
    ("1/2 pepper", ["red_pepper"]),
    ("sliced peppers", ["red_pepper"]),
    ("pepper", ["black_pepper"]),
    ("1 tsp pepper", ["black_pepper"]),
    ("salt and 3 grinds pepper", ["salt", "black_pepper"]),
    ("12 whole peppers", ["black_pepper"]),
    # What is not eaten, and what something is for.
    ("8 slices bread, crusts removed", ["bread"]),
    ("8 slices bread, crusts cut off", ["bread"]),
    ("1 can tomatoes, with their juice", ["canned_tomato"]),
    ("1 can tomatoes with juice", ["canned_tomato"]),
    ("3 tbsp flour, for the gravy", ["flour"]),
    ("2 tbsp salt for the brine", ["salt"]),
    ("500 ml oil, to deep-fry", ["oil"]),
    ("1 lemon, seeds removed", ["lemon"]),
    ("lemon seeds", ["lemon", "seed"]),
    # A likeness.
    ("a walnut-sized knob of butter", ["butter"]),
    ("1 walnut-size piece of ginger", ["ginger"]),
    # Two names that share their end.
    ("white or dark chocolate", ["white_chocolate", "dark_chocolate"]),
    ("chicken or beef stock", ["chicken_stock", "beef_stock"]),
    ("500 ml chicken/beef broth", ["chicken_stock", "beef_stock"]),
    ("chicken and beef stock", ["chicken_stock", "beef_stock"]),
    ("butter or olive oil", ["butter", "olive_oil"]),
    ("rice and coconut milk", ["rice", "coconut_milk"]),
    ("6 pork and leek sausages", ["pork_sausage", "leek"]),
    # One food said twice, or by two names that overlap.
    ("frozen udon noodles", ["udon"]),
    ("udon, noodles", ["udon", "noodle"]),
    # The state of a food is less than the food.
    ("boiled egg noodles", ["egg_noodle"]),
    ("2 boiled eggs", ["egg"]),
    # Spoons of all kinds.
    ("2 c. à soupe d'huile d'olive", ["olive_oil"]),
    ("1 c.à thé de sel", ["salt"]),
    ("a tea-spoonful of salt", ["salt"]),
    ("2 table spoons honey", ["honey"]),
    ("3T olive oil", ["olive_oil"]),
]


@pytest.mark.parametrize(("text", "foods"), READ)
def test_a_line_names_exactly_these_foods(parser: LineParser, text: str, foods: list[str]) -> None:
    line = parser.parse(text)
    assert sorted(named(line)) == sorted(foods)
    assert [f for f in named(line) if f[0] != "?"] == [f for f in foods if f[0] != "?"]
    assert line.resolved != any(f[0] == "?" for f in foods)
    assert not line.heading


UNRESOLVED = [
    ("xyzzy powder", []),
    ("100 g flour and xyzzy", ["flour"]),
    ("flour with a pinch of xyzzy", ["flour"]),
    ("E220", []),
    ("100 g flour, E220", ["flour"]),
    ("100 g sugar 🥜", ["sugar"]),
    ("sugar \u3007\u3007", ["sugar"]),
    ("牛乳 100 ml", []),
    ("½", []),
    ("200", []),
    ("sauce of your choice", []),
    ("vegan sausages", []),
    ("meat-free sausages", []),
    ("plant-based milk", []),
    ("imitation cod", []),
    ("sausages, vegan", ["sausage"]),
    ("walnuts and vegan sausages", ["walnut"]),
    ("peanut butter cups", ["peanut_butter"]),
    ("beef balls", ["beef"]),
    ("cheddar sticks", ["cheddar"]),
    ("rice pudding", ["rice"]),
    ("butter not too xyzzy plugh", ["butter"]),
    ("juice of 1 xyzzy", []),
    ("gluten-free xyzzy", []),
    ("1 egg-free", []),
    # A fried tomato is no tortilla chip, and what else is in it nobody said.
    ("200 g tomate frito", ["tomato"]),
    ("2 xyzzy peppers", []),
    ("4 beef peppers", ["beef"]),
    ("lemon leaves", ["lemon"]),
    ("walnut roast", ["walnut"]),
    ("bread with a xyzzy crust", ["bread"]),
    ("parmesan crust", []),
    ("to fry", []),
    ("1 can lime pulp", ["lime"]),
    ("potatoes, cut into xyzzy", ["potato"]),
    ("xyzzy or dark chocolate", ["dark_chocolate"]),
    ("xyzzy-sized piece of ginger", ["ginger"]),
    ("2 pineapple rings", ["pineapple"]),
]


@pytest.mark.parametrize(("text", "foods"), UNRESOLVED)
def test_what_nobody_knows_leaves_the_line_unresolved_and_every_other_key_unknown(parser: LineParser, text: str, foods: list[str]) -> None:
    line = parser.parse(text)
    assert not line.resolved
    assert [f for f in named(line) if not f.startswith("?")] == foods
    assert Tri.FREE not in status(parser, text).values()


def test_a_plant_claim_with_no_entry_is_unknown_and_contains_nothing_of_the_real_thing(parser: LineParser) -> None:
    assert set(status(parser, "vegan sausages").values()) == {Tri.UNKNOWN}
    assert set(status(parser, "vegan walnut oil").values()) == {Tri.UNKNOWN}


def test_other_foods_beside_a_plant_claim_still_count(parser: LineParser) -> None:
    assert status(parser, "walnuts and vegan sausages")["nuts"] is Tri.CONTAINS


def test_a_claim_clears_only_its_key(parser: LineParser) -> None:
    found = status(parser, "gluten-free soy sauce")
    assert found["gluten"] is Tri.FREE
    assert found["soy"] is found["wheat"] is Tri.CONTAINS


def test_what_a_claim_puts_in_the_place_of_a_food_is_unknown_in_all_else(parser: LineParser) -> None:
    # Dairy-free butter may be of soya or nuts, which butter is not.
    found = status(parser, "dairy-free butter")
    assert found["milk"] is Tri.FREE
    assert found["soy"] is found["nuts"] is Tri.UNKNOWN


def test_a_claim_that_only_settles_a_doubt_leaves_the_rest_as_it_is(parser: LineParser) -> None:
    found = status(parser, "1 gluten-free stock cube")
    assert found["gluten"] is Tri.FREE
    assert found["celery"] is found["wheat"] is Tri.UNKNOWN
    assert found["egg"] is Tri.FREE


@pytest.mark.parametrize(
    ("text", "gluten"),
    [
        ("gluten-free soy sauce and flour", Tri.CONTAINS),
        ("flour and gluten-free soy sauce", Tri.CONTAINS),
        ("flour, soy sauce (gluten-free)", Tri.CONTAINS),
        ("soy sauce (gluten-free), butter", Tri.FREE),
        ("soy sauce, gluten-free", Tri.FREE),
        ("dairy-free and gluten-free soy sauce", Tri.FREE),
        ("gluten-free or soy sauce", Tri.CONTAINS),
        ("wheat-free soy sauce", Tri.CONTAINS),
    ],
)
def test_a_claim_speaks_of_the_food_beside_it_and_of_no_other(parser: LineParser, text: str, gluten: Tri) -> None:
    assert status(parser, text)["gluten"] is gluten


def test_nut_free_clears_the_single_nuts_too(parser: LineParser) -> None:
    mention = parser.parse("nut-free vegan butter").mentions[0]
    assert mention.cleared == {"nuts", "walnut"}


@pytest.mark.parametrize("text", ["egg-free egg noodles", "1 egg free range", "100 g flour, 1 egg free range"])
def test_a_claim_never_removes_a_food_from_the_line(parser: LineParser, text: str) -> None:
    assert named(parser.parse(text))


HEADINGS = ["", "   ", "***", "---", "For the sauce:", "FOR THE PEANUT SAUCE:", "To serve:", "For the topping", "**For the dough:**"]


@pytest.mark.parametrize("text", HEADINGS)
def test_headings_are_no_ingredients(parser: LineParser, text: str) -> None:
    line = parser.parse(text)
    assert line.heading
    assert line.resolved
    assert not line.mentions


NO_HEADINGS = [
    "Walnuts:", "for the pan butter", "For the peanut sauce", "Peanut butter sauce:", "100 g:", "butter, flour, eggs:", "Filling",
    "for garnish xyzzy",
]


@pytest.mark.parametrize("text", NO_HEADINGS)
def test_a_line_that_may_be_an_ingredient_is_no_heading(parser: LineParser, text: str) -> None:
    assert not parser.parse(text).heading


def test_amounts_of_alternatives_go_from_nothing_to_their_own(parser: LineParser) -> None:
    line = parser.parse("30 g butter or 3 tbsp oil")
    butter, oil = amounts(line)["butter"], amounts(line)["oil"]
    assert butter == Interval(0.0, 30.0, 30.0)
    assert oil is not None
    assert (oil.lo, oil.mid) == (0.0, 0.0)
    assert oil.hi == pytest.approx(43.3, abs=0.1)
    assert [m.alternative for m in line.mentions] == [False, True]


def test_alternatives_share_an_amount_that_is_said_once(parser: LineParser) -> None:
    found = amounts(parser.parse("2 tbsp butter or oil"))
    assert all(a is not None and a.lo == 0 and a.hi is not None and a.hi > 28 for a in found.values())


@pytest.mark.parametrize("text", ["butter and 1 or 2 cloves garlic", "salt and 1/2 tsp pepper"])
def test_a_range_or_a_fraction_makes_no_alternative(parser: LineParser, text: str) -> None:
    assert not any(m.alternative for m in parser.parse(text).mentions)


def test_an_amount_for_two_foods_bounds_the_first_and_leaves_the_second_open(parser: LineParser) -> None:
    found = amounts(parser.parse("1 tsp salt and pepper"))
    assert found["salt"] is not None
    assert found["salt"].lo == 0
    assert found["black_pepper"] is None


def test_each_gives_every_food_the_amount(parser: LineParser) -> None:
    for text in ("1 tsp each salt and pepper", "salt and pepper, 1 tsp each"):
        found = amounts(parser.parse(text))
        assert all(a is not None and a.lo > 0 for a in found.values())


def test_every_food_of_a_list_keeps_its_own_amount(parser: LineParser) -> None:
    found = amounts(parser.parse("flour 200 g, sugar 100 g and 1 can (400 g) chickpeas"))
    assert [a and a.mid for a in found.values()] == [200.0, 100.0, 300.0]


def test_juice_and_zest_are_weighed_as_their_own(parser: LineParser) -> None:
    found = amounts(parser.parse("juice and zest of 2 limes"))
    assert [a and a.mid for a in found.values()] == [60.0, 8.0]


def test_an_amount_before_a_compound_is_of_its_head_and_bounds_what_tells_its_kind(parser: LineParser) -> None:
    for text in ("150 g coconut chutney", "150 g coconut chutney, chopped"):
        line = parser.parse(text)
        assert amounts(line) == {"coconut": Interval(0.0, 0.0, 150.0), "chutney": Interval(0.0, 150.0, 150.0)}
        assert [m.alternative for m in line.mentions] == [True, False]


@pytest.mark.parametrize("text", ["1 tsp salt pepper", "100 g butter parsley", "100 g beurre, chutney", "150 g de tomate chutney"])
def test_what_is_no_compound_keeps_the_amount_with_the_first(parser: LineParser, text: str) -> None:
    first, second = amounts(parser.parse(text)).values()
    assert first is not None
    assert first.mid
    assert second is None


def test_sausages_of_two_things_are_one_kind_of_sausage(parser: LineParser) -> None:
    found = amounts(parser.parse("6 pork and leek sausages"))
    assert [a and a.mid for a in found.values()] == [342.0, 0.0]
    assert status(parser, "6 pork and leek sausages")["gluten"] is Tri.UNKNOWN


def test_two_foods_that_share_their_end_share_the_amount(parser: LineParser) -> None:
    white, dark = amounts(parser.parse("2 cups white and dark chocolate")).values()
    assert white is not None
    assert dark is not None
    assert (white.lo, white.mid, dark.lo, dark.mid) == (0.0, 170.0, 0.0, 170.0)
    assert white.hi == dark.hi == pytest.approx(408)


def test_two_foods_of_a_kind_share_a_measure_and_the_second_may_be_more(parser: LineParser) -> None:
    nutmeg, clove = amounts(parser.parse("2 tsp nutmeg and cloves")).values()
    assert nutmeg is not None
    assert clove is not None
    assert (nutmeg.lo, clove.lo, clove.hi) == (0.0, 0.0, None)
    assert nutmeg.mid == pytest.approx(2.33, abs=0.01)
    assert clove.mid == pytest.approx(2.08, abs=0.01)


def test_a_weight_after_a_second_name_is_of_the_same_food(parser: LineParser) -> None:
    assert amounts(parser.parse("4 cloves garlic (ail), about 20 g"))["garlic"] == Interval(17.0, 20.0, 23.0)


def test_of_a_product_made_of_a_food_the_food_has_no_amount(parser: LineParser) -> None:
    assert amounts(parser.parse("4 peanut butter cups"))["peanut_butter"] is None


def test_figures_in_a_name_are_no_amount(parser: LineParser) -> None:
    assert amounts(parser.parse("00 flour, 200 g"))["flour_00"] == Interval(200.0, 200.0, 200.0)
    assert amounts(parser.parse("5 spice"))["five_spice"] is None


LEFT_OUT = [
    "1 tsp honey (optional)", "500 ml oil for frying", "100 g walnuts, to serve", "2 tbsp salt for the pot", "500 ml oil, to fry",
    "100 g flour, for dredging", "1 egg, beaten to glaze", "2 tbsp salt for the brine",
]


@pytest.mark.parametrize("text", LEFT_OUT)
def test_of_what_may_be_left_out_nothing_need_be_eaten(parser: LineParser, text: str) -> None:
    (amount,) = amounts(parser.parse(text)).values()
    assert amount is not None
    assert amount.lo == 0
    assert amount.hi is not None


def test_extra_for_dusting_opens_the_upper_bound_and_keeps_the_lower(parser: LineParser) -> None:
    assert amounts(parser.parse("200 g flour, plus extra for rolling"))["flour"] == Interval(200.0, 200.0, None)


def test_salt_to_taste_is_present_without_an_amount(parser: LineParser) -> None:
    line = parser.parse("salt, to taste")
    assert named(line) == ["salt"]
    assert line.mentions[0].grams is None
    assert line.resolved


def test_a_food_named_twice_weighs_at_least_the_first_and_at_most_both(parser: LineParser) -> None:
    amount = amounts(parser.parse("100 g butter (1 stick butter)"))["butter"]
    assert amount is not None
    assert amount.lo == 100
    assert amount.hi == pytest.approx(246.9)


def test_a_line_of_ten_thousand_characters_is_unknown_at_once_and_its_end_is_not_lost(parser: LineParser) -> None:
    ends = ("flour" + " " * 9990 + "x", "butter:" + "a" * 392 + ": egg")
    for text in ("flour " * 1700, "(" * 10_000, "juice and " * 1000, "1 x " * 2500, "gluten-free " * 900, *ends):
        begun = time.perf_counter()
        line = parser.parse(text)
        assert time.perf_counter() - begun < 0.5
        assert not line.resolved
        assert Tri.FREE not in status(parser, text).values()


def test_a_food_named_again_without_an_amount_opens_the_upper_bound(parser: LineParser) -> None:
    assert amounts(parser.parse("100 g butter, and more butter"))["butter"] == Interval(0.0, 100.0, None)


@pytest.mark.parametrize("text", ["200 g flour (wheat flour)", "200 g farine flour"])
def test_a_food_under_two_names_is_one_amount(parser: LineParser, text: str) -> None:
    assert amounts(parser.parse(text)) == {"flour": Interval(200.0, 200.0, 200.0)}


def test_a_list_does_not_take_the_amount_of_the_food_before_it(parser: LineParser) -> None:
    found = amounts(parser.parse("100 g butter, salt and pepper"))
    assert found == {"butter": Interval(100.0, 100.0, 100.0), "salt": None, "black_pepper": None}


def test_memory_of_lines_is_bounded_and_changes_nothing(kitchen: Lexicon) -> None:
    parser = LineParser(kitchen)
    first = parser.parse("2 eggs")
    parser._memory.update({str(i): first for i in range(LINES_REMEMBERED)})
    assert parser.parse("1 onion") is parser.parse("1 onion")
    assert len(parser._memory) == 1
    assert parser.parse("2 eggs") == first


WORDS = [
    "1", "2", "1/2", "½", "(", ")", ",", ";", ":", "/", "or", "and", "plus", "each", "free", "gluten-free", "dairy-free", "vegan", "not",
    "no", "x", "-", "can", "tin", "cup", "tbsp", "g", "oz", "juice", "zest", "of", "from", "1/0", "%", "2-inch", "xyzzy", "optional", "the",
    "onion", "garlic", "cloves", "clove", "rasher", "butter", "peanut", "bean", "egg", "noodle", "milk", "soya", "coconut", "canned",
    "tinned", "tomato", "chickpea", "flour", "rice", "walnut", "soy", "sauce", "lemon", "lime", "salt", "pepper", "half", "stick", "sticks",
    "bar", "sausage", "for", "vegans", "cut", "into", "in", "chips", "steaks", "steak", "meat", "crab", "peppers", "frito", "crusts", "removed",
    "with", "its", "juice", "to", "fry", "gravy", "sized", "size", "piece", "pork", "leek", "leaves", "roast", "stock", "chicken", "beef",
    "white", "dark", "chocolate", "seeds", "scraped", "pulp", "c.", "à", "soupe", "glass", "of", "a", "chutney", "udon", "noodles", "t", "pair",
]
lines = st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))


@given(lines)
@example("juice of half a lemon")
@example("\u3007")
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_as_a_heading_or_names_something(parser: LineParser, text: str) -> None:
    line = parser.parse(text)
    assert line.heading != bool(line.mentions)
    for mention in line.mentions:
        assert mention.grams is None or mention.grams.lo >= 0
        assert mention.food is None or mention.cleared <= set(mention.food.facts)


ASIDES = [
    "cut into chips", ", cut into thin steaks", ", in chips", "with its juice", ", with their juice", ", crusts removed", ", to fry", ", to coat",
    "for the brine", "for the gravy", ", seeds removed", ", crushed by hand", "or so much of it", "of 2 kg", ", halved", "pulp", "joint", "meat",
    "and garlic", "or olive oil", "chutney", "sausages", "(200 g)", ", each 2 cups", "leaves", "rings", "peppers", "chutney and dark chocolate",
]
"""Words after a food that free of nothing: none of them is a claim."""


@given(st.data(), st.sampled_from(ASIDES))
@settings(max_examples=400, deadline=None)
def test_words_after_a_food_never_take_from_what_it_contains(parser: LineParser, data: st.DataObject, words: str) -> None:
    food = data.draw(st.sampled_from([f for f in parser.lexicon.foods.values() if f.food_id != "black_pepper"]))
    text = f"2 cups {food.name} {words}"
    if any(part in parser.lexicon.by_phrase for part in _across(tokens(f"{food.name} {words}"), len(tokens(food.name)))):
        # "Chicken stock" is a name of its own.
        return
    found = status(parser, text)
    for key in parser.lexicon.weighty:
        assert found[key] >= food.facts[key], text


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_of_two_foods_that_meet_none_is_lost(parser: LineParser, data: st.DataObject) -> None:
    foods = [f for f in parser.lexicon.foods.values() if f.food_id not in ("meat", "beef_steak", "black_pepper")]
    first, second = (data.draw(st.sampled_from(foods)) for _ in range(2))
    joint = data.draw(st.sampled_from([" ", " and ", " or ", "/", ", ", " (", " with "]))
    text = f"100 g {first.name}{joint}{second.name}"
    words = tokens(text.removeprefix("100 g "))
    names = {p for i in range(len(words)) for p in _across(words, i)} & set(parser.lexicon.by_phrase)
    if not names <= {q for f in (first, second) for q in _parts(tokens(f.name))}:
        return
    found = status(parser, text)
    for key in parser.lexicon.weighty:
        if Tri.CONTAINS in (first.facts[key], second.facts[key]):
            assert found[key] is Tri.CONTAINS, text


def _across(words: list[str], border: int) -> list[tuple[str, ...]]:
    """All phrases of neighbouring words that begin before the border and end after it."""
    return [tuple(words[i:j]) for i in range(border) for j in range(border + 1, len(words) + 1)]


def _parts(words: list[str]) -> list[tuple[str, ...]]:
    return [tuple(words[i:j]) for i in range(len(words)) for j in range(i + 1, len(words) + 1)]


@given(lines)
@settings(max_examples=300, deadline=None)
def test_a_nonsense_word_after_any_line_leaves_nothing_free(parser: LineParser, text: str) -> None:
    # "no xyzzy" says that there is none.
    assert Tri.FREE not in status(parser, f"{text} xyzzy").values() or tokens(text)[-1:] in (["not"], ["no"])


@given(st.sampled_from(WORDS), lines)
@settings(max_examples=300, deadline=None)
def test_a_food_said_first_is_never_lost_among_what_follows_a_comma(parser: LineParser, word: str, text: str) -> None:
    food = parser.lexicon.find(word)
    if food is None or parser.parse(f"{word}, {text}").heading:
        return
    found = status(parser, f"{word}, {text}")
    for key in parser.lexicon.allergens():
        # "milk, dairy-free" says otherwise.
        assert found[key] >= food.facts[key] or "free" in text


def test_tofu_for_vegans_speaks_of_people(parser: LineParser) -> None:
    found = status(parser, "chicken breast (or tofu for vegans)")
    assert found["soy"] is found["animal_origin"] is Tri.CONTAINS
