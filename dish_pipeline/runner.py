"""One run of the chain from the terminal, through Dagster, and the table it ends with.

What belongs here: what `dish run` does: an instance, the job "everything" in this process, legible lines while it works, clear words
when it fails, and the ideas at the end.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
from rich.console import Console
from rich.table import Table

from dish_pipeline import idea_table
from dish_pipeline.assets.workspace import Workspace
from dish_pipeline.automation import EVERYTHING
from dish_pipeline.definitions import build_defs
from dish_pipeline.dietetics.profiles import parse_ask
from dish_pipeline.progress import announce_terminal
from dish_pipeline.settings import CHECKOUT, DEFAULT_DAGSTER_HOME, DEFAULT_DATA

PID_TAG, HOST_TAG = "dish/pid", "dish/host"
SHOWN_PROFILES = "diabetes + coeliac"

console = Console()


def prepare_home(folder: Path) -> Path:
    """A Dagster home at `folder`, with the project's dagster.yaml when it has none of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    ours = CHECKOUT / "dagster_home" / "dagster.yaml"
    target = folder / "dagster.yaml"
    if not target.exists():
        if ours.is_file():
            shutil.copy(ours, target)
        else:
            target.write_text("telemetry:\n  enabled: false\n")
    return folder


def run(recipes: Path, data: Path, preset: str, seed: int, asks: Sequence[str] = ()) -> int:
    """The whole chain over `recipes` into `data`, with ideas for `asks` or the usual ones.

    Returns the exit status: 0, 1 when a step failed, 130 when interrupted.
    """
    workspace = Workspace(recipes=str(recipes), data=str(data), preset_name=preset, seed=seed)
    try:
        # Before the training and not after it.
        for ask in asks:
            parse_ask(ask, workspace.profiles())
    except ValueError as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    _log_lines()
    announce_terminal()
    home = DEFAULT_DAGSTER_HOME if data == DEFAULT_DATA.resolve() else data / "dagster_home"
    os.environ["DAGSTER_HOME"] = str(prepare_home(home))
    # Dagster tells of its previews at every start; that is not for the person who wants ideas.
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    begun = time.monotonic()
    with dg.DagsterInstance.from_config(str(home)) as instance:
        report_dead_runs(instance)
        job = build_defs(workspace=workspace).resolve_job_def(EVERYTHING)
        config: dict[str, object] = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        if asks:
            config["ops"] = {"generated_candidates": {"config": {"asks": list(asks)}}}
        tags = {PID_TAG: str(os.getpid()), HOST_TAG: socket.gethostname()}
        try:
            result = job.execute_in_process(instance=instance, run_config=config, tags=tags, raise_on_error=False)
        except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
            console.print("[yellow]stopped; the next run goes on from here[/]")
            return 130
    if not result.success:
        if _was_interrupted(result):
            console.print("[yellow]stopped; the next run goes on from here[/]")
            return 130
        for line in _failures(result):
            console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
        console.print("What was there before is unchanged. Mend the cause and run the same command again.", soft_wrap=True)
        return 1
    _closing(result, data, time.monotonic() - begun, asks[0] if asks else SHOWN_PROFILES)
    return 0


def report_dead_runs(instance: dg.DagsterInstance) -> int:
    """Report runs as failed whose process is gone (killed), so that nothing waits for them. Returns how many there were."""
    dead = 0
    unfinished = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING])
    for found in instance.get_runs(filters=unfinished):
        pid, host = found.tags.get(PID_TAG), found.tags.get(HOST_TAG)
        if pid and host == socket.gethostname() and not _alive(int(pid)):
            instance.report_run_failed(found, "The process of this run is gone; it was killed. A new run goes on from its checkpoint.")
            dead += 1
    return dead


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _log_lines() -> None:
    """Send the steps' lines to standard error, one a line, whatever Dagster does with its own logs."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("dish_pipeline")
    log.handlers, log.propagate = [handler], False
    log.setLevel(logging.INFO)


def _was_interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """True when a step failed because the run was asked to stop (Ctrl-C, SIGTERM, cancelled in the browser)."""
    errors = [e.step_failure_data.error for e in result.all_events if e.is_step_failure]
    return any(error is not None and "Interrupted" in error.to_string() for error in errors)


def _failures(result: dg.ExecuteInProcessResult) -> list[str]:
    """What failed, in the words of the error that caused it."""
    lines = []
    for event in result.all_events:
        if event.is_step_failure:
            data = event.step_failure_data
            text = data.user_failure_data.description if data.user_failure_data else None
            if not text and data.error:
                cause = data.error
                while cause.cause:
                    cause = cause.cause
                text = cause.message.strip()
            lines.append(f"{event.step_key} failed: {text or 'no reason given; see the run in Dagster'}")
    return lines or ["the run failed before a step began; see it in Dagster (`dish dev`)"]


def _closing(result: dg.ExecuteInProcessResult, data: Path, seconds: float, shown: str) -> None:
    """The table of ideas, what each step took, and what to try next."""
    path = data / "candidates.duckdb"
    idea_table.show(path, shown, 10, console)
    steps = Table(title="Steps", title_justify="left", box=None)
    for name in ("step", "seconds", ""):
        steps.add_column(name, justify="right" if name == "seconds" else "left")
    for event in result.get_asset_materialization_events():
        metadata = event.materialization.metadata
        state = "fresh, reused" if metadata["reused"].value else "made"
        steps.add_row(event.materialization.asset_key.path[-1], f"{metadata['seconds'].value:.1f}", state)
    steps.add_row("everything", f"{seconds:.1f}", "")
    console.print(steps)
    for line in idea_table.own_profiles(path):
        console.print(line, soft_wrap=True, highlight=False, markup=False)
    failed = [c for c in result.get_asset_check_evaluations() if not c.passed]
    for check in failed:
        console.print(f"[yellow]check {check.check_name}: {check.description}[/]", soft_wrap=True)
    extra = "" if data == DEFAULT_DATA.resolve() else f" --data {_quoted(data)}"
    console.print(f"\nThe ideas: {path}\nThe report: {data / 'report.html'}", soft_wrap=True, highlight=False)
    console.print("Try next:", highlight=False)
    for command, what in (
        (f"dish ideas coeliac + milk allergy{extra}", "ideas for other needs"),
        (f"dish profiles{extra}", "the needs there are, rule by rule"),
        (f"dish sql{extra}", "the file in SQL, read-only (make sql)"),
        ("dish dev", "the pipeline in the browser (make dev)"),
    ):
        console.print(f"  {command:<44} {what}", soft_wrap=True, highlight=False)


def _quoted(path: Path) -> str:
    return f"'{path}'" if " " in str(path) else str(path)
