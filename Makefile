# `make help` tells what there is. Everything here also works in a fresh clone on a fresh Debian 12.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# pytest would put its assertions into every test file anew, in every process: 3 s each.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements.lock requirements-build.lock
PAGE := wppmt/browser/page
ALL_CORES := -n auto --dist worksteal
# WHATSAPP=real starts against WhatsApp itself instead of the simulator.
WHATSAPP ?= simulated

# What `make chaos` takes; bash owns SECONDS, so it is read here and not in a recipe.
CHAOS := $(if $(PRESET),--preset $(PRESET)) $(if $(SEED),--seed $(SEED)) \
	$(if $(filter command line,$(origin SECONDS)),--seconds $(SECONDS)) $(if $(TENANTS),--tenants $(TENANTS)) \
	$(if $(JSON),--json $(JSON))

.PHONY: help setup system lock run demo test test-long check check-format check-lint check-types check-imports \
	check-fast format bench chaos clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: system $(VENV)/.installed $(PAGE)/node_modules/.package-lock.json ## everything the rest needs; skips what is there

# What comes from Debian. Each line: the command that proves it is there, and its package.
system:
	@missing=(); \
	need() { command -v "$$1" >/dev/null || missing+=("$${@:2}"); }; \
	need chromium chromium; need chromedriver chromium-driver; need redis-server redis-server; need curl curl; \
	need node nodejs; need npm npm; need $(PYTHON) python3 python3-venv; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || [ -x $(BIN)/python ] || missing+=(python3-venv); \
	if (( $${#missing[@]} )); then \
		sudo=; (( EUID == 0 )) || sudo=sudo; \
		command -v apt-get >/dev/null && { [ -z "$$sudo" ] || command -v sudo >/dev/null; } || \
			{ echo "Install by hand, then try again: $${missing[*]}" >&2; exit 1; }; \
		echo "Installing Debian packages: $${missing[*]}"; \
		$$sudo apt-get update -qq; \
		$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
			"$${missing[@]}" >/dev/null; \
	fi
	@chmod 700 tokens-3  # git cannot keep that: logins will lie there

# Nothing that is not in the locks, byte for byte, gets in, also what builds a package from its source.
PIP_INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check
$(VENV)/.installed: setup.cfg setup.py $(LOCKS)
	@echo "Installing Python packages into $(VENV)"
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) --require-hashes --only-binary :all: -r requirements-build.lock
	@$(PIP_INSTALL) --require-hashes --no-build-isolation -r requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --use-pep517 --editable .
	@touch $@

# One for every Python from 3.11 on. The index that it was read from is not written down.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --no-annotate --no-header
lock: $(VENV)/.installed ## write the locks of the Python packages anew: the newest that setup.cfg allows
	@$(PIP_INSTALL) 'uv>=0.13,<1'
	@echo setuptools | $(COMPILE) - --output-file requirements-build.lock >/dev/null
	@$(COMPILE) setup.cfg --extra dev --output-file requirements.lock >/dev/null
	@echo "Written: $(LOCKS). Now: make setup, make check, make test"

$(PAGE)/node_modules/.package-lock.json: $(PAGE)/package-lock.json $(PAGE)/package.json
	@echo "Installing wa-js"
	@cd $(PAGE) && npm ci --silent --no-audit --no-fund --ignore-scripts
	@touch $@

run: setup ## start the daemon with the simulator; WHATSAPP=real starts against WhatsApp
	@exec $(BIN)/wppmt run --whatsapp $(WHATSAPP)

demo: setup ## play the whole story by itself: pair, send, receive
	@$(BIN)/wppmt demo

test: setup ## all tests but the long ones; starts real Chromes
	@$(BIN)/pytest -m "not chrome and not long" $(ALL_CORES)
	@$(BIN)/pytest -m "chrome and not long"

test-long: setup ## the tests that take minutes
	@$(BIN)/pytest -m long

check: setup ## format, lint, types, import contracts, fast tests
	@$(MAKE) -j --output-sync=target check-format check-lint check-types check-imports check-fast

check-format:
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run make format" >&2; exit 1; }

check-lint:
	@$(BIN)/ruff check --quiet .

check-types:
	@$(BIN)/mypy --no-error-summary

check-imports:
	@said=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$said" >&2; exit 1; }

check-fast:
	@$(BIN)/pytest -p no:schemathesis -m "not chrome and not slow and not long" $(ALL_CORES) --hypothesis-profile=quick

format: setup ## put the code into shape
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

bench: setup ## measure; prints a table and writes it as JSON
	@$(BIN)/python -m tests.bench

chaos: setup ## break things and judge what came of it; PRESET= SEED= SECONDS= TENANTS= (docs/reliability.md)
	@$(BIN)/python -m tests.chaos $(CHAOS)

clean: ## remove what setup and the tools made; keeps logins and state
	@rm -rf $(VENV) $(PAGE)/node_modules build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
