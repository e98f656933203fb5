"""What the vector index is asked: the query, and where it names who spoke, half of it without that name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from ricordo import Memory
from ricordo.plaintext.recall import UNNAMED
from ricordo.testing import FixedClock, HashingEmbedder
from ricordo.text import Tokeniser


class Listening:
    """Remembers what it was asked to embed last."""

    def __init__(self) -> None:
        self._made_by = HashingEmbedder()
        self.model_id, self.dimension = self._made_by.model_id, self._made_by.dimension
        self.asked: tuple[str, ...] = ()

    def embed(self, texts: Sequence[str]) -> Any:
        self.asked = tuple(texts)
        return self._made_by.embed(texts)


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("What did Ada's sister paint?", ("What did Ada's sister paint?", "What did sister paint?")),
        ("What did Ada and Bo paint?", ("What did Ada and Bo paint?",)),
        ("What is in the painting?", ("What is in the painting?",)),
        ("Ada", ("Ada",)),
    ],
)
def test_a_query_that_names_one_speaker_is_asked_without_the_name_too(query: str, asked: tuple[str, ...]) -> None:
    embedder = Listening()
    with Memory.open(":memory:", embedder=embedder, clock=FixedClock()) as memory:
        memory.retain("I painted a boat.", speaker="Ada", session="s")
        memory.retain("I painted a tree.", speaker="Bo", session="s")
        memory.embed()
        found = memory.recall(query)
        assert embedder.asked == asked
        vectors = np.asarray(embedder.embed(asked), dtype=np.float32)
        mixed = (1 - UNNAMED) * vectors[0] + UNNAMED * vectors[-1]
        boat = np.asarray(embedder.embed(["Ada: I painted a boat."])[0], dtype=np.float16).astype(np.float32)
        [item] = [item for item in found if "boat" in item.record.content]
        assert item.why.arms["vector"].raw == pytest.approx(float(mixed @ boat), abs=1e-3)


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("What kind of tea does Ada like?", ["tea", "ada"]),
        ("which types of bread did Bo mention?", ["bread", "bo"]),
        ("Which type checker do we run?", ["type", "checker", "run"]),
    ],
)
def test_what_asks_for_a_kind_of_thing_is_not_searched_for(query: str, terms: list[str]) -> None:
    assert Tokeniser().query_terms(query) == terms
