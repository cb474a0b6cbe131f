"""What a file or folder of recipes would give, before anything is done with it; and its recipes in the project's own format.

What belongs here: summing up a reading for a person, and writing it down. Reading is done in `readers`, printing in the command.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers import REFUSED_ENDING, Reading, Refusal
from dish_pipeline.recipes.readers.fields import NAMES, normal
from dish_pipeline.recipes.readers.reading import printable

EXAMPLES = 3
"""Refusals shown of each reason."""

FEW_FILES = 4
"""Files of one recipe each that are listed one by one."""

LINES_TRIED = 20_000
"""Ingredient lines that are parsed, of recipes evenly spread where there are more; a few seconds' work."""

NAMES_SHOWN = 12
"""Names of unused columns, or of skipped files, in one line."""

_DETAIL = re.compile(r"'[^']*'|\"[^\"]*\"|0x[0-9A-F]{2}|\d[\d,.]*")


@dataclass
class Source:
    """One file, one archive with all its members, or one folder of small files: how many recipes, and what own names were taken for."""

    name: str
    formats: list[str] = field(default_factory=list)
    files: int = 0
    recipes: int = 0
    fields: dict[str, str] = field(default_factory=dict)

    def take(self, columns: Mapping[str, str]) -> None:
        """Add what the names of one file were taken for; a name that any of them uses is used."""
        self.fields.update({own: taken for own, taken in columns.items() if taken or not self.fields.get(own)})

    @property
    def unused(self) -> list[str]:
        """The names that no field takes."""
        return [name for name, taken in self.fields.items() if not taken]


@dataclass(frozen=True)
class Reason:
    """Refusals for the same reason, the first few of them whole."""

    text: str
    count: int
    examples: tuple[Refusal, ...]


@dataclass(frozen=True)
class Preview:
    """A reading summed up. `lines` counts the ingredient lines that were tried, `resolved` those of which every word is understood."""

    sources: list[Source]
    skipped: list[str]
    reasons: list[Reason]
    example: Recipe | None
    recipes: int
    lines: int
    resolved: int

    @property
    def refused(self) -> int:
        """All refusals."""
        return sum(reason.count for reason in self.reasons)


def summed_up(reading: Reading, parser: LineParser) -> Preview:
    """The preview of a reading."""
    every = 1 + sum(len(recipe.lines) for recipe in reading.recipes) // LINES_TRIED
    parsed = [line for recipe in reading.recipes[::every] for line in map(parser.parse, recipe.lines) if not line.heading]
    refused = {refusal.file for refusal in reading.refusals}
    return Preview(
        sources=_sources(reading),
        skipped=[name for name in reading.files if name not in reading.formats and name not in refused],
        reasons=by_reason(reading.refusals),
        example=next(iter(reading.recipes), None),
        recipes=len(reading.recipes),
        lines=len(parsed),
        resolved=sum(line.resolved for line in parsed),
    )


def by_reason(refusals: Iterable[Refusal]) -> list[Reason]:
    """Refusals grouped by field and reason, the commonest first. Numbers and quoted words do not make a reason another."""
    groups: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        groups.setdefault(f"{refusal.field}: {_DETAIL.sub('…', refusal.reason.partition(';')[0])}", []).append(refusal)
    texts = (text if len(same) > 1 else f"{same[0].field}: {same[0].reason}" for text, same in groups.items())
    reasons = [Reason(text, len(same), tuple(same[:EXAMPLES])) for text, same in zip(texts, groups.values(), strict=True)]
    return sorted(reasons, key=lambda reason: -reason.count)


def told_columns(pairs: Iterable[str]) -> dict[str, str]:
    """`field=Column` as a user writes it -> field -> column. Raises ValueError for anything else."""
    columns: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not equals or not column.strip() or name.strip() not in NAMES:
            raise ValueError(f"{pair!r}: write FIELD=COLUMN, where FIELD is one of {', '.join(NAMES)}")
        columns[name.strip()] = column.strip()
    return columns


def check_columns(columns: Mapping[str, str], reading: Reading) -> None:
    """Raises ValueError where a column that a user named is in no file, so that a slip of the pen is not taken for a file without it."""
    there = {normal(name): name for names in reading.columns.values() for name in names}
    for taken, column in columns.items():
        if normal(column) not in there:
            found = ", ".join(list(there.values())[:50]) or "none"
            raise ValueError(printable(f"{taken}={column}: no file has a column {column!r}; the columns found are: {found}"))


def described(preview: Preview, limit: int) -> Iterator[str]:
    """The preview as lines of text, at most `limit` files and reasons."""
    return map(printable, _described(preview, limit))


def _described(preview: Preview, limit: int) -> Iterator[str]:
    for source in preview.sources[:limit]:
        members = f" ({source.files:,} files)" if source.files > 1 else ""
        yield f"{source.name}: {', '.join(source.formats)}{members}, {_many(source.recipes, 'recipe')}"
        if used := [name if normal(name) == taken else f"{name} -> {taken}" for name, taken in source.fields.items() if taken]:
            yield f"    {', '.join(used)}"
        if source.unused:
            yield f"    not used: {_some(source.unused)}"
    if rest := preview.sources[limit:]:
        yield f"and {len(rest):,} more files with {_many(sum(source.recipes for source in rest), 'recipe')}"
    if preview.skipped:
        yield f"skipped, being hidden or of no known format: {_some(preview.skipped)}"
    yield from described_reasons(preview.reasons, limit)
    if preview.example is not None:
        yield from _described_recipe(preview.example)
    share = f" ({preview.resolved / preview.lines:.0%})" if preview.lines else ""
    resolved = f"{preview.resolved:,} of {preview.lines:,} ingredient lines tried are resolved{share}"
    yield ""
    yield f"{_many(preview.recipes, 'recipe')}; {resolved}; {preview.refused:,} refused"


def described_reasons(reasons: list[Reason], limit: int) -> Iterator[str]:
    """Reasons with their counts, each with its first cases and what to do about them."""
    if reasons:
        yield f"refused: {sum(reason.count for reason in reasons):,}"
    for reason in reasons[:limit]:
        yield f"  {reason.count:,} x {reason.text}"
        for refusal in reason.examples:
            place = f"{refusal.file}, row {refusal.row}" if refusal.row else refusal.file
            yield f"      {place}: {refusal.value[:80]!r}"
        yield f"      what to do: {reason.examples[0].remedy}"
    if rest := reasons[limit:]:
        yield f"  {sum(reason.count for reason in rest):,} x {len(rest)} other reasons"


def write(reading: Reading, source: Path, folder: Path, force: bool = False) -> tuple[Path, Path | None]:
    """Write the recipes of a source as JSON Lines into a folder, and what was refused as a table beside them that no run takes for recipes.

    Each file is complete or not there at all. Raises ValueError rather than overwrite, unless `force`, and for a folder within the
    source, where the next reading would find the recipes twice.
    """
    if source.is_dir() and folder.resolve().is_relative_to(source.resolve()):
        raise ValueError(f"{folder}: lies within {source}, and would be read with it; name a folder elsewhere")
    name = source.resolve().name if source.is_dir() else source.stem
    recipes, refused = folder / f"{name or 'recipes'}.jsonl", folder / f"{name or 'recipes'}{REFUSED_ENDING}"
    there = [path.name for path in (recipes, refused) if path.exists()]
    if there and not force:
        raise ValueError(f"{folder}: {' and '.join(there)} is there already; name another folder, or say --force to overwrite")
    folder.mkdir(parents=True, exist_ok=True)
    _write(recipes, (json.dumps(record_of(recipe), ensure_ascii=False) + "\n" for recipe in reading.recipes))
    refused.unlink(missing_ok=True)
    if not reading.refusals:
        return recipes, None
    _write(refused, _table(reading.refusals))
    return recipes, refused


def record_of(recipe: Recipe) -> dict[str, object]:
    """A recipe as a record of the project's own format: reading it gives the same recipe."""
    return {
        "title": recipe.title, "course": recipe.course, "cuisine": recipe.cuisine, "servings": recipe.servings, "ingredients": list(recipe.lines),
        "tags": list(recipe.tags), "instructions": list(recipe.steps), "source_file": recipe.file, "source_row": recipe.row,
    }  # fmt: skip


def _sources(reading: Reading) -> list[Source]:
    found: dict[str, Source] = {}
    archives = {name for name, kind in reading.formats.items() if kind == "archive"}
    for name, kind in reading.formats.items():
        root = _first_of(name, archives)
        source = found.setdefault(root, Source(root))
        if kind not in source.formats:
            source.formats.append(kind)
        source.files += name not in archives
        source.recipes += reading.files.get(name, 0) if name not in archives else 0
    for name, columns in reading.columns.items():
        source = found.setdefault(_first_of(name, found), Source(name))
        source.take(columns)
    return _gathered(found.values(), archives)


def _gathered(sources: Iterable[Source], archives: Container[str]) -> list[Source]:
    """Files of at most one recipe each, in the same folder and format, as one source named after the folder."""
    groups: dict[tuple[str, ...], list[Source]] = {}
    for source in sources:
        small = source.recipes <= 1 and source.name not in archives
        groups.setdefault((source.name.rpartition("/")[0], *source.formats) if small else ("", "", source.name), []).append(source)
    found = []
    for key, same in groups.items():
        if len(same) < FEW_FILES:
            found += same
            continue
        together = Source(f"{key[0] or '.'}/", same[0].formats, len(same), sum(source.recipes for source in same))
        for source in same:
            together.take(source.fields)
        found.append(together)
    return found


def _first_of(name: str, known: Container[str]) -> str:
    """The outermost of the known names that this one lies in; itself where there is none."""
    parts = name.split("/")
    return next((outer for count in range(1, len(parts)) if (outer := "/".join(parts[:count])) in known), name)


def _described_recipe(recipe: Recipe) -> Iterator[str]:
    place = f"{recipe.file}, row {recipe.row}" if recipe.row else recipe.file
    yield ""
    yield f"an example: {recipe.title} ({place})"
    said = {"course": recipe.course, "cuisine": recipe.cuisine, "servings": recipe.servings, "tags": ", ".join(recipe.tags)}
    if given := [f"{name}: {value}" for name, value in said.items() if value]:
        yield f"    {'; '.join(given)}"
    yield from (f"    {line}" for line in recipe.lines)
    if recipe.steps:
        yield f"    and {_many(len(recipe.steps), 'step')}"


def _table(refusals: list[Refusal]) -> Iterator[str]:
    class Echo:
        def write(self, text: str) -> str:
            return text

    writer = csv.writer(Echo())
    names = ("file", "row", "field", "value", "reason", "remedy")
    yield str(writer.writerow(names))
    for refusal in refusals:
        yield str(writer.writerow([_inert(getattr(refusal, name)) for name in names]))


def _inert(cell: object) -> object:
    """A cell that a spreadsheet takes for text, where it would take it for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _write(path: Path, lines: Iterable[str]) -> None:
    """Write a file beside its place and move it there."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {len(names) - NAMES_SHOWN:,} more" if len(names) > NAMES_SHOWN else "")
