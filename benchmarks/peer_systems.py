"""The systems that `peers.py` compares, each behind the same three methods, used as its documentation says.

A peer is imported when it is opened. Its telemetry is switched off by its own settings, and none of them is given a
key: nothing here leaves the machine.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from benchmarks.common import code
from benchmarks.datasets import Document

import ricordo
from ricordo import Memory
from ricordo.providers import Embedder

_CHUNK = 5000
_DIMENSION = 384


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as every system gets it.

    Args:
        ref: The id it is told by.
        scope: Whom it belongs to.
        text: Who said it (or its title) and what.
        item: The arguments of `retain` for the same.
    """

    ref: str
    scope: str
    text: str
    item: Mapping[str, Any]

    @property
    def labels(self) -> dict[str, str]:
        """What a peer keeps beside the text, as far as there is such a thing."""
        names = ("speaker", "session", "at", "title")
        return {"ref": self.ref, "scope": self.scope} | {name: self.item[name] for name in names if name in self.item}


def entry(item: Mapping[str, Any], scope: str = "x") -> Entry:
    """Return the arguments of `retain` as a record for every system.

    >>> entry({"content": "I moved.", "speaker": "Ana", "ref": "D1:1"}).text
    'Ana: I moved.'
    """
    kept = {"scope": scope} | dict(item)
    name = kept.get("speaker") or kept.get("title")
    text = f"{name}: {kept['content']}" if name else str(kept["content"])
    return Entry(str(kept["ref"]), str(kept["scope"]), text, kept)


def entries(documents: Sequence[Document]) -> list[Entry]:
    """Return the documents that have a text."""
    return [entry(document.item) for document in documents if document.item["content"]]


class System(Protocol):
    """Takes records and finds them."""

    def add(self, records: Sequence[Entry]) -> None:
        """Take records in, so that the next search finds them."""

    def search(self, query: str, k: int, scope: str | None) -> list[list[str]]:
        """Return the refs of the `k` best records, best first; None searches every scope."""

    def close(self) -> None:
        """Write what is unwritten and let go."""


class Ricordo:
    """Ricordo through its public API: one `retain_many`, then `embed` where there is an embedder.

    Args:
        folder: Where the space lies.
        embedder: None for none.
        fields: Whether speaker, title, session and date come as fields; else they are part of the text, or missing.
    """

    def __init__(self, folder: Path, embedder: Embedder | None, *, fields: bool = True) -> None:
        self._memory = Memory.open(folder / "space", embedder=embedder)
        self._embeds, self._fields = embedder is not None, fields

    def add(self, records: Sequence[Entry]) -> None:
        """Take records in, so that the next search finds them."""
        for start in range(0, len(records), _CHUNK):
            self._memory.retain_many([self._item(one) for one in records[start : start + _CHUNK]])
        if self._embeds:
            self._memory.embed()

    def _item(self, one: Entry) -> Mapping[str, Any]:
        return one.item if self._fields else {"content": one.text, "ref": one.ref, "scope": one.scope}

    def search(self, query: str, k: int, scope: str | None) -> list[list[str]]:
        """Return the refs of the `k` best records, best first; None searches every scope."""
        return [list(item.record.refs) for item in self._memory.recall(query, scope=scope, k=k).items]

    def close(self) -> None:
        """Write what is unwritten and let go."""
        self._memory.close()


class Mem0:
    """mem0 without a language model (`infer=False`), on its default vector store: Qdrant embedded, on disk.

    The embedder comes in by its LangChain provider. The language model it insists on is configured with a key that
    is never used.
    """

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        os.environ["MEM0_TELEMETRY"] = "False"
        os.environ["MEM0_DIR"] = str(folder / "mem0")
        logging.getLogger("mem0").setLevel(logging.ERROR)  # it warns of its extras that are not installed
        from mem0 import Memory as Mem0Memory

        store = {"collection_name": "records", "path": str(folder / "qdrant"), "embedding_model_dims": _DIMENSION}
        self._memory = Mem0Memory.from_config(
            {
                "llm": {"provider": "openai", "config": {"api_key": "never used"}},
                "embedder": {"provider": "langchain", "config": {"model": _langchain(embedder)}},
                "vector_store": {"provider": "qdrant", "config": {**store, "on_disk": True}},
                "history_db_path": str(folder / "history.db"),
            }
        )

    def add(self, records: Sequence[Entry]) -> None:
        """Take records in, so that the next search finds them."""
        for one in records:
            self._memory.add(one.text, user_id=one.scope, metadata=one.labels, infer=False)

    def search(self, query: str, k: int, scope: str | None) -> list[list[str]]:
        """Return the refs of the `k` best records, best first; None searches every scope."""
        found = self._memory.search(query, top_k=k, filters={"user_id": scope or "*"}, threshold=0.0)
        return [[one["metadata"]["ref"]] for one in found["results"]]

    def close(self) -> None:
        """Write what is unwritten and let go."""
        self._memory.close()
        self._memory.vector_store.client.close()


class LangGraph:
    """LangGraph's InMemoryStore with an index over the text; a scope is a namespace."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        from langgraph.store.memory import InMemoryStore

        def embed(texts: Sequence[str]) -> list[list[float]]:
            return _lists(embedder, texts)

        self._store = InMemoryStore(index={"dims": _DIMENSION, "embed": embed, "fields": ["text"]})

    def add(self, records: Sequence[Entry]) -> None:
        """Take records in, so that the next search finds them."""
        for one in records:
            self._store.put(("records", one.scope), one.ref, {"text": one.text, **one.labels})

    def search(self, query: str, k: int, scope: str | None) -> list[list[str]]:
        """Return the refs of the `k` best records, best first; None searches every scope."""
        namespace = ("records", scope) if scope else ("records",)
        return [[one.key] for one in self._store.search(namespace, query=query, limit=k)]

    def close(self) -> None:
        """Nothing is kept."""


class Chroma:
    """Chroma, embedded and on disk, with vectors passed in, cosine distance, everything else as it comes."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        import chromadb

        self._embedder = embedder
        self._client = chromadb.PersistentClient(folder / "chroma", chromadb.Settings(anonymized_telemetry=False))
        self._records = self._client.create_collection(
            "records", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
        )

    def add(self, records: Sequence[Entry]) -> None:
        """Take records in, so that the next search finds them."""
        for start in range(0, len(records), _CHUNK):
            part = records[start : start + _CHUNK]
            texts = [one.text for one in part]
            self._records.add(
                ids=[one.ref for one in part],
                embeddings=self._embedder.embed(texts),
                documents=texts,
                metadatas=[one.labels for one in part],
            )

    def search(self, query: str, k: int, scope: str | None) -> list[list[str]]:
        """Return the refs of the `k` best records, best first; None searches every scope."""
        where = {"scope": scope} if scope else None
        found = self._records.query(query_embeddings=self._embedder.embed([query]), n_results=k, where=where)
        return [[ref] for ref in found["ids"][0]]

    def close(self) -> None:
        """Write what is unwritten and let go."""
        self._client.close()


class Bm25s:
    """bm25s on numba, with the stemmer and stop words of its own example; a scope is a mask over the documents."""

    def __init__(self, folder: Path, embedder: Embedder | None) -> None:
        import bm25s
        import numpy as np
        import Stemmer

        self._bm25s, self._np, self._folder = bm25s, np, folder
        self._stemmer = Stemmer.Stemmer("english")
        self._index = bm25s.BM25(backend="numba")
        self._records: list[Entry] = []
        self._masks: dict[str, Any] = {}

    def add(self, records: Sequence[Entry]) -> None:
        """Take records in: the index is built anew from all of them."""
        self._records += records
        tokens = self._bm25s.tokenize(
            [one.text for one in self._records], stopwords="en", stemmer=self._stemmer, show_progress=False
        )
        self._index.index(tokens, show_progress=False)
        scopes = self._np.array([one.scope for one in self._records])
        self._masks = {scope: (scopes == scope).astype("float32") for scope in set(scopes.tolist())}

    def search(self, query: str, k: int, scope: str | None) -> list[list[str]]:
        """Return the refs of the `k` best records, best first; None searches every scope."""
        tokens = self._bm25s.tokenize(query, stopwords="en", stemmer=self._stemmer, show_progress=False)
        mask = self._masks[scope] if scope else None
        limit = min(k, len(self._records))
        spots, scores = self._index.retrieve(tokens, k=limit, show_progress=False, weight_mask=mask)
        return [[self._records[spot].ref] for spot, score in zip(spots[0], scores[0], strict=True) if score > 0]

    def close(self) -> None:
        """Save the index with its texts."""
        self._index.save(str(self._folder / "bm25s"), corpus=[one.text for one in self._records], show_progress=False)


def _langchain(embedder: Embedder) -> Any:
    from langchain_core.embeddings import Embeddings

    class Vectors(Embeddings):
        def embed_query(self, text: str) -> list[float]:
            return _lists(embedder, [text])[0]

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return _lists(embedder, texts)

    return Vectors()


def _lists(embedder: Embedder, texts: Sequence[str]) -> list[list[float]]:
    found: list[list[float]] = embedder.embed(texts).tolist()
    return found


@dataclass(frozen=True, slots=True)
class Kind:
    """A system, how it is opened, and what is said of it.

    Args:
        label: Its name in tables.
        open: Opens it in a folder.
        embeds: Whether it is given the embedder.
        distribution: The package it comes from.
        settings: How it was set up, where that is a choice.
        lacks: What it does not do that a memory wants.
    """

    label: str
    open: Callable[[Path, Any], System]
    embeds: bool
    distribution: str = "ricordo"
    settings: str = ""
    lacks: Sequence[str] = field(default=())

    @property
    def version(self) -> str:
        """The version that runs, for Ricordo with the digest of its source."""
        if self.distribution == "ricordo":
            return f"{ricordo.__version__}, code {code()}"
        return f"{self.distribution} {version(self.distribution)}"

    @property
    def installed(self) -> bool:
        """Whether the package is there."""
        try:
            version(self.distribution)
        except PackageNotFoundError:
            return self.distribution == "ricordo"
        return True


_FIELDS = "speaker or title, session and date as fields"
TEXT_ALONE = "speaker or title within the text; no session, no date"
_OURS = ("one writer at a time",)
KINDS: dict[str, Kind] = {
    "ricordo": Kind("Ricordo", lambda folder, _: Ricordo(folder, None), False, settings=_FIELDS, lacks=_OURS),
    "ricordo-minilm": Kind("Ricordo with MiniLM", Ricordo, True, settings=_FIELDS, lacks=_OURS),
    "ricordo-text": Kind(
        "Ricordo, text alone", lambda folder, _: Ricordo(folder, None, fields=False), False, settings=TEXT_ALONE
    ),
    "ricordo-text-minilm": Kind(
        "Ricordo with MiniLM, text alone",
        lambda folder, embedder: Ricordo(folder, embedder, fields=False),
        True,
        settings=TEXT_ALONE,
    ),
    "mem0": Kind(
        "mem0",
        Mem0,
        True,
        "mem0ai",
        "`infer=False`, embedded Qdrant on disk, `threshold=0`, a scope is a `user_id`",
        (
            "with `infer=False` one `add` a record: no batch, no duplicates found, nothing superseded",
            "keyword and entity scores only reorder what the vectors found, and need extras with a model of their "
            "own to download; without these, as here, vectors alone",
            "record and history are two files, not one transaction",
            "no time of the event: `timestamp` is refused outside the hosted product",
            "embedded Qdrant scans everything, serves one process, and warns above 20,000 points",
        ),
    ),
    "langgraph": Kind(
        "LangGraph InMemoryStore",
        LangGraph,
        True,
        "langgraph-checkpoint",
        "index over the text, a scope is a namespace",
        (
            "keeps nothing: gone with the process (its documentation names the PostgreSQL store for keeping)",
            "vectors alone, no keyword search; scans everything in Python and numpy",
            "the last write of a key wins, without versions",
        ),
    ),
    "chroma": Kind(
        "Chroma",
        Chroma,
        True,
        "chromadb",
        "`PersistentClient`, cosine, HNSW as it comes, a scope is a metadata filter",
        (
            "a vector store, not a memory: scopes, times and versions are what the application makes of metadata",
            "embedded it ranks by vectors alone: `where_document` filters by words, and sparse (BM25) indexes are "
            "refused as not enabled in local",
            "approximate search; its documentation recommends the embedded client for development, not production",
        ),
    ),
    "bm25s": Kind(
        "bm25s",
        Bm25s,
        False,
        "bm25s",
        "numba (compiled before anything is measured), English stemmer and stop words, a scope is a `weight_mask`",
        (
            "an index, not a memory: no addition to an index that stands (it is built anew), no deletion",
            "on disk only when `save` is called; no scopes but a mask that the application keeps",
            "words alone",
        ),
    ),
}
