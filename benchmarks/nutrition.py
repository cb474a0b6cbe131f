"""Our figures per serving beside those that recipes state themselves: `python -m benchmarks.nutrition [PATH ...]`. Half a minute.

Stated figures are rare in open collections: of the shared recipes two state any. So `gold/nutrition.jsonl` holds 11 more, noted by hand
from pages of public health and extension services (title, servings, amounts and figures, with the source of
each; nothing else of theirs). PATH: files or folders of your own recipes; figures are read from schema.org's `nutrition` in JSON and in
pages, and from sentences such as "Calories: 119; total fat, 3.6 g" among the steps. Everything else the project's readers read.

What stands in the table, for each nutrient: **error**, of our middle figure against the stated one, as the median without sign, and with
sign (bias); **inside**, the share of stated values within our bounds (half a unit of the last digit stated is given); **width**, of the
interval over its middle, where it has an upper bound; **open above**, the recipes without one, and the foods that leave it open. A dish
with an amount that nobody gave has no middle figure: there the sum of what is weighed stands in, and `part` counts them. Carbohydrate is
the US one, with fibre. What is stated was computed by others from tables and brands of their own, and is no analysis: an error of a
tenth says nothing against either.

Then the energy of one serving of the project's own dishes by course, from what is weighed, and the dishes that lie far off.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics.facts import Facts, Item, facts_of, items_of_dish, items_of_lines
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dish import Interval, Recipe
from dish_pipeline.recipes.readers import ReadError, read_path
from dish_pipeline.recipes.validation import dishes_of, raw_frame, validate
from dish_pipeline.recipes.wording import servings_of
from dish_pipeline.settings import CHECKOUT, INPUTS, Settings

GOLD = Path(__file__).resolve().parent / "gold" / "nutrition.jsonl"
SHARED = Path(os.environ.get("DISH_SHARED", CHECKOUT.parent / "shared"))
RESULTS = Path(__file__).resolve().parent / "results" / "nutrition.json"

NUTRIENTS = {
    "energy_kcal": ("calories", r"calories|energy"), "carbohydrate_g": ("carbohydrateContent", r"(?:total )?carb(?:ohydrate)?s?"),
    "protein_g": ("proteinContent", r"protein"), "fat_g": ("fatContent", r"(?:total )?fat"), "sodium_mg": ("sodiumContent", r"sodium"),
}
"""Nutrient -> its name in schema.org, and in sentences."""

SMALL = {"energy_kcal": 20.0, "carbohydrate_g": 3.0, "protein_g": 2.0, "fat_g": 2.0, "sodium_mg": 50.0}
"""A difference up to which an error is none to look into, however large a share it is."""

BOUNDS = {"energy_kcal": 0.15, "carbohydrate_g": 0.15, "protein_g": 0.15, "fat_g": 0.3, "sodium_mg": 0.3}
"""Nutrient -> the median error that may be."""

WORST = 10
FAR = 3.0
"""Interquartile ranges from the quartiles, on the logarithm, beyond which a dish lies far off its course."""


@dataclass(frozen=True)
class Beside:
    """One nutrient of one recipe: ours per serving, and what the recipe states."""

    title: str
    nutrient: str
    stated: float
    ours: Interval
    middle: float
    part: bool
    """True where an amount is missing, and `middle` is the sum of what is weighed."""
    open_foods: tuple[str, ...]
    largest: tuple[str, ...]

    @property
    def error(self) -> float:
        """Our middle figure against the stated one: 0.1 is a tenth too much."""
        return relative_error(self.middle, self.stated)

    @property
    def inside(self) -> bool:
        """True when the stated value lies within our bounds, up to its rounding."""
        return within_bounds(self.stated, self.ours)


def relative_error(ours: float, stated: float) -> float:
    """(ours - stated) / stated, a stated zero taken as a half: what rounds to it."""
    return (ours - stated) / max(stated, 0.5)


def within_bounds(stated: float, ours: Interval) -> bool:
    """True when the interval meets all that rounds to the stated number: 1 is anything from 0.5 to 1.5, and 3.63 itself."""
    half = 0.5 if stated == int(stated) else 0.5 * 10 ** -len(f"{stated}".partition(".")[2])
    return ours.lo <= stated + half and (ours.hi is None or ours.hi >= stated - half)


def number_of(value: object) -> float | None:
    """The first number of "119 kcal" or "1,200 mg"; kilojoules and kilocalories are told apart by `figures_of`."""
    found = re.search(r"\d[\d,]*(?:\.\d+)?", str(value))
    return float(found.group().replace(",", "")) if found else None


def figures_of(nutrition: Mapping[str, Any]) -> dict[str, float]:
    """Nutrient -> figure of a schema.org `nutrition` object."""
    found = {}
    for nutrient, (name, _) in NUTRIENTS.items():
        value = number_of(nutrition.get(name, ""))
        if value is not None:
            text = str(nutrition[name])
            if nutrient == "energy_kcal" and re.search(r"kj", text, re.IGNORECASE) and not re.search("cal", text, re.IGNORECASE):
                value /= 4.184
            if nutrient == "sodium_mg" and re.search(r"\d ?g", text):
                value *= 1000
            found[nutrient] = value
    return found


def figures_in(text: str) -> dict[str, float]:
    """Nutrient -> figure of a sentence: "159 calories per slice", "Calories: 119; total fat, 3.63 g; sodium, 135 mg"."""
    found = {}
    for nutrient, (_, word) in NUTRIENTS.items():
        unit = {"energy_kcal": r"(?:k?cal(?:ories)?)?", "sodium_mg": "mg"}.get(nutrient, "g")
        # "Unsaturated fat" is not all of it.
        match = re.search(rf"(?<![\w-])(?<!saturated )(?<!from )(?:{word})\b[ :,=]*(\d[\d,]*(?:\.\d+)?) ?{unit}", text, re.IGNORECASE)
        if match is None and nutrient == "energy_kcal":
            match = re.search(r"(\d[\d,]*(?:\.\d+)?) ?(?:kcal|calories)\b", text, re.IGNORECASE)
        if match:
            found[nutrient] = float(match[1].replace(",", ""))
    return found


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)


def raw_figures(path: Path) -> dict[str, dict[str, float]]:
    """Title -> figures of every object with `nutrition` in the JSON files, JSON Lines and pages at a path."""
    found: dict[str, dict[str, float]] = {}
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.suffix.lower() not in (".json", ".jsonl", ".jsonld", ".ndjson", ".html", ".htm"):
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        scripts = re.findall(r"<script[^>]*ld\+json[^>]*>(.*?)</script>", text, re.DOTALL | re.IGNORECASE)
        for part in scripts or (text.splitlines() if file.suffix in (".jsonl", ".ndjson") else [text]):
            try:
                value = json.loads(part)
            except ValueError:
                continue
            for item in _objects(value):
                title, nutrition = item.get("title") or item.get("name"), item.get("nutrition")
                if isinstance(title, str) and isinstance(nutrition, dict) and (figures := figures_of(nutrition)):
                    found[title] = figures
    return found


def stated_recipes(paths: Iterable[Path]) -> Iterator[tuple[Recipe, dict[str, float]]]:
    """Recipes that state figures, with them."""
    for path in paths:
        raw = raw_figures(path)
        try:
            recipes = read_path(path).recipes
        except ReadError as error:
            print(error)
            continue
        for recipe in recipes:
            figures = raw.get(recipe.title) or {k: v for step in recipe.steps for k, v in figures_in(step).items()}
            if "energy_kcal" in figures:
                yield recipe, figures


def weighed(items: Sequence[Item], nutrient: str) -> tuple[float, list[tuple[float, str]]]:
    """The nutrient's middle figure in what has an amount and a figure, and the shares of it, the largest first."""
    shares = []
    for item in items:
        per_100g = item.food.composition.get(nutrient) if item.food else None
        if per_100g is not None and per_100g.mid is not None and item.grams.mid is not None:
            shares.append((per_100g.mid * item.grams.mid / 100, f"{item.label} {item.grams.mid:.0f} g"))
    return sum(amount for amount, _ in shares), sorted(shares, reverse=True)


def compare(recipe: Recipe, stated: Mapping[str, float], parser: LineParser) -> list[Beside]:
    """Our figures of a recipe beside the stated ones; nothing for one whose servings are not known."""
    servings = servings_of(recipe.servings)
    if servings is None:
        return []
    count = Interval(servings[0], sum(servings) / 2, servings[1])
    items = items_of_lines(parser.parse(line) for line in recipe.lines)
    facts: Facts = facts_of(items, count, parser.lexicon)
    found = []
    for nutrient, value in stated.items():
        total, shares = weighed(items, nutrient)
        ours, eaters = facts.nutrients[nutrient], count.mid or 1.0
        middle = total / eaters if ours.mid is None else ours.mid
        largest = tuple(f"{label} = {amount / eaters:.0f}" for amount, label in shares[:3])
        found.append(Beside(recipe.title, nutrient, value, ours, middle, ours.mid is None, facts.doubt.get(nutrient, ()), largest))
    return found


def summary(rows: Sequence[Beside]) -> dict[str, Any]:
    """The figures of one nutrient over its recipes."""
    bounded = [row for row in rows if row.ours.hi is not None]
    widths = [((row.ours.hi or 0.0) - row.ours.lo) / row.middle for row in bounded if row.middle > 0]
    return {
        "recipes": len(rows), "part": sum(row.part for row in rows), "error": median(abs(row.error) for row in rows),
        "bias": median(row.error for row in rows), "inside": sum(row.inside for row in rows) / len(rows),
        "inside of bounded": sum(row.inside for row in bounded) / len(bounded) if bounded else None,
        "width": median(widths) if widths else None, "open above": len(rows) - len(bounded),
        "left open by": dict(Counter(food for row in rows for food in row.open_foods).most_common(8)),
    }


def worst(rows: Iterable[Beside]) -> list[Beside]:
    """The largest errors that are no trifle in grams either."""
    return sorted((row for row in rows if abs(row.middle - row.stated) > SMALL[row.nutrient]), key=lambda row: -abs(row.error))[:WORST]


def energy_by_course(lexicon: Lexicon) -> tuple[dict[str, dict[str, float]], list[str], list[str]]:
    """Energy of one serving of the project's dishes: quartiles and ends by course, the dishes far off, the farthest first, and the richest."""
    result = validate(raw_frame(read_path(INPUTS / "recipes").recipes), LineParser(lexicon))
    courses: dict[str, list[tuple[float, str]]] = {}
    for dish in dishes_of(result.dishes):
        items = items_of_dish(dish, lexicon)
        energy, shares = weighed(items, "energy_kcal")
        said = "; ".join(f"{label} = {amount:.0f}" for amount, label in shares[:3])
        courses.setdefault(dish.course, []).append((energy, f"{dish.course}: {dish.title}, {energy:.0f} kcal ({said})"))
    figures, far = {}, []
    for course, found in courses.items():
        energies = sorted(energy for energy, _ in found)
        q1, q2, q3 = quantiles(energies, n=4)
        low, high = energies[len(found) // 20], energies[-1 - len(found) // 20]
        figures[course] = {"dishes": len(found), "5 %": low, "quartile": q1, "median": q2, "upper quartile": q3, "95 %": high}
        # Energies spread by factors, so the distance is one of factors too.
        spread = max(q3 / q1, 1.1)
        for energy, said in found:
            factor = max(energy / q3, q1 / max(energy, 1.0))
            if factor > spread**FAR / spread:
                far.append((factor, said))
    richest = sorted((pair for found in courses.values() for pair in found), reverse=True)[:WORST]
    return figures, [said for _, said in sorted(far, reverse=True)], [said for _, said in richest]


def main(paths: list[Path]) -> None:
    """Compare, print the tables, keep the figures."""
    lexicon = lexicon_room.load(Settings().lexicon)
    parser = LineParser(lexicon)
    sources = paths or [GOLD, *(folder for name in ("recipes", "formats") if (folder := SHARED / name).is_dir())]
    seen: set[tuple[str, ...]] = set()
    rows: list[Beside] = []
    recipes, without = 0, 0
    for recipe, stated in stated_recipes(sources):
        if recipe.lines not in seen:
            seen.add(recipe.lines)
            compared = compare(recipe, stated, parser)
            recipes, without, rows = recipes + 1, without + (not compared), rows + compared
    print(f"{recipes} recipes state figures, {without} of them no number of servings; {platform.platform()}\n")
    print("| per serving | recipes | part | error | bias | inside | width | open above | bound of error |\n" + "|---" * 9 + "|")
    figures = {}
    for nutrient in NUTRIENTS:
        own = [row for row in rows if row.nutrient == nutrient]
        if not own:
            continue
        f = figures[nutrient] = summary(own)
        width = "" if f["width"] is None else f"{f['width']:.0%}"
        held = "held" if f["error"] <= BOUNDS[nutrient] else "MISSED"
        print(
            f"| {nutrient} | {f['recipes']} | {f['part']} | {f['error']:.1%} | {f['bias']:+.1%} | {f['inside']:.0%} | {width} | {f['open above']} | "
            f"{BOUNDS[nutrient]:.0%}: {held} |"
        )
    for nutrient, f in figures.items():
        print(f"\n{nutrient} is left open above by: " + ", ".join(f"{food} ({n})" for food, n in f["left open by"].items()), end="")
    print("\n\nThe largest errors:")
    found = [
        f"{row.title}, {row.nutrient}: stated {row.stated:g}, ours {'part ' if row.part else ''}{row.middle:.0f} "
        f"({row.ours.lo:.0f} to {'?' if row.ours.hi is None else f'{row.ours.hi:.0f}'}); {'; '.join(row.largest)}"
        for row in worst(rows)
    ]
    print("\n".join(f"- {line}" for line in found))
    courses, far, richest = energy_by_course(lexicon)
    print("\n| course | dishes | 5 % | quartile | median | upper quartile | 95 % |\n" + "|---" * 7 + "|")
    for course, f in courses.items():
        print(f"| {course} | " + " | ".join(f"{value:,.0f}" for value in f.values()) + " |")
    print(f"\n{len(far)} dishes lie far off their course:\n" + "\n".join(f"- {line}" for line in far[:WORST]))
    print("\nThe richest:\n" + "\n".join(f"- {line}" for line in richest))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({
        "machine": platform.platform(), "lexicon": lexicon.version, "recipes": recipes, "without servings": without, "nutrients": figures,
        "largest errors": found, "energy by course": courses, "far off": far, "richest": richest,
    }, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
