"""How much of real recipes the lexicon knows: `python -m benchmarks.resolution [CORPUS ...]`. Half a minute.

For each corpus of `../shared/recipes` (or of `recipes` in the folder that `DISH_SHARED` names; nothing is measured where that is absent):
the share of ingredient lines without an unknown word, of mentions that are foods of the lexicon, and of whole recipes with every line
resolved; the commonest names that nobody knows; the seconds that reading and parsing took. A heading is no line. The bounds stand in
`BOUNDS`; a corpus without one is shown only.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics.parsing import Line, LineParser
from dish_pipeline.recipes.readers import read_path
from dish_pipeline.settings import CHECKOUT, Settings

RESULTS = Path(__file__).resolve().parent / "results" / "resolution.json"
SHARED = Path(os.environ.get("DISH_SHARED", CHECKOUT.parent / "shared")) / "recipes"
CORPORA = ("open-modern-en", "nosrecettes-fr", "beeton-1861-en", "howtocook-zh")
BOUNDS = {"open-modern-en": {"mentions": 0.97, "recipes": 0.75}, "nosrecettes-fr": {"mentions": 0.85}}
"""Corpus -> the shares that must be reached."""

SHOWN = 10


def resolved(recipes: Iterable[list[Line]]) -> dict[str, Any]:
    """Counts of recipes as read: lines, mentions and whole recipes with those that are resolved, and the unknown names by frequency."""
    lines, mentions, whole, unknown = Counter[bool](), Counter[bool](), Counter[bool](), Counter[str]()
    for recipe in recipes:
        said = [line for line in recipe if not line.heading]
        lines.update(line.resolved for line in said)
        whole[bool(said) and all(line.resolved for line in said)] += 1
        for line in said:
            mentions.update(mention.food is not None for mention in line.mentions)
            unknown.update(mention.words for mention in line.mentions if mention.food is None)
    return {"lines": lines, "mentions": mentions, "recipes": whole, "unknown": unknown}


def measure(path: Path, parser: LineParser) -> dict[str, Any]:
    """Read and parse one corpus."""
    begun = time.perf_counter()
    counts = resolved([[parser.parse(line) for line in recipe.lines] for recipe in read_path(path).recipes])
    found: dict[str, Any] = {"seconds": time.perf_counter() - begun}
    for what in ("lines", "mentions", "recipes"):
        found[what] = {"resolved": counts[what][True], "all": counts[what].total(), "share": counts[what][True] / max(1, counts[what].total())}
    found["unresolved"] = dict(counts["unknown"].most_common(SHOWN))
    found["unresolved names"] = len(counts["unknown"])
    return found


def _cell(corpus: str, what: str, found: dict[str, Any]) -> str:
    bound = BOUNDS.get(corpus, {}).get(what)
    verdict = "" if bound is None else f", bound {bound:.0%}: {'held' if found['share'] >= bound else 'MISSED'}"
    return f"{found['share']:.1%} of {found['all']:,}{verdict}"


def main(corpora: list[str]) -> None:
    """Measure each corpus, print the table and the commonest unknown names, keep the figures."""
    present = [corpus for corpus in corpora if (SHARED / f"{corpus}.jsonl").is_file()]
    if not present:
        print(f"Nothing to measure: {SHARED} has none of {', '.join(corpora)}.")
        return
    parser = LineParser(lexicon_room.load(Settings().lexicon))
    print(f"{len(parser.lexicon.foods):,} foods; {platform.platform()}\n")
    print("| corpus | lines resolved | mentions | whole recipes | seconds |\n" + "|---" * 5 + "|", flush=True)
    found = {}
    for corpus in present:
        found[corpus] = figures = measure(SHARED / f"{corpus}.jsonl", parser)
        cells = " | ".join(_cell(corpus, what, figures[what]) for what in ("lines", "mentions", "recipes"))
        print(f"| {corpus} | {cells} | {figures['seconds']:.1f} |", flush=True)
    for corpus, figures in found.items():
        names = ", ".join(f"{name} ({count})" for name, count in figures["unresolved"].items())
        print(f"\n{corpus}, {figures['unresolved names']:,} names unresolved, the commonest: {names}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({
        "machine": platform.platform(), "cores": os.cpu_count(), "lexicon": parser.lexicon.version, "bounds": BOUNDS, "corpora": found,
    }, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or list(CORPORA))
