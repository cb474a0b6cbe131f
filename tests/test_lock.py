"""requirements.lock has every package that pyproject.toml names: what a test asks for with `importorskip` is never skipped after `make`."""

from __future__ import annotations

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from dish_pipeline.settings import CHECKOUT

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NAMED = [*PROJECT["dependencies"], *(text for extra in PROJECT["optional-dependencies"].values() for text in extra)]
LOCKED = {
    canonicalize_name(name): version
    for name, version in re.findall(r"^([\w.-]+)==(\S+)$", (CHECKOUT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("text", NAMED)
def test_the_lock_has_a_version_that_the_project_allows(text: str) -> None:
    wanted = Requirement(text)
    assert wanted.specifier.contains(LOCKED[canonicalize_name(wanted.name)])
