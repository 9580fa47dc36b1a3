# Everything a developer or a workflow does with this project. `make` lists it.

PYTHON ?= python3.11
PIPENV_VERSION := 2026.10.3
CONFIG ?= config/quickstart.yaml
# where the project is published, owner/name on GitHub; empty: what git's remote says
SLUG ?=
# of the Ray that make cluster starts
PORT ?= 6379

VENV := .venv
TOOLS := .pipenv
AUDIT := .audit
READY := $(VENV)/.ready
RAY_READY := $(VENV)/.ray
BIN := $(VENV)/bin

NODE := --num-cpus=1 --disable-usage-stats

# The environment is a folder of the project. Most of its files are never imported: they are not compiled at their
# installation but at their first import, which set-up ends with; that must hold where bytecode is switched off too.
export PIPENV_VENV_IN_PROJECT := 1
export PIPENV_IGNORE_VIRTUALENVS := 1
export PIPENV_NOSPIN := 1
export PIP_COMPILE := 0
export PYTHONDONTWRITEBYTECODE :=
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup ray run dry-run report cluster cluster-stop test test-slow bench lint check-notebooks typecheck format lock \
	fuzz audit links notebooks badges sync clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 16

setup: $(READY) ## make the environment in .venv, if it is not there or not up to date

ray: $(RAY_READY) ## install Ray beside the rest: what --executor ray needs

run: $(READY) ## run the quickstart, or CONFIG=config/other.yaml: what is missing of it
	$(BIN)/python app.py --config $(CONFIG)

dry-run: $(READY) ## print the plan of CONFIG and run nothing
	$(BIN)/python app.py --config $(CONFIG) --dry-run

report: $(READY) ## rebuild the report of CONFIG from what is on disk; open it, where there is a browser
	@set -e; pages=$$($(BIN)/python app.py report --config $(CONFIG)); echo "$$pages"; \
	page=$$(echo "$$pages" | tail -n 1); $(BIN)/python -m webbrowser -t "file://$(CURDIR)/$$page" >/dev/null || true

cluster: $(RAY_READY) ## start a Ray of two nodes with one CPU each on this machine, for a look
	PYTHONPATH=$(CURDIR) $(BIN)/ray start --head --port=$(PORT) --node-ip-address=127.0.0.1 $(NODE) --include-dashboard=false
	PYTHONPATH=$(CURDIR) $(BIN)/ray start --address=127.0.0.1:$(PORT) --node-ip-address=127.0.0.2 $(NODE)
	@echo; echo "run on it:  $(BIN)/python app.py --config $(CONFIG) --executor ray --set execution.address=127.0.0.1:$(PORT)"
	@echo "stop it:    make cluster-stop"

cluster-stop: $(RAY_READY) ## stop every Ray on this machine that is yours
	$(BIN)/ray stop

test: $(RAY_READY) ## run the tests, but for those that take longest
	$(BIN)/python -m pytest

test-slow: $(RAY_READY) ## run those: more of the same kinds, each a minute or so
	$(BIN)/python -m pytest -m slow

bench: $(RAY_READY) ## measure against what you would use instead, about an hour; BENCH=--quick some minutes
	$(BIN)/python -m benchmarks $(BENCH)

lint: $(READY) check-notebooks ## check form and style, of the templates too; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-notebooks: $(READY) ## check that templates have no outputs, define nothing and take what the driver passes
	$(BIN)/python -m app.anywhere.check

typecheck: $(READY) ## check the types of app/
	$(BIN)/mypy

format: $(READY) ## put form and style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(TOOLS)/bin/pipenv ## resolve Pipfile into Pipfile.lock anew
	$(TOOLS)/bin/pipenv lock --categories "packages dev-packages serve lambda ray"
	$(PYTHON) .ci/tidy_lock.py Pipfile.lock

fuzz: $(READY) ## try thousands of wrong files, results and texts; FUZZ_EXAMPLES=1000 of each kind
	FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),1000) $(BIN)/python -m pytest -m "" --timeout 7200 tests/fuzz

audit: $(AUDIT)/.ready ## look for doubtful code, and ask for known holes in what is locked; needs the network
	$(AUDIT)/bin/bandit -q -ll -c pyproject.toml -r app app.py benchmarks .ci
	$(TOOLS)/bin/pipenv requirements --hash --categories "packages dev-packages serve lambda ray" > $(AUDIT)/locked.txt
	$(AUDIT)/bin/pip-audit --disable-pip --requirement $(AUDIT)/locked.txt

links: ## check the links of the docs; ONLINE=1 asks other sites too
	$(PYTHON) .ci/check_links.py $(if $(ONLINE),--online)

notebooks: $(READY) ## render the templates to build/notebooks/*.ipynb; SLUG=owner/name for Colab
	$(BIN)/python -m app.anywhere.render $(SLUG)

badges: ## write the badges of the README, for SLUG=owner/name or git's remote
	$(PYTHON) -m app.anywhere.badges $(SLUG)

sync: $(READY) ## upload the W&B runs that were kept offline
	$(BIN)/python -m app.syncing

clean: ## remove the environment, caches and generated reports
	rm -rf $(VENV) $(TOOLS) $(AUDIT) .cache .mypy_cache .ruff_cache .pytest_cache build
	find reports -mindepth 1 ! -name README.md -delete

# torch and accelerate stand outside the lock: the right build depends on the machine.
$(READY): Pipfile Pipfile.lock | $(TOOLS)/bin/pipenv
	$(TOOLS)/bin/pipenv --python $(PYTHON) sync --dev
	$(TOOLS)/bin/pipenv install --skip-lock --categories torch
	$(BIN)/python -m app.bench.forkserver </dev/null >/dev/null
	touch $@

$(RAY_READY): $(READY)
	$(TOOLS)/bin/pipenv sync --categories ray
	touch $@

$(AUDIT)/.ready: | $(TOOLS)/bin/pipenv
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python -m pip install --quiet bandit==1.9.4 pip-audit==2.10.1
	touch $@

$(TOOLS)/bin/pipenv:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on the path; install it, or say make PYTHON=python3.12 ..." >&2; exit 2; }
	$(PYTHON) -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet pipenv==$(PIPENV_VERSION)
