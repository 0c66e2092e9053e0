# Every target sets up what it needs in a fresh clone. Given: Python 3.11, git, make.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(BIN)/uv
INSTALL = $(UV) pip install --quiet --python $(BIN)/python --constraint constraints.txt

.DEFAULT_GOAL := help
# `make test` checks types beside the tests: each leaves a core idle for a while; both are told, and either fails it.
.PHONY: help demo serve web test search lint style types bench evaluate doctor constraints clean

help: ## show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(UV): constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed / 需要 Python 3.11 及以上"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
	@touch $@

$(VENV)/.run: $(UV) pyproject.toml constraints.txt
	$(INSTALL) --editable '.[fast]'
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	$(INSTALL) --editable '.[fast,test,explain,reports,web,bench]'
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(INSTALL) --editable '.[fast,test,explain,reports,web]'
	@touch $@

$(VENV)/.web: $(VENV)/.run
	$(INSTALL) --editable '.[fast,web,reports]'
	@touch $@

demo: web ## the whole loop on a made-up province, on SQLite; prints the funnel, writes the report
	$(BIN)/risk demo

serve: web ## API and workbench on http://127.0.0.1:8000
	$(BIN)/risk serve

web: $(VENV)/.web ## build the workbench (api/web), if it is out of date
	$(BIN)/python api/web/build.py

test: style ## lint, types, import contracts, all tests on SQLite and PostgreSQL
	@$(MAKE) --no-print-directory types >$(VENV)/types.log 2>&1 & types=$$!; \
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder; tests=$$?; \
	wait $$types; types=$$?; cat $(VENV)/types.log; exit $$((tests | types))

search: $(VENV)/.test ## the property tests of the language and the domain with new random examples
	RISK_HYPOTHESIS=search $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder tests/rules tests/features tests/models

lint: style types ## ruff, mypy --strict, import contracts, types of the workbench

style: $(VENV)/.test
	$(BIN)/python api/web/build.py
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/python api/web/build.py --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.bench ## measure speed; results go to experiments/results
	$(BIN)/python -m experiments.bench

evaluate: $(VENV)/.test ## measure the models on real material: make evaluate DATA=path
	$(BIN)/python -m experiments.real_data --data $(DATA)

doctor: $(VENV)/.run ## what is installed, what is missing
	$(BIN)/risk doctor

constraints: $(UV) ## renew constraints.txt
	$(UV) pip compile --quiet --upgrade --no-annotate --no-header --python-version 3.11 --extra pg --extra fast --extra test --extra bench --extra explain --extra sso --extra reports --extra web pyproject.toml -o $(VENV)/constraints.new
	@{ echo "# Exact versions that the project is tested with (Python 3.11). Renew with: make constraints"; cat $(VENV)/constraints.new; $(UV) --version | awk '{print "uv==" $$2}'; } > constraints.txt

clean: ## remove the environment and everything that runs have written
	rm -rf $(VENV) var build dist
