# Two commands: `make lab` opens the course, `make test` passes all tests.
PYTHON ?= python3
ENVIRONMENT ?= .venv
BIN := $(if $(filter Windows_NT,$(OS)),$(ENVIRONMENT)/Scripts,$(ENVIRONMENT)/bin)
COURSE = $(BIN)/python -m course_utils

.PHONY: help lab test test-browser install reset lint notebooks site slides summary budget bench proof lock repository doctor clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install:  ## make .venv and install what is locked (nothing to do when it is there)
	@$(PYTHON) -m course_utils.install --environment $(ENVIRONMENT)

lab: install  ## open JupyterLab on the course (your copies, in work/)
	@$(COURSE) lab $(ARGS)

test: install  ## all tests: the gate that CI runs
	@$(COURSE) test $(ARGS)

reset:  ## make reset NOTEBOOK=03: the original again, yours kept under another name
	@$(PYTHON) -m course_utils reset "$(NOTEBOOK)"

lint: install  ## ruff over code and notebooks
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

notebooks: install  ## execute and normalise all notebooks for committing
	@$(COURSE) notebooks $(ARGS)

site: install  ## the course as a website, in build/site/html
	@$(COURSE) site $(ARGS)

budget: install  ## measure time and memory of the notebooks, for their cards
	@$(COURSE) budget $(ARGS)

bench: install  ## speed as ratios in one run
	@$(COURSE) bench $(ARGS)

proof: install  ## the long checks, in parts that can be resumed (make proof ARGS=exercises)
	@$(COURSE) proof $(ARGS)

test-browser: install  ## each notebook in JupyterLab in Chromium (about half an hour)
	@$(BIN)/python -m pip install -q -e ".[browser]"
	@COURSE_BROWSER=1 $(BIN)/python -m pytest -q tests/test_browser.py $(ARGS)

slides: install  ## build the slides of the 90-minute format (ARGS=--run: run their cells on clean kernels)
	@$(COURSE) slides $(ARGS)

summary: install  ## write the tables of docs/summary.md anew, and the two pages to print
	@$(BIN)/python -m course_utils.summary

lock: install  ## write requirements.lock anew from pyproject.toml
	@$(BIN)/python -m pip install -q uv
	@$(BIN)/python -c 'from course_utils.install import TORCH; print("torch==" + TORCH)' > $(ENVIRONMENT)/torch.txt
	@$(BIN)/uv pip compile pyproject.toml --extra lab --extra site --extra test --universal --python-version 3.11 --quiet \
	  --no-annotate --no-header --generate-hashes --no-emit-package torch --constraint $(ENVIRONMENT)/torch.txt \
	  | awk '/^[A-Za-z0-9]/ {keep = !/^(nvidia-|cuda-|triton==)/} keep' > $(ENVIRONMENT)/lock && mv $(ENVIRONMENT)/lock requirements.lock

repository:  ## make repository NAME=owner/name TAG=v0.1.0: write where the course lives into every file that says so
	@$(PYTHON) -m course_utils repository "$(NAME)" $(if $(TAG),--tag "$(TAG)")

doctor: install  ## what a bug report needs, with advice for what fails
	@$(COURSE) doctor

clean:  ## remove the environment; your work in work/ stays
	@rm -rf $(ENVIRONMENT)
