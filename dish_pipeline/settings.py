"""Where things are and how large a run is: folders, presets, seeds.

What belongs here: paths and the numbers that a preset fixes. Nothing here reads a data file or imports another room.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
CHECKOUT = PACKAGE.parent
_IN_CHECKOUT = (CHECKOUT / "workspace.yaml").is_file()

INPUTS = CHECKOUT / "data" if _IN_CHECKOUT else PACKAGE / "_inputs"
"""The committed inputs (recipes, lexicon, profiles): in a clone its `data/`. A wheel has none yet: install from a clone (`make run` does)."""

DEFAULT_DATA = CHECKOUT / "data" if _IN_CHECKOUT else Path.cwd() / "dish_data"
"""Where a run without `--data` puts what it makes."""

DEFAULT_DAGSTER_HOME = CHECKOUT / "dagster_home" if _IN_CHECKOUT else DEFAULT_DATA / "dagster_home"


class SettingsError(ValueError):
    """A path or preset that cannot be used; the message says what to do."""


@dataclass(frozen=True)
class Settings:
    """The folders of one run. `data` receives everything the run makes; the others are read only."""

    recipes: Path = INPUTS / "recipes"
    data: Path = DEFAULT_DATA
    lexicon: Path = INPUTS / "lexicon"
    profiles: Path = INPUTS / "profiles"

    @property
    def own_profiles(self) -> Path:
        """A user's own profiles: one of the same name stands in for a committed one. May be missing."""
        return self.data / "profiles"

    @property
    def artifacts(self) -> Path:
        """Versioned outputs, one folder per asset."""
        return self.data / "artifacts"

    @property
    def candidates(self) -> Path:
        """The DuckDB file that dietitians open."""
        return self.data / "candidates.duckdb"

    @property
    def reviews(self) -> Path:
        """The SQLite ledger of people's verdicts."""
        return self.data / "reviews.sqlite"

    @property
    def report(self) -> Path:
        """The newest evaluation report as JSON; HTML and Markdown lie beside it."""
        return self.data / "report.json"


@dataclass(frozen=True)
class ModelShape:
    """The size of the transformer. `width` must be a multiple of `2 * heads` (rotary positions turn pairs)."""

    layers: int
    width: int
    heads: int
    hidden: int
    dropout: float
    context: int = 384


@dataclass(frozen=True)
class TrainingPlan:
    """How the transformer is trained. One step sees `batch * accumulate` dishes."""

    epochs: int
    max_steps: int
    batch: int
    accumulate: int
    learning_rate: float
    weight_decay: float
    label_smoothing: float
    warmup: float
    """Share of the steps over which the learning rate rises."""
    decay: float
    """Share of the steps, at the end, over which it falls to zero."""
    patience: int
    """Evaluations on the validation split without a new best before training stops."""
    evaluate_every: int
    """Steps between two evaluations, each of which also writes a checkpoint."""
    clip: float = 1.0
    shuffle_foods: bool = True
    """Draw the order of a dish's foods anew at each epoch; else they keep the recipe's."""
    token_dropout: float = 0.0
    """Share of the foods in the inputs that are replaced by random ones."""
    field_masking: float = 0.0
    """Chance that a dish is read without its course, and likewise without its amounts, so that both may be missing."""
    subword_sampling: float = 0.0
    """Chance that a title is cut into other pieces than the likeliest ones (Kudo 2018)."""
    vary_amounts: float = 0.0
    """Chance that a dish is read in other amounts, drawn anew at each epoch."""
    muon: bool = True
    """Muon for the matrices inside the blocks; else AdamW for everything."""
    average: float = 0.0
    """What the running average of the weights keeps at each step, such as 0.99; it is what is validated and kept. 0: no average."""
    device: str = "cpu"
    """Where the network is trained: cpu, cuda or cuda:1."""
    bf16: bool = False
    """Multiply in bfloat16 (autocast); the weights stay in single precision."""
    teachers: int = 0
    """Models of other seeds that are trained first and then teach the one that is kept (distillation of an ensemble)."""
    teacher_epochs: int = 6
    """Epochs of each teacher."""
    taught: float = 0.7
    """Share of the loss that is the teachers'."""
    title_first: float = 0.0
    """Chance that a dish is read title first, so that foods can be completed from a title."""
    amounts_last: float = 0.0
    """Chance that a dish is read with all its foods before any amount, so that amounts can be completed from foods and title."""
    conditions: float = 0.0
    """Chance that a dish is read after some of the conditions that hold of it (see `model/given.py`)."""
    max_seconds: float = 330.0
    """A wall-clock guard for slow machines; a run that it ends says so, since its weights then depend on the clock."""


@dataclass(frozen=True)
class Preset:
    """Everything that a preset's name stands for."""

    name: str
    vocabulary: int
    model: ModelShape
    training: TrainingPlan
    ideas_per_ask: int
    evaluation_orders: int
    """Ingredient orders drawn per dish when bits are measured."""
    bootstrap: int = 1000


PRESETS = {
    "tiny": Preset(
        name="tiny",
        vocabulary=640,
        model=ModelShape(layers=2, width=64, heads=2, hidden=160, dropout=0.0),
        training=TrainingPlan(
            epochs=6, max_steps=400, batch=32, accumulate=1, learning_rate=4e-3, weight_decay=0.1, label_smoothing=0.02,
            warmup=0.1, decay=0.5, patience=4, evaluate_every=20, max_seconds=45.0,
        ),
        ideas_per_ask=12,
        evaluation_orders=1,
        bootstrap=300,
    ),
    "laptop": Preset(
        name="laptop",
        vocabulary=2048,
        model=ModelShape(layers=3, width=128, heads=4, hidden=336, dropout=0.1),
        training=TrainingPlan(
            epochs=10, max_steps=6000, batch=32, accumulate=1, learning_rate=3e-3, weight_decay=0.5, label_smoothing=0.02,
            warmup=0.05, decay=1.0, patience=6, evaluate_every=60, teachers=3, teacher_epochs=6, max_seconds=600.0,
        ),
        ideas_per_ask=40,
        evaluation_orders=8,
    ),
    "overnight": Preset(
        name="overnight",
        vocabulary=2048,
        model=ModelShape(layers=4, width=192, heads=6, hidden=512, dropout=0.15),
        training=TrainingPlan(
            epochs=16, max_steps=100_000, batch=32, accumulate=1, learning_rate=3e-3, weight_decay=0.5, label_smoothing=0.02,
            warmup=0.05, decay=1.0, patience=10, evaluate_every=100, teachers=6, teacher_epochs=8, max_seconds=10 * 3600.0,
        ),
        ideas_per_ask=80,
        evaluation_orders=16,
    ),
    "gpu": Preset(
        name="gpu",
        vocabulary=2048,
        model=ModelShape(layers=6, width=256, heads=8, hidden=704, dropout=0.2),
        training=TrainingPlan(
            epochs=24, max_steps=200_000, batch=64, accumulate=1, learning_rate=3e-3, weight_decay=0.5, label_smoothing=0.02,
            warmup=0.05, decay=1.0, patience=10, evaluate_every=100, teachers=8, teacher_epochs=12, device="cuda", bf16=True, max_seconds=10 * 3600.0,
        ),
        ideas_per_ask=80,
        evaluation_orders=16,
    ),
}
"""tiny: a look in seconds. laptop: chosen by measurement on two cores (docs/experiments.md). overnight and gpu: the same levers with more
teachers and a larger network; their sizes follow the direction of the measured rows and were not swept."""


DEFAULT_ASKS = (
    "diabetes + coeliac", "coeliac", "diabetes", "lactose_intolerance", "ckd", "hypertension", "cardiovascular", "vegetarian", "vegan",
    "milk_allergy", "egg_allergy", "egg_allergy + ckd", "coeliac + milk_allergy", "diabetes + hypertension", "vegan + coeliac",
    "tree_nut_allergy + peanut_allergy", "fish_allergy + crustacean_allergy + mollusc_allergy", "soy_allergy + sesame_allergy",
)
"""What ideas are asked for when nobody says otherwise."""


def preset_named(name: str) -> Preset:
    """The preset of that name. Raises SettingsError, naming the presets there are."""
    try:
        return PRESETS[name]
    except KeyError:
        raise SettingsError(f"no preset {name!r}; there are: {', '.join(PRESETS)}") from None
