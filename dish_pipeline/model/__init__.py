"""The dish model: dishes as text and tokens, the transformer, its training, sampling under constraints, baselines.

What belongs here: everything that turns dishes into probabilities and back. It knows no DuckDB and no Dagster; torch is imported
only in the modules that touch a tensor.
"""

import os

# Torch's threads otherwise spin while they wait for each other. On a machine that is busy with something else each then takes the
# other's core: a training step was measured at 2.2 s instead of 0.06 s. Read by the OpenMP library when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "0")
