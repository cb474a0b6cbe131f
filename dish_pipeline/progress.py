"""Progress of long steps: a bar on a terminal, log lines elsewhere.

What belongs here: showing how far something is. What is shown is decided by who calls.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

log = logging.getLogger("dish_pipeline")
SECONDS_BETWEEN_LINES = 15.0

TERMINAL = "DISH_TERMINAL"
"""Environment variable with the path of the person's terminal. Dagster captures what steps print, so inside a step, and in the process
that trains, standard error is a pipe even when a person is watching."""


def announce_terminal() -> None:
    """Let steps and child processes know the terminal that standard error is now, if it is one."""
    if sys.stderr.isatty():
        os.environ[TERMINAL] = os.ttyname(sys.stderr.fileno())


def _terminal() -> TextIO | None:
    """The announced terminal, opened for writing; None when there is none, or it is gone."""
    path = os.environ.get(TERMINAL)
    try:
        return open(path, "w", encoding="utf-8") if path else None
    except OSError:
        return None


class Reporter(Protocol):
    """Takes the number of units done and a word about the state."""

    def __call__(self, done: float, note: str = "") -> None: ...


@contextmanager
def progress(label: str, total: float) -> Iterator[Reporter]:
    """Show the way to `total`: a bar when a person watches on a terminal, else a log line now and then."""
    terminal = _terminal()
    if terminal is not None:
        columns = (TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeElapsedColumn(), TimeRemainingColumn())
        with terminal, Progress(*columns, console=Console(file=terminal, force_terminal=True), transient=True) as bar:
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
