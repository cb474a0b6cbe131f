"""Words in normal form: plurals and accents meet, punctuation separates, nothing raises or vanishes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics.wording import BREAK, fold, located_tokens, phrase, singular, tokens

SAME = [
    ("tomatoes", "tomato"), ("potatoes", "potato"), ("mangoes", "mangos"), ("cookies", "cookie"), ("brownies", "brownie"), ("pies", "pie"),
    ("chillies", "chilli"), ("chilis", "chili"), ("zucchinis", "zucchini"), ("kiwis", "kiwi"), ("berries", "berry"), ("anchovies", "anchovy"),
    ("leaves", "leaf"), ("loaves", "loaf"), ("halves", "half"), ("agaves", "agave"), ("olives", "olive"), ("cloves", "clove"), ("chives", "chive"),
    ("peaches", "peach"), ("quiches", "quiche"), ("brioches", "brioche"), ("radishes", "radish"), ("boxes", "box"), ("glasses", "glass"),
    ("mousses", "mousse"), ("sloes", "sloe"), ("octopuses", "octopus"), ("cheeses", "cheese"), ("slices", "slice"), ("baker's", "baker"),
    ("fries", "fry"), ("bries", "brie"), ("molasses", "molasses"),
]


@pytest.mark.parametrize(("plural", "single"), SAME)
def test_plural_and_singular_meet(plural: str, single: str) -> None:
    assert singular(plural) == singular(single)


DIFFERENT = [("pastis", "pasty"), ("oats", "oatmeal"), ("rice", "ricer"), ("pear", "pea"), ("couscous", "couscou"), ("cress", "cres")]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_words_stay_different(one: str, other: str) -> None:
    assert phrase(one) != phrase(other)


def test_accents_case_dashes_and_apostrophes_do_not_matter() -> None:
    assert phrase("Crème FRAÎCHE") == phrase("creme fraiche")
    assert phrase("self\u2011raising flour") == phrase("Self-Raising Flour") == phrase("self raising flours")
    assert phrase("baker\u2019s yeast") == phrase("baker's yeast")
    assert phrase("bœuf") == phrase("boeuf")


def test_a_french_article_is_no_part_of_the_word() -> None:
    assert tokens("huile d'olive") == tokens("d'huile d'olive")
    assert phrase("l'ail") == phrase("ail")


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("1½", "1 1/2"), ("½ cup", "1/2 cup"), ("1⅓", "1 1/3"), ("1\u00b9\u2044\u2082", "1 1/2"), ("2\u20133", "2-3"), ("2\u00d7400g", "2 x 400g"),
        ("2x400g", "2 x 400g"),
    ],
)
def test_fractions_dashes_and_times_become_plain(written: str, plain: str) -> None:
    assert fold(written).strip() == plain


def test_punctuation_is_a_break_that_no_name_crosses() -> None:
    assert tokens("butter, peanut") == ["butter", BREAK, "peanut"]
    assert tokens("salt & pepper") == ["salt", "and", "pepper"]


def test_a_saints_full_stop_ends_nothing() -> None:
    assert tokens("St. Louis ribs") == ["st", "loui", "rib"]
    assert tokens("1 oz. salt") == ["1", "oz", BREAK, "salt"]
    assert tokens("beef roast. Louis") == ["beef", "roast", BREAK, "loui"]


def test_without_stays_without_in_french() -> None:
    assert tokens("sans sel") == ["sans", "sel"]
    assert tokens("San Marzano") == ["san", "marzano"]


def test_letters_with_digits_and_pictures_do_not_vanish() -> None:
    assert tokens("E220") == ["e220"]
    assert tokens("sugar 🥜") == ["sugar", "🥜"]


@given(st.text())
@example("\u3007x")
@example("ΐ İ ß ẞ ﬁ ™")
@settings(deadline=None)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
@settings(deadline=None)
def test_tokens_of_any_text_stand_where_they_say(text: str) -> None:
    folded = fold(text)
    found = located_tokens(folded)
    assert all(t.word and 0 <= t.start < t.end <= len(folded) for t in found)
    assert all(a.end <= b.start for a, b in pairwise(found))


@given(st.text())
@settings(deadline=None)
def test_no_letter_is_lost_between_tokens(text: str) -> None:
    folded = fold(text)
    covered = {i for t in located_tokens(folded) for i in range(t.start, t.end)}
    assert not [c for i, c in enumerate(folded) if i not in covered and c.isalnum()]


@given(st.text())
@settings(deadline=None)
def test_the_singular_of_any_word_never_raises_and_grows_no_longer(text: str) -> None:
    assert len(singular(text)) <= len(text)
