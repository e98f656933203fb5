"""The faster full-text index finds what the store's own finds, shows nothing the store would not, and can be lost."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest

from ricordo import Memory
from ricordo.config import Settings
from ricordo.engine import indexing_of
from ricordo.errors import InvalidInputError, MissingExtraError
from ricordo.index import tantivy as module
from ricordo.index.entry import indexed_text
from ricordo.index.tantivy import COMMIT_AT, TantivyIndex
from ricordo.store.base import Indexer, Snapshot, Store, Visible
from ricordo.store.sqlite import SqliteStore
from ricordo.testing import FixedClock
from ricordo.testing.operations import INDEX, START, Operations, change, erase, put, seen
from ricordo.testing.store import StoreContract
from ricordo.types import Record

SETTINGS = Settings(lexical="tantivy", background=False)
WORDS = [
    "tea",
    "lisbon",
    "porto",
    "rain",
    "garden",
    "river",
    *(f"{one}{two}" for one in "bdfk" for two in ("ado", "ovi")),
]
#: The first words are common, the last ones rare.
SHARES = [1 / (rank + 2) for rank in range(len(WORDS))]


def terms_of(record: Record) -> list[str]:
    return INDEX.tokeniser.index_terms(indexed_text(record))


def new_index(least: int = 1) -> TantivyIndex:
    return TantivyIndex(terms_of, settings="english", least=least)


class Followed(SqliteStore):
    """A store whose index has taken in every second write, so that every read goes through index and tail."""

    def __init__(self, folder: Path, index: Indexer) -> None:
        self.lexical = new_index()
        self._writes = 0
        super().__init__(folder, index, lexical=self.lexical)

    def transact(self, work: Any, **options: Any) -> Any:
        result = super().transact(work, **options)
        self._writes += 1
        if self._writes % 2:
            self.lexical.catch_up(self)
        return result


class TestLaws(StoreContract):
    """The store with the index keeps every law but those that fix the scores."""

    test_search_scores_as_the_reference_does = None  # type: ignore[assignment]
    test_it_answers_as_the_reference_does = None  # type: ignore[assignment]
    test_load_equals_what_was_exported = None  # type: ignore[assignment]
    test_reindex_changes_no_read = None  # type: ignore[assignment]
    test_scrub_leaves_nothing_pending = None  # type: ignore[assignment]
    test_what_was_does_not_move_what_is = None  # type: ignore[assignment]

    @pytest.fixture(autouse=True)
    def _in_folder(self, tmp_path: Path) -> None:
        self._folder = tmp_path

    def make_store(self, index: Indexer) -> Store:
        return Followed(Path(tempfile.mkdtemp(dir=self._folder)), index)


@contextmanager
def opened(folder: Path, settings: Settings = SETTINGS) -> Iterator[Memory]:
    with Memory.open(folder, embedder=None, clock=FixedClock(), settings=settings) as memory:
        yield memory


def items(count: int, seed: int = 1) -> list[dict[str, Any]]:
    choose = random.Random(seed)
    return [
        {
            "content": f"{' '.join(choose.choices(WORDS, SHARES, k=choose.randint(1, 5)))} number{n}",
            "scope": choose.choice("abc"),
            "kind": choose.choice(("fact", "event")),
            "speaker": choose.choice(("Ada", "Bob")),
        }
        for n in range(count)
    ]


def index_of(memory: Memory) -> TantivyIndex:
    found = memory._engine.lexical
    assert found is not None
    return found


def both(memory: Memory, terms: tuple[str, ...], visible: Visible, limit: int = 1000) -> tuple[Any, Any]:
    """Return what the index and what the store's own table find in one snapshot."""
    with memory._engine.store.read() as snapshot:
        mine = index_of(memory).search(snapshot, terms, visible, limit)
        snapshot._lexical = None  # type: ignore[attr-defined]
        return mine, snapshot.search(terms, visible, limit)


VIEWS = [
    {},
    {"scopes": ("a",)},
    {"scopes": ("b", "c"), "kinds": ("event",)},
    {"speakers": ("Ada",)},
    {"scopes": ("x",)},
]


@pytest.mark.parametrize("taken_in", [0, 300, 600])
def test_it_finds_what_the_store_finds(tmp_path: Path, taken_in: int) -> None:
    """The same set and nearly the same order, whether versions are in the index, in the tail, or half and half."""
    written = items(600)
    with opened(tmp_path) as memory:
        memory.retain_many(items(20, seed=9))
        memory.embed()
        memory.retain_many(written[:taken_in])
        memory.embed()
        memory.retain_many(written[taken_in:])
        shared = total = 0
        choose = random.Random(2)
        for view in VIEWS * 6:
            terms = tuple(dict.fromkeys([*choose.sample(WORDS[4:], 2), f"number{choose.randrange(600)}"]))
            mine, theirs = both(memory, terms, seen(**view))
            assert {vid for vid, _ in mine} == {vid for vid, _ in theirs}
            assert [score for _, score in mine] == sorted((score for _, score in mine), reverse=True)
            shared += len({vid for vid, _ in mine[:10]} & {vid for vid, _ in theirs[:10]})
            total += len(theirs[:10])
        assert total
        assert shared / total >= 0.9


def test_a_generated_history_reads_the_same(tmp_path: Path) -> None:
    """After every kind of write, with and without catching up in between, both find the same versions."""
    with opened(tmp_path) as memory:
        operations, answered = Operations(seed=5), 0
        for turn in range(6):
            operations.apply(memory, 60)
            if turn % 2 == 0:
                memory.embed()
            for view in ({}, {"scopes": ("a", "team")}, {"kinds": ("preference",)}, {"now": START.replace(year=2040)}):
                mine, theirs = both(memory, ("lisbon", "tea", "again", "number"), seen(**view))
                assert mine is None or {vid for vid, _ in mine} == {vid for vid, _ in theirs}
                answered += mine is not None
        assert answered > 12


def test_the_past_is_left_to_the_store(tmp_path: Path) -> None:
    """`as_of`, `valid_at` and other statuses never ask the index."""
    with opened(tmp_path) as memory, pytest.MonkeyPatch.context() as patch:
        memory.retain_many(items(30))
        memory.embed()
        patch.setattr(TantivyIndex, "search", lambda *_: pytest.fail("the index was asked"))
        memory.recall("tea", as_of=3)
        memory.recall("tea", valid_at="2026")
        memory.recall("tea", filters={"status": "superseded"})


def test_an_older_snapshot_is_left_to_the_store(tmp_path: Path) -> None:
    """A snapshot from before the index's last commit, or before the tail's last version, is not answered."""
    with opened(tmp_path) as memory:
        memory.retain_many(items(10))
        memory.embed()
        with memory._engine.store.read() as before:
            assert index_of(memory).search(before, ("tea",), seen(), 5) is not None
            gone = memory.retain("tea leaves", scope="a").record.id
            memory.forget(gone)
            memory.embed()
            assert index_of(memory).search(before, ("tea",), seen(), 5) is None
            assert before.search(("tea",), seen(), 5)


def test_too_long_a_tail_is_left_to_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound of the tail the store answers, and the index says that it lags."""
    monkeypatch.setattr(module, "LONGEST_TAIL", 20)
    with opened(tmp_path) as memory:
        memory.retain_many(items(10))
        memory.embed()
        memory.retain_many(items(30, seed=3))
        mine, theirs = both(memory, ("tea",), seen())
        assert (mine, index_of(memory).lagging) == (None, True)
        assert theirs
        memory.embed()
        assert both(memory, ("tea",), seen())[0] is not None


def test_filters_that_leave_too_little_are_left_to_the_store(tmp_path: Path) -> None:
    """A filter that the index does not know is applied afterwards; where that starves the answer, the store answers."""
    with opened(tmp_path) as memory:
        memory.retain_many([{"content": f"tea number{n}", "speaker": "Ada"} for n in range(3000)])
        memory.retain_many([{"content": f"tea and much more about rain number{n}", "speaker": "Bob"} for n in range(9)])
        memory.embed()
        mine, theirs = both(memory, ("tea",), seen(speakers=("Bob",)), limit=5)
        assert mine is None
        assert len(theirs) == 5


def test_spaces_are_small_until_they_are_not(tmp_path: Path) -> None:
    """With "auto" a small space gets no index; "fts5" never has one."""
    for lexical in ("auto", "fts5"):
        with opened(tmp_path / lexical, replace(SETTINGS, lexical=lexical)) as memory:
            memory.retain_many(items(COMMIT_AT + 1))
            memory.embed()
            assert memory.recall("tea").items
        assert not list((tmp_path / lexical).glob("lexical-*"))


def test_settings_are_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that is no choice is refused, and "tantivy" without its extra says what to install."""
    with pytest.raises(InvalidInputError, match="auto, fts5, tantivy"):
        Memory.open(tmp_path, embedder=None, settings=Settings(lexical="lucene"))
    monkeypatch.setattr("ricordo.engine.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"ricordo\[fast\]"):
        Memory.open(tmp_path, embedder=None, settings=SETTINGS)
    Memory.open(tmp_path, embedder=None, settings=Settings(lexical="auto")).close()


# -- loss and damage ---------------------------------------------------------------------------------------------


def _folder(space: Path) -> Path:
    (found,) = space.glob("lexical-*")
    return found


def _foreign(space: Path) -> None:
    """Put the index of another space in the place of this one's."""
    with opened(space.parent / "other") as other:
        other.retain_many(items(50, seed=4))
        other.embed()
    name = _folder(space).name
    for path in _folder(space).iterdir():
        path.unlink()
    _folder(space).rmdir()
    _folder(space.parent / "other").rename(space / name)


def _emptied(space: Path) -> None:
    for path in _folder(space).iterdir():
        path.unlink()


def _cut(space: Path) -> None:
    for path in _folder(space).glob("*.[a-z]*"):
        path.write_bytes(path.read_bytes()[:20])


def _scrambled(space: Path) -> None:
    choose = random.Random(1)
    for path in _folder(space).glob("*.[a-z]*"):
        path.write_bytes(choose.randbytes(path.stat().st_size))


def _no_mark(space: Path) -> None:
    meta = json.loads((_folder(space) / "meta.json").read_text())
    (_folder(space) / "meta.json").write_text(json.dumps({**meta, "segments": []}))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("harm", [_foreign, _emptied, _cut, _scrambled, _no_mark])
def test_a_damaged_index_changes_no_answer(harm: Any, tmp_path: Path) -> None:
    """What is foreign, cut, emptied or scrambled is never believed; catching up makes it anew."""
    space = tmp_path / "space"
    with opened(space) as memory:
        memory.retain_many(items(50))
        memory.embed()
        told = [item.record.id for item in memory.recall("tea garden river", scope="a")]
    harm(space)
    with opened(space) as memory:
        with opened(space, replace(SETTINGS, lexical="fts5")) as plain:
            assert [item.record.id for item in plain.recall("tea garden river", scope="a")]
        found = memory.recall("tea garden river", scope="a")
        assert {item.record.scope for item in found} <= {"a"}
        memory.embed()
        memory.embed()
        assert {item.record.id for item in memory.recall("tea garden river", scope="a")} == set(told)
        assert both(memory, ("tea",), seen())[0] is not None


def test_an_index_of_another_past_is_not_believed(tmp_path: Path) -> None:
    """An index that has seen events the space never had (an older file was put back) is made anew."""
    space = tmp_path / "space"
    with opened(space) as memory:
        memory.retain_many(items(20))
    old = (space / "memory.db").read_bytes()
    with opened(space) as memory:
        memory.retain_many(items(20, seed=7))
        memory.embed()
    for path in space.glob("memory.db*"):
        path.unlink()
    (space / "memory.db").write_bytes(old)
    with opened(space) as memory:
        memory.retain_many(items(40, seed=8))
        assert both(memory, ("tea",), seen())[0] is None
        memory.embed()
        mine, theirs = both(memory, ("tea",), seen())
        assert {vid for vid, _ in mine} == {vid for vid, _ in theirs}


def test_other_languages_make_another_index(tmp_path: Path) -> None:
    """An index made with other settings is not used, and made anew."""
    with opened(tmp_path) as memory:
        memory.retain_many(items(20))
        memory.embed()
    with opened(tmp_path, replace(SETTINGS, language="german")) as memory:
        memory.reindex()
        assert both(memory, ("tea",), seen())[0] is None
        memory.embed()
        assert both(memory, ("tea",), seen())[0]


def test_two_handles_share_one_index(tmp_path: Path) -> None:
    """What one process commits, or drops, another one sees at its next search."""
    with opened(tmp_path) as one, opened(tmp_path) as other:
        one.retain_many(items(30))
        one.embed()
        assert both(other, ("tea",), seen())[0]
        other.retain_many(items(30, seed=6))
        other.embed()
        mine, theirs = both(one, ("tea",), seen())
        assert {vid for vid, _ in mine} == {vid for vid, _ in theirs}
        other.reindex()
        assert both(one, ("tea",), seen())[0] is None


def test_a_claimed_index_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While another process changes the index, catching up does nothing and an erasure waits and says why."""
    monkeypatch.setattr(module, "_PATIENCE_MS", 0)
    with opened(tmp_path) as memory:
        id = memory.retain("tea in a secret harbour").record.id
        memory.embed()
        memory.retain("rain")
        with closing(apsw.Connection(str(tmp_path / "lexical.lock"))) as holder:
            holder.execute("BEGIN EXCLUSIVE")
            assert index_of(memory).catch_up(memory._engine.store) == 0
            report = memory.erase(id)
            assert (report.status, report.reason) == ("pending", "another process is writing the full-text index")
        memory.retain("more rain")
        assert not memory.stats().pending_erasure
        assert not list(tmp_path.glob("lexical-*"))


def test_erasing_leaves_no_byte_in_the_index(tmp_path: Path) -> None:
    """Every file of an index that held an erased term is removed; the new one does not know the term."""
    with opened(tmp_path) as memory:
        ids = [memory.retain(f"xq{n:02d}{'zvkw' * 3} tea", scope=f"scope{n}").record.id for n in range(30)]
        memory.embed()
        before, secret = _folder(tmp_path), "xq07zvkwzvkwzvkw"
        assert _holding(memory, secret) == 1
        assert memory.erase(ids[7]).status == "done"
        assert not before.exists()
        assert not [path for path in tmp_path.iterdir() if path.is_dir()]
        assert both(memory, ("tea",), seen())[0] is None
        memory.embed()
        assert _holding(memory, secret) == 0
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
        mine, theirs = both(memory, ("tea",), seen())
        assert {vid for vid, _ in mine} == {vid for vid, _ in theirs}
        assert len(mine) == 29


def test_the_mark_is_committed_with_what_it_tells_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catching-up that ends before its commit leaves the index where it was, and the next one doubles nothing."""
    store = SqliteStore(tmp_path, INDEX, lexical=(index := new_index()))
    with closing(store):
        for n in range(5):
            put(store, f"a{n}", f"tea number{n}")
        index.catch_up(store)
        put(store, "b", "tea again")
        change(store, "a1", content="rain now")
        erase(store, "a2")
        with monkeypatch.context() as patch:
            patch.setattr(module, "_kept", lambda *_: (_ for _ in ()).throw(OSError("no room")))
            assert index.catch_up(store) == 0
        assert index.problem == "OSError: no room"
        index.catch_up(store)
        with store.read() as snapshot:
            found = index.search(snapshot, ("tea",), seen(), 50)
            assert _sorted(found) == _sorted(_own(snapshot, ("tea",)))


def _holding(memory: Memory, term: str) -> int:
    """Return how many documents of the index hold a term, ended ones included."""
    opened = index_of(memory)._current()
    assert opened is not None
    return opened.searcher.doc_freq("body", term)


def _own(snapshot: Snapshot, terms: tuple[str, ...]) -> list[tuple[int, float]]:
    snapshot._lexical = None  # type: ignore[attr-defined]
    return snapshot.search(terms, seen(), 50)


def _sorted(hits: list[tuple[int, float]] | None) -> list[int]:
    return sorted(vid for vid, _ in hits or [])


def test_indexing_is_what_the_engine_gives(tmp_path: Path) -> None:
    """The engine's terms are those of the store's own index."""
    with opened(tmp_path) as memory:
        record = memory.retain("Ada deploys node.js in Lisbon", subject="Ada", attribute="city", value="Lisbon").record
        entry = indexing_of(SETTINGS)(record)
        assert tuple(index_of(memory)._terms(record)) == entry.terms
