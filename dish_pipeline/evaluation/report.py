"""The evaluation report: what the challenger is worth on the test split, beside the champion and the baselines.

What belongs here: measuring all models with one measure, and writing report.json, .md, .html, the plots and the model card. Every
figure in the texts comes from the measured values; nothing is asserted that was not measured.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markdown_it import MarkdownIt

from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile
from dish_pipeline.dish import COURSES, Dish
from dish_pipeline.evaluation import likelihood, plots
from dish_pipeline.evaluation.novelty import RealDishes
from dish_pipeline.model import baselines
from dish_pipeline.model.sampling import Draw, SamplingPlan, draw
from dish_pipeline.model.text import amount_text
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer
from dish_pipeline.progress import progress
from dish_pipeline.settings import Preset
from dish_pipeline.store.artifacts import Artifact

SAMPLES = 60
"""Unconstrained draws for the novelty figures; the first dozen is shown unselected."""

_LIMITS = (
    "The model has seen only the dishes named above; its sense of a dish is theirs.",
    "Ideas are ingredients with grams, not recipes with steps. Many are odd: a dietitian or a cook selects and improves.",
    "Facts rest on the lexicon, whose rows no dietitian has signed yet (column reviewed_by). Cross-contact, certification, doneness and "
    "glycaemic response are not decidable from ingredients and are never claimed.",
    "Figures compare models on this test split only; other people's recipes will give others.",
)


@dataclass(frozen=True)
class Sources:
    """Where the measured things come from."""

    challenger: Artifact
    tokenizer: Artifact
    baselines: Artifact
    champion: Artifact | None
    versions: Mapping[str, str]
    recipes: Path


def write(
    folder: Path, lexicon: Lexicon, profiles: Mapping[str, Profile], preset: Preset, seed: int, splits: Mapping[str, Sequence[Dish]],
    sources: Sources, data: Mapping[str, pd.DataFrame],
) -> dict[str, Any]:
    """Measure everything and write the report's files into `folder`. Returns the content of report.json.

    `data` holds small tables about the recipes, each under its heading. Raises ValueError when the test split is empty.
    """
    from dish_pipeline.model import scoring, transformer
    from dish_pipeline.model.titles import TitleWords

    tokenizer = DishTokenizer.load(sources.tokenizer.folder)
    train, valid, test = splits["train"], splits["valid"], splits["test"]
    model = transformer.load(sources.challenger.folder)

    def scorer(network: Any, pieces: DishTokenizer) -> likelihood.Score:
        def score(dishes: Sequence[Dish], orders: Sequence[Sequence[int]]) -> np.ndarray:
            rows = [pieces.encode(d, list(o)) for d, o in zip(dishes, orders, strict=True)]
            return scoring.part_bits(network, rows, pieces)

        return score

    # A champion from before the lexicon grew is compared on the test dishes whose foods it has.
    known: dict[str, np.ndarray] = {}
    scores: dict[str, likelihood.Score] = {"transformer": scorer(model, tokenizer)}
    if sources.champion is not None:
        own = DishTokenizer.load(sources.champion.folder)
        scores["champion"] = scorer(transformer.load(sources.champion.folder), own)
        known["champion"] = np.array([own.can_encode(d) for d in test])
        if not known["champion"].any():
            raise ValueError("the model in use knows the foods of no test dish, so it cannot be compared; remove artifacts/champion_model")
    for fitted in baselines.fit_all(train, valid, tokenizer, seed):
        scores[fitted.name] = fitted.part_bits
    measured: dict[str, likelihood.Measured] = {}
    with progress("evaluation", len(scores)) as show:
        for i, (name, score) in enumerate(scores.items()):
            show(i, name)
            known.setdefault(name, np.ones(len(test), dtype=bool))
            judged = [d for d, has in zip(test, known[name], strict=True) if has]
            measured[name] = likelihood.measure(name, score, judged, preset.evaluation_orders, seed)

    sizes = likelihood.text_bytes(test, lexicon)
    models = {name: likelihood.summary(m, sizes[known[name]], seed, preset.bootstrap) for name, m in measured.items()}
    outcome = sources.challenger.facts
    for name, entry in models.items():
        training = name == "transformer"
        entry |= {"seeds": [seed], "training_seconds": outcome["seconds"] if training else None}
    names = [n for n in models if n not in ("transformer", "champion")]
    draws = draw(model, tokenizer, _unconstrained(tokenizer, lexicon, train, SAMPLES), SamplingPlan(), seed, TitleWords(train, lexicon))
    novelty = _novelty(draws, train, test)
    figures = {
        "dishes": {s: len(d) for s, d in splits.items()}, "preset": preset.name, "seed": seed, "orders": preset.evaluation_orders,
        "recipes": str(sources.recipes), "versions": dict(sources.versions), "models": models,
        "best_baseline": min(names, key=lambda n: models[n]["bits_per_dish"]["mean"]),
        "differences": {
            n: likelihood.difference(
                likelihood.Measured("transformer", measured["transformer"].parts[known[n]]), measured[n], seed, preset.bootstrap
            )
            for n in models if n != "transformer"
        },
        "training": {k: outcome[k] for k in ("parameters", "steps", "steps_planned", "stopped_by", "best_step", "seconds")},
        "novelty": {name: float(np.median(values)) if len(values) else None for name, values in novelty.items()},
        "measure": "bits of a whole test dish (course, foods as a set, amounts, title), order-marginal bound, unsmoothed; "
        "interval: 95 % bootstrap over dishes",
    }
    plots.model_comparison(models, folder / "models.png")
    plots.histogram({n: v for n, v in novelty.items() if len(v)}, "overlap with the nearest training dish (Jaccard)", folder / "novelty.png")
    (folder / "loss.png").write_bytes(sources.challenger.path("loss.png").read_bytes())
    worst = sorted(zip(measured["transformer"].per_dish, test, strict=True), key=lambda pair: -pair[0])[:8]
    text = _markdown(figures, _shown(draws, lexicon), [(float(b), d.title) for b, d in worst], profiles, data)
    (folder / "report.json").write_text(json.dumps(figures, indent=1))
    (folder / "report.md").write_text(text, encoding="utf-8")
    (folder / "report.html").write_text(_html(text, folder), encoding="utf-8")
    (folder / "model_card.md").write_text(_card(figures), encoding="utf-8")
    return figures


def _unconstrained(tokenizer: DishTokenizer, lexicon: Lexicon, train: Sequence[Dish], count: int) -> list[Any]:
    """Constraints that ask for well-formed dishes of the courses that the training dishes have, and nothing else."""
    from dish_pipeline.model.constraints import Constraint, Limits

    known = [c for c in COURSES if any(d.course == c for d in train)] or ["unknown"]
    unseen = frozenset(lexicon.foods) - {f for d in train for f in d.food_ids}
    made = {c: Constraint(tokenizer, lexicon, [], c, Limits(), banned=unseen) for c in known}
    return [made[known[i % len(known)]] for i in range(count)]


def _novelty(draws: Sequence[Draw], train: Sequence[Dish], test: Sequence[Dish]) -> dict[str, np.ndarray]:
    """Overlap with the nearest training dish: of draws, and of held-out real dishes, beside which it has to be read."""
    real = RealDishes(train)
    return {
        "sampled ideas": np.array([real.nearest(d.dish).overlap for d in draws if d.dish is not None]),
        "held-out real dishes": np.array([real.nearest(d).overlap for d in test]),
    }


def _shown(draws: Sequence[Draw], lexicon: Lexicon, count: int = 12) -> list[str]:
    lines = []
    for d in draws[:count]:
        if d.dish is None:
            lines.append(f"given up: {d.reason}")
        else:
            foods = ", ".join(f"{lexicon.foods[p.food_id].name} {amount_text(p.grams)} g" for p in d.dish.portions)
            lines.append(f"{d.dish.title} ({d.dish.course}): {foods}")
    return lines


def _interval(entry: Mapping[str, float]) -> str:
    return f"{entry['mean']:.2f} [{entry['lo']:.2f}, {entry['hi']:.2f}]"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(header) + " |", "|" + "---|" * len(header), *("| " + " | ".join(r) + " |" for r in rows)]


def markdown_lines(frame: pd.DataFrame) -> list[str]:
    """A small table as Markdown; lists joined by semicolons, shares and figures short."""

    def cell(value: object) -> str:
        short = f"{value:.3g}" if isinstance(value, float) and abs(value) < 1000 else f"{value:.0f}" if isinstance(value, float) else str(value)
        text = "; ".join(map(str, value)) if isinstance(value, list | tuple) else short
        return text.replace("|", "\\|").replace("\n", " ")

    return _table([str(c) for c in frame.columns], [[cell(v) for v in row] for row in frame.itertuples(index=False)])


def _markdown(
    figures: Mapping[str, Any], samples: Sequence[str], worst: Sequence[tuple[float, str]], profiles: Mapping[str, Profile],
    data: Mapping[str, pd.DataFrame],
) -> str:
    models, dishes, training = figures["models"], figures["dishes"], figures["training"]
    best, main = figures["best_baseline"], models["transformer"]["bits_per_dish"]
    ordered = sorted(models, key=lambda n: models[n]["bits_per_dish"]["mean"])
    ratio = 100 * (1 - main["mean"] / models[best]["bits_per_dish"]["mean"])
    lines = [
        "# Evaluation report", "",
        f"The transformer needs {_interval(main)} bits for a test dish, {abs(ratio):.1f} % {'less' if ratio > 0 else 'more'} than the best "
        f"baseline ({best}).", "",
        f"{dishes['train']} dishes to train, {dishes['valid']} to validate, {dishes['test']} to test; preset {figures['preset']}, seed "
        f"{figures['seed']}; {figures['orders']} orders a dish. Measure: {figures['measure']}.", "",
        "## Models", "",
        *_table(
            ["model", "bits per dish", "bits per byte", *PARTS],
            [[n, _interval(models[n]["bits_per_dish"]), f"{models[n]['bits_per_byte']['mean']:.3f}",
              *(f"{models[n]['parts'][p]['mean']:.1f}" for p in PARTS)] for n in ordered],
        ),
        "", "![Models](models.png)", "",
        "Difference in bits per dish, transformer minus the other (below zero: the transformer is better):", "",
        *_table(["against", "difference"], [[n, _interval(d)] for n, d in figures["differences"].items()]),
        "", "## Training", "",
        f"{training['parameters']:,} parameters; {training['steps']} of {training['steps_planned']} planned steps in {training['seconds']:.0f} s, "
        f"stopped by: {training['stopped_by']}; best at step {training['best_step']}.", "", "![Loss](loss.png)", "",
        "## Novelty", "",
        "Overlap of the foods with the nearest training dish (median): "
        + "; ".join(f"{name} {value:.2f}" for name, value in figures["novelty"].items() if value is not None) + ".", "",
        "![Novelty](novelty.png)", "",
        "## Samples, unselected and without any profile", "", *(f"- {s}" for s in samples), "",
        "## Hardest test dishes", "", *(f"- {title}: {bits:.0f} bits" for bits, title in worst), "",
        "## Data", "", *(line for heading, frame in data.items() for line in ("### " + heading, "", *markdown_lines(frame), "")),
        "## Profiles", "", "What each profile can and cannot say:", "",
        *_table(["profile", "says", "undecidable"], [[p.profile, p.wording, ", ".join(p.undecidable)] for p in profiles.values()]),
        "", "## Limits", "", *(f"- {text}" for text in _LIMITS), "",
        "## Provenance", "", *(f"- {k}: {v}" for k, v in figures["versions"].items()), "",
    ]
    return "\n".join(lines)


def _card(figures: Mapping[str, Any]) -> str:
    main, training = figures["models"]["transformer"], figures["training"]
    return "\n".join([
        "# Model card", "",
        f"- Kind: decoder-only transformer, {training['parameters']:,} parameters, trained from scratch on {figures['dishes']['train']} dishes.",
        f"- Test: {_interval(main['bits_per_dish'])} bits per dish, {_interval(main['bits_per_byte'])} bits per byte of the canonical text, on "
        f"{figures['dishes']['test']} dishes.",
        f"- Best baseline on the same dishes: {figures['best_baseline']}, "
        f"{_interval(figures['models'][figures['best_baseline']]['bits_per_dish'])} bits per dish.",
        f"- Training: {training['steps']} steps in {training['seconds']:.0f} s, stopped by: {training['stopped_by']}; seed {figures['seed']}.",
        "- Use: proposes sets of ingredients with grams for a dietitian to judge. Not for serving to a person unseen.",
        "- Limits:", *(f"  - {text}" for text in _LIMITS), "",
    ])


_IMAGE = re.compile(r'src="([^"]+\.png)"')
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#22313f}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{border-bottom:1px solid #dde3e8;padding:.3rem .8rem;text-align:left}img{max-width:100%}"
)


def _html(markdown: str, folder: Path) -> str:
    """The Markdown as one self-contained page, its pictures inside. Markup in titles stays text."""

    def inline(match: re.Match[str]) -> str:
        return f'src="data:image/png;base64,{base64.b64encode((folder / match[1]).read_bytes()).decode()}"'

    body = _IMAGE.sub(inline, MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Evaluation report</title>'
        f"<style>{_STYLE}</style></head><body>{body}</body></html>"
    )
