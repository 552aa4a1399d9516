# Two commands are always true on a fresh machine with Python 3.11 or later: `make demo` and `make test`.
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
READY := .venv/ready
# Compiled modules are kept: pytest would else rewrite every test's assertions in every worker of every run.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test scenarios walk bench ask-aws mutate package lint types format lock clean

help:  ## what can be made here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## ?/  make \1\t/' | expand -t 18

setup: $(READY)  ## a virtual environment with everything in it, from the lock

$(READY): .ci/requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Trailwarden needs Python 3.11 or later with venv; name it with make PYTHON=..." >&2; exit 2; }
	@test ! -L .venv || { echo ".venv is a link: what it leads to belongs to another checkout and is not cleared; make setup there" >&2; exit 2; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: $(READY)  ## four incidents on the simulated AWS: noticed, alerted, remedied
	@$(BIN)/trailwarden run root_login table_deleted.enforced trail_digest failed_login

test: $(READY)  ## every quick test, of the slow ones one in twenty, others each day: no network, no waiting
	$(BIN)/python -m pytest -q -n auto --dist worksteal --slow-in-turn 20
	$(if $(TRAILWARDEN_ALL),,@echo "Of the tests marked slow one in twenty ran; all of them: TRAILWARDEN_ALL=1 make test")
	@echo "Next: make demo shows the incidents; make mutate shows what protects the template."

scenarios: $(READY)  ## every scenario, under every fault profile; PART=1/2: under half of them
	$(BIN)/python -m pytest -q scenarios/ --faults all -n auto $(if $(PART),--part $(PART))

walk: $(READY)  ## one fault at every call and every delivery, for MINUTES (0: all of it)
	@$(BIN)/trailwarden run --faults walk --jobs $$(nproc 2>/dev/null || echo 2) --minutes $(or $(MINUTES),0)

bench: $(READY)  ## rates beside those of others, as ratios
	@for each in tests/bench/*.py; do echo "== $$each"; $(BIN)/python $$each || exit 1; done

ask-aws: $(READY)  ## put to a REAL account what AWS's pages on Logs Insights leave open; it makes and deletes log groups
	@$(BIN)/python -m scenarios.queries.insights.ask

mutate: $(READY)  ## change each leaf of the packaged template: does a scenario notice?
	@$(BIN)/python -m scenarios.runner.mutate

package: $(READY)  ## templates and zip for AWS, into out/
	@$(BIN)/trailwarden package --stage prod out

lint: $(READY)  ## style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## mypy, strict; the tests' helpers too
	$(BIN)/mypy

format: $(READY)  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: $(READY)  ## resolve the dependencies anew
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --group dev pyproject.toml -o .ci/requirements.lock --upgrade

clean:  ## remove what was made here
	rm -rf .venv .mypy_cache .ruff_cache .hypothesis out
