"""GPT-2 from scratch with the Hugging Face Trainer, as most people would write it: the canonical text, a BPE vocabulary of its own, early stopping.

What belongs here: text -> pieces with the part that each belongs to, the dataset, the Trainer, the settings tried. In two forms: the recipe's
own order of the foods, and an order drawn anew each time a recipe is read. Bits are summed over the pieces of the text, end included; a text can
be cut in more ways than the one that is scored, so the figure is an upper bound, as for everybody else's pieces.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from benchmarks.peers.common import Material, Trained, Watch, batch_and_epochs, best_of, parts_of
from dish_pipeline.dish import Dish
from dish_pipeline.evaluation.likelihood import Score
from dish_pipeline.model.batches import IGNORE
from dish_pipeline.model.text import text_of

END = "<|endoftext|>"


@dataclass(frozen=True)
class Shape:
    """A configuration of GPT2LMHeadModel with its vocabulary and training."""

    label: str
    layers: int
    width: int
    heads: int
    dropout: float
    vocabulary: int
    learning_rate: float
    epochs: int = 20


CANDIDATES = (
    Shape("small, as nanoGPT has it for a laptop", 4, 128, 4, 0.1, 1000, 2e-3),
    Shape("small, larger vocabulary", 4, 128, 4, 0.2, 3000, 2e-3),
    Shape("three million parameters", 6, 192, 6, 0.2, 1000, 1e-3),
    Shape("three million parameters, larger vocabulary", 6, 192, 6, 0.2, 3000, 1e-3),
)


def train_pieces(texts: Sequence[str], vocabulary: int):
    """A byte-level BPE, so that every text can be written. Raises ImportError without tokenizers."""
    from tokenizers import ByteLevelBPETokenizer

    made = ByteLevelBPETokenizer()
    made.train_from_iterator(texts, vocab_size=vocabulary, min_frequency=2, special_tokens=[END], show_progress=False)
    return made


class Pieces:
    """Dishes as piece ids, `END` on either side, with the part of each piece but the first."""

    def __init__(self, material: Material, vocabulary: int):
        self.lexicon = material.lexicon
        self.pieces = train_pieces([text_of(d, material.lexicon) for d in material.train], vocabulary)
        self.size = self.pieces.get_vocab_size()
        self.end = self.pieces.token_to_id(END)

    def ids(self, dish: Dish, order: Sequence[int] | None = None) -> list[int]:
        """The text between two ends."""
        return [self.end, *self.pieces.encode(text_of(dish, self.lexicon, order)).ids, self.end]

    def parts(self, dish: Dish, order: Sequence[int] | None = None) -> np.ndarray:
        """The index in PARTS of each piece after the first end, by the line that it stands in."""
        text = text_of(dish, self.lexicon, order)
        at = np.zeros(len(text), dtype=int)
        begin = 0
        lines = text.split("\n")[:-1]
        for number, line in enumerate(lines):
            end = begin + len(line) + 1
            if number == len(lines) - 1:
                at[begin : begin + 1], at[begin + 1 : end] = 1, 3
            elif number:
                # The amount begins with the space before it, which is where its piece begins.
                amount = begin + line.rindex(" ")
                at[begin:amount], at[amount:end] = 1, 2
            begin = end
        found = [at[start] for start, _ in self.pieces.encode(text).offsets]
        return np.array([*found, 3])


def scorer(model: torch.nn.Module, pieces: Pieces, batch: int = 64) -> Score:
    """Part bits of whole dishes as texts."""

    @torch.no_grad()
    def score(dishes: Sequence[Dish], orders: Sequence[Sequence[int]]) -> np.ndarray:
        was_training = model.training
        model.eval()
        rows = [pieces.ids(d, o) for d, o in zip(dishes, orders, strict=True)]
        bits: list[np.ndarray] = [np.zeros(0)] * len(rows)
        by_length = np.argsort([len(r) for r in rows], kind="stable")
        for begin in range(0, len(rows), batch):
            chosen = by_length[begin : begin + batch]
            made = collate([{"input_ids": rows[i]} for i in chosen], pieces.end)
            logits = model(input_ids=made["input_ids"], attention_mask=made["attention_mask"]).logits[:, :-1].float()
            own = F.cross_entropy(logits.transpose(1, 2), made["labels"][:, 1:], ignore_index=IGNORE, reduction="none").double().numpy()
            for j, i in enumerate(chosen):
                bits[i] = own[j, : len(rows[i]) - 1] / log(2)
        model.train(was_training)
        return parts_of([pieces.parts(d, o) for d, o in zip(dishes, orders, strict=True)], bits)

    return score


def collate(rows: Sequence[dict[str, list[int]]], pad: int) -> dict[str, torch.Tensor]:
    """Rows side by side; labels are the inputs, IGNORE where a row has ended."""
    longest = max(len(r["input_ids"]) for r in rows)
    ids = torch.full((len(rows), longest), pad, dtype=torch.long)
    labels = torch.full((len(rows), longest), IGNORE, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for i, row in enumerate(rows):
        n = len(row["input_ids"])
        ids[i, :n] = labels[i, :n] = torch.tensor(row["input_ids"])
        mask[i, :n] = 1
    return {"input_ids": ids, "labels": labels, "attention_mask": mask}


class Texts(torch.utils.data.Dataset):
    """The training dishes; `shuffled`, each read draws an order of its foods."""

    def __init__(self, dishes: Sequence[Dish], pieces: Pieces, shuffled: bool, seed: int):
        self.dishes, self.pieces, self.shuffled = dishes, pieces, shuffled
        self.rng = np.random.default_rng((seed, 23))

    def __len__(self) -> int:
        return len(self.dishes)

    def __getitem__(self, i: int) -> dict[str, list[int]]:
        dish = self.dishes[i]
        return {"input_ids": self.pieces.ids(dish, self.rng.permutation(len(dish.portions)).tolist() if self.shuffled else None)}


def build(shape: Shape, pieces: Pieces, context: int) -> Any:
    """The network. Raises ImportError without transformers."""
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(GPT2Config(
        vocab_size=pieces.size, n_positions=context, n_embd=shape.width, n_layer=shape.layers, n_head=shape.heads, resid_pdrop=shape.dropout,
        embd_pdrop=shape.dropout, attn_pdrop=shape.dropout, bos_token_id=pieces.end, eos_token_id=pieces.end, use_cache=False,
    ))


def fit_one(material: Material, shape: Shape, shuffled: bool) -> Trained:
    """Train one configuration in one form."""
    from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
    from transformers.utils import logging

    logging.set_verbosity_error()
    torch.manual_seed(material.seed)
    pieces = Pieces(material, shape.vocabulary)
    context = max(len(pieces.ids(d)) for d in [*material.train, *material.valid, *material.test])
    # An order changes which pieces meet at no line's end, so the length stays; a margin costs nothing.
    model = build(shape, pieces, context + 16)
    score = scorer(model, pieces)

    def own_score(dishes: Sequence[Dish], orders: Sequence[Sequence[int]]) -> np.ndarray:
        return score(dishes, [range(len(d.portions)) for d in dishes])

    best: dict[str, torch.Tensor] = {}
    # The form in the recipe's own order is stopped, and its best point kept, by texts in that order: as whoever writes it so would.
    batch, epochs = batch_and_epochs(len(material.train), shape.epochs)
    watch = Watch(
        material, score if shuffled else own_score, lambda: best.update({k: v.clone() for k, v in model.state_dict().items()}),
        ceil(len(material.train) / batch),
    )

    class Timed(Trainer):
        """The Trainer with its usual warm-up and linear fall, which ends with the clock when that comes first."""

        def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
            def share(step: int) -> float:
                return min(1.0, (step + 1) / 100) * max(0.02, 1 - max(step / num_training_steps, watch.seconds / material.max_seconds))

            if self.lr_scheduler is None:
                self.lr_scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer or self.optimizer, share)
            return self.lr_scheduler

    class Look(TrainerCallback):
        """Watches the clock at each step, and the validation dishes after each epoch."""

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
            if watch.mind_the_clock():
                control.should_training_stop = True
            return control

        def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
            watch.tokens = int(state.num_input_tokens_seen)
            watch.look()
            control.should_training_stop = bool(watch.stopped_by)
            return control

    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder, per_device_train_batch_size=batch, num_train_epochs=epochs, learning_rate=shape.learning_rate, weight_decay=0.1,
            logging_strategy="no", save_strategy="no", eval_strategy="no", report_to="none", disable_tqdm=True, seed=material.seed, use_cpu=True,
            include_num_input_tokens_seen="non_padding", remove_unused_columns=False,
        )
        trainer = Timed(
            model=model, args=arguments, train_dataset=Texts(material.train, pieces, shuffled, material.seed),
            data_collator=lambda rows: collate(rows, pieces.end), callbacks=[Look()],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    if not best:
        watch.look()
    model.load_state_dict(best)
    form = "order drawn anew" if shuffled else "own order"
    trained = Trained(
        f"GPT-2, {form}", score, sum(p.numel() for p in model.parameters()), watch.history, {**vars(shape), "batch": batch, "epochs": epochs},
        watch.stopped_by or "all epochs done",
    )
    if not shuffled:
        trained.own_order = own_score
    return trained


def fit(material: Material, shuffled: bool) -> Trained:
    """Every setting asked for, in one form; the best on the validation split."""
    return best_of([fit_one(material, shape, shuffled) for shape in CANDIDATES[: material.candidates]])
