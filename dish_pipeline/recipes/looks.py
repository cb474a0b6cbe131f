"""What a collection of dishes looks like: counts by course and cuisine, lengths, foods, coverage by the lexicon.

What belongs here: small tables over validated dishes, for the pages of a run, the report and `dish corpus lint`. No judgement.
"""

from __future__ import annotations

import re
from collections import Counter

import pandas as pd

from dish_pipeline.dietetics.profiles import NOT_JUDGED, OPEN_BECAUSE_OF, UNKNOWN_FOR

_OPENED_BY = re.compile(rf"(?:{UNKNOWN_FOR}|{OPEN_BECAUSE_OF}) (.*)$")


def by_course(dishes: pd.DataFrame) -> pd.DataFrame:
    """course | dishes | one column a split, the largest course first."""
    if not len(dishes):
        return pd.DataFrame(columns=["course", "dishes"])
    counts = dishes.groupby(["course", "split"]).size().unstack(fill_value=0)
    counts = counts[[s for s in ("train", "valid", "test", "aside") if s in counts]]
    counts.insert(0, "dishes", counts.sum(axis=1))
    return counts.sort_values("dishes", ascending=False, kind="stable").reset_index()


def by_cuisine(dishes: pd.DataFrame) -> pd.DataFrame:
    """cuisine | dishes, the largest first; recipes without one count as "not stated"."""
    return dishes["cuisine"].replace("", "not stated").value_counts().rename_axis("cuisine").reset_index(name="dishes")


def lengths(dishes: pd.DataFrame) -> pd.DataFrame:
    """Quantiles of lines and foods a dish, letters a title, grams a serving (where every amount is known)."""
    grams = dishes["grams"].map(lambda g: sum(g) if len(g) and all(x is not None and x == x for x in g) else None)
    columns = {
        "ingredient lines": dishes["lines"], "foods": dishes["food_ids"].map(len), "letters of the title": dishes["title"].map(len),
        "grams a serving": grams,
    }
    shares = {"least": 0.0, "5 %": 0.05, "median": 0.5, "95 %": 0.95, "most": 1.0}
    rows = [
        {"of a dish": name, **{label: round(float(v.quantile(q)), 1) for label, q in shares.items()}}
        for name, values in columns.items() if len(v := pd.to_numeric(values).dropna())
    ]
    return pd.DataFrame(rows, columns=["of a dish", *shares])


def foods(dishes: pd.DataFrame, names: dict[str, str], count: int = 15) -> tuple[pd.DataFrame, pd.DataFrame, int, int]:
    """The commonest foods, the rarest, how many there are at all, and how many occur once. `names`: food id -> name."""
    counts = Counter(f for own in dishes["food_ids"] for f in own)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    common = pd.DataFrame([(names.get(f, f), n) for f, n in ordered[:count]], columns=["food", "dishes"])
    rare = pd.DataFrame([(names.get(f, f), n) for f, n in ordered[::-1][:count]], columns=["food", "dishes"])
    return common, rare, len(counts), sum(n == 1 for n in counts.values())


def coverage(dishes: pd.DataFrame, mentions: pd.DataFrame) -> dict[str, float]:
    """Shares that the lexicon resolves: of ingredient lines, of whole recipes, of foods named; and of foods named that have an amount."""
    known = mentions[mentions["food_id"].notna()]
    return {
        "lines": float(dishes["lines_resolved"].sum() / max(1, dishes["lines"].sum())),
        "whole recipes": float((dishes["lines_resolved"] == dishes["lines"]).mean()) if len(dishes) else 0.0,
        "foods named": len(known) / max(1, len(mentions)),
        "foods with an amount": float(known["g_mid"].notna().mean()) if len(known) else 0.0,
    }


def pool(verdicts: pd.DataFrame) -> pd.DataFrame:
    """profile | pass | unknown | fail: how many dishes a person with that need has. `verdicts`: profile, verdict, open_points."""
    counts = verdicts.groupby(["profile", "verdict"]).size().unstack(fill_value=0)
    return counts.reindex(columns=["pass", "unknown", "fail"], fill_value=0).rename_axis(columns=None).reset_index()


def open_points(verdicts: pd.DataFrame, count: int = 10) -> pd.DataFrame:
    """open point | verdicts: what keeps most verdicts unknown, so that a person knows what to complete next."""
    points = Counter(
        point.split(" per serving")[0] for points in verdicts[verdicts["verdict"] == "unknown"]["open_points"] for point in points
        if not point.startswith(NOT_JUDGED)
    )
    return pd.DataFrame(points.most_common(count), columns=["open point", "verdicts"])


def left_open_by(verdicts: pd.DataFrame, count: int = 10) -> pd.DataFrame:
    """profile | unknown | left open by: the foods (or the number of servings) that leave most of a profile's verdicts unknown, with how many.

    A verdict that several foods leave open counts for each of them.
    """
    rows = []
    for profile, own in verdicts[verdicts["verdict"] == "unknown"].groupby("profile"):
        foods: Counter[str] = Counter()
        for points in own["open_points"]:
            named = [name for point in points for name in _foods_named(point)]
            foods.update(dict.fromkeys([*named, *(point for point in points if point.startswith(NOT_JUDGED))], 1))
        rows.append((profile, len(own), ", ".join(f"{name} ({n})" for name, n in foods.most_common(count))))
    return pd.DataFrame(rows, columns=["profile", "unknown", "left open by"])


def _foods_named(point: str) -> list[str]:
    """The foods that an open point names; of things that may not come together each has its own list ("meat: stock; milk: whey")."""
    named = _OPENED_BY.search(point)
    return [name for part in named[1].split("; ") for name in part.rpartition(": ")[2].split(", ")] if named else []


def refusals(rejected: pd.DataFrame, by: str, count: int = 20) -> pd.DataFrame:
    """`by` (reason, file or field) | rows: the commonest first. A reason counts without what it says of the single row after its colon."""
    kind = rejected[by].astype(str).str.split(": ").str[0] if by == "reason" else rejected[by]
    return kind.value_counts().head(count).rename_axis(by).reset_index(name="rows")
