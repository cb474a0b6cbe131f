"""Composition derived from tables: tiny made-up tables, and one look at the real ones where they are present."""

from __future__ import annotations

import csv
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from dish_pipeline.cli import main
from dish_pipeline.dietetics import composition
from dish_pipeline.dietetics.composition import anew, derive, sr28_interval, write
from dish_pipeline.dietetics.lexicon import NUTRIENTS, LexiconError, load
from dish_pipeline.dietetics.refuse import MOST, shares
from dish_pipeline.dish import Interval, Tri
from dish_pipeline.settings import INPUTS

REAL = Path(__file__).resolve().parents[3] / "shared" / "nutrition"

CIQUAL_COLUMNS = [n for n in NUTRIENTS if n not in ("carbohydrate_g", "vitamin_k_ug")] + ["vitamin_k1_ug"]
CNF_COLUMNS = [n for n in NUTRIENTS if n != "available_carbohydrate_g"]

# food, nutrient, per_100g, n_points, se, min, max
SR28 = [
    ("00001", "energy_kcal", 100, 0, None, None, None),
    ("00001", "protein_g", 10, 4, 0.5, None, 11),
    ("00001", "fat_g", 8, 2, None, None, None),
    ("00001", "carbohydrate_g", 20, 0, None, None, None),
    ("00001", "fiber_g", 5, 1, None, None, None),
    ("00001", "sodium_mg", 0, 0, None, None, None),
    ("00001", "water_g", 50, 9, 0.1, None, None),
    ("00002", "carbohydrate_g", 90, 0, None, None, None),
    ("00003", "carbohydrate_g", 0, 0, None, None, None),
]
CIQUAL: dict[str, dict[str, float]] = {
    "1": {"available_carbohydrate_g": 10, "fiber_g": 2, "sodium_mg": 2, "iron_mg": 0, "vitamin_k1_ug": 100, "sugars_g": 0},
    "2": {"available_carbohydrate_g": 10},
    "3": {},
    "4": {"lactose_g": 1},
}
CENSORED = [("1", "sodium_mg", "< 4", 0, 4), ("1", "iron_mg", "traces", 0, None), ("1", "sugars_g", "traces", 0, None)]
CNF: dict[str, dict[str, float]] = {"7": {"potassium_mg": 50, "carbohydrate_g": 3, "fiber_g": 4, "sugars_g": 1}}


def _wide(path: Path, key: str, columns: list[str], foods: dict[str, dict[str, float]], names: Sequence[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    rows = [{key: code, **dict.fromkeys(names, f"food {code}"), "water_g": 7, **figures} for code, figures in foods.items()]
    pd.DataFrame(rows, columns=[key, *names, "water_g", *columns]).to_csv(path, index=False)


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    (folder / "usda").mkdir()
    long = pd.DataFrame(SR28, columns=["food_id", "nutrient", "per_100g", "n_points", "se", "min", "max"])
    long = long.astype({"per_100g": float, "se": float, "min": float, "max": float})
    duckdb.from_df(long).write_parquet(str(folder / "usda/sr28_nutrients_long.parquet"))
    _wide(folder / "ciqual/ciqual_2025.csv", "alim_code", CIQUAL_COLUMNS, CIQUAL, ["name_en", "name_fr"])
    pd.DataFrame(CENSORED, columns=["alim_code", "nutrient", "raw", "low", "high"]).to_csv(folder / "ciqual/ciqual_2025_censored.csv", index=False)
    _wide(folder / "cnf/cnf_2015_foods.csv", "FoodID", CNF_COLUMNS, CNF, ["FoodDescription"])
    _wide(folder / "usda/sr28_foods.csv", "food_id", [], {code: {} for code in ("00001", "00002", "00003")}, ["description"])
    return folder


def _of(tables: Path, link: str, **facts: Tri) -> dict[str, tuple[Any, ...]]:
    """nutrient -> lo, mid, hi (unknown as None) and source of one food."""
    frame = derive(tables, {"food": link}, {"food": facts})
    found: dict[str, tuple[Any, ...]] = {}
    for _, nutrient, *figures, source in frame.itertuples(index=False, name=None):
        found[nutrient] = (*(None if math.isnan(figure) else pytest.approx(figure) for figure in figures), source)
    return found


def test_sr28_intervals_follow_the_number_of_samples(tables: Path) -> None:
    found = _of(tables, "sr28:00001")
    origin = "USDA SR28 00001"
    assert found["energy_kcal"] == (90, 100, 110, origin)
    assert found["protein_g"] == (8, 10, 11, origin)
    assert found["fat_g"] == (6.4, 8, 9.6, origin)
    assert found["carbohydrate_g"] == (17, 20, 23, origin)
    assert found["sodium_mg"] == (0, 0, 0, origin)
    assert "water_g" not in found
    assert not {"potassium_mg", "vitamin_k_ug", "cholesterol_mg", "alcohol_g"} & set(found)


def test_available_carbohydrate_is_what_fibre_leaves(tables: Path) -> None:
    found = _of(tables, "sr28:00001")
    assert found["available_carbohydrate_g"] == (17 - 6, 15, 23 - 4, "USDA SR28 00001; derived")
    assert found["sugars_g"] == (0, None, 19, "USDA SR28 00001; derived")
    assert found["sat_fat_g"] == (0, None, 9.6, "USDA SR28 00001; derived")


def test_unknown_fibre_is_bounded_by_carbohydrate_and_capped_by_mass(tables: Path) -> None:
    found = _of(tables, "sr28:00002")
    assert found["carbohydrate_g"][:3] == (76.5, 90, 100)
    assert found["fiber_g"] == (0, None, 100, "USDA SR28 00002; derived")
    assert found["available_carbohydrate_g"][:3] == (0, None, 100)


def test_no_carbohydrate_means_no_fibre_and_no_sugars(tables: Path) -> None:
    found = _of(tables, "sr28:00003", milk=Tri.CONTAINS)
    for nutrient in ("fiber_g", "available_carbohydrate_g", "sugars_g", "lactose_g"):
        assert found[nutrient][:3] == (0, 0, 0)


def test_more_fibre_than_carbohydrate_leaves_nothing_below_zero(tables: Path) -> None:
    found = _of(tables, "cnf:7")
    assert found["potassium_mg"] == (40, 50, 60, "CNF 2015 7")
    assert found["available_carbohydrate_g"][:3] == (0, 0, 3.6 - 3.2)


def test_ciqual_adds_fibre_to_available_carbohydrate(tables: Path) -> None:
    found = _of(tables, "ciqual:1")
    assert found["available_carbohydrate_g"] == (8.5, 10, 11.5, "CIQUAL 2025 1")
    assert found["carbohydrate_g"] == (8.5 + 1.7, 12, 11.5 + 2.3, "CIQUAL 2025 1; derived")
    assert found["vitamin_k_ug"][:3] == (85, 100, 115)


def test_ciqual_censored_figures_reach_down_to_zero(tables: Path) -> None:
    found = _of(tables, "ciqual:1")
    assert found["sodium_mg"][:3] == (0, 2, 4)
    assert found["iron_mg"][:3] == (0, 0, 5)
    assert found["sugars_g"][:3] == (0, 0, 0.5)


def test_ciqual_without_fibre_has_no_upper_carbohydrate_and_no_fibre_row(tables: Path) -> None:
    found = _of(tables, "ciqual:2")
    assert found["carbohydrate_g"][:3] == (8.5, None, None)
    assert "fiber_g" not in found
    assert _of(tables, "ciqual:3") == {}


def test_similar_food_widens_and_says_so(tables: Path) -> None:
    found = _of(tables, "sr28:00001~")
    assert found["fat_g"] == (6.4 * 0.6, 8, 9.6 * 1.5, "USDA SR28 00001 (similar food)")
    assert found["sat_fat_g"][3] == "USDA SR28 00001 (similar food); derived"


@pytest.mark.parametrize(
    ("nutrient", "key", "source"),
    [("lactose_g", "milk", "no milk"), ("cholesterol_mg", "animal_origin", "no animal origin"), ("alcohol_g", "alcohol", "no alcohol")],
)
def test_a_fact_gives_zero_only_when_free(tables: Path, nutrient: str, key: str, source: str) -> None:
    assert _of(tables, "sr28:00001", **{key: Tri.FREE})[nutrient] == (0, 0, 0, source)
    assert nutrient not in _of(tables, "ciqual:3", **{key: Tri.UNKNOWN})
    assert nutrient not in _of(tables, "ciqual:3", **{key: Tri.CONTAINS})


@pytest.mark.parametrize("milk", [Tri.CONTAINS, Tri.UNKNOWN])
def test_lactose_of_a_food_that_may_hold_milk_is_at_most_its_sugars(tables: Path, milk: Tri) -> None:
    assert _of(tables, "cnf:7", milk=milk)["lactose_g"] == (0, None, 1.2, "CNF 2015 7; derived from sugars_g")
    assert _of(tables, "cnf:7", milk=Tri.FREE)["lactose_g"] == (0, 0, 0, "no milk")


def test_a_fact_never_overrules_the_table(tables: Path) -> None:
    assert _of(tables, "ciqual:4", milk=Tri.FREE)["lactose_g"][:3] == (0.85, 1, 1.15)


def test_foods_share_links_come_sorted_and_need_one(tables: Path) -> None:
    frame = derive(tables, {"b": "ciqual:2", "a": " ciqual:2 ", "none": "", "c": "cnf:7"}, {})
    assert list(frame.id.unique()) == ["a", "b", "c"]
    places = frame[frame.id == "c"].nutrient.map(NUTRIENTS.index)
    assert places.is_monotonic_increasing
    assert list(derive(tables, {}, {}).columns) == list(composition.COLUMNS)


@pytest.mark.parametrize("link", ["sr28:99999", "sr28:1", "ciqual:9", "cnf:8~"])
def test_a_link_to_nothing_names_food_link_and_remedy(tables: Path, link: str) -> None:
    with pytest.raises(LexiconError, match=rf"^soup: the link '{link}' names no food of .*look the food's number up"):
        derive(tables, {"soup": link}, {})


@pytest.mark.parametrize("link", ["usda:00001", "00001", "sr28:", "sr28:00001 ~", "sr28:00001~~"])
def test_an_unreadable_link_is_refused(tables: Path, link: str) -> None:
    with pytest.raises(LexiconError, match=r"soup: the link .* cannot be read; write sr28:"):
        derive(tables, {"soup": link}, {})


def test_a_missing_or_damaged_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match=r"sr28_nutrients_long.parquet: the composition table is missing"):
        derive(tmp_path, {"a": "sr28:00001"}, {})
    (tmp_path / "cnf").mkdir()
    (tmp_path / "cnf/cnf_2015_foods.csv").write_text("FoodID,energy_kcal\n1,2\n")
    with pytest.raises(LexiconError, match=r"cnf_2015_foods.csv: .*restore the composition table"):
        derive(tmp_path, {"a": "cnf:1"}, {})


def test_refuse_lowers_what_a_line_holds_for_sure_and_crosses_the_bounds(tables: Path) -> None:
    plain = derive(tables, {"f": "sr28:00001"}, {"f": {"milk": Tri.FREE}}).set_index("nutrient")
    found = derive(tables, {"f": "sr28:00001", "g": "cnf:7"}, {"f": {"milk": Tri.FREE}}, {"f": Interval(0.1, 0.3, 0.4)})
    assert not found[found.id == "g"].source.str.contains("refuse").any()
    less = found[found.id == "f"].set_index("nutrient")
    assert (less.loc["protein_g", ["lo", "mid", "hi"]].tolist()) == pytest.approx([8 * 0.6, 10 * 0.7, 11 * 0.9])
    assert less.source["protein_g"] == "USDA SR28 00001; less refuse"
    # What follows from other figures is lowered once, not twice.
    for bound, share in (("lo", 0.6), ("mid", 0.7), ("hi", 0.9)):
        assert less[bound].to_numpy() == pytest.approx(plain[bound].to_numpy() * share, nan_ok=True)
    assert less.source["lactose_g"] == "no milk"


share = st.floats(0, MOST)


@given(figures=st.tuples(*[st.floats(0, 1e4)] * 3).map(sorted), refuse=st.tuples(share, share, share).map(sorted), of_it=st.floats(0, 1))
def test_whatever_is_eaten_of_a_weighed_line_lies_within_the_bounds(figures: list[float], refuse: list[float], of_it: float) -> None:
    lowered = composition._eaten(Interval(*figures), Interval(*refuse))
    thrown_away = refuse[0] + of_it * (refuse[2] - refuse[0])
    for figure in figures:
        assert lowered.lo <= figure * (1 - thrown_away) * (1 + 1e-9) + 1e-9
        assert lowered.hi is not None and figure * (1 - thrown_away) <= lowered.hi * (1 + 1e-9) + 1e-9
    assert lowered.mid is not None and lowered.lo <= lowered.mid <= lowered.hi


@pytest.mark.parametrize("row", ["f,0.3,0.2,0.4,x", "f,0,0.2,0.95,x", "f,-0.1,0,0,x", "f,0,,0.3,x", "f,a,0,0,x", "f,nan,nan,nan,x"])
def test_a_share_of_refuse_that_is_none_is_refused(tmp_path: Path, row: str) -> None:
    assert shares(tmp_path) == {}
    (tmp_path / "refuse.csv").write_text(f"id,lo,mid,hi,source\ne,0,0,0.9,x\n{row}\n", encoding="utf-8")
    with pytest.raises(LexiconError, match=r"refuse.csv: row 3 \(f\): .* between 0 and 0.9 in rising order"):
        shares(tmp_path)


def test_a_food_has_one_row_of_refuse(tmp_path: Path) -> None:
    (tmp_path / "refuse.csv").write_text("id,lo,mid,hi,source\nf,0,0,0.9,x\nf,0,0,0.5,x\n", encoding="utf-8")
    with pytest.raises(LexiconError, match=r"row 3: 'f' stands twice"):
        shares(tmp_path)


@pytest.mark.parametrize(("food", "most"), [("whole_chicken", 0.7), ("lamb_shank", 0.5), ("oxtail", 0.45), ("mussel", 0.25), ("pork_sparerib", 0.65)])
def test_a_kilogram_with_bone_or_shell_is_not_counted_as_a_kilogram_of_food(food: str, most: float) -> None:
    known = load(INPUTS / "lexicon").foods[food]
    share = shares(INPUTS / "lexicon")[food]
    protein = known.composition["protein_g"]
    assert share.hi is not None and 1 - share.hi <= most
    assert protein.mid is not None and protein.hi is not None
    assert protein.lo < protein.mid * (1 - share.hi) / (1 - (share.mid or 0.0)) * 1.01


def _lexicon(folder: Path) -> Path:
    (folder / "keys.csv").write_text("key,kind,label,eu14,us9,part_of,source\nmilk,allergen,milk,yes,yes,,made up\n", encoding="utf-8")
    (folder / "foods.csv").write_text(
        "id,name,group,aliases,composition,g_per_cup,pieces,basis,source\n"
        "wing,wing,poultry,,sr28:00001,,,composition,x\nice,ice,water,,none,,,composition,x\nleek,leek,vegetable,,ciqual:1~,,,composition,x\n",
        encoding="utf-8",
    )
    (folder / "facts.csv").write_text("id,milk\nwing,free\nice,free\nleek,free\n", encoding="utf-8")
    (folder / "refuse.csv").write_text("id,lo,mid,hi,source\nwing,0,0.3,0.5,x\n", encoding="utf-8")
    return folder


def _derive(tables: Path, folder: Path) -> Result:
    return CliRunner().invoke(main, ["lexicon", "derive", str(tables), "--folder", str(folder)])


def test_the_command_makes_figures_and_names_anew_and_counts_rows_that_changed(tables: Path, tmp_path: Path) -> None:
    folder = _lexicon(tmp_path)
    first = _derive(tables, folder)
    assert first.exit_code == 0, first.output
    rows = (folder / "composition.csv").read_text(encoding="utf-8").splitlines()
    assert first.output == f"composition.csv: {len(rows) - 1} rows changed; tables.csv: 2 rows changed\n"
    assert "wing,protein_g,4,7,11,USDA SR28 00001; less refuse" in rows
    assert (folder / "tables.csv").read_text(encoding="utf-8").splitlines() == ["link,name,water_g", "ciqual:1,food 1,7", "sr28:00001,food 00001,7"]
    assert _derive(tables, folder).output == "composition.csv: 0 rows changed; tables.csv: 0 rows changed\n"
    (folder / "refuse.csv").unlink()
    assert "composition.csv: 0 rows" not in _derive(tables, folder).output
    foods = folder / "foods.csv"
    foods.write_text(foods.read_text(encoding="utf-8").replace("ciqual:1~", "none"), encoding="utf-8")
    gone = sum(row.startswith("leek,") for row in rows)
    assert _derive(tables, folder).output == f"composition.csv: {gone} rows changed; tables.csv: 1 rows changed\n"


@pytest.mark.parametrize(
    "lost", ["usda/sr28_nutrients_long.parquet", "usda/sr28_foods.csv", "ciqual/ciqual_2025.csv", "ciqual/ciqual_2025_censored.csv"]
)
def test_the_command_writes_nothing_when_a_table_is_missing(tables: Path, tmp_path: Path, lost: str) -> None:
    folder = _lexicon(tmp_path)
    own = Path(shutil.copytree(tables, tmp_path / "own"))
    (own / lost).unlink()
    outcome = _derive(own, folder)
    assert outcome.exit_code == 1
    assert f"{own / lost}: the composition table is missing" in outcome.output
    assert not (folder / "composition.csv").exists() and not (folder / "tables.csv").exists()


@pytest.mark.skipif(not REAL.is_dir(), reason="the composition tables are not beside this repository")
def test_the_committed_files_are_what_the_tables_give(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(INPUTS / "lexicon", tmp_path / "lexicon"))
    assert anew(REAL, folder) == (0, 0)
    for name in ("composition.csv", "tables.csv"):
        assert (folder / name).read_bytes() == (INPUTS / "lexicon" / name).read_bytes()


amounts = st.floats(0, 1e5)
maybe = st.none() | amounts


@given(nutrient=st.sampled_from(NUTRIENTS), value=amounts, n=st.integers(0, 1000), se=maybe, least=maybe, most=maybe)
def test_sr28_value_always_lies_inside(nutrient: str, value: float, n: int, se: float | None, least: float | None, most: float | None) -> None:
    interval = sr28_interval(nutrient, value, n, se, least, most)
    assert interval.mid == value
    assert interval.hi is not None
    assert 0 <= interval.lo <= value <= interval.hi


def test_sr28_without_a_usable_standard_error() -> None:
    assert sr28_interval("iron_mg", 10, 5, None, 7, 20).hi == 20
    zero_error = sr28_interval("iron_mg", 10, 5, 0.0, None, None)
    assert (zero_error.lo, zero_error.hi) == (8, 12)


@given(value=st.floats(1e-6, 1e6))
def test_figures_keep_four_digits_without_exponent(value: float) -> None:
    text = composition._figure(value)
    assert "e" not in text
    assert float(text) == pytest.approx(value, rel=5.1e-4)
    assert len(text.replace(".", "").strip("0")) <= 4


def test_write_gives_sorted_rows_and_leaves_no_other_file(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        [("b", "fat_g", 0.0, float("nan"), float("nan"), "x"), ("a", "sodium_mg", 0.123456, 38758.0, 38758.0, "y, z"), ("a", "fat_g", 0, 1, 2, "x")],
        columns=list(composition.COLUMNS),
    )
    path = tmp_path / "composition.csv"
    path.write_text("old")
    write(frame, path)
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.reader(handle))
    assert rows == [
        list(composition.COLUMNS),
        ["a", "fat_g", "0", "1", "2", "x"],
        ["a", "sodium_mg", "0.1235", "38760", "38760", "y, z"],
        ["b", "fat_g", "0", "", "", "x"],
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["composition.csv"]


@pytest.mark.skipif(not REAL.is_dir(), reason="the composition tables are not beside this repository")
def test_real_tables_give_figures_that_make_sense() -> None:
    links = {"butter": "sr28:01001", "salt": "sr28:02047", "spinach": "sr28:11457", "endive": "ciqual:20026", "maple_syrup": "cnf:4326"}
    found = derive(REAL, links, {"salt": {"milk": Tri.FREE}}).set_index(["id", "nutrient"])
    assert set(found.index.get_level_values("id")) == set(links)
    assert (found.mid.isna() | (found.lo <= found.mid)).all()
    assert (found.mid.isna() | found.hi.isna() | (found.mid <= found.hi)).all()
    assert found.mid["butter", "fat_g"] == pytest.approx(81, abs=1)
    assert found.mid["salt", "sodium_mg"] == pytest.approx(38758)
    assert found.mid["spinach", "vitamin_k_ug"] == pytest.approx(483, abs=1)
    assert found.source["salt", "lactose_g"] == "no milk"
    assert found.mid["spinach", "available_carbohydrate_g"] == pytest.approx(3.63 - 2.2)
    assert found.source["endive", "carbohydrate_g"] == "CIQUAL 2025 20026; derived"
    assert found.mid["maple_syrup", "sugars_g"] > 50
