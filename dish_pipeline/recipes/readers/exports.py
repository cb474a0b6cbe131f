"""What recipe apps export, turned into plain records: one object with a title and ingredients, in words that `fields` knows.

What belongs here: shapes that have to be put together (ingredients kept with their steps, tables joined by id, units as codes). What
only has names of its own is no business of this file: a name goes into `fields`, a shape of one ingredient into `lines`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

Record = Mapping[str, object]

CROUTON_UNITS = {
    "GRAMS": "g", "KGS": "kg", "MILLS": "ml", "LITRES": "l", "CENTILITER": "cl", "DECILITER": "dl", "TEASPOON": "tsp", "TABLESPOON": "tbsp",
    "CUP": "cup", "OUNCE": "oz", "FLUID_OUNCE": "fl oz", "POUND": "lb", "ITEM": "",
}  # fmt: skip
"""Crouton's codes of units; those left out (CAN, BUNCH, PINCH ...) are words as they stand."""

_BEGINS_WITH_NUMBER = re.compile(r"\s*[\d½⅓⅔¼¾⅕⅙⅛⅜⅝⅞]")
_PLAN_TO_EAT_ITEM = re.compile(r"^([\d./ -]+)itm\b\s*", re.MULTILINE)
_PLAN_TO_EAT_HEADING = re.compile(r"^, +(\S.*?):?\s*$", re.MULTILINE)


def joined(document: object) -> object:
    """A backup of a whole database as the list of its recipes; any other document as it is."""
    if isinstance(document, Mapping) and all(isinstance(document.get(name), list) for name in ("recipes", "recipes_ingredients")):
        return _mealie_database({name: _objects(table) for name, table in document.items()})
    return document


def plain(record: Record) -> Record:
    """The record of an app as a plain one; any other record as it is."""
    return next((change(record) for known, change in _APPS if known(record)), record)


def heading(name: object) -> str:
    """A heading among ingredient lines, as every format gives it: it ends in a colon."""
    return f"{name.strip().rstrip(':')}:" if isinstance(name, str) and name.strip() else ""


def _is_tandoor(record: Record) -> bool:
    own = any(record.get(name) for name in ("ingredients", "recipeIngredient"))
    return not own and any(isinstance(step.get("ingredients"), list) for step in _objects(record.get("steps")))


def _tandoor(record: Record) -> Record:
    """Ingredients stand with the step that uses them; the name of a step is a heading where several steps have some."""
    steps = _ordered(_objects(record.get("steps")))
    several = sum(bool(step.get("ingredients")) for step in steps) > 1
    ingredients: list[object] = []
    for step in steps:
        own = _ordered(_objects(step.get("ingredients")))
        ingredients += [heading(step.get("name"))] if own and several else []
        for item in own:
            if item.get("is_header"):
                ingredients.append(heading(item.get("note")))
            else:
                measure = {} if item.get("no_amount") else {"amount": _number(item.get("amount")), "unit": item.get("unit")}
                ingredients.append({**measure, "food": item.get("food"), "note": item.get("note")})
    rest = {key: value for key, value in record.items() if key not in ("steps", "ingredients")}
    return {**rest, "ingredients": ingredients, "instructions": [step.get("instruction") for step in steps]}


def _number(value: object) -> object:
    """Tandoor writes 200 as "2E+2", and 1 as "1.000000"."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _is_mealie(record: Record) -> bool:
    items = _objects(record.get("recipeIngredient"))
    return any("food" in item and "note" in item for item in items)


def _mealie(record: Record) -> Record:
    """An ingredient is parts (amount, unit, food), or a note that is the whole line; its title is the heading before it."""
    settings = record.get("settings")
    bare = isinstance(settings, Mapping) and settings.get("disableAmount") is True
    lines: list[object] = []
    value = record.get("recipeIngredient")
    for item in value if isinstance(value, list) else []:
        if not isinstance(item, Mapping):
            lines.append(item)
            continue
        lines.append(heading(item.get("title")))
        food = item.get("food") or item.get("referencedRecipe")
        note = item.get("note")
        if food:
            lines.append({"quantity": item.get("quantity"), "unit": item.get("unit"), "food": food, "note": note})
        elif not isinstance(note, str) or not note.strip():
            lines.append(item.get("display") or item.get("originalText"))
        elif bare or item.get("disableAmount") is True or _BEGINS_WITH_NUMBER.match(note):
            lines.append(note)
        else:
            lines.append({"quantity": item.get("quantity"), "unit": item.get("unit"), "name": note})
    unset = [key for key in ("recipeServings", "recipeYieldQuantity") if not record.get(key)]
    return {**{key: value for key, value in record.items() if key not in unset}, "recipeIngredient": [line for line in lines if line]}


def _mealie_database(tables: Mapping[str, list[Record]]) -> list[Record]:
    """The tables of a Mealie backup joined into records of the shape of a Mealie recipe."""
    names = {table: {str(row.get("id")): row.get("name") for row in tables.get(table, [])} for table in _MEALIE_NAMES}
    bare = {str(row.get("recipe_id")) for row in tables.get("recipe_settings", []) if row.get("disable_amount")}
    ingredients = _by_recipe(tables.get("recipes_ingredients", []))
    steps = _by_recipe(tables.get("recipe_instructions", []))
    labels = {table: _by_recipe(tables.get(table, [])) for table in ("recipes_to_categories", "recipes_to_tags")}
    records: list[Record] = []
    for recipe in tables["recipes"]:
        key = str(recipe.get("id"))
        items = [
            {
                "title": row.get("title"), "note": row.get("note"), "quantity": row.get("quantity"), "originalText": row.get("original_text"),
                "unit": names["ingredient_units"].get(str(row.get("unit_id"))), "food": names["ingredient_foods"].get(str(row.get("food_id"))),
                "disableAmount": key in bare,
            }
            for row in ingredients.get(key, [])
        ]  # fmt: skip
        records.append({
            "name": recipe.get("name"), "recipeServings": recipe.get("recipe_servings"), "recipeYield": recipe.get("recipe_yield"),
            "recipeIngredient": items, "recipeInstructions": [row.get("text") for row in steps.get(key, [])],
            "recipeCategory": [names["categories"].get(str(row.get("category_id"))) for row in labels["recipes_to_categories"].get(key, [])],
            "tags": [names["tags"].get(str(row.get("tag_id"))) for row in labels["recipes_to_tags"].get(key, [])],
        })  # fmt: skip
    return records


_MEALIE_NAMES = ("ingredient_units", "ingredient_foods", "categories", "tags")


def _by_recipe(rows: Iterable[Record]) -> dict[str, list[Record]]:
    """Rows by the recipe they belong to, each recipe's in their order."""
    found: dict[str, list[Record]] = {}
    for row in _ordered(rows, "position"):
        found.setdefault(str(row.get("recipe_id")), []).append(row)
    return found


def _is_crouton(record: Record) -> bool:
    return any(isinstance(item.get("ingredient"), Mapping) for item in _objects(record.get("ingredients")))


def _crouton(record: Record) -> Record:
    """Amounts have codes for units; a section of the list is an ingredient with the code SECTION."""
    ingredients: list[object] = []
    for item in _ordered(_objects(record.get("ingredients"))):
        food, quantity = item.get("ingredient"), item.get("quantity")
        name = food.get("name") if isinstance(food, Mapping) else food
        measure = quantity if isinstance(quantity, Mapping) else {}
        code = str(measure.get("quantityType") or "ITEM")
        if code == "SECTION":
            ingredients.append(heading(name))
        else:
            amounts = [measure[key] for key in ("amount", "secondaryAmount") if measure.get(key)]
            amount = {"min": amounts[0], "max": amounts[1]} if len(amounts) == 2 else next(iter(amounts), None)
            ingredients.append({"amount": amount, "unit": CROUTON_UNITS.get(code, code.lower().replace("_", " ")), "name": name})
    steps = [step.get("step") for step in _ordered(_objects(record.get("steps"))) if not step.get("isSection")]
    return {**record, "ingredients": ingredients, "steps": steps}


def _is_plan_to_eat(record: Record) -> bool:
    return "Main Ingredient" in record and "Ingredients" in record


def _plan_to_eat(record: Record) -> Record:
    """A heading is a line that begins with a comma, its amount and unit being empty; "itm" is the unit of what is counted."""
    value = record.get("Ingredients")
    if not isinstance(value, str):
        return record
    return {**record, "Ingredients": _PLAN_TO_EAT_ITEM.sub(r"\1", _PLAN_TO_EAT_HEADING.sub(r"\1:", value))}


def _is_my_recipe_box(record: Record) -> bool:
    return "originalPicture" in record and "quantity" in record


def _my_recipe_box(record: Record) -> Record:
    """My Recipe Box, which is RecetteTek: its quantity is that of the whole recipe."""
    return {("servings" if key == "quantity" else key): value for key, value in record.items()}


_APPS: tuple[tuple[Callable[[Record], bool], Callable[[Record], Record]], ...] = (
    (_is_tandoor, _tandoor), (_is_mealie, _mealie), (_is_crouton, _crouton), (_is_plan_to_eat, _plan_to_eat),
    (_is_my_recipe_box, _my_recipe_box),
)  # fmt: skip


def _objects(value: object) -> list[Record]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _ordered(items: Iterable[Record], key: str = "order") -> list[Record]:
    """Items by the number they carry; those without one stay behind, as they come."""
    return sorted(items, key=lambda item: number if isinstance(number := item.get(key), int | float) and number == number else float("inf"))
