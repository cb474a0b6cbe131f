"""The transformer: decoder-only, in one file.

What belongs here: the network and the saving of its weights. Shapes: B sequences, T tokens, C width, H heads, D = C / H.

The block is the one of today's open models (RMSNorm before each part, rotary positions, normalised queries and keys, SwiGLU,
tied embeddings, no biases), laid out as Qwen3 has it, so that the weights can be exported to a stock architecture.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from dish_pipeline.model.features import Features
from dish_pipeline.settings import ModelShape

ROTARY_BASE = 10_000.0
EPSILON = 1e-6
OWN_SHARE = 0.1


@dataclass(frozen=True)
class ModelConfig:
    """A shape and a vocabulary: all that is needed to build the network."""

    vocabulary: int
    shape: ModelShape


class Cache:
    """Keys and values of the tokens seen so far, one pair a layer, each (B, H, T, D)."""

    def __init__(self, layers: int):
        self.keys: list[Tensor | None] = [None] * layers
        self.values: list[Tensor | None] = [None] * layers

    @property
    def length(self) -> int:
        """Tokens seen so far."""
        return 0 if self.keys[0] is None else self.keys[0].shape[2]

    def extend(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Append new keys and values of one layer and return all of them."""
        old_key, old_value = self.keys[layer], self.values[layer]
        if old_key is not None and old_value is not None:
            key, value = torch.cat((old_key, key), dim=2), torch.cat((old_value, value), dim=2)
        self.keys[layer], self.values[layer] = key, value
        return key, value


def rotary(length: int, size: int, start: int = 0) -> tuple[Tensor, Tensor]:
    """Cosines and sines of rotary positions `start` .. `start + length`, each (length, size): Su et al. 2021, arXiv:2104.09864."""
    frequency = ROTARY_BASE ** (-torch.arange(0, size, 2, dtype=torch.float32) / size)
    angle = torch.outer(torch.arange(start, start + length, dtype=torch.float32), frequency)
    angle = torch.cat((angle, angle), dim=-1)
    return angle.cos(), angle.sin()


def turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate the halves of (B, H, T, D) against each other by the positions' angles."""
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


class Attention(nn.Module):
    """Causal self-attention with normalised queries and keys."""

    def __init__(self, shape: ModelShape, layer: int):
        super().__init__()
        self.heads, self.layer = shape.heads, layer
        size = shape.width // shape.heads
        self.query = nn.Linear(shape.width, shape.width, bias=False)
        self.key = nn.Linear(shape.width, shape.width, bias=False)
        self.value = nn.Linear(shape.width, shape.width, bias=False)
        self.out = nn.Linear(shape.width, shape.width, bias=False)
        self.query_norm = nn.RMSNorm(size, eps=EPSILON)
        self.key_norm = nn.RMSNorm(size, eps=EPSILON)
        self.dropout = shape.dropout

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: Cache | None) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        b, t, c = x.shape
        q, k, v = (f(x).view(b, t, self.heads, -1).transpose(1, 2) for f in (self.query, self.key, self.value))
        q, k = turn(self.query_norm(q), cos, sin), turn(self.key_norm(k), cos, sin)
        if cache is not None:
            k, v = cache.extend(self.layer, k, v)
        # A single new token may look at everything that the cache holds, so only several tokens at once need the mask.
        y = F.scaled_dot_product_attention(q, k, v, is_causal=t > 1, dropout_p=self.dropout if self.training else 0.0)
        return self.out(y.transpose(1, 2).reshape(b, t, c))


class Block(nn.Module):
    """Attention, then a gated feed-forward part (SwiGLU: Shazeer 2020, arXiv:2002.05202), each added to the stream."""

    def __init__(self, shape: ModelShape, layer: int):
        super().__init__()
        self.attention_norm = nn.RMSNorm(shape.width, eps=EPSILON)
        self.attention = Attention(shape, layer)
        self.feed_norm = nn.RMSNorm(shape.width, eps=EPSILON)
        self.gate = nn.Linear(shape.width, shape.hidden, bias=False)
        self.up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.down = nn.Linear(shape.hidden, shape.width, bias=False)
        self.dropout = nn.Dropout(shape.dropout)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: Cache | None) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        x = x + self.dropout(self.attention(self.attention_norm(x), cos, sin, cache))
        h = self.feed_norm(x)
        return x + self.dropout(self.down(F.silu(self.gate(h)) * self.up(h)))


class DishTransformer(nn.Module):
    """Token ids (B, T) -> logits (B, T, vocabulary).

    A token's embedding is a vector of its own, plus those of its `features` (see `features.py`), and for a food plus the mean of its
    name's pieces (`names`; the foods are the last tokens), so that "chicken thigh" and "chicken wing" share what the data cannot teach each
    of them. `save` writes the sums, so a saved model is a plain one.
    """

    cos: Tensor
    sin: Tensor
    name_pieces: Tensor
    name_starts: Tensor
    feature_ids: Tensor
    feature_weights: Tensor
    feature_starts: Tensor

    def __init__(self, config: ModelConfig, names: Sequence[Sequence[int]] = (), features: Features | None = None):
        super().__init__()
        shape = config.shape
        if shape.width % (2 * shape.heads):
            raise ValueError(f"width {shape.width} is no multiple of 2 * {shape.heads} heads")
        self.config = config
        self.embedding = nn.Embedding(config.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape, i) for i in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=EPSILON)
        self.dropout = nn.Dropout(shape.dropout)
        cos, sin = rotary(shape.context, shape.width // shape.heads)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self.foods = len(names)
        flat = torch.tensor([piece for name in names for piece in name], dtype=torch.long)
        starts = torch.tensor([0, *(len(name) for name in names)], dtype=torch.long).cumsum(0)[: len(names)]
        self.register_buffer("name_pieces", flat, persistent=False)
        self.register_buffer("name_starts", starts, persistent=False)
        self.feature_embedding: nn.Embedding | None = None
        if features is not None:
            self.feature_embedding = nn.Embedding(features.count, shape.width)
            self.register_buffer("feature_ids", features.ids, persistent=False)
            self.register_buffer("feature_weights", features.weights, persistent=False)
            self.register_buffer("feature_starts", features.starts, persistent=False)
        self.apply(self._initialise)
        with torch.no_grad():
            # What a food has of its own starts small: at first it is what its name says.
            self.embedding.weight[config.vocabulary - self.foods :] *= OWN_SHARE

    def _initialise(self, module: nn.Module) -> None:
        """Normal weights; each block starts as the identity, since what it adds to the stream starts at zero."""
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5)
        if isinstance(module, Block):
            nn.init.zeros_(module.attention.out.weight)
            nn.init.zeros_(module.down.weight)

    def table(self) -> Tensor:
        """The embedding of every token, features and names worked in. Shape (vocabulary, C)."""
        own = self.embedding.weight
        if self.feature_embedding is not None:
            own = own + F.embedding_bag(
                self.feature_ids, self.feature_embedding.weight, self.feature_starts, mode="sum", per_sample_weights=self.feature_weights
            )
        if not self.foods:
            return own
        words = len(own) - self.foods
        said = F.embedding_bag(self.name_pieces, own[:words], self.name_starts, mode="mean")
        return torch.cat((own[:words], own[words:] + said))

    def hidden(self, ids: Tensor, table: Tensor, cache: Cache | None = None) -> Tensor:
        """What the network says after each token, (B, T, C); its products with `table` are the logits. `ids` (B, T).

        With a cache, `ids` are only the new tokens. Raises ValueError when a sequence is longer than the context, or several tokens
        come to a cache that is not empty.
        """
        start = cache.length if cache else 0
        if start and ids.shape[1] > 1:
            raise ValueError("with a filled cache, tokens come one at a time")
        end = start + ids.shape[1]
        if end > self.config.shape.context:
            raise ValueError(f"{end} tokens do not fit the context of {self.config.shape.context}")
        x = self.dropout(F.embedding(ids, table))
        cos, sin = self.cos[start:end], self.sin[start:end]
        for block in self.blocks:
            x = block(x, cos, sin, cache)
        return self.norm(x)

    def forward(self, ids: Tensor, cache: Cache | None = None) -> Tensor:
        """Logits (B, T, vocabulary) for the token after each one; see `hidden`."""
        table = self.table()
        return F.linear(self.hidden(ids, table, cache), table)

    @property
    def parameter_count(self) -> int:
        """Trained numbers; the tied embedding counts once."""
        return sum(p.numel() for p in self.parameters())


def save(model: DishTransformer, folder: Path) -> None:
    """Write `model.safetensors` and `config.json` into an existing folder."""
    weights = {k: v for k, v in model.state_dict().items() if not k.startswith("feature_embedding")} | {"embedding.weight": model.table()}
    save_file({k: v.detach().contiguous().cpu() for k, v in weights.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(asdict(model.config), indent=1))


def load(folder: Path) -> DishTransformer:
    """The model that `save` wrote, in evaluation mode."""
    raw = json.loads((folder / "config.json").read_text())
    model = DishTransformer(ModelConfig(raw["vocabulary"], ModelShape(**raw["shape"])))
    model.load_state_dict(load_file(folder / "model.safetensors"))
    return model.eval()
