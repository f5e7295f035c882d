# Copyright (c) 2026, the keysmith.alibabacloud authors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# The front door: every command builds what it needs in .venv and leaves the work tree clean.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c '' 2>/dev/null && echo $$python && break; done)
UV ?= $(shell command -v uv)
VENV := $(CURDIR)/.venv
TREE := $(VENV)/tree
COLLECTION := $(TREE)/ansible_collections/keysmith/alibabacloud
READY := $(VENV)/emulator.json
ARGS =

INSTALL = $(if $(UV),$(UV) pip install --python $(VENV),$(VENV)/bin/python -m pip install) --quiet
# Without this uv leaves compiling to each process that imports, which costs more than uv saves.
export UV_COMPILE_BYTECODE := 1

# Settings, proxies and accounts of the person who calls make shall not change what a command does.
STRAY := $(filter ANSIBLE_% ALIBABA_CLOUD_% ALICLOUD_% %_proxy %_PROXY,$(.VARIABLES))
RUN := env $(addprefix -u ,$(STRAY)) ANSIBLE_COLLECTIONS_PATH=$(TREE)
export PATH := $(VENV)/bin:$(PATH)

.DELETE_ON_ERROR:

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.test-stamp ## Watch the main job on the embedded emulator; the result stays in demo/
	@$(RUN) python tests/demo/demo.py

.PHONY: test
test: $(VENV)/.test-stamp ## Pass the tests; some of them: make test ARGS='tests/unit -k name'
	@$(RUN) python -m pytest $(ARGS)

.PHONY: chaos
chaos: $(VENV)/.test-stamp ## Attack the keyring: kills, faults and rivals; options: make chaos ARGS='--seed 1 --kills 100'
	@$(RUN) PYTHONPATH=tests python -m chaos $(ARGS)

.PHONY: bench
bench: $(VENV)/.test-stamp ## Measure the speed of the bulk path; 5000 users too: BENCH_FULL=1 make bench
	@$(RUN) PYTHONPATH=tests python -m benchmarks $(if $(BENCH_FULL),--full) $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev-stamp ## Check format, types, documentation, licences and the changelog
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy $(COLLECTION)/plugins $(COLLECTION)/tests noxfile.py
	$(RUN) yamllint --strict .
	$(RUN) reuse lint --lines
	$(RUN) shellcheck .ci/run
	$(RUN) antsibull-changelog lint
	$(RUN) antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self --check-extra-docs-refs --skip-rstcheck .
	$(RUN) ansible-lint

# antsibull-docs writes only into a folder that nobody else may write to.
.PHONY: docs
docs: $(VENV)/.dev-stamp ## Build the documentation in build/docs/html, offline; a warning is an error
	@rm -rf build/docs
	@mkdir -p build && mkdir -m 700 build/docs build/docs/rst
	@cp -R docs/docsite/images build/docs/rst/
	@$(RUN) antsibull-docs --config-file docs/antsibull-docs.cfg collection \
		--use-current --squash-hierarchy --fail-on-error --dest-dir build/docs/rst keysmith.alibabacloud
	@$(RUN) sphinx-build --quiet --fail-on-warning --keep-going --conf-dir docs \
		--doctree-dir build/docs/doctrees build/docs/rst build/docs/html
	@echo "Open build/docs/html/index.html"

.PHONY: sanity
sanity: $(VENV)/.dev-stamp ## Pass the sanity tests of ansible-test
	@$(RUN) python tests/tools/ansible_test.py sanity $(ARGS)

.PHONY: check
check: $(VENV)/.dev-stamp ## Pass tests, sanity and units on each supported ansible-core that has its Python here
	@nox $(ARGS)

define EXPORTS
Once it runs, paste this into another shell:

  key() { $(VENV)/bin/python -c 'import json, sys; print(json.load(open("$(READY)"))[sys.argv[1]])' "$$1"; }
  export ALIBABA_CLOUD_ACCESS_KEY_ID="$$(key access_key_id)"
  export ALIBABA_CLOUD_ACCESS_KEY_SECRET="$$(key access_key_secret)"
  export ALIBABA_CLOUD_RAM_ENDPOINT="$$(key url)"
  export ALIBABA_CLOUD_STS_ENDPOINT="$$(key url)"
  export ALIBABA_CLOUD_IMS_ENDPOINT="$$(key url)"
  export ANSIBLE_COLLECTIONS_PATH="$(TREE)" PATH="$(VENV)/bin:$$PATH"
  unset ALIBABA_CLOUD_SECURITY_TOKEN ALIBABA_CLOUD_PROFILE

endef

.PHONY: emulator
emulator: export EXPORTS := $(EXPORTS)
emulator: $(VENV)/.test-stamp ## Run the emulator in the foreground; options: make emulator ARGS='--site intl'
	@echo "$$EXPORTS"
	@exec $(RUN) PYTHONPATH=tests python -m emulator --ready-file $(READY) $(ARGS)

.PHONY: clean
clean: ## Remove what these commands have made
	rm -rf build .venv .nox .ansible .mypy_cache .pytest_cache .ruff_cache demo

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.test-stamp: requirements.txt requirements-test.txt tests/unit/requirements.txt | $(VENV)/bin/python
	$(INSTALL) -r requirements-test.txt
	mkdir -p $(dir $(COLLECTION))
	ln -sfn ../../../.. $(COLLECTION)
	touch $@

$(VENV)/.dev-stamp: requirements-dev.txt $(VENV)/.test-stamp
	$(INSTALL) -r requirements-dev.txt
	touch $@
