"""The laws of what a store shows a reader, as tests; `ricordo.testing.StoreContract` has the rest."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from ricordo.store.base import Indexer, Row, Store, Visible, Write
from ricordo.store.fold import micros
from ricordo.store.memory import MemoryStore
from ricordo.testing.operations import (
    ANY_STATUS,
    DAY,
    INDEX,
    MAY,
    MODEL,
    START,
    WORDS,
    allowed,
    change,
    follow,
    populate,
    put,
    reads,
    records,
    seen,
    write,
)
from ricordo.text import one_edit
from ricordo.types import RECALLABLE, STATUSES


class ReadingLaws:
    """Who may see what, and what is found: inherit `StoreContract`, which has these laws too."""

    def make_store(self, index: Indexer) -> Store:
        """Return a new, empty store; called several times in a test."""
        raise NotImplementedError

    @contextmanager
    def store(self, *, full: bool = False) -> Iterator[Store]:
        """Open a store for one test; `full` fills it with `populate`."""
        with closing(self.make_store(INDEX)) as store:
            if full:
                populate(store)
            yield store

    def test_what_is_in_dispute_is_what_says_so(self) -> None:
        """A reader finds the versions with such a link among those it may list, a page at a time."""
        with self.store(full=True) as store, store.read() as snapshot:
            for scopes in (None, ("a",), ("a", "c")):
                visible = seen(scopes=scopes)
                due = [
                    row.vid
                    for row in snapshot.page(visible, 0, 1000)
                    if any(link.type == "contradicts" for link in row.record.links)
                ]
                found: list[Row] = []
                while rows := snapshot.disputed(visible, found[-1].rid if found else 0, 1):
                    found += rows
                assert [row.vid for row in found] == due

    # -- what a reader may see ---------------------------------------------------------------------------------

    def test_scopes_bound_every_read(self) -> None:
        """No read path shows a version outside the scopes given."""
        with self.store(full=True) as store, store.read() as snapshot:
            rows = records(snapshot)
            for scopes in (("a",), ("b",), ("c",), ("a", "c"), ("nowhere",), ("A",)):
                for bounds in ({}, {"as_of": 12}, {"valid": MAY}):
                    for path, vids in reads(snapshot, seen(scopes=scopes, **bounds)).items():
                        assert {rows[vid].record.scope for vid in vids} <= set(scopes), path

    def test_scopes_hide_nothing_of_their_own(self) -> None:
        """What one scope shows is what all scopes show, cut to that scope, on every read path but neighbours."""
        with self.store(full=True) as store, store.read() as snapshot:
            rows, whole = records(snapshot), reads(snapshot, seen())
            for scope in "abc":
                for path, vids in reads(snapshot, seen(scopes=(scope,))).items():
                    own = [vid for vid in whole[path] if rows[vid].record.scope == scope]
                    assert path == "neighbours" or sorted(vids) == sorted(own), path

    def test_no_scopes_show_nothing(self) -> None:
        """An empty set of scopes finds nothing on any path: reads fail closed."""
        with self.store(full=True) as store, store.read() as snapshot:
            for bounds in ({}, {"as_of": 9}, {"valid": MAY}, {"statuses": ("erased", "retracted", "active")}):
                assert not any(reads(snapshot, seen(scopes=(), **bounds)).values())
            assert not any(snapshot.counts(()).get(name) for name in ("scope", "kind", "status", "versions"))

    def test_counts_are_of_the_scopes_given(self) -> None:
        """Counts cover the scopes given and no other."""
        with self.store(full=True) as store, store.read() as snapshot:
            rows = [row for row in records(snapshot).values() if row.record.status != "erased"]
            for scope in "abc":
                own = [row for row in rows if row.record.scope == scope]
                live = [row for row in own if row.died is None and row.record.status in RECALLABLE]
                counts = snapshot.counts((scope,))
                assert dict(counts["scope"]) == ({scope: len(live)} if live else {})
                assert counts["versions"]["all"] == len(own)

    def test_every_filter_bounds_every_read(self) -> None:
        """Each filter shows exactly the versions that meet it, on the paths that list, and no other on the rest."""
        bounds: list[dict[str, Any]] = [
            {"kinds": ("preference", "observation")},
            {"speakers": ("Bob",)},
            {"sessions": ("s1",)},
            {"subjects": ("Ada",)},
            {"attributes": ("home",)},
            {"refs": ("D1:1", "D1:2")},
            {"metadata": (("team", "web"),)},
            {"metadata": (("rank", 2),)},
            {"metadata": (("rank", "2"),)},
            {"metadata": (("list", '["a"]'),)},
            {"metadata": (("big", 10**20),)},
            {"metadata": (("team", "web"), ("rank", 2))},
            {"since": START + timedelta(minutes=1)},
            {"until": START + timedelta(minutes=2)},
            {"statuses": ("retracted",)},
            {"statuses": ("superseded", "active")},
            {"kinds": ()},
            {"speakers": ()},
            {"refs": (), "kinds": (), "speakers": ()},
            {"speakers": ("Ada",), "refs": ("D1:2",), "kinds": ("observation",)},
        ]
        with self.store(full=True) as store, store.read() as snapshot:
            rows = records(snapshot)
            for bound in bounds:
                due = {vid for vid, row in rows.items() if allowed(row, seen(**bound))}
                shown = reads(snapshot, seen(**bound))
                assert set(shown["page"]) == set(shown["recent"]) == due, bound
                for path in set(shown) - ANY_STATUS:
                    assert set(shown[path]) <= due, (bound, path)

    def test_what_expired_is_left_out(self) -> None:
        """A version is shown up to its expiry and not from then on, on every path that shows what can be recalled."""
        with self.store(full=True) as store, store.read() as snapshot:
            soon = snapshot.find("soon", seen())
            assert soon is not None
            for now, shown in ((START, True), (START + DAY - timedelta(microseconds=1), True), (START + DAY, False)):
                paths = reads(snapshot, seen(now=now))
                assert {path: soon.vid in paths[path] for path in ("page", "search", "named", "recent", "vectors")} == (
                    dict.fromkeys(("page", "search", "named", "recent", "vectors"), shown)
                )

    def test_as_of_shows_the_versions_of_that_seq(self) -> None:
        """At every seq a read shows exactly the versions that were current then."""
        with self.store(full=True) as store, store.read() as snapshot:
            rows = records(snapshot)
            for seq in range(snapshot.head() + 1):
                current = {
                    vid for vid, row in rows.items() if row.record.event <= seq and (row.died is None or row.died > seq)
                }
                due = {vid for vid in current if rows[vid].record.status in RECALLABLE}
                shown = reads(snapshot, seen(as_of=seq))
                assert set(shown["page"]) == set(shown["recent"]) == due
                assert set(shown["find"]) == current
                assert set(shown["linked"]) == {vid for vid in current if rows[vid].record.links}
                for path in set(shown) - ANY_STATUS:
                    assert set(shown[path]) <= due, path

    def test_valid_time_shows_what_was_true(self) -> None:
        """A valid interval shows what was believed of it, superseded records too: [from, to) touches at no end."""
        with self.store(full=True) as store, store.read() as snapshot:
            for begin, end, home in (
                (START - DAY, START, {"home1"}),
                (START, START + DAY, {"home2"}),
                (START - DAY, START + DAY, {"home1", "home2"}),
                (START - 99 * DAY, START - 90 * DAY, set()),
            ):
                rows = snapshot.page(seen(valid=(begin, end)), 0, 100)
                assert {row.record.id for row in rows if row.record.subject} == home

    def test_links_are_found_from_their_targets(self) -> None:
        """Who links to a record is found by target and type, whatever the status, and of no erased version."""
        with self.store(full=True) as store, store.read() as snapshot:
            rows = records(snapshot)
            due = sorted(
                (link.target, link.type, vid)
                for vid, row in rows.items()
                if row.died is None
                for link in row.record.links
            )
            targets = ("home1", "home2", "nowhere")
            assert [tuple(hit) for hit in snapshot.linked(targets, seen())] == due
            assert [hit.type for hit in snapshot.linked(targets, seen(), ("affects",))] == ["affects"]
            every = {(link.target, link.type, vid) for vid, row in rows.items() for link in row.record.links}
            assert {tuple(hit) for hit in snapshot.linked(targets, seen(), past=True)} == every
            assert snapshot.linked(targets, seen(scopes=()), past=True) == []
            assert snapshot.linked((), seen()) == snapshot.linked(targets, seen(), ()) == []

    def test_what_rests_on_a_record_is_found(self) -> None:
        """Found are what is derived from a record and what has evidence there, while it counts, at every as_of."""
        told = {"said_at": "2026-05-01T00:00:00Z", "record": "said2"}
        with self.store() as store:
            for id in ("said1", "said2"):
                put(store, id, "I live in Lisbon.", scope="a")
            put(store, "home", "Ada lives in Lisbon.", scope="a", links=[["derived_from", "said1"]])
            put(store, "other", "Ada lives.", scope="b", links=[["affects", "said1"]])
            added = write(store, Write("home", source=told)).seq
            write(store, Write("other", source={**told, "record": "said1"}))
            change(store, "home", status="superseded")
            write(store, Write("home", withdraw=added), op="undo")
            with store.read() as snapshot:
                vids = [{row.record.id: vid for vid, row in records(snapshot).items() if row.record.event <= seq}
                        for seq in range(snapshot.head() + 1)]  # fmt: skip
                for seq, known in enumerate(vids):
                    due = [("said1", "derived_from", known["home"])] if seq >= 3 else []
                    due += [("said1", "source", known["other"])] if seq > added else []
                    due += [("said2", "source", known["home"])] if added <= seq < snapshot.head() else []
                    assert [tuple(hit) for hit in snapshot.resting(("said1", "said2"), seen(as_of=seq))] == due
                assert [tuple(hit) for hit in snapshot.resting(("said1", "said2"), seen())] == due
                assert [hit.type for hit in snapshot.resting(("said1",), seen(scopes=("b",)))] == ["source"]
                assert snapshot.resting((), seen()) == snapshot.resting(("nobody",), seen()) == []

    # -- candidates --------------------------------------------------------------------------------------------

    def test_search_ranks_best_first(self) -> None:
        """Hits come by falling score, then by vid, at most `limit` of them; a lower limit is a prefix."""
        with self.store(full=True) as store, store.read() as snapshot:
            hits = snapshot.search(WORDS, seen(), 100)
            assert hits == sorted(hits, key=lambda hit: (-hit[1], hit[0]))
            assert all(snapshot.search(WORDS, seen(), limit) == hits[:limit] for limit in range(1, len(hits)))

    def test_search_scores_as_the_reference_does(self) -> None:
        """The same hits with the same scores as the reference store, at a relative 1e-9."""
        with self.store() as store, closing(MemoryStore(INDEX)) as reference:
            for one in (store, reference):
                _write_corpus(one)
            with store.read() as mine, reference.read() as theirs:
                for words in (["tea"], ["tea", "porto"], ["green", "tea", "lisbon", "absent"], ["c++", "node.js"]):
                    for bounds in ({}, {"scopes": ("a",)}, {"as_of": 30}, {"kinds": ("event",)}, {"valid": MAY}):
                        _assert_same_hits(*(side.search(words, seen(**bounds), 500) for side in (mine, theirs)))

    def test_a_phrase_is_found_as_the_reference_finds_it(self) -> None:
        """Terms in a row, in their order, latest first, whatever they are made of; the scopes bound it."""
        with self.store() as store, closing(MemoryStore(INDEX)) as reference:
            for one in (store, reference):
                _write_corpus(one)
            with reference.read() as theirs:
                terms = [INDEX(row.record).terms for row in records(theirs).values()]
            pairs = sorted({row[spot : spot + size] for row in terms for size in (1, 2, 3) for spot in range(len(row))})
            with store.read() as mine, reference.read() as theirs:
                for pair in random.Random(3).sample(pairs, min(60, len(pairs))):
                    for bounds in ({}, {"scopes": ("a",)}, {"as_of": 30}, {"kinds": ("event",)}):
                        found = mine.phrase(pair, seen(**bounds), 9)
                        assert found == theirs.phrase(pair, seen(**bounds), 9), pair
                        assert found == sorted(found, reverse=True)
                assert mine.phrase((), seen(), 9) == []

    def test_what_was_does_not_move_what_is(self) -> None:
        """Past versions change no score of a search among current ones."""
        with self.store() as store, self.store() as fresh:
            for one in (store, fresh):
                put(one, "x", "Ada likes tea.")
                put(one, "y", "Bob likes green tea.")
            for turn in range(10):
                put(store, f"t{turn}", f"Tea number {turn}.")
                change(store, f"t{turn}", status=("superseded", "retracted")[turn % 2])
            with store.read() as mine, fresh.read() as theirs:
                _assert_same_hits(*(side.search(["tea", "green"], seen(), 9) for side in (mine, theirs)))

    def test_names_are_matched_by_key_and_role(self) -> None:
        """`named` tells key, version and role of names, aliases and slots."""
        with self.store(full=True) as store, store.read() as snapshot:
            hits = snapshot.named(["typescript", "ts", "home", "office"], seen())
            owners = {vid: row.record.id for vid, row in records(snapshot).items()}
            told = {(hit.key, owners[hit.vid], hit.role, hit.subject) for hit in hits}
            assert told == {
                ("typescript", "ts", "name", None),
                ("ts", "ts", "alias", None),
                ("home", "home2", "slot", "Ada"),
            }

    def test_named_keeps_to_roles_subjects_and_a_limit(self) -> None:
        """`named` finds only names of the roles, of the subjects and as many as asked for, in every visible scope."""
        with self.store() as store:
            for number, subject in enumerate(("Ada", "Ada", "Bob B.", "Eve")):
                slot: dict[str, Any] = {
                    "subject": subject,
                    "attribute": "home",
                    "value": "Faro",
                    "scope": "ab"[number % 2],
                }
                put(store, f"s{number}", "Home is where it is.", name="home", **slot)
            put(store, "s0", "Home was Faro.", status="superseded", **slot | {"subject": "ada", "value": "Faro"})
            with store.read() as snapshot:

                def found(*keys: str, view: Visible | None = None, **bounds: Any) -> list[tuple[int, str]]:
                    return [(hit.vid, hit.role) for hit in snapshot.named(keys, view or seen(), **bounds)]

                assert found("home", roles={"slot"}) == [(2, "slot"), (3, "slot"), (4, "slot")]
                assert found("home", subjects=["bob b", "eve"]) == [(3, "slot"), (4, "slot")]
                assert found("home", subjects=["bob"]) == found("home", roles=[]) == found("home", subjects=[]) == []
                assert found("home", subjects=["ada"], view=seen(scopes=("b",))) == [(2, "slot")]
                assert len(found("home", limit=4)) == 4
                past = seen(statuses=("superseded",))
                assert found("faro", "home", subjects=["ada"], view=past) == [(5, "value"), (5, "slot")]
                assert found("faro", roles={"value"}) == []

    def test_similar_names_are_one_edit_away(self) -> None:
        """`similar_names` finds one-word names and aliases an edit away that begin alike, as trying every one does."""
        draw = random.Random(3)
        words = ["".join(draw.choices("abc", k=draw.randint(1, 8))) for _ in range(150)]
        with self.store() as store:
            for number, word in enumerate(words):
                put(store, f"n{number}", "A tool.", name=word, aliases=(f"{word} {word}",), scope="ab"[number % 2])
            asked = ["".join(draw.choices("abc", k=draw.randint(2, 9))) for _ in range(80)]
            for view, own in ((seen(), words), (seen(scopes=("a",)), words[::2])):
                near = {name for name in own for word in asked if name[:2] == word[:2] and one_edit(word, name)}
                with store.read() as snapshot:
                    assert {hit.key for hit in snapshot.similar_names(asked, view)} == near
                    assert near
                    assert snapshot.similar_names([], view) == []

    def test_times_overlap_half_open(self) -> None:
        """`timed` finds what speaks of a time overlapping [begin, end), latest first; `when` tells the intervals."""
        with self.store() as store:
            put(store, "x", "We met on 3 May 2026.")
            put(store, "y", "We met in May 2026.")
            put(store, "z", "We met.")
            day = datetime(2026, 5, 3, tzinfo=UTC)
            with store.read() as snapshot:
                assert snapshot.timed(day, day + DAY, seen(), 9) == [2, 1]
                assert snapshot.timed(day, day + DAY, seen(), 1) == [2]
                assert snapshot.timed(day + DAY, day + 2 * DAY, seen(), 9) == [2]
                assert snapshot.timed(day - DAY, day, seen(), 9) == [2]
                assert snapshot.when([1, 3]) == {1: [(micros(day), micros(day + DAY))]}

    def test_recent_and_pinned_keep_their_order(self) -> None:
        """`recent` is by the latest version, newest first; `pinned` by the first version, oldest first."""
        with self.store() as store:
            for id in ("x", "y", "z"):
                put(store, id, f"Text {id}.", pinned=True)
            change(store, "x", content="New text.")
            with store.read() as snapshot:
                ids = {vid: row.record.id for vid, row in records(snapshot).items()}
                assert [ids[vid] for vid in snapshot.recent(seen(), 2)] == ["x", "z"]
                assert [ids[vid] for vid in snapshot.pinned(seen())] == ["x", "y", "z"]

    def test_neighbours_are_said_before_and_after(self) -> None:
        """The neighbours of a turn are the visible ones said before and after it in its session and scope."""
        with self.store() as store:
            for id, minute, scope in (("c", 3, "a"), ("a", 1, "a"), ("x", 2, "b"), ("b", 2, "a")):
                put(
                    store,
                    id,
                    id,
                    session="s",
                    scope=scope,
                    said_at=START + timedelta(minutes=minute),
                    kind="observation",
                )
            put(store, "lone", "Outside.")
            with store.read() as snapshot:
                assert snapshot.neighbours([1, 2, 4, 5], seen()) == {1: (4, None), 2: (None, 4), 4: (2, 1)}
                assert snapshot.neighbours([4], seen(scopes=("b",))) == {4: (None, None)}
                assert snapshot.neighbours([4], seen(until=START + timedelta(minutes=3))) == {4: (2, None)}

    def test_what_stands_for_turns_stands_where_they_stood(self) -> None:
        """Among turns of one moment a record in place of others is beside what they were beside, also a new version."""
        with self.store() as store:
            turn: Any = {"kind": "observation", "session": "s"}
            for id in ("t0", "t1", "t2", "t3"):
                put(store, id, id, **turn)
            put(store, "both", "t1 t2", supersedes=("t1", "t2"), **turn)
            for id in ("t1", "t2"):
                change(store, id, status="archived", superseded_by="both")
            change(store, "both", title="Both")
            store.reindex()
            with store.read() as snapshot:
                vids = {row.record.id: row.vid for row in snapshot.page(seen(), 0, 10)}
                around = snapshot.neighbours(list(vids.values()), seen())
                assert around[vids["both"]] == (vids["t0"], vids["t3"])
                before = seen(as_of=4)
                assert snapshot.neighbours([vids["t3"]], before)[vids["t3"]] == (3, None)

    def test_neighbours_of_neighbours_are_found_at_once(self) -> None:
        """With a reach of 2 the neighbours' own come along, the same that a second question would bring."""
        with self.store(full=True) as store:
            for turn in range(9):
                put(store, f"n{turn}", "Well.", session="s2", said_at=START + timedelta(minutes=turn // 2))
            change(store, "n4", status="retracted")
            with store.read() as snapshot:
                for view in (seen(), seen(scopes=("a",)), seen(kinds=("fact",))):
                    shown = sorted(snapshot.shown(list(records(snapshot)), view))
                    for start in range(len(shown)):
                        given = shown[start::4]
                        first = snapshot.neighbours(given, view)
                        beyond = {vid for pair in first.values() for vid in pair if vid is not None}
                        both = {**snapshot.neighbours(sorted(beyond), view), **first}
                        assert snapshot.neighbours(given, view, reach=2) == both

    def test_what_is_new_and_what_ended_can_be_followed(self) -> None:
        """`fresh` gives current versions after a vid, `ended` what ended after a `seq`, `embedded` their vectors."""
        with self.store(full=True) as store, store.read() as snapshot:
            rows = records(snapshot)
            current = [vid for vid, row in sorted(rows.items()) if row.died is None]
            assert snapshot.newest() == max(rows)
            assert [row.vid for row in snapshot.fresh(0, 1000)] == current
            assert [row.vid for row in snapshot.fresh(current[2], 2)] == current[3:5]
            for seq in range(snapshot.head() + 1):
                assert snapshot.ended(seq) == [vid for vid, row in sorted(rows.items()) if (row.died or 0) > seq]
            vectors = dict(snapshot.vectors(MODEL, seen(statuses=tuple(STATUSES))))
            held = list(snapshot.embedded(MODEL, 0))
            assert held == [(vid, rows[vid].record.scope, vectors[vid]) for vid in sorted(vectors)]
            assert list(snapshot.embedded(MODEL, held[1][0])) == held[2:]
            assert snapshot.vectors_of(MODEL, [*rows, 10**6]).items() >= vectors.items()
            assert snapshot.vectors_of("other", list(rows)) == {}

    def test_a_follower_sees_each_current_version_once(self) -> None:
        """A follower is given what it has not seen, oldest first, and remembers how far it came."""
        with self.store() as store:
            for id in ("x", "y", "z"):
                put(store, id, f"Text {id}.")
            store.transact(lambda transaction: transaction.follow(MODEL, 1, [(1, b"ab")]))
            with store.read() as snapshot:
                assert [row.record.id for row in snapshot.unfollowed(MODEL, 9)] == ["y", "z"]
                assert [row.record.id for row in snapshot.unfollowed(MODEL, 1)] == ["y"]
                assert snapshot.followed(MODEL) == (1, 1)
                assert snapshot.followed("other@1") == (0, 0)
                assert list(snapshot.vectors(MODEL, seen())) == [(1, b"ab")]
            follow(store)
            with store.read() as snapshot:
                assert snapshot.followed(MODEL) == (3, 3)
                assert snapshot.unfollowed(MODEL, 9) == []


def _write_corpus(store: Store) -> None:
    """Write 60 texts of a few words, changed and retracted here and there."""
    words = "tea green porto lisbon c++ node.js likes lives rain office meeting Ada Bob".split()
    for number in range(60):
        picked = [words[(number * step + step) % len(words)] for step in range(1, 2 + number % 7)]
        kind = ("fact", "event")[number % 3 == 0]
        put(store, f"r{number}", " ".join(picked), scope="ab"[number % 2], kind=kind, title=words[number % 5])
    for number in range(0, 60, 7):
        change(store, f"r{number}", content=f"tea {words[number % 9]} again")
    for number in range(3, 60, 11):
        change(store, f"r{number}", status=("superseded", "retracted")[number % 2])


def _assert_same_hits(mine: Sequence[tuple[int, float]], theirs: Sequence[tuple[int, float]]) -> None:
    assert [vid for vid, _ in mine] == [vid for vid, _ in theirs]
    for (_, one), (_, other) in zip(mine, theirs, strict=True):
        assert math.isclose(one, other, rel_tol=1e-9)
