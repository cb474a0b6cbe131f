"""Models that count: uniform draws, popularity, co-occurrence, modified Kneser-Ney.

What belongs here: the baselines of the package as peers, and the floor of knowing nothing but the grammar.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2

import numpy as np

from benchmarks.peers.common import Material, Trained
from dish_pipeline.dish import Dish
from dish_pipeline.model.baselines import choices
from dish_pipeline.model.text import GRID
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer


def uniform_bits(dishes: Sequence[Dish], tokenizer: DishTokenizer) -> np.ndarray:
    """Bits when everything that the grammar allows is equally likely, foods never twice. Shape (dishes, parts)."""
    foods, title = len(tokenizer.food_ids), int(tokenizer.grammar[PARTS.index("title")].sum())
    courses = log2(len(tokenizer.course_ids))
    return np.array([
        [
            courses, sum(log2(foods + 1 - k) for k in range(len(d.portions) + 1)), len(d.portions) * log2(len(GRID) + 1),
            (len(tokenizer.pieces.encode(d.title)) + 1) * log2(title),
        ]
        for d in dishes
    ]).reshape(-1, len(PARTS))


def uniform(material: Material) -> Trained:
    """Equal chances within the grammar."""
    return Trained("uniform", lambda dishes, orders: uniform_bits(dishes, material.tokenizer), parameters=0)


def counted(name: str, material: Material) -> Trained:
    """One of the package's baselines, by name; its few choices were made on the validation split."""
    model = next(m for m in material.counted if m.name == name)
    return Trained(name, model.part_bits, chosen=dict(choices([model]).get(name, {})))
