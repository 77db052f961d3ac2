# Every target works on a fresh clone: what it needs, it makes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Test modules run side by side; most of their time is spent waiting.
WORKERS ?= 4
# What the worlds of the end-to-end tests are made of when they are repeated with containers.
TIERS ?= --tier container --cluster embedded
# Neon's OpenAPI document: proprietary, so it is unpacked where it is needed and never kept.
NEON_CLIENT := 2.7.3
NEON_DOCUMENT := public-v2-for-users.gen.yaml

# What one process of a run has compiled serves all the others.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install rehearse test test-long test-containers test-kind check lint types imports bench shots snapshots neon-schema lock clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

rehearse: install
	$(BIN)/portal rehearse -f manifests/examples/identity-service.yaml -f manifests/examples/deepagents-runtime.yaml $(ARGS)

test: install
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder $(ARGS)

# Every case of what `test` takes a sample of: hours.
test-long: install
	$(BIN)/python -m pytest --long -m long --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder $(ARGS)

# With kind and its node image; without them the tests say why they are skipped.
test-kind: install
	$(BIN)/python -m pytest -m kind $(ARGS)

# With a container engine; without one every test says why it is skipped.
test-containers: install
	$(BIN)/python -m pytest -m containers $(TIERS) --numprocesses $(WORKERS) --dist loadscope --no-loadscope-reorder $(ARGS)

check: lint types imports test

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports

bench: install
	$(BIN)/python -m tests.bench $(ARGS)

shots: install
	$(BIN)/python -m tests.tui.shots

# Draws every screen in every state anew, for tests to compare with; look at what changed before it is kept.
snapshots: install
	$(BIN)/python -m tests.tui.snapshots $(ARGS)

# Answers of the simulated Neon are judged by this document wherever it is there.
neon-schema:
	@if test -f .schemas/neon/$(NEON_DOCUMENT); then :; \
	elif ! command -v npm >/dev/null; then \
		echo "npm is not installed: Neon's OpenAPI document stays away, and tests that need it are skipped"; \
	else \
		mkdir -p .schemas/neon && cd .schemas/neon && \
		npm pack --silent @neondatabase/api-client@$(NEON_CLIENT) && \
		tar -xzf neondatabase-api-client-$(NEON_CLIENT).tgz package/$(NEON_DOCUMENT) && \
		mv package/$(NEON_DOCUMENT) . && rmdir package && rm neondatabase-api-client-$(NEON_CLIENT).tgz; \
	fi

# Regenerates constraints.txt from pyproject.toml; needs uv on PATH.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --all-extras pyproject.toml -o constraints.txt

clean:
	rm -rf $(VENV) report .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
