"""What a handle on a space can follow: what happened since, and what is in dispute."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from itertools import islice

from ricordo.errors import InvalidInputError
from ricordo.plaintext.draft import LARGEST, When
from ricordo.plaintext.evidence import opponents
from ricordo.plaintext.request import check_count
from ricordo.reads import Reads, Scopes, cursor_of, place_of
from ricordo.results import Conflict, ConflictPage, LogEntry, LogPage
from ricordo.store.base import Event, Row, Snapshot, Visible
from ricordo.types import Record

#: Events looked at for one page of what a bound handle may see; a page may be empty and yet go on.
_MOST_LOOKED_AT = 1_000


class Feed(Reads):
    """The base of `Memory` beside its answers: the log as a feed."""

    def events(self, after: int = 0, *, limit: int = 100, scope: Scopes = None) -> LogPage:
        """Return what happened after an event, in order: which records, and no word of what they say.

        A handle that is bound to scopes gets the events that touched their records. Which scope an erased record was in
        is not known any more: only a handle on the whole space is told of it, beside that it was erased.

        Args:
            after: The `seq` to start behind; 0 is the beginning.
            limit: At most so many events; up to 1,000.
            scope: The scopes to look in; by default all that the handle may read.

        Raises:
            InvalidInputError: An argument breaks a rule.

        >>> from ricordo import Memory
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> tea = memory.retain("Ada likes tea.", scope="user:ada").record
        >>> cake = memory.retain("Bob likes cake.", scope="user:bob").record
        >>> page = memory.scoped(write="user:bob").events()
        >>> [(entry.seq, entry.op, list(entry.records) == [cake.id]) for entry in page.entries], page.seq, page.more
        ([(2, 'retain', True)], 2, False)
        """
        if isinstance(after, bool) or not isinstance(after, int) or not 0 <= after < LARGEST:
            raise InvalidInputError("after", "the seq of an event, or 0", after)
        check_count("limit", limit, _MOST_LOOKED_AT)
        scopes = self._view.readable(scope)
        with self._engine.store.read() as snapshot:
            head = snapshot.head()
            entries: list[LogEntry] = []
            seq = after
            for event in islice(snapshot.events(after), _MOST_LOOKED_AT):
                if len(entries) == limit:
                    break
                seq = event.seq
                if (entry := _entry(snapshot, event, scopes)) is not None:
                    entries.append(entry)
        return LogPage(tuple(entries), seq, seq < head)

    def conflicts(
        self,
        *,
        scope: Scopes = None,
        as_of: int | str | datetime | None = None,
        valid_at: When | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> ConflictPage:
        """Return the records that contradict each other and both stand, oldest first, each pair once.

        To settle one, `forget` what is wrong, or `update` it; what stands then is believed alone.

        Args:
            scope, as_of, valid_at: As in `recall`.
            limit: Look at so many records in dispute.
            cursor: The `cursor` of the page before.

        Raises:
            InvalidInputError: An argument breaks a rule.

        >>> from ricordo import Memory
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> for speaker, city in (("Ada", "Lisbon"), ("assistant", "Faro")):
        ...     verdict = memory.retain(f"Ada lives in {city}.", speaker=speaker, at="2026-05-03")
        >>> [(one.record.content, one.against[0].content) for one in memory.conflicts().conflicts]
        [('Ada lives in Lisbon', 'Ada lives in Faro')]
        """
        check_count("limit", limit, _MOST_LOOKED_AT)
        after, now = place_of(cursor), self._engine.now()
        with self._engine.store.read() as snapshot:
            seen = self._visible(snapshot, now, scope=scope, as_of=as_of, valid_at=valid_at)
            rows = snapshot.disputed(seen, after, limit + 1)
            found = [one for row in rows[:limit] if (one := _conflict(snapshot, row, seen)) is not None]
        return ConflictPage(tuple(found), cursor_of(rows, limit))


def _entry(snapshot: Snapshot, event: Event, scopes: tuple[str, ...] | None) -> LogEntry | None:
    """Return an event as far as a reader of these scopes may see it, or None."""
    ids: Collection[str] = {target.id for target in event.targets}
    if scopes is not None:
        ids = snapshot.versions(ids, scopes)
    records = {target.id: target.version for target in event.targets if target.id in ids}
    if not records and (scopes is not None or event.targets):
        return None
    return LogEntry(event.seq, event.op, event.at, records)


def _conflict(snapshot: Snapshot, row: Row, seen: Visible) -> Conflict | None:
    """Return what contradicts a record of all that was written after it, or None."""
    later = sorted(
        (one for one in opponents(snapshot, row.record, seen) if _begun(one) > _begun(row.record)), key=_begun
    )
    return Conflict(row.record, tuple(later)) if later else None


def _begun(record: Record) -> tuple[int, str]:
    """Return what orders records by when they were first written: ids made in one millisecond are in no order."""
    return min((source.event for source in record.sources), default=record.event), record.id
