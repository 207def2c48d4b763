# `make help` tells what there is. Everything here also works in a fresh clone on a fresh Debian 12.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# pytest would put its assertions into every test file anew, in every process: 3 s each.
unexport PYTHONDONTWRITEBYTECODE

# Debian's own: one of root's pyenv or conda is out of reach for the user that the service runs as.
PYTHON ?= /usr/bin/python3
VENV := .venv
BIN := $(VENV)/bin
NODE_MODULES := wppmt/browser/page/node_modules wppmt/http/viewer/node_modules wppmt/http/dashboard/node_modules \
	tests/axe/node_modules
PEERS := tests/peers
LOCKS := requirements.lock requirements-build.lock requirements-service.lock
ALL_CORES := -n auto --dist worksteal
# Tests with Chrome wait more than they work; those of a file share a simulator and a daemon.
TWO_FILES := -n 2 --dist loadfile
# WHATSAPP=real starts against WhatsApp itself instead of the simulator.
WHATSAPP ?= simulated

# What `make chaos` takes; bash owns SECONDS, so it is read here and not in a recipe.
CHAOS := $(if $(PRESET),--preset $(PRESET)) $(if $(SEED),--seed $(SEED)) \
	$(if $(filter command line,$(origin SECONDS)),--seconds $(SECONDS)) $(if $(TENANTS),--tenants $(TENANTS)) \
	$(if $(HIBERNATE),--hibernate $(HIBERNATE)) $(if $(ENGINE),--engine $(ENGINE)) $(if $(JSON),--json $(JSON))

# What `make bench-peers` takes: ONLY="wppmt wppconnect".
RACE := $(if $(ONLY),--only $(ONLY)) $(if $(RESUME),--resume) $(if $(COUNT),--count) $(if $(QUICK),--quick)

.PHONY: help setup system cluster-tools interpreter lock run demo test test-long test-peers check check-code check-format check-lint \
	check-types check-imports check-affected format docs wheel deb bench bench-cluster bench-peers bench-growth chaos cluster-demo mutate clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

setup: system interpreter $(VENV)/.installed $(NODE_MODULES:=/.package-lock.json) ## everything the rest needs; skips what is there

# What comes from Debian. Each line: the command that proves it is there, and its package.
MISSING := missing=(); need() { command -v "$$1" >/dev/null || missing+=("$${@:2}"); }; want() { need "$$@"; };
define INSTALL_MISSING
	if (( $${#missing[@]} )); then \
		sudo=; (( EUID == 0 )) || sudo=sudo; \
		command -v apt-get >/dev/null && { [ -z "$$sudo" ] || command -v sudo >/dev/null; } || \
			{ echo "Install by hand, then try again: $${missing[*]}" >&2; exit 1; }; \
		echo "Installing Debian packages: $${missing[*]}"; \
		$$sudo apt-get update -qq; \
		$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
			"$${missing[@]}" >/dev/null; \
	fi
endef
system:
	@$(MISSING) \
	need chromium chromium; need chromium-headless-shell chromium-headless-shell; need chromedriver chromium-driver; need redis-server redis-server; need curl curl; \
	need ffprobe ffmpeg; \
	need node nodejs; need npm npm; need $(PYTHON) python3 python3-venv; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || [ -x $(BIN)/python ] || missing+=(python3-venv); \
	$(INSTALL_MISSING)
	@chmod 700 tokens-3  # git cannot keep that: logins will lie there

# What only the tests and the demonstration of a cluster use: no service of one machine needs it.
cluster-tools:
	@$(MISSING) want etcd etcd-server; want haproxy haproxy; $(INSTALL_MISSING)

# A virtual environment belongs to one interpreter: with another one, or after its upgrade, it is made anew.
interpreter:
	@told() { "$$1" -c 'import os, sys; print(os.path.realpath(sys._base_executable), *sys.version_info[:2])'; }; \
	if [ -e $(VENV) ] && [[ $$(told $(BIN)/python 2>/dev/null) != $$(told $(PYTHON)) || \
			! -d $(VENV)/lib/python$$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])') ]]; then \
		echo "Removing $(VENV): it is not of $(PYTHON)"; \
		rm -rf $(VENV); \
	fi

# Nothing that is not in the locks, byte for byte, gets in, also what builds a package from its source.
PIP_INSTALL := umask 022; $(BIN)/python -m pip install -qq --disable-pip-version-check
$(VENV)/.installed: setup.cfg setup.py $(LOCKS)
	@echo "Installing Python packages into $(VENV)"
	@umask 022; [ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	@$(PIP_INSTALL) --require-hashes --only-binary :all: -r requirements-build.lock
	@$(PIP_INSTALL) --require-hashes --no-build-isolation -r requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --use-pep517 --editable .
	@chmod -R go+rX $(VENV)  # the service runs as another user
	@touch $@

# One for every Python from 3.11 on. The index that it was read from is not written down.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --no-annotate --no-header
lock: $(VENV)/.installed ## write the locks of the Python packages anew: the newest that setup.cfg allows
	@$(PIP_INSTALL) 'uv>=0.13,<1'
	@echo setuptools | $(COMPILE) - --output-file requirements-build.lock >/dev/null
	@$(COMPILE) setup.cfg --extra dev --output-file requirements.lock >/dev/null
	@$(COMPILE) setup.cfg --extra demo --extra otel --constraint requirements.lock --output-file requirements-service.lock >/dev/null
	@echo "Written: $(LOCKS). Now: make setup, make check, make test"

# wa-js, which runs inside WhatsApp's page; Swagger UI, which shows the API; lit-html, which draws the dashboard; axe, for tests.
%/node_modules/.package-lock.json: %/package-lock.json %/package.json
	@echo "Installing npm packages into $*"
	@umask 022; cd $* && npm ci --silent --no-audit --no-fund --ignore-scripts
	@chmod -R go+rX $*/node_modules
	@touch $@

run: setup ## start the daemon with the simulator; WHATSAPP=real starts against WhatsApp
	@exec $(BIN)/wppmt run --whatsapp $(WHATSAPP)

demo: setup ## play the whole story by itself: pair, send, receive
	@$(BIN)/wppmt demo

test: setup cluster-tools ## all tests but the long ones (about 20 minutes on 2 cores); starts real Chromes
	@echo "All tests but the long ones: first those without Chrome (about 7 minutes on 2 free cores)," \
		"then those with Chrome, two files at a time (about 12). How far it is, every 25 seconds."
	@failed=(); \
	$(BIN)/pytest -m "not chrome and not long and not peers" $(ALL_CORES) || failed+=("without Chrome"); \
	$(BIN)/pytest -m "chrome and not long and not peers" $(TWO_FILES) || failed+=("with Chrome"); \
	for pass in "$${failed[@]}"; do echo "Failed: tests $$pass, see above" >&2; done; \
	(( $${#failed[@]} == 0 ))

test-long: setup cluster-tools ## the tests that take minutes
	@$(BIN)/pytest -m long

# Without their install scripts puppeteer fetches no browser: the clients use Debian's.
test-peers: setup $(PEERS)/node_modules/.package-lock.json ## foreign clients from npm, whole, and all of wa-js, on the simulator
	@$(BIN)/pytest -m peers -rP $(PEERS)

check: setup ## format, lint, types, import contracts, and the fast tests that the last changes can affect
	@$(MAKE) -j --output-sync=target check-code check-affected

check-code: check-format check-lint check-types check-imports

check-format:
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run make format" >&2; exit 1; }

check-lint:
	@$(BIN)/ruff check --quiet .

check-types:
	@$(BIN)/mypy --no-error-summary

check-imports:
	@said=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$said" >&2; exit 1; }

# Since the last time: pytest-testmon keeps in .testmondata which lines each test ran, and tests/plugins/dependencies.py
# what else it depends on. The first time, and after a change of packages, that is all fast tests. To write the findings of
# 250 tests at once counts as time of one test: hence the longer limit.
check-affected:
	@$(BIN)/pytest -p no:schemathesis --hypothesis-profile=quick --fast --testmon --timeout=60 $(ALL_CORES)

format: setup ## put the code into shape
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

docs: setup ## write anew what is made from tables: docs/assumptions.md, the diagrams of docs/ARCHITECTURE.md
	@$(BIN)/python -m wppmt.browser.assumptions
	@$(BIN)/python -m tests.docs.diagrams

# Of the files in this folder alone: what an earlier build left in build/ would get in.
wheel: setup ## build dist/wppmt-VERSION-py3-none-any.whl, with wa-js inside
	@rm -rf build/lib dist/wppmt-*.whl
	@$(BIN)/python -m pip -q --disable-pip-version-check wheel --no-deps --no-build-isolation --wheel-dir dist .

# debian/ says how; what it needs to build comes from Debian.
deb: wheel ## build dist/wppmt_VERSION_ARCH.deb, and have lintian look at it
	@command -v dh >/dev/null && command -v lintian >/dev/null || \
		{ echo "First: apt-get install debhelper dpkg-dev lintian" >&2; exit 1; }
	@rm -f dist/wppmt_*.deb
	@debian/rules clean binary >build/deb.log 2>&1 || { tail -n 20 build/deb.log >&2; exit 1; }
	@lintian --fail-on error,warning --tag-display-limit 0 dist/wppmt_*.deb
	@ls dist/wppmt_*.deb

bench: setup ## measure; prints a table and writes it as JSON
	@$(BIN)/python -m tests.bench

# Without their install scripts puppeteer fetches no browser: they race with Debian's.
bench-peers: setup $(PEERS)/node_modules/.package-lock.json ## race wppconnect and whatsapp-web.js (20 minutes); ONLY= RESUME=1 COUNT=1 QUICK=1
	@$(BIN)/python -m tests.bench.peers $(RACE)

bench-cluster: setup cluster-tools ## 1,000 simulated machines on three real etcd, and 10 % of them die (2 minutes)
	@$(BIN)/python -m tests.bench.cluster

bench-growth: setup ## what the daemon costs with 100, 300 and 1,000 sessions (fake browsers, 5 minutes)
	@$(BIN)/python -m tests.bench.growth

chaos: setup ## break things and judge what came of it; PRESET= SEED= SECONDS= TENANTS= HIBERNATE= ENGINE= (docs/reliability.md)
	@$(BIN)/python -m tests.chaos $(CHAOS)

# MOVES=50: instead of its acts, so many moves of one session under load.
cluster-demo: setup cluster-tools ## three machines on etcd, with HAProxy and real Chromes, on this one (docs/escala.md); MOVES=
	@$(BIN)/python -m tests.cluster.demo $(if $(MOVES),--moves $(MOVES))

mutate: setup ## break the code in 400 small ways, and show those that no test notices; MUTANTS= SEED=
	@nice $(BIN)/python -m tests.mutation $(if $(MUTANTS),--mutants $(MUTANTS)) $(if $(SEED),--seed $(SEED))

clean: ## remove what setup and the tools made; keeps logins and state
	@rm -rf $(VENV) $(NODE_MODULES) $(PEERS)/node_modules build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache .testmondata* mutants
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
