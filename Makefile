# `make run` shows the whole way to a trained network; `make test` proves it in minutes, and
# `make test-all` what takes longer.
# Without make: the README has the plain commands.

PYTHON ?= python3
BIN := .venv/bin

PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal
# Python compiles what is imported; pip would compile everything, which takes as long as the rest.
PIP_OPTIONS := --quiet --disable-pip-version-check --no-compile -c constraints.txt
# Tests start hundreds of processes, and each would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE
# Slow tests wait about as much as they compute.
WAITING := -n $(shell $(PYTHON) -c "import os; print(3 * (os.cpu_count() or 1) // 2)")
PAGE_TOOLS := tests/page/node_modules/.bin

.PHONY: help run lab lint generated test fast slow test-all coverage ranges lowest newest ci page soak mutation format clean

help:
	@echo "make run       install, fetch, build, train and test: about a minute"
	@echo "make lab       open the lab in the browser"
	@echo "make test      ruff, mypy and every test that is not slow: three minutes"
	@echo "make test-all  the slow tests (kills, disk errors, browsers, clusters), and the coverage"
	@echo "make coverage  only the coverage of the code that reads or writes files"
	@echo "make ranges    try the lowest and the newest versions that pyproject.toml allows: minutes"
	@echo "make page      check the page's JavaScript: types and lint"
	@echo "make ci        all of these, each test once"
	@echo "make soak      longer versions of the tests of docs/reliability.md: hours"
	@echo "make mutation  how many deliberate bugs the tests detect: a quarter of an hour"
	@echo "make generated  write what is generated from the code: reference pages, types of options"
	@echo "make format    format the code with ruff"
	@echo "make clean     remove .venv and all cached files except the raw files"

run: .venv/installed
	$(BIN)/pipeline fetch
	$(BIN)/pipeline build-pickles
	$(BIN)/network train
	$(BIN)/network test
	@echo "Next: . $(BIN)/activate, then network show --wrong, or make lab"

lab: .venv/installed-lab
	$(BIN)/pipeline build-pickles --quiet
	$(BIN)/network lab

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Each is written at its end, so that a command that fails leaves the old one.
generated: .venv/installed-dev
	page=$$($(BIN)/python -m network.commands.text.options_page) && printf '%s\n' "$$page" > docs/reference/options.md
	page=$$($(BIN)/python -m tests.support.commands_page) && printf '%s\n' "$$page" > docs/reference/commands.md
	types=$$($(BIN)/python -m tests.support.option_types) && printf '%s\n' "$$types" > network/training/option_types.py

# mypy beside the tests: it uses one core, and the tests wait for each other at their ends.
test: .venv/installed-dev
	$(MAKE) --no-print-directory --jobs=2 lint fast

fast: .venv/installed-dev
	$(PYTEST) -m "not slow"

slow: .venv/installed-dev
	$(PYTEST) $(WAITING) -m slow

coverage: .venv/installed-dev
	$(PYTEST) -m "not slow and covering" --cov

test-all: slow coverage

# Each test once, and the coverage of those that count for it. First the checks that use one core
# each, two at a time.
ci: .venv/installed-dev
	$(MAKE) --no-print-directory --jobs=2 --output-sync=target lowest newest lint page
	$(MAKE) --no-print-directory coverage
	$(PYTEST) $(WAITING) -m "slow or not covering"

ranges: lowest newest

lowest newest: .venv/installed-dev
	$(BIN)/python -m tests.support.version_ranges $@

page:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory check-page; \
	else echo "page: skipped, Node.js (npm) is not installed"; fi

.PHONY: check-page
check-page: tests/page/node_modules/installed
	$(PAGE_TOOLS)/tsc --project tests/page/tsconfig.json
	$(PAGE_TOOLS)/eslint --config tests/page/eslint.config.js --max-warnings 0 network/lab/page

soak: .venv/installed-dev
	$(PYTEST) --soak --timeout=0 tests/reliability tests/pipeline/download/test_fetch.py tests/pipeline/pickles/test_attacks.py tests/network/training/test_resume.py tests/network/core/test_gradient_check.py tests/network/training/test_find_preset.py tests/network/lab/test_server.py

mutation: .venv/installed-dev
	$(BIN)/python -m pip install $(PIP_OPTIONS) -e '.[dev,mutation]'
	$(BIN)/python tests/support/mutation_score.py

format: .venv/installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv mutants tests/page/node_modules cache/pickles cache/runs cache/sweeps cache/pictures cache/locks

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(PIP_OPTIONS) -e .
	@touch $@

.venv/installed-lab: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(PIP_OPTIONS) -e '.[lab]'
	@touch $@

# uv installs in seconds what takes pip a minute. Where it cannot be had, or fails, pip does.
.venv/installed-dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(PIP_OPTIONS) uv && \
		$(BIN)/uv pip install --quiet --python $(BIN)/python -c constraints.txt -e '.[dev]' || \
		$(BIN)/python -m pip install $(PIP_OPTIONS) -e '.[dev]'
	@touch $@

tests/page/node_modules/installed: tests/page/package.json
	cd tests/page && npm install --no-package-lock --no-audit --no-fund --silent
	@touch $@
