"""What every handle on one open space shares: store, settings, clock, readers; and how it is put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from ricordo.config import Settings, resolve
from ricordo.index.entry import Indexing
from ricordo.plaintext.compose import Reader
from ricordo.providers import default_embedder
from ricordo.store import open_store
from ricordo.store.base import Store
from ricordo.text import EstimatedTokens, Tokeniser
from ricordo.text.foreign import times_of
from ricordo.types import Clock, TokenCounter

if TYPE_CHECKING:
    from ricordo.providers.base import Embedder, LanguageModel, Reranker
    from ricordo.providers.language_model import EndpointLanguageModel
    from ricordo.providers.reranker import EndpointReranker


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class Closeable(Protocol):
    """Something that holds connections."""

    def close(self) -> None:
        """Let go of them."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One open space and its collaborators."""

    store: Store
    indexing: Indexing
    settings: Settings
    reader: Reader
    clock: Clock
    embedder: Embedder | None
    reranker: Reranker | None = None
    language_model: LanguageModel | None = None
    #: What closes with the space, because the engine made it.
    made: tuple[Closeable, ...] = ()

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return self.clock.now().astimezone(UTC)

    def close(self) -> None:
        """Close the store, and the models that the settings named."""
        self.store.close()
        for one in self.made:
            one.close()


def open_engine(
    path: str | Path | None,
    *,
    embedder: Embedder | Literal["auto"] | None,
    reranker: Reranker | Literal["auto"] | None,
    language_model: LanguageModel | Literal["auto"] | None,
    clock: Clock | None,
    counter: TokenCounter | None,
    settings: Settings | None,
    create: bool,
) -> Engine:
    """Open a space with its collaborators; arguments as of `Memory.open`."""
    chosen = settings or resolve()
    indexing = indexing_of(chosen)
    picked = _pick_embedder(chosen) if isinstance(embedder, str) else embedder
    own_reranker = _pick_reranker(chosen) if isinstance(reranker, str) else None
    own_language_model = _pick_language_model(chosen) if isinstance(language_model, str) else None
    made = tuple(one for one in (own_reranker, own_language_model) if one is not None)
    store = open_store(
        path if path is not None else chosen.path,
        indexing,
        busy_deadline_s=chosen.busy_deadline_s,
        max_file_bytes=chosen.max_file_bytes,
        create=create,
    )
    reader = Reader(indexing.tokeniser, counter or EstimatedTokens(), chosen.tz, indexing.times)
    return Engine(
        store,
        indexing,
        chosen,
        reader,
        clock or SystemClock(),
        picked,
        reranker=own_reranker if isinstance(reranker, str) else reranker,
        language_model=own_language_model if isinstance(language_model, str) else language_model,
        made=made,
    )


def indexing_of(settings: Settings) -> Indexing:
    """Return how these settings index a record."""
    return Indexing(Tokeniser(settings.language), settings.tz, times_of(settings.language))


def _pick_embedder(settings: Settings) -> Embedder | None:
    if settings.embedder == "none":
        return None
    folder = None if settings.embedder == "auto" else Path(settings.embedder).expanduser()
    return default_embedder(folder, threads=settings.threads)


def _pick_reranker(settings: Settings) -> EndpointReranker | None:
    if not settings.rerank_model:
        return None
    from ricordo.providers.configured import reranker_of  # brings http.client, which nothing else needs

    return reranker_of(settings)


def _pick_language_model(settings: Settings) -> EndpointLanguageModel | None:
    if not settings.model:
        return None
    from ricordo.providers.configured import language_model_of  # as above

    return language_model_of(settings)
