"""What every handle on one open space shares: store, settings, clock, readers; and how it is put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from ricordo.config import Settings, resolve
from ricordo.errors import InvalidInputError, MissingExtraError
from ricordo.index.background import Background, Step
from ricordo.index.entry import Indexing, indexed_text
from ricordo.index.matrix import VectorMemory
from ricordo.index.tantivy import COMMIT_AT, TantivyIndex
from ricordo.index.vectors import catch_up
from ricordo.plaintext.bounds import Bounds, bounds_of, within
from ricordo.plaintext.compose import Reader
from ricordo.plaintext.consolidate import Schedule
from ricordo.plaintext.echo import Delivered, is_speaker, speakers_of
from ricordo.plaintext.propose import Proposer, step
from ricordo.plaintext.retain import new_id
from ricordo.providers import default_embedder
from ricordo.store import Server, is_address, open_store
from ricordo.store.base import Following, Store, Transaction
from ricordo.store.group import GroupStore
from ricordo.text import EstimatedTokens, Tokeniser
from ricordo.text.foreign import times_of
from ricordo.text.told import Rules, asked_attributes, states
from ricordo.types import Clock, Record, TokenCounter

if TYPE_CHECKING:
    from ricordo.providers.base import Embedder, LanguageModel, Reranker
    from ricordo.providers.language_model import EndpointLanguageModel
    from ricordo.providers.reranker import EndpointReranker
    from ricordo.text.states import Told


T = TypeVar("T")


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return datetime.now(UTC)


class Closeable(Protocol):
    """Something that holds connections."""

    def close(self) -> None:
        """Let go of them."""


#: With "auto", spaces with fewer versions have no index but SQLite's own.
BIG = 50_000
#: The longest that a write waits for others; what locks take is bounded.
LONGEST_WAIT_S = 1_000_000.0
#: Versions embedded between two looks at whether to stop.
_EMBEDDED_AT_ONCE = 32
#: Records asked about between two looks at whether to stop.
_PROPOSED_AT_ONCE = 1


@dataclass(frozen=True, slots=True)
class Engine:
    """One open space and its collaborators."""

    store: Store
    indexing: Indexing
    settings: Settings
    reader: Reader
    clock: Clock
    embedder: Embedder | None
    vectors: VectorMemory
    lexical: TantivyIndex | None
    background: Background
    bounds: Bounds
    reranker: Reranker | None = None
    language_model: LanguageModel | None = None
    #: What was lately delivered together.
    delivered: Delivered = field(default_factory=Delivered)
    #: How the states that a text tells are found.
    rules: Rules = None
    #: Where the space is, as it was named.
    location: str = field(default="", repr=False)
    #: What closes with the space, because the engine made it.
    made: tuple[Closeable, ...] = ()

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in one transaction of the store that keeps the bounds, then let the indexes follow.

        Raises:
            BoundError: What was written can't be had within the bounds; nothing was written.
        """
        result = self.store.transact(within(self.bounds, self.now, work))
        self.background.wake()
        return result

    @property
    def proposer(self) -> Proposer | None:
        """What asks the language model for verdicts, where there is one."""
        if self.language_model is None:
            return None
        return Proposer(self.language_model, self.indexing, self.indexing.tokeniser, self.now, new_id, self.bounds)

    @property
    def echo_speakers(self) -> frozenset[str]:
        """Speakers that are no person: what they repeat is not learnt again."""
        return speakers_of(self.settings.echo_speakers)

    def is_machine(self, speaker: str | None) -> bool:
        """Tell whether a speaker is no person, by the setting `echo_speakers`."""
        return speaker is not None and is_speaker(speaker, self.echo_speakers)

    def told(self, fields: Mapping[str, Any]) -> Sequence[Told]:
        """Return the states that the content of a record to be tells; none where it names its slot itself."""
        if not self.settings.read_states or "subject" in fields:
            return ()
        reading = {"speaker": fields.get("speaker"), "said_at": fields["said_at"], "zone": self.indexing.zone}
        return states(fields["content"], **reading, times=self.indexing.times, rules=self.rules)

    def told_by(self, record: Record) -> Sequence[Told]:
        """Return the states that the content of a record tells, whether or not it holds one of them itself."""
        return self.told({"content": record.content, "speaker": record.speaker, "said_at": record.said_at})

    def follow(self, limit: int | None = None, progress: Callable[[int], None] | None = None) -> int:
        """Bring the indexes up to the log now; return how many versions were embedded."""
        done = catch_up(self.store, self.embedder, limit, progress) if self.embedder else 0
        if self.lexical:
            self.lexical.catch_up(self.store)
        return done

    def faults(self) -> dict[str, str]:
        """Return what an index could not do the last time, by index."""
        problem = self.lexical.problem if self.lexical else None
        return {**({"lexical": problem} if problem else {}), **self.background.errors}

    def now(self) -> datetime:
        """Return the present moment in UTC."""
        return self.clock.now().astimezone(UTC)

    def close(self) -> None:
        """Stop what runs, close the store, and the models that the settings named."""
        self.background.close()
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
    rules: Rules,
    settings: Settings | None,
    create: bool,
    space: str | None = None,
) -> Engine:
    """Open a space with its collaborators; arguments as of `Memory.open`."""
    chosen = settings or resolve()
    indexing = indexing_of(chosen)
    picked = _pick_embedder(chosen) if isinstance(embedder, str) else embedder
    own_reranker = _pick_reranker(chosen) if isinstance(reranker, str) else None
    own_language_model = _pick_language_model(chosen) if isinstance(language_model, str) else None
    made = tuple(one for one in (own_reranker, own_language_model) if one is not None)
    location = path if path is not None else chosen.path
    if str(location).startswith(("http://", "https://")):
        rule = "a directory, or the URL of a database; what is behind a server is reached with ricordo.connect"
        raise InvalidInputError("path", rule, str(location))
    lexical = None if str(location) == ":memory:" else _lexical(chosen, indexing)
    store, following = _opened(chosen, str(location), indexing, lexical, create, space)
    telling = None if rules is None else tuple(rules)
    asks = partial(asked_attributes, rules=telling)
    reader = Reader(indexing.tokeniser, counter or EstimatedTokens(), chosen.tz, indexing.times, asks, telling)
    told = clock or SystemClock()
    model = own_language_model if isinstance(language_model, str) else language_model
    every_s = chosen.consolidate_hours * 3600
    bounds = bounds_of(chosen)
    steps: dict[str, Step] = {}
    in_background = chosen.background and str(location) != ":memory:"
    if in_background:
        if every_s:
            steps["consolidation"] = Schedule(store, indexing, every_s, lambda: told.now().astimezone(UTC), bounds)
        steps |= _steps(store, picked, lexical)
    follow_s = chosen.follow_seconds if in_background and following is not None else 0.0
    if following is not None and follow_s:
        steps = {"follow": partial(_follow, following), **steps}
    background = Background(steps, period_s=min(filter(None, (every_s, follow_s)), default=None))
    engine = Engine(
        store,
        indexing,
        chosen,
        reader,
        told,
        picked,
        VectorMemory(chosen.vector_memory_mb << 20),
        lexical,
        background,
        bounds,
        reranker=own_reranker if isinstance(reranker, str) else reranker,
        language_model=model,
        rules=telling,
        location=str(location),
        made=made,
    )
    if in_background and chosen.propose and (proposer := engine.proposer) is not None:
        steps["propose"] = lambda _: step(store, proposer, _PROPOSED_AT_ONCE)
    if in_background and (every_s or follow_s):
        background.wake()
    return engine


def _opened(
    settings: Settings, location: str, indexing: Indexing, lexical: TantivyIndex | None, create: bool, space: str | None
) -> tuple[Store, Following | None]:
    """Return the store of a location, behind a queue where writes are to be grouped; and what of it follows a log."""
    patience_s = min(settings.busy_deadline_s, LONGEST_WAIT_S)
    store = open_store(
        location,
        indexing,
        busy_deadline_s=patience_s,
        max_file_bytes=settings.max_file_bytes,
        create=create,
        lexical=lexical,
        space=space,
        server=server_of(settings) if is_address(location) else None,
    )
    following = store if isinstance(store, Following) else None
    if settings.group_commit:
        store = GroupStore(store, max_waiting=settings.max_waiting, busy_deadline_s=patience_s)
    return store, following


def _follow(store: Following, _: Callable[[], bool]) -> int:
    """Take in what others wrote; what they write meanwhile is for the next time."""
    store.refresh()
    return 0


def server_of(settings: Settings) -> Server:
    """Return what a store in a database needs by these settings."""
    from importlib.metadata import PackageNotFoundError, version  # only here, and not light

    try:
        rules = version("ricordo")
    except PackageNotFoundError:
        rules = "not installed"
    variant = f"{rules} {settings.language} {settings.zone}"
    folder = Path(settings.followers).expanduser()
    return Server(folder, settings.max_followers, settings.followers_mb << 20, variant)


def _steps(store: Store, embedder: Embedder | None, lexical: TantivyIndex | None) -> dict[str, Step]:
    """Return what the indexes do in the background."""
    steps: dict[str, Step] = {}
    if lexical is not None:
        steps["lexical"] = lambda stop: lexical.catch_up(store, least=COMMIT_AT, stop=stop)
    if embedder is not None:
        steps["vectors"] = lambda _: catch_up(store, embedder, _EMBEDDED_AT_ONCE)
    return steps


def _lexical(settings: Settings, indexing: Indexing) -> TantivyIndex | None:
    """Return the faster full-text index, where the settings and what is installed say so."""
    if settings.lexical not in ("auto", "fts5", "tantivy"):
        raise InvalidInputError("lexical", "one of auto, fts5, tantivy", settings.lexical)
    if settings.lexical == "fts5":
        return None
    if find_spec("tantivy") is None:
        if settings.lexical == "tantivy":
            raise MissingExtraError("fast", 'the setting lexical = "tantivy"')
        return None
    terms = partial(_terms, indexing.tokeniser)
    least = BIG if settings.lexical == "auto" else 1
    return TantivyIndex(terms, settings=settings.language, least=least)


def _terms(tokeniser: Tokeniser, record: Record) -> list[str]:
    return tokeniser.index_terms(indexed_text(record))


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
