"""Titles of sampled dishes: known words only, no food that the dish lacks, and chosen by the model without the chain's bias."""

from __future__ import annotations

from collections import Counter, defaultdict
from math import exp, log

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.wording import phrase
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Portion
from dish_pipeline.model import titles
from dish_pipeline.model.scoring import part_bits
from dish_pipeline.model.text import LONGEST_TITLE, canonical
from dish_pipeline.model.titles import TitleWords, choose_title
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.transformer import DishTransformer, ModelConfig
from dish_pipeline.settings import ModelShape


@pytest.fixture(scope="module")
def model(tokenizer: DishTokenizer, small_shape: ModelShape) -> DishTransformer:
    """A network with random weights."""
    torch.manual_seed(5)
    found = DishTransformer(ModelConfig(tokenizer.size, small_shape), tokenizer.name_pieces)
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return found.eval()


@pytest.fixture(scope="module")
def words(dishes: list[Dish], lexicon: Lexicon) -> TitleWords:
    """The title words of the made-up dishes."""
    return TitleWords(dishes, lexicon)


def _dish(*foods: str, course: str = "main", title: str = "") -> Dish:
    return canonical(Dish(course, title, tuple(Portion(f, 50.0) for f in foods)))


def _words(lexicon: Lexicon, *said: str, course: str = "main") -> TitleWords:
    return TitleWords([Dish(course, title) for title in said], lexicon)


def _assert_sound(title: str, dish: Dish, known: set[str], lexicon: Lexicon) -> None:
    """Known words, none twice, at least one, and no single-word food name that no food of the dish holds in its own name."""
    said = title.split()
    assert said
    assert set(said) <= known
    assert len({w.lower() for w in said}) == len(said) <= titles.MOST_WORDS
    names = {phrase(f.name)[0] for f in lexicon.foods.values() if len(phrase(f.name)) == 1}
    own = {w for p in dish.portions for w in phrase(lexicon.foods[p.food_id].name)}
    assert set(phrase(title)) & names <= own
    assert title == canonical(Dish(dish.course, title)).title


@settings(max_examples=60, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32), temperature=st.sampled_from([0.3, 1.0, 3.0]))
def test_every_chosen_title_is_made_of_known_words_and_names_no_food_that_the_dish_lacks(
    model: DishTransformer, tokenizer: DishTokenizer, words: TitleWords, dishes: list[Dish], lexicon: Lexicon,
    data: st.DataObject, seed: int, temperature: float,
) -> None:
    foods = data.draw(st.lists(st.sampled_from(sorted(lexicon.foods)), unique=True, min_size=1, max_size=8))
    dish = _dish(*foods, course=data.draw(st.sampled_from([*COURSES, UNKNOWN_COURSE])))
    title = choose_title(model, tokenizer, words, dish, temperature, np.random.default_rng(seed))
    if title is not None:
        _assert_sound(title.text, dish, {w for d in dishes for w in d.title.split()}, lexicon)


def test_dishes_like_the_training_ones_get_a_title_of_several_words_with_its_bits(
    model: DishTransformer, tokenizer: DishTokenizer, words: TitleWords, dishes: list[Dish]
) -> None:
    found = [(d, choose_title(model, tokenizer, words, d, 1.0, np.random.default_rng(i))) for i, d in enumerate(dishes[:30])]
    named = [(Dish(d.course, t.text, d.portions), t) for d, t in found if t]
    assert len(named) == 30
    assert all(" " in t.text for _, t in named)
    assert len({t.text for _, t in named}) > 20
    expected = part_bits(model, [tokenizer.encode(d) for d, _ in named], tokenizer)[:, titles.TITLE]
    np.testing.assert_allclose([t.bits for _, t in named], expected, rtol=1e-4)


def test_the_same_seed_gives_the_same_title_and_other_seeds_others(
    model: DishTransformer, tokenizer: DishTokenizer, words: TitleWords, dishes: list[Dish]
) -> None:
    one, again = ([choose_title(model, tokenizer, words, dishes[1], 1.0, np.random.default_rng(s)) for s in range(12)] for _ in range(2))
    assert one == again
    assert len(set(one)) > 3


def test_the_title_the_dish_came_with_does_not_matter(
    model: DishTransformer, tokenizer: DishTokenizer, words: TitleWords
) -> None:
    found = [choose_title(model, tokenizer, words, _dish("rice", "cod", title=t), 1.0, np.random.default_rng(3)) for t in ("", "Cake")]
    assert found[0] == found[1] is not None


def _every_title(counts: dict[str, dict[str, int]], usual: dict[str, int], foods: set[str], held: set[str]) -> dict[str, float]:
    """Title -> its probability, by following every path of the chain; "" gathers the paths that find no end."""
    found: defaultdict[str, float] = defaultdict(float)

    def go(said: tuple[str, ...], p: float) -> None:
        if len(said) > titles.MOST_WORDS:
            found[""] += p
            return
        after = counts[said[-1] if said else ""]
        share: dict[str, float] = {}
        for word in ["", *usual]:
            if word in said or (word in foods and word not in held) or (not word and not said):
                continue
            seen = after.get(word, 0) / sum(after.values())
            anywhere = usual.get(word, 0) / sum(usual.values())
            if seen or anywhere:
                share[word] = (1 - titles.ANY_WORD) * seen + titles.ANY_WORD * anywhere * (5 if word in foods else 1)
        for word, value in share.items():
            if word:
                go((*said, word), p * value / sum(share.values()))
            else:
                found[" ".join(said)] += p * value / sum(share.values())
        if not share:
            found[""] += p

    go((), 1.0)
    return dict(found)


TINY = ("Warm Soup", "Warm Rice", "Warm Cod Soup")
TINY_AFTER = {
    "": {"Warm": 3}, "Warm": {"Soup": 1, "Rice": 1, "Cod": 1}, "Soup": {"": 2}, "Rice": {"": 1}, "Cod": {"Soup": 1},
}
TINY_WORDS = {"Warm": 3, "Soup": 2, "Rice": 1, "Cod": 1}


@pytest.mark.parametrize(("most_words", "foods"), [(7, ("rice",)), (7, ("rice", "cod")), (7, ("tofu",)), (2, ("rice", "cod"))])
def test_the_log_probability_of_a_proposal_is_that_of_its_path_through_the_chain(
    lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch, most_words: int, foods: tuple[str, ...]
) -> None:
    monkeypatch.setattr(titles, "MOST_WORDS", most_words)
    words = _words(lexicon, *TINY)
    expected = _every_title(TINY_AFTER, TINY_WORDS, {"Rice", "Cod"}, {f.capitalize() for f in foods})
    assert sum(expected.values()) == pytest.approx(1.0)
    rng = np.random.default_rng(1)
    drawn = [words.propose("main", words.held(foods), rng) for _ in range(4000)]
    for text, log_q in set(drawn):
        if text:
            assert exp(log_q) == pytest.approx(expected[text])
    often = Counter(text for text, _ in drawn)
    assert often.keys() <= expected.keys()
    for text, p in expected.items():
        assert often[text] / 4000 == pytest.approx(p, abs=0.035), text


def test_a_log_probability_worked_out_by_hand(lexicon: Lexicon) -> None:
    words = _words(lexicon, "Warm Soup", "Warm Rice")
    rng = np.random.default_rng(1)
    found = dict(words.propose("main", words.held(["rice"]), rng) for _ in range(500))
    # First Warm 0.95, Soup 0.025, Rice 0.025 * 5; then Soup 0.475, Rice 0.575; then the end 0.9 or Rice 0.125.
    assert found["Warm Soup"] == pytest.approx(log(0.95 / 1.1) + log(0.475 / 1.05) + log(0.9 / 1.025))


def _shares(
    model: DishTransformer, tokenizer: DishTokenizer, words: TitleWords, bits: dict[str, float], temperature: float, monkeypatch: pytest.MonkeyPatch
) -> dict[str, float]:
    """How often each title is chosen when the model gives these bits."""

    def given_bits(_: object, rows: list, tok: DishTokenizer) -> np.ndarray:
        return np.array([[0.0] * titles.TITLE + [bits[tok.decode(r.ids).title]] for r in rows])

    monkeypatch.setattr(titles, "part_bits", given_bits)
    rng = np.random.default_rng(8)
    found = [choose_title(model, tokenizer, words, _dish("rice"), temperature, rng) for _ in range(600)]
    return {text: n / 600 for text, n in Counter(t.text for t in found if t).items()}


@pytest.mark.parametrize(("bits", "temperature", "expected"), [(0.0, 1.0, 0.5), (2.0, 1.0, 0.8), (1.0, 0.5, 0.8), (-2.0, 1.0, 0.2)])
def test_the_model_chooses_whatever_the_chain_prefers(
    model: DishTransformer, tokenizer: DishTokenizer, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch,
    bits: float, temperature: float, expected: float,
) -> None:
    # The chain says "Warm Soup" seven times of eight; the model's own odds must come out none the less.
    monkeypatch.setattr(titles, "ANY_WORD", 0.0)
    words = _words(lexicon, *["Warm Soup"] * 7, "Cold Soup")
    shares = _shares(model, tokenizer, words, {"Warm Soup": 10.0 + bits, "Cold Soup": 10.0}, temperature, monkeypatch)
    assert shares["Cold Soup"] == pytest.approx(expected, abs=0.07)


def test_one_word_is_chosen_only_where_nothing_longer_is_proposed(
    model: DishTransformer, tokenizer: DishTokenizer, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(titles, "ANY_WORD", 0.0)
    shares = _shares(model, tokenizer, _words(lexicon, "Stew", "Warm Soup"), {"Stew": 0.0, "Warm Soup": 90.0}, 1.0, monkeypatch)
    assert shares == {"Warm Soup": 1.0}
    assert _shares(model, tokenizer, _words(lexicon, "Stew"), {"Stew": 9.0}, 1.0, monkeypatch) == {"Stew": 1.0}


def test_a_food_word_needs_a_food_whose_name_holds_it(lexicon: Lexicon) -> None:
    words = _words(lexicon, "Lemon-Garlic Tomatoes", "Jalapeños Bake", "Spaghetti Bake")

    def said(*foods: str) -> set[str]:
        rng = np.random.default_rng(2)
        return {w for _ in range(400) for w in words.propose("main", words.held(foods), rng)[0].split()}

    assert said("tofu") == {"Bake"}
    assert said("lemon_juice", "tomato") == {"Bake", "Tomatoes"}, "Lemon-Garlic needs both"
    assert said("lemon_juice", "garlic") == {"Bake", "Lemon-Garlic"}
    assert said("jalapeno") == {"Bake", "Jalapeños"}


def test_a_word_does_not_come_again_in_other_letters(lexicon: Lexicon) -> None:
    words = _words(lexicon, "Warm Soup", "warm Bowl", "WARM Soup bowl")
    rng = np.random.default_rng(2)
    for _ in range(300):
        said = words.propose("main", frozenset(), rng)[0].lower().split()
        assert len(set(said)) == len(said)


def test_a_title_that_would_be_cut_within_a_word_is_not_chosen(
    model: DishTransformer, tokenizer: DishTokenizer, lexicon: Lexicon, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = [letter * 30 for letter in "abc"]
    words = _words(lexicon, " ".join(long), "Warm Soup")
    found = {choose_title(model, tokenizer, words, _dish("rice"), 50.0, np.random.default_rng(s)) for s in range(20)}
    assert all(t and set(t.text.split()) <= {*long, "Warm", "Soup"} and len(t.text) <= LONGEST_TITLE for t in found)
    monkeypatch.setattr(titles, "ANY_WORD", 0.0)
    assert choose_title(model, tokenizer, _words(lexicon, " ".join(long)), _dish("rice"), 1.0, np.random.default_rng(1)) is None


def test_a_title_beyond_the_context_is_not_chosen(tokenizer: DishTokenizer, small_shape: ModelShape, lexicon: Lexicon) -> None:
    dish = _dish("rice", "cod", title="Warm Soup")
    words, length = _words(lexicon, "Warm Soup"), len(tokenizer.encode(dish).ids)
    for context, fits in ((length, True), (2 + 2 * 2 + 1, False)):
        shape = ModelShape(**{**vars(small_shape), "context": context})
        model = DishTransformer(ModelConfig(tokenizer.size, shape), tokenizer.name_pieces)
        title = choose_title(model, tokenizer, words, dish, 1.0, np.random.default_rng(1))
        assert (title is not None) is fits


def test_without_a_proposal_there_is_no_title(model: DishTransformer, tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    words = _words(lexicon, "Salmon")
    assert words.propose("main", words.held(["rice"]), np.random.default_rng(1)) == ("", 0.0)
    assert choose_title(model, tokenizer, words, _dish("rice"), 1.0, np.random.default_rng(1)) is None


def test_a_course_that_no_training_title_has_still_gets_titles(lexicon: Lexicon) -> None:
    words = _words(lexicon, "Warm Soup", course="main")
    assert words.propose("dessert", frozenset(), np.random.default_rng(1)) == ("Warm Soup", 0.0)


@pytest.mark.parametrize("said", [(), ("",), ("  ", "")])
def test_titles_without_a_word_are_refused(lexicon: Lexicon, said: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="the training titles hold no word"):
        _words(lexicon, *said)
