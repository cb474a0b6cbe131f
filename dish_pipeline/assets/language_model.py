"""Assets of the group "language_model": tokenizer, baselines, transformer, report, champion.

What belongs here: the wiring of training and evaluation. Torch is imported inside the bodies, never at the top.
"""

import json
import os
import shutil
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from dish_pipeline.assets.recipes import augmented_recipes, recipe_facts, validated_recipes
from dish_pipeline.assets.training_process import FIRST_BATCH
from dish_pipeline.assets.workspace import OWNERS, Workspace, code_of, make, markdown_table, picture
from dish_pipeline.dish import Dish
from dish_pipeline.evaluation import drift
from dish_pipeline.evaluation.data_tables import data_tables
from dish_pipeline.model.text import canonical
from dish_pipeline.recipes import augmentation
from dish_pipeline.recipes.validation import dishes_of
from dish_pipeline.store import tables
from dish_pipeline.store.artifacts import Artifact, Artifacts, write_atomically

GROUP = "language_model"

SEEN = "seen.parquet"
"""Beside the report: the dishes that there were, so that later ones can be compared with them."""


def split_dishes(validated: Artifact, split: str) -> list[Dish]:
    """The canonical dishes of one split that a model may be measured on."""
    frame = tables.read(validated.path("dishes.parquet"))
    return [canonical(d) for d in dishes_of(frame[(frame["split"] == split) & frame["trainable"].astype(bool)])]


@dg.asset(
    deps=[augmented_recipes], group_name=GROUP, kinds={"sentencepiece"}, owners=OWNERS,
    code_version=code_of("model/tokenizer.py", "model/text.py", "model/given.py"),
    description="The SentencePiece model, trained on the titles of the train split and the names of the lexicon, a token for every food, and "
    "tokens for the forms and conditions that the preset's training gives.",
)
def tokenizer(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """Train split -> tokenizer."""
    augmented = workspace.artifacts.need("augmented_recipes")
    vocabulary, plan = workspace.preset.vocabulary, workspace.preset.training

    def build(folder: Path) -> dict[str, Any]:
        from dish_pipeline.model import tokenizer as room
        from dish_pipeline.model.given import learn

        lexicon = workspace.lexicon()
        frame = tables.read(augmented.path("dishes.parquet"))
        originals = frame[frame["variant"] == "original"]
        # A food's name weighs as often as dishes use it, and every name of the lexicon is seen at least once.
        names = [lexicon.foods[f].name for foods in originals["food_ids"] for f in foods] + [f.name for f in lexicon.foods.values()]
        model = room.train([*originals["title"], *names], vocabulary)
        dishes = dishes_of(originals)
        made = room.DishTokenizer.for_lexicon(model, lexicon, learn(dishes, lexicon, plan))
        made.save(folder)
        lengths = [len(made.encode(d).ids) for d in dishes]
        return {
            "pieces": made.first_given, "given": len(made.given_ids), "foods": len(made.foods),
            "mean_tokens_per_dish": sum(lengths) / len(lengths), "longest_dish": max(lengths),
            "summary": f"{made.first_given} pieces and {len(made.foods)} foods, {sum(lengths) / len(lengths):.0f} tokens a dish",
        }

    def describe(artifact: Artifact) -> dict[str, Any]:
        from dish_pipeline.model import tokenizer as room

        made = room.DishTokenizer.load(artifact.folder)
        first = tables.read(augmented.path("dishes.parquet")).head(3)
        shown = pd.DataFrame(
            [{"title": d.title, "tokens": " ".join(made.piece(int(i)) for i in made.encode(d).ids)} for d in dishes_of(first)]
        )
        return {
            "pieces": artifact.facts["pieces"], "mean_tokens_per_dish": artifact.facts["mean_tokens_per_dish"],
            "longest_dish": artifact.facts["longest_dish"], "sample": markdown_table(shown),
        }

    inputs = {"augmented_recipes": augmented.version, "lexicon": workspace.lexicon_version}
    # Which tokens there are, whatever their shares.
    config = {"vocabulary": vocabulary} | {name: getattr(plan, name) > 0 for name in ("title_first", "amounts_last", "conditions")}
    return make(context, workspace, inputs=inputs, config=config, build=build, describe=describe)


@dg.asset(
    deps=[validated_recipes, tokenizer], group_name=GROUP, kinds={"numpy"}, owners=OWNERS,
    code_version=code_of("model/baselines.py", "model/tokenizer.py", "model/text.py"),
    description="The simplest models that could possibly work (popularity bag, co-occurrence, n-gram), fitted on the train split: what they "
    "learned, and the choices made on the validation split.",
)
def baselines(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """Train split -> counts and choices."""
    validated, pieces = workspace.artifacts.need("validated_recipes"), workspace.artifacts.need("tokenizer")

    def build(folder: Path) -> dict[str, Any]:
        from dish_pipeline.evaluation.likelihood import random_orders
        from dish_pipeline.model import baselines as room
        from dish_pipeline.model.tokenizer import DishTokenizer

        made = DishTokenizer.load(pieces.folder)
        train, valid = split_dishes(validated, "train"), split_dishes(validated, "valid")
        fitted = room.fit_all(train, valid, made, workspace.seed)
        orders = random_orders(valid, workspace.seed)
        bits = {m.name: float(m.part_bits(valid, orders).sum(axis=1).mean()) for m in fitted}
        (folder / "choices.json").write_text(json.dumps({"validation_bits_per_sequence": bits, "choices": room.choices(fitted)}, indent=1))
        popular = room.popular_foods(train, made)
        tables.write(popular, folder / "popular_foods.parquet", room.POPULAR)
        return {"bits": bits, "summary": ", ".join(f"{name} {value:.0f} bits" for name, value in bits.items()) + " a validation dish"}

    def describe(artifact: Artifact) -> dict[str, Any]:
        popular = tables.read(artifact.path("popular_foods.parquet"))
        return {
            "validation_bits_per_sequence": dict(artifact.facts["bits"]), "choices": json.loads(artifact.path("choices.json").read_text())["choices"],
            "popular_foods": markdown_table(popular.groupby("course").head(5), 40),
        }

    inputs = {"validated_recipes": validated.version, "tokenizer": pieces.version, "lexicon": workspace.lexicon_version}
    return make(context, workspace, inputs=inputs, config={"seed": workspace.seed}, build=build, describe=describe)


@dg.asset(
    deps=[tokenizer, augmented_recipes, validated_recipes], group_name=GROUP, kinds={"torch"}, owners=OWNERS,
    code_version=code_of(
        "model/transformer.py", "model/training.py", "model/batches.py", "model/grammar.py", "model/scoring.py", "model/tokenizer.py",
        "model/text.py", "model/features.py", "model/optimisation.py", "model/checkpoints.py", "model/distillation.py", "model/given.py",
    ),
    description="The challenger: a decoder-only transformer trained from scratch in a process of its own, with checkpoints from which an "
    "interrupted training goes on exactly.",
)
def trained_transformer(
    context: dg.AssetExecutionContext, workspace: Workspace, pipes: dg.PipesSubprocessClient
) -> dg.MaterializeResult:
    """Train and validation split -> weights."""
    artifacts = workspace.artifacts
    pieces, augmented, validated = (artifacts.need(n) for n in ("tokenizer", "augmented_recipes", "validated_recipes"))
    preset = workspace.preset
    inputs = {n.asset: n.version for n in (pieces, augmented, validated)} | {"lexicon": workspace.lexicon_version}
    config = {"seed": workspace.seed, "shape": asdict(preset.model), "plan": asdict(preset.training)}

    def build(folder: Path) -> dict[str, Any]:
        from dish_pipeline.evaluation import plots
        from dish_pipeline.store.artifacts import fingerprint

        code = context.assets_def.code_versions_by_key[context.asset_key] or ""
        # The work folder is named after everything that determines the weights: a rerun finds its own checkpoint, and only its own.
        work = workspace.settings.data / "training" / fingerprint(inputs, code, config)
        work.mkdir(parents=True, exist_ok=True)
        frame = tables.read(validated.path("dishes.parquet"))
        valid = frame[(frame["split"] == "valid") & frame["trainable"].astype(bool)]
        canonical_valid = augmentation.augment(valid, workspace.lexicon(), augmentation.Plan(amounts=0), workspace.seed)
        tables.write(canonical_valid, work / "valid.parquet", augmentation.SCHEMA)
        job = {
            "train": str(augmented.path("dishes.parquet")), "valid": str(work / "valid.parquet"), "tokenizer": str(pieces.folder),
            "lexicon": str(workspace.settings.lexicon), "work": str(work), **config,
        }
        write_atomically(work / "job.json", json.dumps(job))
        pipes.run(
            command=[sys.executable, "-m", "dish_pipeline.assets.training_process", str(work / "job.json")],
            context=context, env={**os.environ},
        )
        outcome = json.loads((work / "outcome.json").read_text())
        for name in ("model.safetensors", "config.json", FIRST_BATCH):
            shutil.copy(work / name, folder / name)
        # Without the clock, equal trainings are one version.
        timeless = [{k: v for k, v in m.items() if k != "seconds"} for m in outcome["metrics"]]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(m) + "\n" for m in timeless))
        plots.loss_curve(outcome["metrics"], folder / "loss.png")
        shutil.rmtree(work)
        bits = outcome["valid_bits_per_dish"]
        return {
            **{k: v for k, v in outcome.items() if k != "metrics"}, "first": outcome["metrics"][0], "last": outcome["metrics"][-1],
            "summary": f"{outcome['parameters'] / 1e6:.2f}M parameters, {outcome['steps']} steps, {bits:.1f} bits a validation sequence",
        }

    def describe(artifact: Artifact) -> dict[str, Any]:
        facts = artifact.facts
        return {
            "loss_curve": picture(artifact.path("loss.png")), "parameters": facts["parameters"], "steps": facts["steps"],
            "stopped_by": facts["stopped_by"], "best_step": facts["best_step"], "valid_bits_per_sequence": facts["valid_bits_per_dish"],
            "training_seconds": facts["seconds"],
        }

    return make(context, workspace, inputs=inputs, config=config, build=build, describe=describe)


def _rival(artifacts: Artifacts, challenger: Artifact) -> Artifact | None:
    """The model in use that the challenger is measured against: once it is in use itself, the one it replaced."""
    champion = artifacts.current("champion_model")
    if champion is not None and champion.facts["model"] == challenger.version:
        return artifacts.version("champion_model", champion.facts["replaced"]) if champion.facts["replaced"] else None
    return champion


@dg.asset(
    deps=[trained_transformer, baselines, validated_recipes, recipe_facts], group_name=GROUP, kinds={"python", "matplotlib"}, owners=OWNERS,
    code_version=code_of("evaluation", "model", "recipes/looks.py"),
    description="Bits per dish and per byte of the challenger, the model in use and all baselines on the test split, with intervals; plots, "
    "sampled ideas, a look at the data, the training dishes that surprise most; HTML, Markdown, JSON and a model card.",
)
def evaluation_report(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """Challenger and test split -> report."""
    artifacts = workspace.artifacts
    validated, facts, pieces, challenger, chosen = (
        artifacts.need(n) for n in ("validated_recipes", "recipe_facts", "tokenizer", "trained_transformer", "baselines")
    )
    champion = _rival(artifacts, challenger)
    preset = workspace.preset
    inputs = {n.asset: n.version for n in (validated, facts, pieces, challenger, chosen)}
    inputs["champion_model"] = champion.version if champion else "none"
    config = {"seed": workspace.seed, "orders": preset.evaluation_orders, "bootstrap": preset.bootstrap, "preset": preset.name}

    def build(folder: Path) -> dict[str, Any]:
        from dish_pipeline.evaluation import report, suspicious
        from dish_pipeline.model.tokenizer import DishTokenizer

        dishes, mentions = tables.read(validated.path("dishes.parquet")), tables.read(validated.path("mentions.parquet"))
        names = {f.food_id: f.name for f in workspace.lexicon().foods.values()}
        now, before = drift.seen(dishes, mentions), artifacts.current("evaluation_report")
        since = drift.measure(now, tables.read(before.path(SEEN))) if before is not None and before.path(SEEN).is_file() else None
        figures = report.write(
            folder, workspace.lexicon(), workspace.profiles(), preset, workspace.seed,
            {s: split_dishes(validated, s) for s in ("train", "valid", "test")},
            report.Sources(
                challenger=challenger, tokenizer=pieces, baselines=chosen, champion=champion, versions=inputs, recipes=workspace.settings.recipes,
            ),
            data_tables(dishes, mentions, tables.read(facts.path("verdicts.parquet")), names, since),
        )
        train = dishes[(dishes["split"] == "train") & dishes["trainable"].astype(bool)]
        ranked = suspicious.rank(
            challenger.folder, DishTokenizer.load(pieces.folder), train, split_dishes(validated, "train"), names, workspace.seed
        )
        tables.write(ranked, folder / "suspicious.parquet", suspicious.SCHEMA)
        tables.write(now, folder / SEEN, drift.SEEN)
        main = figures["models"]["transformer"]["bits_per_dish"]
        return {
            "figures": figures,
            "summary": f"transformer {main['mean']:.1f} [{main['lo']:.1f}, {main['hi']:.1f}] bits a test dish, best baseline "
            f"{figures['best_baseline']} {figures['models'][figures['best_baseline']]['bits_per_dish']['mean']:.1f}",
        }

    def describe(artifact: Artifact) -> dict[str, Any]:
        models = artifact.facts["figures"]["models"]
        rows = pd.DataFrame([
            {"model": name, **{f"bits per dish, {k}": v for k, v in m["bits_per_dish"].items()}, "bits per byte": m["bits_per_byte"]["mean"]}
            for name, m in models.items()
        ])
        return {
            "models": markdown_table(rows, 20), "bits_per_dish": models["transformer"]["bits_per_dish"]["mean"],
            "bits_per_byte": models["transformer"]["bits_per_byte"]["mean"], "comparison": picture(artifact.path("models.png")),
            "suspicious": markdown_table(tables.read(artifact.path("suspicious.parquet")), 10),
            "report": dg.MetadataValue.path(artifact.path("report.html")), "markdown": dg.MetadataValue.md(artifact.path("report.md").read_text()),
        }

    result = make(context, workspace, inputs=inputs, config=config, build=build, describe=describe)
    made = artifacts.need("evaluation_report")
    for name in ("report.json", "report.html", "report.md", "model_card.md"):
        write_atomically(workspace.settings.data / name, made.path(name).read_bytes())
    return result


@dg.asset(
    deps=[evaluation_report, trained_transformer, tokenizer], group_name=GROUP, kinds={"torch"}, owners=OWNERS,
    code_version=code_of("evaluation/promotion.py"),
    description="The model in use: the challenger when every gate of the report holds, else the one before. Reads the gates itself, since a "
    "blocking check acts within one run only.",
)
def champion_model(context: dg.AssetExecutionContext, workspace: Workspace) -> dg.MaterializeResult:
    """Report -> the model that proposes ideas."""
    from dish_pipeline.evaluation import promotion

    artifacts = workspace.artifacts
    report, challenger, pieces = (artifacts.need(n) for n in ("evaluation_report", "trained_transformer", "tokenizer"))
    before = artifacts.current("champion_model")
    decision = promotion.decide(report.facts["figures"], challenger.version, before.facts if before else None)

    def build(folder: Path) -> dict[str, Any]:
        source, words = (challenger, pieces) if decision.promote or before is None else (before, before)
        for name in ("model.safetensors", "config.json"):
            shutil.copy(source.path(name), folder / name)
        for name in ("tokenizer.model", "foods.json", "given.json"):
            if (words.folder / name).is_file():  # What a model can be given is missing where it is given nothing.
                shutil.copy(words.path(name), folder / name)
        if decision.promote or before is None:
            facts = {
                "model": challenger.version, "gates": [asdict(g) for g in decision.gates], "provisional": decision.provisional,
                "replaced": before.version if before else None, "data": challenger.manifest["inputs"],
                "seed": workspace.seed, "preset": workspace.preset.name,
                "bits_per_dish": report.facts["figures"]["models"]["transformer"]["bits_per_dish"],
            }
        else:
            facts = {k: v for k, v in before.facts.items() if k not in ("summary", "challenger")}
        return {**facts, "challenger": {"model": challenger.version, "promoted": decision.promote, "why": decision.why}, "summary": decision.why}

    def describe(artifact: Artifact) -> dict[str, Any]:
        return {
            "model": artifact.facts["model"], "promoted": artifact.facts["challenger"]["promoted"], "why": artifact.facts["challenger"]["why"],
            "provisional": artifact.facts["provisional"], "gates": markdown_table(pd.DataFrame([asdict(g) for g in decision.gates])),
        }

    # What the decision rests on; the champion before is part of it, but not of the freshness: keeping it is no change.
    inputs = {"evaluation_report": report.version, "trained_transformer": challenger.version}
    return make(context, workspace, inputs=inputs, config={}, build=build, describe=describe)
