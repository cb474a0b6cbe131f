"""The original's architecture, from its description: a set transformer for the foods and a second network for the quantities.

What belongs here: both networks, and what turns them into probabilities on our measure.

Foods: causal encoder without positions, width 60, 3 layers, 4 heads, about 173k parameters at 877 tokens; start token = course; soft
cross-entropy over all foods not yet emitted; the set reshuffled at each read; label smoothing .05, dropout .05. A food that no training dish
has is drawn as `other`, then evenly among those. When it is scored, foods already emitted get no probability, which only helps it.

Quantities: the same body reads the finished set; softmax over its foods for the shares, regression for the logarithm of the total grams.
Share times total is a point; around it stands a log-normal whose spread comes from the training residuals of the food, leaning on those of all
foods, and whose mass is counted in the cells of our grid. "?" has its frequency in the food. A width factor is chosen on the validation split.

It has no titles and no prior over courses. The course's bits are those of counting, the title's those of the best counting model: a gift.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil, log, log2

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.peers.common import Material, Trained, Watch, batch_and_epochs, best_of
from benchmarks.peers.mixture import fit as fit_mixture
from dish_pipeline.dish import COURSES, UNKNOWN_COURSE, Dish
from dish_pipeline.model.baselines import Baseline, PopularityBag
from dish_pipeline.model.text import GRID
from dish_pipeline.model.tokenizer import PARTS, DishTokenizer

WIDTH, LAYERS, HEADS, FEED, SMOOTHING, DROPOUT = 60, 3, 4, 60, 0.05, 0.05
COURSE_LIST = (*COURSES, UNKNOWN_COURSE)
PAD, END, OTHER, FIRST = 0, 1, 2, 3 + len(COURSE_LIST)
"""Tokens: padding, end, a food never seen, then the courses, then the foods of the training dishes."""
CANDIDATES = ({"learning_rate": 2e-3, "epochs": 40}, {"learning_rate": 5e-3, "epochs": 40}, {"learning_rate": 1e-3, "epochs": 60})
QUANTITY_EPOCHS, RATE, SPREAD_PRIOR = 20, 2e-3, 10.0
FACTORS = (1.0, 1.15, 1.3, 1.5, 1.8)

_EDGES = np.concatenate([[-np.inf], 0.5 * (np.log(GRID[:-1]) + np.log(GRID[1:])), [np.inf]])


def cell_masses(mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """The mass of log-normals in the cells of the grid of amounts. `mean` and `spread` (...) -> (..., cells); sums to one."""
    below = torch.special.ndtr(torch.from_numpy((_EDGES - mean[..., None]) / spread[..., None])).numpy()
    return np.diff(below, axis=-1)


class Body(nn.Module):
    """Embedding and encoder without positions: what both networks have."""

    def __init__(self, vocabulary: int):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, WIDTH, padding_idx=PAD)
        layer = nn.TransformerEncoderLayer(WIDTH, HEADS, FEED, DROPOUT, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False)

    def forward(self, ids: Tensor, causal: bool) -> Tensor:
        """(B, T) -> (B, T, WIDTH)."""
        mask = nn.Transformer.generate_square_subsequent_mask(ids.shape[1], dtype=torch.bool, device=ids.device) if causal else None
        return self.encoder(self.embedding(ids), mask=mask, src_key_padding_mask=ids == PAD)


class SetModel(nn.Module):
    """Course and foods so far -> logits over foods and end."""

    def __init__(self, vocabulary: int):
        super().__init__()
        self.body, self.out = Body(vocabulary), nn.Linear(WIDTH, vocabulary)

    def forward(self, ids: Tensor) -> Tensor:
        """(B, T) -> (B, T, vocabulary); what can never come next (padding, courses) has no probability."""
        logits = self.out(self.body(ids, causal=True))
        never = torch.zeros(logits.shape[-1], dtype=torch.bool)
        never[[PAD, *range(3, FIRST)]] = True
        return logits.masked_fill(never, -1e9)


class QuantityModel(nn.Module):
    """A finished set -> a logit of each food's share, and the logarithm of the total grams."""

    def __init__(self, vocabulary: int):
        super().__init__()
        self.body, self.share, self.total = Body(vocabulary), nn.Linear(WIDTH, 1), nn.Linear(WIDTH, 1)

    def forward(self, ids: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Log-shares over the `known` foods (B, T - 1), log of the total (B,)."""
        x = self.body(ids, causal=False)
        logits = self.share(x[:, 1:]).squeeze(-1).masked_fill(~known, -1e9)
        return torch.log_softmax(logits, dim=1), self.total(x[:, 0]).squeeze(-1) + 5.5


class Vocabulary:
    """Foods of the training dishes as tokens."""

    def __init__(self, dishes: Sequence[Dish], tokenizer: DishTokenizer):
        seen = sorted({f for d in dishes for f in d.food_ids})
        self.ids = {food: FIRST + i for i, food in enumerate(seen)}
        self.size = FIRST + len(seen)
        self.never_seen = max(1, len(tokenizer.food_ids) - len(seen))

    def row(self, dish: Dish, order: Sequence[int]) -> list[int]:
        """Course and foods in that order."""
        course = dish.course if dish.course in COURSE_LIST else UNKNOWN_COURSE
        return [3 + COURSE_LIST.index(course), *(self.ids.get(dish.portions[i].food_id, OTHER) for i in order)]


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Rows of different lengths side by side."""
    made = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for i, row in enumerate(rows):
        made[i, : len(row)] = torch.tensor(row)
    return made


def soft_loss(logits: Tensor, ids: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy, in nats a position, against all foods not yet emitted alike; against the end once all are. Smoothed over foods and end."""
    logs = torch.log_softmax(logits, dim=-1)
    foods, length = ids[:, 1:], (ids != PAD).sum(1) - 1
    place = torch.arange(ids.shape[1])
    here = place <= length[:, None]
    to_come = (place[None, :-1] >= place[:, None])[None] & (place[None, :-1] < length[:, None])[:, None]
    said = (logs.gather(2, foods[:, None].expand(-1, ids.shape[1], -1)) * to_come).sum(2) / to_come.sum(2).clamp(min=1)
    soft = torch.where(place == length[:, None], logs[:, :, END], said)
    possible = logits[0, 0] > -1e8
    even = logs[..., possible].mean(-1)
    return -(((1 - smoothing) * soft + smoothing * even) * here).sum() / here.sum()


def food_bits(model: SetModel, rows: Sequence[Sequence[int]], vocabulary: Vocabulary, batch: int = 64) -> np.ndarray:
    """Bits of the foods of each row in their order, the end included. A food already emitted has no probability. Shape (rows,)."""
    was_training = model.training
    model.eval()
    bits = np.zeros(len(rows))
    by_length = np.argsort([len(r) for r in rows], kind="stable")
    with torch.no_grad():
        for begin in range(0, len(rows), batch):
            chosen = by_length[begin : begin + batch]
            ids = padded([rows[i] for i in chosen])
            logits = model(ids).clone()
            for t in range(1, ids.shape[1]):
                emitted = ids[:, 1 : t + 1]
                logits[:, t].scatter_(1, torch.where(emitted == OTHER, PAD, emitted), -1e9)
            logs = torch.log_softmax(logits, dim=-1).double()
            for j, i in enumerate(chosen):
                row, unseen = rows[i], 0
                targets = [*row[1:], END]
                for t, token in enumerate(targets):
                    bits[i] -= float(logs[j, t, token]) / log(2)
                    if token == OTHER:
                        bits[i] += log2(max(1, vocabulary.never_seen - unseen))
                        unseen += 1
    model.train(was_training)
    return bits


class Quantities:
    """The second network with its noise: bits of the amounts of a dish, given its course and all its foods."""

    def __init__(self, material: Material, vocabulary: Vocabulary, seconds: float):
        self.vocabulary = vocabulary
        torch.manual_seed(material.seed + 1)
        self.model = QuantityModel(vocabulary.size)
        self.seen = Counter(p.food_id for d in material.train for p in d.portions)
        self.unsaid = Counter(p.food_id for d in material.train for p in d.portions if p.grams is None)
        self.unsaid_anywhere = (self.unsaid.total() + 0.5) / (self.seen.total() + 1)
        self.factor, self.spreads, self.spread = 1.0, dict[str, float](), 1.0
        self._train(material, seconds)
        self._measure_spreads(material.train)
        tried = []
        for self.factor in FACTORS:
            tried.append((float(self.bits(material.valid).mean()), self.factor))
        self.factor = min(tried)[1]

    def _arrays(self, dishes: Sequence[Dish]) -> tuple[Tensor, Tensor, Tensor]:
        """Ids (B, T), which amounts are known (B, T - 1), their grams (B, T - 1) with 1 elsewhere."""
        ids = padded([self.vocabulary.row(d, range(len(d.portions))) for d in dishes])
        grams = torch.ones(len(dishes), ids.shape[1] - 1)
        known = torch.zeros(len(dishes), ids.shape[1] - 1, dtype=torch.bool)
        for i, dish in enumerate(dishes):
            for j, portion in enumerate(dish.portions):
                if portion.grams is not None:
                    grams[i, j], known[i, j] = portion.grams, True
        return ids, known, grams

    def _loss(self, dishes: Sequence[Dish]) -> Tensor:
        ids, known, grams = self._arrays(dishes)
        logs, total = self.model(ids, known)
        weights = grams * known
        sums = weights.sum(1).clamp(min=1e-6)
        some = known.any(1).float()
        shares = -(weights / sums[:, None] * logs.masked_fill(~known, 0.0)).sum(1)
        return ((shares + (total - sums.log()) ** 2) * some).sum() / some.sum().clamp(min=1)

    def _train(self, material: Material, seconds: float) -> None:
        """Until validation no longer improves; shares by cross-entropy, the total by squared error of its logarithm."""
        optimiser = torch.optim.AdamW(self.model.parameters(), lr=RATE, weight_decay=0.01)
        rng = np.random.default_rng((material.seed, 17))
        best, weights, since = np.inf, {k: v.clone() for k, v in self.model.state_dict().items()}, 0
        batch, epochs = batch_and_epochs(len(material.train), QUANTITY_EPOCHS)
        per_epoch = ceil(len(material.train) / batch)
        clock = Watch(material, lambda *_: np.zeros((1, 1)), lambda: None, per_epoch)
        for _ in range(epochs):
            self.model.train()
            for chosen in np.array_split(rng.permutation(len(material.train)), per_epoch):
                self._loss([material.train[i] for i in chosen]).backward()
                torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
                optimiser.step()
                optimiser.zero_grad()
            self.model.eval()
            with torch.no_grad():
                now = float(self._loss(material.valid))
            if now < best:
                best, since = now, 0
                weights = {k: v.clone() for k, v in self.model.state_dict().items()}
            else:
                since += 1
            if since >= clock.patience or clock.seconds > seconds:
                break
        self.model.load_state_dict(weights)
        self.model.eval()

    @torch.no_grad()
    def _means(self, dishes: Sequence[Dish]) -> list[np.ndarray]:
        """Logarithm of share times total for each food of each dish."""
        found = []
        for begin in range(0, len(dishes), 256):
            some = dishes[begin : begin + 256]
            ids, known, _ = self._arrays(some)
            logs, total = self.model(ids, known)
            made = (logs + total[:, None]).double().numpy()
            found += [made[i, : len(d.portions)] for i, d in enumerate(some)]
        return found

    def _measure_spreads(self, dishes: Sequence[Dish]) -> None:
        squares, counts = Counter[str](), Counter[str]()
        for dish, means in zip(dishes, self._means(dishes), strict=True):
            for portion, mean in zip(dish.portions, means, strict=True):
                if portion.grams is not None:
                    squares[portion.food_id] += (log(portion.grams) - mean) ** 2
                    counts[portion.food_id] += 1
        everywhere = squares.total() / max(1, counts.total())
        self.spread = max(0.05, everywhere**0.5)
        self.spreads = {f: max(0.05, ((squares[f] + SPREAD_PRIOR * everywhere) / (counts[f] + SPREAD_PRIOR)) ** 0.5) for f in counts}

    def bits(self, dishes: Sequence[Dish]) -> np.ndarray:
        """Bits of all amounts of each dish. Shape (dishes,)."""
        bits = np.zeros(len(dishes))
        for i, (dish, means) in enumerate(zip(dishes, self._means(dishes), strict=True)):
            spreads = self.factor * np.array([self.spreads.get(p.food_id, self.spread) for p in dish.portions])
            masses = 0.99 * cell_masses(means, spreads) + 0.01 / len(GRID)
            for portion, own in zip(dish.portions, masses, strict=True):
                unsaid = (self.unsaid[portion.food_id] + 2 * self.unsaid_anywhere) / (self.seen[portion.food_id] + 2)
                bits[i] -= log2(unsaid) if portion.grams is None else log2((1 - unsaid) * own[GRID.index(portion.grams)])
        return bits


def best_titles(material: Material) -> tuple[str, Baseline]:
    """The counting model with the cheapest titles on the validation split, and its name."""
    dishes, orders = material.watched
    mixture = fit_mixture(material)
    models: list[tuple[str, object]] = [*((m.name, m.part_bits) for m in material.counted), (mixture.name, mixture.score)]
    found = min(models, key=lambda m: m[1](dishes, orders)[:, PARTS.index("title")].mean())  # type: ignore[operator]
    return found  # type: ignore[return-value]


def fit(material: Material) -> Trained:
    """Every rate asked for; the best on the validation split. Seconds are those of the set model and, before it, of the quantity model."""
    vocabulary = Vocabulary(material.train, material.tokenizer)
    title_name, titles = best_titles(material)
    counts = next(m for m in material.counted if isinstance(m, PopularityBag))
    return best_of([_fit_one(material, vocabulary, title_name, titles, counts, asked) for asked in CANDIDATES[: material.candidates]])


def _fit_one(material: Material, vocabulary: Vocabulary, title_name: str, titles, counts: PopularityBag, asked: dict[str, float]) -> Trained:
    torch.manual_seed(material.seed)
    model = SetModel(vocabulary.size)
    quantities: list[Quantities] = []

    def score(dishes: Sequence[Dish], orders: Sequence[Sequence[int]], rest: np.ndarray | None = None) -> np.ndarray:
        bits = np.zeros((len(dishes), len(PARTS))) if rest is None else rest.copy()
        bits[:, 1] = food_bits(model, [vocabulary.row(d, o) for d, o in zip(dishes, orders, strict=True)], vocabulary)
        if rest is None:
            bits[:, 0] = [counts.shared.course_bits(d.course if d.course in COURSES else UNKNOWN_COURSE) for d in dishes]
            bits[:, 2] = quantities[0].bits(dishes)
            bits[:, 3] = titles(dishes, orders)[:, 3]
        return bits

    best: dict[str, Tensor] = {}
    # While the set model trains, the other parts of the watched dishes stay what they are.
    fixed: list[np.ndarray] = []
    batch, epochs = batch_and_epochs(len(material.train), int(asked["epochs"]))
    per_epoch = ceil(len(material.train) / batch)
    watch = Watch(
        material, lambda dishes, orders: score(dishes, orders, fixed[0]), lambda: best.update({k: v.clone() for k, v in model.state_dict().items()}),
        per_epoch,
    )
    quantities.append(Quantities(material, vocabulary, material.max_seconds / 3))
    fixed.append(score(*material.watched))
    optimiser = torch.optim.AdamW(model.parameters(), lr=asked["learning_rate"], weight_decay=0.01)
    rng = np.random.default_rng((material.seed, 5))
    total, step = epochs * per_epoch, 0
    while not watch.stopped_by and step < total:
        model.train()
        for chosen in np.array_split(rng.permutation(len(material.train)), per_epoch):
            ids = padded([vocabulary.row(material.train[i], rng.permutation(len(material.train[i].portions)).tolist()) for i in chosen])
            soft_loss(model(ids), ids, SMOOTHING).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            gone = max(step / total, watch.seconds / material.max_seconds)
            for group in optimiser.param_groups:
                group["lr"] = asked["learning_rate"] * min(1.0, step / 100 + 0.01) * max(0.02, 1 - gone)
            optimiser.step()
            optimiser.zero_grad()
            step += 1
            watch.tokens += int((ids != PAD).sum())
            if watch.mind_the_clock():
                break
        watch.look()
    model.load_state_dict(best)
    parameters = sum(p.numel() for network in (model, quantities[0].model) for p in network.parameters())
    return Trained(
        "the original's architecture", score, parameters, watch.history,
        {**asked, "batch": batch, "epochs": epochs, "foods": vocabulary.size - FIRST, "width factor": quantities[0].factor, "titles": title_name},
        watch.stopped_by or "all epochs done",
        note=f"it has no titles and no prior over courses: the title's bits are those of {title_name}, the course's those of counting",
    )
