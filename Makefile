# pressfeed: `make demo` runs the main job, `make test` passes the tests; both do their own set-up.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help

.PHONY: help setup demo test lint bench chaos clean
help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.venv/ready: requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "pressfeed needs Python 3.11 or newer")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

.venv/system: scripts/system-packages .venv/ready
	scripts/system-packages
	touch $@

.venv/npm: tests/npm/package-lock.json tests/readers/package-lock.json .venv/system
	npm ci --prefix tests/npm --ignore-scripts --no-audit --no-fund --loglevel=error
	npm ci --prefix tests/readers --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

setup: .venv/ready .venv/system .venv/npm  ## the .venv, the Debian and the npm packages that the tests drive

demo: .venv/ready  ## the main job on the sample newsroom, into ./demo
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/demo

test: setup  ## every test
	$(BIN)/python -m pytest -n 2 $(ARGS)

lint: .venv/ready  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup  ## speed and memory as ratios against a reference of the same run
	scripts/system-packages bench
	$(BIN)/python -m bench $(ARGS)

chaos: setup  ## the long kill test
	$(BIN)/python -m pytest -n 0 tests/chaos $(ARGS)

clean:  ## remove what make made
	rm -rf .venv demo tests/*/node_modules build dist
