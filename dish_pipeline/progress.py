"""Progress of long steps: a bar on a terminal, log lines elsewhere.

What belongs here: showing how far something is. What is shown is decided by who calls.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

log = logging.getLogger("dish_pipeline")
SECONDS_BETWEEN_LINES = 15.0


class Reporter(Protocol):
    """Takes the number of units done and a word about the state."""

    def __call__(self, done: float, note: str = "") -> None: ...


@contextmanager
def progress(label: str, total: float) -> Iterator[Reporter]:
    """Show the way to `total`: a bar when standard error is a terminal, else a log line now and then."""
    if sys.stderr.isatty():
        columns = (TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=total, note="")
            yield lambda done, note="": bar.update(task, completed=done, note=note)
        return
    last = [time.monotonic()]

    def line(done: float, note: str = "") -> None:
        now = time.monotonic()
        if now - last[0] >= SECONDS_BETWEEN_LINES:
            last[0] = now
            log.info("%s: %.0f of %.0f %s", label, done, total, note)

    yield line
