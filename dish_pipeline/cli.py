"""`dish ...`: the commands a person types.

What belongs here: reading arguments, calling the rooms below, and printing for people. No command computes anything itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from dish_pipeline import __version__
from dish_pipeline.cli_benchmark import benchmark
from dish_pipeline.cli_complete import complete
from dish_pipeline.cli_export import export
from dish_pipeline.cli_lexicon import lexicon
from dish_pipeline.cli_profiles import profiles
from dish_pipeline.settings import CHECKOUT, DEFAULT_DAGSTER_HOME, DEFAULT_DATA, INPUTS, PRESETS


class _Ordered(click.Group):
    """Lists the commands in the order of a day's work, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_Ordered, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def main() -> None:
    """Dish ideas for people who may not eat most dishes.

    \b
    A first session:
      dish run                          recipes -> model -> ideas, in a few minutes
      dish ideas diabetes coeliac       the ideas that pass both needs
      dish sql                          the same file, in SQL
      dish dev                          the pipeline in the browser

    Your own recipes: dish import FILE shows what would be read; dish run --recipes FOLDER --data OTHER_FOLDER
    """


data_option = click.option(
    "--data", type=click.Path(path_type=Path), default=DEFAULT_DATA, show_default=True, help="Folder of everything a run makes."
)


@main.command()
@click.option("--recipes", type=click.Path(path_type=Path), default=INPUTS / "recipes", show_default=True, help="A file or folder of recipes.")
@data_option
@click.option("--preset", type=click.Choice(list(PRESETS)), default="laptop", show_default=True, help="Size of model and training.")
@click.option("--seed", type=int, default=1, show_default=True, help="Every random draw follows from it.")
@click.option("--ask", "asks", multiple=True, metavar="PROFILES", help='Ideas for these needs together: --ask "diabetes + egg allergy". May come '
              "several times; without it the usual asks.")
def run(recipes: Path, data: Path, preset: str, seed: int, asks: tuple[str, ...]) -> None:
    """Run the whole chain: recipes, facts, tokenizer, training, report, ideas, the DuckDB file.

    What is fresh is reused. A training that was interrupted goes on from its checkpoint.
    """
    from dish_pipeline import runner

    raise SystemExit(runner.run(recipes.resolve(), data.resolve(), preset, seed, asks))


@main.command()
@click.argument("profiles", nargs=-1)
@data_option
@click.option("--count", type=int, default=10, show_default=True, help="Ideas to show.")
def ideas(profiles: tuple[str, ...], data: Path, count: int) -> None:
    """Show ideas that pass all PROFILES by name or label, such as: dish ideas diabetes + coeliac + egg allergy.

    `dish profiles` lists them. With eating_disorder among them the ideas are shown without any figure.
    """
    from rich.console import Console

    from dish_pipeline import idea_table

    with _errors():
        idea_table.show(data.resolve() / "candidates.duckdb", profiles or "diabetes + coeliac", count, Console())


main.add_command(complete)


@main.command()
@click.argument("query", required=False)
@data_option
def sql(query: str | None, data: Path) -> None:
    """Open the candidates file read-only in a DuckDB shell, or answer one QUERY.

    Without a DuckDB shell a Python prompt opens, with `db.sql("...")`.
    """
    from dish_pipeline.store import candidates

    path = data.resolve() / "candidates.duckdb"
    with _errors():
        connection = candidates.open_read_only(path)
    if query:
        with _errors():
            click.echo(str(connection.sql(query)))
        return
    connection.close()
    shell = shutil.which("duckdb", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))
    if shell:
        raise SystemExit(subprocess.call([shell, "-readonly", str(path)]))
    click.echo("No DuckDB shell found; a Python prompt instead. Try: db.sql('FROM candidates LIMIT 5')")
    start = f"import duckdb; db = duckdb.connect({str(path)!r}, read_only=True)"
    raise SystemExit(subprocess.call([sys.executable, "-i", "-c", start]))


@main.command()
@click.option("--port", type=int, default=3000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
def dev(port: int, host: str) -> None:
    """Start Dagster's pages and its daemon (schedules) for this project, from any folder."""
    from dish_pipeline import runner

    # Dagster's .env is written in terms of PWD, which a changed working directory alone does not change.
    environment = {**os.environ, "DAGSTER_HOME": str(runner.prepare_home(DEFAULT_DAGSTER_HOME)), "PWD": str(CHECKOUT)}
    dg = Path(sys.executable).with_name("dg")
    command = [str(dg), "dev", "--port", str(port), "--host", host]
    if not (CHECKOUT / "workspace.yaml").is_file():
        command = [str(dg.with_name("dagster")), "dev", "-m", "dish_pipeline.definitions", "--port", str(port), "--host", host]
        raise SystemExit(subprocess.call(command, env=environment))
    raise SystemExit(subprocess.call(command, cwd=CHECKOUT, env=environment))


@main.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--map", "maps", multiple=True, metavar="FIELD=COLUMN", help="Take COLUMN for FIELD: ingredients=Parts. May come several times.")
@click.option("--to", "folder", type=click.Path(path_type=Path), help="Write the recipes into this folder, for dish run --recipes.")
@click.option("--force", is_flag=True, help="Overwrite what an earlier import wrote there.")
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, help="Files and reasons to show.")
def import_recipes(path: Path, maps: tuple[str, ...], folder: Path | None, force: bool, limit: int) -> None:
    """Show what would be read from PATH, a file, folder or export of an app: formats, columns, what is refused and why.

    Nothing is written unless --to names a folder.
    """
    from dish_pipeline.dietetics.lexicon import load
    from dish_pipeline.dietetics.parsing import LineParser
    from dish_pipeline.recipes import preview
    from dish_pipeline.recipes.readers import ReadError, read_path
    from dish_pipeline.settings import Settings

    with _errors():
        columns = preview.told_columns(maps)
        try:
            reading = read_path(path, columns)
        except ReadError as error:
            preview.check_columns(columns, error.reading)
            for line in preview.described_reasons(preview.by_reason(error.refusals), limit):
                click.echo(line)
            raise click.ClickException(str(error).partition("\n")[0]) from None
        preview.check_columns(columns, reading)
        for line in preview.described(preview.summed_up(reading, LineParser(load(Settings().lexicon))), limit):
            click.echo(line)
        if folder is None:
            click.echo(f"to keep them: dish import {' '.join([str(path), *(f'--map {told!r}' for told in maps)])} --to FOLDER")
            return
        for written in filter(None, preview.write(reading, path, folder, force)):
            click.echo(f"wrote {written}")
    click.echo(f"to use them: dish run --recipes {folder} --data OTHER_FOLDER")


@main.command()
@data_option
@click.option("--limit", type=int, default=20, show_default=True, help="Rows to show.")
def rejected(data: Path, limit: int) -> None:
    """List the recipe rows that were refused: how many for each reason, then the rows with reason and remedy."""
    from dish_pipeline.recipes.preview import by_reason
    from dish_pipeline.recipes.readers import Refusal
    from dish_pipeline.store import tables
    from dish_pipeline.store.artifacts import Artifacts

    with _errors():
        frame = tables.read(Artifacts(data.resolve() / "artifacts").need("rejected_recipes").path("rejected.parquet"))
    for reason in by_reason(Refusal(r.file, r.row, r.field, str(r.value), r.reason, r.remedy) for r in frame.itertuples()):
        click.echo(f"{reason.count:6}  {reason.text}")
    for row in frame.head(limit).itertuples():
        click.echo(f"{row.file} row {row.row}: {row.field}: {row.reason} ({row.value!r}); {row.remedy}")
    click.echo(f"{len(frame)} rows refused" + (f", the first {limit} shown" if len(frame) > limit else ""))


@main.command()
@data_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Dishes to show.")
def suspicious(data: Path, limit: int) -> None:
    """List the training dishes whose amounts surprise the last model most: misread units, lost decimal points, wrong servings.

    Train first, then clean with the model's help: correct the file and row named, and run again.
    """
    from dish_pipeline.store import tables
    from dish_pipeline.store.artifacts import Artifacts

    with _errors():
        frame = tables.read(Artifacts(data.resolve() / "artifacts").need("evaluation_report").path("suspicious.parquet"))
    for row in frame.head(limit).itertuples():
        click.echo(f"{row.excess:5.1f} bits  {row.file} row {row.row}: {row.title}: {'; '.join(row.why) or 'no single thing'}")
    click.echo(f"{len(frame)} dishes were learned from, the {min(limit, len(frame))} that surprise most are shown")


@main.group()
def corpus() -> None:
    """Look at a collection of recipes as a whole."""


@corpus.command("lint")
@click.argument("recipes", type=click.Path(exists=True, path_type=Path), default=INPUTS / "recipes")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Rows of each list to show.")
def corpus_lint(recipes: Path, limit: int) -> None:
    """Is RECIPES fit to be learned from: courses, cuisines, likeness, titles that come twice, amounts that stand out.

    Exit status 1 when two dishes are nearly one or a title comes twice; amounts that stand out are for a person to look at.
    """
    from dish_pipeline.dietetics.lexicon import load
    from dish_pipeline.dietetics.parsing import LineParser
    from dish_pipeline.recipes import corpus as room
    from dish_pipeline.recipes.readers import ReadError, read_path
    from dish_pipeline.settings import Settings

    with _errors():
        known = load(Settings().lexicon)
        try:
            reading = read_path(recipes)
        except ReadError as error:
            raise click.ClickException(str(error)) from None
    found = room.judge(reading, LineParser(known), known)
    for line in room.described(found, limit):
        click.echo(line)
    raise SystemExit(bool(found.near or found.titles))


@main.command()
@click.argument("idea_id")
@click.argument("verdict", type=click.Choice(["accept", "reject"]))
@click.option("--by", "reviewer", required=True, help="Who says so.")
@click.option("--reason", default="", help="Why.")
@data_option
def review(idea_id: str, verdict: str, reviewer: str, reason: str, data: Path) -> None:
    """Record what a dietitian says of an idea. The next run shows accepted ideas again and never repeats rejected ones."""
    from dish_pipeline.store import candidates, reviews

    with _errors():
        dish, origin = candidates.idea(data.resolve() / "candidates.duckdb", idea_id)
        number = reviews.record(data.resolve() / "reviews.sqlite", dish, verdict, reason, reviewer, origin)
    click.echo(f"review {number}: {verdict} {dish.title!r}")


@main.command()
@click.argument("source", default="-", type=click.Path(exists=True, allow_dash=True, path_type=Path))
@click.option("--servings", type=click.FloatRange(min=0, min_open=True), help="Servings made; without it, nutrients of lines stay unknown.")
@click.option("--as", "kind", type=click.Choice(["lines", "recipes"]), help="What SOURCE holds; if not said, .txt and - hold lines.")
def facts(source: Path, servings: float | None, kind: str | None) -> None:
    """Print what is known of ingredient lines (SOURCE: a text file, or - for standard input) or of recipes (any readable file or folder).

    One JSON line for each line or recipe: text, foods with grams, allergens, flags, nutrients, verdicts, open points.
    """
    import json

    from dish_pipeline.dietetics import describe
    from dish_pipeline.dietetics.lexicon import load
    from dish_pipeline.dietetics.parsing import LineParser
    from dish_pipeline.dietetics.profile_files import load as load_profiles
    from dish_pipeline.dish import Interval
    from dish_pipeline.recipes.readers import read_path
    from dish_pipeline.recipes.wording import course_of, servings_of
    from dish_pipeline.settings import Settings

    with _errors():
        lexicon = load(Settings().lexicon)
        profiles = load_profiles(Settings().profiles, lexicon, Settings().own_profiles)
        parser = LineParser(lexicon)
        if kind == "lines" or (kind is None and (str(source) == "-" or source.suffix.lower() in ("", ".txt", ".text")) and not source.is_dir()):
            for line in click.open_file(str(source), encoding="utf-8"):
                if line.strip():
                    click.echo(json.dumps(describe.describe_line(line.strip(), parser, profiles, servings), ensure_ascii=False))
            return
        reading = read_path(source)
        for recipe in reading.recipes:
            stated = (servings, servings) if servings else servings_of(recipe.servings)
            count = Interval(stated[0], sum(stated) / 2, stated[1]) if stated else None
            course = course_of(recipe.course, recipe.tags)
            found = describe.describe_recipe(recipe.title, recipe.lines, count, course, parser, profiles)
            click.echo(json.dumps({**found, "file": recipe.file, "row": recipe.row}, ensure_ascii=False))
        for refusal in reading.refusals:
            click.echo(f"refused: {refusal}", err=True)


main.add_command(profiles)
main.add_command(export)
main.add_command(lexicon)
main.add_command(benchmark)


class _errors:
    """Turns the rooms' own errors into a message and exit status 1; anything else is a fault and keeps its traceback."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        import duckdb

        from dish_pipeline.store.artifacts import ArtifactError
        from dish_pipeline.store.candidates import StoreError

        if isinstance(error, ValueError | ArtifactError | StoreError | duckdb.Error):
            raise click.ClickException(str(error)) from None


if __name__ == "__main__":
    main()
