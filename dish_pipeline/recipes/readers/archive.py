"""Archives (.zip, .gz, .tar, and apps' own such as .paprikarecipes): every member goes through the choice of formats, as a file would.

What belongs here: the limits, and taking out one member after another into a private folder that is gone afterwards. How members are
found in a container is in `members`. No member's name is ever a path, and no size that an archive states is believed: bytes are
counted as they are decompressed.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from dish_pipeline.recipes.readers import csv_file, jsonl, members
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import HEAD

DEEPEST = 3
"""Archives within archives that are opened. Tandoor's export is a zip of zips, Paprika's a zip of gzip, and someone zips the export."""

MOST_MEMBERS = 100_000
"""Members of one archive with all within it; a recipe and its pictures are a handful each."""

MAX_MEMBER = 2 * 1024**3
"""Bytes of one member, which lies on the disk while it is read. The largest collection that people share is a table of that size."""

MAX_TOTAL = 4 * 1024**3
"""Bytes taken out of one archive in all."""

RATIO, ALWAYS = 200, 256 * 1024 * 1024
"""Bytes taken out for each byte of the archive, beyond what is always allowed. Recipes shrink to a fifth, a bomb to a thousandth."""

SECONDS = 600
"""After which an archive is left as it is. Seventy thousand recipes take a minute."""

CHUNK = 1024 * 1024
LAST_LINE = 64 * CHUNK
"""Bytes in which the last whole line of a table is looked for."""

UNPACK = "unpack it, and give the folder"


@dataclass
class _Budget:
    """What an archive, with the archives in it, may still cost."""

    size: int
    depth: int = 0
    members: int = MOST_MEMBERS
    until: float = field(default_factory=lambda: time.monotonic() + SECONDS)
    taken: int = 0
    spent: bool = False
    """True once a limit was met, so that it is said once and not by each archive around it."""

    def take(self, count: int) -> None:
        """Count bytes that were decompressed. Raises Unreadable where a limit is met."""
        self.taken += count
        most = min(MAX_TOTAL, max(ALWAYS, RATIO * self.size))
        if self.taken > most:
            self.end(f"more than {most:,} bytes when taken out; an archive of {self.size:,} bytes holds no recipes of that size")
        if time.monotonic() > self.until:
            self.end(f"took more than {SECONDS} seconds; the rest is left unread")

    def member(self) -> None:
        """Count a member. Raises Unreadable where there are too many."""
        self.members -= 1
        if self.members < 0:
            self.end(f"more than {MOST_MEMBERS:,} members; the rest is left unread")

    def end(self, reason: str) -> None:
        self.spent = True
        raise Unreadable(reason, remedy=UNPACK)


_BUDGET: ContextVar[_Budget | None] = ContextVar("_BUDGET", default=None)
"""The budget of the archive that is being read. A context, since members pass through the readers of other formats in between."""


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every member that a format knows, named after the archive: export.zip/sub/recipe.json. A member that cannot be taken out is
    a refusal of itself; where the archive itself is damaged, the members before the damage stay."""
    budget = _BUDGET.get() or _Budget(path.stat().st_size)
    if budget.depth >= DEEPEST:
        raise Unreadable(f"an archive in an archive, deeper than {DEEPEST}", remedy=UNPACK)
    budget.depth += 1
    token = _BUDGET.set(budget)
    try:
        with tempfile.TemporaryDirectory(prefix="dish-") as folder:
            _read_members(path, name, reading, Path(folder), budget)
    finally:
        _BUDGET.reset(token)
        budget.depth -= 1


def claims(head: str) -> bool:
    """True for an archive; false for the documents and programs that are zips of their own kind."""
    return members.is_archive(head)


def _read_members(path: Path, name: str, reading: Reading, folder: Path, budget: _Budget) -> None:
    from dish_pipeline.recipes.readers import hidden, plain_name  # which has this module among its formats

    seen: Counter[str] = Counter()
    for member in members.of(path, name, budget.take):
        budget.member()
        inner = plain_name(_shown(member.name))
        if hidden(inner):
            continue
        seen[inner] += 1
        again = f" ({seen[inner]})" if seen[inner] > 1 else ""
        shown = name if member.alone else f"{name}/{inner}{again}"
        target = folder / str(sum(seen.values()))
        try:
            _read_member(member, target, shown, inner, reading)
        except members.Cut:
            raise
        except Unreadable as error:
            reading.files.setdefault(shown, 0)
            reading.add(error.refusal(shown, 0, "file"))
        finally:
            target.unlink(missing_ok=True)
        if budget.spent:
            return


def _read_member(member: members.Member, target: Path, shown: str, inner: str, reading: Reading) -> None:
    """Take one member out and read it; one that no format knows is not taken out at all."""
    from dish_pipeline.recipes.readers import member_format, read_file

    source = member.open()
    head = source.read(HEAD)
    chosen = member_format(inner, head)
    if chosen is None:
        reading.files[shown] = 0
        return
    try:
        _take_out(source, head, target)
    except members.Cut:
        if member.alone and chosen in (csv_file.FORMAT, jsonl.FORMAT):
            _keep_whole_rows(target, shown, inner, reading)
        raise
    read_file(target, shown, reading, inner)


def _take_out(source: members.Source, head: bytes, target: Path) -> None:
    size = len(head)
    with target.open("xb") as file:
        file.write(head)
        while chunk := source.read(CHUNK):
            size += len(chunk)
            if size > MAX_MEMBER:
                raise Unreadable(f"over {MAX_MEMBER:,} bytes when taken out", remedy=UNPACK)
            file.write(chunk)


def _keep_whole_rows(target: Path, shown: str, inner: str, reading: Reading) -> None:
    """The recipes of a table that was cut off, without its last line: half an ingredient list looks like a whole one."""
    from dish_pipeline.recipes.readers import read_file

    with target.open("r+b") as file:
        begin = max(0, file.seek(0, 2) - LAST_LINE)
        file.seek(begin)
        file.truncate(begin + file.read().rfind(b"\n") + 1)
    rows = Reading()
    read_file(target, shown, rows, inner)
    rows.refusals.clear()
    reading.take(rows)


def _shown(name: str) -> str:
    """A member's name as a path below the archive, for reading only."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")) or "unnamed"


FORMAT = Format(
    "archive", (".zip", ".gz", ".tgz", ".tar", ".paprikarecipes", ".melarecipes", ".rtk"), read, claims,
    magic=(members.ZIP, members.EMPTY_ZIP, members.GZIP, members.TAR),
)  # fmt: skip
