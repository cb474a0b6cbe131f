"""Proofs that the lexicon's files are consistent with themselves.

What belongs here: faults that a person has to mend, each named with file, row and remedy. `names.py` looks at names and at what a food's
row must say, `facts.py` at three-valued facts, `figures.py` at composition and unit weights, `reasons.py` at the reasons given for facts.
What `lexicon.load` refuses is a fault as well, but then only the names can be looked at besides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from dish_pipeline.dietetics.lexicon import LexiconError, load
from dish_pipeline.dietetics.lexicon_lint import facts, figures, names, reasons
from dish_pipeline.dietetics.lexicon_lint.fault import Fault

__all__ = ["Fault", "counted", "examine"]


def examine(folder: Path) -> list[Fault]:
    """Every fault of the lexicon in `folder`. An empty list means that it is consistent."""
    found = names.faults(folder)
    try:
        lexicon = load(folder)
    except LexiconError as error:
        if any(fault.kind == names.TWO_FOODS for fault in found):
            # Loading refuses the first such name; here every one is listed already.
            return found
        return [*found, Fault("file that cannot be used", "lexicon", folder.name, str(error), "mend this first: the rest can be looked at only then")]
    return [*found, *facts.faults(lexicon, folder), *figures.faults(lexicon, folder), *reasons.faults(lexicon, folder)]


def counted(faults: Iterable[Fault]) -> list[str]:
    """How many faults there are of each kind, commonest first."""
    return [f"{count:5}  {kind}" for kind, count in Counter(fault.kind for fault in faults).most_common()]
