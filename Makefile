# Two commands: `make lab` opens the course, `make test` passes all tests.
PYTHON ?= python3
ENVIRONMENT ?= .venv
BIN := $(if $(filter Windows_NT,$(OS)),$(ENVIRONMENT)/Scripts,$(ENVIRONMENT)/bin)
COURSE = $(BIN)/python -m course_utils

.PHONY: help lab test install reset lint notebooks site budget bench lock repository doctor clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

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

lock: install  ## write requirements.lock anew from pyproject.toml
	@$(BIN)/python -m pip install -q uv
	@$(BIN)/python -c 'from course_utils.install import TORCH; print("torch==" + TORCH)' > $(ENVIRONMENT)/torch.txt
	@$(BIN)/uv pip compile pyproject.toml --extra lab --extra site --extra test --universal --python-version 3.11 --quiet \
	  --no-annotate --no-header --no-emit-package torch --constraint $(ENVIRONMENT)/torch.txt \
	  | grep -vE '^(nvidia-|cuda-|triton==)' > $(ENVIRONMENT)/lock && mv $(ENVIRONMENT)/lock requirements.lock

repository:  ## make repository NAME=owner/name TAG=v0.1.0: write where the course lives into every file that says so
	@$(PYTHON) -m course_utils repository "$(NAME)" $(if $(TAG),--tag "$(TAG)")

doctor: install  ## what a bug report needs, with advice for what fails
	@$(COURSE) doctor

clean:  ## remove the environment; your work in work/ stays
	@rm -rf $(ENVIRONMENT)
