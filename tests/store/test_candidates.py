"""The candidates file: what is refused is not published, and each view shows what it promises and no more."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from dish_pipeline import idea_table
from dish_pipeline.dietetics.facts import facts_of, items_of_dish
from dish_pipeline.dietetics.lexicon import NUTRIENTS, Lexicon
from dish_pipeline.dietetics.profiles import Profile, Rule, judge_all
from dish_pipeline.dish import Dish, Interval, Portion
from dish_pipeline.store import candidates as store

ONE = Interval(1.0, 1.0, 1.0)
DISHES = (
    Dish("main", "Rice with carrots", (Portion("rice", 100.0), Portion("carrot", 60.0), Portion("salt", 1.0))),
    Dish("main", "Buttered rice", (Portion("rice", 100.0), Portion("butter", 12.0))),
    Dish("dessert", "Sweet apple", (Portion("apple", 150.0), Portion("sugar", 7.0))),
)
NEEDS = (
    Profile("no_milk", "allergy to milk", "no milk named", (Rule("absent", "milk", None, None, (), "x"),), ("cross_contact",),
            ("sodium_mg", "added_sugar")),
    Profile("quiet", "a view without numbers", "nothing is judged", (), ("what_helps",), hide_numbers=True),
    Profile("protein_shown", "protein shown", "protein is shown", (), ("allowance",), ("protein_g",)),
    Profile("texture", "texture", "no texture can be read", (), ("texture",), file="texture.yaml", own=True, overrides="old.yaml"),
)


def frames(lexicon: Lexicon, verdict: str | None = None) -> dict[str, pd.DataFrame]:
    profiles = {p.profile: p for p in NEEDS}
    found = store.lexicon_frames(lexicon, profiles)
    rows: dict[str, list[tuple]] = {"ideas": [], "idea_foods": [], "idea_nutrients": [], "idea_verdicts": []}
    for number, dish in enumerate(DISHES):
        facts = facts_of(items_of_dish(dish, lexicon), ONE, lexicon)
        rows["ideas"].append((dish.dish_id, "generated", dish.course, dish.title, [], "Old rice", 0.5, 31.5, 7))
        rows["idea_foods"] += [(dish.dish_id, n, p.food_id, lexicon.foods[p.food_id].name, p.grams) for n, p in enumerate(dish.portions)]
        rows["idea_nutrients"] += [(dish.dish_id, n, v.lo, v.mid, v.hi) for n, v in facts.nutrients.items()]
        judged = judge_all(facts, dish.course, profiles.values())
        rows["idea_verdicts"] += [(dish.dish_id, p, (number == 0 and verdict) or v.verdict, list(v.open_points)) for p, v in judged.items()]
    columns = {
        "ideas": ["idea_id", "origin", "course", "title", "asked", "nearest_title", "novelty", "bits", "seed"],
        "idea_foods": ["idea_id", "n", "food_id", "name", "grams"], "idea_nutrients": ["idea_id", "nutrient", "lo", "mid", "hi"],
        "idea_verdicts": ["idea_id", "profile", "verdict", "open_points"],
    }
    return found | {name: pd.DataFrame(rows[name], columns=columns[name]) for name in rows}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, lexicon: Lexicon) -> Path:
    path = tmp_path_factory.mktemp("ideas") / "candidates.duckdb"
    assert store.publish(path, frames(lexicon), {})["candidates"] == 3
    return path


def test_a_verdict_that_is_not_proved_leaves_the_file_that_was_there(published: Path, lexicon: Lexicon) -> None:
    before = published.read_bytes()
    with pytest.raises(store.StoreError, match=r"stored verdicts are not proved.*nothing was published"):
        store.publish(published, frames(lexicon, "fail"), {})
    assert published.read_bytes() == before
    assert [p.name for p in published.parent.iterdir()] == [published.name]


def test_the_view_without_numbers_holds_no_number(published: Path) -> None:
    with store.open_read_only(published) as connection:
        kinds = {row[0]: row[1] for row in connection.execute("DESCRIBE candidates_without_numbers").fetchall()}
        rows = connection.execute("SELECT * EXCLUDE (idea_id) FROM candidates_without_numbers").fetchall()
    assert set(kinds.values()) == {"VARCHAR", "VARCHAR[]"}
    assert len(rows) == 3
    assert not re.search(r"\d", str(rows))
    for word in ("grams", "novelty", "bits", *NUTRIENTS):
        assert not any(name.startswith(word) for name in kinds)


def shown(path: Path, asked: str, count: int = 10) -> str:
    out = io.StringIO()
    idea_table.show(path, asked, count, Console(file=out, width=150))
    return out.getvalue()


def test_ideas_show_what_their_needs_ask_to_see(published: Path) -> None:
    text = shown(published, "allergy to milk + protein shown")
    assert "Ideas that pass no_milk, seen for protein_shown: 2 of 2" in text
    assert "sodium mg/serving" in text and "protein g/serving" in text and "added sugar" in text
    assert "Buttered" not in text and "yes" in text
    assert "no milk named; not decidable from ingredients: cross contact" in text


def test_an_eating_disorder_sees_no_figure_whatever_else_is_asked(published: Path) -> None:
    for asked in ("quiet", "quiet + no milk + protein_shown", "a view without numbers"):
        text = shown(published, asked)
        assert "Rice with carrots" in text and "carrot, rice, salt" in text
        assert not re.search(r"\d|serving|novelty", text)
    assert "Buttered rice" in shown(published, "quiet") and "Buttered rice" not in shown(published, "quiet + no_milk")


def test_a_need_about_which_nothing_can_be_said_shows_no_ideas(published: Path) -> None:
    with pytest.raises(ValueError, match=r"texture: no texture can be read.*No ideas are shown"):
        shown(published, "no milk + texture")
    with pytest.raises(ValueError, match="no profile 'moonlight'"):
        shown(published, "moonlight")
    assert idea_table.own_profiles(published) == ["your own profile texture: texture.yaml, in place of old.yaml"]


def test_every_verdict_stands_beside_what_is_undecidable(published: Path) -> None:
    with store.open_read_only(published) as connection:
        rows = connection.execute(
            "SELECT verdict, wording, open_points, undecidable FROM verdicts_in_words WHERE profile = 'no_milk' ORDER BY title"
        ).fetchall()
    assert [r[0] for r in rows] == ["fail", "pass", "pass"]
    assert rows[0][1:] == ("no milk named", ["contains milk: butter"], ["cross_contact"])


def test_flags_stand_beside_allergens(published: Path) -> None:
    with store.open_read_only(published) as connection:
        rows = dict(connection.execute("SELECT title, (contains, flags) FROM candidates").fetchall())
    assert rows["Sweet apple"] == ([], ["added_sugar"])
    assert rows["Buttered rice"] == (["milk"], ["animal_origin"])


def test_the_proof_runs_in_the_duckdb_shell_as_well(published: Path) -> None:
    """A view is text that each client reads anew, and the shell is of another version."""
    shell = Path(sys.executable).with_name("duckdb")
    if not shell.exists():
        pytest.skip("no DuckDB shell beside this Python")
    query = "SELECT count(*) FROM disagreements UNION ALL SELECT count(*) FROM proved_verdicts"
    outcome = subprocess.run([str(shell), "-readonly", "-csv", "-noheader", str(published), "-c", query], capture_output=True, text=True, timeout=60)
    assert outcome.stdout.split() == ["0", "12"], outcome.stderr
