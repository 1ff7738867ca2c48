# Everything that is done with this repository. `make` alone lists the targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

# The interpreter that environments are made with: `make setup PYTHON=python3.12`.
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# Options for the target's program: `make bench ARGS="--items 1000"`.
ARGS ?=
SPEC := specs/quickstart/quickstart.evalspec.toml

CODE := $(wildcard evalspec tests tools bench specs)
# What an environment was made from. A stamp with this name says that it is up to date.
key = $(shell cat constraints/$(1).txt pyproject.toml | cksum | tr ' ' '-')
RUNTIME_STAMP := $(VENV)/.runtime-$(call key,runtime)
DEV_STAMP := $(VENV)/.dev-$(call key,dev)
BENCH_VENV := .build/bench-venv
BENCH_STAMP := $(BENCH_VENV)/.bench-$(call key,bench)
FOREIGN := deepeval ragas
FOREIGN_STAMPS := $(foreach name,$(FOREIGN),.build/$(name)-venv/.$(name)-$(call key,$(name)))
SDK4_VENV := .build/sdk4-venv
SDK4_STAMP := $(SDK4_VENV)/.sdk4-$(call key,sdk4)

# Twice quiet: errors are still shown, remarks on the machine's own pip settings are not.
PIP_FLAGS := --quiet --quiet --disable-pip-version-check --no-input

# $(call make_venv,FOLDER): an empty environment, unless it is there already.
define make_venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "evalspec needs Python 3.11 or newer; '$(PYTHON)' is not. Try: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@test -x $(1)/bin/python || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
endef

# $(call install,FOLDER,LOCK): the packages of a lock, each checked against its hashes.
define install
	@echo "Installing constraints/$(2).txt into $(1) (once; some minutes on a slow line)"
	@$(1)/bin/python -m pip install $(PIP_FLAGS) --require-hashes -r constraints/$(2).txt
endef

# $(call install_project,FOLDER): evalspec itself, editable; everything it needs is there already.
define install_project
	@$(1)/bin/python -m pip install $(PIP_FLAGS) --no-deps --no-build-isolation --editable .
endef

# $(call step,TITLE,COMMAND): one named step.
define step
	@printf '\n== %s\n' '$(1)'
	@$(2)
endef

##@ Start here

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: demo
demo: $(RUNTIME_STAMP) ## From a bare checkout to a finished evaluation, on the embedded store
	@$(BIN)/evalspec run $(SPEC) --backend local
	@printf '\nLook closer:\n'
	@printf '  %s\n' '$(BIN)/evalspec show latest' '$(BIN)/evalspec show latest --below correct=1' \
	  '$(BIN)/evalspec explain latest:ar-cn:correct' '$(BIN)/evalspec plan $(SPEC)'

.PHONY: setup
setup: $(DEV_STAMP) ## Make .venv with everything for development; does nothing when it is up to date
	@:

.PHONY: test
test: setup ## Everything that must be green: lint, types, contracts, schemas, docs, tests
	$(call step,ruff check,$(BIN)/ruff check --quiet $(CODE))
	$(call step,ruff format --check,$(BIN)/ruff format --quiet --check $(CODE))
	$(call step,mypy --strict,$(PY) -m mypy $(CODE))
	$(call step,import contracts,$(BIN)/lint-imports --no-cache)
	$(call step,evalspec schema --check,$(BIN)/evalspec schema --check)
	$(call step,the reference is up to date,$(REFERENCE) --check)
	$(call step,mkdocs build --strict,$(MKDOCS))
	$(call step,pytest,$(PY) -m pytest -n auto -q $(ARGS))

##@ One at a time

.PHONY: lint
lint: setup ## ruff's rules and the import contracts
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/lint-imports --no-cache

.PHONY: format
format: setup ## Format the code, and mend what ruff can mend
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

.PHONY: types
types: setup ## mypy --strict
	@$(PY) -m mypy $(CODE)

.PHONY: pytest
pytest: setup ## The tests alone: make pytest ARGS="tests/source -x"
	@$(PY) -m pytest -q $(ARGS)

MKDOCS := NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs --quiet build --strict --site-dir .build/site
REFERENCE := $(PY) -m tools.make_reference
.PHONY: docs
docs: setup ## Build the documentation into .build/site
	@$(REFERENCE) --check
	@$(MKDOCS)
	@echo "Open .build/site/index.html"

.PHONY: schemas
schemas: setup ## Write the published schemas and the reference of the language anew
	@$(BIN)/evalspec schema
	@$(REFERENCE)

##@ Slower, not part of `make test`

.PHONY: faults
faults: setup ## Kill and resume, outages of the server: the tables of docs/reliability.md
	@$(PY) -m tests.faults $(ARGS)

.PHONY: hostile
hostile: setup ## How long outputs that mean harm take each evaluator: a table of docs/reliability.md
	@$(PY) -m tests.evaluators.hostile $(ARGS)

.PHONY: bench
bench: setup $(BENCH_STAMP) ## Speed and memory beside the Langfuse SDK and pydantic-evals
	@$(PY) -m bench --python $(BENCH_VENV)/bin/python $(ARGS)

.PHONY: foreign
foreign: $(FOREIGN_STAMPS) ## Evaluators of other libraries, in environments of their own
	@for name in $(FOREIGN); do .build/$$name-venv/bin/python -m tests.foreign.check_$$name || exit 1; done

.PHONY: emulator
emulator: setup ## Start the emulator of the Langfuse server by hand
	@$(PY) -m tests.emulator $(ARGS)

.PHONY: emulator-check
emulator-check: setup $(SDK4_STAMP) ## Drive the emulator with both generations of the Langfuse SDK
	@$(PY) -m tests.emulator.check --sdk4-python $(SDK4_VENV)/bin/python $(ARGS)

.PHONY: editors
editors: setup ## Completion and hover in VS Code's JSON server and Tombi (needs npm)
	@command -v npm >/dev/null || { echo "npm is not installed; it fetches VS Code's JSON server" >&2; exit 1; }
	@$(PY) -m tools.editors $(ARGS)

##@ Housekeeping

.PHONY: lock
lock: setup ## Write the locks in constraints/ anew: make lock ARGS=--upgrade
	@$(PY) -m tools.lock $(ARGS)

.PHONY: clean
clean: ## Remove everything that can be made again, the environments included
	@rm -rf $(VENV) .build dist .ruff_cache .mypy_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is made once for every state of its lock and of pyproject.toml.
$(DEV_STAMP): | constraints/dev.txt
	$(call make_venv,$(VENV))
	$(call install,$(VENV),dev)
	$(call install_project,$(VENV))
	@rm -f $(VENV)/.dev-* $(VENV)/.runtime-*
	@touch $@ $(RUNTIME_STAMP)

$(RUNTIME_STAMP): | constraints/runtime.txt
	$(call make_venv,$(VENV))
	$(call install,$(VENV),runtime)
	$(call install_project,$(VENV))
	@rm -f $(VENV)/.runtime-*
	@touch $@

$(BENCH_STAMP): | constraints/bench.txt
	$(call make_venv,$(BENCH_VENV))
	$(call install,$(BENCH_VENV),bench)
	$(call install_project,$(BENCH_VENV))
	@rm -f $(BENCH_VENV)/.bench-*
	@touch $@

$(SDK4_STAMP): | constraints/sdk4.txt
	$(call make_venv,$(SDK4_VENV))
	$(call install,$(SDK4_VENV),sdk4)
	@rm -f $(SDK4_VENV)/.sdk4-*
	@touch $@

.build/%: # one environment for each library: .build/NAME-venv/.NAME-KEY
	$(call make_venv,$(@D))
	$(call install,$(@D),$(patsubst %-venv,%,$(notdir $(@D))))
	$(call install_project,$(@D))
	@touch $@
