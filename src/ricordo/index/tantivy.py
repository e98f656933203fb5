"""A faster full-text index for big spaces: a tantivy index beside the file of the space, which follows the log.

It is derived: never backed up, thrown away where it is missing parts or belongs to another space, and dropped whole
when a record is erased, so that no byte of it stays. What it finds is shown only where the store, in the same
snapshot, says that it is visible. Its commits are slow, so it takes in versions by the hundred; the newest ones are
scored beside it in memory (`tail.py`). Where it can't answer as the store would, it leaves the answer to the store.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import apsw

from ricordo.index.tail import Tail
from ricordo.store.base import Row, Snapshot, Store, Visible
from ricordo.store.sqlite_rows import label
from ricordo.types import RECALLABLE, Record

if TYPE_CHECKING:
    import tantivy

#: Versions that wait before a commit is worth its time, and how many are scored in memory before the store takes over.
COMMIT_AT, LONGEST_TAIL = 256, 4096
_PREFIX, _LOCK = "lexical-", "lexical.lock"
_FORMAT = 1
_COMMIT, _READ = 20_000, 2_000
_HEAP = 64_000_000
_PATIENCE_MS = 3000
_DRAWS = 3
_STATE = 0  # the number of the document that holds the mark; versions begin at 1


@dataclass(frozen=True, slots=True)
class Mark:
    """How far an index has come; kept in the index, so that it is committed with what it tells of.

    Args:
        space, settings: Which space it is of, and a digest of how its terms were made.
        vid: Every current version up to this one was taken in.
        seq: Every ending up to this event was applied.
        head: The last event that was looked at.
        chain: Hash of that event.
        docs, tokens: Documents and terms taken in.
    """

    space: str
    settings: str
    vid: int = 0
    seq: int = 0
    head: int = 0
    chain: str = ""
    docs: int = 0
    tokens: int = 0
    format: int = _FORMAT


@dataclass(frozen=True, slots=True)
class _Opened:
    """An index as it was at one commit."""

    folder: Path
    stamp: tuple[int, int]
    index: tantivy.Index
    searcher: tantivy.Searcher
    mark: Mark


class _Writer(NamedTuple):
    folder: Path
    library: Any


class TantivyIndex:
    """A full-text index of one space in a directory of its own beside the file of the space.

    Args:
        terms: Index terms of a record.
        settings: What the terms depend on, in words.
        least: Spaces with fewer versions get no index.
    """

    def __init__(self, terms: Callable[[Record], Sequence[str]], *, settings: str, least: int = 0) -> None:
        self._terms = terms
        self._settings = hashlib.sha256(settings.encode()).hexdigest()[:16]
        self._least = least
        self._lock = threading.RLock()
        self._folder: Path | None = None
        self._space = ""
        self._opened: _Opened | None = None
        self._tail = Tail(0, 0)
        self._trusted: Mark | None = None
        #: Why the index could not be read or written the last time, or None.
        self.problem: str | None = None
        #: Whether more versions wait than are scored in memory.
        self.lagging = False

    def bind(self, folder: Path, space_id: str) -> None:
        """Say which space it is the index of, before anything else."""
        with self._lock:
            self._folder, self._space, self._opened = folder, space_id, None

    # -- reading -----------------------------------------------------------------------------------------------

    def search(
        self, snapshot: Snapshot, terms: Sequence[str], visible: Visible, limit: int
    ) -> list[tuple[int, float]] | None:
        """Return (vid, score) as `Snapshot.search` does, or None where the store must answer itself.

        That is: there is no index yet, too much waits to be taken in, the snapshot is older than the index, or the
        filters leave too little of what is found.
        """
        with self._lock:
            try:
                return self._search(snapshot, terms, visible, limit)
            except (ValueError, OSError, KeyError) as error:
                self._give_up(error)
            except BaseException as error:
                if not _panicked(error):
                    raise
                self._give_up(error)
        return None

    def _search(
        self, snapshot: Snapshot, terms: Sequence[str], visible: Visible, limit: int
    ) -> list[tuple[int, float]] | None:
        opened = self._current()
        if opened is None:
            self.lagging = self._least <= snapshot.newest()
            return None
        if max(opened.mark.head, self._tail.seq) > snapshot.head():
            return None
        self._trust(opened.mark, snapshot)
        if not self._extend(snapshot):
            return None
        searcher, mark = opened.searcher, opened.mark
        query = _query(opened.index.schema, terms, visible)
        waiting = self._tail.search(
            terms, visible, lambda term: searcher.doc_freq("body", term), searcher.num_docs, mark.tokens
        )
        ask = limit + 16
        for _ in range(_DRAWS):
            hits = _hits(searcher, query, ask)
            merged = sorted([*hits, *waiting], key=lambda hit: (-hit[1], hit[0]))
            if len(hits) == ask:
                del merged[ask:]
            shown = snapshot.shown([vid for vid, _ in merged], visible)
            kept = [hit for hit in merged if hit[0] in shown]
            if len(kept) >= limit or len(hits) < ask:
                return kept[:limit]
            ask *= 4
        return None

    def _trust(self, mark: Mark, snapshot: Snapshot) -> None:
        """Check, once for each mark, that what the index has seen is what the space has been."""
        if mark != self._trusted:
            if _chain(snapshot, mark.head) != mark.chain:
                raise ValueError("the index has seen another past of the space")
            self._trusted = mark

    def _extend(self, snapshot: Snapshot) -> bool:
        """Take what is new into the tail; tell whether the tail is short enough to answer."""
        newest = snapshot.newest()
        if newest - self._tail.vid > LONGEST_TAIL or len(self._tail) > LONGEST_TAIL:
            self.lagging = True
            return False
        if newest > self._tail.vid:
            for row in snapshot.fresh(self._tail.vid, LONGEST_TAIL):
                if row.record.status in RECALLABLE:
                    self._tail.add(row, self._terms(row.record))
            self._tail.vid = newest
        self._tail.seq = max(self._tail.seq, snapshot.head())
        return True

    def _current(self) -> _Opened | None:
        """Return the index as it is now: anew where another commit, or another index, is there."""
        with self._lock:
            folder = next(iter(self._folders()), None)
            if folder is None:
                self._opened = None
                return None
            stamp = _stamp(folder)
            if self._opened is None or (self._opened.folder, self._opened.stamp) != (folder, stamp):
                self._opened = self._open(folder, stamp)
                if self._opened is not None:
                    self._tail = Tail(self._opened.mark.vid, self._opened.mark.head)
            return self._opened

    def _open(self, folder: Path, stamp: tuple[int, int]) -> _Opened | None:
        """Open an index and read its mark; None where it is of another space, or of other settings."""
        if self._opened is not None and self._opened.folder == folder:
            index = self._opened.index
        else:
            index = _library().Index.open(str(folder))
            index.config_reader("manual")
        index.reload()
        searcher = index.searcher()
        mark = _mark(index, searcher)
        if (mark.space, mark.settings, mark.format) != (self._space, self._settings, _FORMAT):
            return None
        return _Opened(folder, stamp, index, searcher, mark)

    def _folders(self) -> list[Path]:
        """Return the directories of indexes; there is one, unless a process ended while it made another."""
        if self._folder is None:
            return []
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.name.startswith(_PREFIX) and entry.is_dir())
        return []

    def _give_up(self, error: BaseException) -> None:
        """Take note of a fault of the index; the store answers, and the next catching-up makes it anew."""
        self.problem, self._opened, self.lagging = f"{type(error).__name__}: {error}", None, True

    # -- following ---------------------------------------------------------------------------------------------

    def catch_up(self, store: Store, *, least: int = 1, stop: Callable[[], bool] = lambda: False) -> int:
        """Take in what the index has not seen, and commit; return how many versions it took in.

        Does nothing while another process is at it, or where fewer than `least` versions wait.

        Args:
            store: The space.
            least: Not for fewer versions than this.
            stop: Asked between commits; true ends the work.
        """
        done = 0
        writer: _Writer | None = None
        while not stop() and self._waiting(store) >= least:
            with self._claimed() as mine:
                if not mine:
                    break
                try:
                    writer, taken = self._step(store, writer, least, stop)
                    stands = self.seq() is not None
                except (ValueError, OSError, KeyError) as error:
                    self._give_up(error)
                    break
                except BaseException as error:
                    if not _panicked(error):
                        raise
                    self._give_up(error)
                    break
            done += taken
            if not taken or not stands:  # what can't be read straight after its commit would be made again for ever
                self.lagging = bool(taken) and not stands
                break
            least = 1
        if writer is not None and not stop():  # else what is being merged is given up, and nothing is lost
            writer.library.wait_merging_threads()
        return done

    def _waiting(self, store: Store) -> int:
        """Return how many versions the index has not seen; 0 where the space is too small to have one."""
        with store.read() as snapshot:
            newest = snapshot.newest()
        seen = None if self.problem else self._seen()
        return newest - (seen.vid if seen else 0) if newest >= self._least else 0

    def _step(
        self, store: Store, writer: _Writer | None, least: int, stop: Callable[[], bool]
    ) -> tuple[_Writer | None, int]:
        """Take in the next versions and commit once."""
        with store.read() as snapshot:
            newest, opened = snapshot.newest(), self._sound(snapshot)
        mark = opened.mark if opened else Mark(self._space, self._settings)
        if newest - mark.vid < least:
            return writer, 0
        opened = opened or self._make(mark)
        if writer is None or writer.folder != opened.folder:  # another process may have made it anew meanwhile
            writer = _Writer(opened.folder, opened.index.writer(heap_size=_HEAP, num_threads=1))
        mark = self._feed(store, opened.index.schema, writer.library, opened.mark, stop)
        writer.library.commit()
        taken = mark.vid - opened.mark.vid
        self.problem = None
        return writer, taken

    def _feed(self, store: Store, schema: Any, writer: Any, mark: Mark, stop: Callable[[], bool]) -> Mark:
        """Hand the writer what ended and the next versions; return the mark it will be at."""
        library, seq = _library(), None
        most = mark.vid + _COMMIT
        while mark.vid < most:
            with store.read() as snapshot:
                rows, head, newest = snapshot.fresh(mark.vid, _READ), snapshot.head(), snapshot.newest()
                if seq is None:  # what is added later in this commit may end meanwhile: the next one hears of it
                    seq = head
                    for vid in (_STATE, *snapshot.ended(mark.seq)):
                        writer.delete_documents_by_query(library.Query.term_query(schema, "vid", vid))
                chain = _chain(snapshot, head)
            tokens = docs = 0
            for row in rows:
                if row.record.status in RECALLABLE:
                    terms = self._terms(row.record)
                    writer.add_document(_document(library, row, terms))
                    docs, tokens = docs + 1, tokens + len(terms)
            last = rows[-1].vid if len(rows) == _READ else newest
            mark = replace(mark, vid=last, head=head, chain=chain, docs=mark.docs + docs, tokens=mark.tokens + tokens)
            if last == newest or stop():
                break
        mark = replace(mark, seq=seq or mark.seq)
        writer.add_document(_kept(library, mark))
        return mark

    def _sound(self, snapshot: Snapshot) -> _Opened | None:
        """Return the index if it is of this space and can be read; remove what is not."""
        folders = self._folders()
        assert self._folder is not None
        for extra in [*folders[1:], *self._folder.glob(f".{_PREFIX}*")]:
            _remove(extra)
        try:
            opened = self._current()
            if opened is not None:
                self._trust(opened.mark, snapshot)
        except (ValueError, OSError, KeyError) as error:
            self._give_up(error)
            opened = None
        if opened is None or self.problem is not None:
            with self._lock:
                self._opened = opened = None
            for folder in folders[:1]:
                _remove(folder)
        return opened

    def _make(self, mark: Mark) -> _Opened:
        """Make an empty index under a name that no index had: who still writes to another one writes nowhere."""
        assert self._folder is not None
        draft = self._folder / f".{_PREFIX}{secrets.token_hex(8)}"
        draft.mkdir(mode=0o700)
        library = _library()
        index = library.Index(_schema(library), path=str(draft))
        writer = index.writer(heap_size=15_000_000, num_threads=1)
        writer.add_document(_kept(library, mark))
        writer.commit()
        writer.wait_merging_threads()
        folder = draft.with_name(draft.name[1:])
        draft.rename(folder)
        opened = self._current()
        if opened is None:
            raise OSError(f"{folder}: the new index is not there")
        return opened

    def scrub(self) -> str | None:
        """Remove every byte of it; return why it must wait, or None when done. The next catching-up makes it anew."""
        if self._folder is None or not (self._folders() or (self._folder / _LOCK).exists()):
            return None
        with self._claimed() as mine, self._lock:
            if not mine:
                return "another process is writing the full-text index"
            self._opened, self._tail, self.lagging = None, Tail(0, 0), True
            try:
                for folder in [*self._folders(), *self._folder.glob(f".{_PREFIX}*")]:
                    _remove(folder)
            except OSError as error:
                return f"the full-text index could not be removed ({error})"
        return None

    def size(self) -> int:
        """Return the bytes it takes."""
        total = 0
        for folder in self._folders():
            with suppress(FileNotFoundError):
                total += sum(path.stat().st_size for path in folder.iterdir())
        return total

    def seq(self) -> int | None:
        """Return the last event the index has applied, or None where there is no index."""
        mark = self._seen()
        return mark.head if mark else None

    def _seen(self) -> Mark | None:
        """Return how far the index has come, or None where there is none that can be read."""
        with suppress(ValueError, OSError, KeyError):
            opened = self._current()
            return opened.mark if opened else None
        return None

    def close(self) -> None:
        """Release every resource."""
        with self._lock:
            self._opened, self._folder = None, None

    @contextmanager
    def _claimed(self) -> Iterator[bool]:
        """Hold the right to change the index, across processes; gives whether it could be had.

        SQLite's file lock is there on every system, and ends with the process that holds it.
        """
        if self._folder is None:
            yield False
            return
        try:
            db = apsw.Connection(str(self._folder / _LOCK))
        except apsw.CantOpenError:
            yield False
            return
        try:
            db.set_busy_timeout(_PATIENCE_MS)
            try:
                db.execute("BEGIN EXCLUSIVE")
            except (apsw.BusyError, apsw.ReadOnlyError, apsw.CantOpenError, apsw.IOError):
                yield False
            else:
                yield True
        finally:
            db.close()


def _library() -> Any:
    import tantivy

    return tantivy


def _schema(library: Any) -> Any:
    builder = library.SchemaBuilder()
    builder.add_text_field("body", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("label", tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("vid", indexed=True, fast=True)
    builder.add_text_field("state", stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _kept(library: Any, mark: Mark) -> Any:
    document = library.Document(state=json.dumps(asdict(mark)))
    document.add_unsigned("vid", _STATE)
    return document


def _document(library: Any, row: Row, terms: Sequence[str]) -> Any:
    document = library.Document(body=" ".join(terms), label=list(_labels(row.record.scope, row.record.kind)))
    document.add_unsigned("vid", row.vid)
    return document


def _chain(snapshot: Snapshot, seq: int) -> str:
    """Return the hash of an event: the same only where everything up to it is the same."""
    return next((event.hash for event in snapshot.events(seq - 1)), "") if seq else ""


def _labels(scope: str, kind: str) -> tuple[str, str]:
    return label("s", scope), label("k", kind)


def _mark(index: Any, searcher: Any) -> Mark:
    """Return the mark of an index; a ValueError where it has none that can be read."""
    library = _library()
    found = searcher.search(library.Query.term_query(index.schema, "vid", _STATE), 2).hits
    if len(found) != 1:
        raise ValueError(f"an index with {len(found)} marks")
    try:
        return Mark(**json.loads(searcher.doc(found[0][1])["state"][0]))
    except TypeError as error:
        raise ValueError(f"a mark of another format ({error})") from error


def _query(schema: Any, terms: Sequence[str], visible: Visible) -> Any:
    library = _library()
    query, occur = library.Query, library.Occur
    parts = [(occur.Should, query.term_query(schema, "body", term, "freq")) for term in terms]
    groups = [query.boolean_query(parts)]
    for kind, values in (("s", visible.scopes), ("k", visible.kinds)):
        if values is not None:
            within = [(occur.Should, query.term_query(schema, "label", label(kind, one), "basic")) for one in values]
            groups.append(query.const_score_query(query.boolean_query(within), 0.0))
    return groups[0] if len(groups) == 1 else query.boolean_query([(occur.Must, group) for group in groups])


def _hits(searcher: Any, query: Any, limit: int) -> list[tuple[int, float]]:
    hits = searcher.search(query, limit, count=False).hits
    vids = searcher.fast_field_values("vid", [address for _, address in hits])
    return [(vid, score) for vid, (score, _) in zip(vids, hits, strict=True)]


def _stamp(folder: Path) -> tuple[int, int]:
    """Return what changes with every commit of an index."""
    found = os.stat(folder / "meta.json")
    return found.st_mtime_ns, found.st_ino


def _remove(folder: Path) -> None:
    """Remove a directory: out of its place first, so that nobody writes into it meanwhile."""
    aside = folder.with_name(f".{_PREFIX}gone-{secrets.token_hex(8)}")
    folder.rename(aside)
    shutil.rmtree(aside)


def _panicked(error: BaseException) -> bool:
    """Tell whether the library's own code gave up; its binding raises that past `Exception`."""
    return type(error).__name__ == "PanicException"
