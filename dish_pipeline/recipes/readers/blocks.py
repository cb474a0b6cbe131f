"""The pieces of a typed recipe: headings, list items, lines, rows of tables; and what a piece says by itself.

What belongs here: the record of a piece, and what is told from one piece or one list without looking around. Which pieces make up a
recipe is told in `outline`; what the words of a line are, in `prose`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from dish_pipeline.recipes.readers.fields import field_of
from dish_pipeline.recipes.readers.prose import (
    OTHER,
    Section,
    begins_with_amount,
    is_sentence,
    labelled,
    plain,
    section_of,
    servings_in,
    tells_amount,
    words_of,
)

HEADING, ITEM, LINE, ROW, RULE = "heading", "item", "line", "row", "rule"

PSEUDO = 7
"""The level of a heading that is only a line by itself: below all real ones."""

SHORT = 6
"""Words of an item that names a thing and tells no story."""

_WEB = re.compile(r"https?://|www\.")
_NOTE = re.compile(r'[!?]{3}\+?\s+\w{1,20}\s+"([^"]{1,80})"$|\[!\w{1,20}\][+-]?\s+(\S.{0,80})$')
"""A box of MkDocs or Obsidian with a heading: `!!! example "Ingredients"`, `> [!info] Ingredients`."""

_ABOUT = re.compile(
    r"\b(?:time|zeit|dauer|temps|tiempo|tempo|prep|cook|total|ready|calories|kcal|author|source|rating|difficulty|level|cost|url|date|preparación"
    r"|préparation|cuisson|时间)\b",
    re.IGNORECASE,
)
_NAME_COLUMNS = words_of("ingredient ingredients item items food name zutat zutaten ingrediente ingredientes ingredienti what 食材 材料")
_AMOUNT_COLUMNS = words_of("amount amounts quantity qty quantite cantidad quantita menge measure weight volume metric grams 用量 数量 分量")
_UNIT_COLUMNS = words_of("unit units einheit unite unidad")
_NOTE_COLUMNS = words_of("note notes preparation prep comment comments notizen remarks 备注")


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a text.

    `level`: of a heading; `group`: which list, table or paragraph it is of; `mark`: "strong", "em" or "link" if all of it is that, "head"
    for the head of a table, "code" for a line of code, "list" for ingredients in one line; `link`: it names another file of recipes;
    `section`: what part of a recipe a heading begins.
    """

    kind: str
    text: str
    level: int = 0
    ordered: bool = False
    group: int = 0
    mark: str = ""
    link: bool = False
    cells: tuple[str, ...] = ()
    section: Section | None = None


@dataclass
class Draft:
    """A recipe in the making."""

    title: str = ""
    lines: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=dict)

    def say(self, name: str, text: str) -> None:
        """Note what the text says of a field; of servings the first that is said."""
        if text and (name != "servings" or not self.said.get(name)):
            self.said.setdefault(name, []).append(text)

    def begin(self, heading: str) -> None:
        """Begin a group of ingredients."""
        if heading and self.lines[-1:] != [heading]:
            self.lines.append(heading)

    def told(self, text: str) -> bool:
        """True for a line that speaks of the recipe (servings, course, tags), which is noted; servings are no food, "4 servings rice" is."""
        if servings := servings_in(text):
            self.say("servings", servings)
            return True
        label, value = labelled(text)
        name = field_of(label) if label else ""
        if name in ("course", "cuisine") or (name == "servings" and any(sign.isnumeric() for sign in value)):
            self.say(name, value)
        elif name == "tags":
            for tag in re.split(r"[,;|]", value):
                self.say(name, tag.strip(" \t#"))
        elif name == "title" and plain(label) in ("title", "titel", "titre", "titulo", "titolo", "recipe name", "name"):
            self.title = self.title or value
        else:
            return False
        return True

    def record(self) -> dict[str, object]:
        """What `fields` makes a recipe of. Headings alone are no ingredients."""
        lines = self.lines if any(not line.endswith(":") for line in self.lines) else []
        return {"title": self.title, "ingredients": lines, "instructions": self.steps, **self.said}


def resolved(blocks: Iterable[Block]) -> list[Block]:
    """The blocks, every heading with its section, and lines that are headings in all but form made such."""
    found: list[Block] = []
    for block in blocks:
        if block.kind == HEADING:
            # The first heading is a title unless it is nothing but the word: "Tips and Tricks Chili".
            free = block.level > 1 or any(b.kind == HEADING for b in found[:50])
            section = section_of(block.text, free)
            said = _line(replace(block, mark="")) if section is None and ":" in block.text else []
            found += [replace(said[0], level=block.level), said[1]] if len(said) > 1 else [replace(block, section=section)]
        elif block.kind == LINE:
            found += _line(block)
        else:
            found.append(block)
    return found


def _line(block: Block) -> list[Block]:
    """A line, or the heading it is: "**For the sauce**", "Ingredients:"; or both: "Ingredients: flour, salt"."""
    if block.mark == "code" and block.text.startswith("#"):
        return [block]
    if (note := _NOTE.match(block.text)) is not None:
        block = replace(block, text=note[1] or note[2])
    if (section := section_of(block.text)) is not None:
        return [replace(block, kind=HEADING, level=PSEUDO, section=section)]
    label, value = labelled(block.text)
    section = section_of(label) if label else None
    if section is not None and section.kind != OTHER:
        return [replace(block, kind=HEADING, text=label, level=PSEUDO, section=section), replace(block, kind=LINE, text=value, mark="list")]
    said = len(block.text) > 60 or begins_with_amount(block.text) or is_sentence(block.text) or servings_in(block.text)
    if block.mark == "strong" and not said:
        return [replace(block, kind=HEADING, level=PSEUDO)]
    return [block]


def runs(blocks: Sequence[Block]) -> list[list[Block]]:
    """The blocks, those of one list, table or paragraph together."""
    several = (ITEM, ROW, LINE)
    return [list(run) for _, run in groupby(blocks, key=lambda block: (block.kind, block.group) if block.kind in several else (id(block), 0))]


def about_recipe(block: Block) -> bool:
    """True for an item that speaks of the recipe: "Prep time: 10 min", "Servings: 4"."""
    label, _ = labelled(block.text)
    return bool(servings_in(block.text) or (label and (_ABOUT.search(label) or field_of(label) in ("servings", "course", "cuisine", "tags"))))


def lists_foods(run: Sequence[Block], firmly: bool) -> bool:
    """True for a list, table or paragraph that reads like ingredients. `firmly`: only one with amounts will do."""
    left = [block for block in run if not about_recipe(block)] if run[0].kind in (ITEM, ROW, LINE) else []
    if not left or all(block.mark == "link" or _WEB.search(block.text) for block in left):
        return False
    if run[0].kind == ROW:
        return bool(_roles(run[0]).get("name")) or sum(any(map(begins_with_amount, block.cells)) for block in run) * 2 >= len(run)
    sentences = sum(is_sentence(block.text) for block in left)
    amounts = sum(tells_amount(block.text) if firmly else begins_with_amount(block.text) for block in left)
    if run[0].kind == LINE or run[0].ordered:
        return amounts * 2 > len(left) and not sentences and len(left) > 1
    if firmly:
        return amounts > 0 and amounts * 2 >= len(left) - sentences
    return amounts > 0 or sentences * 2 <= len(left)


def table_lines(run: Sequence[Block]) -> list[str]:
    """The rows of a table as lines: amount, unit, name, note where its head tells which is which, else the cells in their order."""
    roles = _roles(run[0])
    if not roles.get("name"):
        headless = run if any(map(begins_with_amount, run[0].cells)) or run[0].mark != "head" else run[1:]
        return [" ".join(filter(None, block.cells)) for block in headless]
    found = []
    for block in run[1:]:
        said = {role: [block.cells[n] for n in places if n < len(block.cells) and block.cells[n].strip("-–—")] for role, places in roles.items()}
        amount = said["amount"][:1] or [cell for cell in said["else"] if begins_with_amount(cell)][:1]
        name = " ".join([*amount, *said["unit"][:1], *said["name"]])
        found.append(", ".join([name, *said["note"]]) if said["name"] or amount else "")
    return found


def facts(run: Sequence[Block]) -> list[str]:
    """What the cells of a table may say of the recipe: "Servings: 4" of a row, or of a head with what stands below it."""
    head, below = run[0].cells, run[1].cells if len(run) > 1 else ()
    pairs = [block.cells[:2] for block in run] + (list(zip(head, below, strict=False)) if run[0].mark == "head" else [])
    return [": ".join(pair) for pair in pairs]


def _roles(head: Block) -> dict[str, list[int]]:
    """Which columns of a table hold names, amounts, units and notes."""
    roles: dict[str, list[int]] = {"name": [], "amount": [], "unit": [], "note": [], "else": []}
    for place, cell in enumerate(head.cells if head.mark == "head" else ()):
        words = set(plain(cell).split())
        kinds = (("unit", _UNIT_COLUMNS), ("note", _NOTE_COLUMNS), ("amount", _AMOUNT_COLUMNS), ("name", _NAME_COLUMNS))
        roles[next((role for role, known in kinds if words & known), "else")].append(place)
    return roles


def short(block: Block) -> bool:
    """True for an item that may name a thing, though it gives no amount."""
    return len(block.text.split()) <= SHORT and not is_sentence(block.text)
