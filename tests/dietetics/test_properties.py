"""What must hold of any lines, tried on the names of the real lexicon and on words that nobody knows.

`test_facts.py` proves the same rule on a made-up kitchen; here every alias that people use takes part, with the words around it that real
lines have.
"""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics.facts import Facts, facts_of, items_of_lines
from dish_pipeline.dietetics.lexicon import NUTRIENTS, Lexicon
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dietetics.wording import tokens
from dish_pipeline.dish import Interval, Tri
from dish_pipeline.settings import INPUTS

FOUR = Interval(4.0, 4.0, 4.0)
EXAMPLES = settings(max_examples=200, deadline=None)

CLAIMS = {
    "gluten": "gluten", "wheat": "wheat", "dairy": "milk", "milk": "milk", "egg": "egg", "nut": "nuts", "peanut": "peanut", "soy": "soy",
    "sesame": "sesame", "fish": "fish", "sugar": "added_sugar", "alcohol": "alcohol",
}
"""What a text may claim to be free of, and the key that the claim clears."""

DENIALS = frozenset({"not", "no", "without", "never", "sans"})
"""Words that deny the one after them: "flour, no zqarb" names no zqarb."""


@cache
def _parser() -> LineParser:
    """The parser of the real lexicon. No fixture: Hypothesis would print all of it beside a failure."""
    return LineParser(lexicon_room.load(INPUTS / "lexicon"))


@cache
def _names() -> list[str]:
    """Every name and alias."""
    return [name for food in _parser().lexicon.foods.values() for name in (food.name, *food.aliases)]


names = st.deferred(lambda: st.sampled_from(_names()))
unknown_words = st.text("abdegilmnorstu", min_size=1, max_size=6).map(lambda word: f"zq{word}b")
"""No name and no word of the lexicon begins with zq, and what ends in b is no plural."""

amounts = st.sampled_from(["", "100 g ", "1 cup ", "2 ", "2-3 tbsp ", "1 can (400 g) ", "a pinch of ", "1/2 ", "1 kg fresh ", "500 ml "])
shapes = st.sampled_from([
    "{}", "{}, chopped", "{} or {}", "{}, {} and {}", "{} ({})", "{} with {}", "{} topped with {}", "{}/{}", "vegan {}", "gluten-free {}",
    "{} (dairy-free)", "{} {}", "{}, optional", "{} for serving", "{}; {}", "{}, or {}",
])
lines = st.builds(lambda amount, shape, food: amount + shape.format(*food), amounts, shapes, st.lists(names, min_size=3, max_size=3))
some_lines = st.lists(lines, min_size=1, max_size=5)


def _facts(texts: list[str], servings: Interval | None = FOUR) -> Facts:
    return facts_of(items_of_lines([_parser().parse(text) for text in texts]), servings, _parser().lexicon)


def test_every_name_of_the_lexicon_is_read_and_never_as_freer_than_its_food() -> None:
    # A name with a bracket or a full stop inside is one that no line can hold.
    faults = []
    for food in _parser().lexicon.foods.values():
        for name in (food.name, *food.aliases):
            line = _parser().parse(name)
            if len(line.mentions) == 1 and line.mentions[0].food is food and not line.mentions[0].cleared:
                continue
            status = _facts([name]).status
            freer = [key for key in status if status[key] < food.facts[key]]
            if freer or not line.resolved or line.heading:
                faults.append(f"{name} ({food.food_id}): {', '.join(freer) or 'not read'}")
    assert not faults


@given(some_lines, lines)
@EXAMPLES
def test_another_line_never_turns_an_absence_towards_pass(texts: list[str], more: str) -> None:
    before, after = _facts(texts), _facts([*texts, more])
    assert all(after.status[key] >= before.status[key] for key in before.status)
    for nutrient in NUTRIENTS:
        low, high = before.nutrients[nutrient].hi, after.nutrients[nutrient].hi
        assert high is None or (low is not None and high >= low)


@given(some_lines, st.integers(0, 5), amounts, unknown_words)
@EXAMPLES
def test_a_line_that_nobody_knows_leaves_no_absence_and_no_maximum(texts: list[str], place: int, amount: str, word: str) -> None:
    found = _facts([*texts[:place], f"{amount}{word}", *texts[place:]])
    assert Tri.FREE not in found.status.values()
    assert all(amount.hi is None for amount in found.nutrients.values())


@given(
    lines, unknown_words, st.sampled_from(["{0} {1}", "{1} {0}", "{0}, {1}", "{0} and {1}", "{0} ({1})", "{0} with {1}", "{0} or {1}", "{1}: {0}"])
)
@example("250 g butter", "zqarb", "{1} {0}")
@EXAMPLES
def test_an_unknown_word_anywhere_in_a_line_does_the_same(text: str, word: str, where: str) -> None:
    line = where.format(text, word)
    said = tokens(line)
    assume(said[said.index(word) - 1] not in DENIALS or said[0] == word)
    found = _facts([line])
    assert Tri.FREE not in found.status.values()
    assert all(amount.hi is None for amount in found.nutrients.values())


@given(some_lines, st.randoms(use_true_random=False), st.data())
@EXAMPLES
def test_order_and_repetition_of_lines_change_no_absence(texts: list[str], chance: random.Random, data: st.DataObject) -> None:
    again = [*texts, *data.draw(st.lists(st.sampled_from(texts), max_size=4))]
    chance.shuffle(again)
    assert _facts(again).status == _facts(texts).status


@given(some_lines, st.floats(0.25, 40), st.floats(1.01, 12))
@EXAMPLES
def test_nutrients_of_a_serving_fall_as_the_servings_rise(texts: list[str], servings: float, factor: float) -> None:
    fewer, more = (_facts(texts, Interval(n, n, n)) for n in (servings, servings * factor))
    assert fewer.status == more.status
    for nutrient in NUTRIENTS:
        large, small = fewer.nutrients[nutrient], more.nutrients[nutrient]
        assert small.lo * factor == pytest.approx(large.lo)
        assert (small.mid is None) == (large.mid is None)
        assert small.mid is None or large.mid is None or small.mid * factor == pytest.approx(large.mid)
        assert (small.hi is None) == (large.hi is None)
        assert small.hi is None or large.hi is None or small.hi * factor == pytest.approx(large.hi)


@given(names, st.sampled_from(sorted(CLAIMS)), st.sampled_from(["{}-free {}", "{} free {}", "{1} ({0}-free)", "{1}, {0}-free"]), amounts)
@example("soy sauce", "wheat", "{}-free {}", "")
@settings(max_examples=300, deadline=None)
def test_a_claim_clears_its_own_key_and_no_other(name: str, claim: str, shape: str, amount: str) -> None:
    plain, claimed = _parser().parse(f"{amount}{name}"), _parser().parse(amount + shape.format(claim, name))
    foods = {mention.food.food_id for mention in claimed.mentions if mention.food}
    # A food that the lexicon knows by the claim itself ("dairy-free cream") is another food than the plain one.
    assume(all(mention.food is None or mention.food.food_id in foods for mention in plain.mentions))
    own = _cleared_by(_parser().lexicon, CLAIMS[claim])
    before, after = (_facts([line.text]).status for line in (plain, claimed))
    for key in before.keys() - own:
        assert after[key] >= before[key], key


@given(names, names, st.sampled_from(sorted(CLAIMS)), st.sampled_from(["{0}-free {1}, {2}", "{1} ({0}-free), {2}", "{1}, {0}-free; {2}"]))
@example("soy sauce", "flour", "gluten", "{0}-free {1}, {2}")
@EXAMPLES
def test_a_claim_about_one_food_clears_nothing_of_another(name: str, other: str, claim: str, shape: str) -> None:
    # Not tried: the other food first. There the claim is taken by the food before it ("mayonnaise, egg-free noodles"), a known fault.
    # Without its accent, French tea is the English article, and counts only where it stands alone.
    assume(tokens(other) != ["the"])
    # "Dairy-free, gluten-free biscuits": two claims in a row are about one food.
    assume("free" not in tokens(other))
    alone, found = _facts([other]).status, _facts([shape.format(claim, name, other)]).status
    for key in alone:
        assert found[key] >= alone[key], key


def _cleared_by(lexicon: Lexicon, key: str) -> set[str]:
    """The key, and the single nuts with all of them. What is free of gluten may hold wheat: starch without it."""
    return {key, *(part.key for part in lexicon.keys.values() if key == "nuts" and part.part_of == key)}
