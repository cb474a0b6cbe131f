"""Markdown: recipes as people, blogs and recipe sites write them, RecipeMD among them (.md, .markdown; also .txt that is Markdown).

What belongs here: Markdown -> the pieces of a recipe. Which pieces are ingredients is told in `outline`, front matter is read in
`front_matter`, and what its names mean in `fields`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from dish_pipeline.recipes.readers.blocks import HEADING, ITEM, LINE, PSEUDO, ROW, RULE, Block, resolved
from dish_pipeline.recipes.readers.fields import field_of, keep, known_fields
from dish_pipeline.recipes.readers.front_matter import split_front_matter
from dish_pipeline.recipes.readers.lines import absent, ingredient_lines
from dish_pipeline.recipes.readers.outline import records
from dish_pipeline.recipes.readers.prose import INGREDIENTS, INSTRUCTIONS, about_the_folder, begins_with_amount, section_of, title_of
from dish_pipeline.recipes.readers.reading import Format, Reading, Unreadable
from dish_pipeline.recipes.readers.text import clean, loosened, whole_text
from dish_pipeline.recipes.readers.yaml_file import said

MAX_FILE = 1_000_000
"""Bytes of a Markdown file, for each of which the parser may hold some five hundred."""

LONGEST_LINE = 5_000
"""Characters of a line whose emphasis and links are still read."""

_DEEPEST = 30
_OPENS = ("bullet_list_open", "ordered_list_open", "table_open", "paragraph_open", "fence", "code_block", "html_block")
_BLOCKS = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table").disable("inline")
_INLINE = MarkdownIt("commonmark", {"maxNesting": _DEEPEST})
_NO_SPACE = re.compile(r"^(#{2,6})(?=[^\s#])", re.MULTILINE)
_NO_SPACE_FIRST = re.compile(r"\s*#(?=[^\s#])")
_MARKED = re.compile(r"[*_`\[\]!<&\\]")
_WIKI = re.compile(r"!\[\[[^\[\]]{0,200}\]\]|\[\[(?:[^\[\]|]{0,200}\|)?([^\[\]|]{1,200})\]\]")
_BREAK = re.compile(r"<br ?/?>", re.IGNORECASE)
_BULLET = re.compile(r"^(?:[-*+•·▪◦‣●○–—□☐]\s+|[•▪◦‣●□☐])")
_QUOTE = re.compile(r"^(?:\s{0,3}> ?)+")
_TASK = re.compile(r"\[[ xX]\]\s+")
_FILE_LINK = re.compile(r"(?!https?:|#|mailto:)[^?#]*\.(?:md|markdown)(?:[?#].*)?", re.IGNORECASE)
_HIDDEN = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"), ("<svg", "</svg>"))
_HEADED = re.compile(r"^(?:#{1,6}\s*(?P<atx>.{1,100})|(?:\*\*|__)(?P<bold>[^*_\n]{1,100})(?:\*\*|__):?[ \t]*)$", re.MULTILINE)
"""Headings that nothing but Markdown has; a line underlined is one in any text."""


def read(path: Path, name: str, reading: Reading) -> None:
    """Read the recipe, or recipes, of a file; `row` is the number of the recipe in it.

    A page that speaks of its folder (README.md, _index.md) is a recipe only where it says so; otherwise it is passed over.
    """
    if (size := path.stat().st_size) > MAX_FILE:
        raise Unreadable(f"{size:,} bytes, over the {MAX_FILE:,} of a Markdown file", remedy="cut it into several files, one recipe each")
    given, body, _ = split_front_matter(whole_text(path))
    given = said(given)
    inside = "ingredients" in known_fields(given) and any(field_of(key) == "ingredients" and not absent(value) for key, value in given.items())
    titled = any(field_of(key) == "title" and not absent(value) for key, value in given.items())
    blocks = _with_notes(_blocks(body))
    if about_the_folder(name) and not inside and not _is_recipe(blocks):
        return
    if inside or not absent(given.get("components")):
        keep(_from_front_matter(given, blocks, name), name, 1, reading)
        return
    for row, record in enumerate(records(blocks, titled), 1):
        if isinstance(record, Unreadable):
            reading.add(record.refusal(name, row, "ingredients"))
        else:
            keep(_joined(given, record, name), name, row, reading)


def claims(head: str) -> bool:
    """True for a text that marks its ingredients with a Markdown heading, or begins with front matter that names them or a title."""
    head = head.lstrip("\ufeff")[:20_000].replace("\r\n", "\n")
    if (opening := re.match(r"(?:---|\+\+\+)[ \t]*\n", head)) is not None:
        return re.search(r"^(?:title|name|ingredients)[ \t]*[:=]", head[opening.end() :], re.MULTILINE) is not None
    headings = (found["atx"] or found["bold"] for found in _HEADED.finditer(head))
    return any((section := section_of(text.strip(" #:*_"), True)) is not None and section.kind == INGREDIENTS for text in headings)


def _is_recipe(blocks: list[Block]) -> bool:
    """True for a page with headings for both ingredients and steps, which a page about its folder seldom has."""
    kinds = {block.section.kind for block in resolved(blocks) if block.section is not None and block.level < PSEUDO}
    return {INGREDIENTS, INSTRUCTIONS} <= kinds


def _from_front_matter(given: Mapping[str, object], blocks: list[Block], name: str) -> dict[str, object]:
    """A recipe whose ingredients stand in the front matter. Chowdown's `components` are recipes that this one is made of."""
    record = dict(given)
    if not absent(given.get("components")):
        lines = [line for key, value in given.items() if field_of(key) == "ingredients" for line in ingredient_lines(value)]
        record = {key: value for key, value in record.items() if field_of(key) != "ingredients"}
        record["ingredients"] = [*lines, *ingredient_lines(given["components"])]
    steps = [block.text for block in blocks if block.kind in (ITEM, LINE)]
    return _joined(record, {"title": "", "ingredients": [], "instructions": steps}, name)


def _joined(given: Mapping[str, object], record: Mapping[str, object], name: str) -> dict[str, object]:
    """What the text says, where the front matter does not say it; the name of the file is the title of a text that has none."""
    known = {field_of(key) for key, value in given.items() if not absent(value)}
    joined = {key: value for key, value in given.items() if field_of(key) in ("", *known)}
    joined |= {key: value for key, value in record.items() if key not in known}
    return joined if "title" in known or record["title"] else joined | {"title": title_of(name)}


def _blocks(text: str) -> list[Block]:
    """The pieces of a Markdown text. Raises Unreadable for one that is nested too deep to be read as a whole."""
    if _NO_SPACE_FIRST.match(text):
        text = text.replace("#", "# ", 1)
    text = _NO_SPACE.sub(r"\1 ", text)
    env: dict[str, object] = {}
    return _Pieces(_BLOCKS.parse(text, env), text.splitlines(), env).blocks


class _Pieces:
    """Walks the tokens of a text and keeps its pieces."""

    def __init__(self, tokens: list[Token], source: list[str], env: dict[str, object]) -> None:
        self.blocks: list[Block] = []
        self.source, self.env = source, env
        self.lists: list[bool] = []
        """Of each list that is open, whether it is numbered."""
        self.group = 0
        self.fresh = True
        cells: list[str] = []
        for place, token in enumerate(tokens):
            if token.level >= _DEEPEST - 2:
                raise Unreadable("lists nested too deep", token.content, "write flat lists")
            if token.type in _OPENS and not self.lists:
                self.group += 1
            if token.type in ("bullet_list_open", "ordered_list_open"):
                self.lists.append(token.type == "ordered_list_open")
            elif token.type in ("bullet_list_close", "ordered_list_close"):
                self.lists.pop()
            elif token.type == "list_item_open":
                self.fresh = True
            elif token.type == "tr_open":
                cells = []
            elif token.type == "tr_close":
                mark = "head" if tokens[place + 1].type == "thead_close" else ""
                self.blocks.append(Block(ROW, " ".join(filter(None, cells)), group=self.group, mark=mark, cells=tuple(cells)))
            elif token.type == "hr":
                self.blocks.append(Block(RULE, ""))
            elif token.type in ("fence", "code_block", "html_block"):
                kind = ITEM if token.type == "html_block" and "<li" in token.content.lower() else LINE
                mark = "" if token.type == "html_block" else "code"
                self.blocks += [Block(kind, line, group=self.group, mark=mark) for line in _plain_lines(token)]
            elif token.type == "inline" and tokens[place - 1].type in ("th_open", "td_open"):
                cells.append(_said(token.content, env)[0])
            elif token.type == "inline" and tokens[place - 1].type == "heading_open":
                self.blocks.append(Block(HEADING, _said(token.content.replace("\n", " "), env)[0], level=int(tokens[place - 1].tag[1])))
            elif token.type == "inline":
                self._lines(token)

    def _lines(self, token: Token) -> None:
        """The lines of a paragraph; of one within a list, the item and what is written below it without being indented."""
        item = self.fresh and bool(self.lists)
        self.fresh = False
        parts: list[str] = []
        for number, written in enumerate(token.content.split("\n")):
            line = written.removesuffix("\\")
            if number and self.lists and self._indented(token, number):
                parts.append(line)
                continue
            if parts:
                self._line(" ".join(parts), item)
                item = False
            parts = [line]
        self._line(" ".join(parts), item)

    def _line(self, line: str, item: bool) -> None:
        for part in _BREAK.split(line):
            text, mark, link = _said(part, self.env)
            if item:
                text = _TASK.sub("", text, count=1) if text[:1] == "[" else text
                self.blocks.append(Block(ITEM, text, len(self.lists), self.lists[-1], self.group, mark, link))
                item = False
            elif text:
                self.blocks.append(Block(LINE, _BULLET.sub("", text), group=self.group, mark=mark, link=link))

    def _indented(self, token: Token, number: int) -> bool:
        """True for a line that goes on with the item above it; one that begins at the margin is a line of its own."""
        place = (token.map or [0])[0] + number
        return place >= len(self.source) or _QUOTE.sub("", self.source[place])[:1].isspace()


def _with_notes(blocks: list[Block]) -> list[Block]:
    """The blocks, notes that hang below an ingredient joined to it ("1 onion" / "finely chopped"), bold items above others made headings."""
    found: list[Block] = []
    place = 0
    while place < len(blocks):
        block = blocks[place]
        place += 1
        below = place
        while below < len(blocks) and block.kind == blocks[below].kind == ITEM and block.group == blocks[below].group:
            if blocks[below].level <= block.level:
                break
            below += 1
        inner = blocks[place:below]
        if inner and block.mark == "strong" and not begins_with_amount(block.text):
            block = replace(block, text=block.text.rstrip(":") + ":")
        elif inner and begins_with_amount(block.text) and not block.text.endswith(":") and not any(begins_with_amount(b.text) for b in inner):
            block = replace(block, text=", ".join([block.text, *(b.text for b in inner)]))
            place = below
        found.append(block)
    return found


def _plain_lines(token: Token) -> list[str]:
    """The lines of a block of code or of HTML, comments and scripts left out."""
    text = token.content
    if token.type == "html_block":
        for opening, closing in _HIDDEN:
            text = _without(text, opening, closing)
        text = loosened(text)
    return [line for part in text.splitlines() if (line := _BULLET.sub("", clean(part)))]


def _without(text: str, opening: str, closing: str) -> str:
    """The text without what stands between two marks; a mark that does not close hides the rest, as in a browser."""
    kept, place, lower = [], 0, text.lower()
    while (start := lower.find(opening, place)) >= 0:
        kept.append(text[place:start])
        end = lower.find(closing, start)
        place = end + len(closing) if end >= 0 else len(text)
    return "".join([*kept, text[place:]])


def _said(line: str, env: dict[str, object]) -> tuple[str, str, bool]:
    """(text of a line, what all of it is: "strong", "em", "link" or nothing, whether it links to another file of recipes)."""
    line = _WIKI.sub(lambda m: m[1] or "", line) if "[[" in line else line
    if len(line) > LONGEST_LINE or not _MARKED.search(line):
        return clean(line), "", False
    parts: list[str] = []
    opened = {"strong": 0, "em": 0, "link": 0}
    outside = dict.fromkeys(opened, False)
    link = False
    for token in _INLINE.parseInline(line, env)[0].children or []:
        kind = token.type.removesuffix("_open").removesuffix("_close")
        if kind in opened:
            opened[kind] += token.nesting
            link = link or (token.nesting > 0 and bool(_FILE_LINK.fullmatch(str(token.attrGet("href") or ""))))
        elif token.type in ("text", "code_inline", "html_inline"):
            parts.append(token.content)
            for name, depth in opened.items():
                outside[name] = outside[name] or (depth == 0 and bool(token.content.strip(" :.") and token.type != "html_inline"))
        elif token.type == "softbreak":
            parts.append(" ")
    text = clean("".join(parts))
    return text, next((name for name, out in outside.items() if text and not out), ""), link


FORMAT = Format("Markdown", (".md", ".markdown"), read, lambda head: True, foreign=claims)
