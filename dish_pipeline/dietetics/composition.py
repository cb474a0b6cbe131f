"""Composition of the lexicon's foods, derived from published tables: what `data/lexicon/composition.csv` is made from.

What belongs here: reading the tables (USDA SR28, CIQUAL 2025, Canadian Nutrient File 2015), turning a published figure into an
interval, filling what follows from other figures or from a food's facts, and writing the CSV. What a dish is worth stands in
`facts.py`; reading the CSV back is the business of `lexicon.py`.

The tables' figures are per 100 g edible portion, in the unit that the nutrient's name ends with. Recipes weigh some foods with what is
not eaten (`refuse.py`); theirs are then per 100 g of what a line weighs. Empty in a table is unknown and gives no row; 0 is zero. The
shares of uncertainty below are choices of this project, except where a source is named.
"""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from dish_pipeline.dietetics import tables as linked
from dish_pipeline.dietetics.lexicon import NO_TABLE, NUTRIENTS, LexiconError, links_and_facts
from dish_pipeline.dietetics.refuse import LESS_REFUSE, shares
from dish_pipeline.dish import UNKNOWN_AMOUNT, Interval, Tri

COLUMNS = ("id", "nutrient", "lo", "mid", "hi", "source")

FEW_SAMPLES = 0.20
"""SR28: half width, as a share of the value, where samples were analysed but no usable standard error is given."""

NO_SAMPLE = 0.30
"""SR28: half width of a value that was imputed or calculated (n_points = 0)."""

CALCULATED = {"energy_kcal": 0.10, "carbohydrate_g": 0.15}
"""SR28: half width of what is calculated from analysed parts even where it has no data points of its own: energy from the
macronutrients, carbohydrate as what water, protein, fat and ash leave of 100 g."""

CIQUAL_SHARE = 0.15
CNF_SHARE = 0.20

TRACES = {"kcal": 5.0, "g": 0.5, "mg": 5.0, "ug": 5.0}
"""Upper bound, by unit, of what CIQUAL prints as "traces" without a figure."""

SIMILAR_LO, SIMILAR_HI = 0.6, 1.5
"""Factors on the bounds when the table has only a similar food."""

_Values = dict[str, Interval]
_LINK = re.compile(r"(sr28|ciqual|cnf):([^\s~]+)(~?)")


@dataclass(frozen=True, slots=True)
class _Reference:
    """A food of a table. `similar`: it only stands in for the food that is meant."""

    table: str
    code: str
    similar: bool


@dataclass(frozen=True, slots=True)
class _Table:
    """A published table: how sources call it, the file with its numbers, and how to read foods from it."""

    label: str
    file: str
    by_difference: bool
    """Whether the table's carbohydrate is by difference, including fibre; else it is available carbohydrate, net of fibre."""
    read: Callable[[Path, set[str]], dict[str, _Values]]


def derive(
    tables: Path, links: Mapping[str, str], facts: Mapping[str, Mapping[str, Tri]], refuse: Mapping[str, Interval] | None = None,
) -> pd.DataFrame:
    """The composition of each linked food per 100 g as a line weighs it, as columns id, nutrient, lo, mid, hi, source.

    `tables` is the folder with `usda/`, `ciqual/` and `cnf/`. `links` maps a food's id to `sr28:01001`, `ciqual:26037` or
    `cnf:123` (CNF's FoodID), with `~` at the end for a similar food; `none` says that there is no such food. `facts` maps a food's id to its
    facts: milk, animal_origin and alcohol are looked at; one that is missing is unknown. A food without a link gets no rows. `refuse` maps a
    food's id to the share of its weight that is not eaten, where there is any.

    A missing mid or hi is NaN. Rows come sorted by id, then in the order of NUTRIENTS.
    Raises LexiconError for a link that cannot be read or that names no food of its table, and for a table that is missing.
    """
    references = {food: _reference(food, link) for food, link in links.items() if link.strip() not in ("", NO_TABLE)}
    read: dict[str, dict[str, _Values]] = {}
    for name, table in _TABLES.items():
        codes = {r.code for r in references.values() if r.table == name}
        read[name] = table.read(tables, codes) if codes else {}
    rows: list[tuple[object, ...]] = []
    for food, reference in sorted(references.items()):
        table = _TABLES[reference.table]
        if reference.code not in read[reference.table]:
            raise LexiconError(
                f"{food}: the link {links[food].strip()!r} names no food of {tables / table.file}; "
                "look the food's number up in that file, leading zeros included, and correct the link"
            )
        values = read[reference.table][reference.code]
        origin = f"{table.label} {reference.code}"
        if reference.similar:
            values = {nutrient: _widened(interval) for nutrient, interval in values.items()}
            origin += " (similar food)"
        known = _completed(values, origin, table.by_difference, facts.get(food, {}), reference.similar)
        for nutrient in NUTRIENTS:
            if nutrient in known:
                interval, source = known[nutrient]
                interval = _within_mass(nutrient, interval)
                if refuse and food in refuse and interval.hi != 0:
                    interval, source = _eaten(interval, refuse[food]), source + LESS_REFUSE
                rows.append((food, nutrient, interval.lo, interval.mid, interval.hi, source))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"lo": float, "mid": float, "hi": float})


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write what `derive` gave as UTF-8 CSV: sorted, figures with at most 4 significant digits, an unknown figure empty.

    The file appears whole or not at all; one that stood there before is replaced.
    """
    order = {nutrient: place for place, nutrient in enumerate(NUTRIENTS)}
    table = frame.loc[:, list(COLUMNS)].sort_values(["id", "nutrient"], key=lambda c: c.map(order) if c.name == "nutrient" else c)
    for column in ("lo", "mid", "hi"):
        table[column] = pd.Series([_figure(value) for value in table[column]], index=table.index, dtype=object)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        table.to_csv(unfinished, index=False, encoding="utf-8", lineterminator="\n")
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def anew(tables: Path, folder: Path) -> tuple[int, int]:
    """Make `composition.csv` and `tables.csv` of the lexicon in `folder` anew from its links; how many rows changed in each.

    A row that came, went or reads differently counts once. Neither file is touched when a table is missing or a link leads nowhere.
    """
    links, facts = links_and_facts(folder)
    frame = derive(tables, links, facts, shares(folder))
    paths = folder / "composition.csv", folder / linked.TABLES_FILE
    before = [_lines(path) for path in paths]
    # Last what needs no table any more: when one is missing, nothing is written.
    linked.write(tables, [link for link in links.values() if link != NO_TABLE], paths[1])
    write(frame, paths[0])
    composition, names = (_changed(old, _lines(path)) for old, path in zip(before, paths, strict=True))
    return composition, names


def _lines(path: Path) -> dict[str, str]:
    """The rows of a CSV by what names them (id and nutrient, or link): all but the header, none of a file that is missing."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = csv.reader(handle)
        named = 2 if next(rows, [])[:2] == list(COLUMNS[:2]) else 1
        return {"\t".join(row[:named]): "\t".join(row[named:]) for row in rows}


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> int:
    return sum(before.get(name) != after.get(name) for name in {*before, *after})


def _figure(value: float | None) -> str:
    """A number as plain decimals with at most 4 significant digits, rounded to nearest; empty when there is none."""
    if value is None or math.isnan(value):
        return ""
    return np.format_float_positional(value, precision=4, unique=False, fractional=False, trim="-")


def _reference(food: str, link: str) -> _Reference:
    match = _LINK.fullmatch(link.strip())
    if not match:
        raise LexiconError(
            f"{food}: the link {link!r} cannot be read; write sr28:, ciqual: or cnf: and the food's number, such as sr28:01001, "
            "with ~ at the end if the table has only a similar food"
        )
    return _Reference(match[1], match[2], bool(match[3]))


def _around(value: float, share: float) -> Interval:
    return Interval(value * (1 - share), value, value * (1 + share))


def _eaten(interval: Interval, refuse: Interval) -> Interval:
    """Of 100 g with refuse. Much refuse leaves little of the food, so the bounds cross over."""
    return Interval(
        interval.lo * (1 - (refuse.hi or 0.0)),
        None if interval.mid is None else interval.mid * (1 - (refuse.mid or 0.0)),
        None if interval.hi is None else interval.hi * (1 - refuse.lo),
    )


def _widened(interval: Interval) -> Interval:
    return Interval(interval.lo * SIMILAR_LO, interval.mid, None if interval.hi is None else interval.hi * SIMILAR_HI)


def _within_mass(nutrient: str, interval: Interval) -> Interval:
    """The interval with at most 100 g of anything in 100 g; a published figure above that stays."""
    if not nutrient.endswith("_g") or interval.hi is None:
        return interval
    return Interval(interval.lo, interval.mid, max(interval.lo, interval.mid or 0.0, min(interval.hi, 100.0)))


def sr28_interval(nutrient: str, value: float, n: int, se: float | None, least: float | None, most: float | None) -> Interval:
    """The interval of an SR28 figure, in the unit of `value`.

    With n >= 3 and a standard error: value -+ 2 SE sqrt(n), about two standard deviations between samples (SE sqrt(n) is their
    standard deviation), clipped to the published minimum and maximum. Fewer samples, or no standard error: +-20 %, widened to
    minimum and maximum. n = 0: +-30 % (less for CALCULATED nutrients), and 0 is an assumed zero. The value itself always lies inside.
    """
    if n <= 0:
        return _around(value, CALCULATED.get(nutrient, NO_SAMPLE))
    lo, hi = value * (1 - FEW_SAMPLES), value * (1 + FEW_SAMPLES)
    # SR28 prints a standard error of 0 beside a minimum that differs from the maximum: it is rounded off, not exact.
    if n >= 3 and se:
        spread = 2 * se * math.sqrt(n)
        lo = max(value - spread, 0.0 if least is None else least)
        hi = min(value + spread, math.inf if most is None else most)
    else:
        lo = lo if least is None else min(lo, least)
        hi = hi if most is None else max(hi, most)
    return Interval(min(max(lo, 0.0), value), value, max(hi, value))


def _read_sr28(tables: Path, codes: set[str]) -> dict[str, _Values]:
    path = tables / _TABLES["sr28"].file
    columns = "food_id, nutrient, per_100g, n_points, se, min, max"
    long = _checked(path, lambda: duckdb.execute(f"SELECT {columns} FROM read_parquet(?)", [str(path)]).df())
    long = long[long["food_id"].isin(codes)]
    found: dict[str, _Values] = {code: {} for code in long["food_id"]}
    for code, nutrient, value, n, *bounds in long.itertuples(index=False, name=None):
        if nutrient in NUTRIENTS and not math.isnan(value):
            se, least, most = (None if math.isnan(bound) else bound for bound in bounds)
            found[code][nutrient] = sr28_interval(nutrient, value, n, se, least, most)
    return found


def _read_ciqual(tables: Path, codes: set[str]) -> dict[str, _Values]:
    path, bounds_path = tables / _TABLES["ciqual"].file, tables / "ciqual/ciqual_2025_censored.csv"
    # USDA's vitamin K is phylloquinone too, which is K1.
    columns = {"vitamin_k1_ug" if n == "vitamin_k_ug" else n: n for n in NUTRIENTS if n != "carbohydrate_g"}
    censored = _checked(bounds_path, lambda: pd.read_csv(bounds_path, usecols=["alim_code", "nutrient", "high"], dtype={"alim_code": str}))
    bounds = {(code, column): high for code, column, high in censored[["alim_code", "nutrient", "high"]].itertuples(index=False, name=None)}
    found: dict[str, _Values] = {}
    for code, figures in _wide(path, "alim_code", list(columns), codes).items():
        found[code] = {}
        for column, value in figures.items():
            nutrient = columns[column]
            if (code, column) not in bounds:
                found[code][nutrient] = _around(value, CIQUAL_SHARE)
            elif math.isnan(high := bounds[code, column]):
                found[code][nutrient] = Interval(0.0, 0.0, TRACES[nutrient.rpartition("_")[2]])
            else:
                found[code][nutrient] = Interval(0.0, high / 2, high)
    return found


def _read_cnf(tables: Path, codes: set[str]) -> dict[str, _Values]:
    columns = [nutrient for nutrient in NUTRIENTS if nutrient != "available_carbohydrate_g"]
    foods = _wide(tables / _TABLES["cnf"].file, "FoodID", columns, codes)
    return {code: {nutrient: _around(value, CNF_SHARE) for nutrient, value in figures.items()} for code, figures in foods.items()}


def _wide(path: Path, key: str, columns: list[str], codes: set[str]) -> dict[str, dict[str, float]]:
    """The known figures of the foods in `codes` from a table with one row a food."""
    types = {key: "str", **dict.fromkeys(columns, "float64")}
    table = _checked(path, lambda: pd.read_csv(path, usecols=[key, *columns], dtype=types))
    table = table[table[key].isin(codes)].set_index(key)
    return {str(code): {str(c): float(v) for c, v in row.items() if not math.isnan(v)} for code, row in table.iterrows()}


def _checked(path: Path, read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    try:
        return read()
    except FileNotFoundError:
        raise LexiconError(f"{path}: the composition table is missing; name the folder that holds usda/, ciqual/ and cnf/") from None
    except duckdb.IOException:
        raise LexiconError(f"{path}: the composition table is missing; name the folder that holds usda/, ciqual/ and cnf/") from None
    except (ValueError, duckdb.Error) as error:
        raise LexiconError(f"{path}: {error}; restore the composition table as it was published") from error


_TABLES = {
    "sr28": _Table("USDA SR28", "usda/sr28_nutrients_long.parquet", by_difference=True, read=_read_sr28),
    "ciqual": _Table("CIQUAL 2025", "ciqual/ciqual_2025.csv", by_difference=False, read=_read_ciqual),
    "cnf": _Table("CNF 2015", "cnf/cnf_2015_foods.csv", by_difference=True, read=_read_cnf),
}


def _completed(
    values: _Values, origin: str, by_difference: bool, facts: Mapping[str, Tri], similar: bool = False,
) -> dict[str, tuple[Interval, str]]:
    """The table's values and what follows from them and from the facts, each with its source.

    What a similar food has and the food itself cannot have is none: an ice cream of soya has no lactose.
    """
    known = {nutrient: (interval, origin) for nutrient, interval in values.items()}
    derived = f"{origin}; derived"

    def get(nutrient: str) -> Interval | None:
        return known[nutrient][0] if nutrient in known else None

    def fill(nutrient: str, interval: Interval | None, source: str = derived) -> None:
        if interval is not None and nutrient not in known:
            known[nutrient] = (interval, source)

    def absent(nutrient: str, key: str, source: str) -> None:
        if facts.get(key, Tri.UNKNOWN) is Tri.FREE:
            if similar and nutrient in known and known[nutrient][0].lo > 0:
                del known[nutrient]
            fill(nutrient, Interval(0.0, 0.0, 0.0), source)

    if by_difference:
        fill("fiber_g", _at_most(get("carbohydrate_g")))
        fill("available_carbohydrate_g", _net_of(get("carbohydrate_g"), get("fiber_g")))
    elif available := get("available_carbohydrate_g"):
        # No bound for an unknown fibre here: it is no part of available carbohydrate (avocado: 0 g available, 3.6 g fibre).
        fill("carbohydrate_g", available.plus(get("fiber_g") or UNKNOWN_AMOUNT))
    if facts.get("alcohol", Tri.UNKNOWN) is not Tri.FREE and known.get("alcohol_g", (UNKNOWN_AMOUNT, ""))[0].hi == 0:
        # The table assumed a zero where the food does, or may, hold alcohol.
        del known["alcohol_g"]
    fill("sugars_g", _at_most(get("available_carbohydrate_g")))
    fill("sat_fat_g", _at_most(get("fat_g")))
    absent("lactose_g", "milk", "no milk")
    # Lactose is a sugar: of a food that may hold milk there is never more of it than of all sugars.
    fill("lactose_g", _at_most(get("sugars_g")), f"{derived} from sugars_g")
    absent("cholesterol_mg", "animal_origin", "no animal origin")
    absent("alcohol_g", "alcohol", "no alcohol")
    return known


def _at_most(whole: Interval | None) -> Interval | None:
    """A part whose whole is known: between nothing and all of it, without a best figure unless all of it is zero."""
    if whole is None or whole.hi is None:
        return None
    return Interval(0.0, None if whole.hi > 0 else 0.0, whole.hi)


def _net_of(total: Interval | None, part: Interval | None) -> Interval | None:
    """`total` less `part`, never below zero: the bounds cross over, since much of one leaves little of the other."""
    if total is None or part is None:
        return None
    return Interval(
        0.0 if part.hi is None else max(0.0, total.lo - part.hi),
        None if total.mid is None or part.mid is None else max(0.0, total.mid - part.mid),
        None if total.hi is None else max(0.0, total.hi - part.lo),
    )
