# The commands of the README. Everything happens in .venv; nothing outside this folder is touched.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: run test dev sql lint bench bench-dietetics ablations clean

run: $(READY)
	@$(BIN)/dish run

test: $(READY) lint
	@$(BIN)/python -m pytest

dev: $(READY)
	@$(BIN)/dish dev

sql: $(READY)
	@$(BIN)/dish sql

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/dish lexicon lint

bench: $(READY)
	@$(BIN)/python -m benchmarks.chain

bench-dietetics: $(READY)
	@$(BIN)/python -m benchmarks.verdicts
	@$(BIN)/python -m benchmarks.resolution
	@$(BIN)/python -m benchmarks.parsing
	@$(BIN)/python -m benchmarks.nutrition

ablations: $(READY)
	@$(BIN)/python -m benchmarks.ablations

clean:
	rm -rf .venv data/artifacts data/training data/candidates.duckdb data/report.* data/model_card.md
	find dagster_home -mindepth 1 ! -name dagster.yaml -delete

$(READY): requirements.lock pyproject.toml
	@echo "Installing into .venv (once; a few minutes on a slow line)"
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(READY)
