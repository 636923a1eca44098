# Quick start: `make demo`, `make test`. Each target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
export UV_PYTHON_DOWNLOADS := never

.PHONY: demo test lint ui docs bench bench-cltv bench-identity bench-components bench-febrl linkage-weights clean setup soak soak-histories soak-kills soak-faults soak-fuzz soak-days

setup: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Rapport needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

demo: $(INSTALLED)  ## a made-up shop from extracts to a published file
	$(BIN)/rapport demo

test: lint  ## lint, types, all tests
	$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile

lint: $(INSTALLED)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests

ui: $(INSTALLED)  ## Dagster's web interface on the home of RAPPORT_HOME (default ./var)
	@mkdir -p $${RAPPORT_HOME:-var}/dagster
	@test -f $${RAPPORT_HOME:-var}/dagster/dagster.yaml || cp orchestration/dagster.yaml $${RAPPORT_HOME:-var}/dagster/dagster.yaml
	umask 077; DAGSTER_HOME=$$(cd $${RAPPORT_HOME:-var}/dagster && pwd) $(BIN)/dagster dev -m orchestration.definitions -h 127.0.0.1

docs: $(INSTALLED)  ## dbt's documentation of every table as one page, dbt_project/target/static_index.html
	cd dbt_project && ../$(BIN)/dbt docs generate --static --profiles-dir .

HISTORIES ?= 200
soak-histories: $(INSTALLED)  ## random histories of nights, each equal to a build at once; goes on where histories.jsonl ends
	$(BIN)/python -m tests.pipeline.histories.play --histories $(HISTORIES) --report histories.jsonl

KILLS ?= 100
soak-kills: $(INSTALLED)  ## runs that are killed at random moments; goes on where kills.jsonl ends
	$(BIN)/python -m tests.pipeline.crashes.play --kills $(KILLS) --report kills.jsonl

FAULTS ?= 50
soak-faults: $(INSTALLED)  ## runs on a machine whose disk fills up or whose memory ends; goes on where faults.jsonl ends
	$(BIN)/python -m tests.pipeline.crashes.small_disk --rounds $(FAULTS) --report faults.jsonl

DAYS ?= ../shared/data/online_retail/by-day
soak-days: $(INSTALLED)  ## a real shop, one run per day, then all at once; goes on where days.jsonl ends
	@test -d $(DAYS) || echo "skipped: no folder $(DAYS); name one with DAYS=…"
	@test ! -d $(DAYS) || $(BIN)/python -m tests.soak.day_by_day --data $(DAYS) --home var/days --report days.jsonl

soak: soak-histories soak-kills soak-faults soak-fuzz soak-days  ## the long proofs

bench-identity: $(INSTALLED)  ## whom the identity resolution joins, against the simulator's truth
	$(BIN)/python -m benchmarks.identity

bench-components: $(INSTALLED)  ## the graph step of identity resolution on ten million accounts: seconds and memory
	$(BIN)/python -m benchmarks.components

CUSTOMERS ?= 1000000
bench-cltv: $(INSTALLED)  ## customer value of a million customers with lifetimes on pandas beside it; CUSTOMERS=1000000
	$(BIN)/python -m benchmarks.cltv --customers $(CUSTOMERS)

DATA ?= ../shared/data/febrl
bench-febrl: $(INSTALLED)  ## identity resolution on FEBRL's persons beside Splink's tutorial; DATA=folder of dataset1.csv …
	@test -d $(DATA) || echo "skipped: no folder $(DATA); name one with DATA=…"
	@test ! -d $(DATA) || $(BIN)/python -m benchmarks.febrl --data $(DATA)

linkage-weights: $(INSTALLED)  ## the rows of seeds/identity_weights.csv, estimated anew
	@test -d $(DATA) || echo "skipped: no folder $(DATA); name one with DATA=…"
	@test ! -d $(DATA) || $(BIN)/python -m benchmarks.linkage_weights --data $(DATA)

SIZE ?= 20k
bench: $(INSTALLED)  ## a run against the physical limit of this machine; SIZE=20k|200k|1m
	$(BIN)/python -m benchmarks.run $(SIZE)

SEED ?= 1
COUNT ?= 10000
soak-fuzz: $(INSTALLED)  ## COUNT broken files of every extract and format; goes on where a stopped run was
	$(BIN)/python -m tests.soak.fuzz --seed $(SEED) --count $(COUNT)

clean:
	rm -rf $(VENV) dbt_project/target dbt_project/logs
