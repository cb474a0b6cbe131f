"""What every asset shares: the workspace resource, and the making of a versioned artifact.

What belongs here: the step from "an asset with inputs" to "a published artifact and its metadata". An asset whose inputs, code,
configuration and seed are those of its current version is not made again; it says so and passes that version on.
"""

import base64
import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics import profile_files
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.dietetics.profiles import Profile
from dish_pipeline.settings import DEFAULT_DATA, INPUTS, PACKAGE, Preset, Settings, preset_named
from dish_pipeline.store.artifacts import Artifact, Artifacts, fingerprint

steps = logging.getLogger("dish_pipeline.steps")
OWNERS = ["team:dish-pipeline"]


class Workspace(dg.ConfigurableResource):
    """Where a run reads and writes, how large it is, and its seed."""

    recipes: str = str(INPUTS / "recipes")
    data: str = str(DEFAULT_DATA)
    lexicon_folder: str = str(INPUTS / "lexicon")
    profiles_folder: str = str(INPUTS / "profiles")
    preset_name: str = "laptop"
    seed: int = 1

    @property
    def settings(self) -> Settings:
        """The folders."""
        return Settings(Path(self.recipes), Path(self.data), Path(self.lexicon_folder), Path(self.profiles_folder))

    @property
    def preset(self) -> Preset:
        """The size of the run."""
        return preset_named(self.preset_name)

    @property
    def artifacts(self) -> Artifacts:
        """The versioned outputs under the data folder."""
        return Artifacts(self.settings.artifacts)

    def lexicon(self) -> Lexicon:
        """The lexicon, read once per process and version."""
        return lexicon_room.load(self.settings.lexicon)

    def profiles(self) -> dict[str, Profile]:
        """All profiles: the committed ones, and the user's own in their stead or beside them."""
        return profile_files.load(self.settings.profiles, self.lexicon(), self.settings.own_profiles)

    @property
    def lexicon_version(self) -> str:
        """Hash of the lexicon's files."""
        return lexicon_room.version_of(self.settings.lexicon)

    @property
    def profiles_version(self) -> str:
        """Hash of the profile files, the user's own included."""
        return profile_files.version_of(self.settings.profiles, self.settings.own_profiles)


@cache
def code_of(*places: str) -> str:
    """A hash of the sources at these places (files or rooms of the package): an asset is stale when its code has changed."""
    digest = hashlib.sha256()
    for place in (*places, "dish.py"):
        root = PACKAGE / place
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.suffix in (".py", ".sql"):
                digest.update(str(path.relative_to(PACKAGE)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def make(
    context: dg.AssetExecutionContext,
    workspace: Workspace,
    *,
    inputs: Mapping[str, str],
    config: Mapping[str, Any],
    build: Callable[[Path], Mapping[str, Any]],
    describe: Callable[[Artifact], Mapping[str, Any]],
    stale: bool = False,
) -> dg.MaterializeResult:
    """Publish the asset, or pass its fresh version on.

    `inputs` maps what the asset read to versions; `build` writes the files and returns the facts for the manifest; `describe`
    gives the metadata that the UI shows; `stale` makes the asset again whatever its manifest says. Expected errors (bad input, a
    missing artifact) become a Failure with their own words.
    """
    asset = context.asset_key.path[-1]
    code = context.assets_def.code_versions_by_key[context.asset_key] or ""
    begun = time.monotonic()
    artifact = None if stale else workspace.artifacts.fresh(asset, fingerprint(inputs, code, config))
    reused = artifact is not None
    if artifact is None:
        steps.info("%s ...", asset)
        artifact = workspace.artifacts.publish(asset, guarded(build), inputs=inputs, code=code, config=config)
    seconds = time.monotonic() - begun
    steps.info("%s: %s%s", asset, "fresh, reused; " if reused else "", summary_line(artifact, seconds))
    context.log.info(f"{asset} {artifact.version}: {'reused' if reused else 'made'} in {seconds:.1f} s")
    return dg.MaterializeResult(
        metadata={
            **describe(artifact), "version": artifact.version, "reused": reused, "seconds": round(seconds, 2),
            "folder": dg.MetadataValue.path(artifact.folder), "inputs": dict(inputs),
        },
        data_version=dg.DataVersion(artifact.version),
    )


def guarded(build: Callable[[Path], Mapping[str, Any]]) -> Callable[[Path], Mapping[str, Any]]:
    """`build`, with errors that are the user's to mend turned into a Failure whose text is the error's own."""

    def run(folder: Path) -> Mapping[str, Any]:
        try:
            return build(folder)
        except ValueError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error

    return run


def summary_line(artifact: Artifact, seconds: float) -> str:
    """One line for the terminal: what the asset says of itself, and how long it took."""
    return f"{artifact.facts.get('summary', artifact.version)} ({seconds:.1f} s)"


def schema_of(columns: Mapping[str, str]) -> dg.TableSchema:
    """A DuckDB schema as Dagster shows it."""
    return dg.TableSchema(columns=[dg.TableColumn(name=name, type=kind.lower()) for name, kind in columns.items()])


def markdown_table(frame: pd.DataFrame, rows: int = 10) -> dg.MarkdownMetadataValue:
    """The first rows as a Markdown table."""
    head = frame.head(rows).map(lambda v: ", ".join(map(str, v)) if isinstance(v, list | tuple) else v)
    lines = ["| " + " | ".join(map(str, head.columns)) + " |", "|" + "---|" * len(head.columns)]
    lines += ["| " + " | ".join(_cell(v) for v in row) + " |" for row in head.itertuples(index=False)]
    return dg.MetadataValue.md("\n".join(lines))


def _cell(value: object) -> str:
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")[:160]


def picture(path: Path) -> dg.MarkdownMetadataValue:
    """A PNG shown in the run page."""
    return dg.MetadataValue.md(f"![{path.stem}](data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()})")
