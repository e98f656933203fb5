"""Operations to test stores and memories with: short ones to write by hand, and generated ones from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ricordo.errors import InvalidInputError, NotFoundError
from ricordo.index.entry import Indexing
from ricordo.store.base import Event, Row, Snapshot, Store, Transaction, Visible, Write
from ricordo.store.fold import slot_place, state_of
from ricordo.text import Tokeniser
from ricordo.types import BELIEVED, RECALLABLE, Link, Record, Verdict

if TYPE_CHECKING:
    from ricordo.memory import Memory

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MODEL = "fake@1"
INDEX = Indexing(Tokeniser())


def state(content: str, **fields: Any) -> dict[str, Any]:
    """Return the log's form of a new record: a fact of scope "a" said at `START`, and the fields given."""
    defaults = {"kind": "fact", "scope": "a", "status": "active", "said_at": START}
    return state_of(content=content, **{**defaults, **fields})


def put(store: Store, id: str, content: str, *, at: datetime = START, **fields: Any) -> Event:
    """Write a new record, and return the event."""
    return write(store, Write(id, set=state(content, **fields)), at=at)


def write(store: Store, *writes: Write, op: str = "retain", at: datetime = START) -> Event:
    """Append one event in a transaction of its own."""
    return store.transact(lambda transaction: transaction.append(op, writes, at))


def change(store: Store, id: str, **fields: Any) -> Event:
    """Make a new version of a record; fields in the log's form, None takes one away."""
    return write(store, Write(id, set=fields), op="update")


def erase(store: Store, *ids: str) -> Event:
    """Erase records."""
    return write(store, *(Write(id, erase=True) for id in ids), op="erase")


def seen(**bounds: Any) -> Visible:
    """Return what a reader of every scope may see, and the bounds given."""
    return Visible(**{"scopes": None, "now": START, **bounds})


def populate(store: Store) -> None:
    """Fill an empty store with a little of everything: scopes, kinds, slots, names, turns, versions, endings."""
    home: Any = {"subject": "Ada", "attribute": "home"}
    put(store, "home1", "Ada lives in Porto.", **home, value="Porto", valid_from=START - 90 * DAY)
    put(store, "home2", "Ada lives in Lisbon.", **home, value="Lisbon", valid_from=START)
    change(store, "home1", status="superseded", superseded_by="home2", valid_to=state_of(at=START)["at"])
    for turn, text in enumerate(["Hello there", "We met on 3 May 2026 in Porto", "Bye now", "See you tomorrow"]):
        who = ("Ada", "Bob")[turn % 2]
        said = START + timedelta(minutes=turn)
        put(store, f"turn{turn}", text, kind="observation", session="s1", speaker=who, said_at=said, ref=f"D1:{turn}")
    put(store, "ts", "We write TypeScript.", scope="b", name="TypeScript", aliases=("TS",), metadata={"team": "web"})
    put(
        store,
        "pin",
        "Answer in English.",
        scope="b",
        kind="preference",
        pinned=True,
        metadata={"rank": 2, "list": ["a"], "big": 10**20},
        links=(Link("affects", "home2"), Link("about", "home1")),
    )
    put(store, "old", "The office is in Porto.", scope="b", name="Office", pinned=True, links=(Link("about", "home1"),))
    write(store, Write("old", set={"status": "retracted"}, reason="moved"), op="forget")
    put(store, "soon", "The TypeScript meeting is at noon.", scope="c", name="Meeting", expires_at=START + DAY)
    again = Write("soon", source={"ref": "D2:1", "said_at": state_of(at=START)["at"]}, key="ab" * 16)
    write(store, again, Write("turn0", source={"record": "turn1"}))
    write(store, Write("ts", outcome="helped"), Write("pin", outcome="used"), op="feedback")
    put(
        store,
        "gone",
        "The secret word is Porto.",
        scope="c",
        name="Secret",
        session="s1",
        links=(Link("about", "home1"),),
    )
    erase(store, "gone")
    follow(store)


def follow(store: Store) -> None:
    """Give every current version that has none a vector that is as good as any."""

    def work(transaction: Transaction) -> None:
        rows = transaction.unfollowed(MODEL, 1000)
        if rows:
            transaction.follow(MODEL, rows[-1].vid, [(row.vid, bytes([row.vid % 256, 60])) for row in rows])

    store.transact(work)


#: Read paths that show records of any status.
ANY_STATUS = frozenset({"find", "linked", "resting", "said"})
#: Words, names and times that find something among what `populate` writes.
WORDS = ("porto", "lisbon", "typescript", "ada", "meet", "answer", "secret", "live")
PAIRS = [(one, other) for one in WORDS for other in WORDS]
NAMES = ("typescript", "ts", "office", "meeting", "secret", "home")
MAY = (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))


def reads(snapshot: Snapshot, visible: Visible) -> dict[str, list[int]]:
    """Return the versions that every read path shows, by the name of the path."""
    ids = {target.id for event in snapshot.events() for target in event.targets}
    found = (snapshot.find(id, visible) for id in sorted(ids))
    every = list(range(1, snapshot.counts(None)["versions"].get("all", 0) + 1))
    around = snapshot.neighbours(every, visible)
    return {
        "find": [row.vid for row in found if row is not None],
        "linked": sorted({hit.vid for hit in snapshot.linked(ids, visible)}),
        "resting": sorted({hit.vid for hit in snapshot.resting(ids, visible)}),
        "said": sorted({hit.vid for hit in snapshot.said(said_keys(snapshot), visible, 1000)}),
        "shown": sorted(snapshot.shown(every, visible)),
        "disputed": [row.vid for row in snapshot.disputed(visible, 0, 1000)],
        "page": [row.vid for row in snapshot.page(visible, 0, 1000)],
        "search": [vid for vid, _ in snapshot.search(WORDS, visible, 1000)],
        "phrase": sorted({vid for pair in PAIRS for vid in snapshot.phrase(pair, visible, 1000)}),
        "named": [hit.vid for hit in snapshot.named(NAMES, visible)],
        "similar_names": [hit.vid for hit in snapshot.similar_names(NAMES, visible)],
        "timed": snapshot.timed(*MAY, visible, 1000),
        "recent": snapshot.recent(visible, 1000),
        "pinned": snapshot.pinned(visible),
        "neighbours": sorted(vid for pair in around.values() for vid in pair if vid is not None),
        "vectors": sorted(vid for vid, _ in snapshot.vectors(MODEL, visible)),
    }


def said_keys(snapshot: Snapshot) -> set[int]:
    """Return every key under which something the records say or said is recognised."""
    return {key for row in records(snapshot).values() for key in INDEX(row.record).said}


def records(snapshot: Snapshot) -> dict[int, Row]:
    """Return every record version by vid."""
    return snapshot.rows(range(1, snapshot.counts(None)["versions"].get("all", 0) + 1))


def everything(snapshot: Snapshot) -> dict[str, Any]:
    """Return all that can be read of a snapshot, to compare it with another moment or another store."""
    rows = records(snapshot)
    ids = sorted({row.record.id for row in rows.values()})
    views = [seen(), seen(as_of=max(0, snapshot.head() - 3)), seen(scopes=("a", "b")), seen(valid=MAY)]
    counts = snapshot.counts(None)
    return {
        "head": snapshot.head(),
        "dump": list(snapshot.dump()),
        "rows": rows,
        "signals": snapshot.signals(list(rows)),
        "when": {vid: sorted(spans) for vid, spans in snapshot.when(list(rows)).items()},
        "holders": {place: snapshot.holders(place) for row in rows.values() if (place := slot_place(row.record))},
        "usage": snapshot.usage(ids),
        "changes": {id: snapshot.changes(id) for id in ids},
        "counts": {name: {key: count for key, count in part.items() if count} for name, part in counts.items()},
        "reads": [reads(snapshot, view) for view in views],
        "scores": [[(vid, round(score, 9)) for vid, score in snapshot.search(WORDS, view, 50)] for view in views],
        "names": [snapshot.named(NAMES, view) for view in views],
        "totals": [snapshot.totals(scopes) for scopes in (None, (), ("a",), ("a", "b"), ("nowhere",))],
        "keyed": snapshot.keyed("ab" * 16),
        "newest": snapshot.newest(),
        "followers": {name: snapshot.followed(name) for name in snapshot.followers()},
        "fresh": [[row.vid for row in snapshot.fresh(vid, 5)] for vid in range(0, len(rows), 3)],
        "cited": snapshot.cited(ids, seen()),
        "ended": [snapshot.ended(seq) for seq in range(0, snapshot.head() + 1, 3)],
    }


def snapped(store: Store) -> dict[str, Any]:
    """Return all that can be read of a store now."""
    with store.read() as snapshot:
        return everything(snapshot)


def allowed(row: Row, visible: Visible) -> bool:
    """Tell by the letter of `Visible` whether a current version may be shown; for the bounds a test gives."""
    record = row.record
    statuses = visible.statuses or (BELIEVED if visible.valid else RECALLABLE)
    alive = row.died is None and record.status in statuses
    fresh = record.expires_at is None or record.expires_at > visible.now
    return alive and fresh and all(_in_bounds(record, visible))


def _in_bounds(record: Record, visible: Visible) -> Iterator[bool]:
    for name in ("scope", "kind", "speaker", "session", "subject", "attribute", "ref"):
        wanted = getattr(visible, f"{name}s")
        yield wanted is None or getattr(record, name) in wanted
    yield all(record.metadata.get(name) == value for name, value in visible.metadata)
    yield visible.since is None or record.said_at >= visible.since
    yield visible.until is None or record.said_at < visible.until


_CONTENTS = (
    "Ada lives in Lisbon.",
    "ada really lives in Lisbon!",
    "I like green tea.",
    "The office moved to Porto on 3 May 2026.",
    "We deploy TypeScript with node.js.",
    "Bob met Ada last week; tea was served.",
    "We use Zed instead of Vim.",
    "Der Zug fährt um 8:30, C++ läuft.",
    "東京に住んでいます",
)
_CHOICES: Mapping[str, Sequence[Any]] = {
    "kind": (None, None, "fact", "preference", "event", "observation", "decision"),
    "speaker": (None, None, "Ada", "Bob"),
    "session": (None, "s1", "s2"),
    "title": (None, None, "Notes"),
    "name": (None, None, None, "TypeScript", "Lisbon office"),
    "aliases": (None, None, ["TS", "the office"]),
    "valid_from": (None, None, "2026-01-01", "2026-03", "2026-06"),
    "pinned": (None, None, None, None, True),
    "expires_at": (None, None, None, "2031-01-01T00:00:00Z"),
    "metadata": (None, None, {"team": "web", "rank": 2}),
    "derivation": (None, None, "inferred", "corrected"),
}


class Operations:
    """Does operations on a memory, drawn from a seed: the same ones for the same seed and the same verdicts.

    Args:
        seed: Seed of the draw.
        scopes: Scopes to write to.
    """

    def __init__(self, seed: int, scopes: Sequence[str] = ("a", "b", "team")) -> None:
        self._random = random.Random(seed)
        self._scopes = scopes
        self._ids: list[str] = []
        self._items: list[dict[str, Any]] = []
        self.refused = 0

    def apply(self, memory: Memory, count: int) -> None:
        """Do `count` operations: two in three as part of a batch, the rest one by one."""
        while count > 0:
            batch = min(count, self._random.randint(20, 60))
            self._remember(memory.retain_many([self._item() for _ in range(batch)]))
            count -= batch
            for _ in range(min(count, batch // 2)):
                self._single(memory)
                count -= 1

    def _single(self, memory: Memory) -> None:
        id = self._random.choice(self._ids)
        works: list[Callable[[], Any]] = [
            lambda: self._remember([memory.retain(**self._item())]),
            lambda: memory.update(id, **self._changes(), reason="better known"),
            lambda: memory.forget(id, reason="old"),
            lambda: memory.feedback([id], self._random.choice(("used", "helped", "harmed")), query=self._turn()),
            lambda: memory.undo(max(1, memory.stats().seq - self._random.randint(0, 9))),
            lambda: memory.erase(id),
        ]
        try:
            self._random.choices(works, weights=(30, 30, 12, 16, 10, 2))[0]()
        except (NotFoundError, InvalidInputError):
            self.refused += 1

    def _turn(self) -> str | None:
        return self._random.choice((None, "the purple lamp", "a purple lamp?", "tea by the lamp", "Where is Ada 7?"))

    def _item(self) -> dict[str, Any]:
        """Return arguments of `retain`; now and then the very ones of an earlier write."""
        if self._items and self._random.random() < 0.05:
            return self._random.choice(self._items)
        number = len(self._items)
        content = self._random.choice(_CONTENTS)
        content = f"{content} Number {self._random.randrange(2000)}." if self._random.random() < 0.7 else content
        item = {name: self._random.choice(choices) for name, choices in _CHOICES.items()}
        item |= {"content": content, "scope": self._random.choice(self._scopes), "ref": f"D{number}"}
        if self._random.random() < 0.3:
            home = self._random.choice(("Lisbon", "Porto", "Faro"))
            item |= {"subject": f"Ada {self._random.randrange(40)}", "attribute": "home", "value": home}
        if self._ids and self._random.random() < 0.15:
            item["links"] = [("derived_from", self._random.choice(self._ids))]
        item["at"] = (START - self._random.randrange(2000) * timedelta(hours=1)).isoformat()
        self._items.append({name: value for name, value in item.items() if value is not None})
        return self._items[-1]

    def _changes(self) -> dict[str, Any]:
        content = f"{self._random.choice(_CONTENTS)} Again {self._random.randrange(99)}."
        return self._random.choice(
            [{"content": content}, {"title": None, "pinned": True}, {"name": "Renamed", "why": "so"}]
        )

    def _remember(self, verdicts: Sequence[Verdict]) -> None:
        self._ids += [verdict.record.id for verdict in verdicts if verdict.action != "reinforced"]
