"""What the lexicon lacks: counted by lines, recipes and what it would complete; suggestions decide nothing; skeleton rows pass the lint."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from dish_pipeline.dietetics.lexicon import Lexicon, load
from dish_pipeline.dietetics.lexicon_lint import examine
from dish_pipeline.dietetics.lexicon_missing import FOOD_COLUMNS, KIND, SPELLING, Gap, described, food_row, missing, skeleton, suggestions
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dish import Recipe, Tri
from dish_pipeline.settings import INPUTS

RECIPES = [
    Recipe("One", ("1 onion", "2 tbsp zorble", "1 tsp zorble")),
    Recipe("Two", ("1 onion", "100 g zorble", "50 g quibbleroot")),
    Recipe("Three", ("For the sauce:", "3 quibbleroot", "1 clove garlic")),
    Recipe("Four", ("1 quibbleroot",)),
    Recipe("Five", ("1 onion", "salt")),
]


def _gap(words: str) -> Gap:
    return Gap(words, 3, 2, 1, f"2 tbsp {words}", words)


def test_names_are_counted_in_lines_recipes_and_what_they_would_complete(parser: LineParser) -> None:
    found = missing(RECIPES, parser)
    assert [(g.words, g.lines, g.recipes, g.completes, g.example) for g in found.gaps] == [
        ("quibbleroot", 3, 3, 2, "50 g quibbleroot"), ("zorble", 3, 2, 1, "2 tbsp zorble"),
    ]
    assert (found.lines, found.lines_resolved, found.recipes, found.recipes_resolved) == (11, 5, 5, 1)


def test_a_name_is_shown_as_it_is_spelt_with_the_foods_beside_it(parser: LineParser) -> None:
    gap = missing([Recipe("One", ("2 Zörbel Berries with onions and garlic",))], parser).gaps[0]
    assert (gap.words, gap.spelt, gap.beside) == ("zorbel berry", "zorbel berries", ("onion", "garlic"))
    text = "\n".join(described(gap, parser.lexicon))
    assert "its line names onion, garlic" in text and "words.csv is for words that can never be a food" in text


@pytest.mark.parametrize(("sort", "first"), [("lines", "zorble"), ("recipes", "quibbleroot"), ("completes", "quibbleroot")])
def test_gaps_are_sorted_as_asked(parser: LineParser, sort: str, first: str) -> None:
    more = [Recipe("Six", ("1 zorble", "2 zorble", "1 quux")), Recipe("Seven", ("1 quibbleroot",))]
    assert missing([*RECIPES, *more], parser, sort).gaps[0].words == first


def test_completing_a_name_resolves_as_many_recipes_as_was_said(own_folder: Path) -> None:
    before = missing(RECIPES, LineParser(load(own_folder)))
    _paste(own_folder, skeleton(before.gaps[:1], load(own_folder)))
    after = missing(RECIPES, LineParser(load(own_folder)))
    assert after.recipes_resolved - before.recipes_resolved == before.gaps[0].completes
    assert before.gaps[0].words not in {gap.words for gap in after.gaps}


@pytest.mark.parametrize(
    ("words", "food", "how"),
    [("worcestershyre sauce", "worcestershire_sauce", SPELLING), ("tomatto paste", "tomato_paste", SPELLING),
     ("zorbled olive oil", "olive_oil", KIND)],
)
def test_the_likeliest_food_is_suggested_first(real_lexicon: Lexicon, words: str, food: str, how: str) -> None:
    first = suggestions(words, real_lexicon)[0]
    assert (first.food.food_id, first.how) == (food, how)
    assert first.name in (first.food.name, *first.food.aliases)


def test_what_is_like_nothing_gets_no_suggestion(real_lexicon: Lexicon) -> None:
    assert suggestions("xyzzyq", real_lexicon) == []
    assert suggestions("...", real_lexicon) == []


@pytest.mark.parametrize("words", ["worcestershyre sauce", "tomatto paste"])
def test_a_suggestion_decides_nothing(real_lexicon: Lexicon, real_parser: LineParser, words: str) -> None:
    assert suggestions(words, real_lexicon)
    assert real_lexicon.find(words) is None
    assert not real_parser.parse(f"2 tbsp {words}").resolved


def test_an_editor_is_told_what_to_paste(real_lexicon: Lexicon) -> None:
    text = "\n".join(described(_gap("worcestershyre sauce"), real_lexicon))
    for words in ("would complete 1 recipe", "<- 2 tbsp worcestershyre sauce", "suggestion, decides nothing: spelt alike 'worcestershire sauce'",
                  "|worcestershyre sauce to the aliases of worcestershire_sauce", "worcestershyre_sauce,worcestershyre sauce,"):
        assert words in text
    assert "aliases of" not in "\n".join(described(_gap("xyzzyq"), real_lexicon))


def _paste(folder: Path, lines: list[str]) -> None:
    """What an editor does: the rows go to the ends of the files that the headings name."""
    target = None
    for line in lines:
        if line.startswith("# "):
            target = folder / line[2:].partition(":")[0]
            assert target.read_text(encoding="utf-8").splitlines()[0] == line.partition(": ")[2]
        else:
            assert target is not None
            with target.open("a", encoding="utf-8") as handle:
                handle.write(line + "\n")


def test_skeleton_rows_pass_the_lint_with_every_fact_unknown(tmp_path: Path, real_lexicon: Lexicon) -> None:
    folder = Path(shutil.copytree(INPUTS / "lexicon", tmp_path / "lexicon"))
    gaps = [_gap(words) for words in ("zorble", "zorbled olive oil", 'say "cheese", please', "milk of zorble", "½", "fresh", "zorbles",
                                      "vegan zorble-fish")]
    _paste(folder, skeleton(gaps, real_lexicon))
    assert [str(fault) for fault in examine(folder)] == []
    grown = load(folder)
    new = set(grown.foods) - set(real_lexicon.foods)
    assert new == {"zorble", "zorbled_olive_oil", "say_cheese_please", "milk_of_zorble", "vegan_zorble_fish"}
    for food_id in new:
        assert set(grown.foods[food_id].facts.values()) == {Tri.UNKNOWN}
        assert grown.foods[food_id].composition == {}


def test_a_row_begins_with_a_free_id_and_the_group_of_its_kind(real_lexicon: Lexicon) -> None:
    cells = dict(zip(FOOD_COLUMNS, food_row(_gap("zorbled olive oil"), real_lexicon, {"zorbled_olive_oil"}), strict=True))
    assert (cells["id"], cells["group"], cells["composition"]) == ("zorbled_olive_oil_2", "oil", "none")
    assert food_row(_gap("carrot"), real_lexicon, set())[0] == "carrot_2"
    with (INPUTS / "lexicon" / "foods.csv").open(encoding="utf-8") as handle:
        assert tuple(next(csv.reader(handle))) == FOOD_COLUMNS
