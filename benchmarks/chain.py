"""What the whole chain costs on this machine: `python -m benchmarks.chain`, or `make bench`. Some ten minutes.

1. the machine, its load before the start, the versions of Python and torch;
2. `import dish_pipeline.definitions` in a fresh process (the statement alone, without Python's own start), and whether it loads torch;
3. `dish run`, laptop preset, committed recipes, a new folder with a space in its name: seconds in all, by asset and of the training
   alone, peak memory, and the seconds of a second run, which reuses everything unless the code changed meanwhile (the note says so);
4. the same with `--preset tiny`, once;
5. in this process: reading ingredient lines with an empty memory, and facts with all verdicts of one dish whose lines are read;
6. three filters of the README on the file that run 3 made, result fetched.

Peak memory is the resident size summed over the command and its descendants every 0.2 s; shared pages count once for each, so it errs
upwards; it needs /proc. The table is printed, its figures go to `results/chain.json`. MISSED marks a bound; only a failed step exits with 1.
"""

from __future__ import annotations

import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics import profile_files
from dish_pipeline.dietetics.facts import facts_of, items_of_lines
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dietetics.profiles import judge_all
from dish_pipeline.dish import Interval
from dish_pipeline.recipes.readers import read_path
from dish_pipeline.recipes.wording import course_of, servings_of
from dish_pipeline.settings import CHECKOUT, Settings
from dish_pipeline.store import candidates
from dish_pipeline.store.artifacts import MANIFEST, POINTER

RESULTS = Path(__file__).resolve().parent / "results" / "chain.json"
DISHES, IMPORTS, QUERIES = 200, 5, 21
IMPORT = "import sys, time; t = time.perf_counter(); import dish_pipeline.definitions; print(time.perf_counter() - t, 'torch' in sys.modules)"
FILTERS = {
    "diabetes and coeliac": "SELECT title, course, ingredients, carbohydrate_g_lo, carbohydrate_g_hi, novelty FROM candidates "
    "WHERE list_has_all(passes, ['diabetes', 'coeliac']) ORDER BY course, carbohydrate_g_hi",
    "kidney disease and egg allergy, mains": "SELECT title, ingredients, potassium_mg_hi, phosphorus_mg_hi, sodium_mg_hi FROM candidates "
    "WHERE course = 'main' AND list_has_all(passes, ['ckd', 'egg_allergy']) ORDER BY potassium_mg_hi",
    "vegan snacks without nuts, celery, mustard": "SELECT title, ingredients, energy_kcal_mid FROM candidates "
    "WHERE course IN ('snack', 'side') AND list_contains(passes, 'vegan') "
    "AND NOT list_has_any(contains || may_contain, ['nuts', 'celery', 'mustard'])",
}


@dataclass(frozen=True)
class Figure:
    """One line of the table. `held` is None where nothing is promised."""

    what: str
    value: float | int | str | None
    unit: str = ""
    bound: str = ""
    held: bool | None = None
    note: str = ""

    def row(self) -> str:
        """The figure as a row of the Markdown table."""
        shown = f"{self.value:,.{0 if self.value >= 100 else 3}{'f' if self.value >= 100 else 'g'}}" if isinstance(self.value, float) else self.value
        bound = f"{self.bound}{'' if self.held is None else ': held' if self.held else ': MISSED'}"
        return f"| {self.what} | {'not measured' if shown is None else shown} {self.unit} | {bound} | {self.note} |"


def machine() -> list[Figure]:
    """What the other figures were measured on."""
    described = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    names = [line.partition(":")[2].strip() for line in described if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return [
        Figure("processor", names[0] if names else platform.processor() or platform.machine()), Figure("cores", os.cpu_count()),
        Figure("memory", memory, "MiB"), Figure("load before", round(os.getloadavg()[0], 2)),
        Figure("Python", platform.python_version()), Figure("torch", version("torch")),
    ]


def importing() -> list[Figure]:
    """The import that Dagster's pages and every `dish run` wait for."""
    said = [subprocess.check_output([sys.executable, "-c", IMPORT], cwd=CHECKOUT, text=True).split()[-2:] for _ in range(IMPORTS)]
    seconds, with_torch = [float(taken) for taken, _ in said], any(loaded == "True" for _, loaded in said)
    middle, note = statistics.median(seconds), f"median of {IMPORTS}, {min(seconds):.2f} to {max(seconds):.2f}"
    return [
        Figure("import dish_pipeline.definitions", middle, "s", "< 2 s", middle < 2, note),
        Figure("torch loaded by that import", "yes" if with_torch else "no", "", "no", not with_torch),
    ]


def resident(root: int) -> int:
    """Bytes that the process and its descendants hold now; 0 where there is no /proc (macOS)."""
    parents, sizes = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # After the name, which may hold spaces and brackets: state, parent, ...; resident pages are the 24th field of all.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(stat.parent.name)
        parents[pid], sizes[pid] = int(fields[1]), int(fields[21])
    tree = {root}
    while more := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return sum(sizes.get(pid, 0) for pid in tree) * os.sysconf("SC_PAGE_SIZE")


def dish(data: Path, *arguments: str) -> tuple[float, float | None]:
    """`dish run --data DATA ARGUMENTS`: seconds and peak MiB."""
    command = [sys.executable, "-m", "dish_pipeline.cli", "run", "--recipes", str(Settings().recipes), "--data", str(data), *arguments]
    print("bench: dish run", *arguments, file=sys.stderr, flush=True)
    with tempfile.TemporaryFile("w+") as words:
        begun, peak = time.perf_counter(), 0
        process = subprocess.Popen(command, cwd=CHECKOUT, stdout=words, stderr=subprocess.STDOUT)
        try:
            while process.poll() is None:
                peak = max(peak, resident(process.pid))
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.2)
            seconds = time.perf_counter() - begun
        finally:
            process.terminate()  # Without effect on a process that has ended; when the benchmark is stopped, so is the run.
            process.wait()
        if process.returncode:
            words.seek(0)
            raise SystemExit(f"{shlex.join(command)} ended with status {process.returncode}:\n{words.read()[-3000:]}")
    return seconds, peak / 2**20 if peak else None


def manifests(data: Path) -> dict[str, tuple[int, dict[str, Any]]]:
    """Asset -> when its current manifest was written (ns), and the manifest."""
    found = {}
    for pointer in sorted((data / "artifacts").glob(f"*/{POINTER}")):
        path = pointer.parent / pointer.read_text().strip() / MANIFEST
        found[pointer.parent.name] = (path.stat().st_mtime_ns, json.loads(path.read_text()))
    return found


def runs(data: Path, tiny: Path) -> list[Figure]:
    """The chain from nothing, again with everything fresh, and with the smallest preset."""
    seconds, peak = dish(data, "--preset", "laptop")
    made = manifests(data)
    training = made["trained_transformer"][1]["facts"]
    taken = float(training["seconds"])
    again, _ = dish(data, "--preset", "laptop")
    later = manifests(data)
    remade = [asset for asset, (when, _) in later.items() if when != made[asset][0]]
    reused = f"made again: {', '.join(remade)}" if remade else f"all {len(later)} assets reused"
    slowest_first = sorted(made.items(), key=lambda item: -float(item[1][1]["seconds"]))
    return [
        Figure("dish run, laptop", seconds, "s", "<= 600 s", seconds <= 600),
        Figure("training alone", taken, "s", "<= 360 s", taken <= 360, f"{training['steps']} steps, stopped by: {training['stopped_by']}"),
        Figure("peak memory of the process tree", peak, "MiB", "< 4096 MiB", None if peak is None else peak < 4096),
        *(Figure(f"asset {asset}", float(manifest["seconds"]), "s") for asset, (_, manifest) in slowest_first),
        Figure("dish run again", again, "s", note=reused),
        Figure("second run / first run", again / seconds),
        Figure("dish run, tiny", dish(tiny, "--preset", "tiny")[0], "s"),
    ]


def dietetics() -> list[Figure]:
    """Reading lines, and judging dishes whose lines are read."""
    lexicon = lexicon_room.load(Settings().lexicon)
    profiles = profile_files.load(Settings().profiles, lexicon)
    parser = LineParser(lexicon)
    recipes = read_path(Settings().recipes).recipes
    lines = [line for recipe in recipes for line in recipe.lines]
    begun = time.perf_counter()
    for line in lines:
        parser.parse(line)
    speed = len(lines) / (time.perf_counter() - begun)
    times = []
    for i in range(DISHES):
        recipe = recipes[i * len(recipes) // DISHES]
        read, served, course = [parser.parse(line) for line in recipe.lines], servings_of(recipe.servings), course_of(recipe.course, recipe.tags)
        servings = Interval(served[0], sum(served) / 2, served[1]) if served else None
        begun = time.perf_counter()
        judge_all(facts_of(items_of_lines(read), servings, lexicon), course, profiles.values())
        times.append((time.perf_counter() - begun) * 1000)
    return [
        Figure("reading ingredient lines", speed, "lines/s", note=f"{len(lines)} lines, {len(set(lines))} different"),
        Figure("facts and verdicts of a dish", statistics.median(times), "ms", note=f"median of {len(times)} dishes, {len(profiles)} profiles"),
    ]


def filters(path: Path) -> list[Figure]:
    """The README's questions, asked of a finished file."""
    with candidates.open_read_only(path) as connection:
        found = []
        for name, query in FILTERS.items():
            times = []
            for _ in range(QUERIES):
                begun = time.perf_counter()
                rows = connection.execute(query).fetchall()
                times.append((time.perf_counter() - begun) * 1000)
            found.append(Figure(f"SQL: {name}", statistics.median(times), "ms", note=f"median of {QUERIES}, {len(rows)} ideas found"))
    return found


def main() -> None:
    """Measure everything, print the table, keep the figures. Raises SystemExit with the words of a step that failed."""
    with tempfile.TemporaryDirectory(prefix="dish bench ") as folder:
        data = Path(folder) / "laptop run"
        figures = [*machine(), *importing(), *dietetics(), *runs(data, Path(folder) / "tiny run"), *filters(data / "candidates.duckdb")]
    print("| what | figure | bound | note |\n|---|---:|---|---|")
    print("\n".join(figure.row() for figure in figures))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
