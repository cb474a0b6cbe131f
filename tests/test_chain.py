"""The whole chain through Dagster with the tiny preset, and what a user does with its outcome."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from dish_pipeline.settings import CHECKOUT, INPUTS
from dish_pipeline.store.artifacts import Artifacts

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", README, re.DOTALL)
DISH = [sys.executable, "-m", "dish_pipeline.cli"]


def dish(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run one command as a person would, with no terminal."""
    return subprocess.run([*DISH, *arguments], capture_output=True, text=True, timeout=300, **options)  # type: ignore[call-overload, no-any-return]


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A third of the committed recipes, which trains in seconds."""
    folder = tmp_path_factory.mktemp("some recipes")
    for name in ("african", "american", "chinese", "french", "indian", "italian"):
        shutil.copy(INPUTS / "recipes" / f"{name}.jsonl", folder)
    return folder


@pytest.fixture(scope="module")
def finished(recipes: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A finished run in a folder with a space in its name, and what it printed."""
    data = tmp_path_factory.mktemp("my dishes")
    outcome = dish("run", "--preset", "tiny", "--recipes", str(recipes), "--data", str(data))
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return data, outcome.stdout


def test_a_run_ends_with_ideas_times_and_what_to_try_next(finished: tuple[Path, str]) -> None:
    data, printed = finished
    assert "Ideas that pass diabetes and coeliac" in printed
    assert "carbohydrate" in printed and "novelty" in printed
    assert "trained_transformer" in printed and str(data / "candidates.duckdb") in printed
    assert printed.count("dish ") >= 3


def test_every_asset_of_the_design_has_an_artifact(finished: tuple[Path, str]) -> None:
    artifacts = Artifacts(finished[0] / "artifacts")
    for asset in (
        "raw_recipes", "rejected_recipes", "validated_recipes", "recipe_facts", "augmented_recipes", "tokenizer", "baselines", "trained_transformer",
        "evaluation_report", "champion_model", "reviews", "generated_candidates", "candidate_store",
    ):
        assert artifacts.need(asset).manifest["fingerprint"]


def test_the_report_gives_bits_with_intervals_for_every_model(finished: tuple[Path, str]) -> None:
    report = json.loads((finished[0] / "report.json").read_text())
    assert {"transformer", "popularity bag", "co-occurrence", "n-gram"} <= report["models"].keys()
    for model in report["models"].values():
        for measure in ("bits_per_dish", "bits_per_byte"):
            assert 0 < model[measure]["lo"] <= model[measure]["mean"] <= model[measure]["hi"]
    assert report["dishes"]["test"] > 0
    assert "data:image/png" in (finished[0] / "report.html").read_text()


@pytest.mark.parametrize("query", QUERIES, ids=[f"query {i + 1}" for i in range(len(QUERIES))])
def test_the_readme_queries_run_on_the_file(finished: tuple[Path, str], query: str) -> None:
    with duckdb.connect(str(finished[0] / "candidates.duckdb"), read_only=True) as connection:
        connection.execute(query).fetchall()


def test_the_readme_shows_six_queries() -> None:
    assert len(QUERIES) == 6


def test_every_idea_passes_what_it_was_asked_for_and_says_where_it_comes_from(finished: tuple[Path, str]) -> None:
    with duckdb.connect(str(finished[0] / "candidates.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT asked, passes, model_version, data_version, seed, nearest_title, novelty FROM candidates").fetchall()
        wrong = connection.execute("SELECT count(*) FROM disagreements").fetchone()
    assert len(rows) > 20 and wrong == (0,)
    for asked, passes, model, data, seed, nearest, novelty in rows:
        assert set(asked) <= set(passes)
        assert model and data and seed is not None and nearest
        assert 0 < novelty <= 1


def test_an_unknown_food_in_a_stored_idea_is_found_by_the_proof(finished: tuple[Path, str], tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes((finished[0] / "candidates.duckdb").read_bytes())
    with duckdb.connect(str(copy)) as connection:
        connection.execute("INSERT INTO idea_foods SELECT idea_id, 99, 'xyzzy_powder', 'xyzzy powder', 1 FROM ideas LIMIT 1")
        assert connection.execute("SELECT count(*) FROM disagreements").fetchone() != (0,)


def test_the_file_opens_in_the_duckdb_shell(finished: tuple[Path, str]) -> None:
    shell = Path(sys.executable).with_name("duckdb")
    if not shell.exists():
        pytest.skip("no DuckDB shell beside this Python")
    outcome = subprocess.run(
        [str(shell), "-readonly", str(finished[0] / "candidates.duckdb"), "-c", QUERIES[0]], capture_output=True, text=True, timeout=60
    )
    assert outcome.returncode == 0 and not outcome.stderr, outcome.stderr


def test_a_second_run_reuses_everything_and_a_review_takes_effect(finished: tuple[Path, str], recipes: Path) -> None:
    data = finished[0]
    with duckdb.connect(str(data / "candidates.duckdb"), read_only=True) as reader:
        ideas = reader.execute("SELECT idea_id, title FROM candidates WHERE origin = 'generated' ORDER BY idea_id LIMIT 2").fetchall()
        again = dish("run", "--preset", "tiny", "--recipes", str(recipes), "--data", str(data))
        assert again.returncode == 0, again.stderr
        assert again.stdout.count("fresh, reused") == 13
        assert dish("review", ideas[0][0], "accept", "--by", "a test", "--data", str(data)).returncode == 0
        assert dish("review", ideas[1][0], "reject", "--by", "a test", "--reason", "dull", "--data", str(data)).returncode == 0
        # The reader above stays open: it must not stop the publication, nor see it.
        after = dish("run", "--preset", "tiny", "--recipes", str(recipes), "--data", str(data))
        assert after.returncode == 0, after.stderr
        assert reader.execute("SELECT count(*) FROM reviews").fetchone() == (0,)
    with duckdb.connect(str(data / "candidates.duckdb"), read_only=True) as reader:
        found = dict(reader.execute("SELECT idea_id, review FROM candidates WHERE idea_id IN (?, ?)", [i for i, _ in ideas]).fetchall())
    assert found == {ideas[0][0]: "accept"}


def test_a_run_over_other_recipes_leaves_no_trace_in_the_default_folder(finished: tuple[Path, str]) -> None:
    assert (finished[0] / "dagster_home" / "dagster.yaml").is_file()
    provenance = duckdb.connect(str(finished[0] / "candidates.duckdb"), read_only=True).execute("SELECT * FROM provenance").fetchall()
    assert not any(str(CHECKOUT / "data" / "artifacts") in str(row) for row in provenance)


def _bad(tmp_path: Path, name: str, content: bytes) -> subprocess.CompletedProcess[str]:
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    if name:
        (recipes / name).write_bytes(content)
    return dish("run", "--preset", "tiny", "--recipes", str(recipes), "--data", str(tmp_path / "data"))


ONE = b'{"title": "Rice", "servings": 2, "ingredients": ["200 g rice", "1 tsp salt"]}\n'
MANY = json.dumps({"title": "All", "ingredients": ["1 egg"] * 10_000}).encode()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("", b"", ["no recipes found", "put .jsonl"]),
        ("broken.jsonl", b'{"title": "Rice", \n', ["broken.jsonl", "row 1", "not valid JSON"]),
        ("latin.jsonl", '{"title": "Crème", "ingredients": ["x"]}\n'.encode("utf-16-le"), ["latin.jsonl"]),
        ("columns.csv", b"dish,amount\nrice,3\n", ["columns.csv, row 1", "no column of ingredients", "dish, amount"]),
        ("one.jsonl", ONE, ["one.jsonl row 1", "dishes to learn from: 1", "Add recipes"]),
        ("many.jsonl", MANY, ["many.jsonl row 1", "more than 60 ingredient lines"]),
    ],
    ids=["empty folder", "broken JSON", "wrong encoding", "missing columns", "one recipe", "10,000 ingredients"],
)
def test_bad_input_ends_in_words_that_name_file_row_and_remedy(tmp_path: Path, name: str, content: bytes, said: list[str]) -> None:
    outcome = _bad(tmp_path, name, content)
    assert outcome.returncode == 1
    printed = outcome.stdout + outcome.stderr
    for words in said:
        assert words in printed
    assert "Traceback" not in printed


def test_bad_input_leaves_the_last_good_state(finished: tuple[Path, str], tmp_path: Path) -> None:
    data = finished[0]
    before = (data / "candidates.duckdb").read_bytes()
    empty = tmp_path / "nothing"
    empty.mkdir()
    assert dish("run", "--preset", "tiny", "--recipes", str(empty), "--data", str(data)).returncode == 1
    assert (data / "candidates.duckdb").read_bytes() == before
    assert Artifacts(data / "artifacts").need("champion_model")


def _alive_trainers(data: Path) -> list[str]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if "training_process" in command and str(data) in command:
            found.append(command)
    return found


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130)], ids=["SIGKILL", "SIGINT"])
def test_a_stopped_training_leaves_no_orphan_and_goes_on_to_the_same_weights(
    finished: tuple[Path, str], recipes: Path, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    data = tmp_path / "data"
    command = [*DISH, "run", "--preset", "tiny", "--recipes", str(recipes), "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(data.glob("training/*/checkpoint.safetensors")):
        assert process.poll() is None and time.monotonic() < deadline, "no checkpoint was written"
        time.sleep(0.05)
    os.kill(process.pid, number)
    assert process.wait(60) == status
    deadline = time.monotonic() + 30
    while _alive_trainers(data) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _alive_trainers(data)
    again = dish("run", "--preset", "tiny", "--recipes", str(recipes), "--data", str(data))
    assert again.returncode == 0, again.stderr
    weights = [Artifacts(d / "artifacts").need("trained_transformer").manifest["files"]["model.safetensors"]["sha256"] for d in (data, finished[0])]
    assert weights[0] == weights[1]


def test_the_report_looks_at_the_data(finished: tuple[Path, str]) -> None:
    text = (finished[0] / "report.md").read_text(encoding="utf-8")
    for heading in ("Courses", "Cuisines", "Lengths", "Real dishes by profile", "Commonest open points", "Shares that the lexicon resolves"):
        assert f"### {heading}" in text
    assert "| coeliac |" in text and "| breakfast |" in text


def test_the_model_helps_to_clean_the_recipes(finished: tuple[Path, str]) -> None:
    outcome = dish("suspicious", "--limit", "5", "--data", str(finished[0]))
    assert outcome.returncode == 0, outcome.stderr
    rows = re.findall(r"^ *[\d.-]+ bits  (\w+\.jsonl) row (\d+): (.+?): ", outcome.stdout, re.MULTILINE)
    assert len(rows) == 5
    file, row, title = rows[0]
    assert json.loads((INPUTS / "recipes" / file).read_text(encoding="utf-8").splitlines()[int(row) - 1])["title"] == title


def test_the_corpus_is_looked_at_as_a_whole(tmp_path: Path) -> None:
    lines = (INPUTS / "recipes" / "korean.jsonl").read_text(encoding="utf-8").splitlines()
    (tmp_path / "good.jsonl").write_text("\n".join(lines), encoding="utf-8")
    good = dish("corpus", "lint", str(tmp_path))
    assert good.returncode == 0 and "titles that come twice: 0" in good.stdout, good.stdout + good.stderr
    twin = {**json.loads(lines[0]), "title": "Another name"}
    (tmp_path / "twin.jsonl").write_text(json.dumps(twin), encoding="utf-8")
    bad = dish("corpus", "lint", str(tmp_path))
    assert bad.returncode == 1 and "Another name" in bad.stdout, bad.stdout + bad.stderr


def test_refused_rows_are_listed_and_stand_in_the_file(tmp_path: Path) -> None:
    recipes = tmp_path / "recipes"
    recipes.mkdir()
    for name in ("italian.jsonl", "french.jsonl"):
        (recipes / name).write_bytes((INPUTS / "recipes" / name).read_bytes())
    (recipes / "odd.csv").write_text("title,ingredients\nSoup,\n,1 onion\n", encoding="utf-8")
    data = tmp_path / "data"
    run = dish("run", "--preset", "tiny", "--recipes", str(recipes), "--data", str(data))
    assert run.returncode == 0, run.stdout + run.stderr
    listed = dish("rejected", "--data", str(data)).stdout
    assert "odd.csv row 2" in listed and "odd.csv row 3" in listed and "no title" in listed
    with duckdb.connect(str(data / "candidates.duckdb"), read_only=True) as reader:
        rows = reader.execute('SELECT file, "row", field FROM rejected_recipes ORDER BY "row"').fetchall()
    assert rows == [("odd.csv", 2, "ingredients"), ("odd.csv", 3, "title")]


def test_every_line_of_the_committed_recipes_is_resolved() -> None:
    outcome = dish("lexicon", "missing", str(INPUTS / "recipes"))
    resolved, of, total = re.search(r"(\d+) (of) (\d+) ingredient lines resolved", outcome.stdout).groups()  # type: ignore[union-attr]
    assert (resolved, of) == (total, "of")
