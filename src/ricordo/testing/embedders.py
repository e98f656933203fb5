"""An embedder without a model, and the laws every embedder keeps."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ricordo.errors import InvalidInputError, MissingExtraError
from ricordo.providers.base import Embedder

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_WORD = re.compile(r"\w+")
_TOLERANCE = 1e-5


@dataclass(frozen=True, slots=True)
class HashingEmbedder:
    """A fake embedder: a hashed bag of words and their character trigrams. Texts that share words come out close.

    The same on every machine and in every process; it needs numpy only and knows nothing of meaning.

    Args:
        dimension: The length of every vector, at least 1.
        seed: Vectors of different seeds are unrelated.

    Raises:
        InvalidInputError: `dimension` is below 1.

    >>> tea, more_tea, rain = HashingEmbedder().embed(["Ana likes tea", "Ana likes green tea", "heavy rain"])
    >>> bool(tea @ more_tea > 0.5 > tea @ rain)
    True
    """

    dimension: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        if self.dimension < 1:
            raise InvalidInputError("dimension", "at least 1", self.dimension)

    @property
    def model_id(self) -> str:
        """Names the method, the dimension and the seed."""
        return f"hashing-{self.dimension}@{self.seed}"

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one vector of length 1 for each text, in the order given.

        Args:
            texts: Any number of texts; an empty text has a vector too.

        Returns:
            float32, shape (len(texts), dimension).

        Raises:
            InvalidInputError: `texts` is one string.
            MissingExtraError: numpy is not installed.
        """
        if isinstance(texts, str):
            raise InvalidInputError("texts", "a sequence of texts, not one text", texts)
        try:
            import numpy as np
        except ImportError as error:
            raise MissingExtraError("embed", "HashingEmbedder") from error
        rows = [self._vector(text) for text in texts]
        return np.array(rows, np.float32).reshape(len(rows), self.dimension)

    def _vector(self, text: str) -> list[float]:
        sums = [0.0] * self.dimension
        for feature, weight in _features(text):
            digest = hashlib.blake2b(f"{self.seed} {feature}".encode(errors="surrogatepass"), digest_size=8).digest()
            number = int.from_bytes(digest, "little")
            sums[(number >> 1) % self.dimension] += weight if number & 1 else -weight
        length = math.hypot(*sums)
        if not length:
            return [1.0] + [0.0] * (self.dimension - 1)
        return [value / length for value in sums]


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word in _WORD.findall(text.casefold()):
        yield f"word {word}", 1.0
        padded = f" {word} "
        for at in range(len(padded) - 2):
            yield f"part {padded[at : at + 3]}", 0.25


class EmbedderContract:
    """The laws of `Embedder` as tests. Inherit, say how an embedder is made, and run pytest.

    >>> class TestMine(EmbedderContract):
    ...     def make(self) -> Embedder:
    ...         return HashingEmbedder()
    >>> TestMine().test_every_vector_has_length_one()
    """

    texts: Sequence[str] = (
        "I moved to Lisbon in March.",
        "",
        "tea",
        "Where does Ana live now?",
        "Ana told me " + "that the garden needs water, " * 20 + "again.",
        "  \n\t ",
        "東京に住んでいます 🙂",
        "I moved to Lisbon in March.",
    )

    def make(self) -> Embedder:
        """Return the embedder under test; each call may return the same one."""
        raise NotImplementedError

    def test_one_float32_row_for_each_text(self) -> None:
        embedder = self.make()
        vectors = embedder.embed(self.texts)
        assert vectors.shape == (len(self.texts), embedder.dimension)
        assert vectors.dtype == "float32"

    def test_every_vector_has_length_one(self) -> None:
        for text, vector in zip(self.texts, self.make().embed(self.texts), strict=True):
            assert abs(math.sqrt(float(vector @ vector)) - 1) < _TOLERANCE, text

    def test_order_is_kept(self) -> None:
        embedder = self.make()
        backwards = embedder.embed(self.texts[::-1])
        assert _apart(embedder.embed(self.texts), backwards[::-1]) < _TOLERANCE

    def test_batching_does_not_change_vectors(self) -> None:
        embedder = self.make()
        many = [*self.texts, *(f"turn {number} about " + "rain " * (number % 9) for number in range(70))]
        together = embedder.embed(many)
        for text, vector in zip(many, together, strict=True):
            assert _apart(embedder.embed([text])[0], vector) < _TOLERANCE, text

    def test_the_same_call_gives_the_same_vectors(self) -> None:
        first, second = (self.make().embed(self.texts) for _ in range(2))
        assert bool((first == second).all())

    def test_different_texts_differ(self) -> None:
        lisbon, tea = self.make().embed(["I moved to Lisbon in March.", "Ana likes green tea."])
        assert float(lisbon @ tea) < 0.9

    def test_no_texts_give_no_rows(self) -> None:
        embedder = self.make()
        vectors = embedder.embed([])
        assert vectors.shape == (0, embedder.dimension)
        assert vectors.dtype == "float32"

    def test_one_string_is_refused(self) -> None:
        refused = False
        try:
            self.make().embed("not a list")
        except InvalidInputError:
            refused = True
        assert refused, "embed took one string for a sequence of texts"

    def test_model_id_and_dimension_are_stable(self) -> None:
        embedder = self.make()
        before = embedder.model_id, embedder.dimension
        embedder.embed(self.texts)
        assert before[0]
        assert before == (embedder.model_id, embedder.dimension)
        assert before == (self.make().model_id, self.make().dimension)

    def test_threads_may_share_an_embedder(self) -> None:
        embedder = self.make()
        expected = embedder.embed(self.texts)
        with ThreadPoolExecutor(4) as pool:
            for vectors in pool.map(embedder.embed, [self.texts] * 8):
                assert _apart(vectors, expected) < _TOLERANCE

    def test_the_caller_may_change_the_result(self) -> None:
        embedder = self.make()
        first = embedder.embed(self.texts[:1])
        first += 1
        assert _apart(embedder.embed(self.texts[:1]), first) > 0.5


def _apart(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> float:
    return float(abs(first - second).max())
