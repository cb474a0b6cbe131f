"""Other models on our split, measured as ours is: what the transformer has to beat, and by how much.

What belongs here: one file a peer, each with a `fit(material)` that gives a `Trained`; what they share (`common.py`, `loop.py`); the table
(`table.py`); and the small measurements beside it (`throughput.py`, `courses.py`). Nothing in the package imports this folder.
"""

# First of all: it says how threads wait for one another, which is heeded only before torch is loaded.
import dish_pipeline.model  # noqa: F401
