"""Measurements of what the README promises; `make bench` runs them. Nothing of the package imports this folder."""
