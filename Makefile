# `make` lists what there is. The checks that continuous integration runs are the ones below, nothing else.
PYTHON ?= python3
BIN := .venv/bin
# PYTHON builds the environment; inside it everything is called by its path, so no shell needs to activate anything.
READY := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help venv run check test bench reliability pictures golden lock format

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 14

venv: $(READY) ## Make .venv with everything that requirements-dev.lock pins

$(READY): requirements-dev.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

# The platform of the shop that the demo plays, such as woocommerce.
SHOP := shopify

run: $(READY) ## Start the bot: with SLACK_BOT_TOKEN in Slack, without it as a demo of a SHOP on this machine
	$(BIN)/floorwalker serve --config $(if $(wildcard config.yaml),config.yaml,config.example.yaml) $(if $(SLACK_BOT_TOKEN),,--demo --shop $(SHOP))

check: $(READY) ## Format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: check ## All of check, then every test with coverage
	$(BIN)/pytest --cov --cov-report=
	$(BIN)/coverage report --include='bot/core/*,handlers/*' --fail-under=$(COVERED)
	$(BIN)/coverage report --skip-covered | tail -n 1

# What decides is held to every line and branch; what talks is held by tests against real parts.
COVERED := 100

bench: $(READY) ## Measure speed
	$(BIN)/pytest tests/benchmarks -m bench -s

reliability: $(READY) ## The long forms of the trials with faults; the short ones are among the tests
	$(BIN)/pytest tests/reliability tests/store tests/test_truth.py -m reliability

pictures: $(READY) ## Take the pictures of the documentation anew, in Chromium
	$(BIN)/python docs/pictures.py

golden: $(READY) ## Write the messages of tests/golden anew and take their pictures, in Chromium
	$(BIN)/python -m tests.golden

lock: ## Resolve all dependencies anew into the two lock files
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' > .venv/dev.in
	$(LOCK) --output-file requirements.lock pyproject.toml
	$(LOCK) --output-file requirements-dev.lock pyproject.toml .venv/dev.in

# Hashes and versions only: no address of a package index and no path of this machine may get into a lock.
LOCK := CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras \
	--no-annotate --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options

format: $(READY) ## Format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
