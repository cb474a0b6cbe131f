"""Completed dishes as a table in the terminal, drawn from the model in use.

What belongs here: reading what a person writes of a dish (foods with grams, needs), loading the model in use with the dishes that it has
learned from, and what stands beside a completed dish. For a view without numbers no figure is shown at all.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics import profile_files
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile, find, parse_ask
from dish_pipeline.dish import COURSES
from dish_pipeline.model.text import amount_text
from dish_pipeline.settings import Settings
from dish_pipeline.store import tables
from dish_pipeline.store.artifacts import Artifacts

REASONS = 3
"""Reasons that are told when nothing came through."""


def food_of(text: str, lexicon: Lexicon) -> tuple[str, float | None]:
    """ "chicken thigh 150" -> the food's id and 150.0; without a number the amount is open.

    Raises ValueError for a food that the lexicon does not know, with names that are near, and for an amount of nothing.
    """
    said = re.fullmatch(r"\s*(.*?\S)(?:\s+(\d+(?:\.\d+)?)\s*g?)?\s*", text)
    name, number = said.groups() if said else ("", None)
    food = lexicon.find(name) if name else None
    if food is None:
        names = {alias.casefold() for f in lexicon.foods.values() for alias in (f.name, *f.aliases)}
        near = difflib.get_close_matches(name.casefold(), sorted(names), n=4)
        raise ValueError(f"no food is called {name!r}" + (f"; near are: {', '.join(near)}" if near else "; `dish lexicon explain` knows the names"))
    if number is not None and not float(number):
        raise ValueError(f"{text!r} is no amount of {food.name}; leave the number out where the amount is open")
    return food.food_id, None if number is None else float(number)


def show(
    settings: Settings, title: str, foods: Sequence[str], course: str, asked: str, count: int, seed: int, only: bool, console: Console
) -> None:
    """Print `count` dishes that hold what is given.

    Raises ValueError for a wish that cannot be read or kept, ArtifactError when no model was trained yet.
    """
    if course and course not in COURSES:
        raise ValueError(f"no course {course!r}; there are: {', '.join(COURSES)}")
    lexicon = lexicon_room.load(settings.lexicon)
    profiles = profile_files.load(settings.profiles, lexicon, settings.own_profiles)
    given = [food_of(text, lexicon) for text in foods]
    if len(dict(given)) < len(given):
        raise ValueError("a food is named twice")
    seen = [profiles[name] for name in find(asked, {p.profile: p.label for p in profiles.values()})] if asked else []
    judged = parse_ask(asked, profiles) if any(not p.hide_numbers for p in seen) else ()
    champion, validated = (Artifacts(settings.artifacts).need(name) for name in ("champion_model", "validated_recipes"))

    from dish_pipeline.evaluation.completion import Wish, complete
    from dish_pipeline.evaluation.novelty import RealDishes
    from dish_pipeline.evaluation.usability import Judge
    from dish_pipeline.model import transformer
    from dish_pipeline.model.sampling import SamplingPlan
    from dish_pipeline.model.text import canonical
    from dish_pipeline.model.tokenizer import DishTokenizer
    from dish_pipeline.recipes.validation import dishes_of

    frame = tables.read(validated.path("dishes.parquet"))
    frame = frame[frame["food_ids"].map(len) > 0]
    train = frame[(frame["split"] == "train") & frame["trainable"].astype(bool)]
    real = [canonical(d) for d in dishes_of(frame)]
    found, funnel = complete(
        Wish(title, course, dict(given), judged, only), count, transformer.load(champion.folder), DishTokenizer.load(champion.folder), lexicon,
        profiles, [canonical(d) for d in dishes_of(train)], Judge(lexicon, profiles, RealDishes(real)), SamplingPlan(), seed,
    )
    plain = any(p.hide_numbers for p in seen)
    table = Table(title=f"Completed {_said(judged)}: {len(found)} of {count}", title_justify="left", show_lines=True)
    for name in ("title", "course", "ingredients" if plain else "grams in one serving", *judged, "novelty", "nearest real dish"):
        if not (plain and name == "novelty"):
            table.add_column(name)
    for idea in found:
        parts = [(lexicon.foods[p.food_id].name, amount_text(p.grams)) for p in idea.dish.portions]
        ingredients = ", ".join(name if plain else f"{name} {grams}" for name, grams in parts)
        verdicts = [idea.verdicts[p].verdict for p in judged]
        figures = [] if plain else [f"{idea.nearest.novelty:.2f}"]
        table.add_row(idea.dish.title, idea.dish.course, ingredients, *verdicts, *figures, real[idea.nearest.index].title)
    # A pipe has no width of its own; a table for people wants more than the 80 columns that are assumed then.
    out = console if console.is_terminal else Console(width=150, file=console.file)
    out.print(table)
    if len(found) < count:
        lost = [f"{n} of {funnel.drawn} {reason}" for reason, n in funnel.lost.most_common(REASONS)]
        out.print(f"Not all draws came through: {'; '.join(lost)}", highlight=False, markup=False)
    for profile in seen:
        out.print(_wording(profile), highlight=False, markup=False)


def _said(judged: Sequence[str]) -> str:
    return f"dishes that pass {' and '.join(judged)}" if judged else "dishes, not judged"


def _wording(profile: Profile) -> str:
    own = f" (your own profile, {profile.file})" if profile.own else ""
    return f"  {profile.wording}; not decidable from ingredients: {', '.join(profile.undecidable).replace('_', ' ')}{own}"
