"""An LSTM over our tokens in the manner of AWD-LSTM: tied embeddings, dropped recurrent weights, one dropout mask for a whole sequence.

What belongs here: the network and the settings tried. Merity, Keskar, Socher 2017, arXiv:1708.02182; trained with AdamW and a falling rate in
place of averaged SGD, which is slower and no better at this size.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.peers import loop
from benchmarks.peers.common import Material, Trained, best_of


@dataclass(frozen=True)
class Shape:
    """Sizes and chances of being dropped: of words, between layers, of recurrent weights."""

    width: int = 160
    hidden: int = 320
    layers: int = 2
    word_dropout: float = 0.05
    dropout: float = 0.3
    weight_drop: float = 0.3


CANDIDATES = (Shape(), Shape(width=128, hidden=256, dropout=0.2, weight_drop=0.2), Shape(layers=3, dropout=0.4, weight_drop=0.5))


def locked(x: Tensor, chance: float, training: bool) -> Tensor:
    """Dropout with one mask for all positions of a sequence. `x` (B, T, C)."""
    if not training or not chance:
        return x
    return x * torch.empty(x.shape[0], 1, x.shape[2]).bernoulli_(1 - chance).div_(1 - chance)


class AwdLstm(nn.Module):
    """Token ids (B, T) -> logits (B, T, vocabulary)."""

    def __init__(self, vocabulary: int, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(vocabulary, shape.width)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        sizes = [shape.width, *[shape.hidden] * (shape.layers - 1), shape.width]
        self.cells = nn.ModuleList(nn.LSTM(a, b, batch_first=True) for a, b in pairwise(sizes))

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) -> (B, T, vocabulary)."""
        shape, table = self.shape, self.embedding.weight
        if self.training:  # A word that is dropped is dropped wherever it stands in the batch.
            table = table * torch.empty(len(table), 1).bernoulli_(1 - shape.word_dropout).div_(1 - shape.word_dropout)
        x = locked(F.embedding(ids, table), shape.dropout, self.training)
        for cell in self.cells:
            weights = [F.dropout(w, shape.weight_drop, self.training) if name.startswith("weight_hh") else w for name, w in cell.named_parameters()]
            start = x.new_zeros(1, len(x), cell.hidden_size)
            x, _, _ = torch.lstm(x, (start, start), weights, True, 1, 0.0, self.training, False, True)
            x = locked(x, shape.dropout, self.training)
        return F.linear(x, self.embedding.weight, self.bias)


def fit(material: Material) -> Trained:
    """Every setting asked for; the best on the validation split."""
    found = []
    for shape in CANDIDATES[: material.candidates]:
        torch.manual_seed(material.seed)
        model = AwdLstm(material.tokenizer.size, shape)
        trained = loop.fit("LSTM, AWD style", model, model, material, loop.Settings(learning_rate=3e-3, weight_decay=0.02, epochs=30))
        trained.chosen |= vars(shape)
        found.append(trained)
    return best_of(found)
