# make demo    from a fresh clone to a finished report package, with nothing but Python 3.11+
# make demo-chain   three levels on invented unions: county to city to province, every command printed
# make test    everything that must hold before a change is handed in
# make quick   format, lint, types and the tests of the small rooms: after every few lines
# make setup-debian   install what tests run besides Python (LibreOffice, Chromium, age, openssl, nginx, poppler)
# make fuzz    the same for hostile input and faults, with many more examples (an hour)
# make mutants small slips made in kinds and rules on purpose: which of them no test notices (an hour)
# make excel-kit   a folder for checking by hand what only Excel and WPS can show (docs/excel.zh-CN.md)
# make lock    renew the locked dependencies
# make audit   hold all locks against the advisories of OSV, where that can be reached
# make bench-scale   measure what a whole collection costs, renew docs/scale.md
# make container-test   the recipe of the container, run step by step; as root
# make portal-load   a deadline day before the web pages, with attackers: docs/portal.zh-CN.md
# make docs    renew the generated parts of docs/
# make samples renew the workbooks under samples/
# make bench   measure beside the peers (25 minutes; `make bench QUICK=1` takes two): docs/performance.md
# make pictures renew the pictures of the handbooks
# make dist    build the program that needs no Python, for the platform this runs on
# make dist-test   run it in an empty environment
# make windows-test   on Windows' own Python, under Wine: Debian 12 (30 minutes; SHORT=1 takes six at most)
# make windows-dist   the programs to hand out on Windows, zip and installer, built under Wine
# make wheels  the wheel, and all that an offline Linux or Windows machine needs to install it
# make windows-wheels   … for Windows only

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo demo-chain test quick setup-debian lint types unit fuzz mutants lock audit bench bench-scale portal-load container-test docs samples excel-kit pictures dist dist-test \
	windows-test windows-dist wheels linux-wheels windows-wheels clean

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

demo-chain: $(VENV)/.runtime
	@rm -rf $(DEMO)-chain
	@PATH="$$PWD/$(BIN):$$PATH" samples/demo-chain.sh $(DEMO)-chain

test: lint types unit

# The rooms that everything else stands on; what runs another program waits for `make test`.
FAST := test_architecture.py model text files kinds rules roster

quick: lint types
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 2 --dist worksteal -m 'not needs' \
		$(FAST:%=tests/%)

setup-debian:
	.ci/setup-debian

lint: $(VENV)/.dev
	$(BIN)/ruff format --check converter tests docs benchmarks program windows
	$(BIN)/ruff check converter tests docs benchmarks program windows

types: $(VENV)/.dev
	$(BIN)/mypy

# Who is done first takes over from the other, so that what a module's tests share is made once.
# Every test starts processes: without bytecode each would compile the sources anew.
unit: $(VENV)/.dev
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n 2 --dist worksteal

fuzz: $(VENV)/.dev
	EXAMPLES=5000 ROUNDS=10000 KILLS=100 EVERY_STEP=1 $(BIN)/python -m pytest tests/safety \
		tests/workbook/test_mutations.py tests/package/test_hostile.py \
		tests/usecases/receive/test_killed_decisions.py tests/upward/test_killed.py
	EXAMPLES=500 $(BIN)/python -m pytest -m 'not needs' tests/kinds tests/text tests/files tests/model \
		tests/identity tests/register tests/statistics tests/package tests/workbook tests/workers \
		tests/template/test_cell_text.py tests/form_editor/test_round_trip.py
	EXAMPLES=100 UNITS=600 $(BIN)/python -m pytest tests/validation/test_sheets.py tests/parity/test_whole_template.py

held-out: $(VENV)/.dev
	UNITS=200 KILLS=27 $(BIN)/python -m pytest -n 0 tests/usecases/receive/test_held_out.py
	$(BIN)/python -m pytest -n 0 tests/upward/held_out_chain.py

mutants: $(VENV)/.dev
	$(BIN)/python -m tests.mutation
	$(BIN)/python -m tests.mutation.formulas

container-test: $(VENV)/.dev
	$(BIN)/python -m pytest -q -p no:cacheprovider program/container

portal-load: $(VENV)/.dev
	$(BIN)/python -m tests.web.load --write

lock: $(VENV)/.dev
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) pyproject.toml --all-extras --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) pyproject.toml --all-extras --group dev --group bench --group dist \
		-c requirements-dev.lock -o requirements-bench.lock
	$(COMPILE) pyproject.toml --group dist -c requirements-bench.lock -o requirements-dist.lock

# Exit code 2 where the database of advisories cannot be reached: that is no clean bill.
audit: $(VENV)/.dev
	@set -e; for lock in requirements*.lock; do echo "$$lock"; \
	$(BIN)/uv tool run --quiet pip-audit --strict --require-hashes --disable-pip --requirement $$lock > build-audit.txt 2>&1 \
	&& { cat build-audit.txt; rm -f build-audit.txt; continue; }; cat build-audit.txt; \
	grep -qE "Found [0-9]+ known vulnerabilit" build-audit.txt && { rm -f build-audit.txt; exit 1; }; \
	rm -f build-audit.txt; echo "NOT AUDITED: the advisories could not be reached"; exit 2; done

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

# Workbooks and steps for what only Excel and WPS can show.
excel-kit: $(VENV)/.dev
	$(BIN)/python docs/excel_kit.py build/excel-kit

pictures: $(VENV)/.dev
	$(BIN)/python docs/pictures.py

# Built in an environment of its own: what a developer has besides does not slip in.
build/program-env/.made: requirements-dist.lock $(VENV)/.created
	rm -rf build/program-env && $(VENV)/bin/python -m venv build/program-env
	build/program-env/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r requirements-dist.lock
	@touch $@

dist: build/program-env/.made
	build/program-env/bin/python -m program.build

dist-test: $(VENV)/.dev
	$(BIN)/python -m pytest program

windows-test: $(VENV)/.dev
	.ci/setup-debian
	windows/setup-debian
	$(BIN)/python -m windows.test $(if $(SHORT),--short)

windows-dist: $(VENV)/.dev
	.ci/setup-debian
	windows/setup-debian
	$(BIN)/python -m windows.dist

# For a machine without network: copy dist/linux or dist/windows there, then
#   python3 -m pip install --no-index --find-links dist/linux converter
#   py -m pip install --no-index --find-links dist\windows converter
# That pip finds a wheel of everything for the platform is the proof that there is one.
wheels: linux-wheels windows-wheels

linux-wheels: $(VENV)/.dev
	$(call wheelhouse,linux,x86_64-manylinux_2_28,\
		--platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64)

windows-wheels: $(VENV)/.dev
	$(call wheelhouse,windows,windows,--platform win_amd64)

# $(1) folder below dist/, $(2) the platform as uv names it, $(3) as pip does
define wheelhouse
	rm -rf dist/$(1) && mkdir -p dist/$(1)
	$(PIP) wheel --quiet --no-deps . -w dist/$(1)
	set -e; for version in 3.11 3.12 3.13 3.14 3.15; do \
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --python-platform $(strip $(2)) \
		--python-version $$version -c requirements-dist.lock pyproject.toml \
		--group dist -o dist/$(1).lock; \
	$(PIP) download --quiet --no-deps --require-hashes --only-binary=:all: $(3) \
		--python-version $$version -r dist/$(1).lock -d dist/$(1); done
	@rm dist/$(1).lock; du -sh dist/$(1); ls dist/$(1) | wc -l
endef

clean:
	rm -rf $(VENV) $(DEMO) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
