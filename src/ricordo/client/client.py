"""`Client`: a handle on a space behind a server, with the methods and types of `Memory`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from ricordo.client.archive import fetch
from ricordo.client.connecting import exchange_of
from ricordo.client.reading import ReadingClient
from ricordo.client.remote import like, remote
from ricordo.commits import attempted
from ricordo.config import Secret, Settings, resolve
from ricordo.errors import AccessError, InvalidInputError
from ricordo.memory import Memory
from ricordo.plaintext.draft import check_key
from ricordo.plaintext.ingest import ingest_file, reading_of
from ricordo.plaintext.ops import Op
from ricordo.plaintext.publish import publish
from ricordo.reads import Reads
from ricordo.results import Commit, Consolidation, Import, Pages
from ricordo.types import BELIEVED, Change, Record

#: For how long it is remembered what one attempt has read.
_DECIDING_S = 900.0
_PAGE = 500


class Client(ReadingClient):
    """A space behind a server. Make it with `ricordo.connect`; close it, or use it in a `with` block.

    Its methods are those of `Memory`, with the same arguments, results and errors. It may be used from several threads,
    and handles made by `scoped` share its connections. A call is repeated where the connection broke off or the server
    was busy, and never writes twice: a repeated write carries the idempotency key of the first. Where it stays unknown
    whether a write was done, `UnreachableError` says so in `unknown`; its `key` is for `keyed`.
    """

    retain = remote(Memory.retain)
    retain_many = remote(Memory.retain_many)
    update = remote(Memory.update)
    feedback = remote(Memory.feedback)
    undo = remote(Memory.undo)
    forget = remote(Memory.forget)
    erase = remote(Memory.erase)
    commit = remote(Memory.commit)
    read_token = remote(Memory.read_token)
    events = remote(Memory.events)
    conflicts = remote(Memory.conflicts)
    verify = remote(Memory.verify)
    reindex = remote(Memory.reindex)
    propose = remote(Memory.propose)
    expire = remote(Memory.expire)
    compact = remote(Memory.compact)

    @like(Memory.wait_for)
    def wait_for(self, seq: int, timeout_s: float) -> int:
        """The answer may take as long as the event."""
        arguments = {"seq": seq, "timeout_s": timeout_s}
        done: int = self._call("wait_for", arguments, more_s=_seconds(timeout_s))
        return done

    @like(Memory.embed)
    def embed(self, progress: Callable[[int], None] | None, **arguments: Any) -> int:
        """What was done is told at the end."""
        done: int = self._call("embed", arguments)
        if progress is not None and done:
            progress(done)
        return done

    @like(Memory.consolidate)
    def consolidate(self, progress: Callable[[int], None] | None, **arguments: Any) -> Consolidation:
        """What was done is told at the end."""
        done: Consolidation = self._call("consolidate", arguments)
        for region in done.regions if progress is not None else ():
            cast(Callable[[int], None], progress)(len(region.replaced))
        return done

    @like(Memory.attempt)
    def attempt(
        self,
        decide: Callable[[Reads], Iterable[Op] | None],
        retries: int,
        strict: str,
        key: str | None,
        sleep: Callable[[float], None],
    ) -> Commit | None:
        """Decides here, on what it reads under a read token; the server tells whether that is still so."""

        def decided() -> Callable[[], Commit] | None:
            token = self.read_token(ttl_s=_DECIDING_S)
            ops = decide(cast(Reads, ReadingClient(self._exchange, self._view, token=token)))
            listed = [] if ops is None else list(ops)
            return partial(self.commit, listed, read_token=token, strict=strict, key=key) if listed else None

        return attempted(decided, retries=retries, sleep=sleep)

    @like(Memory.export)
    def export(self, path: str | Path) -> Path:
        """The archive is read by its manifest before it is there under its name."""
        return fetch(self._exchange, self._view, path)

    @like(Memory.write_pages)
    def write_pages(self, folder: str | Path, scope: str | Iterable[str] | None) -> Pages:
        """The pages are written on this machine: the records as of the last event, each with its history."""
        seq = self.stats().seq
        return publish(Path(folder).expanduser(), self._told(scope, seq), seq)

    def _told(self, scope: str | Iterable[str] | None, seq: int) -> Iterator[tuple[Record, Sequence[Change]]]:
        cursor, more, shown = None, seq > 0, {"status": sorted(BELIEVED)}
        while more:
            page = self.list(scope=scope, filters=shown, as_of=seq, limit=_PAGE, cursor=cursor)
            for record in page.records:
                changes = self.history(record.id, scope=scope)
                yield record, [change for change in changes if change.event <= seq]
            cursor, more = page.cursor, page.cursor is not None

    @like(Memory.import_file)
    def import_file(
        self, path: str | Path, format: str | None, progress: Callable[[int], None] | None, **named: str | None
    ) -> Import:
        """The file is one of this machine, and read here."""
        options = reading_of(self._view, resolve().tz, **named)
        return ingest_file(path, format, options, check=_imported, write=self.retain_many, progress=progress)

    @like(Memory.scoped)
    def scoped(self, write: str | None, read: str | Iterable[str] | None, principal: str | None) -> Client:
        """The server holds the handle to it; whose it is, the key says."""
        if principal is not None:
            raise AccessError(f"principal: a client is who its key is issued to, and can't be {principal!r} besides")
        return Client(self._exchange, self._view.narrowed(write, read), key=self._key)

    def keyed(self, key: str) -> Client:
        """Return a handle whose next write has this idempotency key, to repeat one whose outcome is unknown.

        Args:
            key: As `UnreachableError.key` has it, or one of your own; of one write.

        >>> from ricordo import connect
        >>> connect("http://localhost:8474").keyed("import of 3 May")
        Client('http://localhost:8474', space='default')
        """
        return Client(self._exchange, self._view, key=check_key(key))

    def close(self) -> None:
        """Close the connections that are not in use; those of all handles made by `scoped` and `keyed`, too."""
        self._exchange.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def connect(
    url: str | None = None,
    *,
    key: str | Secret | None = None,
    space: str | None = None,
    timeout_s: float = 30.0,
    retries: int = 4,
    ca_file: str | Path | None = None,
    create: bool = False,
    settings: Settings | None = None,
) -> Client:
    """Return a client of a space behind a server that runs `ricordo serve`. Nothing is sent before its first method.

    Args:
        url: The address of the server, http or https; by default the setting `path`. May name the space, as in
            `https://memory.example?space=team`.
        key: What `ricordo keys issue` printed; by default the setting `key`. Sent to that address only.
        space: The name of the space there; outranks the one in `url`; by default "default".
        timeout_s: How long one call may take, repetitions and waits included; what works on the whole space (`erase`,
            `compact`, `consolidate`, `verify`, `export` and the like) may take twenty times as long.
        retries: How often one call is repeated where the connection fails, or the server is busy, after a wait drawn at
            random ("full jitter": up to 50 ms, twice that after each, up to 2 s; as long as Retry-After where it says).
        ca_file: A PEM file with the certificates to trust, in place of those of the system.
        create: Make the space there if it does not exist; the key needs the right "admin".
        settings: Settings in place of those of file and environment.

    Raises:
        InvalidInputError: A value breaks a rule.
        RicordoError: The space was to be made, and can't be.

    >>> connect("http://localhost:8474", space="team")
    Client('http://localhost:8474', space='team')
    """
    chosen = settings or resolve()
    given = chosen.key if key is None else key
    if not isinstance(given, str | Secret):
        raise InvalidInputError("key", "text; it is not shown here")
    exchange = exchange_of(
        chosen.path if url is None else url,
        key=given if isinstance(given, Secret) else Secret(given),
        space=space,
        timeout_s=timeout_s,
        retries=retries,
        ca_file=ca_file,
    )
    if create:
        exchange.make_space()
    return Client(exchange)


def _imported(item: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"derivation": "imported", **item}


def _seconds(value: Any) -> float:
    """Return how long the server may wait, as far as that is a time; the server says so where it is none."""
    return float(value) if isinstance(value, (int, float)) and 0 <= value < 1e9 else 0.0
