"""The Dagster assets, thin over the rooms below: each names its inputs, calls one function, and says what it made.

What belongs here: wiring and metadata. What an asset computes stands in `recipes`, `dietetics`, `model`, `evaluation`, `store`.
"""
