"""No text of ours promises anything of a dish: never that it is "suitable for" somebody, never that it is "free" of a thing.

A sentence that says so is excused ("it never says that ..."), and so is the name of a food ("gluten-free flour" stands in the lexicon).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.settings import CHECKOUT, INPUTS, PACKAGE, Settings

PAGES = [CHECKOUT / "README.md", INPUTS / "README.md", *sorted((CHECKOUT / "docs").glob("*.md")), *sorted((INPUTS / "profiles").glob("*.yaml")),
         INPUTS / "lexicon" / "reasons.csv"]
PROGRAMS = [
    PACKAGE / name
    for name in (
        "cli.py", "cli_complete.py", "cli_profiles.py", "cli_lexicon.py", "runner.py", "completion_table.py", "idea_table.py",
        "evaluation/completion.py",
        "evaluation/report.py", "dietetics/describe.py", "dietetics/profiles.py", "dietetics/lexicon_explain.py", "dietetics/lexicon_missing.py",
        "dietetics/lexicon_reasons.py",
    )
]
CLAIM = r"\b([Ss]uitable|[Ss]afe) for\b|\w-free\b|\b[Ff]ree (of|from)\b"
"""Without "milk free", which is refused in a profile and too like "feel free" in a text."""


def texts(path: Path) -> Iterator[str]:
    """The sentences of a page, or of the strings of a program."""
    content = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        found = [node.value for node in ast.walk(ast.parse(content)) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    else:
        found = re.sub(r"\n#* ?", "\n", content).split("\n\n")
    for text in found:
        yield from re.split(r"(?<=[.:;])\s", " ".join(text.split()))


def claims(sentence: str, lexicon: Lexicon) -> Iterator[str]:
    """The claims in a sentence that nothing excuses."""
    if re.search(r"\b(never|not|no longer|instead of)\b", sentence, re.IGNORECASE):
        return
    for match in re.finditer(CLAIM, sentence):
        begin = max(sentence.rfind(" ", 0, match.start()), sentence.rfind('"', 0, match.start())) + 1
        words = re.findall(r"[\w'-]+", sentence[begin:])
        if not any(lexicon.find(" ".join(words[:n])) for n in range(1, 6)):
            yield sentence[begin : match.end()]


@pytest.fixture(scope="module")
def known() -> Lexicon:
    return lexicon_room.load(Settings().lexicon)


@pytest.mark.parametrize("path", [*PAGES, *PROGRAMS], ids=lambda p: str(p.relative_to(CHECKOUT)))
def test_no_text_promises_what_no_list_of_ingredients_can(path: Path, known: Lexicon) -> None:
    assert [(sentence, claim) for sentence in texts(path) for claim in claims(sentence, known)] == []


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("This dish is suitable for vegans.", ["suitable for"]), ("a gluten-free dinner", ["gluten-free"]), ("safe for all", ["safe for"]),
        ("ideas free of nuts", ["free of"]), ("It never says that a dish is suitable for anybody.", []), ("2 cups gluten-free flour", []),
        ("a claim (\"gluten-free flour\") clears one key", []), ("feel free to try", []),
    ],
)
def test_claims_are_told_from_names_of_foods_and_from_what_is_never_said(sentence: str, found: list[str], known: Lexicon) -> None:
    assert [c for c in claims(sentence, known)] == found
