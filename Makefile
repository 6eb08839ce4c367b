# make demo    from a fresh clone to a finished report package, with nothing but Python 3.11+
# make test    everything that must hold before a change is handed in
# make lock    renew the locked dependencies
# make bench-scale   measure what a whole collection costs, renew docs/scale.md
# make docs    renew the generated parts of docs/
# make samples renew the workbooks under samples/
# make bench   measure beside the peers (25 minutes; `make bench QUICK=1` takes one): docs/performance.md
# make windows-wheels   collect what an offline Windows machine needs

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test lint types unit lock bench bench-scale docs samples windows-wheels clean

# The first interpreter that is new enough; a stub that cannot start does not count.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
DEMO := demo
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --custom-compile-command 'make lock'

help:
	@sed -n 's/^# make /  make /p' Makefile

$(VENV)/.created:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.lock pyproject.toml $(VENV)/.created
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml $(VENV)/.created
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	$(PIP) install --quiet --no-deps --editable .
	@touch $@ $(VENV)/.runtime

$(VENV)/.bench: requirements-bench.lock pyproject.toml $(VENV)/.created
	$(PIP) install --quiet --require-hashes -r requirements-bench.lock
	$(PIP) install --quiet --no-deps --editable .
	@touch $@ $(VENV)/.runtime $(VENV)/.dev

# Each command is shown as a clerk would type it, then run.
demo: $(VENV)/.runtime
	@rm -rf $(DEMO) && mkdir -p $(DEMO)
	@set -e; PATH="$$PWD/$(BIN):$$PATH"; export PATH; \
	run() { printf '\n$$ %s\n' "$$*"; "$$@"; }; \
	stopped() { printf '\n$$ %s\n' "$$*"; "$$@" && exit 1 || test $$? -eq 1; }; \
	cp samples/01-correct/input/填报.xlsx $(DEMO)/填报.xlsx; \
	cp samples/02-every-common-fault/input/填报.xlsx $(DEMO)/有错误.xlsx; \
	cd $(DEMO); \
	run converter template -o 空白表.xlsx; \
	stopped converter check 有错误.xlsx --annotate 批注; \
	run converter check 填报.xlsx; \
	run converter convert 填报.xlsx -o 上报.zip; \
	run converter show 上报.zip; \
	printf '\nThe files are in %s/\n' "$(DEMO)"; ls

test: lint types unit

lint: $(VENV)/.dev
	$(BIN)/ruff format --check converter tests docs benchmarks
	$(BIN)/ruff check converter tests docs benchmarks

types: $(VENV)/.dev
	$(BIN)/mypy --strict converter

unit: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2

lock: $(VENV)/.dev
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --all-extras --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) pyproject.toml --all-extras --group dev --group bench --group dist \
		-c requirements-dev.lock -o requirements-bench.lock

# Half an hour; see docs/scale.md.
bench-scale: $(VENV)/.dev
	for what in receive register check page; do $(BIN)/python -W ignore -m benchmarks.scale $$what || exit 1; done

docs: $(VENV)/.dev
	$(BIN)/python docs/build.py

samples: $(VENV)/.dev
	$(BIN)/python -m tests.make_samples --accept

# On a machine that does nothing else: contenders take turns, but they share its caches.
bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick)

# For a machine without network: copy dist/ there, then
#   py -m pip install --no-index --find-links dist\windows converter
windows-wheels: $(VENV)/.dev
	rm -rf dist/windows && mkdir -p dist/windows
	$(PIP) wheel --quiet --no-deps . -w dist/windows
	set -e; for version in 3.11 3.12 3.13; do \
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --python-platform windows \
		--python-version $$version -c requirements.lock pyproject.toml -o dist/windows.lock; \
	$(PIP) download --quiet --no-deps --require-hashes --only-binary=:all: --platform win_amd64 \
		--python-version $$version -r dist/windows.lock -d dist/windows; done
	@rm dist/windows.lock; ls dist/windows

clean:
	rm -rf $(VENV) $(DEMO) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
