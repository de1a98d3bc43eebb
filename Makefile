# make demo    set up .venv and build the example cohort with snakemake
# make test    set up .venv and run the tests
# make lint    format, types, workflow
# make test-python PYTHON=python3.13  run the tests on another Python; QUICK= runs all of them
# make test-oldest run them with the oldest versions that pyproject.toml admits
# make test-slurm  build on a real Slurm, which it sets up on this machine (Debian, root)
# make test-s3     build from files on a local S3 server
# make test-exports  read exported files by other programs' libraries
# make test-r      open stores in R, and run the R code of the pages (Debian, root, or R with bsseq)
# make golden  keep the values and bytes of stores anew, which tests/repository/test_golden.py compares
# make soak    try faults at random for 20 minutes: make soak SOAK='--minutes 60 --seed 7'
# make fuzz    fuzz the parser: make fuzz MINUTES=10
# make audit   look for known vulnerabilities of the pinned packages
# make bench   time a case against other ways: make bench CASE=cohort8, see benchmarks/README.md
# make pins    renew requirements/*.txt
# make clean   remove everything that make and snakemake made
#
# Another interpreter: make demo PYTHON=python3.12
# Paths are relative throughout, so that the directory may have blanks in its name.

PYTHON ?= python3
CORES ?= 2
# Of the tests; they wait for a third of their time.
WORKERS ?= 3
CASE ?= smoke
MINUTES ?= 10
SOAK ?=

BIN := .venv/bin
# The stamps say what was installed, so that a second run starts at once.
RUN_STAMP := .venv/run.stamp
DEV_STAMP := .venv/dev.stamp
BENCH_STAMP := .venv/bench.stamp
AUDIT_STAMP := .venv/audit.stamp
CLUSTER_STAMP := .venv/cluster.stamp
# Environments beside .venv, each with a stamp of its own.
OTHER := .venv/$(notdir $(PYTHON))
OLDEST := .venv/oldest
EXPORTS := .venv/exports
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DELETE_ON_ERROR:
.PHONY: help demo test test-python test-oldest test-slurm test-s3 test-exports test-r lint golden soak fuzz audit bench pins run-env dev-env clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it with: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv .venv

# The package is built with the pinned hatchling, hence --no-build-isolation.
$(RUN_STAMP): requirements/run.txt pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --requirement requirements/run.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_STAMP): requirements/dev.txt $(RUN_STAMP)
	$(PIP) install --quiet --requirement requirements/dev.txt
	@touch $@

$(BENCH_STAMP): benchmarks/requirements.txt $(RUN_STAMP)
	$(PIP) install --quiet --requirement benchmarks/requirements.txt
	@touch $@

$(CLUSTER_STAMP): requirements/cluster.txt $(DEV_STAMP)
	$(PIP) install --quiet --requirement requirements/cluster.txt
	@touch $@

# In an environment of its own, since it needs many packages that are not the project's.
$(AUDIT_STAMP): requirements/audit.txt | $(BIN)/python
	$(BIN)/python -m venv .venv/audit
	.venv/audit/bin/python -m pip --disable-pip-version-check install --quiet \
	  --requirement requirements/audit.txt
	@touch $@

run-env: $(RUN_STAMP)
dev-env: $(DEV_STAMP)

example/cohort.stamp: benchmarks/generate.py | $(RUN_STAMP)
	$(BIN)/python benchmarks/generate.py --output example --samples 8 --sites 200000 --seed 1
	@touch $@

# The shell that Snakemake starts finds the command methcohort through PATH.
demo: export PATH := $(CURDIR)/$(BIN):$(PATH)
demo: $(RUN_STAMP) example/cohort.stamp
	snakemake --cores $(CORES)
	methcohort info results/example.h5
	methcohort query results/example.h5 chr21:1,958,500-1,959,200

test: $(DEV_STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# What differs between versions of Python, h5py, numba and Snakemake shows in these.
QUICK ?= tests/build/test_build_truth.py tests/readers/test_formats.py tests/store/test_storage.py \
  tests/store/test_reading.py tests/store/test_forged.py tests/cli/test_cli.py \
  tests/genome/test_aliases.py tests/genome/test_reference.py tests/repository/test_golden.py

$(OTHER)/other.stamp: requirements/dev.txt pyproject.toml | $(BIN)/python
	$(PYTHON) -m venv $(OTHER)
	$(OTHER)/bin/python -m pip --disable-pip-version-check install --quiet \
	  --requirement requirements/dev.txt
	$(OTHER)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps \
	  --no-build-isolation --editable .
	@touch $@

$(OLDEST)/oldest.stamp: requirements/oldest.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip --disable-pip-version-check install --quiet \
	  --requirement requirements/oldest.txt
	$(OLDEST)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps \
	  --no-build-isolation --editable .
	@touch $@

test-python: $(OTHER)/other.stamp
	$(OTHER)/bin/python -m pytest -n $(WORKERS) $(QUICK)

test-oldest: $(OLDEST)/oldest.stamp
	$(OLDEST)/bin/python -m pytest -n $(WORKERS) $(QUICK)

# Jobs find snakemake and methcohort through PATH.
test-slurm: export PATH := $(CURDIR)/$(BIN):$(PATH)
test-slurm: $(CLUSTER_STAMP)
	python tests/slurm/run_slurm.py

test-s3: $(CLUSTER_STAMP)
	$(BIN)/python -m pytest tests/workflow/test_object_storage.py

$(EXPORTS)/exports.stamp: requirements/exports.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m venv $(EXPORTS)
	$(EXPORTS)/bin/python -m pip --disable-pip-version-check install --quiet \
	  --requirement requirements/exports.txt
	$(EXPORTS)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps \
	  --no-build-isolation --editable .
	@touch $@

test-exports: $(EXPORTS)/exports.stamp
	$(EXPORTS)/bin/python -m pytest -p no:xdist tests/writers tests/export tests/summarise \
	  tests/select/test_tables.py -k "other or htslib or parquet or anndata or test_tables"

test-r: $(DEV_STAMP)
	$(BIN)/python tests/r/run_r.py

lint: export PATH := $(CURDIR)/$(BIN):$(PATH)
lint: $(DEV_STAMP)
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile workflow tests/workflow
	for door in Snakefile workflow/Snakefile; do \
	  snakemake --snakefile $$door --directory tests/workflow/basic --lint && \
	  snakemake --snakefile $$door --directory tests/workflow/basic --dry-run --quiet || exit 1; \
	done

golden: $(DEV_STAMP)
	cd tests && PYTHONPATH=support ../$(BIN)/python -m golden

fuzz: $(DEV_STAMP)
	cd tests && PYTHONPATH=support ../$(BIN)/python -m fuzz.run --minutes $(MINUTES)

audit: $(AUDIT_STAMP)
	.venv/audit/bin/python requirements/audit.py

# The trials start snakemake and methcohort.
soak: export PATH := $(CURDIR)/$(BIN):$(PATH)
soak: $(DEV_STAMP)
	PYTHONPATH=tests/support python tests/soak.py $(SOAK)

bench: $(BENCH_STAMP)
	$(BIN)/python benchmarks/run.py $(CASE)

# uv resolves for every supported Python at once. No host of a package index and no path of a
# machine may stand in these files.
COMPILE := uv pip compile --quiet --upgrade --universal --python-version 3.11 \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links

pins:
	$(COMPILE) pyproject.toml requirements/build.in --output-file requirements/run.txt
	$(COMPILE) --extra dev --constraint requirements/run.txt pyproject.toml requirements/build.in \
	  --output-file requirements/dev.txt
	$(COMPILE) --constraint requirements/run.txt requirements/cluster.in \
	  --output-file requirements/cluster.txt
	$(COMPILE) --extra dev --constraint requirements/run.txt pyproject.toml requirements/build.in \
	  requirements/exports.in --output-file requirements/exports.txt
	$(COMPILE) --resolution lowest-direct pyproject.toml requirements/build.in \
	  requirements/oldest.in --output-file requirements/oldest.txt
	$(COMPILE) requirements/audit.in --output-file requirements/audit.txt

clean:
	rm -rf .venv .snakemake example results logs dist build benchmarks/data \
	  .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
