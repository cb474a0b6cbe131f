"""Asset checks: what must be true of what was made, looked at anew from the artifacts.

What belongs here: questions with a yes or no, each answered from stored files, never from what the asset said of itself.
"""

import json
import math
from typing import Any

import dagster as dg
import pandera.pandas as pa

from dish_pipeline.assets import candidates, language_model, recipes
from dish_pipeline.assets.workspace import Workspace
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE
from dish_pipeline.evaluation import drift
from dish_pipeline.model.text import canonical
from dish_pipeline.recipes import duplicates, looks, splits
from dish_pipeline.recipes.schema import MOST_LINES
from dish_pipeline.recipes.validation import dishes_of
from dish_pipeline.store import candidates as store
from dish_pipeline.store import tables

MOST_REFUSED = 0.2
"""Share of refused rows above which the check of the refused recipes fails."""


MOST_COMPARED = 2_000
"""Held-out dishes, evenly drawn, that are compared with every train dish; more would take minutes with a hundred thousand recipes."""


def _result(passed: bool, why: str, severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR, **metadata: Any) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=passed, severity=severity, description=why, metadata=metadata)


@dg.asset_check(asset=recipes.raw_recipes, blocking=True, description="There is at least one recipe.")
def recipes_not_empty(workspace: Workspace) -> dg.AssetCheckResult:
    count = len(tables.read(workspace.artifacts.need("raw_recipes").path("recipes.parquet")))
    return _result(count > 0, f"{count} recipes", recipes=count)


@dg.asset_check(asset=recipes.rejected_recipes, description=f"At most {MOST_REFUSED:.0%} of the rows were refused.")
def few_rows_refused(workspace: Workspace) -> dg.AssetCheckResult:
    """Not blocking: what was read whole can still be learned from, but somebody should know."""
    artifact = workspace.artifacts.need("rejected_recipes")
    rejected = tables.read(artifact.path("rejected.parquet"))
    share = len(rejected) / max(1, len(rejected) + artifact.facts["accepted"])
    reasons = {row.reason: int(row.rows) for row in looks.refusals(rejected, "reason", 10).itertuples()}
    told = "; ".join(f"{count} x {reason}" for reason, count in reasons.items())
    return _result(share <= MOST_REFUSED, f"{share:.1%} of the rows refused" + (f": {told}" if told else ""), share=share, reasons=reasons)


dish_schema = pa.DataFrameSchema({
    "recipe_id": pa.Column(str, unique=True),
    "title": pa.Column(str, pa.Check.str_length(min_value=1)),
    "course": pa.Column(str, pa.Check.isin([*COURSES, UNKNOWN_COURSE])),
    "split": pa.Column(str, pa.Check.isin([*splits.SPLITS, splits.ASIDE])),
    "lines": pa.Column(int, pa.Check.in_range(1, MOST_LINES)),
    "food_ids": pa.Column(object, pa.Check(lambda s: s.map(lambda foods: len(foods) == len(set(foods))), error="a food stands twice")),
})


@dg.asset_check(asset=recipes.validated_recipes, blocking=True, description="Every dish keeps the schema; foods and grams run side by side.")
def dishes_keep_the_schema(workspace: Workspace) -> dg.AssetCheckResult:
    frame = tables.read(workspace.artifacts.need("validated_recipes").path("dishes.parquet"))
    known = workspace.lexicon().foods
    try:
        dish_schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases[["column", "check", "failure_case"]].head(10)
        return _result(False, f"{len(errors.failure_cases)} failures", failures=cases.astype(str).to_dict("records"))
    wrong = [r.recipe_id for r in frame.itertuples() if len(r.food_ids) != len(r.grams) or any(f not in known for f in r.food_ids)]
    return _result(not wrong, f"{len(frame)} dishes checked", malformed=wrong[:10])


@dg.asset_check(asset=recipes.validated_recipes, description="Recipes that came since the last training resemble those trained on.")
def new_recipes_resemble_the_trained(workspace: Workspace) -> dg.AssetCheckResult:
    report = workspace.artifacts.current("evaluation_report")
    warn = dg.AssetCheckSeverity.WARN
    if report is None or not report.path(language_model.SEEN).is_file():
        return _result(True, "no model has been trained yet", warn)
    artifact = workspace.artifacts.need("validated_recipes")
    now = drift.seen(tables.read(artifact.path("dishes.parquet")), tables.read(artifact.path("mentions.parquet")))
    found = drift.measure(now, tables.read(report.path(language_model.SEEN)))
    if found.further is None:
        return _result(True, f"{found.new} new recipes, too few to say", warn, new=found.new, furthest=found.furthest)
    why = (
        f"{found.new} new recipes; a new one is further from the trained ones than usual with chance {found.further:.2f} (0.5: no drift, over "
        f"{drift.FAR} warns)"
    )
    return _result(not found.far, why, warn, new=found.new, overlap=found.overlap, usual=found.usual, furthest=found.furthest,
                   unfamiliar=found.unfamiliar)


@dg.asset_check(
    asset=recipes.augmented_recipes, additional_deps=[recipes.validated_recipes], blocking=True,
    description="No cluster of near-duplicates crosses the splits, no held-out dish resembles one that is learned from, and the model learns "
    "from the train split only.",
)
def no_leakage(workspace: Workspace) -> dg.AssetCheckResult:
    """Resemblance is found anew here, pair by pair, where the splits were made with an index that could miss a pair."""
    artifact = workspace.artifacts.need("validated_recipes")
    dishes = tables.read(artifact.path("dishes.parquet"))
    learned = set(tables.read(workspace.artifacts.need("augmented_recipes").path("dishes.parquet"))["recipe_id"])
    crossing = splits.crossing(dishes)
    leaked = sorted(learned & set(dishes[dishes["split"] != "train"]["recipe_id"]))
    sets = duplicates.features_of(dishes, tables.read(artifact.path("mentions.parquet")))
    held_out = [i for i, split in enumerate(dishes["split"]) if split in ("valid", "test")]
    held_out = held_out[:: max(1, len(held_out) // MOST_COMPARED)]
    train = [i for i, split in enumerate(dishes["split"]) if split == "train"]
    pairs = duplicates.crossing_pairs([sets[i] for i in held_out], [sets[i] for i in train])
    titles = dishes["title"].tolist()
    return _result(
        not crossing and not leaked and not pairs,
        f"{len(crossing)} clusters cross the splits, {len(pairs)} of {len(held_out)} held-out dishes compared resemble a train dish, "
        f"{len(leaked)} held-out dishes are learned from",
        crossing=crossing[:10], leaked=leaked[:10], pairs=[[titles[held_out[i]], titles[train[j]]] for i, j in pairs[:10]],
    )


@dg.asset_check(
    asset=language_model.tokenizer, additional_deps=[recipes.validated_recipes], blocking=True,
    description="Every dish of every split comes back unchanged from its tokens.",
)
def tokenizer_round_trip(workspace: Workspace) -> dg.AssetCheckResult:
    from dish_pipeline.model.tokenizer import DishTokenizer

    made = DishTokenizer.load(workspace.artifacts.need("tokenizer").folder)
    frame = tables.read(workspace.artifacts.need("validated_recipes").path("dishes.parquet"))
    dishes = [canonical(d) for d in dishes_of(frame[frame["trainable"].astype(bool)])]
    wrong = [d.title for d in dishes if not made.round_trips(d)]
    return _result(not wrong, f"{len(dishes) - len(wrong)} of {len(dishes)} dishes round-trip", wrong=wrong[:10])


@dg.asset_check(asset=language_model.trained_transformer, blocking=True, description="The loss is finite everywhere and has fallen.")
def loss_is_finite_and_falling(workspace: Workspace) -> dg.AssetCheckResult:
    text = workspace.artifacts.need("trained_transformer").path("metrics.jsonl").read_text()
    bits = [json.loads(line)["valid_bits_per_dish"] for line in text.splitlines()]
    finite = all(math.isfinite(b) for b in bits)
    return _result(finite and min(bits) < bits[0], f"from {bits[0]:.1f} to {min(bits):.1f} bits a validation dish", first=bits[0], best=min(bits))


@dg.asset_check(
    asset=language_model.champion_model, description="The model in use has passed every gate.",
)
def champion_passed_its_gates(workspace: Workspace) -> dg.AssetCheckResult:
    facts = workspace.artifacts.need("champion_model").facts
    failing = [g["gate"] for g in facts["gates"] if not g["holds"]]
    why = "provisional: not " + ", ".join(failing) if facts["provisional"] else "every gate held"
    return _result(not facts["provisional"], why, dg.AssetCheckSeverity.WARN, gates=facts["gates"])


@dg.asset_check(asset=candidates.candidate_store, blocking=True, description="Every stored verdict is proved again, in SQL, from the stored rows.")
def verdicts_proved_in_sql(workspace: Workspace) -> dg.AssetCheckResult:
    with store.open_read_only(workspace.settings.candidates) as connection:
        wrong = store.disagreements(connection)
        row = connection.execute("SELECT count(*) FROM proved_verdicts").fetchone()
    verdicts = row[0] if row else 0
    ideas = workspace.artifacts.need("generated_candidates").facts["ideas"]
    return _result(
        not wrong and (verdicts > 0 or ideas == 0), f"{verdicts} verdicts proved, {len(wrong)} not", proved=verdicts,
        wrong=[str(w) for w in wrong[:10]],
    )


ALL = [
    recipes_not_empty, few_rows_refused, dishes_keep_the_schema, new_recipes_resemble_the_trained, no_leakage, tokenizer_round_trip,
    loss_is_finite_and_falling, champion_passed_its_gates, verdicts_proved_in_sql,
]
