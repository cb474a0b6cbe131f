"""Files of recipes -> `Recipe` records and `Refusal`s; nothing in between and nothing lost in silence.

What belongs here: the list of formats and the walk through a folder. A further format is one more file with a `FORMAT`, named in
`FORMATS`; the choice among them is in `choice`, the names of fields in `fields`, the shapes of ingredients in `lines`, encodings and
clean text in `text`, what apps export in `exports`. No pandas, no Dagster; what is heavy is imported where it is used.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from dish_pipeline.recipes.readers import (
    archive,
    cooklang,
    csv_file,
    html,
    json_file,
    jsonl,
    markdown,
    mastercook_text,
    mealmaster,
    parquet,
    plain_text,
    xlsx_file,
    xml_file,
    yaml_file,
)
from dish_pipeline.recipes.readers.choice import format_for
from dish_pipeline.recipes.readers.fields import told
from dish_pipeline.recipes.readers.reading import Format, ReadError, Reading, Refusal, Unreadable
from dish_pipeline.recipes.readers.text import first_bytes, text_head

__all__ = [
    "FORMATS", "REFUSED_ENDING", "Format", "ReadError", "Reading", "Refusal", "Unreadable", "hidden", "member_format", "plain_name", "read_file",
    "read_path",
]  # fmt: skip

FORMATS: tuple[Format, ...] = (
    jsonl.FORMAT, json_file.FORMAT, csv_file.FORMAT, html.FORMAT, parquet.FORMAT, xlsx_file.FORMAT, archive.FORMAT, mealmaster.FORMAT,
    mastercook_text.FORMAT, xml_file.FORMAT, yaml_file.FORMAT, cooklang.FORMAT, markdown.FORMAT, plain_text.FORMAT,
)  # fmt: skip
"""Every format there is. Where formats share an ending, the first that claims the content reads the file."""

SKIPPED_FOLDERS = ("__MACOSX", "__pycache__", "node_modules")

_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f]")

REFUSED_ENDING = ".refused.csv"
"""What `dish import` writes beside the recipes: a list for people, which no run takes for recipes."""


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
            reading = Reading()
            read_file(path, plain_name(path.name), reading)
            if not reading.formats and not reading.refusals:
                raise ReadError(f"{path}: not a known recipe format; give a file that ends in {_endings()}")
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
        raise ReadError(f"{path}: no recipes found; put {_endings()} files there{more}", reading)
    return reading


def _endings() -> str:
    endings = [found.endings[0] for found in FORMATS]
    return f"{', '.join(endings[:-1])} or {endings[-1]}"


def _read_folder(folder: Path) -> Reading:
    """Everything under a folder. A link is followed when it stays inside and leads to a file that is not read anyway."""
    reading = Reading()
    root = folder.resolve()
    entries = sorted(_walk(folder, "", reading))
    own = {path.resolve() for name, path in entries if path.is_file() and not path.is_symlink() and not hidden(name)}
    for name, path in entries:
        shown_name = plain_name(name)
        if path.is_symlink() and (refusal := _link_refusal(path, shown_name, root)) is not None:
            reading.files[shown_name] = 0
            reading.add(refusal)
        elif hidden(name) or not path.is_file() or (path.is_symlink() and path.resolve() in own):
            reading.files[shown_name] = 0
        else:
            read_file(path, shown_name, reading)
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
            reading.add(Refusal(plain_name(before), 0, "folder", "", f"cannot be listed: {error.strerror or error}", remedy))
            continue
        for entry in entries:
            name = before + entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield name, here / entry.name
            elif entry.name.startswith(".") or entry.name in SKIPPED_FOLDERS:
                yield name + "/", here / entry.name
            else:
                waiting.append((here / entry.name, name + "/"))


def hidden(name: str) -> bool:
    """True for what no one means as recipes: hidden files, those of macOS, and our own lists of refusals."""
    folders, _, last = name.rpartition("/")
    return last.startswith(".") or last.lower().endswith(REFUSED_ENDING) or any(part in SKIPPED_FOLDERS for part in folders.split("/"))


def plain_name(name: str) -> str:
    """A file name that can be written down: bytes of it that are no UTF-8, and control characters, are shown as \\xNN."""
    text = os.fsencode(name).decode("utf-8", errors="backslashreplace")
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _link_refusal(path: Path, name: str, root: Path) -> Refusal | None:
    remedy = "put the file itself into the folder"
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return Refusal(name, 0, "file", os.fspath(path.readlink()), "a link that leads nowhere", remedy)
    if target.is_relative_to(root):
        return None
    return Refusal(name, 0, "file", os.fspath(target), "a link that leads out of the folder, and is not followed", remedy)


def read_file(path: Path, name: str, reading: Reading, called: str = "") -> None:
    """Read one file into the reading, or note it as skipped. Whatever goes wrong becomes a refusal of it; the rows before it are kept.

    `called`: the name whose ending tells the format, where that is not the name that recipes get (recipes.csv in recipes.csv.gz).
    """
    part = Reading()
    try:
        head = first_bytes(path)
        chosen = format_for(called or name, head, FORMATS)
        if chosen is not None:
            part.formats[name] = chosen.name
            if not chosen.magic:
                text_head(head)
            chosen.read(path, name, part)
    except Unreadable as error:
        part.refusals.append(error.refusal(name, 0, "file"))
    except OSError as error:
        remedy = "check that the file can be opened"
        part.refusals.append(Refusal(name, 0, "file", "", f"cannot be opened: {error.strerror or error}", remedy))
    except Exception as error:
        reason = f"could not be read: {type(error).__name__}: {error}"[:300]
        part.refusals.append(Refusal(name, 0, "file", "", reason, "check the file, or remove it"))
    if not part.files:  # an archive has counted its members instead
        part.files[name] = len(part.recipes)
    reading.take(part)


def member_format(name: str, head: bytes) -> Format | None:
    """The format that would read a member of an archive, told before it is taken out; None for one that is skipped."""
    return None if hidden(name) else format_for(name, head, FORMATS)
