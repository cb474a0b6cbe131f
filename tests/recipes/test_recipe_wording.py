"""What recipes say of themselves: the course and the servings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dish_pipeline.dish import COURSES, UNKNOWN_COURSE
from dish_pipeline.recipes.wording import course_of, servings_of


@pytest.mark.parametrize(
    ("text", "servings"),
    [
        ("4", (4, 4)), ("4.0", (4, 4)), ("4,5", (4.5, 4.5)), ("serves 4", (4, 4)), ("Serves: 4", (4, 4)), ("about 4", (4, 4)), ("4 people", (4, 4)),
        ("4-6 servings", (4, 6)), ("Serves 4\u20136", (4, 6)), ("4 to 6", (4, 6)), ("6-4", (4, 6)), ("serves 4 or 5", (4, 5)),
        ("4 à 6 personnes", (4, 6)),
        ("pour 4 personnes", (4, 4)), ("für 4 Personen", (4, 4)), ("serves four", (4, 4)), ("six to eight", (6, 8)), ("fifteen", (15, 15)),
        ("a dozen", (12, 12)), ("one dozen", (12, 12)), ("2 dozen cookies", (24, 24)), ("half a dozen", (6, 6)), ("makes 12 cookies", (12, 12)),
        ("makes 12 small tarts", (12, 12)), ("Makes 2 cups, serves 4", (4, 4)), ("350 g, 4 servings", (4, 4)), ("4 servings (350 g each)", (4, 4)),
        ("30 minutes, serves 4", (4, 4)), ("1 loaf, serves 8", (8, 8)), ("serves 4 (1 1/2 cups each)", (4, 4)), ("200", (200, 200)),
    ],
)
def test_servings_are_read_as_fewest_and_most(text: str, servings: tuple[float, float]) -> None:
    assert servings_of(text) == servings


@pytest.mark.parametrize(
    "text",
    [
        "", "many", "0", "-", "1/2", "1 1/2", "201", "1,000 servings", "1.000", "9" * 500, "makes 500 ml", "makes 3 cups", "2 litres", "1.5 kg",
        "30 minutes", "6+", "serves 6 or more", "twenty-four", "twenty four", "1 (9-inch) cake", "makes 2 loaves", "9x13 pan", "one pie", "fourteen",
    ],
)
def test_what_is_no_number_of_servings_is_none(text: str) -> None:
    assert servings_of(text) is None


WORDS = [
    "4", "6", "1/2", "-", "to", "serves", "makes", "dozen", "half", "a", "four", "six", "+", "or more", "cups", "(", ")", "x", "loaf", ",",
    "1,000",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map(" ".join)))
@settings(deadline=None)
def test_servings_of_any_text_are_believable_and_in_order_or_none(text: str) -> None:
    servings = servings_of(text)
    assert servings is None or 0.5 <= servings[0] <= servings[1] <= 200


@pytest.mark.parametrize(
    ("course", "tags", "found"),
    [
        ("main", (), "main"), ("Main course", (), "main"), ("Starters", (), "starter"), ("SIDE DISH", (), "side"), ("Desserts", (), "dessert"),
        ("plat principal", (), "main"), ("", ("vegan", "soup"), "starter"), ("", ("dinner",), "main"), ("quick", ("brunch",), "breakfast"),
        ("Cookies", (), "dessert"),
        ("Dessert", ("main",), "dessert"), ("soup", ("main",), "main"), ("", (), "unknown"), ("xyzzy", ("plugh",), "unknown"),
    ],
)
def test_the_course_comes_from_the_field_or_a_tag(course: str, tags: tuple[str, ...], found: str) -> None:
    assert course_of(course, tags) == found


@given(st.text(), st.lists(st.text(), max_size=3))
@settings(deadline=None)
def test_the_course_of_any_text_is_one_of_the_list(course: str, tags: list[str]) -> None:
    assert course_of(course, tags) in (*COURSES, UNKNOWN_COURSE)
