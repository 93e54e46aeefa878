# Two commands set up everything: `make demo` runs the whole pipeline, `make test` checks and tests everything.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PROCESSES ?= 2
STAMP := $(VENV)/.installed

.PHONY: demo test tests verify lint style types bench model readme docs gallery address lock clean

$(STAMP): requirements.lock pyproject.toml
	@echo "Creating the environment in $(VENV) (about a minute) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "microtann needs Python 3.11 or newer; run: make PYTHON=/path/to/python3.12 ...")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $(STAMP)

demo: $(STAMP)
	$(BIN)/microtann demo --output results/demo

# Types are checked while the tests run.
test: $(STAMP) style
	$(MAKE) --no-print-directory --jobs=2 types tests

# In two processes, a file in one of them; more do not pay on fewer cores.
tests: $(STAMP)
	$(BIN)/python -m pytest -m "not verify" --numprocesses $(PROCESSES) --dist loadfile

# Longer verifications, then all tests as on other processors, then faults on purpose from a random seed: kills,
# damaged files, hostile configurations, random cells and decks. A failure is printed with the command that repeats it:
# python -m tests.campaign files --seed 123 --cases 1
# At last the schedule of the paper, some CPU hours; interrupted, it goes on where it stopped.
verify: $(STAMP)
	$(BIN)/python -m pytest -m verify
	$(BIN)/python -m tests.processors -m "not verify" --numprocesses $(PROCESSES) --dist loadfile
	$(BIN)/python -m tests.campaign
	$(BIN)/python -m benchmarks published --paper

lint: style types

style: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

# Train the models shipped with the package again, from their seeds, and write their cards: some ten minutes of CPU.
model: $(STAMP)
	$(BIN)/python scripts/train_shipped_models.py

# Write the results and the picture of README.md from those of the demo.
readme: demo
	$(BIN)/python scripts/readme_results.py results/demo

# The site of the documentation, in build/site, from an environment of its own; every warning is an error. The pages
# of the shipped models in it are written by the package, with the compiler for WebAssembly of that environment.
DOCS := .venv-docs
$(DOCS)/.installed: requirements-docs.lock
	@$(PYTHON) -m venv $(DOCS)
	@$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-docs.lock
	@touch $(DOCS)/.installed

docs: $(STAMP) $(DOCS)/.installed
	$(BIN)/python scripts/explored_models.py build/explore \
		--compiler $$($(DOCS)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/python -m mkdocs build --strict
	@$(DOCS)/bin/python scripts/check_site.py build/site

# Run the examples whose source has changed, and keep their pictures and outputs for the gallery of the site.
gallery: $(STAMP)
	$(BIN)/python scripts/gallery.py

# Write the address of the repository wherever it stands: make address URL=https://github.com/you/microtann
address:
	$(PYTHON) scripts/package_address.py $(URL)

bench: $(STAMP)
	$(BIN)/python -m benchmarks

# Pin every dependency anew, for all supported Python versions at once (needs uv).
lock:
	uv pip compile --universal --python-version 3.11 --extra dask --extra opensees --extra pictures \
		--group pyproject.toml:dev \
		--no-emit-index-url --no-annotate --no-header pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --group pyproject.toml:docs \
		--no-emit-index-url --no-annotate --no-header -o requirements-docs.lock

# Results are left alone.
clean:
	rm -rf $(VENV) $(DOCS) .numba_cache build dist .pytest_cache .mypy_cache .ruff_cache
