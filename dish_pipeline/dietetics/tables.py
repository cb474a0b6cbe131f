"""Which food of a published table a link of the lexicon stands for.

What belongs here: reading and making `data/lexicon/tables.csv`: link, the table's own name of the food, and its water. The figures
stand in `composition.csv`.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dish_pipeline.dietetics.lexicon import LexiconError

TABLES_FILE = "tables.csv"
_SOURCES = {
    "sr28": ("usda/sr28_foods.csv", "food_id", ("description",)),
    "ciqual": ("ciqual/ciqual_2025.csv", "alim_code", ("name_en", "name_fr")),
    "cnf": ("cnf/cnf_2015_foods.csv", "FoodID", ("FoodDescription",)),
}


@dataclass(frozen=True, slots=True)
class TableFood:
    """A food of a table: its name there, and grams of water in 100 g, if the table has them."""

    name: str
    water_g: float | None


def linked_foods(folder: Path) -> dict[str, TableFood]:
    """Link (without ~) -> the table's food, as `tables.csv` in `folder` has it; empty when the file is absent."""
    path = folder / TABLES_FILE
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as handle:
        try:
            return {row["link"]: TableFood(row["name"], float(row["water_g"]) if row["water_g"] else None) for row in csv.DictReader(handle)}
        except (KeyError, ValueError, TypeError) as error:
            raise LexiconError(f"{path}: {error}; it needs the columns link, name and water_g; make it anew") from None


def write(tables: Path, links: Iterable[str], path: Path) -> None:
    """Look every link up in the tables' folder, which holds `usda/`, `ciqual/` and `cnf/`, and write `path`, whole or not at all.

    Raises LexiconError for a table that is missing or has not the columns it was published with.
    """
    wanted = sorted({link.strip().removesuffix("~") for link in links if link.strip()})
    found: dict[str, tuple[str, str]] = {}
    for table in sorted({link.partition(":")[0] for link in wanted} & set(_SOURCES)):
        file, code, names = _SOURCES[table]
        try:
            with (tables / file).open(encoding="utf-8-sig", newline="") as handle:
                for row in csv.DictReader(handle):
                    found[f"{table}:{row[code]}"] = (next(filter(None, (row[name] for name in names)), ""), row["water_g"])
        except FileNotFoundError:
            raise LexiconError(f"{tables / file}: the composition table is missing; name the folder that holds usda/, ciqual/ and cnf/") from None
        except KeyError as error:
            raise LexiconError(f"{tables / file}: no column {error}; restore the composition table as it was published") from None
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as handle:
            rows = csv.writer(handle, lineterminator="\n")
            rows.writerow(["link", "name", "water_g"])
            rows.writerows([link, *found[link]] for link in wanted if link in found)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
