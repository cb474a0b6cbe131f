"""When a challenger becomes the champion: only when it is measurably better.

What belongs here: the gates and the decision. The figures come from the report.

A gate holds when the 95 % interval of the difference in bits per test dish lies below zero. The first model of all becomes champion
even when a gate fails, since there is nothing else to propose ideas with; it is then marked provisional, and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Gate:
    """One condition and what was measured."""

    gate: str
    holds: bool
    measured: str


@dataclass(frozen=True)
class Decision:
    """Whether the challenger takes over, and why."""

    promote: bool
    provisional: bool
    gates: tuple[Gate, ...]
    why: str


def decide(figures: Mapping[str, Any], challenger: str, champion: Mapping[str, Any] | None) -> Decision:
    """`figures` is the report's content, `champion` the facts of the model in use (None: there is none yet)."""
    gates = [_gate(f"better than the {name}", difference) for name, difference in figures["differences"].items() if name != "champion"]
    if champion is not None and champion["model"] == challenger:
        return Decision(False, bool(champion["provisional"]), tuple(gates), "the challenger is the champion already")
    beats_baselines = all(g.holds for g in gates)
    if champion is None:
        why = "the first model, better than every baseline" if beats_baselines else f"the first model, provisional: not {_failing(gates)}"
        return Decision(True, not beats_baselines, tuple(gates), why)
    versus = _gate("better than the champion", figures["differences"]["champion"])
    gates.append(versus)
    if beats_baselines and versus.holds:
        return Decision(True, False, tuple(gates), f"better than the champion by {versus.measured} bits a dish")
    return Decision(False, bool(champion["provisional"]), tuple(gates), f"the champion stays: the challenger is not {_failing(gates)}")


def _gate(name: str, difference: Mapping[str, float]) -> Gate:
    return Gate(name, difference["hi"] < 0, f"{difference['mean']:.2f} [{difference['lo']:.2f}, {difference['hi']:.2f}]")


def _failing(gates: list[Gate]) -> str:
    return ", ".join(g.gate for g in gates if not g.holds)
