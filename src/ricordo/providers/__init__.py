"""Optional models behind small protocols; importing this package imports none of them."""

from __future__ import annotations

from pathlib import Path

from ricordo.errors import MissingExtraError
from ricordo.providers.base import Embedder
from ricordo.providers.minilm import MiniLM

__all__ = ["Embedder", "MiniLM", "default_embedder"]


def default_embedder(folder: Path | None = None, threads: int = 1) -> Embedder | None:
    """Return MiniLM where it is installed, else None. Nothing is loaded before the first `embed`.

    Args:
        folder: A folder with a copy of the model. None looks for the weights package.
        threads: CPU threads of one `embed` call.

    Raises:
        InvalidInputError: `threads` is below 1.
        ProviderError: A folder was given and lacks a file of the model.
        MissingExtraError: A folder was given and the `embed` extra is not installed.

    >>> embedder = default_embedder()
    >>> embedder is None or embedder.dimension == 384
    True
    """
    if folder is not None:
        return MiniLM.load(folder, threads=threads)
    try:
        return MiniLM.load(threads=threads)
    except MissingExtraError:
        return None
