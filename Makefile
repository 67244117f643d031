# One word does one job. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
TEST ?= tests

.PHONY: help setup run test quick check test-sqlite test-postgres test-faults bench fmt messages lock audit translations guide clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: $(VENV)/.run ## set up everything and serve the demo office on http://127.0.0.1:8000/
	@$(BIN)/tuntas serve --demo

setup: $(VENV)/.test ## set up everything the tests need, without running them

test: $(VENV)/.test ## check style and types, then run every test on SQLite and on PostgreSQL
	@$(MAKE) --no-print-directory check
	@$(BIN)/python scripts/with_postgres.py $(MAKE) --no-print-directory test-sqlite test-postgres

check: $(VENV)/.test ## lint, formatting, types, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python -m django makemigrations --check --dry-run

quick: $(VENV)/.test ## the tests that take a moment each, on SQLite (under three minutes): while you work
	$(BIN)/pytest -q -n 2 -m "not slow and not browser and not fault and not alone" $(TEST)

test-sqlite: $(VENV)/.test ## the whole suite on SQLite, real browser included
	$(BIN)/python scripts/with_postgres.py $(BIN)/pytest -n 2 --durations=40 -m "not fault and not alone" $(TEST)
	$(BIN)/pytest -m alone $(TEST) || test $$? -eq 5  # 5: none among these

test-postgres: $(VENV)/.test ## the suite without the browser on a PostgreSQL of its own
	TUNTAS_TEST_ENGINE=postgres $(BIN)/python scripts/with_postgres.py $(BIN)/pytest -n 2 -m "not browser and not fault" $(TEST)

test-faults: export TUNTAS_FAULT_SENDS ?= 100000
test-faults: $(VENV)/.test ## kill, fill, cut, put the clock wrong; 100,000 sends on both engines (half an hour)
	$(BIN)/python scripts/with_postgres.py $(BIN)/pytest -s -m "fault or slow" tests/faults
	TUNTAS_TEST_ENGINE=postgres $(BIN)/python scripts/with_postgres.py $(BIN)/pytest -s \
	  tests/faults/test_retried_sends.py tests/faults/test_kills.py tests/faults/test_clock.py

bench: $(VENV)/.test ## measure speed, size and growth; prints ratios, writes bench/out/ (a quarter of an hour)
	@$(BIN)/python scripts/with_postgres.py $(BIN)/python -m bench
	@$(BIN)/python -m bench.growth

fmt: $(VENV)/.test ## format and sort imports
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

translations: $(VENV)/.run ## compile the translations
	@$(BIN)/pybabel -q compile -f -D django -d tuntas/locale

messages: $(VENV)/.test ## bring the translation catalogues up to date; prints what is untranslated
	@$(BIN)/python scripts/messages.py

lock: $(VENV)/.test ## write the hashed requirement files anew
	$(BIN)/pip-compile -q --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements/base.txt requirements/base.in
	$(BIN)/pip-compile -q --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header \
	  --no-emit-index-url --no-emit-trusted-host --no-emit-find-links -o requirements/dev.txt requirements/dev.in

audit: $(VENV)/.test ## known vulnerabilities of the pinned packages
	$(BIN)/pip-audit -r requirements/base.txt --require-hashes --disable-pip

guide: $(VENV)/.test ## draw the pictures of the user guide from a demo office
	@PYTHONPATH=. $(BIN)/python scripts/guide_pictures.py

clean: ## remove what the targets made (not the data folder)
	rm -rf $(VENV) tests/browser/lighthouse/node_modules build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Tuntas memerlukan Python 3.11 atau lebih baru ($$($(PYTHON) --version) terpasang)."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# A stamp says that the installed packages are those of the requirement file.
$(VENV)/.run: requirements/base.txt pyproject.toml | $(VENV)/bin/python
	@echo "Memasang paket (sekali saja) …"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/base.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: requirements/dev.txt tests/browser/lighthouse/package-lock.json $(VENV)/.run
	@echo "Memasang paket untuk pengujian (sekali saja) …"
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@bash scripts/system-packages.sh
	@npm ci --prefix tests/browser/lighthouse --silent --no-audit --no-fund --ignore-scripts
	@touch $@
