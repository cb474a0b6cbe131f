"""`dish lexicon ...`: the list of foods, proved, explained and completed.

What belongs here: the commands about the lexicon, as `cli.py` has the others. They compute nothing themselves.
"""

from __future__ import annotations

from pathlib import Path

import click

from dish_pipeline.settings import DEFAULT_DATA, INPUTS, Settings

folder_option = click.option(
    "--folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=INPUTS / "lexicon", show_default=True,
    help="The lexicon's files."
)


@click.group()
def lexicon() -> None:
    """Look into the lexicon of foods: prove it consistent, ask why a fact is as it is, list what recipes miss in it.

    \b
    dish lexicon lint                   is it consistent; what to mend, and how
    dish lexicon explain "soy sauce"    every fact of a food with its basis, source and reason
    dish lexicon missing RECIPES        names that recipes ask for in vain, with rows to begin with
    dish lexicon derive TABLES          the figures anew, after a link or a share of refuse was changed
    """


@lexicon.command()
@folder_option
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="Faults to show.")
def lint(folder: Path, limit: int) -> None:
    """Prove the lexicon consistent; print each fault with file, row and remedy, then how many there are of each kind.

    \b
    names         no name for two foods, none twice in one, none neutral in words.csv
    facts         every food has every key; parts and wholes, group and fact, name and fact, figure and fact agree
    composition   in order, parts within wholes, 100 g are not exceeded and, where water is known, nearly reached; energy follows from
                  the macronutrients; a link to a table, or the word that there is none; a share of refuse with its source
    weights       what a piece or a cup of anything can weigh, small to large, a hen's egg
    reasons       every written reason speaks of a fact as it is

    Exit status 1 when there is a fault.
    """
    from dish_pipeline.dietetics.lexicon_lint import counted, examine
    from dish_pipeline.dietetics.lexicon_lint.names import rows_of

    found = examine(folder)
    for fault in found[:limit]:
        click.echo(fault)
    for line in counted(found):
        click.echo(line)
    click.echo(f"{len(rows_of(folder / 'foods.csv'))} foods, {len(found)} faults" + (f", the first {limit} shown" if len(found) > limit else ""))
    raise SystemExit(bool(found))


@lexicon.command()
@click.argument("name", nargs=-1, required=True)
@folder_option
@click.option("--data", type=click.Path(path_type=Path), default=DEFAULT_DATA, show_default=True, help="Folder whose profiles/ holds your own.")
def explain(name: tuple[str, ...], folder: Path, data: Path) -> None:
    """Print all that is known of the food called NAME, and why.

    Every allergen and flag with status, basis, source and reason (contains first, then unknown, then free), names, weights, composition,
    and which profiles the food by itself fails or leaves open.
    """
    from dish_pipeline.dietetics import lexicon_reasons
    from dish_pipeline.dietetics.lexicon import load
    from dish_pipeline.dietetics.lexicon_explain import explained
    from dish_pipeline.dietetics.lexicon_missing import suggestions
    from dish_pipeline.dietetics.profile_files import load as load_profiles
    from dish_pipeline.dietetics.tables import linked_foods

    asked, settings = " ".join(name), Settings(data=data.resolve())
    try:
        known = load(folder)
        profiles = load_profiles(settings.profiles, known, settings.own_profiles)
        written, tables = lexicon_reasons.read(folder), linked_foods(folder)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    food = known.find(asked) or known.foods.get(asked)
    if food is None:
        near = ", ".join(repr(suggestion.name) for suggestion in suggestions(asked, known))
        hint = f"; names like it, which may mean something else: {near}" if near else ""
        raise click.ClickException(f"no food is called {asked!r}{hint}. `dish lexicon missing` lists what recipes ask for in vain")
    for line in explained(food, known, written, tables, profiles.values()):
        click.echo(line)


@lexicon.command()
@click.argument("tables", type=click.Path(exists=True, file_okay=False, path_type=Path))
@folder_option
def derive(tables: Path, folder: Path) -> None:
    """Make composition.csv and tables.csv anew from the links in foods.csv, after a link, a fact or a share of refuse was changed.

    TABLES is the folder that holds the published tables: usda/, ciqual/ and cnf/. Nothing is written when one that is needed is missing.
    """
    from dish_pipeline.dietetics.composition import anew

    try:
        figures, names = anew(tables, folder)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"composition.csv: {figures} rows changed; tables.csv: {names} rows changed")


@lexicon.command()
@click.argument("recipes", type=click.Path(exists=True, path_type=Path))
@folder_option
@click.option("--limit", type=click.IntRange(min=1), default=40, show_default=True, help="Names to show.")
@click.option("--sort", type=click.Choice(["lines", "recipes", "completes"]), default="lines", show_default=True,
              help="By lines or recipes that ask for the name, or by recipes that it alone would complete.")
@click.option("--csv", "as_csv", is_flag=True, help="Print rows for foods.csv and facts.csv instead, with unknown in every fact.")
def missing(recipes: Path, folder: Path, limit: int, sort: str, as_csv: bool) -> None:
    """List the names in RECIPES that no food of the lexicon has, commonest first, and what an editor can do about each.

    RECIPES is a file, folder or export of any readable format. Suggestions show names that look alike; they decide nothing, and no line
    is ever read by likeness.
    """
    from dish_pipeline.dietetics import lexicon_missing
    from dish_pipeline.dietetics.lexicon import load
    from dish_pipeline.dietetics.parsing import LineParser
    from dish_pipeline.recipes.readers import ReadError, read_path

    try:
        known = load(folder)
        reading = read_path(recipes)
    except ReadError as error:
        raise click.ClickException(str(error).partition("\n")[0]) from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    found = lexicon_missing.missing(reading.recipes, LineParser(known), sort)
    shown = found.gaps[:limit]
    for line in lexicon_missing.skeleton(shown, known) if as_csv else [line for gap in shown for line in lexicon_missing.described(gap, known)]:
        click.echo(line)
    click.echo(
        f"{found.lines_resolved} of {found.lines} ingredient lines resolved, {found.recipes_resolved} of {found.recipes} recipes; "
        f"{len(found.gaps)} names missing" + (f", {limit} shown" if len(found.gaps) > limit else ""), err=as_csv,
    )
