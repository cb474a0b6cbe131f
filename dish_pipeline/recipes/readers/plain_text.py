"""Recipes as people type them: a title, ingredients under their heading, a method under its own (.txt, .text).

What belongs here: parting a file into recipes and a recipe into its pieces by blank lines, rules and headings. Which pieces are
ingredients is told in `outline`. A text that does not show where its ingredients are is refused: a guess could lose one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from dish_pipeline.recipes.readers.blocks import HEADING, ITEM, LINE, Block, Draft
from dish_pipeline.recipes.readers.fields import keep
from dish_pipeline.recipes.readers.outline import records
from dish_pipeline.recipes.readers.prose import (
    INGREDIENTS,
    INSTRUCTIONS,
    Section,
    about_the_folder,
    begins_with_amount,
    is_sentence,
    is_text,
    labelled,
    section_of,
    servings_in,
    title_of,
)
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import MAX_CELL, bad_byte, clean, physical_lines

MAX_FILE = 16 * 1024 * 1024
"""Bytes of a text file, whose lines have to be held in memory as a whole."""

LONGEST_TITLE = 120
LONGEST_HEADED = 500
"""Characters of a line that may begin with a heading: "Ingredients: flour, salt"."""

REMEDY = 'put a line "Ingredients" above the ingredients and a line "Method" above the steps; part recipes by a line of ======'
MAX_JOINED = 1000
"""Characters of an ingredient that may still go on in the next line."""

_RULE = re.compile(r"\s*(?:={4,}|-{4,}|_{4,}|\*{4,}|~{4,}|#{4,}|\+{4,}|(?:- ){3,}-?|(?:\* ){2,}\*?|(?:= ){3,}=?)\s*")
_BULLET = re.compile(r"^\s*(?:[-*+•·▪◦‣●○–—□☐o]\s+|[•▪◦‣●□☐]|\[[ xX]?\]\s+)")
_NUMBERED = re.compile(r"^\s*\(?\d{1,2}[.)]\s+")
_GROUP = re.compile(r"\s*(?:for the|for|für d\w+|für|pour l\w+|para l\w+|per (?:il|la|lo|le|i))\s+[^\d]{2,40}", re.IGNORECASE)
_GOES_ON = re.compile(r"(?:[,;(&]|\b(?:and|or|with|in|of|und|oder|mit|et|ou))$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with what it begins, which is asked for often."""

    text: str
    section: Section | None = None

    @property
    def blank(self) -> bool:
        return not self.text.strip()

    @property
    def kind(self) -> str:
        return self.section.kind if self.section is not None else ""


_BLANK = _Line("")


def _line(text: str) -> _Line:
    return _Line(text, _section(text)) if text.strip() or "\f" in text else _BLANK


class _Part(list[_Line]):
    """The lines between two rules."""

    def has(self, kind: str) -> bool:
        """True for a part with a heading of this kind."""
        return any(line.kind == kind for line in self)

    def small(self) -> bool:
        """True for a part that may be one recipe."""
        return sum(len(line.text) for line in self) <= MAX_CELL


def read(path: Path, name: str, reading: Reading) -> None:
    """Read every recipe; `row` is its number in the file. A page that speaks of its folder is passed over unless it is a recipe."""
    if (size := path.stat().st_size) > MAX_FILE:
        raise Unreadable(f"{size:,} bytes, over the {MAX_FILE:,} of a text file", remedy="cut it into several files")
    lines = [_line(line.rstrip("\r\n\x1a").expandtabs(4)) for line in physical_lines(path)]
    if about_the_folder(name) and not _Part(lines).has(INGREDIENTS):
        return
    parts = _recipes(lines)
    ahead = list(islice(parts, 2))
    if not ahead:
        raise Unreadable("nothing but blank lines and rules", remedy=REMEDY)
    for row, part in enumerate(chain(ahead, parts), 1):
        try:
            for record in records(_pieces(part), titled=True):
                if isinstance(record, Unreadable):
                    raise record
                keep(record if record["title"] or len(ahead) > 1 else {**record, "title": title_of(name)}, name, row, reading)
        except Unreadable as error:
            reading.add(error.refusal(name, row, "recipe"))


def claims(head: str) -> bool:
    """True for a text with a bare heading for ingredients and one for steps; what else ends in .txt comes here anyway."""
    kinds = {found.kind for line in head[:20_000].splitlines() if (found := _section(line)) is not None}
    return {INGREDIENTS, INSTRUCTIONS} <= kinds


def _section(line: str) -> Section | None:
    """The section that a line begins: "Ingredients", "Method:", "Ingredients: flour, salt"."""
    bare = line.strip().strip("*=-_#").strip() if len(line) < LONGEST_HEADED else ""
    found = section_of(bare) if bare else None
    if found is None and ":" in bare[:40] and (label := labelled(bare)[0]):
        found = section_of(label)
        found = found if found is not None and found.kind in (INGREDIENTS, INSTRUCTIONS) else None
    return found


def _recipes(lines: list[_Line]) -> Iterator[_Part]:
    """The lines of each recipe. What stands between two rules is one, unless it goes on with the one before it."""
    recipe = _Part()
    listed = finished = False
    for part in _between_rules(lines):
        first = next((line for line in part if not line.blank), None)
        if first is None:
            continue
        # What begins with a heading goes on with the recipe before it; so does what is no recipe by itself, where that one has no steps.
        here = part.has(INGREDIENTS)
        if recipe and (first.section is not None or (not here and not (listed and finished) and _in_doubt(part))):
            recipe += [_BLANK, *part]
        else:
            yield from _untitled(recipe) if recipe else ()
            recipe, listed, finished = part, False, False
        listed, finished = listed or here, finished or _finishes(part)
    yield from _untitled(recipe) if recipe else ()


def _between_rules(lines: list[_Line]) -> Iterator[_Part]:
    """The lines between two rules or form feeds; a rule that underlines a heading is none."""
    part = _Part()
    for place, line in enumerate(lines):
        if "\f" in line.text:
            before, _, after = line.text.rpartition("\f")
            yield _Part([*part, _line(before.replace("\f", " "))])
            part = _Part([_line(after)])
        elif line is _BLANK or not _RULE.fullmatch(line.text):
            part.append(line)
        elif not _underlines(lines, place):
            yield part
            part = _Part()
    yield part


def _underlines(lines: list[_Line], rule: int) -> bool:
    above, before = lines[rule - 1].text.strip() if rule else "", lines[rule - 2].text if rule > 1 else ""
    alone = not before.strip() or "\f" in lines[rule - 1].text or bool(_RULE.fullmatch(before))
    return 0 < len(above) <= LONGEST_TITLE and not is_sentence(above) and alone


def _finishes(part: _Part) -> bool:
    """True for a part that comes to the steps of a recipe."""
    last = next(_paragraphs(list(part[-50:]), backwards=True), [])
    return part.has(INSTRUCTIONS) or bool(last and last[0].section is None and _tells([line.text for line in last]))


def _in_doubt(part: _Part) -> bool:
    """True for a part that is no recipe by itself: a title, two ingredients and a step are four lines."""
    try:
        return len(part) < 4 or not _pieces(part)
    except Unreadable:
        return True


def _untitled(part: _Part) -> Iterator[_Part]:
    """The recipes of a part that has no rules between them: each begins with a line by itself, above its own ingredients."""
    starts, last, cooked = [0], -1, False
    for place, line in enumerate(part):
        cooked = cooked or line.kind == INSTRUCTIONS
        if line.section is not None and line.section.kind == INGREDIENTS and not line.section.group:
            if last >= 0 and cooked:
                starts.append(next((n for n in range(place - 1, max(last, place - 50), -1) if _alone(part, n)), -1))
            last, cooked = place, False
    if -1 in starts:
        yield part  # refused, since where a recipe ends is not told
    else:
        yield from (_Part(part[start:end]) for start, end in zip(starts, [*starts[1:], len(part)], strict=True))


def _alone(part: _Part, place: int) -> bool:
    """True for a line that may be a title: between blank lines, short, no sentence and no heading."""
    line = part[place].text.strip()
    free = part[place - 1].blank and (place + 1 == len(part) or part[place + 1].blank)
    short = 0 < len(line) <= LONGEST_TITLE and not line.endswith((".", ":"))
    return short and free and part[place].section is None and not is_sentence(line) and not servings_in(line) and not labelled(line)[0]


def _pieces(part: _Part) -> list[Block]:
    """The pieces of one recipe. Raises Unreadable where it does not show which lines are its ingredients."""
    if not part.small():
        raise Unreadable(f"a recipe of more than {MAX_CELL:,} characters", part[0].text, REMEDY)
    if (error := next((error for line in part if (error := bad_byte(line.text)) is not None), None)) is not None:
        raise error
    plain = [n for n, line in enumerate(part) if line.section is not None and line.kind == INGREDIENTS and not line.section.group]
    if len(plain) > 1 and any(plain[0] < n < plain[-1] for n, line in enumerate(part) if line.kind == INSTRUCTIONS):
        raise Unreadable("several lists of ingredients, and no line that parts one recipe from the next", part[plain[1]].text, REMEDY)
    paragraphs = list(_paragraphs(part))
    return _headed(paragraphs) if part.has(INGREDIENTS) else _unheaded([[line.text for line in paragraph] for paragraph in paragraphs])


def _paragraphs(lines: list[_Line], backwards: bool = False) -> Iterator[list[_Line]]:
    """Lines without blank ones between them, the last paragraph first if told; the heading of a section is a paragraph of its own."""
    paragraph: list[_Line] = []
    for line in [*(reversed(lines) if backwards else lines), _BLANK]:
        if paragraph and (line.section is not None or line.blank):
            yield paragraph[::-1] if backwards else paragraph
            paragraph = []
        if line.section is not None:
            yield [line]
        elif not line.blank:
            paragraph.append(line)


def _headed(paragraphs: list[list[_Line]]) -> list[Block]:
    """The pieces of a recipe with a heading for its ingredients."""
    blocks: list[Block] = []
    last_steps = max((n for n, paragraph in enumerate(paragraphs) if paragraph[0].kind == INSTRUCTIONS), default=-1)
    kind = ""
    for place, lines in enumerate(paragraphs):
        paragraph = [line.text for line in lines]
        first = paragraph[0].strip()
        if lines[0].section is not None:
            kind = lines[0].kind
            blocks.append(Block(LINE, clean(first.strip("*=-_#").strip()), group=place))
        elif place == 0 and not begins_with_amount(first) and not Draft().told(first):
            blocks.append(Block(HEADING, clean(first.strip(" *=#")), level=1))
            blocks += [Block(LINE, clean(line), group=place) for line in paragraph[1:]]
        elif kind != INGREDIENTS:
            blocks += [Block(LINE, clean(_BULLET.sub("", line)), group=place) for line in paragraph]
        elif _tells(paragraph):
            if place > last_steps:
                kind = INSTRUCTIONS
                blocks.append(Block(HEADING, "Method", level=2))
            blocks += [Block(LINE, clean(line), group=place) for line in ([" ".join(paragraph)] if kind == INGREDIENTS else paragraph)]
        else:
            blocks += [Block(ITEM, text, group=place) for text in _foods(paragraph)]
    return blocks


def _unheaded(paragraphs: list[list[str]]) -> list[Block]:
    """The pieces of a recipe without headings: a title, lines of ingredients that all look it, then text. Anything else is refused."""
    value = " ".join(" ".join(paragraph) for paragraph in paragraphs[:2])
    refusal = Unreadable("no heading that names ingredients, and no list that stands apart from the rest", value, REMEDY)
    if not paragraphs or begins_with_amount(paragraphs[0][0].strip()) or _tells(paragraphs[0][:1]):
        raise refusal
    title, *rest = paragraphs[0]
    blocks = [Block(HEADING, clean(title.strip(" *=#")), level=1)]
    foods: list[Block] = []
    steps: list[Block] = []
    for place, paragraph in enumerate([rest, *paragraphs[1:]] if rest else paragraphs[1:]):
        left = [line for line in paragraph if not Draft().told(line.strip()) and not labelled(line)[0]]
        counted = sum(begins_with_amount(_BULLET.sub("", line).strip()) for line in left)
        if not left or (not foods and (_tells(paragraph) or (len(left) == 1 and not counted))) or steps or (foods and _tells(paragraph)):
            into = steps if steps or (foods and _tells(paragraph)) else blocks
            into += [Block(LINE, clean(line), group=place) for line in paragraph]
        elif counted * 2 >= len(left) or (foods and all(len(line.split()) <= 8 for line in left)):
            blocks += [Block(LINE, clean(line), group=place) for line in paragraph if line not in left]
            foods += [Block(ITEM, text, group=place) for text in _foods(left)]
        else:
            raise refusal
    if sum(begins_with_amount(block.text) for block in foods) < 2 or not steps:
        raise refusal
    return [*blocks, Block(HEADING, "Ingredients", level=2), *foods, Block(HEADING, "Method", level=2), *steps]


def _tells(paragraph: list[str]) -> bool:
    """True for a paragraph of sentences, or of steps with numbers. One in doubt is none: it may hold ingredients."""
    if any(map(_BULLET.match, paragraph)):
        return False
    lines = [_NUMBERED.sub("", line).strip() for line in paragraph]
    return is_text(lines) and not any(_NUMBERED.match(line) and begins_with_amount(bare) for line, bare in zip(paragraph, lines, strict=True))


def _foods(paragraph: list[str]) -> list[str]:
    """The ingredients of a paragraph: bullets and numbers gone, broken lines joined, names of groups with their colon."""
    margin = min(len(line) - len(line.lstrip()) for line in paragraph)
    capitals = sum(line.isupper() for line in paragraph)
    found: list[str] = []
    bullet = False
    for line in paragraph:
        indented = len(line) - len(line.lstrip()) > margin + 1
        text = clean(_BULLET.sub("", line))
        text = _NUMBERED.sub("", text) if _NUMBERED.match(text) and not is_sentence(text) else text
        marked = _BULLET.match(line) or begins_with_amount(text)
        bullet = bool(_BULLET.match(line)) or (bullet and indented and not marked)
        hangs = bool(found) and indented and not marked and len(found[-1]) < MAX_JOINED
        if hangs and (bullet or _GOES_ON.search(found[-1]) or found[-1].count("(") > found[-1].count(")")):
            found[-1] = f"{found[-1]} {text}"
        elif not marked and (_GROUP.fullmatch(text) or (line.isupper() and capitals == 1 and len(paragraph) > 2 and len(text) <= 40)):
            found.append(text.rstrip(": ") + ":")
        elif text:
            found.append(text)
    return found


FORMAT = Format("plain text", (".txt", ".text"), read, lambda head: False, foreign=claims)
