"""A modern decoder from x-transformers on our tokens: what a well-read person assembles from flags in an afternoon.

What belongs here: the network and the settings tried. Rotary positions, RMSNorm, SwiGLU, normalised queries and keys, tied embeddings, dropout,
AdamW, a fresh order of the foods at each epoch. No grammar mask and no names in the embeddings: they are ours.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from benchmarks.peers import loop
from benchmarks.peers.common import Material, Trained, best_of

CANDIDATES: tuple[dict[str, Any], ...] = (
    {"width": 128, "depth": 4, "heads": 4, "dropout": 0.2, "learning_rate": 2e-3, "weight_decay": 0.1},
    {"width": 128, "depth": 4, "heads": 4, "dropout": 0.1, "learning_rate": 1e-3, "weight_decay": 0.1},
    {"width": 192, "depth": 4, "heads": 6, "dropout": 0.3, "learning_rate": 1e-3, "weight_decay": 0.3},
)


def build(vocabulary: int, context: int, asked: dict[str, Any]) -> nn.Module:
    """The network. Raises ImportError without x-transformers."""
    from x_transformers import Decoder, TransformerWrapper

    return TransformerWrapper(
        num_tokens=vocabulary, max_seq_len=context, use_abs_pos_emb=False, tie_embedding=True, emb_dropout=asked["dropout"],
        attn_layers=Decoder(
            dim=asked["width"], depth=asked["depth"], heads=asked["heads"], attn_dim_head=asked["width"] // asked["heads"],
            rotary_pos_emb=True, rotary_emb_dim=asked["width"] // asked["heads"], use_rmsnorm=True, ff_glu=True, ff_swish=True, ff_no_bias=True,
            ff_mult=3, attn_qk_norm=True, attn_dropout=asked["dropout"], ff_dropout=asked["dropout"],
        ),
    )


def fit(material: Material) -> Trained:
    """Every setting asked for; the best on the validation split."""
    found = []
    dishes = [*material.train, *material.valid, *material.test]
    context = max(len(material.tokenizer.encode(d).ids) for d in dishes)
    for asked in CANDIDATES[: material.candidates]:
        torch.manual_seed(material.seed)
        model = build(material.tokenizer.size, context, asked)
        plan = loop.Settings(learning_rate=asked["learning_rate"], weight_decay=asked["weight_decay"], epochs=20)
        trained = loop.fit("modern decoder, x-transformers", model, model, material, plan)
        trained.chosen |= asked
        found.append(trained)
    return best_of(found)
