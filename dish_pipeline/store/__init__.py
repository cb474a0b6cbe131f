"""What outlives a run: versioned artifacts on disk, the ledger of reviews, the DuckDB file of ideas.

What belongs here: writing and reading files so that a kill at any moment leaves the last good state. No Dagster, no model.
"""
