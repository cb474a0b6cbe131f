"""Which course is it? Random forest and gradient boosting on the foods and grams, against our model asked by Bayes.

What belongs here: this one comparison, on the same split. Our sequence begins with the course, so p(course | foods, amounts) is the share of
each course in P(course, foods, amounts): the dish is scored under each of the six, without its title, and the scores are normalised, over
several orders of the foods. Dishes whose source names no course are left out on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log
from typing import Any

import numpy as np

from benchmarks.peers.common import Material
from dish_pipeline.dish import COURSES, Dish
from dish_pipeline.evaluation.likelihood import Score, bootstrap, random_orders
from dish_pipeline.model.tokenizer import PARTS

FEWEST_DISHES = 3
"""A food is a feature when at least that many training dishes have it."""


def by_bayes(score: Score, dishes: Sequence[Dish], orders: int, seed: int) -> np.ndarray:
    """p(course | foods, amounts) under a model of whole dishes. Shape (dishes, courses)."""
    before_title = [i for i, part in enumerate(PARTS) if part != "title"]
    logs = np.zeros((orders, len(dishes), len(COURSES)))
    for k in range(orders):
        order = random_orders(dishes, seed + k)
        for c, course in enumerate(COURSES):
            logs[k, :, c] = -score([replace(d, course=course) for d in dishes], order)[:, before_title].sum(axis=1) * log(2)
    joint = np.logaddexp.reduce(logs, axis=0)
    joint -= joint.max(axis=1, keepdims=True)
    found = np.exp(joint)
    return found / found.sum(axis=1, keepdims=True)


def _features(dishes: Sequence[Dish], foods: dict[str, int]) -> np.ndarray:
    """Presence of each food, and the logarithm of its grams. Shape (dishes, 2 * foods)."""
    made = np.zeros((len(dishes), 2 * len(foods)), dtype=np.float32)
    for i, dish in enumerate(dishes):
        for portion in dish.portions:
            j = foods.get(portion.food_id)
            if j is not None:
                made[i, j] = 1.0
                made[i, len(foods) + j] = np.log1p(portion.grams or 0.0)
    return made


def _summary(probabilities: np.ndarray, truth: np.ndarray, seed: int) -> dict[str, Any]:
    bits = -np.log2(probabilities[np.arange(len(truth)), truth])
    right = (probabilities.argmax(axis=1) == truth).astype(float)
    return {"accuracy": bootstrap(right, seed), "bits": bootstrap(bits, seed)}


def compare(material: Material, score: Score | None, orders: int = 4) -> dict[str, Any]:
    """Accuracy and log-loss in bits, with intervals over the test dishes, of each classifier. Raises ImportError without scikit-learn."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    train, valid, test = ([d for d in some if d.course in COURSES] for some in (material.train, material.valid, material.test))
    counts: dict[str, int] = {}
    for dish in train:
        for food in dish.food_ids:
            counts[food] = counts.get(food, 0) + 1
    foods = {f: i for i, f in enumerate(sorted(f for f, n in counts.items() if n >= FEWEST_DISHES))}
    x = {name: _features(some, foods) for name, some in (("train", train), ("valid", valid), ("test", test))}
    y = {name: np.array([COURSES.index(d.course) for d in some]) for name, some in (("train", train), ("valid", valid), ("test", test))}
    prior = (np.bincount(y["train"], minlength=len(COURSES)) + 1) / (len(train) + len(COURSES))
    candidates: dict[str, list[Any]] = {
        "random forest": [
            RandomForestClassifier(400, min_samples_leaf=leaf, random_state=material.seed, n_jobs=1) for leaf in (1, 2, 4)
        ],
        "gradient boosting": [
            HistGradientBoostingClassifier(learning_rate=0.1, max_iter=trees, max_leaf_nodes=15, early_stopping=False, random_state=material.seed)
            for trees in (30, 80)
        ],
    }
    found: dict[str, Any] = {"prior": _summary(np.tile(prior, (len(test), 1)), y["test"], material.seed)}
    for name, models in candidates.items():
        tried = []
        for number, model in enumerate(models):
            model.fit(x["train"], y["train"])
            # A forest is sure too soon; how much of the prior is mixed in is chosen with the rest.
            for share in (0.01, 0.05, 0.15):
                tried.append((_summary(_spread(model, x["valid"], prior, share), y["valid"], 1)["bits"]["mean"], number, share))
        _, number, share = min(tried)
        found[name] = _summary(_spread(models[number], x["test"], prior, share), y["test"], material.seed) | {"prior mixed in": share}
    if score is not None:
        found["ours, by Bayes"] = _summary(by_bayes(score, test, orders, material.seed), y["test"], material.seed)
    return found | {"dishes": len(test), "features": 2 * len(foods)}


def _spread(model: Any, x: np.ndarray, prior: np.ndarray, share: float) -> np.ndarray:
    said = np.zeros((len(x), len(COURSES)))
    said[:, model.classes_] = model.predict_proba(x)
    return (1 - share) * said + share * prior
