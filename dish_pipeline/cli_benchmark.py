"""`dish benchmark ...`: our model against others, on the recipes given.

What belongs here: finding the benchmarks of the checkout and starting them. They are no part of the package; nothing is computed here.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from dish_pipeline.settings import CHECKOUT, INPUTS, PRESETS


@click.group()
def benchmark() -> None:
    """Measure the model against others."""


@benchmark.command()
@click.option(
    "--recipes", type=click.Path(exists=True, path_type=Path), default=INPUTS / "recipes", show_default=True, help="A file or folder of recipes.",
)
@click.option("--preset", type=click.Choice(list(PRESETS)), default="laptop", show_default=True, help="Size of our model and its training.")
@click.option("--seed", "seeds", type=int, multiple=True, default=(1,), show_default=True, help="May come several times.")
@click.option("--only", multiple=True, metavar="NAME", help="Only peers whose name holds this; may come several times.")
@click.option(
    "--max-seconds", type=click.FloatRange(min=0, min_open=True), default=600, show_default=True, help="That one setting of a peer may train.",
)
@click.option("--candidates", type=click.IntRange(min=1), default=4, show_default=True, help="Settings of each trained peer to try.")
def peers(recipes: Path, preset: str, seeds: tuple[int, ...], only: tuple[str, ...], max_seconds: float, candidates: int) -> None:
    """Train other models on RECIPES and measure them as ours is: counting, LSTM, GPT-2, a modern decoder, the original's architecture.

    Rows are printed as they come and kept in benchmarks/results/peers.json. At least 200 recipes. Two hours on
    two cores, half an hour with --candidates 1. A peer whose package is not installed is named and left out.
    """
    if not (CHECKOUT / "benchmarks" / "peers" / "__main__.py").is_file():
        raise click.ClickException(
            f"there is no benchmarks/peers in {CHECKOUT}: the benchmarks come with a clone of the repository, not with an installed package; "
            "run `dish benchmark peers` from a clone"
        )
    command = [
        sys.executable, "-m", "benchmarks.peers", "--recipes", str(recipes.resolve()), "--preset", preset, "--max-seconds", str(max_seconds),
        "--candidates", str(candidates), "--seeds", *map(str, seeds), *(["--only", *only] if only else []),
    ]
    path = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH", "")]))
    raise SystemExit(subprocess.call(command, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": path}))
