"""Rows of the comparison: what is kept of a measured peer, the table, the ratios and the bounds.

What belongs here: arithmetic on kept rows and their printing. A row is a plain record, so that it goes to JSON and comes back as it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import lgamma, log
from typing import Any

import numpy as np

from benchmarks.peers.common import Material, Trained
from benchmarks.peers.ours import NAME as OURS
from dish_pipeline.evaluation import likelihood
from dish_pipeline.model.tokenizer import PARTS

Row = dict[str, Any]

AT_MOST = {"the original's architecture": 0.85, "n-gram": 0.80, "GPT-2": 0.90, "modern decoder, x-transformers": 0.90}
"""Our bits a dish as a share of the peer's. Of GPT-2's two forms the better one counts."""
TIME_AT_MOST = {"GPT-2": 0.2, "modern decoder, x-transformers": 0.2}
"""Seconds in which we reach the peer's best validation, as a share of the seconds that it took."""
THROUGHPUT_AT_LEAST = 2.0
HEADER = (
    "| model | parameters | bits a dish, test | bits a byte | course | foods | amounts | title | best validation | seconds to it (cpu) | tokens/s | "
    "ours / it | ours gets there in |\n|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---|---|"
)


def measured(trained: Trained, material: Material) -> Row:
    """Read the test split, once, and write down all that is known of the peer."""
    orders, preset = material.preset.evaluation_orders, material.preset
    test = likelihood.measure(trained.name, trained.score, material.test, orders, material.seed)
    undone = np.array([lgamma(len(d.portions) + 1) / log(2) for d in material.watched[0]]).mean()
    valid, reach = (trained.best["bits"] if trained.history else material.watch(trained.score)) - undone, None
    row: Row = {}
    if trained.own_order is not None:
        # Watched in the recipe's own order, where nothing is taken off: the figure is a bound as it stands.
        valid += undone
        drawn = material.watch(trained.score) - undone
        own = likelihood.Measured(trained.name, trained.own_order(material.test, [list(range(len(d.portions))) for d in material.test]))
        row["bits of drawn orders"] = float(test.per_dish.mean())
        row["bits of the own order"] = float(own.per_dish.mean())
        if valid <= drawn:
            test = own
        else:
            valid = drawn
    summary = likelihood.summary(test, likelihood.text_bytes(material.test, material.lexicon), material.seed, preset.bootstrap)
    best = trained.best
    last = trained.history[-1] if trained.history else {}
    reach = valid + undone
    return row | {
        "name": trained.name, "parameters": trained.parameters, **summary, "per_dish": np.round(test.per_dish, 4).tolist(), "valid": float(valid),
        "reach": float(reach), "seconds": best.get("seconds"), "cpu": best.get("cpu"), "history": trained.history, "chosen": trained.chosen,
        "tokens_per_second": last["tokens"] / last.get("training", last["seconds"]) if last else None, "stopped_by": trained.stopped_by,
        "note": trained.note, "tried": trained.extra.get("tried"), "seed": material.seed,
    }


def merged(rows: Sequence[Row]) -> Row:
    """One row over several seeds: bits dish by dish averaged, figures averaged, the spread of the bits kept."""
    first = dict(rows[0])
    first["per_dish"] = np.mean([r["per_dish"] for r in rows], axis=0).tolist()
    means = [float(np.mean(r["per_dish"])) for r in rows]
    first["spread"] = [min(means), max(means)]
    first["bits_per_dish"] = likelihood.bootstrap(np.array(first["per_dish"]), seed=1)
    for key in ("valid", "seconds", "cpu", "tokens_per_second"):
        if first[key] is not None:
            first[key] = float(np.mean([r[key] for r in rows]))
    for part in PARTS:
        first["parts"] = {**first["parts"], part: {"mean": float(np.mean([r["parts"][part]["mean"] for r in rows]))}}
    return first


def ratio(ours: Sequence[Row], theirs: Sequence[Row]) -> dict[str, float]:
    """Our bits over theirs, with the interval over test dishes drawn with replacement, the same dishes for both."""
    a, b = (np.mean([r["per_dish"] for r in rows], axis=0) for rows in (ours, theirs))
    return likelihood.bootstrap(a, seed=1, weights=b)


def reached(ours: Row, theirs: Row) -> dict[str, float] | None:
    """When our training first reached the peer's best validation: seconds, and as a share of the peer's. None when it never did."""
    if not theirs["seconds"]:
        return None
    for at in ours["history"]:
        if at["bits"] <= theirs["reach"]:
            return {"seconds": at["seconds"], "share": at["seconds"] / theirs["seconds"], "cpu_share": at["cpu"] / max(theirs["cpu"], 0.01)}
    return None


def time_shares(ours: Sequence[Row], theirs: Sequence[Row]) -> list[dict[str, float] | None]:
    """`reached`, seed by seed, for rows of one run on one machine; rows of other runs say nothing about time."""
    by_seed = {(r["seed"], r["run"]): r for r in ours}
    return [reached(by_seed[key], r) for r in theirs if (key := (r["seed"], r["run"])) in by_seed and r["seconds"]]


def line(rows: Sequence[Row], ours: Sequence[Row] | None) -> str:
    """A row of the Markdown table, over all seeds."""
    row = merged(rows)
    bits, parts, spread = row["bits_per_dish"], row["parts"], row["spread"]
    against, when = "", ""
    if ours and row["name"] != OURS:
        share = ratio(ours, rows)
        against = f"{share['mean']:.3f} [{share['lo']:.3f}, {share['hi']:.3f}]"
        shares = time_shares(ours, rows)
        if shares:
            got = [s for s in shares if s is not None]
            seconds, part = (np.mean([s[key] for s in got]) for key in ("seconds", "share")) if got else (0.0, 0.0)
            when = f"{seconds:.0f} s = {part:.2f} of its time" if len(got) == len(shares) else "never"
    return " | ".join([
        f"| {row['name']}" + (" (time limit)" if row["stopped_by"] == "time limit" else ""),
        f"{row['parameters']:,}" if row["parameters"] else "",
        f"{bits['mean']:.1f} [{bits['lo']:.1f}, {bits['hi']:.1f}]" + (f", seeds {spread[0]:.1f}-{spread[1]:.1f}" if len(rows) > 1 else ""),
        f"{row['bits_per_byte']['mean']:.3f}", *(f"{parts[p]['mean']:.1f}" for p in PARTS), f"{row['valid']:.1f}",
        f"{row['seconds']:.0f} ({row['cpu']:.0f})" if row["seconds"] is not None else "",
        f"{row['tokens_per_second']:,.0f}" if row["tokens_per_second"] else "", against, f"{when} |",
    ])


def verdicts(kept: Mapping[str, Sequence[Row]], speed: Mapping[str, Any] | None) -> list[str]:
    """Each bound with its figure: held, held only as a mean, MISSED, or not measured."""
    ours = kept.get(OURS)
    found = []

    def cut(rows: Sequence[Row]) -> str:
        return "; the peer was cut by the clock" if any(r["stopped_by"] == "time limit" for r in rows) else ""

    def rows_of(name: str) -> Sequence[Row] | None:
        forms = [rows for key, rows in kept.items() if key == name or key.startswith(f"{name}, ")]
        return min(forms, key=lambda rows: np.mean([r["valid"] for r in rows]), default=None)

    for name, bound in AT_MOST.items():
        theirs = rows_of(name)
        if ours and theirs:
            share = ratio(ours, theirs)
            word = "held" if share["hi"] <= bound else "held, but not by the whole interval" if share["mean"] <= bound else "MISSED"
            shown = f"{share['mean']:.3f} [{share['lo']:.3f}, {share['hi']:.3f}]"
            found.append(f"bits, ours / {theirs[0]['name']}: {shown}, bound {bound:.2f}: {word}{cut(theirs)}")
        else:
            found.append(f"bits, ours / {name}: not measured, bound {bound:.2f}")
    for name, bound in TIME_AT_MOST.items():
        theirs = rows_of(name)
        shares = time_shares(ours, theirs) if ours and theirs else []
        if not shares or not theirs:
            found.append(f"time to the best validation of {name}: not measured in one run, bound {bound:.2f}")
            continue
        got = [(s["share"], s["cpu_share"]) for s in shares if s is not None]
        mean, cpu = np.mean(got, axis=0) if len(got) == len(shares) else (float("inf"), float("inf"))
        word = "held" if mean <= bound else "MISSED"
        share = f"{mean:.2f} of its own (by cpu seconds {cpu:.2f})"
        found.append(f"time to the best validation of {theirs[0]['name']}: {share}, bound {bound:.2f}: {word}{cut(theirs)}")
    if speed:
        rates = [f"{speed[who]['tokens_per_second']:,.0f} with {speed[who]['parameters']:,} parameters" for who in ("ours", "trainer")]
        word = "held" if speed["ratio"] >= THROUGHPUT_AT_LEAST else "MISSED"
        found.append(
            f"tokens a second in training, ours / Trainer: {speed['ratio']:.2f} ({' against '.join(rates)}; by cpu seconds "
            f"{speed['cpu_ratio']:.2f}), bound {THROUGHPUT_AT_LEAST:.1f}: {word}"
        )
    else:
        found.append(f"tokens a second in training, ours / Trainer: not measured, bound {THROUGHPUT_AT_LEAST:.1f}")
    return found
