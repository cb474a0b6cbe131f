"""Assets of the group "recipes": from files to clean, split, judged and augmented dishes.

What belongs here: raw_recipes, rejected_recipes, validated_recipes, recipe_facts, augmented_recipes.
"""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from dish_pipeline.assets.workspace import OWNERS, Workspace, code_of, make, markdown_table, schema_of
from dish_pipeline.dietetics.facts import Item, facts_of
from dish_pipeline.dietetics.parsing import LineParser
from dish_pipeline.dietetics.profiles import judge_all
from dish_pipeline.dish import UNKNOWN_AMOUNT, Interval
from dish_pipeline.recipes import augmentation, looks, schema, splits
from dish_pipeline.recipes.readers import ReadError, read_path
from dish_pipeline.recipes.validation import raw_frame, split_refused, validate
from dish_pipeline.store import tables
from dish_pipeline.store.artifacts import Artifact, file_hash

GROUP = "recipes"
FEWEST_DISHES = 12
"""Dishes a model can be trained, validated and tested on at all; hundreds are wanted."""

LEDGER = "ledger.parquet"
"""Beside the dishes: where every recipe was placed, so that no later run moves it."""

VERDICTS = {"recipe_id": "VARCHAR", "profile": "VARCHAR", "verdict": "VARCHAR", "open_points": "VARCHAR[]"}


def _source_versions(path: Path) -> dict[str, str]:
    """Relative file name -> hash of every file under the recipes path, so that a changed file makes the asset stale."""
    if path.is_file():
        return {path.name: file_hash(path)[:16]}
    names = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else []
    return {str(p.relative_to(path)): file_hash(p)[:16] for p in names}


@dg.asset(
    group_name=GROUP, kinds={"python", "parquet"}, owners=OWNERS, code_version=code_of("recipes/readers", "recipes/schema.py"),
    description="Every recipe of every readable file under the recipes path, as its source wrote it; unreadable rows kept with the reason.",
)
def raw_recipes(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """Files -> one table of recipes."""
    path = workspace.settings.recipes
    versions = _source_versions(path)
    everything = hashlib.sha256(repr(sorted(versions.items())).encode()).hexdigest()[:16]

    def build(folder: Path) -> dict[str, Any]:
        try:
            reading = read_path(path)
        except ReadError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        frame = raw_frame(reading.recipes)
        refused = pd.DataFrame([vars(r) for r in reading.refusals], columns=list(schema.REJECTED))
        tables.write(frame, folder / "recipes.parquet", schema.RAW)
        tables.write(refused, folder / "refused.parquet", schema.REJECTED)
        return {
            "recipes": len(frame), "refused": len(refused), "files": reading.files,
            "summary": f"{len(frame)} recipes from {sum(n > 0 for n in reading.files.values())} files, {len(refused)} rows refused",
        }

    def describe(artifact: Artifact) -> dict[str, Any]:
        frame = tables.read(artifact.path("recipes.parquet"))
        return {
            "dagster/row_count": len(frame), "dagster/column_schema": schema_of(schema.RAW), "refused": artifact.facts["refused"],
            "sample": markdown_table(frame[["title", "course", "cuisine", "servings", "lines"]].sample(min(5, len(frame)), random_state=1)),
            "files": dict(artifact.facts["files"]),
        }

    return make(context, workspace, inputs={"files": everything}, config={"path": str(path)}, build=build, describe=describe)


@dg.asset(
    deps=[raw_recipes], group_name=GROUP, kinds={"python", "pandas", "parquet"}, owners=OWNERS,
    code_version=code_of("recipes/schema.py", "recipes/validation.py"),
    description="Every row that was refused, by a reader or by the schema, with file, row, field, value, reason and remedy.",
)
def rejected_recipes(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """Raw recipes -> the refused ones."""
    raw = workspace.artifacts.need("raw_recipes")

    def build(folder: Path) -> dict[str, Any]:
        recipes = tables.read(raw.path("recipes.parquet"))
        by_schema = split_refused(recipes)[1]
        found = [f for f in (tables.read(raw.path("refused.parquet")), by_schema) if len(f)]
        rejected = pd.concat(found) if found else by_schema
        tables.write(rejected, folder / "rejected.parquet", schema.REJECTED)
        accepted = len(recipes) - len(by_schema)
        return {"rejected": len(rejected), "accepted": accepted, "summary": f"{len(rejected)} rows refused, {accepted} recipes accepted"}

    def describe(artifact: Artifact) -> dict[str, Any]:
        rejected = tables.read(artifact.path("rejected.parquet"))
        return {
            "dagster/row_count": len(rejected), "dagster/column_schema": schema_of(schema.REJECTED),
            "by_reason": markdown_table(looks.refusals(rejected, "reason")), "by_file": markdown_table(looks.refusals(rejected, "file")),
            "rejected_rows": markdown_table(rejected, 20),
        }

    return make(context, workspace, inputs={"raw_recipes": raw.version}, config={}, build=build, describe=describe)


@dg.asset(
    deps=[raw_recipes], group_name=GROUP, kinds={"python", "pandas", "parquet"}, owners=OWNERS, code_version=code_of("recipes", "dietetics"),
    description="Recipes that pass the schema, as dishes of lexicon foods with grams, in near-duplicate clusters split into train, valid and test.",
)
def validated_recipes(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """Recipes -> dishes and what their lines name."""
    raw = workspace.artifacts.need("raw_recipes")

    def build(folder: Path) -> dict[str, Any]:
        result = validate(tables.read(raw.path("recipes.parquet")), LineParser(workspace.lexicon()))
        dishes = result.dishes
        ledger = _ledger(workspace)
        ledger = splits.split_dishes(dishes, result.mentions, ledger, workspace.seed)
        _enough(dishes, result.rejected, workspace.settings.recipes)
        tables.write(dishes, folder / "dishes.parquet", schema.VALIDATED)
        tables.write(result.mentions, folder / "mentions.parquet", schema.MENTIONS)
        tables.write(pd.DataFrame(ledger.items(), columns=list(schema.LEDGER)), folder / LEDGER, schema.LEDGER)
        usable = dishes[dishes["trainable"].astype(bool)]
        counts = Counter(usable["split"])
        return {
            "dishes": len(dishes), "trainable": len(usable), "rejected": len(result.rejected), "clusters": int(dishes["cluster"].nunique()),
            "splits": dict(counts), "lines_resolved": float(dishes["lines_resolved"].sum() / max(1, dishes["lines"].sum())),
            "summary": f"{len(dishes)} dishes, {len(usable)} to learn from ({counts['train']} train, {counts['valid']} valid, "
            f"{counts['test']} test), {len(result.rejected)} refused",
        }

    def describe(artifact: Artifact) -> dict[str, Any]:
        dishes = tables.read(artifact.path("dishes.parquet"))
        mentions = tables.read(artifact.path("mentions.parquet"))
        missing = mentions[mentions["food_id"].isna()]["words"].value_counts().head(15)
        common, rare, foods, once = looks.foods(dishes, {f.food_id: f.name for f in workspace.lexicon().foods.values()})
        return {
            "dagster/row_count": len(dishes), "dagster/column_schema": schema_of(schema.VALIDATED), "trainable": artifact.facts["trainable"],
            "rejected": artifact.facts["rejected"], "clusters": artifact.facts["clusters"], "lines_resolved": artifact.facts["lines_resolved"],
            "coverage": looks.coverage(dishes, mentions), "splits": dict(artifact.facts["splits"]), "foods": foods, "foods_named_once": once,
            "by_course": markdown_table(looks.by_course(dishes)), "by_cuisine": markdown_table(looks.by_cuisine(dishes), 60),
            "lengths": markdown_table(looks.lengths(dishes)), "commonest_foods": markdown_table(common, 15), "rarest_foods": markdown_table(rare, 15),
            "not_in_the_lexicon": markdown_table(missing.reset_index(), 15),
        }

    return make(
        context, workspace, inputs={"raw_recipes": raw.version, "lexicon": workspace.lexicon_version}, config={"seed": workspace.seed},
        build=build, describe=describe,
    )


def _ledger(workspace: Workspace) -> dict[str, str]:
    """Recipe -> split of every recipe that was ever placed under this seed, the oldest first; empty at the first run."""
    before = workspace.artifacts.current("validated_recipes")
    if before is None or before.manifest["config"].get("seed") != workspace.seed or not before.path(LEDGER).is_file():
        return {}
    return dict(tables.read(before.path(LEDGER)).itertuples(index=False, name=None))


def _enough(dishes: pd.DataFrame, rejected: pd.DataFrame, path: Path) -> None:
    """Refuse data that no model can be trained on, and say what stands in the way, with file and row."""
    usable = dishes[dishes["trainable"].astype(bool)]
    if len(usable) >= FEWEST_DISHES and usable["cluster"].nunique() >= 3:
        return
    stuck = [f"{r.file} row {r.row} ({r.title!r}): {r.why_not}" for r in dishes[~dishes["trainable"].astype(bool)].head(3).itertuples()]
    stuck += [f"{r.file} row {r.row}: {r.field}: {r.reason}; {r.remedy}" for r in rejected.head(3).itertuples()]
    stuck += [f"usable: {r.file} row {r.row} ({r.title!r})" for r in usable.head(2).itertuples()]
    raise dg.Failure(
        description=f"{path}: dishes to learn from: {len(usable)}, clusters of near-duplicates: {usable['cluster'].nunique()}; at least "
        f"{FEWEST_DISHES} dishes in 3 clusters are needed, and some hundreds for ideas worth reading. Add recipes, or add the missing foods to the "
        "lexicon.\n  " + "\n  ".join(stuck),
        allow_retries=False,
    )


@dg.asset(
    deps=[validated_recipes], group_name=GROUP, kinds={"python", "parquet"}, owners=OWNERS, code_version=code_of("dietetics", "assets/recipes.py"),
    description="Facts and verdicts of the real dishes: for each profile the pool that a person has today, and what keeps verdicts open.",
)
def recipe_facts(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """Real dishes -> a verdict for every profile."""
    validated = workspace.artifacts.need("validated_recipes")

    def build(folder: Path) -> dict[str, Any]:
        lexicon, profiles = workspace.lexicon(), workspace.profiles()
        dishes = tables.read(validated.path("dishes.parquet"))
        items = _items(tables.read(validated.path("mentions.parquet")), lexicon)
        rows = []
        for dish in dishes.itertuples():
            servings = None if pd.isna(dish.servings_lo) else Interval(dish.servings_lo, (dish.servings_lo + dish.servings_hi) / 2, dish.servings_hi)
            facts = facts_of(items.get(dish.recipe_id, []), servings, lexicon)
            for profile, verdict in judge_all(facts, dish.course, profiles.values()).items():
                rows.append((dish.recipe_id, profile, verdict.verdict, list(verdict.open_points)))
        frame = pd.DataFrame(rows, columns=list(VERDICTS))
        tables.write(frame, folder / "verdicts.parquet", VERDICTS)
        both = _passing(frame, "diabetes") & _passing(frame, "coeliac")
        return {"dishes": len(dishes), "summary": f"{len(both)} of {len(dishes)} real dishes pass diabetes and coeliac together"}

    def describe(artifact: Artifact) -> dict[str, Any]:
        frame = tables.read(artifact.path("verdicts.parquet"))
        return {
            "dagster/row_count": len(frame), "dagster/column_schema": schema_of(VERDICTS), "pool": markdown_table(looks.pool(frame), 200),
            "left_open_by": markdown_table(looks.left_open_by(frame), 200), "commonest_open_points": markdown_table(looks.open_points(frame)),
        }

    inputs = {"validated_recipes": validated.version, "lexicon": workspace.lexicon_version, "profiles": workspace.profiles_version}
    return make(context, workspace, inputs=inputs, config={}, build=build, describe=describe)


def _items(mentions: pd.DataFrame, lexicon: Any) -> dict[str, list[Item]]:
    items: dict[str, list[Item]] = {}
    for m in mentions.itertuples():
        grams = UNKNOWN_AMOUNT if pd.isna(m.g_lo) else Interval(m.g_lo, None if pd.isna(m.g_mid) else m.g_mid, None if pd.isna(m.g_hi) else m.g_hi)
        food = lexicon.foods.get(m.food_id) if isinstance(m.food_id, str) else None
        items.setdefault(m.recipe_id, []).append(Item(food, m.words, grams, frozenset(m.cleared or ())))
    return items


def _passing(verdicts: pd.DataFrame, profile: str) -> set[str]:
    return set(verdicts[(verdicts["profile"] == profile) & (verdicts["verdict"] == "pass")]["recipe_id"])


@dg.asset(
    deps=[validated_recipes], group_name=GROUP, kinds={"python", "parquet"}, owners=OWNERS,
    code_version=code_of("recipes/augmentation.py", "recipes/validation.py", "model/text.py"),
    description="The dishes that the model learns from: the train split in canonical form, and the variants that the plan asks for (none now: "
    "measured). The order of the foods is drawn anew at each epoch of training. Validation and test dishes never enter.",
)
def augmented_recipes(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """Train split -> dishes to learn from."""
    validated = workspace.artifacts.need("validated_recipes")
    plan = augmentation.Plan()

    def build(folder: Path) -> dict[str, Any]:
        dishes = tables.read(validated.path("dishes.parquet"))
        train = dishes[(dishes["split"] == "train") & dishes["trainable"].astype(bool)]
        frame = augmentation.augment(train, workspace.lexicon(), plan, workspace.seed)
        tables.write(frame, folder / "dishes.parquet", augmentation.SCHEMA)
        counts = Counter(frame["variant"])
        return {"dishes": len(frame), "variants": dict(counts), "summary": ", ".join(f"{n} {kind}" for kind, n in counts.items())}

    def describe(artifact: Artifact) -> dict[str, Any]:
        frame = tables.read(artifact.path("dishes.parquet"))
        return {
            "dagster/row_count": len(frame), "dagster/column_schema": schema_of(augmentation.SCHEMA), "variants": dict(artifact.facts["variants"]),
            "sample": markdown_table(frame[["variant", "course", "title", "food_ids", "grams"]].sample(min(6, len(frame)), random_state=1)),
        }

    inputs = {"validated_recipes": validated.version, "lexicon": workspace.lexicon_version}
    return make(context, workspace, inputs=inputs, config={"seed": workspace.seed, **vars(plan)}, build=build, describe=describe)
