"""The many names that files give to a recipe's fields -> a Recipe, or the Refusal that says which field could not be read.

What belongs here: the names, their order of preference, and the making of one Recipe from one record (a mapping of a source's own
names to values). Every format ends here, so that a name learnt once is known to all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from types import MappingProxyType

from dish_pipeline.dish import Recipe
from dish_pipeline.recipes.readers.lines import absent, ingredient_lines, number_text, paired_lines, plain_key, texts
from dish_pipeline.recipes.readers.literals import written_list
from dish_pipeline.recipes.readers.reading import Reading, Refusal, Unreadable
from dish_pipeline.recipes.readers.text import clean

NAMES: dict[str, tuple[str, ...]] = {
    "title": (
        "translatedrecipename", "title", "name", "recipename", "recipetitle", "dishname", "strmeal", "label", "headline",
        "titre", "nom", "titel", "rezeptname", "titulo", "nombre", "titolo", "标题", "菜名", "dish", "recipe",
    ),
    "ingredients": (
        "translatedingredients", "ingredientsrawstr", "ingredientsraw", "rawingredients", "ingredientlines", "recipeingredient",
        "recipeingredients", "extendedingredients", "ingredients", "ingredientslist", "ingredientlist", "listofingredients",
        "ingredientstext", "ingredient", "ingridients", "ingrediants", "ingredents", "zutaten", "ingredientes", "ingredienti",
        "ingrediënten", "ingredienser", "食材", "原料", "配料", "材料",
    ),
    "servings": (
        "servings", "recipeservings", "recipeyield", "yield", "yields", "serves", "portions", "makes", "serving", "portion",
        "numberofservings", "numservings", "nservings", "servingcount", "portionen", "personnes", "porciones", "raciones", "porzioni",
    ),
    "course": (
        "course", "courses", "coursetype", "recipecourse", "mealtype", "meal", "meals", "recipecategory", "category", "strcategory", "dishtype",
        "dishtypes", "foodcategory", "plat", "gang", "kategorie", "categorie",
    ),
    "cuisine": ("cuisine", "cuisines", "recipecuisine", "cuisinetype", "cuisinename", "strarea", "kuche", "cocina", "cucina"),
    "tags": ("tags", "tag", "keywords", "keyword", "categories", "labels", "recipetags", "strtags", "motscles", "schlagworte"),
    "instructions": (
        "translatedinstructions", "instructions", "recipeinstructions", "directions", "recipedirections", "steps", "method",
        "methods", "preparation", "procedure", "strinstructions", "instruction", "direction", "step", "zubereitung", "anleitung",
        "etapes", "instrucciones", "preparacion", "preparazione", "做法", "步骤",
    ),
}
"""A field's names as `normal` writes them, the preferred first."""

PARTS = ("recipeingredientparts", "ingredientparts", "ingredientnames")
AMOUNTS = ("recipeingredientquantities", "ingredientquantities", "ingredientamounts", "quantities")
"""Two columns that give names and amounts apart, as Food.com does."""

MOST_NOTED = 200
"""Names of one file whose use is noted; a file with more has data in its keys."""

_NUMBERED = re.compile(r"(?:str)?(ingredients?|measures?|quantity|amount|units?)(\d{1,3})")
_TAG_MARKS = re.compile(r"[,;|\n]")
_WRITE = {
    "servings": 'write "4" or "4-6 servings"',
    "course": "write one word, such as main or dessert",
    "cuisine": "write one word",
    "tags": 'write a list of words: ["quick", "soup"]',
    "instructions": "write a text or a list of texts",
}


@lru_cache(maxsize=4096)
def normal(key: str) -> str:
    """A name without case, spaces, marks and accents: `Recipe_Name`, `recipeName` and `recipe name` are the same."""
    bare = unicodedata.normalize("NFKD", key[:100])
    return plain_key("".join(c for c in bare if not unicodedata.combining(c)))


_KNOWN = {field: tuple(normal(name) for name in names) for field, names in NAMES.items()}


_FIELD_OF = {name: field for field, names in _KNOWN.items() for name in names}

_TOLD: ContextVar[Mapping[str, str]] = ContextVar("_TOLD", default=MappingProxyType({}))
"""Normal column name -> field, as the user told for the reading that is going on. A context, since every format must obey it and none
needs to know of it."""


@contextmanager
def told(columns: Mapping[str, str]) -> Iterator[None]:
    """Within this context the columns named (field -> column) are taken for those fields, whatever else is there.

    Raises ValueError for a field that there is not.
    """
    for field in columns:
        if field not in NAMES:
            raise ValueError(f"{field!r} is no field of a recipe; the fields are {', '.join(NAMES)}")
    token = _TOLD.set({normal(column): field for field, column in columns.items()})
    try:
        yield
    finally:
        _TOLD.reset(token)


def field_of(column: object, told_fields: frozenset[str] = frozenset()) -> str:
    """The field that a column or key is taken for; "" for none. `told_fields` are those that a column beside it was told for."""
    name = normal(str(column))
    if str(column).startswith("@"):
        return ""
    said = _TOLD.get()
    if name in said:
        return said[name]
    field = _usual_field(name)
    return "" if field in told_fields else field


def _told_of(columns: Iterable[object]) -> frozenset[str]:
    """The fields that were told to be in one of these columns. A file without the column keeps its own names."""
    said = _TOLD.get()
    return frozenset(said[name] for column in columns if (name := normal(str(column))) in said) if said else frozenset()


def _usual_field(name: str) -> str:
    return _FIELD_OF.get(name, "ingredients" if name in (*PARTS, *AMOUNTS) or _NUMBERED.fullmatch(name) else "")


def known_fields(columns: Iterable[object]) -> frozenset[str]:
    """The recipe fields that these column names or keys give."""
    names = {normal(str(column)) for column in columns if not str(column).startswith("@")}
    found = {field for field, accepted in _KNOWN.items() if not names.isdisjoint(accepted)}
    if not names.isdisjoint(PARTS) or any((m := _NUMBERED.fullmatch(name)) and m[1].startswith("ingredient") for name in names):
        found.add("ingredients")
    return frozenset(found | {field for name, field in _TOLD.get().items() if name in names})


def keep(record: Mapping[str, object], file: str, row: int, reading: Reading) -> None:
    """Add the recipe of one record to the reading, or its refusal, and note which of its names were taken for which field."""
    _note(record, file, reading)
    reading.add(recipe_from(record, file, row))


def usable(header: Sequence[str], file: str, row: int, reading: Reading) -> bool:
    """True when a table's columns name a title and ingredients; else the refusal that lists what there is and what would do is added."""
    missing = [field for field in ("title", "ingredients") if field not in known_fields(header)]
    if missing:
        _note(header, file, reading)
        found = ", ".join(column for column in header if column)
        reason = f"no column of {' or '.join(missing)}; the columns found are: {found[:1000]}"
        remedy = f"name the column so, or tell which it is: dish import PATH {' '.join(f'--map {field}=COLUMN' for field in missing)}"
        reading.add(Refusal(file, row, ", ".join(missing), found, reason, remedy))
    return not missing


def numbered(columns: Iterable[str]) -> list[str]:
    """Column names; one that comes again gets a number, so that no column hides another."""
    seen: dict[str, int] = {}
    names = []
    for column in columns:
        count = seen[normal(column)] = seen.get(normal(column), 0) + 1
        names.append(column if count == 1 else f"{column}{count}")
    return names


def _note(names: Collection[str], file: str, reading: Reading) -> None:
    noted = reading.columns.setdefault(file, {})
    if all(name in noted for name in names) or len(noted) >= MOST_NOTED:
        return
    told_fields = _told_of(names)
    for name in names:
        if name not in noted and len(noted) < MOST_NOTED:
            noted[name] = field_of(name, told_fields)


def recipe_from(record: Mapping[str, object], file: str, row: int) -> Recipe | Refusal:
    """One record as a Recipe, or the refusal naming its first field that is missing or of a wrong type. Raises nothing."""
    field = "title"
    try:
        keys: dict[str, object] = {}
        said, told_fields = _TOLD.get(), _told_of(record)
        for key, value in record.items():
            name = normal(str(key))
            if name in said:
                name = _KNOWN[said[name]][0]
                keys.pop(name, None)
            elif told_fields and _usual_field(name) in told_fields:
                continue
            if not str(key).startswith("@") and absent(keys.get(name)):
                keys[name] = value
        title = _title(keys)
        field = "ingredients"
        lines = _ingredients(keys)
        values: dict[str, list[str]] = {}
        for field in ("servings", "course", "cuisine", "tags", "instructions"):
            values[field] = _values(field, keys)
        return Recipe(
            title=title,
            lines=tuple(lines),
            servings=_servings(values["servings"]),
            course=", ".join(values["course"]),
            cuisine=", ".join(values["cuisine"]),
            tags=tuple(dict.fromkeys(values["tags"])),
            steps=tuple(values["instructions"]),
            file=file,
            row=row,
        )
    except Unreadable as error:
        return Unreadable(error.reason, error.value, error.remedy or _WRITE.get(field, "")).refusal(file, row, field)
    except Exception as error:
        return Refusal(file, row, field, "", f"could not be read: {type(error).__name__}: {error}"[:300], "correct the record")


def _title(keys: Mapping[str, object]) -> str:
    value = _found("title", keys)
    if value is None:
        raise Unreadable("no title", "", "give the recipe a title, as title, name or recipe_name")
    if not isinstance(value, str):
        raise Unreadable(f"a title that is a {type(value).__name__}, not a text", value, "write the title as a text")
    title = clean(value)
    if absent(title):
        raise Unreadable("no title", value, "give the recipe a title, as title, name or recipe_name")
    return title


def _ingredients(keys: Mapping[str, object]) -> list[str]:
    lines: list[str] = []
    parts = next((keys[name] for name in PARTS if not absent(keys.get(name))), None)
    value = _found("ingredients", keys)
    if parts is not None:
        lines = paired_lines(next((keys[name] for name in AMOUNTS if not absent(keys.get(name))), None), parts)
    elif value is not None:
        lines = ingredient_lines(value)
    lines += _numbered_lines(keys)
    if not lines:
        raise Unreadable("no ingredients", "" if value is None else value, 'list its ingredients: "ingredients": ["1 cup flour", "2 eggs"]')
    return lines


def _numbered_lines(keys: Mapping[str, object]) -> list[str]:
    """Columns ingredient1, measure1, ingredient2, ...: one line each."""
    cells: dict[int, dict[str, str]] = {}
    for key, value in keys.items():
        match = _NUMBERED.fullmatch(key)
        if match and value is not None and value != "":
            if not isinstance(value, str | int | float) or isinstance(value, bool):
                raise Unreadable(f"{key} is a {type(value).__name__}, not a text", value, "write a text")
            cells.setdefault(int(match[2]), {})[match[1].rstrip("s")] = value.strip() if isinstance(value, str) else number_text(value)
    lines = []
    for _, cell in sorted(cells.items()):
        name = cell.get("ingredient", "")
        amount = " ".join(cell[kind] for kind in ("quantity", "amount", "measure", "unit") if not absent(cell.get(kind)))
        if name and amount:
            lines.append(clean(f"{amount} {name}"))
        elif not absent(name):
            lines += ingredient_lines(name)
    return lines


def _values(field: str, keys: Mapping[str, object]) -> list[str]:
    """The texts of a field that may be missing; tags come from every column that holds some."""
    if field != "tags":
        value = _found(field, keys)
        if isinstance(value, Mapping) and field in ("servings", "course", "cuisine"):
            return [text for text in [_measured(value)] if text]
        if field != "instructions" and isinstance(value, str) and written_list(value) is None:
            return [text for text in [clean(value)] if not absent(text)]
        return texts(value)
    found: list[str] = []
    for name in _KNOWN["tags"]:
        value = keys.get(name)
        plain = isinstance(value, str) and not absent(value) and written_list(value) is None
        found += texts(_TAG_MARKS.split(value) if plain and isinstance(value, str) else value)
    return found


def _measured(value: Mapping[str, object]) -> str:
    """A schema.org QuantitativeValue, or an object with a name, as one text."""
    keys = {plain_key(key): item for key, item in value.items()}
    number = next((keys[k] for k in ("value", "amount", "quantity", "servings", "name", "text", "title") if not absent(keys.get(k))), None)
    if isinstance(number, Mapping | list) or number is None:
        raise Unreadable("an object where a text is needed", value)
    unit = next((keys[k] for k in ("unittext", "unit", "units") if isinstance(keys.get(k), str)), "")
    return " ".join([*texts(number), *texts(unit)])


def _servings(found: list[str]) -> str:
    """As written; of several forms of the same (["24", "24 cookies"]) the one with words."""
    return next((text for text in found if not text.isdigit()), found[0] if found else "")


def _found(field: str, keys: Mapping[str, object]) -> object:
    return next((keys[name] for name in _KNOWN[field] if not absent(keys.get(name))), None)
