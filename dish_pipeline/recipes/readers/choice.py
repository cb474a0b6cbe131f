"""Which format reads a file: told by its first bytes, its ending and what its text begins with.

What belongs here: the choice among formats, whatever they are. What a format is known by stands in its own file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from dish_pipeline.recipes.readers.reading import Format
from dish_pipeline.recipes.readers.text import head_text


def format_for(name: str, head: bytes, formats: Sequence[Format]) -> Format | None:
    """The format that reads a file of this name that begins with these bytes; None for a file that no format knows.

    Binary content decides by itself, for no ending makes text of it. Text is read by what it is beyond doubt (a page saved as .md), else
    by the owner of its ending that claims it, else by whoever claims it (a CSV saved as .txt, a recipe without an ending), else by the
    owner: a file of a known ending is never passed over in silence.
    """
    ending = PurePath(name).suffix.lower()
    first = [found for found in formats if ending in found.endings]
    binary = [found for found in formats if any(head.startswith(mark, place) for place, mark in found.magic)]
    if binary:
        latin = head.decode("latin-1")
        claiming = (found for found in binary if found.claims(latin))
        return next(claiming, None) or next((found for found in first if found in binary), None)
    text = head_text(head)
    if text is None or not text.strip():
        return next(iter(first), None)
    ours = [found for found in formats if not found.magic]
    by_content = [found for found in ours if (found.foreign or found.claims)(text)]
    certain = [found for found in by_content if found.certain]
    owners = [found for found in ours if ending in (*found.endings, *found.also) and found.claims(text)]
    agreed = [found for found in owners if found.certain]
    return next(iter([*agreed, *certain, *owners, *by_content, *first]), None)
