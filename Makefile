# Two commands matter: `make run` and `make test`. Each sets up what it needs in .venv.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SHELL  := /bin/bash

.PHONY: help setup run test check format lint types contracts dead unit locks schemas pictures bench clean test-services testbed-up testbed-down testbed-status

help:            ## what there is to type
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(VENV)/bin/uv: requirements/bootstrap.lock
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if v >= (3, 11) else "Detente needs Python 3.11 or newer; this is %d.%d. Set PYTHON=python3.11" % v)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock

$(VENV)/.run: $(VENV)/bin/uv requirements/run.lock pyproject.toml
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/run.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.lock
	@touch $@

setup: $(VENV)/.dev  ## everything for developing, in .venv

run: $(VENV)/.run    ## the sample newsroom from feed to alert (ONCE=1: end by itself)
	$(BIN)/detente run --newsroom $(if $(ONCE),--once)

check: $(VENV)/.dev  ## format, lint, types, import contracts, dead code
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture

lint: $(VENV)/.dev   ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: $(VENV)/.dev  ## mypy --strict
	$(BIN)/mypy

test: $(VENV)/.dev   ## every gate and every test; says how many passed and failed
	@bash tests/run.sh

test-services: $(VENV)/.dev  ## the tests on real servers, which the testbed starts (SERVICES="kafka elasticsearch")
	$(BIN)/python -m deploy.testbed up $(SERVICES)
	DETENTE_TEST_KAFKA=127.0.0.1:19092 DETENTE_TEST_ELASTICSEARCH=http://127.0.0.1:19200 \
		$(BIN)/python -m pytest tests/services; status=$$?; $(BIN)/python -m deploy.testbed down $(SERVICES); exit $$status

testbed-up testbed-down testbed-status: $(VENV)/.dev  ## real Kafka and Elasticsearch on loopback (SECURE=1: with passwords and TLS)
	$(BIN)/python -m deploy.testbed $(subst testbed-,,$@) $(SERVICE) $(if $(SECURE),--secure)

locks: $(VENV)/bin/uv  ## lock files anew: versions and hashes, no index address
	bash requirements/compile.sh

schemas: $(VENV)/.dev  ## JSON Schemas of the records anew
	$(BIN)/python -m schemas.json_schema

pictures: $(VENV)/.dev ## screenshots of the pages for the README (needs chromium)
	bash docs/pictures/take.sh

bench: $(VENV)/.dev  ## the benchmarks
	$(BIN)/detente bench

clean:           ## remove what was made here
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .hypothesis .import_linter_cache
