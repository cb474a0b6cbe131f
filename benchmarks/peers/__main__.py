"""Other models against ours: `python -m benchmarks.peers`, or `dish benchmark peers`. Hours on two cores; --candidates 1 for a first look.

Every peer learns from the same train split, makes its choices on the validation split (at most --candidates settings each), keeps its best
validation point, and reads the test split once. The measure is that of the report: order-marginal bits of whole dishes. Rows are printed as
they come and kept in `results/peers.json`, so that a run cut short loses nothing; --only runs some of them and takes the others from there.
Figures in seconds are compared within one run only. Some peers need packages that the project does not: pip install -e '.[peers]'.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from benchmarks.chain import machine
from benchmarks.peers import counting, courses, gpt2, lstm, mixture, modern, original, ours, table, throughput
from benchmarks.peers.common import Material, Trained, Unusable, material
from dish_pipeline.settings import INPUTS, PRESETS

RESULTS = Path(__file__).resolve().parents[1] / "results" / "peers.json"
GPT2_NEEDS, EXTRA = ("transformers", "accelerate", "tokenizers"), "pip install -e '.[peers]'"
THROUGHPUT, COURSES = "throughput", "course classifiers"


@dataclass(frozen=True)
class Peer:
    """A model by name, how it is fitted, and the packages that it needs beyond the project's."""

    name: str
    fit: Callable[[Material], Trained]
    needs: tuple[str, ...] = ()


PEERS = (
    Peer(ours.NAME, ours.fit),
    Peer("uniform", counting.uniform),
    Peer("popularity bag", lambda m: counting.counted("popularity bag", m)),
    Peer("co-occurrence", lambda m: counting.counted("co-occurrence", m)),
    Peer("n-gram", lambda m: counting.counted("n-gram", m)),
    Peer(mixture.Mixture.name, mixture.fit),
    Peer("the original's architecture", original.fit),
    Peer("modern decoder, x-transformers", modern.fit, ("x_transformers",)),
    Peer("GPT-2, order drawn anew", lambda m: gpt2.fit(m, shuffled=True), GPT2_NEEDS),
    Peer("GPT-2, own order", lambda m: gpt2.fit(m, shuffled=False), GPT2_NEEDS),
    Peer("LSTM, AWD style", lstm.fit),
)


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for, print rows and bounds, keep the figures. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipes", type=Path, default=INPUTS / "recipes")
    parser.add_argument("--preset", choices=PRESETS, default="laptop")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    names = [*(p.name for p in PEERS), THROUGHPUT, COURSES]
    parser.add_argument("--only", nargs="+", default=[], help=f"names, or parts of names: {', '.join(names)}")
    parser.add_argument("--max-seconds", type=float, default=600, help="seconds that one setting of one peer may train")
    parser.add_argument("--candidates", type=int, default=4, help="settings of each trained peer to try")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args(arguments)
    torch.set_num_threads(asked.threads)

    def wanted(name: str) -> bool:
        return not asked.only or any(part.casefold() in name.casefold() for part in asked.only)

    if not any(map(wanted, names)):
        parser.error(f"nothing is called {' or '.join(asked.only)}")
    try:
        materials = [material(asked.recipes, PRESETS[asked.preset], seed, asked.max_seconds, asked.candidates) for seed in asked.seeds]
    except Unusable as error:
        print(f"dish benchmark: {error}", file=sys.stderr)
        return 2
    first = materials[0]
    kept: dict[str, Any] = json.loads(asked.results.read_text()) if asked.results.is_file() else {}
    where = f"{asked.preset}, {asked.recipes.resolve().name}, {len(first.train)} dishes"
    store = kept.setdefault(where, {"rows": {}})
    run = time.strftime("%Y-%m-%dT%H:%M:%S")
    store["machine"] = [asdict(figure) for figure in machine()] + [{"what": "threads", "value": asked.threads}]

    def keep() -> None:
        asked.results.parent.mkdir(parents=True, exist_ok=True)
        temporary = asked.results.with_name(f".{asked.results.name}.{os.getpid()}.tmp")
        temporary.write_text(json.dumps(kept))
        os.replace(temporary, asked.results)

    print("; ".join(f"{f['what']} {f['value']}" for f in store["machine"]))
    print(f"{where}; {len(first.valid)} to validate, {len(first.test)} to test")
    print(f"at most {asked.max_seconds:g} s a setting and {asked.candidates} settings a peer")
    print(f"\n{table.HEADER}", flush=True)
    missing: list[str] = []
    models: dict[int, Trained] = {}
    for peer in PEERS:
        if not wanted(peer.name):
            continue
        lacking = [package for package in peer.needs if find_spec(package) is None]
        if lacking:
            missing.append(f"{peer.name} was left out: it needs {', '.join(lacking)} ({EXTRA})")
            continue
        rows = []
        for given in materials:
            load, begun = os.getloadavg()[0], time.monotonic()
            trained = peer.fit(given)
            row = table.measured(trained, given) | {"run": run, "threads": asked.threads, "load": [load, os.getloadavg()[0]]}
            rows.append(row | {"all_seconds": round(time.monotonic() - begun, 1)})
            if peer.name == ours.NAME:
                models[given.seed] = trained
        store["rows"][peer.name] = rows
        keep()
        print(table.line(rows, _same(store["rows"].get(ours.NAME), rows)), flush=True)
    notes = {row["note"] for rows in store["rows"].values() for row in rows if row["note"]}
    if wanted(THROUGHPUT):
        if all(find_spec(package) for package in GPT2_NEEDS):
            store["throughput"] = throughput.compare(first)
            keep()
        else:
            missing.append(f"throughput was left out: it needs {', '.join(GPT2_NEEDS)} ({EXTRA})")
    if wanted(COURSES):
        if find_spec("sklearn"):
            known = models.get(first.seed)
            store["courses"] = courses.compare(first, known.score if known else None)
            keep()
            print(f"\n| course from the foods, {store['courses']['dishes']} dishes | accuracy | log-loss, bits |\n|---|---|---|")
            for name, found in store["courses"].items():
                if isinstance(found, dict):
                    shown = [f"{found[k]['mean']:.3f} [{found[k]['lo']:.3f}, {found[k]['hi']:.3f}]" for k in ("accuracy", "bits")]
                    print(f"| {name} | {' | '.join(shown)} |")
            if known is None:
                print("(ours is left out here: it is measured when `ours` is trained in the same run)")
        else:
            missing.append(f"course classifiers were left out: they need scikit-learn ({EXTRA})")
    print("\n" + "\n".join([*table.verdicts(store["rows"], store.get("throughput")), *sorted(notes), *missing]), flush=True)
    return 1 if missing and asked.only else 0


def _same(our_rows: list[table.Row] | None, rows: list[table.Row]) -> list[table.Row] | None:
    """Our rows when they were measured on as many dishes; a collection that has grown since says nothing about the peer."""
    return our_rows if our_rows and len(our_rows[0]["per_dish"]) == len(rows[0]["per_dish"]) else None


if __name__ == "__main__":
    sys.exit(main())
