"""Pieces of a typed recipe -> the records of the recipes they make up.

What belongs here: telling which pieces are ingredients, by the headings above them, by the rules of RecipeMD, or by how they read.
Nothing that may be an ingredient is passed over: what stands under no known heading is one where it reads like one, and a text that
leaves doubt is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dish_pipeline.recipes.readers.blocks import (
    HEADING,
    ITEM,
    LINE,
    PSEUDO,
    ROW,
    RULE,
    Block,
    Draft,
    about_recipe,
    facts,
    lists_foods,
    resolved,
    runs,
    short,
    table_lines,
)
from dish_pipeline.recipes.readers.lines import ingredient_lines
from dish_pipeline.recipes.readers.prose import (
    INGREDIENTS,
    INSTRUCTIONS,
    OTHER,
    Section,
    begins_with_amount,
    heading_line,
    is_sentence,
    is_text,
    labelled,
    only_servings,
    servings_in,
    tells,
)
from dish_pipeline.recipes.readers.reading import Unreadable

MANY = 5
"""Parts with ingredients of their own, from which on a text under one title is a book of recipes and not one recipe in parts."""

REMEDY = 'put the ingredients under a heading "Ingredients" and the steps under a heading "Directions"'

_INTRO, _UNKNOWN = "intro", "unknown"
_BOOK = re.compile(r"\b(?:recipes|cook ?book|rezepte|kochbuch|recettes|recetas|ricette|ricettario)\b|菜谱|食谱", re.IGNORECASE)
_GROUP = re.compile(r"(?:for|to (?:serve|garnish|finish|decorate)|für|zum|pour|para|per)\b", re.IGNORECASE)


def records(blocks: Sequence[Block], titled: bool = False) -> Iterator[dict[str, object] | Unreadable]:
    """The record of every recipe in a text; an Unreadable for each that leaves doubt. `titled`: the text is said to be one recipe."""
    parts = _recipes(resolved(blocks), titled)
    for part in parts:
        try:
            yield _explicit(part) if promises(part) else _explicit(md) if (md := _recipe_md(part)) else _loose(part)
        except Unreadable as error:
            # In a book, a chapter without any food is no recipe.
            if len(parts) == 1 or any(block.kind == ITEM and begins_with_amount(block.text) for block in part):
                yield error


def promises(blocks: Sequence[Block]) -> bool:
    """True for resolved blocks with a heading that promises ingredients."""
    return any(_kind(block) == INGREDIENTS for block in blocks)


def _kind(block: Block) -> str:
    return block.section.kind if block.section is not None else ""


def _recipes(blocks: list[Block], titled: bool) -> list[list[Block]]:
    """The blocks of each recipe. Several recipes stand under headings of one level, each with ingredients of its own."""
    headings = [n for n, block in enumerate(blocks) if block.kind == HEADING]
    parents = dict.fromkeys(_parent(blocks, headings, k) for k, n in enumerate(headings) if _kind(blocks[n]) == INGREDIENTS)
    ones = [n for n in headings if blocks[n].level == 1 and blocks[n].section is None]
    if not parents and len(ones) >= MANY and not titled:
        parents = dict.fromkeys(ones)
    levels = {blocks[n].level if n is not None else None for n in parents}
    if len(parents) < 2 or len(levels) != 1 or (level := levels.pop()) is None:
        return [blocks]
    first = min(n for n in parents if n is not None)
    above = [blocks[n] for n in headings if n < first and blocks[n].section is None and blocks[n].level < level]
    starts = [n for n in headings if n >= first and blocks[n].level == level and blocks[n].section is None]
    parts = [blocks[start:end] for start, end in zip(starts, [*starts[1:], len(blocks)], strict=True)]
    served = sum(any(servings_in(block.text) for block in part) for part in parts)
    one = titled or (level > 1 and above and not _BOOK.search(above[0].text))
    return [blocks] if one and len(parents) < MANY and served < 2 else parts


def _parent(blocks: list[Block], headings: list[int], place: int) -> int | None:
    """The heading that a heading of ingredients stands under: the nearest before it that is higher, or is as high and names a dish."""
    level = blocks[headings[place]].level
    for n in reversed(headings[max(0, place - 50) : place]):
        if blocks[n].section is None and (blocks[n].level < level or level == 1):
            return n
    return None


def _recipe_md(blocks: list[Block]) -> list[Block] | None:
    """A RecipeMD text with the headings that it does without, or None: title, *tags*, **yields**, a rule, lists, a rule, instructions."""
    rules = [n for n, block in enumerate(blocks) if block.kind == RULE]
    if not rules or not blocks or blocks[0].kind != HEADING:
        return None
    start, end = rules[0], rules[1] if len(rules) > 1 else len(blocks)
    middle = blocks[start + 1 : end]
    items = [block for block in middle if block.kind == ITEM]
    if not items or len(items) < len([b for b in middle if b.kind != HEADING]) or sum(is_sentence(b.text) for b in items) * 2 > len(items):
        return None
    if len({block.ordered for block in items}) > 1:
        return None
    head = []
    for block in blocks[:start]:
        em = block.kind == LINE and block.mark == "em" and not is_sentence(block.text)
        strong = block.mark == "strong" and block.level in (0, PSEUDO)
        text = f"Tags: {block.text}" if em else f"Servings: {_one_yield(block.text)}" if strong else ""
        head.append(Block(LINE, text) if text else block)
    middle = [Block(HEADING, b.text, PSEUDO) if b.kind == HEADING else b for b in middle]
    return [*head, Block(HEADING, "", section=Section(INGREDIENTS)), *middle, Block(HEADING, "", section=Section(INSTRUCTIONS)), *blocks[end:]]


def _one_yield(text: str) -> str:
    """Of "2 loaves, 4 servings" the one that counts people, else the first."""
    parts = [part.strip() for part in re.split(r",\s+", text)]
    return next((part for part in parts if servings_in(part)), parts[0])


def _explicit(blocks: list[Block]) -> dict[str, object]:
    """The record of a recipe whose ingredients stand under a heading that says so."""
    draft = Draft()
    state, level, above, cooking, told = _INTRO, 0, "", False, False
    for run in runs(blocks):
        block = run[0]
        if block.kind == HEADING:
            if (section := block.section) is None:
                state, level, above = _unknown(block, draft, state, level, above)
            elif section.kind == INGREDIENTS:
                draft.say("servings", section.servings)
                draft.begin(section.group or (heading_line(above) if above else ""))
                level = min(level, block.level) if state == INGREDIENTS else block.level
                state, above = INGREDIENTS, ""
            else:
                state, level, cooking = section.kind, block.level, cooking or section.kind == INSTRUCTIONS
        elif state == INGREDIENTS:
            # Steps without a heading: after the ingredients come sentences, and what follows them has to read like ingredients to be some.
            if _is_story(run) and draft.lines:
                state, above, told = _UNKNOWN, "", True
            _ingredients(run, draft)
        elif state == INSTRUCTIONS:
            draft.steps += [b.text for b in run if b.kind != RULE and not (b.kind == LINE and draft.told(b.text))]
        elif state == _UNKNOWN and lists_foods(run, not _GROUP.match(above) and (cooking or not draft.lines or (told and not all(map(short, run))))):
            draft.begin(heading_line(above))
            _ingredients(run, draft)
            above = ""
        else:
            for fact in facts(run) if block.kind == ROW else ():
                draft.told(fact)
            for b in run if block.kind != ROW else ():
                said = draft.told(b.text)
                if state == _UNKNOWN and b.kind == LINE and b.text.rstrip().endswith((":", "：")):
                    above = b.text
                elif state == _UNKNOWN and not said and b.kind in (LINE, ITEM):
                    draft.steps.append(b.text)
    return draft.record()


def _unknown(block: Block, draft: Draft, state: str, level: int, above: str) -> tuple[str, int, str]:
    """(state, level, heading above) after a heading that names no known part: a title, a group of ingredients, a part of another part."""
    if not draft.title and state == _INTRO:
        draft.title = block.text
        return state, level, ""
    within = block.level > level or block.level == PSEUDO
    if state == INGREDIENTS and (within or _GROUP.match(block.text)):
        draft.begin(heading_line(block.text))
        return state, level, ""
    if (state in (INSTRUCTIONS, OTHER) and within) or (state == _INTRO and block.level == PSEUDO):
        return state, level, ""
    return _UNKNOWN, block.level, block.text


def _is_story(run: list[Block]) -> bool:
    return run[0].kind == LINE and run[0].mark != "list" and is_text([block.text for block in run])


def _ingredients(run: list[Block], draft: Draft) -> None:
    """The blocks of one list, table or paragraph among the ingredients."""
    if run[0].kind == ROW:
        draft.lines += [line for line in table_lines(run) if line]
        return
    if _is_story(run):
        draft.steps += [block.text for block in run if not draft.told(block.text)]
        return
    for block in run:
        text = block.text
        if not text.strip() or block.kind == RULE:
            continue
        if block.mark == "list":
            draft.lines += ingredient_lines(text)
        elif text.rstrip().endswith((":", "：")):
            draft.begin(heading_line(text))
        elif (not begins_with_amount(text) or only_servings(text)) and draft.told(text):
            continue
        else:
            draft.lines.append(text)


def _loose(blocks: list[Block]) -> dict[str, object]:
    """The record of a recipe without a heading for its ingredients: its first list, and later ones that read like ingredients."""
    draft = Draft()
    above, state, found = "", _INTRO, False
    for run in runs(blocks):
        block = run[0]
        if block.kind == HEADING:
            if block.section is not None:
                state, above = block.section.kind, ""
            elif not draft.title:
                draft.title = block.text
            elif state != INSTRUCTIONS or block.level != PSEUDO:
                state, above = _INTRO, block.text
        elif state == _INTRO and block.kind in (ITEM, ROW, LINE) and lists_foods(run, firmly=found and not (above and all(map(short, run)))):
            found = True
            draft.begin(heading_line(above))
            above = ""
            if block.kind == ROW:
                draft.lines += [line for line in table_lines(run) if line]
            for item in run if block.kind != ROW else ():
                if item.text.rstrip().endswith((":", "：")):
                    draft.begin(heading_line(item.text))
                elif begins_with_amount(item.text) or not (about_recipe(item) or tells(item.text)):
                    draft.lines.append(item.text)
                elif not draft.told(item.text):
                    draft.steps.append(item.text)
        else:
            above = _loose_text(run, draft, above, found)
    if not found:
        raise Unreadable("no heading that names ingredients, and no list that reads like them", " ".join(b.text for b in blocks[:5]), REMEDY)
    return draft.record()


def _loose_text(run: list[Block], draft: Draft, above: str, found: bool) -> str:
    """What is no list of ingredients; gives the heading for the next list: "On top:"."""
    for block in run:
        if draft.told(block.text):
            continue
        if block.kind == LINE and block.link and labelled(block.text)[0] and not is_sentence(block.text):
            draft.lines.append(block.text)  # "Base: Moroccan lamb" is a recipe that this one is made of
        elif block.kind == LINE and block.text.rstrip().endswith((":", "：")):
            above = block.text if len(block.text.split()) <= 8 else ""
        elif found and block.kind in (LINE, ITEM) and block.text:
            draft.steps.append(block.text)
    return above
