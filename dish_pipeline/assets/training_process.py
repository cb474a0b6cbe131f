"""The training as a process of its own: `python -m dish_pipeline.assets.training_process JOB.json`.

What belongs here: the entry point that Dagster starts through Pipes (it also runs by hand). The job file says where the dishes, the
tokenizer and the lexicon lie; the loop stands in `model/training.py`. The process dies with its parent, so a killed run leaves no
trainer behind; after SIGINT or SIGTERM it writes a checkpoint and exits with 130.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import logging
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

INTERRUPTED = 130
FIRST_BATCH = "first_batch.txt"


def die_with_parent() -> None:
    """Ask the kernel (Linux) for SIGTERM when the parent process dies, be it by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGTERM)  # 1: PR_SET_PDEATHSIG
        if os.getppid() == 1:
            sys.exit(INTERRUPTED)


def main(job_path: Path) -> int:
    """Train as the job says; the outcome goes to the job's work folder. Returns the exit status."""
    die_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    from dish_pipeline.dietetics import lexicon as lexicon_room
    from dish_pipeline.model import batches, distillation, training, transformer
    from dish_pipeline.model import tokenizer as tokenizer_room
    from dish_pipeline.model.features import features_of
    from dish_pipeline.model.given import holding
    from dish_pipeline.model.text import text_of
    from dish_pipeline.progress import progress
    from dish_pipeline.recipes.validation import dishes_of
    from dish_pipeline.settings import ModelShape, TrainingPlan
    from dish_pipeline.store import tables

    job = json.loads(job_path.read_text())
    work = Path(job["work"])
    lexicon = lexicon_room.load(Path(job["lexicon"]))
    tokenizer = tokenizer_room.DishTokenizer.load(Path(job["tokenizer"]))
    train, valid = (dishes_of(tables.read(Path(job[name]))) for name in ("train", "valid"))
    conditions = [[tokenizer.given_ids[name] for name in names] for names in holding(tokenizer.given, train, lexicon)]
    plan, shape = TrainingPlan(**job["plan"]), ModelShape(**job["shape"])

    with ExitStack() as stack:
        pipes = _pipes(stack)
        lock = stack.enter_context((work / ".lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        show = stack.enter_context(progress("training", 1.0))

        whom: list[str] = []

        def on_progress(who: str, record: dict[str, Any], total: int) -> None:
            if who not in whom:
                whom.append(who)
            note = f"{who}: step {record['step']} of {total}, {record['valid_bits_per_dish']:.1f} bits per validation dish"
            show((len(whom) - 1 + record["step"] / total) / (plan.teachers + 1), note)

        try:
            batch = batches.epoch_batches(train, tokenizer, plan.batch, job["seed"], 0, training.noise_of(plan, shape), conditions)[0]
            shown = batches.described(batch, tokenizer)
            seen = f"the first dish:\n{text_of(train[0], lexicon)}\nthe first batch, as the model reads it:\n{shown}"
            (work / FIRST_BATCH).write_text(seen, encoding="utf-8")
            outcome = distillation.train_taught(
                train, valid, tokenizer, shape, plan, job["seed"], work, on_progress, features_of(tokenizer, lexicon), conditions
            )
        except training.Interrupted as stop:
            logging.warning("%s", stop)
            return INTERRUPTED
        except (ValueError, FloatingPointError) as error:
            logging.error("%s", error)
            return 1
        transformer.save(outcome.model, work)
        p = outcome.progress
        result = {
            "parameters": outcome.model.parameter_count, "steps": p.step, "steps_planned": outcome.steps_planned, "stopped_by": p.stopped_by,
            "best_step": p.best_step, "valid_bits_per_dish": p.best_bits, "seconds": p.seconds, "metrics": outcome.metrics,
        }
        (work / "outcome.json").write_text(json.dumps(result))
        if pipes is not None:
            pipes.log.info(seen)
            pipes.log.info(f"trained {p.step} steps in {p.seconds:.0f} s, stopped by: {p.stopped_by}")
    return 0


def _pipes(stack: ExitStack) -> Any:
    """The Pipes session when Dagster started this process, else None."""
    from dagster_pipes import DAGSTER_PIPES_CONTEXT_ENV_VAR, open_dagster_pipes

    if DAGSTER_PIPES_CONTEXT_ENV_VAR not in os.environ:
        return None
    return stack.enter_context(open_dagster_pipes())


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
