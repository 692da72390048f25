# Two commands matter: `make demo` and `make test`. Both build what they lack.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
DEMO ?= data/demo
INCIDENTS ?= 60000

# A stamp per lock: an environment is built once for each content of the lock, whatever asked for it.
RUNTIME := $(VENV)/.runtime-$(shell sha256sum requirements.lock | cut -c1-16)
DEVELOPMENT := $(VENV)/.development-$(shell sha256sum requirements-dev.lock | cut -c1-16)

export PREFECT_SERVER_ANALYTICS_ENABLED = false
export DO_NOT_TRACK = 1

.PHONY: demo test test-all lint docs bench install lock clean

demo: $(RUNTIME)
	$(BIN)/stratpro demo --folder $(DEMO) --incidents $(INCIDENTS)

install: $(RUNTIME)

test: $(DEVELOPMENT)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not realdata and not server and not browser and not notebook and not slow"

test-all: $(DEVELOPMENT)
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: $(DEVELOPMENT)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(DEVELOPMENT)
	$(BIN)/python benchmarks/nightly.py 60000 200000
	$(BIN)/python benchmarks/ingest.py
	$(BIN)/python benchmarks/encryption.py
	$(BIN)/python benchmarks/geocode.py
	$(BIN)/python benchmarks/people.py
	$(BIN)/python benchmarks/hotspots.py
	$(BIN)/python benchmarks/groups.py
	$(BIN)/python benchmarks/metrics.py
	$(BIN)/python benchmarks/suppression.py

docs: $(RUNTIME)
	$(BIN)/python -m strategic_prosecution.dictionary > docs/dictionary.md
	$(BIN)/python -m strategic_prosecution.metrics.pages > docs/metrics.md

# pip 23.2, which Python 3.11 ships, refuses a hashed lock when a package asks for another's extra: hence --no-deps, then
# a check. The development lock holds everything the runtime lock holds.
$(RUNTIME):
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -n "$(wildcard $(VENV)/.development-*)" || $(BIN)/pip install --quiet --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip check
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

$(DEVELOPMENT):
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --no-deps --require-hashes -r requirements-dev.lock
	$(BIN)/pip check
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	touch $(RUNTIME) $@

# Needs uv. Run time and development apart; the second keeps the versions of the first.
lock:
	uv pip compile pyproject.toml --extra build --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --no-annotate -q -o requirements.lock
	uv pip compile pyproject.toml --extra build --extra dev --extra notebooks --extra cluster -c requirements.lock \
		--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q \
		-o requirements-dev.lock

clean:
	rm -rf $(VENV) $(DEMO) .pytest_cache .mypy_cache .ruff_cache
