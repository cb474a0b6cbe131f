"""Why a fact is as it is: written reasons where a person gave one, derived ones everywhere else, and never one that says more than the fact."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dish_pipeline.dietetics import lexicon_reasons as room
from dish_pipeline.dietetics.lexicon import Lexicon, load, version_of
from dish_pipeline.dietetics.lexicon_explain import explained
from dish_pipeline.dietetics.lexicon_reasons import BASES, COMPOSITION, LEGAL, USUAL, VARIES, Reason, derived, reason_of
from dish_pipeline.dietetics.profile_files import load as load_profiles
from dish_pipeline.dietetics.tables import TableFood, linked_foods, write
from dish_pipeline.dish import Tri
from dish_pipeline.settings import INPUTS, Settings


def _derived(lexicon: Lexicon, food: str, key: str) -> Reason:
    return derived(lexicon.foods[food], lexicon.keys[key], lexicon.keys)


@pytest.mark.parametrize(
    ("food", "key", "basis", "said"),
    [
        ("whole_milk", "milk", COMPOSITION, ["group dairy"]),
        ("cod", "fish", COMPOSITION, ["group fish"]),
        ("cod", "animal_origin", COMPOSITION, ["fish in it counts as food of animal origin"]),
        ("almonds", "nuts", COMPOSITION, ["almond in it counts as tree nuts", "1169/2011"]),
        ("plain_flour", "gluten", COMPOSITION, ["wheat in it counts as gluten"]),
        ("mustard", "mustard", USUAL, ["bears it in its name"]),
        ("honey", "honey", LEGAL, ["bears it in its name"]),
        ("hazelnut_liqueur", "hazelnut", VARIES, ["tree nuts are in it, and which is not said"]),
        ("chocolate", "cashew", VARIES, ["tree nuts may be in it, and which is not said"]),
        ("chocolate", "nuts", VARIES, ["brands differ: some kinds of chocolate have tree nuts"]),
        ("chocolate", "animal_origin", VARIES, ["open as long as this is: milk"]),
        ("almond_drink", "hazelnut", USUAL, ["what counts as tree nuts in it is almond"]),
        ("chutney", "sulphites", VARIES, ["brands differ", "10 mg/kg"]),
        ("almonds", "high_fodmap", COMPOSITION, ["portion"]),
        ("carrot", "almond", COMPOSITION, ["no tree nuts in it, so no almond"]),
        ("carrot", "milk", COMPOSITION, ["nothing of an animal"]),
        ("carrot", "purine_rich", COMPOSITION, ["nothing in carrot counts as purine-rich food"]),
        ("soy_sauce", "peanut", USUAL, ["no peanut in soy sauce, as it is usually made"]),
        ("butter", "honey", COMPOSITION, ["no honey in butter"]),
        ("chutney", "lupin", USUAL, ["no lupin in chutney, as it is usually made"]),
        ("vodka", "milk", LEGAL, ["nothing of an animal"]),
        ("rye_flour", "wheat", COMPOSITION, ["is something other than wheat", "the US only wheat"]),
        ("herbal_tea", "liquorice", VARIES, ["note: some blends have liquorice"]),
    ],
)
def test_a_reason_is_derived_from_what_the_food_is(real_lexicon: Lexicon, food: str, key: str, basis: str, said: list[str]) -> None:
    reason = _derived(real_lexicon, food, key)
    assert reason.basis == basis, reason
    assert not reason.written
    for words in said:
        assert words in reason.words


def test_every_fact_has_a_reason_and_what_is_known_never_varies_by_brand(real_lexicon: Lexicon) -> None:
    written = room.read(INPUTS / "lexicon")
    for food in real_lexicon.foods.values():
        for key, fact in food.facts.items():
            reason = reason_of(food, key, real_lexicon.keys, written)
            assert reason.basis in BASES and reason.source and reason.words
            assert reason.basis != VARIES or fact is Tri.UNKNOWN, (food.food_id, key, reason)


@pytest.mark.parametrize("fact", list(Tri))
@pytest.mark.parametrize("basis", BASES)
def test_what_is_open_in_a_food_that_is_no_plain_one_varies_by_brand(real_lexicon: Lexicon, basis: str, fact: Tri) -> None:
    carrot = real_lexicon.foods["carrot"]
    food = replace(carrot, basis=basis, note="", facts=carrot.facts | {"sulphites": fact})
    found = derived(food, real_lexicon.keys["sulphites"], real_lexicon.keys).basis
    if fact is Tri.UNKNOWN:
        assert found == (COMPOSITION if basis == COMPOSITION else VARIES)
    else:
        assert found == (USUAL if basis == VARIES else basis)


def test_each_fact_of_soy_sauce_has_its_own_basis(real_lexicon: Lexicon) -> None:
    written, sauce = room.read(INPUTS / "lexicon"), real_lexicon.foods["soy_sauce"]
    found = {key: reason_of(sauce, key, real_lexicon.keys, written) for key in ("soy", "wheat", "gluten", "sulphites", "peanut")}
    assert {key: reason.basis for key, reason in found.items()} == {
        "soy": COMPOSITION, "wheat": USUAL, "gluten": USUAL, "sulphites": VARIES, "peanut": USUAL,
    }
    assert [key for key, reason in found.items() if reason.written] == ["soy", "wheat", "gluten", "sulphites"]


def test_the_law_is_told_apart_where_lists_differ(real_lexicon: Lexicon) -> None:
    written, oats = room.read(INPUTS / "lexicon"), real_lexicon.foods["rolled_oats"]
    assert "EU list" in reason_of(oats, "gluten", real_lexicon.keys, written).words
    assert "US list" in reason_of(oats, "wheat", real_lexicon.keys, written).words


def test_a_reason_that_speaks_of_another_status_is_passed_over(real_lexicon: Lexicon) -> None:
    sauce = real_lexicon.foods["soy_sauce"]
    written = {("soy_sauce", "wheat"): (Tri.CONTAINS, Reason(USUAL, "made up", "wheat in the koji", written=True))}
    assert reason_of(sauce, "wheat", real_lexicon.keys, written).written
    open_sauce = replace(sauce, facts=sauce.facts | {"wheat": Tri.UNKNOWN})
    assert not reason_of(open_sauce, "wheat", real_lexicon.keys, written).written


def test_what_rests_on_a_part_has_the_parts_written_basis(real_lexicon: Lexicon) -> None:
    written = {("plain_flour", "wheat"): (Tri.CONTAINS, Reason(LEGAL, "some law", "so says a law", written=True))}
    reason = reason_of(real_lexicon.foods["plain_flour"], "gluten", real_lexicon.keys, written)
    assert (reason.basis, reason.source) == (LEGAL, "some law")


def test_reasons_are_no_part_of_the_version_and_may_be_absent(own_folder: Path) -> None:
    before = version_of(own_folder)
    assert room.read(own_folder) == {}
    (own_folder / room.FILE).write_text("id,key,status,basis,source,reason\nonion,milk,free,composition,made up,a bulb\nonion,egg,maybe,x,y,z\n")
    assert version_of(own_folder) == before
    assert room.read(own_folder) == {("onion", "milk"): (Tri.FREE, Reason(COMPOSITION, "made up", "a bulb", written=True))}
    assert load(own_folder).find("onion") is not None


def test_there_are_reasons_for_what_people_ask() -> None:
    assert len(room.read(INPUTS / "lexicon")) >= 600


def _explained(lexicon: Lexicon, food: str) -> str:
    settings = Settings()
    profiles = load_profiles(settings.profiles, lexicon)
    return "\n".join(explained(lexicon.foods[food], lexicon, room.read(settings.lexicon), linked_foods(settings.lexicon), profiles.values()))


def test_every_key_is_explained_contains_first_then_unknown_then_free(real_lexicon: Lexicon) -> None:
    text = _explained(real_lexicon, "worcestershire_sauce")
    places = [text.index(f"\n{word}: ") for word in ("contains", "unknown", "free")]
    assert places == sorted(places)
    for key in real_lexicon.keys.values():
        assert f"\n  {key.label}: " in text or f"\n  {key.label} (" in text
    assert text.index("\n  fish (EU 14, US 9): usual_recipe: anchovies") < places[1]
    for part in ("signed by nobody yet", "sauce", "in French:", "a cup ", "per 100 g as a line weighs it"):
        assert part in text


def test_profiles_say_what_a_food_fails_and_leaves_open_by_its_facts_alone(real_lexicon: Lexicon) -> None:
    text = _explained(real_lexicon, "soy_sauce")
    failed, opened = text.index("profiles it fails"), text.index("profiles it leaves open")
    assert failed < text.index("  soy_allergy (") < opened < text.index("  sulphite_sensitivity (")
    assert "suitable" not in text
    assert "sodium" not in text[failed:]


def test_a_food_of_no_table_says_so(real_lexicon: Lexicon) -> None:
    assert "no table has this food" in _explained(real_lexicon, "rennet")


def test_a_links_name_and_water_are_looked_up_and_read_back(tmp_path: Path) -> None:
    for file, header in (("usda/sr28_foods.csv", "food_id,description"), ("ciqual/ciqual_2025.csv", "alim_code,name_fr,name_en"),
                         ("cnf/cnf_2015_foods.csv", "FoodID,FoodDescription")):
        (tmp_path / file).parent.mkdir()
        row = {"usda": "00001,Made up", "ciqua": "7,Nom,", "cnf": "3,Thing"}[file.split("/")[0][:5]]
        (tmp_path / file).write_text(f"{header},water_g\n{row},{'' if 'cnf' in file else '12.5'}\n")
    write(tmp_path, ["sr28:00001~", "ciqual:7", "cnf:3", "cnf:99"], tmp_path / "tables.csv")
    assert linked_foods(tmp_path) == {
        "sr28:00001": TableFood("Made up", 12.5), "ciqual:7": TableFood("Nom", 12.5), "cnf:3": TableFood("Thing", None),
    }
    assert linked_foods(tmp_path / "usda") == {}


def test_every_link_of_the_lexicon_has_its_name(real_lexicon: Lexicon) -> None:
    named = linked_foods(INPUTS / "lexicon")
    lacking = {food.composition_source.removesuffix("~") for food in real_lexicon.foods.values()} - set(named) - {""}
    # A food may be added before its link's name is looked up: nothing but the name is missing then.
    assert len(lacking) <= 0.05 * len(named)
