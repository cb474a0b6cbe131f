"""Progress shows as a bar where a person watches, and as lines where nobody does."""

from __future__ import annotations

import logging
import os
import pty
import select

import pytest

from dish_pipeline import progress as room
from dish_pipeline.progress import TERMINAL, progress


def test_without_a_terminal_there_are_lines_now_and_then(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delenv(TERMINAL, raising=False)
    monkeypatch.setattr(room, "SECONDS_BETWEEN_LINES", 0.0)
    monkeypatch.setattr(room.log, "propagate", True)
    with caplog.at_level(logging.INFO, logger="dish_pipeline"), progress("training", 10) as show:
        show(4, "half way")
    assert "training: 4 of 10 half way" in caplog.text


def test_on_an_announced_terminal_there_is_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    monkeypatch.setenv(TERMINAL, os.ttyname(theirs))
    with progress("training", 10) as show:
        show(4, "half way")
    seen = b""
    # A terminal hands over what was written in pieces; nothing more comes once it has been silent for a while.
    while b"training" not in seen and select.select([ours], [], [], 5.0)[0]:
        seen += os.read(ours, 65536)
    assert "training" in seen.decode(errors="replace")
    os.close(ours)
    os.close(theirs)


def test_a_terminal_that_is_gone_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TERMINAL, "/nowhere/tty")
    with progress("training", 10) as show:
        show(10)
