"""HashingEmbedder keeps the laws, is the same everywhere, and puts texts with common words close."""

from __future__ import annotations

import pytest

from ricordo.errors import InvalidInputError
from ricordo.providers import Embedder
from ricordo.testing.embedders import EmbedderContract, HashingEmbedder


class TestLaws(EmbedderContract):
    def make(self) -> Embedder:
        return HashingEmbedder()


class TestSmall(EmbedderContract):
    def make(self) -> Embedder:
        return HashingEmbedder(dimension=8, seed=3)


def test_vectors_are_the_same_on_every_machine() -> None:
    (vector,) = HashingEmbedder(dimension=4).embed(["Ana likes tea"])
    assert vector.tolist() == pytest.approx([-0.62554324, 0.62554324, 0.20851441, 0.41702881], abs=1e-6)


def test_case_and_punctuation_do_not_count() -> None:
    first, second = HashingEmbedder().embed(["Ana likes tea.", "ana LIKES tea"])
    assert float(first @ second) == pytest.approx(1)


def test_seeds_give_other_spaces() -> None:
    first, second = (HashingEmbedder(seed=seed) for seed in (1, 2))
    assert first.model_id != second.model_id
    assert abs(float(first.embed(["Ana likes tea"])[0] @ second.embed(["Ana likes tea"])[0])) < 0.5


@pytest.mark.parametrize("dimension", [0, -1])
def test_a_dimension_below_one_is_refused(dimension: int) -> None:
    with pytest.raises(InvalidInputError, match="dimension: at least 1"):
        HashingEmbedder(dimension=dimension)
