"""What the tests of the readers share: reading a text as a file of a name, and the parts of made-up ingredients."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dish_pipeline.recipes.readers import Reading, read_file

Read = Callable[..., Reading]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write a content as a file and read it through the choice of formats, as one of a folder. No reader may fail on any content."""

    def reading_of(content: str | bytes, name: str) -> Reading:
        path = tmp_path / name.rpartition("/")[2]
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        reading = Reading()
        read_file(path, name, reading)
        for refusal in reading.refusals:
            assert not refusal.reason.startswith("could not be read"), refusal
            assert refusal.reason and refusal.remedy and len(refusal.value) <= 200
            str(refusal).encode()
        for recipe in reading.recipes:
            assert recipe.title and recipe.lines and all(recipe.lines)
            "".join([recipe.title, *recipe.lines, recipe.servings, recipe.course, recipe.cuisine, *recipe.tags, *recipe.steps]).encode()
        return reading

    return reading_of
