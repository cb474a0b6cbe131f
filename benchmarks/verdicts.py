"""What proving verdicts in SQL costs: `python -m benchmarks.verdicts [COUNT ...]`. Some two minutes.

Each count runs in a process of its own, on two threads: a store of that many made-up dishes of 8 to 12 lexicon foods, one amount in a
hundred missing, and all committed profiles. Then `CREATE TABLE ... AS SELECT * FROM proved_verdicts`; those verdicts are stored, one of
them changed, and `disagreements` must find that one. Seconds, verdicts and the process's peak memory, then the milliseconds that facts and
all verdicts of one dish take in Python. The bounds stand in `BOUNDS` and `BOUND_MS`.
"""

from __future__ import annotations

import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics import profile_files
from dish_pipeline.dietetics.facts import facts_of, items_of_dish
from dish_pipeline.dietetics.profiles import judge_all
from dish_pipeline.dish import Dish, Interval, Portion
from dish_pipeline.settings import Settings
from dish_pipeline.store import candidates

RESULTS = Path(__file__).resolve().parent / "results" / "verdicts.json"
COUNTS = (100_000, 1_000_000)
THREADS = 2
BOUNDS = {1_000_000: 120.0}
"""Count -> seconds that proving all its verdicts may take."""

BOUND_MS = 5.0
"""Milliseconds that facts and all verdicts of one dish may take in Python."""

DISHES = """
INSERT INTO ideas (idea_id, origin, course, title, asked)
SELECT left(md5(i::VARCHAR), 16), 'made up', ['starter', 'main', 'side', 'dessert', 'breakfast', 'snack', 'unknown'][1 + (hash(i) % 7)::INTEGER],
       'dish ' || i, []
FROM range(?) dishes(i);
"""
FOODS = """
INSERT INTO idea_foods
WITH picked AS (
    SELECT i, n, 1 + (hash(i, n) % ?)::INTEGER AS no, hash(i, n, 'grams') AS chance
    FROM (SELECT i, unnest(range(1, 9 + (hash(i, 'foods') % 5)::INTEGER)) AS n FROM range(?) dishes(i))
), shelf AS MATERIALIZED (SELECT food_id, name, row_number() OVER (ORDER BY food_id)::INTEGER AS no FROM foods)
SELECT left(md5(i::VARCHAR), 16), n, food_id, name, CASE WHEN chance % 100 > 0 THEN 1 + chance % 200 END
FROM picked JOIN shelf USING (no);
"""


def measure(count: int) -> dict[str, float]:
    """Make the store and prove it, in this process."""
    lexicon = lexicon_room.load(Settings().lexicon)
    profiles = profile_files.load(Settings().profiles, lexicon)
    figures: dict[str, float] = {"dishes": count, "profiles": len(profiles), "rules": sum(len(p.rules) for p in profiles.values())}
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(str(Path(folder) / "store.duckdb")) as connection:
        connection.execute(f"SET threads = {THREADS}")
        candidates.build(connection, candidates.lexicon_frames(lexicon, profiles), {})
        connection.execute(DISHES, [count])
        connection.execute(FOODS, [len(lexicon.foods), count])
        begun = time.perf_counter()
        connection.execute("CREATE TABLE proved AS SELECT * FROM proved_verdicts")
        figures["proved, seconds"] = time.perf_counter() - begun
        row = connection.execute("SELECT count(*) FROM proved").fetchone()
        figures["verdicts"] = row[0] if row else 0
        connection.execute(
            "INSERT INTO idea_verdicts SELECT idea_id, profile, CASE WHEN rowid = 0 THEN 'perhaps' ELSE verdict END, [] FROM proved"
        )
        begun = time.perf_counter()
        found = connection.execute("SELECT * FROM disagreements").fetchall()
        figures["disagreements, seconds"] = time.perf_counter() - begun
        assert len(found) == 1, f"one verdict was changed, {len(found)} were found"
    figures["peak MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


def one_dish_ms(dishes: int = 200) -> float:
    """Milliseconds of facts and all verdicts of one dish of ten foods, in Python."""
    lexicon = lexicon_room.load(Settings().lexicon)
    profiles = list(profile_files.load(Settings().profiles, lexicon).values())
    one, foods = Interval(1.0, 1.0, 1.0), list(lexicon.foods)
    made = [Dish("main", "x", tuple(Portion(foods[(97 * i + 31 * n) % len(foods)], 10.0 + n) for n in range(10))) for i in range(dishes)]
    begun = time.perf_counter()
    for dish in made:
        judge_all(facts_of(items_of_dish(dish, lexicon), one, lexicon), dish.course, profiles)
    return 1000 * (time.perf_counter() - begun) / dishes


def _word(held: bool | None) -> str:
    return "" if held is None else "held" if held else "MISSED"


def main() -> None:
    """Measure each count in a process of its own, print the table, keep the figures."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(int(sys.argv[2]))))
        return
    print("| dishes | profiles | verdicts | proved, s | bound, s | disagreements, s | peak MiB |\n" + "|---" * 7 + "|", flush=True)
    rows = []
    for count in [int(word.replace(",", "").replace("_", "")) for word in sys.argv[1:]] or COUNTS:
        done = subprocess.run([sys.executable, "-m", "benchmarks.verdicts", "--one", str(count)], stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout)
        rows.append(found)
        bound = BOUNDS.get(count)
        held = None if bound is None else found["proved, seconds"] <= bound
        print(
            f"| {count:,} | {found['profiles']} | {found['verdicts']:,} | {found['proved, seconds']:.1f} | {bound or ''} {_word(held)} | "
            f"{found['disagreements, seconds']:.1f} | {found['peak MiB']:,.0f} |", flush=True,
        )
    milliseconds = one_dish_ms()
    print(f"\nfacts and all verdicts of one dish in Python: {milliseconds:.2f} ms, bound {BOUND_MS:g}: {_word(milliseconds <= BOUND_MS)}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": platform.platform(), "counts": rows, "one_dish_ms": milliseconds}, indent=1))


if __name__ == "__main__":
    main()
