"""What the lexicon lacks: names that recipes ask for in vain, what each would complete, and rows for an editor to begin with.

What belongs here: counting unresolved names, and helping a person to place them. Likeness is looked at here alone, and decides nothing:
a person takes a suggestion or leaves it, and no line is ever read by it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from dish_pipeline.dietetics.lexicon import NO_TABLE, Food, Lexicon
from dish_pipeline.dietetics.lexicon_reasons import VARIES
from dish_pipeline.dietetics.parsing import Line, LineParser
from dish_pipeline.dietetics.wording import Phrase, fold, located_tokens, phrase
from dish_pipeline.dish import Recipe, Tri

FOOD_COLUMNS = ("id", "name", "group", "aliases", "aliases_fr", "composition", "g_per_cup", "pieces", "basis", "source", "note", "reviewed_by")

SPELLING, KIND, WORDS = "spelt alike", "ends like", "shares a word"
"""How a suggestion is like the name, in the order of how much it says."""

ALIKE = 0.84
"""Share of letters in common from which on two names count as spelt alike: "worcestershyre" and "worcestershire"."""

SORTS = {"lines": lambda gap: (gap.lines, gap.recipes), "recipes": lambda gap: (gap.recipes, gap.lines),
         "completes": lambda gap: (gap.completes, gap.lines)}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A food that a person may have meant. `name` is the one of its names that is like the missing one, `how` says in what way."""

    food: Food
    name: str
    how: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A name that no food has: in how many lines and recipes it stands, and how many recipes it alone keeps from being resolved.

    `words` are in normal form, `spelt` as the example line has them; `beside`: the foods that the example line names.
    """

    words: str
    lines: int
    recipes: int
    completes: int
    example: str
    spelt: str
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """All gaps of a collection, and how much of it was read."""

    gaps: tuple[Gap, ...]
    lines: int
    lines_resolved: int
    recipes: int
    recipes_resolved: int


def missing(recipes: Iterable[Recipe], parser: LineParser, sort: str = "lines") -> Missing:
    """Every unresolved name of the recipes, commonest first; `sort` is one of SORTS."""
    in_lines: Counter[str] = Counter()
    in_recipes: Counter[str] = Counter()
    completes: Counter[str] = Counter()
    example: dict[str, Line] = {}
    lines = resolved = count = whole = 0
    for recipe in recipes:
        open_names: set[str] = set()
        for line in map(parser.parse, recipe.lines):
            lines += not line.heading
            resolved += line.resolved and not line.heading
            names = {mention.words for mention in line.mentions if mention.food is None}
            in_lines.update(names)
            open_names |= names
            for name in names:
                example.setdefault(name, line)
        in_recipes.update(open_names)
        count += 1
        whole += not open_names
        if len(open_names) == 1:
            completes.update(open_names)
    gaps = [
        Gap(name, in_lines[name], in_recipes[name], completes[name], line.text, _spelt(name, line.text),
            tuple(mention.food.name for mention in line.mentions if mention.food))
        for name, line in example.items()
    ]
    # Names in order of the alphabet where the figures are the same, so that two readings give one list.
    gaps.sort(key=lambda gap: gap.words)
    gaps.sort(key=SORTS[sort], reverse=True)
    return Missing(tuple(gaps), lines, resolved, count, whole)


def _spelt(words: str, line: str) -> str:
    """The words as the line spells them, in lower case and without accents; in normal form where they stand apart."""
    text = fold(line)
    wanted, found = words.split(), located_tokens(text)
    for i in range(len(found) - len(wanted) + 1):
        if [token.word for token in found[i : i + len(wanted)]] == wanted:
            spelt = text[found[i].start : found[i + len(wanted) - 1].end]
            return spelt if phrase(spelt) == phrase(words) else words
    return words


def suggestions(words: str, lexicon: Lexicon, limit: int = 3) -> list[Suggestion]:
    """Foods with names like `words`, at most `limit`, the likeliest first. They decide nothing."""
    wanted = phrase(words)
    if not wanted:
        return []
    rarity = Counter(word for known in lexicon.by_phrase for word in set(known))
    best: dict[str, tuple[tuple[int, float, int], Suggestion]] = {}
    for known, food in lexicon.by_phrase.items():
        likeness = _likeness(wanted, known, rarity)
        if likeness is None:
            continue
        how, score = likeness
        rank = ((SPELLING, KIND, WORDS).index(how), -score, len(known))
        if food.food_id not in best or rank < best[food.food_id][0]:
            best[food.food_id] = (rank, Suggestion(food, _written(food, known), how))
    return [found for _, found in sorted(best.values(), key=lambda pair: (pair[0], pair[1].food.food_id))[:limit]]


def _written(food: Food, known: Phrase) -> str:
    return next(text for text in (food.name, *food.aliases) if phrase(text) == known)


def _likeness(wanted: Phrase, known: Phrase, rarity: Counter[str]) -> tuple[str, float] | None:
    one, other = " ".join(wanted), " ".join(known)
    if abs(len(one) - len(other)) <= 4 and set(one[:2]) & set(other[:2]):
        matcher = SequenceMatcher(None, one, other, autojunk=False)
        if matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and (ratio := matcher.ratio()) >= ALIKE:
            return SPELLING, ratio
    if len(known) < len(wanted) and wanted[-len(known):] == known:
        return KIND, float(len(known))
    shared = set(wanted) & set(known)
    # A word of many names ("sauce") says little, and one that shares nothing else says nothing.
    score = sum(1 / rarity[word] for word in shared) * len(shared) / len(set(wanted) | set(known))
    return (WORDS, score) if shared and score >= 0.005 else None


def described(gap: Gap, lexicon: Lexicon) -> list[str]:
    """A gap in lines for an editor: how often, where, what it would complete, and what can be done."""
    completes = f"; would complete {gap.completes} {'recipe' if gap.completes == 1 else 'recipes'}" if gap.completes else ""
    lines = [f"{gap.lines:5}  {gap.spelt}  (lines {gap.lines}, recipes {gap.recipes}{completes})  <- {gap.example}"]
    if gap.beside:
        lines.append(
            f"         its line names {', '.join(gap.beside)}: if the word only tells the kind, add the longer name as an alias of that food; "
            "words.csv is for words that can never be a food or bring one"
        )
    found = suggestions(gap.words, lexicon)
    for suggestion in found:
        also = "" if suggestion.name == suggestion.food.name else f" ({suggestion.food.name})"
        lines.append(f"         suggestion, decides nothing: {suggestion.how} {suggestion.name!r}{also}")
    if found and found[0].how == SPELLING:
        food_id = found[0].food.food_id
        lines.append(f"         if it is the same food: add |{gap.spelt} to the aliases of {food_id} in foods.csv; else, as a new food:")
    else:
        lines.append("         as a new food, to be filled in:")
    return [*lines, f"         {csv_line(food_row(gap, lexicon, set()))}"]


def food_row(gap: Gap, lexicon: Lexicon, taken: set[str]) -> list[str]:
    """A row of foods.csv to begin with. `taken`: ids that other rows of the same sheet have."""
    base = re.sub(r"[^a-z0-9]+", "_", fold(gap.spelt)).strip("_")
    food_id = next(name for name in (base, *(f"{base}_{n}" for n in range(2, 10_000))) if name not in lexicon.foods and name not in taken)
    # A kind of a known food most often belongs to its group; the facts stay unknown whatever the group.
    kinds = [s.food.group for s in suggestions(gap.words, lexicon) if s.how == KIND]
    cells = {
        "id": food_id, "name": gap.spelt, "group": kinds[0] if kinds else "prepared", "composition": NO_TABLE, "basis": VARIES,
        "source": "not yet described", "note": "to be filled in: names, group, facts, composition, basis, source",
    }
    return [cells.get(column, "") for column in FOOD_COLUMNS]


def skeleton(gaps: Sequence[Gap], lexicon: Lexicon) -> list[str]:
    """Rows for foods.csv and facts.csv, ready to be pasted at their ends: every fact is unknown, so no dish passes by them.

    A name without a letter, or of one neutral word, makes no food and is left out.
    """
    taken: set[str] = set()
    names: set[Phrase] = set()
    foods, facts = [], []
    for gap in gaps:
        words = phrase(gap.words)
        if words in names or not re.search(r"[a-z]", fold(gap.words)) or "|" in gap.spelt or (len(words) == 1 and words[0] in lexicon.neutral_words):
            continue
        row = food_row(gap, lexicon, taken)
        taken.add(row[0])
        names.add(words)
        foods.append(csv_line(row))
        facts.append(csv_line([row[0], *(Tri.UNKNOWN.word for _ in lexicon.keys)]))
    return [f"# foods.csv: {','.join(FOOD_COLUMNS)}", *foods, f"# facts.csv: id,{','.join(lexicon.keys)}", *facts]


def csv_line(cells: Sequence[str]) -> str:
    """One line of CSV, without its end."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()
