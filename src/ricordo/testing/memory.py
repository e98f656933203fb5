"""What users rely on in a memory, as tests: of `Memory`, of a client, of what wraps either. Inherit and run pytest."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ricordo.errors import (
    ConflictError,
    InvalidInputError,
    KeyConflictError,
    NotFoundError,
    ReadTokenError,
    StaleReadError,
)
from ricordo.memory import Memory
from ricordo.plaintext.policy import Policy
from ricordo.testing.memory_reads import ReadingLaws
from ricordo.testing.memory_subject import ADA, raised
from ricordo.testing.memory_writes import WritingLaws

_THREADS, _TURNS = 4, 6


class MemoryContract(ReadingLaws, WritingLaws):
    """What every memory keeps. A subclass says how an empty one is made; pytest does the rest.

    >>> class TestMine(MemoryContract):
    ...     def make_memory(self) -> Memory:
    ...         return Memory.open(":memory:", embedder=None)
    >>> TestMine().test_what_was_retained_is_recalled()
    """

    # -- commits -----------------------------------------------------------------------------------------------

    def test_a_commit_is_done_whole_or_not_at_all(self) -> None:
        """Where one operation can't be done, none is."""
        with self.memory() as memory:
            plan = memory.retain("Deploy on Friday.", kind="context").record
            done = memory.commit(
                [
                    {"op": "put", "content": "Order cake.", "kind": "context"},
                    {"op": "append", "id": plan.id, "text": "Tell Bob."},
                ]
            )
            assert [verdict.action for verdict in done.verdicts] == ["added", "revised"]
            assert memory.get(plan.id).content == "Deploy on Friday.\nTell Bob."
            refused = raised(
                lambda: memory.commit(
                    [{"op": "put", "content": "Call Eve."}, {"op": "append", "id": "nobody", "text": "x"}]
                )
            )
            assert isinstance(refused, NotFoundError)
            assert all(record.content != "Call Eve." for record in memory.list().records)

    def test_a_commit_holds_only_on_what_is_still_so(self) -> None:
        """What was read at another version is told with both, and with what is there now."""
        with self.memory() as memory:
            plan = memory.retain("Deploy on Friday.", kind="context").record
            memory.update(plan.id, content="Deploy on Monday.")
            error = raised(
                lambda: memory.commit([{"op": "put", "content": "So."}], reads=[{"id": plan.id, "version": 1}])
            )
            assert isinstance(error, StaleReadError)
            assert error.versions == {plan.id: (1, 2)}
            assert [(one.read, one.now, one.theirs and one.theirs.content) for one in error.stale] == [
                (1, 2, "Deploy on Monday.")
            ]
            assert len(memory.list().records) == 1

    def test_a_read_token_remembers_what_it_delivered(self) -> None:
        """A commit under it fails once any of that has changed, and moves it on where it succeeds."""
        with self.memory() as memory:
            plan = memory.retain("Deploy on Friday.", kind="context").record
            token = memory.read_token(ttl_s=60)
            assert memory.get(plan.id, read_token=token).version == 1
            first = memory.commit([{"op": "append", "id": plan.id, "text": "Noon."}], read_token=token)
            second = memory.commit([{"op": "append", "id": plan.id, "text": "Sharp."}], read_token=token)
            assert second.seq > first.seq
            memory.update(plan.id, title="plan")
            stale = raised(lambda: memory.commit([{"op": "put", "content": "So."}], read_token=token))
            assert isinstance(stale, StaleReadError)
            for unknown in ("rt_unknown", token[:-1]):
                refused = raised(partial(memory.get, plan.id, read_token=unknown))
                assert isinstance(refused, ReadTokenError)

    def test_what_is_not_there_can_be_rested_on(self) -> None:
        """With strict="scope" nothing may have happened where it was looked."""
        with self.memory() as memory:
            token = memory.read_token()
            assert not memory.list(scope="desk", read_token=token).records
            memory.retain("Taken by Bob.", scope="desk")
            ops: list[Any] = [{"op": "put", "content": "Taken by Ada.", "scope": "desk"}]
            error = raised(lambda: memory.commit(ops, read_token=token, strict="scope"))
            assert isinstance(error, StaleReadError)
            assert error.event == 1

    def test_attempts_of_many_threads_lose_nothing(self) -> None:
        """Each reads a number and writes it one higher; in the end all have counted."""
        with self.memory() as memory:
            id = memory.retain("Counted.", metadata={"n": 0}).record.id

            def one_more(reading: Any) -> list[Any]:
                return [{"op": "put", "id": id, "metadata": {"n": reading.get(id).metadata["n"] + 1}}]

            def count() -> None:
                for _ in range(_TURNS):
                    memory.attempt(one_more, retries=100)

            self.together([count] * _THREADS)
            assert memory.get(id).metadata == {"n": _THREADS * _TURNS}

    def test_an_attempt_may_find_nothing_to_do(self) -> None:
        """Then nothing is written; and the last conflict is raised where each attempt meets one."""
        with self.memory() as memory:
            id = memory.retain("Counted.", metadata={"n": 0}).record.id
            assert memory.attempt(lambda reading: None if reading.get(id).metadata["n"] == 0 else []) is None

            def overtaken(reading: Any) -> list[Any]:
                seen = reading.get(id).version
                memory.update(id, metadata={"n": seen})
                return [{"op": "put", "id": id, "metadata": {"n": -1}}]

            error = raised(lambda: memory.attempt(overtaken, retries=1, sleep=lambda _: None))
            assert isinstance(error, ConflictError)
            assert memory.get(id).metadata["n"] > 0

    # -- idempotency -------------------------------------------------------------------------------------------

    def test_a_key_writes_once(self) -> None:
        """The same key with the same arguments gives the first result again; with others it is refused."""
        with self.memory() as memory:
            first, again = (memory.retain("Order cake.", key="order 7 – é") for _ in range(2))
            assert (first.repeated, again.repeated) == (False, True)
            assert again.record == first.record
            assert isinstance(raised(lambda: memory.retain("Order tea.", key="order 7 – é")), KeyConflictError)
            ops: list[Any] = [{"op": "append", "id": first.record.id, "text": "Two."}]
            one, two = (memory.commit(ops, key="c1") for _ in range(2))
            assert (one.repeated, two.repeated, two.seq) == (False, True, one.seq)
            assert isinstance(raised(lambda: memory.commit([*ops, *ops], key="c1")), KeyConflictError)
            assert memory.get(first.record.id).version == 2

    def test_what_is_said_at_one_time_is_one_write(self) -> None:
        """Without a key, scope, ref, time, speaker and content are it."""
        with self.memory() as memory:
            said = {**ADA, "at": "2026-05-03T10:00Z", "ref": "D1:1"}
            first, again = (memory.retain("I like tea.", **said) for _ in range(2))
            assert (again.repeated, again.record.id) == (True, first.record.id)
            anew = memory.retain("I like tea.", **{**said, "at": "2026-05-04T10:00Z"})
            assert not anew.repeated
            listed = memory.retain_many([{"content": "Order tea."}, {"content": "Order tea."}])
            assert [(verdict.action, verdict.repeated) for verdict in listed] == [
                ("added", False),
                ("reinforced", False),
            ]

    # -- the space as a whole ----------------------------------------------------------------------------------

    def test_a_space_can_be_checked_and_rebuilt(self) -> None:
        """`verify` finds it sound, and `reindex` changes no result."""
        with self.memory() as memory:
            self.told(memory)
            before = memory.list()
            assert memory.verify().ok
            memory.reindex()
            assert memory.list() == before
            assert memory.embed() == 0
            assert memory.wait_for(memory.stats().seq, timeout_s=1) == memory.stats().seq
            assert isinstance(raised(lambda: memory.wait_for(10_000, timeout_s=0.01)), NotFoundError)

    def test_what_is_old_can_go(self) -> None:
        """`expire` tells by which rule, `compact` takes the bytes away, `consolidate` puts one in place of several."""
        with self.memory() as memory:
            old = memory.retain("The build is red.", kind="context", at="2024-05-01").record.id
            rules = [Policy("passing", kinds=("context",), after=timedelta(days=7))]
            assert memory.expire(rules, dry_run=True).records == {"passing": (old,)}
            assert memory.expire(rules).records == {"passing": (old,)}
            assert memory.compact(before="2999-01-01").records == (old,)
            for who, text in (("Bob", "Any news?"), ("Ada", "I adopted a beagle called Pip in May.")):
                memory.retain(text, speaker=who, session="s1")
            replaced: list[int] = []
            done = memory.consolidate(progress=replaced.append)
            assert (done.replaced, done.added, replaced) == (2, 1, [2])
            assert isinstance(raised(memory.propose), InvalidInputError)

    def test_a_file_is_imported_once(self) -> None:
        """A bad line is skipped and reported; importing the file again adds nothing."""
        with self.memory() as memory, TemporaryDirectory() as folder:
            path = Path(folder) / "said.jsonl"
            good = (f'{{"content": "Tea at {n}.", "ref": "r{n}", "at": "2026-05-03"}}' for n in range(3))
            path.write_text("\n".join([*good, '{"content": "x", "kind": "nonsense"}']), encoding="utf-8")
            read: list[int] = []
            done = memory.import_file(path, scope="desk", progress=read.append)
            assert (done.read, sum(done.actions.values()), done.skipped_total, sum(read)) == (4, 3, 1, 4)
            assert "kind" in done.skipped[0].reason
            assert memory.import_file(path, scope="desk").repeated == 3
            assert len(memory.list(scope="desk").records) == 3

    def test_an_export_makes_the_space_anew(self) -> None:
        """The archive restores to the same records."""
        with self.memory() as memory, TemporaryDirectory() as folder:
            self.told(memory)
            path = memory.export(Path(folder) / "space.ricordo")
            with Memory.restore(path, Path(folder) / "again", embedder=None) as again:
                assert again.list(limit=1000).records == memory.list(limit=1000).records
            assert [one.name for one in Path(folder).iterdir() if one.is_file()] == ["space.ricordo"]

    def test_records_are_written_as_pages(self) -> None:
        """One for each subject or month, and an index."""
        with self.memory() as memory, TemporaryDirectory() as folder:
            ids = self.told(memory)
            memory.forget(ids["kube"])
            done = memory.write_pages(folder, scope="user:ada")
            pages = {one.name: one.read_text(encoding="utf-8") for one in Path(folder).rglob("*.md")}
            assert (done.records, len(pages)) == (4, done.pages + 1)
            assert any("Ada lives in Lisbon" in text for text in pages.values())

    def test_many_threads_may_use_one_memory(self) -> None:
        """Each sees what it wrote at once, and all is there in the end."""
        with self.memory() as memory:

            def work(name: str) -> Callable[[], None]:
                def write() -> None:
                    for n in range(_TURNS):
                        verdict = memory.retain(f"Box {n} of {name}.", scope=name)
                        assert memory.get(verdict.record.id).content == f"Box {n} of {name}."

                return write

            self.together([work(f"thread{n}") for n in range(_THREADS)])
            counts = memory.stats().scopes
            assert counts == {f"thread{n}": _TURNS for n in range(_THREADS)}

    # -- inside ------------------------------------------------------------------------------------------------

    @staticmethod
    def together(works: list[Callable[[], None]]) -> None:
        """Run all at once, each on a thread; raise what one of them raised."""
        failed: list[BaseException] = []
        begin = threading.Barrier(len(works))

        def run(work: Callable[[], None]) -> None:
            try:
                begin.wait(10)
                work()
            except BaseException as error:  # noqa: BLE001 - raised again on the thread of the test
                failed.append(error)

        threads = [threading.Thread(target=run, args=[work]) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]
