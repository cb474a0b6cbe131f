"""`dish export`: the model as a folder that other programs load.

What belongs here: finding the model and its report, as `cli.py` has the other commands. The files are made by `model/export.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from dish_pipeline.settings import DEFAULT_DATA


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--data", type=click.Path(path_type=Path), default=DEFAULT_DATA, show_default=True, help="Folder of everything a run makes."
)
@click.option("--challenger", is_flag=True, help="The model trained last, whether or not it is the one in use.")
@click.option("--force", is_flag=True, help="Overwrite what stands in FOLDER under the names of an export.")
def export(folder: Path, data: Path, challenger: bool, force: bool) -> None:
    """Write the model in use into FOLDER as a Hugging Face model (Qwen3), for transformers and the servers that load such folders.

    What such a server says is not proved and knows no constraint: FOLDER/README.md says how to use it, and how to prove a dish.
    """
    from dish_pipeline.model import export as room
    from dish_pipeline.store.artifacts import ArtifactError, Artifacts

    try:
        artifacts = Artifacts(data.resolve() / "artifacts")
        champion = None if challenger else artifacts.current("champion_model")
        model = champion or artifacts.need("trained_transformer")
        tokenizer = champion or artifacts.version("tokenizer", model.manifest["inputs"]["tokenizer"])
        if tokenizer is None:
            raise click.ClickException("the tokenizer of the model trained last is no longer there; run `dish run` again")
        taken = sorted(name for name in room.FILES if (folder / name).exists())
        if taken and not force:
            raise click.ClickException(f"{folder} has {', '.join(taken)} already; choose another folder, or --force")
        weights = str(champion.facts["model"]) if champion else model.version
        figures = None
        report = artifacts.current("evaluation_report")
        if report is not None:
            found = json.loads(report.path("report.json").read_text(encoding="utf-8"))
            # The report is of the model trained last, which need not be the one in use.
            figures = found if found["versions"]["trained_transformer"] == weights else None
        room.export(model.folder, tokenizer.folder, folder, figures)
    except (ArtifactError, ValueError, OSError) as error:
        raise click.ClickException(str(error)) from None
    size = sum((folder / name).stat().st_size for name in room.FILES)
    measured = "" if figures else "; no report of it was found"
    click.echo(f"wrote model {weights} into {folder}: {len(room.FILES)} files, {size / 1e6:.1f} MB{measured}")
