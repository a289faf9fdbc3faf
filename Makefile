# The two commands: `make run` shows the whole way to a trained network, `make test` proves it.
# Without make: the README has the plain commands.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: help run test format clean

help:
	@echo "make run     install, fetch, build, train and test: about a minute"
	@echo "make test    ruff, mypy and pytest"
	@echo "make format  let ruff format the code"
	@echo "make clean   remove .venv and all artefacts but the raw files"

run: .venv/installed
	$(BIN)/pipeline fetch
	$(BIN)/pipeline build-pickles
	$(BIN)/network train
	$(BIN)/network test

test: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -n auto

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv cache/pickles cache/runs cache/pictures

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/installed-dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@
