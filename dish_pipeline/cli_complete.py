"""`dish complete`: a dish of which something is given, completed.

What belongs here: the command's arguments, as `cli.py` has the others. It computes nothing itself.
"""

from __future__ import annotations

from pathlib import Path

import click

from dish_pipeline.settings import DEFAULT_DATA, Settings


@click.command()
@click.option("--title", default="", help="The dish bears this title; foods are drawn to it.")
@click.option("--food", "foods", multiple=True, metavar="FOOD", help='It holds this food: --food "chicken thigh 150". May come several times.')
@click.option("--course", default="", help="starter, main, side, dessert, breakfast or snack; without it the likeliest ones.")
@click.option("--ask", default="", metavar="PROFILES", help='It passes these needs together: --ask "diabetes + coeliac".')
@click.option("--only", is_flag=True, help="It holds no other foods than those named.")
@click.option("--count", type=click.IntRange(min=1), default=5, show_default=True, help="Dishes to show.")
@click.option("--data", type=click.Path(path_type=Path), default=DEFAULT_DATA, show_default=True, help="Folder of everything a run makes.")
@click.option("--seed", type=int, default=1, show_default=True, help="Every random draw follows from it.")
def complete(title: str, foods: tuple[str, ...], course: str, ask: str, only: bool, count: int, data: Path, seed: int) -> None:
    """Complete a dish with the model in use: give any of title, foods (with grams or without), course and needs.

    What is given stays; the rest is drawn, and every need is judged on the finished dish.
    """
    from rich.console import Console

    from dish_pipeline import completion_table
    from dish_pipeline.store.artifacts import ArtifactError

    try:
        completion_table.show(Settings(data=data.resolve()), title, foods, course, ask, count, seed, only, Console())
    except (ValueError, ArtifactError) as error:
        raise click.ClickException(str(error)) from None
