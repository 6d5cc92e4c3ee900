# Two commands do everything on a fresh machine with Python 3.11: `make demo` and `make test`.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
# tests start many a process: each would compile every module anew where the machine says not to keep what it compiled
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install demo test check soak bench docs clean

install: $(VENV)/.installed

# --group needs pip 25.1; the virtual environment's own pip may be older
$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet -e . --group dev
	$(BIN)/tsuide warm
	touch $@

demo: install
	$(BIN)/tsuide demo

# tests of one file share what its fixtures made, so they run in one process, in their order; the long ones first
test: install
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m pip check
# it ends with 1 for a finding and where it cannot ask: what that means says audit.py
	$(BIN)/pip-audit --skip-editable --progress-spinner off --format json 2>&1 >.audit.json | grep -v '^No known' || true
	$(BIN)/python .ci/audit.py <.audit.json

soak: install
	$(BIN)/python -m pytest -m soak

bench: install
	$(BIN)/tsuide bench complements
	$(BIN)/tsuide bench decide

docs: install
	$(BIN)/python docs/make_screenshots.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis
