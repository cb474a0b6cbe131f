"""Several processes share an update's batches and end with the weights of one."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import distributed
from torch import multiprocessing as processes

from dish_pipeline.dish import Dish
from dish_pipeline.model.tokenizer import DishTokenizer
from dish_pipeline.model.training import train
from dish_pipeline.settings import ModelShape, TrainingPlan

PLAN = TrainingPlan(
    epochs=2, max_steps=4, batch=8, accumulate=2, learning_rate=1e-3, weight_decay=0.1, label_smoothing=0.02, warmup=0.1, decay=0.5,
    patience=9, evaluate_every=2, max_seconds=600.0, muon=False,
)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _one_of_two(rank: int, port: int, model: bytes, foods: dict[str, str], dishes: list[Dish], shape: ModelShape, work: Path) -> None:
    """What each process does; a tokenizer travels as what it is made of."""
    tokenizer = DishTokenizer(model, foods)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    distributed.init_process_group("gloo", rank=rank, world_size=2)
    train(dishes[:64], dishes[100:], tokenizer, shape, PLAN, 1, work / str(rank), threads=1)
    distributed.destroy_process_group()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_two_processes_train_as_one_does_and_only_the_first_writes(
    tokenizer: DishTokenizer, dishes: list[Dish], small_shape: ModelShape, tmp_path: Path
) -> None:
    processes.spawn(_one_of_two, args=(_free_port(), tokenizer.model, tokenizer.foods, dishes, small_shape, tmp_path), nprocs=2)
    train(dishes[:64], dishes[100:], tokenizer, small_shape, PLAN, 1, tmp_path / "alone", threads=1)
    assert not (tmp_path / "1" / "checkpoint.safetensors").exists()
    together, alone = (load_file(tmp_path / name / "checkpoint.safetensors") for name in ("0", "alone"))
    for name, weights in alone.items():
        if name.startswith("model/"):
            torch.testing.assert_close(together[name], weights, atol=2e-4, rtol=1e-3, msg=lambda text, name=name: f"{name}: {text}")


def test_a_device_that_is_not_there_is_refused(tokenizer: DishTokenizer, dishes: list[Dish], small_shape: ModelShape, tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(ValueError, match="torch finds no GPU here; choose another preset"):
        train(dishes[:64], dishes[100:], tokenizer, small_shape, replace(PLAN, device="cuda"), 1, tmp_path)
