"""Assets of the group "candidates": reviews, ideas, and the file that dietitians open.

What belongs here: reviews, generated_candidates, candidate_store.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
from pydantic import Field

from dish_pipeline.assets.language_model import champion_model, split_dishes
from dish_pipeline.assets.recipes import recipe_facts, rejected_recipes, validated_recipes
from dish_pipeline.assets.workspace import OWNERS, Workspace, code_of, make, markdown_table, schema_of
from dish_pipeline.dietetics.profiles import parse_ask
from dish_pipeline.settings import DEFAULT_ASKS
from dish_pipeline.store import candidates as store
from dish_pipeline.store import reviews as ledger
from dish_pipeline.store import tables
from dish_pipeline.store.artifacts import Artifact

GROUP = "candidates"
REVIEWS = {
    "event_id": "BIGINT", "idea_id": "VARCHAR", "verdict": "VARCHAR", "reason": "VARCHAR", "reviewer": "VARCHAR", "made_at": "VARCHAR",
    "title": "VARCHAR",
}


class GenerationConfig(dg.Config):
    """What ideas are asked for, and how adventurous the draws are."""

    asks: list[str] = Field(default=list(DEFAULT_ASKS), description="Profiles that an idea must pass together, such as: diabetes + coeliac")
    ideas_per_ask: int = Field(default=0, description="Ideas wanted for each ask; 0 takes the preset's number")
    temperature: float = Field(default=0.9, gt=0, le=2, description="Above 1 flattens the model's choices, below 1 sharpens them")
    min_p: float = Field(default=0.05, ge=0, le=1, description="Tokens less likely than this share of the likeliest one are dropped")


@dg.asset(
    group_name=GROUP, kinds={"sqlite"}, owners=OWNERS, code_version=code_of("store/reviews.py"),
    description="What dietitians said of ideas: a snapshot of the append-only ledger.",
)
def reviews(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """Ledger -> snapshot."""
    events = ledger.read(workspace.settings.reviews)
    state = hashlib.sha256(repr([(e.event_id, e.idea_id, e.verdict, e.made_at) for e in events]).encode()).hexdigest()[:16]

    def build(folder: Path) -> dict[str, Any]:
        tables.write(store.reviews_frame(events), folder / "reviews.parquet", REVIEWS)
        latest = ledger.latest(events).values()
        accepted = sum(e.verdict == "accept" for e in latest)
        return {"events": len(events), "accepted": accepted, "summary": f"{len(events)} reviews, {accepted} ideas accepted"}

    def describe(artifact: Artifact) -> dict[str, Any]:
        frame = tables.read(artifact.path("reviews.parquet"))
        return {
            "dagster/row_count": len(frame), "dagster/column_schema": schema_of(REVIEWS), "accepted": artifact.facts["accepted"],
            "newest": markdown_table(frame.tail(10)),
        }

    return make(context, workspace, inputs={"ledger": state}, config={}, build=build, describe=describe)


@dg.asset(
    deps=[champion_model, validated_recipes, recipe_facts, reviews], group_name=GROUP, kinds={"torch"}, owners=OWNERS,
    code_version=code_of("model", "evaluation", "dietetics"),
    description="Ideas of the champion for each ask: sampled inside the profiles' constraints, sifted, with facts, verdicts, the nearest real "
    "recipe and the way back to model and seed. Rejected ideas are not proposed again; accepted ones are kept.",
)
def generated_candidates(context: dg.AssetExecutionContext, workspace: Workspace, config: GenerationConfig) -> dg.MaterializeResult:
    """Champion and profiles -> ideas."""
    artifacts = workspace.artifacts
    champion, validated, facts, seen = (artifacts.need(n) for n in ("champion_model", "validated_recipes", "recipe_facts", "reviews"))
    wanted = config.ideas_per_ask or workspace.preset.ideas_per_ask
    inputs = {n.asset: n.version for n in (champion, validated, facts, seen)}
    inputs |= {"lexicon": workspace.lexicon_version, "profiles": workspace.profiles_version}
    settings = {
        "asks": config.asks, "ideas_per_ask": wanted, "temperature": config.temperature, "min_p": config.min_p, "seed": workspace.seed,
    }

    def build(folder: Path) -> dict[str, Any]:
        from dish_pipeline.evaluation import generation, ideas
        from dish_pipeline.evaluation.novelty import RealDishes
        from dish_pipeline.evaluation.usability import Judge
        from dish_pipeline.model import transformer
        from dish_pipeline.model.sampling import Draw, SamplingPlan
        from dish_pipeline.model.text import canonical
        from dish_pipeline.model.tokenizer import DishTokenizer
        from dish_pipeline.progress import progress
        from dish_pipeline.recipes.validation import dishes_of

        lexicon, profiles = workspace.lexicon(), workspace.profiles()
        frame = tables.read(validated.path("dishes.parquet"))
        frame = frame[frame["food_ids"].map(len) > 0].reset_index(drop=True)
        judge = Judge(lexicon, profiles, RealDishes([canonical(d) for d in dishes_of(frame)]))
        asks = [generation.Ask(parse_ask(text, profiles), wanted) for text in config.asks]
        latest = ledger.latest(ledger.read(workspace.settings.reviews))
        with progress("ideas", len(asks)) as show:
            found, funnels = generation.propose(
                asks, transformer.load(champion.folder), DishTokenizer.load(champion.folder), lexicon, profiles,
                split_dishes(validated, "train"), judge, SamplingPlan(config.temperature, config.min_p), workspace.seed, frozenset(latest), show,
            )
        shared = {"titles": frame["title"].tolist(), "data_version": validated.version}
        made = {"origin": "generated", "model_version": champion.facts["model"], **shared}
        origins = [{**made, "seed": i.draw.seed, "draw": i.draw.index} for i in found]
        for event in latest.values():
            if event.verdict == "accept":
                source = {k: event.origin.get(k) for k in ("model_version", "seed", "draw")}
                found.append(judge.idea(Draw(event.dish, "", float("nan"), 0, 0, 0), ()))
                origins.append({"origin": "accepted earlier", **source, **shared})
        frames = ideas.idea_frames(found, origins, lexicon, frame["recipe_id"].tolist()) | ideas.funnel_frames(funnels)
        for name, table in frames.items():
            tables.write(table, folder / f"{name}.parquet", ideas.SCHEMAS[name])
        drawn = sum(f.drawn for f in funnels.values())
        usable = sum(f.reached["passes"] for f in funnels.values())
        per_100 = 100 * usable / max(1, drawn)
        return {
            "ideas": len(found), "drawn": drawn, "usable_per_100": per_100,
            "summary": f"{len(found)} ideas for {len(asks)} asks, {per_100:.0f} usable of 100 drawn",
        }

    def describe(artifact: Artifact) -> dict[str, Any]:
        ideas_ = tables.read(artifact.path("ideas.parquet"))
        foods = tables.read(artifact.path("idea_foods.parquet")).groupby("idea_id")["name"].agg(", ".join).rename("foods")
        funnel = tables.read(artifact.path("funnel.parquet"))
        funnel["asked"] = [" + ".join(a) for a in funnel["asked"]]
        losses = tables.read(artifact.path("losses.parquet")).groupby("reason")["ideas"].sum().nlargest(10).reset_index()
        sample = ideas_.merge(foods, on="idea_id")[["title", "course", "foods", "asked", "nearest_title", "novelty"]]
        return {
            "dagster/row_count": len(ideas_), "usable_per_100": artifact.facts["usable_per_100"], "drawn": artifact.facts["drawn"],
            "median_novelty": float(ideas_["novelty"].median()) if len(ideas_) else None,
            "sample": markdown_table(sample.sample(min(10, len(sample)), random_state=1)),
            "funnel": markdown_table(funnel.pivot(index="asked", columns="step_no", values="ideas").reset_index(), 40),
            "losses": markdown_table(losses),
        }

    return make(context, workspace, inputs=inputs, config=settings, build=build, describe=describe)


@dg.asset(
    deps=[generated_candidates, recipe_facts, rejected_recipes, reviews], group_name=GROUP, kinds={"duckdb"}, owners=OWNERS,
    code_version=code_of("store"),
    description="The DuckDB file that dietitians open, built anew and renamed into place after every stored verdict was proved from the stored rows.",
)
def candidate_store(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """Ideas and reviews -> candidates.duckdb."""
    from dish_pipeline.evaluation.ideas import SCHEMAS

    artifacts = workspace.artifacts
    ideas, facts, refused, seen = (artifacts.need(n) for n in ("generated_candidates", "recipe_facts", "rejected_recipes", "reviews"))
    path = workspace.settings.candidates
    inputs = {n.asset: n.version for n in (ideas, facts, refused, seen)}
    inputs |= {"lexicon": workspace.lexicon_version, "profiles": workspace.profiles_version}

    def build(folder: Path) -> dict[str, Any]:
        profiles = workspace.profiles()
        frames = store.lexicon_frames(workspace.lexicon(), profiles)
        frames |= {name: tables.read(ideas.path(f"{name}.parquet")) for name in SCHEMAS}
        pool = tables.read(facts.path("verdicts.parquet")).groupby(["profile", "verdict"]).size().reset_index(name="real_dishes")
        frames |= {"pool": pool, "reviews": tables.read(seen.path("reviews.parquet"))}
        frames["rejected_recipes"] = tables.read(refused.path("rejected.parquet"))
        provenance = {**inputs, **{f"generated_candidates.{k}": v for k, v in ideas.manifest["inputs"].items()}, "made_at": ideas.manifest["made_at"]}
        provenance |= {f"own_profile.{p.profile}": f"{p.file}, in place of {p.overrides or 'none'}" for p in profiles.values() if p.own}
        counts = store.publish(path, frames, provenance)
        (folder / "counts.json").write_text(json.dumps(counts, sort_keys=True))
        return {"counts": counts, "summary": f"{counts['candidates']} candidates in {path}"}

    def describe(artifact: Artifact) -> dict[str, Any]:
        with store.open_read_only(path) as connection:
            rows = connection.execute("SELECT title, course, ingredients, passes, novelty FROM candidates ORDER BY novelty DESC LIMIT 10").fetchall()
            schema = dict(connection.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'candidates'").fetchall())
        return {
            "dagster/row_count": artifact.facts["counts"]["candidates"], "dagster/column_schema": schema_of(schema),
            "file": dg.MetadataValue.path(path),
            "sample": markdown_table(pd.DataFrame(rows, columns=["title", "course", "ingredients", "passes", "novelty"])),
        }

    return make(
        context, workspace, inputs=inputs, config={"file": str(path)}, build=build, describe=describe,
        # Somebody removed the file: nothing is published, whatever the manifest says.
        stale=not path.is_file(),
    )
