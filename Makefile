# What a person does here. `make run` and `make test` need python3, make and git, and set up the rest by themselves.
.PHONY: help run web test lint bench live quality docs lock clean

PY := .venv/bin/python
export PYTHONDONTWRITEBYTECODE := 1

help:            ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: .venv/ready-run            ## start the agent on the bundled recording and this machine's logs; Ctrl-C stops it
	@$(WEB)
	@$(PY) -m vedette demo --data var/demo

web:             ## build the dashboard where something of it changed (needs Node.js 20 or newer)
	@$(NODE) || { echo "make web: node 20 or newer, or npm, is missing. On Debian: apt-get install nodejs npm. Everything but the dashboard works without."; exit 1; }
	@$(MAKE) --no-print-directory $(DIST)

# A program that brings the dashboard up to date where it can be built, and says why where it cannot.
WEB = if $(NODE); then $(MAKE) --no-print-directory $(DIST) || echo "The dashboard could not be built (see above): going on without."; else echo "Node.js 20 and npm are missing: going on without the dashboard (apt-get install nodejs npm)."; fi
NODE := command -v npm >/dev/null && node -e 'process.exitCode = parseInt(process.versions.node) < 20 ? 1 : 0' 2>/dev/null
DIST := src/vedette/web_dist/index.html

$(DIST): web/node_modules/.package-lock.json $(shell find web -path web/node_modules -prune -o -type f -print)
	@echo "building the dashboard (half a minute; again only when web/ changes)"
	@cd web && npm run --silent build
	@touch $@

web/node_modules/.package-lock.json: web/package-lock.json
	@echo "fetching what the dashboard is built with"
	@cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

test: .venv/ready-dev           ## lint, types, import contracts, then every test; with the dashboard in a browser where node and Chromium are
	@$(MAKE) --no-print-directory lint
	@$(WEB)
	@if $(NODE); then cd web && npm test --silent; fi
	@$(PY) -m pytest -n auto --dist worksteal

lint: .venv/ready-dev           ## ruff, mypy --strict, import contracts
	@.venv/bin/ruff check src tests bench
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo

live: .venv/ready-dev           ## only the tests on the real kernel, sockets, disks and processes
	@$(PY) -m pytest -m live -n0

bench: .venv/ready-dev          ## every benchmark, one core; see bench/README.md
	@POLARS_MAX_THREADS=1 $(PY) -m pytest bench -n0 --benchmark-only --benchmark-columns=median,iqr,rounds --benchmark-group-by=group -q

quality: .venv/ready-dev        ## how good detection is on labelled data, where ../shared has it
	@$(PY) bench/quality_anomaly.py ../shared/data/logs/labelled/KDDTrain+_20Percent.txt
	@$(PY) bench/quality_network.py ../shared/data/network
	@$(PY) bench/quality_compress.py ../shared/data/logs/loghub-2k ../shared/data/logs/labelled/apache-http-logs_acunetix.txt ../shared/data/logs/crowdsec-hub ../shared/data/logs/fail2ban ../shared/data/sigma/evtx-attack-samples

docs: .venv/ready-dev           ## write the reference pages from the code
	@$(PY) docs/generate.py

lock: .venv/ready-dev           ## newest versions that pyproject.toml allows into the hashed locks
	@$(PY) -m pip install -q uv
	@.venv/bin/uv pip compile -q --universal --no-annotate --generate-hashes --python-version 3.11 --extra ai pyproject.toml deploy/build.in -o requirements.lock --custom-compile-command "make lock"
	@.venv/bin/uv pip compile -q --universal --no-annotate --generate-hashes --python-version 3.11 --extra ai --extra dev -c requirements.lock pyproject.toml deploy/build.in -o requirements-dev.lock --custom-compile-command "make lock"

clean:           ## forget the virtual environment and the demo's data
	rm -rf .venv var/demo

.venv/ready-run: requirements.lock pyproject.toml deploy/setup.sh
	@sh deploy/setup.sh requirements.lock $@

.venv/ready-dev: requirements-dev.lock pyproject.toml deploy/setup.sh
	@sh deploy/setup.sh requirements-dev.lock $@
	@touch .venv/ready-run
