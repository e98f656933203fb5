"""The public surface: what is exported, what an import loads, what the docs say runs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import ricordo


def modules() -> list[str]:
    names = [info.name for info in pkgutil.walk_packages(ricordo.__path__, "ricordo.")]
    return ["ricordo", *(name for name in names if not name.endswith("__main__"))]


def test_exactly_the_public_names_are_exported() -> None:
    assert ricordo.__all__ == sorted(
        ricordo.__all__, key=lambda name: (name != name.upper(), not name[0].isupper(), name)
    )
    assert all(hasattr(ricordo, name) for name in ricordo.__all__)


def test_every_error_is_exported_and_has_one_root() -> None:
    errors = importlib.import_module("ricordo.errors")
    raised = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert raised <= set(ricordo.__all__)
    assert all(issubclass(getattr(errors, name), ricordo.RicordoError) for name in raised)
    tree = errors.__doc__ or ""
    assert all(name in tree for name in raised)


def test_importing_ricordo_is_light() -> None:
    code = (
        "import sys, time; begun = time.process_time(); import ricordo; spent = time.process_time() - begun;"
        "heavy = {'numpy', 'torch', 'onnx', 'onnxruntime', 'tokenizers', 'httpx', 'starlette', 'psycopg', 'dateparser',"
        " 'click', 'asyncio', 'http.client', 'urllib.request'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings_run(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0


@pytest.mark.parametrize("name", modules())
def test_every_module_says_what_it_is(name: str) -> None:
    assert (importlib.import_module(name).__doc__ or "").strip()
