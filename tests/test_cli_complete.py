"""`dish complete`, as a person uses it, with a network that has learned nothing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import torch
from click.testing import CliRunner, Result

from dish_pipeline.cli import main
from dish_pipeline.completion_table import food_of
from dish_pipeline.dietetics import lexicon as lexicon_room
from dish_pipeline.dietetics.lexicon import Lexicon
from dish_pipeline.model import tokenizer as tokenizer_room
from dish_pipeline.model import transformer
from dish_pipeline.settings import ModelShape, Settings
from dish_pipeline.store import tables
from dish_pipeline.store.artifacts import Artifacts

DISHES = [
    ("main", "Chicken with rice", ["chicken", "rice", "onion", "olive_oil"], [150.0, 70.0, 40.0, 10.0]),
    ("main", "Tomato rice", ["tomato", "rice", "onion", "olive_oil"], [150.0, 70.0, 40.0, 10.0]),
    ("main", "Carrot and chicken stew", ["carrot", "chicken", "onion", "potato"], [90.0, 120.0, 40.0, 150.0]),
    ("side", "Potato and carrot", ["potato", "carrot", "olive_oil"], [150.0, 70.0, 10.0]),
]


DISHES_SCHEMA = {
    "course": "VARCHAR", "title": "VARCHAR", "food_ids": "VARCHAR[]", "grams": "DOUBLE[]", "split": "VARCHAR", "trainable": "BOOLEAN",
}


def dish(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["complete", *arguments])


@pytest.fixture(scope="module")
def known() -> Lexicon:
    return lexicon_room.load(Settings().lexicon)


@pytest.fixture(scope="module")
def data(known: Lexicon, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as a run leaves it, as far as completing reads it."""
    folder = tmp_path_factory.mktemp("data")
    artifacts = Artifacts(folder / "artifacts")

    def champion(work: Path) -> dict:
        names = [f.name for f in known.foods.values()]
        pieces = tokenizer_room.DishTokenizer.for_lexicon(tokenizer_room.train([*(t for _, t, _, _ in DISHES), *names[:400]], 400), known)
        pieces.save(work)
        torch.manual_seed(1)
        shape = ModelShape(layers=1, width=16, heads=1, hidden=16, dropout=0.0)
        transformer.save(transformer.DishTransformer(transformer.ModelConfig(pieces.size, shape), pieces.name_pieces), work)
        return {}

    def validated(work: Path) -> dict:
        frame = pd.DataFrame(DISHES, columns=["course", "title", "food_ids", "grams"]).assign(split="train", trainable=True)
        tables.write(frame, work / "dishes.parquet", DISHES_SCHEMA)
        return {}

    for name, build in (("champion_model", champion), ("validated_recipes", validated)):
        artifacts.publish(name, build, inputs={}, code="", config={})
    return folder


def test_a_dish_is_completed_with_grams_verdict_and_novelty_beside_it(data: Path) -> None:
    said = dish("--data", str(data), "--title", "Chicken rice", "--food", "carrot 60", "--ask", "coeliac", "--count", "2", "--course", "main")
    assert said.exit_code == 0, said.output
    assert "Completed dishes that pass coeliac: 2 of 2" in said.output
    assert said.output.count("carrot 60") == 2 and said.output.count("Chicken rice") == 2
    assert "novelty" in said.output and "pass" in said.output and "not decidable from ingredients" in said.output


def test_a_view_without_numbers_shows_none(data: Path) -> None:
    said = dish("--data", str(data), "--food", "carrot", "--food", "rice", "--only", "--ask", "eating_disorder", "--count", "1")
    assert said.exit_code == 0, said.output
    table = said.output.partition("not decidable")[0]
    assert "carrot" in table and "novelty" not in table
    assert not any(letter.isdigit() for letter in table.partition("title")[2])


@pytest.mark.parametrize(("arguments", "said"), [
    (["--food", "chickenn thigh 150"], "no food is called 'chickenn thigh'; near are: "),
    (["--food", "carrot 0"], "is no amount of carrot"),
    (["--food", "carrot", "--food", "Carrots 10"], "a food is named twice"),
    (["--course", "brunch"], "no course 'brunch'; there are: starter, main"),
    (["--ask", "no such need"], "no profile 'no such need'"),
    (["--ask", "dysphagia"], "no idea can pass"),
    (["--food", "bread", "--ask", "coeliac"], "coeliac does not allow"),
])
def test_what_cannot_be_is_said_in_words(data: Path, arguments: list[str], said: str) -> None:
    found = dish("--data", str(data), *arguments)
    assert found.exit_code == 1
    assert said in found.output and "Traceback" not in found.output


def test_without_a_model_the_remedy_is_named(tmp_path: Path) -> None:
    found = dish("--data", str(tmp_path), "--food", "carrot")
    assert found.exit_code == 1
    assert "champion_model has not been materialized" in found.output and "dish run" in found.output


@pytest.mark.parametrize(("text", "food", "grams"), [
    ("carrot", "carrot", None), (" Carrots 60 ", "carrot", 60.0), ("carrot 62.5 g", "carrot", 62.5), ("olive oil 10g", "olive_oil", 10.0),
])
def test_a_food_is_read_with_its_grams_or_without(known: Lexicon, text: str, food: str, grams: float | None) -> None:
    assert food_of(text, known) == (food, grams)
