# Two commands do everything on a fresh machine: `make demo` and `make test`.
SHELL := bash
NBGRADER ?= 0.9.6
VENV := $(if $(filter 0.9.6,$(NBGRADER)),.venv,.build/venv-$(NBGRADER))
PYTHON_IN_VENV := $(VENV)/bin/python
export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/$(VENV)/bin:$(PATH)

.PHONY: help install check test torture bench soak demo clean
.NOTPARALLEL:

help:
	@echo 'make demo      the service, and a whole nbgrader cycle through it; stays up until Ctrl-C (EXIT=1: stops after the cycle)'
	@echo 'make test      everything that proves it works; the last line says how many checks passed and failed'
	@echo '               (NBGRADER=0.9.5: with that nbgrader)'
	@echo 'make check     the quick loop, minutes: types, lint, tests that need nothing but Node and Python (no database server, no browser, no S3)'
	@echo 'make torture   power cuts, kill -9, failing disks, gigabytes: root, and an hour'
	@echo 'make bench     what it costs, beside nginx and the bare disk, into bench/RESULTS.md (ONLY=B1,B2  QUICK=1  PEER_URL=...: bench/run.ts)'
	@echo 'make soak      a class that works through a whole assignment on the service at URL=... (bench/soak.ts)'
	@echo 'make install   what the others need, installed: npm packages, a Python environment, Debian packages where we are root'
	@echo 'make clean     removes what the above has made'

install: node_modules/.stamp $(VENV)/.stamp

node_modules/.stamp: package-lock.json package.json server/package.json
	@scripts/debian-packages
	@echo 'Installing the npm packages'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(VENV)/.stamp: plugin/pyproject.toml scripts/requirements.txt
	@scripts/debian-packages
	@scripts/install-python $(VENV) $(NBGRADER)
	@touch $@

check test torture: install
	@$(PYTHON_IN_VENV) scripts/run_all.py $@

bench: export ONLY := $(ONLY)
bench: export QUICK := $(QUICK)
bench: export PEER_URL := $(PEER_URL)
bench: export PEER_HEADERS := $(PEER_HEADERS)
bench: export REMARK := $(REMARK)
bench: install
	@npm run --silent build
	@node bench/run.ts

soak: node_modules/.stamp
	@node bench/soak.ts $(if $(URL),--url '$(URL)') $(if $(STUDENTS),--students $(STUDENTS))

demo: install
	@$(PYTHON_IN_VENV) demo/run.py $(if $(EXIT),--exit)

clean:
	rm -rf node_modules .venv .build data/demo server/dist
	find plugin scripts demo -name __pycache__ -prune -exec rm -rf {} +
