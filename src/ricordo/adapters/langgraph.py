"""A Ricordo memory as the store of a LangGraph graph: exact by key, versioned, found by what it says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from threading import Lock
from typing import Any, cast

from ricordo.client import Client
from ricordo.errors import ConflictError, InvalidInputError, MissingExtraError
from ricordo.memory import Memory
from ricordo.reads import Reads
from ricordo.types import Clock, Record

try:
    from langgraph.store.base import (
        BaseStore,
        GetOp,
        IndexConfig,
        Item,
        ListNamespacesOp,
        Op,
        PutOp,
        Result,
        SearchItem,
        SearchOp,
        TTLConfig,
        validate_op_namespace,
    )
except ImportError as error:
    raise MissingExtraError("langgraph", "ricordo.adapters.langgraph") from error

from ricordo.adapters.langgraph_items import (
    INDEXED,
    ITEMS,
    Fields,
    Kept,
    Namespace,
    is_item,
    item_of,
    kept,
    scope_of,
    search_item_of,
    session_of,
    ttl_of,
    value_of,
)
from ricordo.adapters.langgraph_match import begins, check_filter, fits, matches
from ricordo.adapters.langgraph_namespaces import Namespaces
from ricordo.adapters.langgraph_vectors import FieldVectors, encoded
from ricordo.plaintext.ops import Op as Write
from ricordo.plaintext.policy import Policy

Address = tuple[Namespace, str]
Vectors = Mapping[str, Sequence[float]]
#: Operations of one commit, keys asked for at once, the fewest and the most records of one page.
_MOST_OPS, _MOST_KEYS, _LEAST, _PAGE = 256, 50, 20, 1_000
_MOST_FOUND = 10_000
_RETRIES = 20
#: A read keeps an item longer only after this share of its time: else each read would be an event of the log.
_WORTH_REFRESHING = 0.02
_SWEEP = Policy("ttl", metadata={"langgraph": "item"}, expired=True, pinned=True, user_edited=True)


class _UntoldError(Exception):
    """A key that is to be written is new: what was not there must be held to as well."""


@dataclass
class _Batch:
    """What a batch of operations comes to: results in their places, and the items that were read."""

    results: list[Result]
    used: dict[str, Record] = field(default_factory=dict)


class RicordoStore(BaseStore):
    """LangGraph's long-term store on a Ricordo memory.

    Each item is one record: its scope stands for the namespace, its key finds it by an index, each put is a version of
    it. A put is durable when it returns. Several processes may use one space. See docs/adapters.md.

    Args:
        memory: The space, a handle on it, or a client of a server. A bound handle holds the namespaces whose scopes it
            is bound to.
        index: LangGraph's configuration for its own embedding function: then a search compares the vectors of the
            fields, and scores are cosines. By default a search is a recall of the memory.
        ttl: LangGraph's configuration of how long items are kept; what has expired is not shown, swept or not.
        clock: Tells the time; give it where the memory has one of its own.

    >>> from ricordo import Memory
    >>> store = RicordoStore(Memory.open(":memory:", embedder=None))
    >>> store.put(("memories", "ada"), "home", {"text": "Ada lives in Lisbon."})
    >>> store.get(("memories", "ada"), "home").value
    {'text': 'Ada lives in Lisbon.'}
    >>> [item.key for item in store.search(("memories",), query="Where does Ada live?")]
    ['home']
    """

    supports_ttl = True

    def __init__(
        self,
        memory: Memory | Client,
        *,
        index: IndexConfig | None = None,
        ttl: TTLConfig | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.memory = memory
        self.index_config = index
        self.ttl_config = ttl
        self._vectors = None if index is None else FieldVectors(index)
        self._clock = clock
        self._namespaces = Namespaces(memory)
        self._writing = Lock()
        self._latest = datetime.min.replace(tzinfo=UTC)

    # -- LangGraph's interface ---------------------------------------------------------------------------------

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Run operations: all that read see what was there before, then all puts are written in one commit.

        Of several puts to one key the last counts. More than 256 puts are several commits, each whole or not at all.

        Args:
            ops: LangGraph's `GetOp`, `PutOp`, `SearchOp`, `ListNamespacesOp`.

        Raises:
            InvalidNamespaceError: A label of a namespace is empty, no text, or has a dot or a NUL; nothing was done.
            InvalidInputError: A value is no JSON, a filter is unsound; nothing was written.
            AccessError: The memory's handle may not write such a namespace.
        """
        listed = _checked(ops)
        texts, queries = self._to_embed(listed)
        vectors: dict[str, Sequence[float]] = {}
        if self._vectors is not None:
            if texts:
                vectors = self._vectors.checked(self._vectors.embeddings.embed_documents(texts), texts)
            asked = {query: self._vectors.embeddings.embed_query(query) for query in queries}
            return self._run(listed, vectors, asked)
        return self._run(listed, vectors, {})

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        """Run operations as `batch` does, in a thread of their own; the embedding function is awaited.

        Args:
            ops: As of `batch`.
        """
        listed = _checked(ops)
        texts, queries = self._to_embed(listed)
        vectors: dict[str, Sequence[float]] = {}
        asked: dict[str, Sequence[float]] = {}
        if self._vectors is not None:
            if texts:
                vectors = self._vectors.checked(await self._vectors.embeddings.aembed_documents(texts), texts)
            asked = {query: await self._vectors.embeddings.aembed_query(query) for query in queries}
        return await asyncio.to_thread(self._run, listed, vectors, asked)

    @property
    def embeddings(self) -> Any:
        """The embedding function in use, or None."""
        return None if self._vectors is None else self._vectors.embeddings

    # -- beyond it ---------------------------------------------------------------------------------------------

    def record(self, namespace: tuple[str, ...], key: str) -> Record | None:
        """Return the record that holds an item now, or None; with its id the memory tells more of it.

        Args:
            namespace, key: The item.
        """
        return self._found(self.memory, [(tuple(namespace), str(key))]).get((tuple(namespace), str(key)))

    def history(self, namespace: tuple[str, ...], key: str) -> list[Item]:
        """Return what an item was each time it was put, oldest first; a deleted item's history stays in the log.

        Args:
            namespace, key: The item.

        >>> from ricordo import Memory
        >>> store = RicordoStore(Memory.open(":memory:", embedder=None))
        >>> for city in ("Porto", "Lisbon"):
        ...     store.put(("people",), "ada", {"home": city})
        >>> [item.value["home"] for item in store.history(("people",), "ada")]
        ['Porto', 'Lisbon']
        """
        record = self.record(namespace, key)
        if record is None:
            return []
        changes = self.memory.history(record.id, scope=record.scope)
        versions = [item_of(change.record) for change in changes if change.record and is_item(change.record)]
        return list({item.updated_at: item for item in versions}.values())

    def sweep_ttl(self) -> int:
        """Forget the items that have expired, as `Memory.expire` does, and return how many those were."""
        gone = self.memory.expire([_SWEEP])
        return sum(map(len, gone.records.values()))

    # -- reading -----------------------------------------------------------------------------------------------

    def _run(self, ops: Sequence[Op], vectors: Vectors, asked: Vectors) -> list[Result]:
        batch = _Batch([None] * len(ops))
        puts = [op for op in ops if isinstance(op, PutOp)]
        items = self._items(puts, vectors)
        self._get(batch, ops)
        for spot, op in enumerate(ops):
            if isinstance(op, SearchOp):
                batch.results[spot] = self._search(batch, op, asked)
            elif isinstance(op, ListNamespacesOp):
                batch.results[spot] = self._list(op)
        written = list(items.items())
        for start in range(0, len(written), _MOST_OPS):
            self._put(dict(written[start : start + _MOST_OPS]))
        self._refresh([record for record in batch.used.values() if _address(record) not in items])
        return batch.results

    def _get(self, batch: _Batch, ops: Sequence[Op]) -> None:
        spots = [(spot, op) for spot, op in enumerate(ops) if isinstance(op, GetOp)]
        found = self._found(self.memory, [(tuple(op.namespace), op.key) for _, op in spots])
        for spot, op in spots:
            record = found.get((tuple(op.namespace), op.key))
            if record is not None:
                batch.results[spot] = item_of(record)
                if op.refresh_ttl:
                    batch.used[record.id] = record

    def _found(self, memory: Reads | Client, addresses: Iterable[Address]) -> dict[Address, Record]:
        """Return the records of these items, as far as there are any: looked up by scope and session."""
        by_scope: dict[str, dict[str, Address]] = {}
        for namespace, key in addresses:
            by_scope.setdefault(scope_of(namespace), {})[session_of(key)] = (namespace, key)
        found: dict[Address, Record] = {}
        for scope, keys in by_scope.items():
            for some in _parts(list(keys), _MOST_KEYS):
                page = memory.list(scope=scope, filters={**ITEMS, "session": some}, limit=2 * len(some))
                found |= {keys[record.session or ""]: record for record in page.records}
        return found

    def _search(self, batch: _Batch, op: SearchOp, asked: Vectors) -> list[SearchItem]:
        if op.limit < 1 or op.offset < 0:
            raise InvalidInputError("limit", "1 or more, and an offset of 0 or more", (op.limit, op.offset))
        filter, end = check_filter(op.filter), op.offset + op.limit
        scopes = self._below(tuple(op.namespace_prefix))
        if scopes == []:
            return []
        shown: Iterator[tuple[float | None, Record]]
        if op.query and self._vectors is not None:
            shown = self._nearest(asked[op.query], scopes, filter)
        elif op.query and op.query.strip():
            shown = self._recalled(op.query, scopes, filter, end)
        else:
            shown = ((None, record) for record in self._all(scopes, filter, end))
        hits = list(islice(shown, op.offset, end))
        if op.refresh_ttl:
            batch.used |= {record.id: record for _, record in hits}
        return [search_item_of(record, score) for score, record in hits]

    def _below(self, prefix: Namespace) -> list[str] | None:
        """Return the scopes of a namespace and those below it; None for all there are."""
        if not prefix:
            return None
        known = self._namespaces.all()
        return [scope for scope, namespace in known.items() if begins(namespace, prefix)]

    def _all(self, scopes: list[str] | None, filter: Mapping[str, Any], end: int = _PAGE) -> Iterator[Record]:
        """Yield the items of some scopes that pass a filter, in the order in which they were first put.

        Args:
            scopes, filter: Where to look, and for what.
            end: How many are wanted, as far as that is known.
        """
        cursor: str | None = None
        size = min(max(end, _LEAST), _PAGE)
        while True:
            page = self.memory.list(scope=scopes, filters=ITEMS, limit=size, cursor=cursor)
            yield from (record for record in page.records if not filter or fits(value_of(record), filter))
            if (cursor := page.cursor) is None:
                return
            size = min(2 * size, _PAGE)

    def _recalled(
        self, query: str, scopes: list[str] | None, filter: Mapping[str, Any], end: int
    ) -> Iterator[tuple[float | None, Record]]:
        """Yield what a recall finds, best first, and then the rest without a score, as LangGraph's own stores do."""
        most, told = min(end, _MOST_FOUND), set[str]()
        while True:
            found = self.memory.recall(query, scope=scopes, k=most, filters=INDEXED)
            for item in sorted(found.items, key=lambda item: -item.score):
                if item.record.id not in told and fits(value_of(item.record), filter):
                    told.add(item.record.id)
                    yield item.score, item.record
            if len(found.items) < most or len(told) >= end or most == _MOST_FOUND:
                break
            most = min(8 * most, _MOST_FOUND)
        yield from ((None, record) for record in self._all(scopes, filter, end) if record.id not in told)

    def _nearest(
        self, query: Sequence[float], scopes: list[str] | None, filter: Mapping[str, Any]
    ) -> Iterator[tuple[float | None, Record]]:
        records = list(self._all(scopes, filter))
        scored = cast(FieldVectors, self._vectors).scored(query, records)
        yield from scored
        told = {record.id for _, record in scored}
        yield from ((None, record) for record in records if record.id not in told)

    def _list(self, op: ListNamespacesOp) -> list[Namespace]:
        conditions = op.match_conditions or ()
        known = sorted(self._namespaces.all().items(), key=lambda one: one[1])
        wanted = {scope: one for scope, one in known if all(matches(one, condition) for condition in conditions)}
        filled = self._namespaces.filled(wanted)
        # Sorted by label, those that are cut to the same stand together.
        cut = dict.fromkeys(namespace[: op.max_depth] for namespace in filled) if op.max_depth is not None else filled
        return list(islice(cut, op.offset, op.offset + op.limit))

    # -- writing -----------------------------------------------------------------------------------------------

    def _to_embed(self, ops: Sequence[Op]) -> tuple[list[str], list[str]]:
        """Return the texts of puts and the queries of searches that are to be embedded, each once."""
        if self._vectors is None:
            return [], []
        puts = {(tuple(op.namespace), op.key): op for op in ops if isinstance(op, PutOp)}
        texts = [text for op in puts.values() for text in self._vectors.texts(op).values()]
        queries = [op.query for op in ops if isinstance(op, SearchOp) and op.query]
        return list(dict.fromkeys(texts)), list(dict.fromkeys(queries))

    def _items(self, puts: Sequence[PutOp], vectors: Vectors) -> dict[Address, Kept | None]:
        """Return what is to be kept by address, the last put of each; None where it is to be deleted."""
        last = {(tuple(op.namespace), op.key): op for op in puts}
        return {spot: None if op.value is None else self._kept(spot, op, vectors) for spot, op in last.items()}

    def _kept(self, spot: Address, op: PutOp, vectors: Vectors) -> Kept:
        if not isinstance(op.value, Mapping):
            raise InvalidInputError("value", "a mapping with text keys", op.value)
        now = self._now()
        fields: Fields = op.index
        own: Mapping[str, str] = {}
        if self._vectors is not None:
            fields = self._vectors.fields if op.index is None else op.index
            own = encoded(self._vectors.texts(op), vectors) if vectors else {}
        until = None if op.ttl is None else now + timedelta(minutes=op.ttl)
        return kept(*spot, op.value, put_at=now, expires_at=until, fields=fields, vectors=own, ttl=op.ttl)

    def _put(self, items: Mapping[Address, Kept | None]) -> None:
        """Write items in one commit, each over what is there by then."""

        def decide(reading: Reads, *, sure: bool) -> list[Write]:
            there = self._found(reading, items)
            new = [item for address, item in items.items() if item is not None and address not in there]
            if new and not sure:
                raise _UntoldError
            old = [(there[address], item) for address, item in items.items() if address in there]
            gone: list[Write] = [{"op": "delete", "id": record.id} for record, item in old if item is None]
            return [*gone, *(item.changed(record) for record, item in old if item), *(item.added() for item in new)]

        with self._writing:
            try:
                done = self.memory.attempt(lambda reading: decide(reading, sure=False), retries=_RETRIES)
            except _UntoldError:
                done = self.memory.attempt(lambda reading: decide(reading, sure=True), retries=_RETRIES, strict="scope")
        if done is not None:
            self._namespaces.wrote(done, {scope_of(namespace): namespace for namespace, _ in items})

    def _refresh(self, records: Sequence[Record]) -> None:
        """Keep items longer that were read; what others have written meanwhile has its own time."""
        now = self._now()
        for record in records:
            minutes = ttl_of(record)
            if minutes is None or record.expires_at is None:
                continue
            until = now + timedelta(minutes=minutes)
            if (until - record.expires_at) < timedelta(minutes=minutes) * _WORTH_REFRESHING:
                continue
            try:
                self.memory.update(record.id, expires_at=until, if_version=record.version)
            except ConflictError:
                continue

    def _now(self) -> datetime:
        """Return the present moment, later than every one before."""
        now = datetime.now(UTC) if self._clock is None else self._clock.now().astimezone(UTC)
        with self._writing:
            self._latest = max(now, self._latest + timedelta(microseconds=1))
            return self._latest


def _checked(ops: Iterable[Op]) -> list[Op]:
    listed = list(ops)
    for op in listed:
        if not isinstance(op, (GetOp, PutOp, SearchOp, ListNamespacesOp)):
            raise InvalidInputError("ops", "GetOp, PutOp, SearchOp or ListNamespacesOp", op)
        validate_op_namespace(op)
        if isinstance(op, PutOp) and not op.namespace:
            raise InvalidInputError("namespace", "at least one label", op.namespace)
    return listed


def _address(record: Record) -> Address:
    item = item_of(record)
    return item.namespace, item.key


def _parts(values: list[str], size: int) -> Iterator[list[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
