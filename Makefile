# Everything runs in .venv, which the first target that needs it makes. Needs: python3 (3.10 or
# later, with venv) and make. `make test` also wants Chromium, Redis and PostgreSQL, and installs
# those of Debian when it can.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# For example: make test ARGS="tests/house -x"
ARGS ?=
# Processes that share the tests: make test JOBS=1. Most tests wait for a browser or a server, so
# there are three for two cores.
JOBS ?= $(shell echo $$(((3 * $$(getconf _NPROCESSORS_ONLN || echo 1) + 1) / 2)))

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# mypy asks for folders that exist.
TYPED := $(wildcard htealeaf demos benchmarks tests)

.DEFAULT_GOAL := help
.PHONY: help demo demo-reset check test lint laws bench packages clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## Serve the demos on http://127.0.0.1:8000
	$(BIN)/python -m demos --host $(HOST) --port $(PORT)

demo-reset: $(VENV)/.runtime ## Throw away what the demos have kept
	$(BIN)/python -m demos.data reset

check: $(VENV)/.dev lint ## Check all that needs no browser, server or wheel
	$(BIN)/python -m pytest -n $(JOBS) -m "not (browser or server or wheel or slow)" $(ARGS)

# Style and types are looked at beside the tests, and told when they are known: they use one core.
test: $(VENV)/.dev packages ## Check everything, in a browser too
	@log=$$(mktemp) && { \
	  { $(MAKE) --no-print-directory lint >"$$log" 2>&1; code=$$?; \
	    printf '\n%s\n' "$$(cat "$$log")"; rm -f "$$log"; exit $$code; } & \
	  lint=$$!; \
	  $(BIN)/python -m pytest -n $(JOBS) $(ARGS); tests=$$?; \
	  wait $$lint || { echo "Style or types are wrong: see above."; exit 1; }; \
	  exit $$tests; }

lint: $(VENV)/.dev ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(TYPED)

laws: $(VENV)/.dev ## Check the three laws with random pages and mutations
	LAWS_SEARCH=1 LOAD_MUTATIONS=1000 $(BIN)/python -m pytest -n $(JOBS) tests/laws/test_faults.py tests/load
	$(BIN)/python -m tests.laws --examples $${LAWS_EXAMPLES:-20000} $(ARGS)

bench: $(VENV)/.dev ## Measure the budgets
	$(BIN)/python -m benchmarks $(ARGS)

clean: ## Remove what make and the checkers made
	rm -rf $(VENV) dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "htealeaf needs Python 3.10 or later: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "This Python cannot make a virtual environment: on Debian, install python3-venv."; exit 1; }

# The stamps are files inside .venv, so they go with it.
$(VENV)/.runtime: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[demos]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.runtime

# What is not there of Chromium, Redis and PostgreSQL, as Debian has it; and of what the page about
# deployment names: nginx, Caddy, the shell of SQLite, what verifies units of systemd. Chromium's
# shell without windows makes the tests quick; they also run where only the whole Chromium is.
packages:
	@need=""; wish=""; \
	command -v chromium >/dev/null || need="$$need chromium"; \
	command -v chromium-headless-shell >/dev/null || wish=chromium-headless-shell; \
	command -v redis-server >/dev/null || command -v valkey-server >/dev/null || \
	  need="$$need redis-server"; \
	command -v postgres >/dev/null || ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || \
	  need="$$need postgresql"; \
	for program in nginx caddy sqlite3 openssl; do \
	  PATH="$$PATH:/usr/sbin" command -v $$program >/dev/null || need="$$need $$program"; \
	done; \
	command -v systemd-analyze >/dev/null || need="$$need systemd"; \
	[ -n "$$need$$wish" ] || exit 0; \
	apt="DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300"; \
	if ! command -v apt-get >/dev/null; then sudo=none; \
	elif [ "$$(id -u)" = 0 ]; then sudo=; \
	elif sudo -n true 2>/dev/null; then sudo=sudo; \
	else sudo=none; fi; \
	if [ "$$sudo" = none ]; then \
	  [ -n "$$need" ] || exit 0; \
	  echo "The tests need$$need: install what is missing, so that it is on the PATH."; exit 1; \
	fi; \
	if [ -n "$$need" ]; then \
	  $$sudo env $$apt -qq update </dev/null && \
	  $$sudo env $$apt -qq -y install $$need </dev/null || exit 1; \
	fi; \
	[ -z "$$wish" ] || \
	  $$sudo env $$apt -qq -y install $$wish </dev/null >/dev/null 2>&1 || \
	  { $$sudo env $$apt -o Acquire::http::Timeout=20 -qq update </dev/null && \
	    $$sudo env $$apt -o Acquire::http::Timeout=20 -qq -y install $$wish </dev/null >/dev/null; } || \
	  echo "Without $$wish the browser tests take three times as long."
