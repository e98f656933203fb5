"""What recall needs of a model: texts in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Embedder(Protocol):
    """Turns texts into unit vectors.

    An embedder is safe to use from several threads. `ricordo.testing.embedders.EmbedderContract` holds its laws
    as tests that an implementation of your own can inherit.

    >>> from ricordo.testing.embedders import HashingEmbedder
    >>> embedder: Embedder = HashingEmbedder(dimension=8)
    >>> embedder.embed(["I moved to Lisbon.", "Ana likes tea."]).shape
    (2, 8)
    """

    @property
    def model_id(self) -> str:
        """Names the model and its weights; vectors of different ids are never compared."""

    @property
    def dimension(self) -> int:
        """The length of every vector."""

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one vector of length 1 for each text, in the order given.

        Args:
            texts: Any number of texts; an empty text has a vector too.

        Returns:
            float32, shape (len(texts), dimension); (0, dimension) for no texts. The caller may change it.

        Raises:
            InvalidInputError: `texts` is one string, or holds something that is not a text.
            ProviderError: The model can't be loaded or failed.
            MissingExtraError: An optional dependency is not installed.
        """
