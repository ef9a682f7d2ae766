# Fairbook: `make demo` solves the shipped example, `make test` runs the tests, `make check` is what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check bench docs pictures lock clean

demo: $(VENV)/.app
	$(BIN)/fairbook init demo --example --force
	$(BIN)/fairbook --store demo/.fairbook/runs.db solve demo/plan.yaml
	$(BIN)/fairbook --store demo/.fairbook/runs.db report latest --out demo/report --format page,charts,workbook,handover

test: $(VENV)/.dev
	$(BIN)/python -m pytest

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

pictures: $(VENV)/.dev
	$(BIN)/python -m docs.pictures

docs: $(VENV)/.dev
	$(BIN)/python -m docs.generate

# The lock names versions only, never where they come from.
lock: $(VENV)/.dev
	$(BIN)/pip-compile --quiet --all-extras --strip-extras --no-emit-index-url --no-emit-trusted-host \
	  --no-emit-find-links --no-header --no-annotate --output-file requirements.lock pyproject.toml

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Fairbook needs Python 3.11 or newer, this is " + sys.version) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.app: pyproject.toml requirements.lock | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[cjk]'
	@touch $@

$(VENV)/.dev: pyproject.toml requirements.lock | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[dev]'
	@touch $@ $(VENV)/.app

clean:
	rm -rf $(VENV) demo build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
