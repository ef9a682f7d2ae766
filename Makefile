# Fairbook: `make demo` solves the shipped example, `make test` runs the tests, `make check` is what CI runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test check programs bench docs pictures lock clean

demo: $(VENV)/.app
	$(BIN)/fairbook init demo --example --force
	$(BIN)/fairbook --store demo/.fairbook/runs.db --quiet solve demo/plan.yaml --scenario stable
	$(BIN)/fairbook --store demo/.fairbook/runs.db solve demo/plan.yaml
	$(BIN)/fairbook --store demo/.fairbook/runs.db report latest --with stable --out demo/report \
	  --format page,workbook,deck,pdf,charts,handover

test: $(VENV)/.dev
	$(BIN)/python -m pytest

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest

# What opens the reports in tests, where it is missing and may be installed; else those tests say that they are skipped.
programs:
	@command -v chromium >/dev/null && command -v soffice >/dev/null && command -v pdftoppm >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	      chromium libreoffice-impress libreoffice-calc poppler-utils >/dev/null; } || \
	  echo "Without chromium, libreoffice-impress, libreoffice-calc and poppler-utils some reports are not opened in tests."

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

pictures: $(VENV)/.dev
	$(BIN)/python -m docs.pictures

story: $(VENV)/.dev
	$(BIN)/python -m docs.story

docs: $(VENV)/.dev
	$(BIN)/python -m docs.generate
	$(BIN)/python -m docs.words

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
