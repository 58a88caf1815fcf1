# Everything runs in a virtual environment that is made on first use from
# complete pins: .venv (ENV=current, newest releases) or .venv-2024
# (ENV=2024, what an MMagic installation of 2024 has).

ENV ?= current
PYTHON ?= $(or $(shell command -v python3.11 2>/dev/null),$(shell command -v python3.12 2>/dev/null),python3)
ARGS ?=
# Processes of the tests, one thread each; JOBS=0 for a debugger.
JOBS ?= 2

VENV := .venv$(if $(filter-out current,$(ENV)),-$(ENV))
VENV_PYTHON := $(VENV)/bin/python
PINS := requirements/constraints-$(ENV).txt
# The interpreter's name is part of the mark, so that another PYTHON renews.
READY := $(VENV)/.complete-$(notdir $(PYTHON))

HOW_TO_ACTIVATE := To run the command: source $(VENV)/bin/activate, then adacode --help

.DEFAULT_GOAL := help
.PHONY: help env test demo demo-train data-demo lint clean clean-env

help: ## show this list
	@echo 'make <target> [ENV=current|2024] [PYTHON=python3.12] [ARGS=...]'
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

env: $(READY) ## make or renew the virtual environment, if needed
	@echo '$(HOW_TO_ACTIVATE)'

test: $(READY) ## run the tests, e.g. make test ENV=2024 ARGS='-k quantizer'
	OMP_NUM_THREADS=1 $(VENV_PYTHON) -m pytest -q -n $(JOBS) --dist loadfile tests $(ARGS)

demo: $(READY) ## restore photographs with the weights of the package
	$(VENV_PYTHON) -m benchmarks.demo.restore_demo $(ARGS)
	@echo '$(HOW_TO_ACTIVATE)'

demo-train: $(READY) ## train all stages in miniature, restore a photograph
	$(VENV_PYTHON) -m benchmarks.demo.train_demo $(ARGS)

data-demo: $(READY) ## from photographs to training sets, with sheets to look at
	$(VENV_PYTHON) -m benchmarks.demo.data_demo $(ARGS)

lint: $(READY) ## check style, format and the types of the public API
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

clean: ## remove caches and build products
	rm -rf build dist .pytest_cache .ruff_cache .mypy_cache
	find adacode_mm benchmarks configs tests tools -name __pycache__ -prune -exec rm -rf {} +

clean-env: ## remove both virtual environments
	rm -rf .venv .venv-2024

$(READY): $(PINS) setup.py pyproject.toml tools/dev/create_env.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and \
	"Expected Python 3.10 or newer, found " + sys.version.split()[0] + \
	": say, for example, make PYTHON=python3.11")'
	$(PYTHON) tools/dev/create_env.py $(VENV) $(PINS) --mark $@
