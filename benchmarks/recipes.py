"""What reading, checking, clustering and splitting of many recipes costs: `python -m benchmarks.recipes [COUNT ...]`. Some ten minutes.

The recipes are real ones recombined: each takes five lines of one recipe of `../shared/recipes/open-modern-en.jsonl` (of the project's
own recipes where that is absent) and five of another, with a title made of both; one in twenty is written twice with small edits. Each
count runs in a process of its own, from a JSON Lines file to raw, validated, mention and split Parquet files, as the assets do it:
seconds in all and by step, recipes a second, and the process's peak memory. The bounds stand in `BOUNDS`.
"""

from __future__ import annotations

import json
import os
import platform
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from dish_pipeline.settings import CHECKOUT, INPUTS, Settings

RESULTS = Path(__file__).resolve().parent / "results" / "recipes.json"
SHARED = CHECKOUT.parent / "shared" / "recipes" / "open-modern-en.jsonl"
COUNTS = (3_000, 70_000, 200_000)
BOUNDS = {3_000: (20.0, None), 70_000: (300.0, 2_048.0)}
"""Count -> (seconds, MiB) that it may take; None where nothing is promised."""

LINES = 10


def write_recipes(count: int, path: Path, seed: int = 1) -> None:
    """A JSON Lines file of `count` recombined recipes of ten lines."""
    rng = random.Random(seed)
    source = [SHARED] if SHARED.is_file() else sorted((INPUTS / "recipes").glob("*.jsonl"))
    recipes = [json.loads(line) for file in source for line in file.read_text(encoding="utf-8").splitlines()]
    recipes = [r for r in recipes if len(r["ingredients"]) >= 5]
    with path.open("w", encoding="utf-8") as file:
        written: list[dict] = []
        for _ in range(count):
            if written and rng.random() < 0.05:
                twin = rng.choice(written)
                record = {**twin, "ingredients": rng.sample(twin["ingredients"], len(twin["ingredients"]) - 1)}
            else:
                a, b = rng.sample(recipes, 2)
                words = a["title"].split()[:3] + b["title"].split()[:3]
                lines = [_other_amount(line, rng) for line in rng.sample(a["ingredients"], 5) + rng.sample(b["ingredients"], 5)]
                record = {"title": " ".join(words), "course": rng.choice(("main", "side", "dessert")), "servings": "4", "ingredients": lines[:LINES]}
                written = [*written[-999:], record]
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def _other_amount(line: str, rng: random.Random) -> str:
    """The line with its first whole number changed, as files of this size do not repeat their lines; the parser remembers what it read."""
    return re.sub(r"\b\d{1,3}\b", lambda m: str(rng.randint(1, 3 * int(m[0]) + 1)), line, count=1)


def measure(count: int) -> dict[str, float]:
    """Run the steps once, in this process."""
    from dish_pipeline.dietetics.lexicon import load
    from dish_pipeline.dietetics.parsing import LineParser
    from dish_pipeline.recipes import schema, splits
    from dish_pipeline.recipes.readers import read_path
    from dish_pipeline.recipes.validation import raw_frame, validate
    from dish_pipeline.store import tables

    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_recipes(count, folder / "recipes.jsonl")
        start = before = time.perf_counter()

        def done(step: str) -> None:
            nonlocal before
            now = time.perf_counter()
            seconds[step], before = now - before, now

        tables.write(raw_frame(read_path(folder / "recipes.jsonl").recipes), folder / "raw.parquet", schema.RAW)
        done("read")
        result = validate(tables.read(folder / "raw.parquet"), LineParser(load(Settings().lexicon)))
        done("validate")
        dishes = result.dishes
        splits.split_dishes(dishes, result.mentions, {}, 1)
        done("cluster and split")
        tables.write(dishes, folder / "dishes.parquet", schema.VALIDATED)
        tables.write(result.mentions, folder / "mentions.parquet", schema.MENTIONS)
        done("write")
        seconds["all"] = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"recipes": count, "accepted": len(dishes), "clusters": dishes["cluster"].nunique(), "peak_MiB": peak, **seconds}


def recall(seed: int = 1) -> dict[str, float]:
    """Edited copies of the project's own recipes: how many are found to be one dish with their original, by how alike they are.

    An edit drops, adds or exchanges one to four ingredient lines (other lines come from other recipes) or a word of the title; the copy goes the
    whole way of a recipe, from its wording on. Keys "0.8" and so on: recall among the copies whose exact Jaccard index of foods and title words
    lies in [0.8, 0.85).
    """
    from dish_pipeline.dietetics.lexicon import load
    from dish_pipeline.dietetics.parsing import LineParser
    from dish_pipeline.recipes.duplicates import Forest, features_of, likeness, links
    from dish_pipeline.recipes.readers import read_path
    from dish_pipeline.recipes.validation import raw_frame, validate

    rng = random.Random(seed)
    recipes = read_path(INPUTS / "recipes").recipes
    pool = [line for r in recipes for line in r.lines]
    copies = []
    for number, r in enumerate(recipes):
        lines, words = list(r.lines), r.title.split()
        for _ in range(rng.randint(1, 4)):
            match rng.randrange(4):
                case 0 if len(lines) > 3:
                    lines.pop(rng.randrange(len(lines)))
                case 1:
                    lines.insert(rng.randrange(len(lines)), rng.choice(pool))
                case 2:
                    lines[rng.randrange(len(lines))] = rng.choice(pool)
                case _ if len(words) > 1:
                    words[rng.randrange(len(words))] = rng.choice(("Quick", "Sunday", "Village"))
        rng.shuffle(lines)
        copies.append(replace(r, title=" ".join(words), lines=tuple(lines), file="copies", row=number + 1))
    result = validate(raw_frame([*recipes, *copies]), LineParser(load(Settings().lexicon)))
    sets = features_of(result.dishes, result.mentions)
    forest = Forest(len(sets))
    for i, j in links(sets):
        forest.join(i, j)
    place = {(d.file, d.row): i for i, d in enumerate(result.dishes.itertuples())}
    found: dict[float, list[bool]] = {}
    for number, r in enumerate(recipes):
        if ("copies", number + 1) in place:
            i, j = place[r.file, r.row], place["copies", number + 1]
            found.setdefault(int(likeness(sets[i], sets[j]) * 20) / 20, []).append(forest.root(i) == forest.root(j))
    return {f"{low:g}": sum(hits) / len(hits) for low, hits in sorted(found.items()) if low >= 0.5} | {
        "copies at 0.8 or more": sum(len(hits) for low, hits in found.items() if low >= 0.8)
    }


def main(counts: list[int]) -> None:
    """Measure every count in a process of its own, then the recall; print the table and keep the figures."""
    rows = []
    print("| recipes | seconds | bound | ms a recipe | read | validate | cluster and split | write | peak MiB | bound |", flush=True)
    print("|---" * 10 + "|", flush=True)
    for count in counts:
        done = subprocess.run([sys.executable, "-m", "benchmarks.recipes", "--one", str(count)], capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        rows.append(found)
        seconds, memory = BOUNDS.get(count, (None, None))
        steps = " | ".join(f"{found[step]:.1f}" for step in ("read", "validate", "cluster and split", "write"))
        print(
            f"| {count:,} | {found['all']:.1f} | {_bound(found['all'], seconds)} | {1000 * found['all'] / count:.2f} | {steps} | "
            f"{found['peak_MiB']:.0f} | {_bound(found['peak_MiB'], memory)} |", flush=True,
        )
    found = recall()
    print("\nNear-duplicates found among edited copies, by Jaccard index: " + ", ".join(f"{k}: {v:.3g}" for k, v in found.items()))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": platform.processor() or platform.machine(), "cores": os.cpu_count(), "rows": rows, "recall": found}))


def _bound(value: float, bound: float | None) -> str:
    return "" if bound is None else f"{bound:g}: {'held' if value <= bound else 'MISSED'}"


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(int(sys.argv[2]))))
    else:
        main([int(count) for count in sys.argv[1:]] or list(COUNTS))
