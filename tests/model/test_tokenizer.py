"""Dishes to tokens and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish, Portion
from dish_pipeline.model.given import AMOUNTS_LAST, TITLE_FIRST, holding
from dish_pipeline.model.text import GRID, canonical
from dish_pipeline.model.tokenizer import PARTS, DecodeError, DishTokenizer, control_tokens, train

PORTIONS = (Portion("rice", 60.0), Portion("rice_flour", None), Portion("egg", 50.0))


@given(st.text(max_size=120))
@example("<end>")
@example("a▁b")  # SentencePiece's own sign for a space.
@example("\0")
@example("tab\tand\nline\u2028end\x1c!")
@example("😀 é e\u0301 ﬁ ﷽")
@example("= 12 ?")
def test_any_title_survives_the_round_trip(tokenizer: DishTokenizer, title: str) -> None:
    assert tokenizer.round_trips(Dish("main", title, PORTIONS))


@given(st.sampled_from([*COURSES, UNKNOWN_COURSE]), st.lists(st.sampled_from([*GRID, None]), min_size=1, max_size=20), st.data())
def test_any_dish_of_lexicon_foods_survives_the_round_trip(tokenizer: DishTokenizer, course: str, amounts: list, data: st.DataObject) -> None:
    foods = data.draw(st.permutations(sorted(tokenizer.foods)))
    dish = Dish(course, "A dish", tuple(Portion(f, g) for f, g in zip(foods, amounts, strict=False)))
    back = tokenizer.decode(tokenizer.encode(dish).ids.tolist())
    assert back == dish
    assert back.dish_id == dish.dish_id


def test_every_made_up_dish_keeps_its_hash_through_the_tokens(tokenizer: DishTokenizer, dishes: list[Dish]) -> None:
    for dish in dishes:
        assert tokenizer.decode(tokenizer.encode(dish).ids.tolist()).dish_id == dish.dish_id


def test_a_word_that_is_no_course_becomes_the_unknown_course(tokenizer: DishTokenizer) -> None:
    dish = Dish("brunch", "A dish", PORTIONS)
    assert tokenizer.decode(tokenizer.encode(dish).ids.tolist()).course == UNKNOWN_COURSE
    assert tokenizer.round_trips(dish)


@pytest.mark.parametrize("text", ["<pad>", "<start>", "<end>", "<unk>", "<0x41>", "</s>", *control_tokens()])
def test_a_title_that_spells_a_control_token_is_only_letters(tokenizer: DishTokenizer, text: str) -> None:
    words = tokenizer.pieces.encode(text)
    assert not any(tokenizer.pieces.is_control(i) or tokenizer.pieces.is_unknown(i) for i in words)
    assert tokenizer.decode(tokenizer.encode(Dish("main", text, PORTIONS)).ids.tolist()).title == text


def test_every_control_token_has_one_id_of_its_own(tokenizer: DishTokenizer) -> None:
    ids = [tokenizer.pad, tokenizer.start, tokenizer.end, tokenizer.title, *tokenizer.course_ids.values(), *tokenizer.amount_ids.values()]
    assert len(ids) == len(set(ids)) == len(control_tokens()) + 3
    assert tokenizer.pieces.unk_id() not in ids
    assert not set(ids) & set(tokenizer.word_ids.tolist())
    assert max(*ids, *tokenizer.word_ids) < tokenizer.first_food


def test_each_token_belongs_to_its_part(tokenizer: DishTokenizer, dishes: list[Dish]) -> None:
    for dish in dishes:
        encoded = tokenizer.encode(dish)
        assert encoded.ids.shape == encoded.parts.shape
        by_part = {part: encoded.ids[encoded.parts == i].tolist() for i, part in enumerate(PARTS)}
        assert encoded.ids[encoded.parts == -1].tolist() == [tokenizer.start]
        assert by_part["course"] == [tokenizer.course_ids[dish.course]]
        assert by_part["amounts"] == [tokenizer.amount_ids[p.grams] for p in dish.portions]
        assert by_part["foods"] == [*(tokenizer.food_tokens[p.food_id] for p in dish.portions), tokenizer.title]
        assert by_part["title"] == [*tokenizer.pieces.encode(dish.title), tokenizer.end]


def test_the_order_permutes_the_foods_and_nothing_else(tokenizer: DishTokenizer, dishes: list[Dish]) -> None:
    dish = next(d for d in dishes if len(d.portions) >= 4)
    order = list(range(len(dish.portions)))[::-1]
    turned = tokenizer.decode(tokenizer.encode(dish, order).ids.tolist())
    assert turned == Dish(dish.course, dish.title, dish.portions[::-1])
    assert turned.dish_id == dish.dish_id


def test_every_food_of_the_lexicon_has_one_token_and_its_name(tokenizer: DishTokenizer, lexicon: Lexicon) -> None:
    assert sorted(tokenizer.food_tokens.values()) == list(range(tokenizer.first_food, tokenizer.size))
    assert tokenizer.food_tokens.keys() == lexicon.foods.keys()
    for food_id, token in tokenizer.food_tokens.items():
        name = lexicon.foods[food_id].name
        assert tokenizer.piece(token) == name
        assert tokenizer.pieces.decode(tokenizer.name_pieces[token - tokenizer.first_food]) == name
    assert tokenizer.piece(tokenizer.end) == "<end>"


def test_the_grammar_holds_every_token_of_every_dish_in_its_part_and_gives_no_token_to_two_parts(
    tokenizer: DishTokenizer, dishes: list[Dish]
) -> None:
    assert tokenizer.grammar.shape == (len(PARTS), tokenizer.size)
    assert tokenizer.grammar.sum(axis=0).max() == 1
    never = [tokenizer.pad, tokenizer.start, tokenizer.pieces.unk_id()]
    assert np.flatnonzero(tokenizer.grammar.sum(axis=0) == 0).tolist() == sorted(never)
    strange = Dish("side", "\u4f60\u597d \U0001f600", PORTIONS)
    for dish in [*dishes, strange]:
        encoded = tokenizer.encode(dish)
        assert tokenizer.grammar[encoded.parts[1:], encoded.ids[1:]].all()


def test_a_food_without_a_token_is_refused(tokenizer: DishTokenizer) -> None:
    dish = Dish("main", "x", (Portion("unicorn", 100.0),))
    assert not tokenizer.can_encode(dish)
    assert tokenizer.can_encode(Dish("main", "x", PORTIONS))
    with pytest.raises(KeyError, match="unicorn"):
        tokenizer.encode(dish)


def test_training_twice_gives_the_same_tokenizer(dishes: list[Dish]) -> None:
    texts = [d.title for d in dishes]
    assert train(texts, 420) == train(texts, 420)


def test_a_tokenizer_needs_two_texts() -> None:
    with pytest.raises(ValueError, match="at least two texts"):
        train(["", "rice", ""], 420)


def test_a_tokenizer_read_from_its_file_encodes_as_before(tokenizer: DishTokenizer, dishes: list[Dish], tmp_path: Path) -> None:
    tokenizer.save(tmp_path)
    other = DishTokenizer.load(tmp_path)
    assert all(np.array_equal(other.encode(d).ids, tokenizer.encode(d).ids) for d in dishes)
    assert (other.foods, other.food_ids, other.size) == (tokenizer.foods, tokenizer.food_ids, tokenizer.size)


def test_a_tokenizer_keeps_its_foods_when_the_lexicon_changes(tokenizer: DishTokenizer) -> None:
    other = DishTokenizer(tokenizer.model, dict(reversed(tokenizer.foods.items())))
    dish = Dish("main", "x", PORTIONS)
    assert other.decode(other.encode(dish).ids.tolist()) == dish
    assert not np.array_equal(other.encode(dish).ids, tokenizer.encode(dish).ids)


def _well_formed(t: DishTokenizer) -> list[int]:
    return t.encode(canonical(Dish("main", "Rice", PORTIONS))).ids.tolist()


def test_decoding_refuses_every_malformed_sequence_with_a_reason(tokenizer: DishTokenizer) -> None:
    t = tokenizer
    course, grams, rice, word = t.course_ids["main"], t.amount_ids[60.0], [t.food_tokens["rice"]], t.pieces.encode("Rice")
    malformed = {
        "nothing": [],
        "no start": [course, *rice, grams, t.title, *word, t.end],
        "no course": [t.start, *rice, grams, t.title, *word, t.end],
        "no end": [t.start, course, *rice, grams, t.title, *word],
        "no title": [t.start, course, *rice, grams, t.end],
        "no foods": [t.start, course, t.title, *word, t.end],
        "no amount": [t.start, course, *rice, t.title, *word, t.end],
        "no name": [t.start, course, grams, t.title, *word, t.end],
        "a name in pieces": [t.start, course, *t.pieces.encode("rice"), grams, t.title, *word, t.end],
        "two foods on end": [t.start, course, *rice, t.food_tokens["egg"], grams, t.title, *word, t.end],
        "two amounts": [t.start, course, *rice, grams, grams, t.title, *word, t.end],
        "a food at the end": [t.start, course, *rice, grams, *rice, t.end],
        "a food in the title": [t.start, course, *rice, grams, t.title, *rice, t.end],
        "an end too early": [t.start, course, t.end, *rice, grams, t.title, *word, t.end],
        "twice the same food": [t.start, course, *rice, grams, *rice, grams, t.title, *word, t.end],
        "two courses": [t.start, course, course, *rice, grams, t.title, *word, t.end],
        "two titles": [t.start, course, *rice, grams, t.title, *word, t.title, *word, t.end],
        "two ends": [t.start, course, *rice, grams, t.title, *word, t.end, t.end],
        "padding in the title": [t.start, course, *rice, grams, t.title, t.pad, t.end],
        "an amount in the title": [t.start, course, *rice, grams, t.title, grams, t.end],
        "the unknown piece in the title": [t.start, course, *rice, grams, t.title, t.pieces.unk_id(), t.end],
        "an id too large for the title": [t.start, course, *rice, grams, t.title, t.size, t.end],
        "an id too large for a name": [t.start, course, t.size, grams, t.title, *word, t.end],
        "a negative id": [t.start, course, *rice, grams, t.title, -1, t.end],
    }
    for what, ids in malformed.items():
        with pytest.raises(DecodeError):
            t.decode(ids)
            pytest.fail(f"{what} was taken for a dish")


@given(st.data())
def test_a_sequence_with_a_token_changed_is_a_dish_or_refused_but_never_anything_else(tokenizer: DishTokenizer, data: st.DataObject) -> None:
    ids = _well_formed(tokenizer)
    for _ in range(data.draw(st.integers(1, 3))):
        ids[data.draw(st.integers(0, len(ids) - 1))] = data.draw(st.integers(-2, tokenizer.size + 1))
    try:
        dish = tokenizer.decode(ids)
    except DecodeError:
        return
    assert dish.portions and dish.food_ids <= tokenizer.foods.keys()


def test_more_letters_than_the_vocabulary_holds_are_written_in_bytes(dishes: list[Dish], lexicon: Lexicon) -> None:
    titles = ["".join(chr(0x4E00 + (7 * i + k) % 3000) for k in range(8)) for i in range(600)]
    made = DishTokenizer.for_lexicon(train([*titles, *(d.title for d in dishes)], 640), lexicon)
    assert made.first_food <= 640
    for title in titles[:50]:
        assert made.round_trips(Dish("main", title, dishes[0].portions))


FORMS = ("<start>", TITLE_FIRST, AMOUNTS_LAST)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_back_with_or_without_conditions(told_tokenizer: DishTokenizer, dishes: list[Dish], lexicon: Lexicon, form: str) -> None:
    t, rng = told_tokenizer, np.random.default_rng(3)
    for dish, names in zip(dishes, holding(t.given, dishes, lexicon), strict=True):
        order, again = (rng.permutation(len(dish.portions)).tolist() for _ in range(2))
        for conditions in ([], [t.given_ids[name] for name in names]):
            row = t.encode(dish, order, form=form, given=conditions, again=again)
            read = t.decode(row.ids.tolist())
            assert read == Dish(dish.course, dish.title, tuple(dish.portions[i] for i in order))
            assert (row.parts[: 1 + len(conditions)] == -1).all()


@pytest.mark.parametrize("form", FORMS)
def test_every_token_that_is_predicted_stands_in_its_parts_grammar_and_given_ones_in_none(
    told_tokenizer: DishTokenizer, dishes: list[Dish], form: str
) -> None:
    t = told_tokenizer
    assert not t.grammar[:, t.first_given : t.first_food].any(), "what is given is never predicted"
    for dish in dishes:
        row = t.encode(dish, form=form, given=list(t.given_ids.values())[2:5])
        predicted = row.parts >= 0
        assert t.grammar[row.parts[predicted], row.ids[predicted]].all()
        again = len(dish.portions) if form == AMOUNTS_LAST else 0
        assert (~predicted).sum() == 4 + again, "the first token, three conditions, the foods said again"
        assert np.bincount(row.parts[predicted], minlength=4)[:3].tolist() == [1, len(dish.portions) + 1, len(dish.portions)]


def test_the_usual_form_is_the_same_whatever_else_can_be_given(tokenizer: DishTokenizer, told_tokenizer: DishTokenizer, dishes: list[Dish]) -> None:
    shift = len(told_tokenizer.given_ids)
    assert shift > 20
    for dish in dishes:
        plain, told = tokenizer.encode(dish), told_tokenizer.encode(dish)
        assert np.array_equal(np.where(plain.ids >= tokenizer.first_food, plain.ids + shift, plain.ids), told.ids)
        assert np.array_equal(plain.parts, told.parts)


def test_a_tokenizer_from_before_says_that_it_knows_no_other_form(tokenizer: DishTokenizer, dishes: list[Dish]) -> None:
    assert tokenizer.form_id("<start>") == tokenizer.start
    with pytest.raises(ValueError, match="knows no form <start:title>: it was trained without it; train again"):
        tokenizer.encode(dishes[0], form=TITLE_FIRST)


def test_every_token_has_a_name_that_people_can_read(told_tokenizer: DishTokenizer) -> None:
    assert {told_tokenizer.piece(i) for i in told_tokenizer.given_ids.values()} == set(told_tokenizer.given.tokens)
    assert told_tokenizer.piece(told_tokenizer.food_tokens["rice"]) == "rice"


@given(st.data())
def test_another_form_with_a_token_changed_is_a_dish_or_refused(told_tokenizer: DishTokenizer, dishes: list[Dish], data: st.DataObject) -> None:
    t = told_tokenizer
    dish = data.draw(st.sampled_from(dishes))
    ids = t.encode(dish, form=data.draw(st.sampled_from(FORMS)), given=[t.given_ids["<free:milk>"]]).ids.tolist()
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(ids) - 1))
        if data.draw(st.booleans()):
            ids[place] = data.draw(st.integers(-1, t.size))
        else:
            del ids[place]
        if not ids:
            return
    try:
        read = t.decode(ids)
    except DecodeError:
        return
    assert read.portions and read.food_ids <= t.foods.keys()
