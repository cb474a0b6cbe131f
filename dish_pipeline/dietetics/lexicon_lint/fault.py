"""What the lint finds: a fault that a person has to mend.

What belongs here: the record and how it is said.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `kind` groups it with its like, `row` is the id of the row in `file`, `remedy` what a person can do."""

    kind: str
    file: str
    row: str
    said: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}: {self.row}: {self.said}; {self.remedy}"
