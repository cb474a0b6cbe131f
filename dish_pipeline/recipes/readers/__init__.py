"""Files of recipes -> `Recipe` records and `Refusal`s; nothing in between and nothing lost in silence.

What belongs here: the list of formats, the choice of one for a file, and the walk through a folder. A further format is one more
file with a `FORMAT`, named in `FORMATS`; the names of fields are in `fields`, the shapes of ingredients in `lines`, encodings and
clean text in `text`. No pandas, no Dagster, no DuckDB.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from dish_pipeline.recipes.readers import csv_file, json_file, jsonl
from dish_pipeline.recipes.readers.fields import told
from dish_pipeline.recipes.readers.reading import Format, ReadError, Reading, Refusal, Unreadable
from dish_pipeline.recipes.readers.text import head_of

__all__ = ["FORMATS", "Format", "ReadError", "Reading", "Refusal", "format_for", "read_path"]

FORMATS: tuple[Format, ...] = (jsonl.FORMAT, json_file.FORMAT, csv_file.FORMAT)
"""Every format there is. Where formats share an ending, the first that claims the content reads the file."""

SKIPPED_FOLDERS = ("__MACOSX", "__pycache__", "node_modules")


def read_path(path: Path, columns: Mapping[str, str] | None = None) -> Reading:
    """Read one file, or a folder with everything beneath it in sorted order.

    `columns` (field -> column) overrides what a file's own names are taken for. A file or row that cannot be read becomes a
    Refusal, and reading goes on. Raises ReadError for a path that does not exist, a single file of unknown format, and a path that
    gives no recipe at all.
    """
    with told(columns or {}):
        return _read_path(Path(path))


def _read_path(path: Path) -> Reading:
    try:
        if path.is_dir():
            reading = _read_folder(path)
        elif path.is_file():
            if not _owners(path):
                raise ReadError(f"{path}: not a known recipe format; give a file that ends in {_endings()}")
            reading = Reading()
            _read_file(path, _name(path.name), reading)
        elif path.exists():
            raise ReadError(f"{path}: neither a file nor a folder; put {_endings()} files into a folder and give that")
        else:
            raise ReadError(f"{path}: no such file or folder; check the path, or make the folder and put {_endings()} files there")
    except (OSError, ValueError) as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError(f"{path}: cannot be read ({error}); check the path and its permissions") from error
    if not reading.recipes:
        first = "".join(f"\n  {refusal}" for refusal in reading.refusals[:3])
        more = f"\nrefused there ({len(reading.refusals)}):{first}" if first else ""
        raise ReadError(f"{path}: no recipes found; put {_endings()} files there{more}", tuple(reading.refusals))
    return reading


def format_for(path: Path, head: str) -> Format | None:
    """The format that reads a file, by its ending and, where several share that ending, by the beginning of its content."""
    owners = _owners(path)
    claiming = [owner for owner in owners if owner.claims(head)] if len(owners) > 1 else []
    return next(iter(claiming or [owner for owner in owners if path.suffix.lower() in owner.endings]), None)


def _owners(path: Path) -> list[Format]:
    ending = path.suffix.lower()
    return [found for found in FORMATS if ending in (*found.endings, *found.also)]


def _endings() -> str:
    endings = [ending for found in FORMATS for ending in found.endings]
    return f"{', '.join(endings[:-1])} or {endings[-1]}"


def _read_folder(folder: Path) -> Reading:
    """Everything under a folder. A link is followed when it stays inside and leads to a file that is not read anyway."""
    reading = Reading()
    root = folder.resolve()
    entries = sorted(_walk(folder, "", reading))
    own = {path.resolve() for name, path in entries if path.is_file() and not path.is_symlink() and not _hidden(name)}
    for name, path in entries:
        shown_name = _name(name)
        if path.is_symlink() and (refusal := _link_refusal(path, shown_name, root)) is not None:
            reading.files[shown_name] = 0
            reading.add(refusal)
        elif _hidden(name) or not path.is_file() or not _owners(path) or (path.is_symlink() and path.resolve() in own):
            reading.files[shown_name] = 0
        else:
            _read_file(path, shown_name, reading)
            own.add(path.resolve())
    return reading


def _walk(folder: Path, prefix: str, reading: Reading) -> Iterator[tuple[str, Path]]:
    """(name relative to the first folder, path) of every entry that is no folder; folders that are skipped end in a slash."""
    waiting = [(folder, prefix)]
    while waiting:
        here, before = waiting.pop()
        try:
            entries = list(os.scandir(here))
        except OSError as error:
            remedy = "give the folder read permission, or move it away"
            reading.add(Refusal(_name(before), 0, "folder", "", f"cannot be listed: {error.strerror or error}", remedy))
            continue
        for entry in entries:
            name = before + entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield name, here / entry.name
            elif entry.name.startswith(".") or entry.name in SKIPPED_FOLDERS:
                yield name + "/", here / entry.name
            else:
                waiting.append((here / entry.name, name + "/"))


def _hidden(name: str) -> bool:
    return name.rpartition("/")[2].startswith(".")


def _name(name: str) -> str:
    """A file name that can be written down: bytes of it that are no UTF-8 are shown as \\xNN."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def _link_refusal(path: Path, name: str, root: Path) -> Refusal | None:
    remedy = "put the file itself into the folder"
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return Refusal(name, 0, "file", os.fspath(path.readlink()), "a link that leads nowhere", remedy)
    if target.is_relative_to(root):
        return None
    return Refusal(name, 0, "file", os.fspath(target), "a link that leads out of the folder, and is not followed", remedy)


def _read_file(path: Path, name: str, reading: Reading) -> None:
    """Read one file into the reading. Whatever goes wrong becomes a refusal of the file; the rows before it are kept."""
    part = Reading()
    try:
        chosen = format_for(path, head_of(path))
        if chosen is not None:
            reading.formats[name] = chosen.name
            chosen.read(path, name, part)
    except Unreadable as error:
        part.refusals.append(error.refusal(name, 0, "file"))
    except OSError as error:
        remedy = "check that the file can be opened"
        part.refusals.append(Refusal(name, 0, "file", "", f"cannot be opened: {error.strerror or error}", remedy))
    except Exception as error:
        reason = f"could not be read: {type(error).__name__}: {error}"[:300]
        part.refusals.append(Refusal(name, 0, "file", "", reason, "check the file, or remove it"))
    reading.recipes += part.recipes
    reading.refusals += part.refusals
    reading.columns.update(part.columns)
    reading.files[name] = len(part.recipes)
