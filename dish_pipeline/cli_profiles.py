"""`dish profiles ...`: the dietetic needs, listed and read back.

What belongs here: the commands about profiles, as `cli.py` has the others. They compute nothing themselves.
"""

from __future__ import annotations

import json
from pathlib import Path

import click

from dish_pipeline.settings import DEFAULT_DATA, Settings


@click.group(invoke_without_command=True)
@click.option("--data", type=click.Path(path_type=Path), default=DEFAULT_DATA, show_default=True, help="Folder whose profiles/ holds your own.")
@click.pass_context
def profiles(context: click.Context, data: Path) -> None:
    """List the dietetic needs there are: rules with sources, wording, what is undecidable, the file that each comes from.

    Your own stand in profiles/*.yaml of the --data folder; one of the same name stands in for a committed one.
    """
    from dish_pipeline.dietetics import profile_files
    from dish_pipeline.dietetics.lexicon import load
    from dish_pipeline.dietetics.profiles import described

    if context.invoked_subcommand is not None:
        return
    settings = Settings(data=data.resolve())
    try:
        found = profile_files.load(settings.profiles, load(settings.lexicon), settings.own_profiles)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for profile in found.values():
        click.echo("\n".join(described(profile)) + "\n")
    click.echo(f"{len(found)} profiles, {sum(p.own for p in found.values())} of them your own")


@profiles.command("lint")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def lint(files: tuple[Path, ...]) -> None:
    """Prove that FILES can be used as profiles, and print what was understood."""
    from dish_pipeline.dietetics import profile_files
    from dish_pipeline.dietetics.lexicon import load
    from dish_pipeline.dietetics.profiles import described

    try:
        lexicon = load(Settings().lexicon)
        known = profile_files.load(Settings().profiles, lexicon)
        read = [(path, profile) for path in files for profile in profile_files.load_file(path, lexicon)]
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    for path, profile in read:
        click.echo("\n".join(described(profile)))
        committed = known.get(profile.profile)
        if committed and Path(committed.file).resolve() != path.resolve():
            click.echo(f"  would stand in for the one of {committed.file}")
    click.echo(f"{len(read)} profiles, nothing to mend")


@profiles.command("schema")
def schema() -> None:
    """Print the JSON Schema of profile files, for editors that complete and check YAML."""
    from dish_pipeline.dietetics.lexicon import load
    from dish_pipeline.dietetics.profile_schema import schema as made

    try:
        click.echo(json.dumps(made(load(Settings().lexicon)), indent=1))
    except ValueError as error:
        raise click.ClickException(str(error)) from None
