# Everything a person types to work with Parlour. Python 3.11 or newer and make are enough.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# The interpreter .venv is made with: make run PYTHON=/opt/python/bin/python3, make test PYTHON=python3.13
PYTHON ?=
HOST ?= localhost
PORT ?= 8000
export HOST PORT

PY := .venv/bin/python
HTMX := core/web/static/vendor/htmx.min.js
PACKAGING := pyproject.toml hatch_build.py
PYTEST := $(PY) -m pytest -n 2 --dist loadfile

# A checkout that moved, or lost what the build copies, installs itself again; a broken environment is made anew.
$(shell [ "$$(cat .venv/place 2>/dev/null)" = "$$(pwd -P)" ] && [ -f $(HTMX) ] || rm -f .venv/run.stamp .venv/test.stamp)
# So is one made with another interpreter than the one asked for.
FITS := $(PY) -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
VERSION := -c 'import sys; print(sys.version_info)'
ifneq ($(PYTHON),)
FITS += && [ "$$($(PY) $(VERSION))" = "$$("$(PYTHON)" $(VERSION))" ]
endif
$(shell $(FITS) || rm -f .venv/*.stamp)

.PHONY: help run quick test test-long lint types bench bench-growth docs translations clean chromium

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-22s%s\n", $$1, $$2}'

run: .venv/run.stamp ## the demo portal on http://localhost:8000 (HOST, PORT)
	@$(PY) -m parlour demo --if-needed
	@exec $(PY) -m parlour serve

quick: lint ## the tests to run while working: under three minutes, without browser, few processes
	@$(PYTEST) --quick tests $(ARGS)

test: lint types chromium ## linters, types and every test but the long runs, on both databases
	@# Two processes and their servers share the machine: what fails in the crowd is asked once more, alone.
	@$(PYTEST) --sparing -m "not slow" tests $(ARGS) || $(PY) -m pytest -m "not slow" --last-failed --last-failed-no-failures none tests

test-long: lint types chromium ## everything, also long runs and many more generated cases: hours
	@PARLOUR_LONG=1 $(PYTEST) tests $(ARGS)

lint: .venv/test.stamp ## style and likely mistakes
	@$(PY) -m ruff check --quiet .

types: .venv/test.stamp ## types, strictly
	@$(PY) -m mypy --no-error-summary

bench: .venv/test.stamp ## what the portal costs, beside the bare stack
	@$(PY) -m bench $(ARGS)

bench-growth: .venv/test.stamp ## the same pages at growing sizes
	@$(PY) -m bench --growth $(ARGS)

docs: .venv/run.stamp ## the reference pages that are written from the schemas
	@$(PY) -m tools.docs

translations: .venv/run.stamp ## collect texts, update the translators' files, check them
	@$(PY) -m tools.translations

clean: ## remove what can be made again; keeps var/, where the portal's data is
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist core/web/static/vendor
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- setting up ---

# A name on the PATH may be a shim that leads nowhere, and a Python may come without venv: each must really run.
.venv/made.stamp:
	@if $(FITS); then touch $@; exit 0; fi; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3 /usr/bin/python3); do \
	  if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	  then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo 'Parlour needs Python 3.11 or newer with its venv module, and found none$(if $(PYTHON), at $(PYTHON)).' >&2; \
	  echo 'On Debian or Ubuntu: apt-get install python3 python3-venv' >&2; \
	  echo 'Elsewhere, name it: make $(or $(firstword $(MAKECMDGOALS)),run) PYTHON=/path/to/python3' >&2; \
	  exit 1; \
	fi; \
	echo "Setting up .venv with $$("$$found" --version)"; \
	"$$found" -m venv --clear .venv && touch $@

.venv/run.stamp: .venv/made.stamp $(PACKAGING)
	@$(call install,passkeys$(comma)postgres)
	@pwd -P > .venv/place; touch $@

.venv/test.stamp: .venv/made.stamp $(PACKAGING)
	@$(call install,dev$(comma)passkeys$(comma)postgres)
	@pwd -P > .venv/place; touch .venv/run.stamp $@

comma := ,
# pip is heard only when it fails.
install = echo 'Installing what Parlour needs ($(1))'; \
  $(PY) -m pip install --disable-pip-version-check --quiet -e '.[$(1)]' > .venv/pip.log 2>&1 \
  || { cat .venv/pip.log >&2; echo 'Installing failed; the reason stands above.' >&2; exit 1; }

chromium: .venv/test.stamp
	@for name in chromium chromium-browser google-chrome; do \
	  command -v $$name >/dev/null 2>&1 && exit 0; \
	done; \
	as=; [ "$$(id -u)" = 0 ] || as='sudo -n'; \
	if command -v apt-get >/dev/null 2>&1 && { [ -z "$$as" ] || $$as true 2>/dev/null; }; then \
	  echo 'Installing Chromium for the browser tests'; \
	  $$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends chromium \
	    > .venv/apt.log 2>&1 && exit 0; \
	  cat .venv/apt.log >&2; \
	fi; \
	if [ "$$ALLOW_SKIP" = 1 ]; then echo 'No Chromium: the browser tests are skipped (ALLOW_SKIP=1).'; exit 0; fi; \
	echo 'The browser tests need Chromium: apt-get install chromium (as root), then again: make test.' >&2; \
	echo 'ALLOW_SKIP=1 make test goes on without them.' >&2; \
	exit 1
