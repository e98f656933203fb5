"""Vectors of items by the embedding function a LangGraph store is given: one for each field, kept with the item."""

from __future__ import annotations

import base64
import math
import struct
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from operator import mul
from typing import Any

from langchain_core.embeddings import Embeddings
from langgraph.store.base import IndexConfig, PutOp, ensure_embeddings, get_text_at_path

from ricordo.adapters.langgraph_items import vectors_of
from ricordo.errors import InvalidInputError
from ricordo.types import Record

Vector = tuple[float, ...]
#: Items whose vectors stay decoded in this process.
_MOST_DECODED = 20_000


class FieldVectors:
    """Embeds the fields of items and compares them with a query.

    Args:
        config: LangGraph's index configuration: "dims", "embed", "fields".
    """

    def __init__(self, config: IndexConfig) -> None:
        if "embed" not in config:
            raise InvalidInputError(
                "index", 'a mapping with "embed", and "fields" where not all is to be embedded', config
            )
        self.embeddings: Embeddings = ensure_embeddings(config["embed"])
        self.fields: list[str] = list(config.get("fields") or ["$"])
        self._dims = config.get("dims")
        self._decoded: OrderedDict[tuple[str, int], tuple[Vector, ...]] = OrderedDict()

    def texts(self, op: PutOp) -> dict[str, str]:
        """Return the texts of an item that are to be embedded, by path."""
        if op.index is False or op.value is None:
            return {}
        found: dict[str, str] = {}
        for path in self.fields if op.index is None else op.index:
            parts = get_text_at_path(op.value, path)
            found |= {path if len(parts) == 1 else f"{path}.{spot}": part for spot, part in enumerate(parts)}
        return found

    def checked(self, vectors: Sequence[Sequence[float]], texts: Sequence[str]) -> dict[str, Sequence[float]]:
        """Return what was embedded, by text.

        Raises:
            InvalidInputError: The function returned another number of vectors, or other dimensions.
        """
        wrong = [len(vector) for vector in vectors if self._dims is not None and len(vector) != self._dims]
        if len(vectors) != len(texts) or wrong:
            got = f"{len(vectors)} vectors" + (f", one of {wrong[0]} dimensions" if wrong else "")
            raise InvalidInputError(
                "index", f"an embed function that returns {len(texts)} vectors of {self._dims}", got
            )
        return dict(zip(texts, vectors, strict=True))

    def scored(self, query: Sequence[float], records: Iterable[Record]) -> list[tuple[float, Record]]:
        """Return records by the cosine of their nearest field, best first; those without a vector are left out."""
        target = _unit(query)
        found = []
        for record in records:
            near = [sum(map(mul, target, vector)) for vector in self._vectors(record) if len(vector) == len(target)]
            if near:
                found.append((max(near), record))
        return sorted(found, key=lambda one: -one[0])

    def _vectors(self, record: Record) -> tuple[Vector, ...]:
        spot = (record.id, record.version)
        known = self._decoded.get(spot)
        if known is None:
            known = tuple(_unit(_decoded(text)) for text in vectors_of(record).values())
            self._decoded[spot] = known
            while len(self._decoded) > _MOST_DECODED:
                self._decoded.popitem(last=False)
        return known


def encoded(texts: Mapping[str, str], vectors: Mapping[str, Sequence[float]]) -> dict[str, str]:
    """Return the vectors of an item's fields as text: half-precision floats in base64, of length one."""
    return {path: _encoded(_unit(vectors[text])) for path, text in texts.items()}


def _encoded(vector: Vector) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}e", *vector)).decode()


def _decoded(text: str) -> Vector:
    data = base64.b64decode(text)
    return struct.unpack(f"<{len(data) // 2}e", data)


def _unit(vector: Iterable[Any]) -> Vector:
    floats = tuple(map(float, vector))
    norm = math.sqrt(sum(map(mul, floats, floats)))
    return tuple(part / norm for part in floats) if norm > 0 else floats
