"""The dish model: dishes as text and tokens, the transformer, its training, sampling under constraints, baselines.

What belongs here: everything that turns dishes into probabilities and back. It knows no DuckDB and no Dagster; torch is imported
only in the modules that touch a tensor.
"""
