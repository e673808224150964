# What a person does here. `make run` and `make test` need python3, make and git, and set up the rest by themselves.
.PHONY: help run web test lint bench live quality docs lock clean

PY := .venv/bin/python
export PYTHONDONTWRITEBYTECODE := 1

help:            ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: .venv/ready-run            ## start the agent on the bundled recording and this machine's logs; Ctrl-C stops it
	@$(PY) -m vedette demo --data var/demo

web:             ## build the dashboard (needs Node.js 20 or newer)
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "make web: node and npm are missing. On Debian: apt-get install nodejs npm (20 or newer). Everything but the dashboard works without."; exit 1; }
	@node -e 'process.exit(+process.versions.node.split(".")[0] < 20)' || { echo "make web: Node.js 20 or newer is needed; this is $$(node --version)"; exit 1; }
	@cd web && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && npm run --silent build

test: .venv/ready-dev           ## lint, types, import contracts, then every test
	@$(MAKE) --no-print-directory lint
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
