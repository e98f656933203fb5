"""Erasing leaves nothing: no window of eight bytes of a secret in any file, whoever else reads the space."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from ricordo import Memory
from ricordo.store.base import Write
from ricordo.store.memory import MemoryStore
from ricordo.store.sqlite_rows import label
from ricordo.testing import FixedClock, HashingEmbedder
from ricordo.testing.operations import INDEX, START, Operations

WINDOW = 8
#: Every argument of `retain` and `update` that takes the caller's own words.
PLACES = "content title aliases metadata speaker session scope ref key subject attribute value name why reason".split()
#: Hex, as tokens and keys often are: nothing of the log's own may look like it.
ALPHABET = "0123456789abcdef"


class Secrets:
    """Writes records full of random words, and remembers which word is in which record."""

    def __init__(self, memory: Memory, seed: int) -> None:
        self.memory = memory
        self._random = random.Random(seed)
        self.by_id: dict[str, list[str]] = {}
        self.scopes: dict[str, str] = {}

    def word(self) -> str:
        return "".join(self._random.choices(ALPHABET, k=64))

    def write(self, scope: str | None = None) -> str:
        """Write a record with a secret in every place, give it evidence, change it, and return its id."""
        secret = {name: self.word() for name in PLACES}
        within = scope or secret["scope"]
        given: dict[str, Any] = {name: secret[name] for name in ("title", "session", "ref", "name", "why")}
        given |= {"aliases": [secret["aliases"]], "metadata": {"m": secret["metadata"]}, "scope": within}
        given |= {"speaker": secret["speaker"], "kind": "fact", "content": f"The word is {secret['content']} here."}
        if self._random.random() < 0.5:
            given |= {name: secret[name] for name in ("subject", "attribute", "value")}
        verdict = self.memory.retain(**given, key=secret["key"])
        self.by_id[verdict.record.id] = [*secret.values()] if scope is None else self._without(secret, "scope")
        self.scopes[verdict.record.id] = within
        self._churn(verdict.record.id, given, secret)
        return verdict.record.id

    def _churn(self, id: str, given: dict[str, Any], secret: dict[str, str]) -> None:
        again, changed = self.word(), self.word()
        self.by_id[id] += [again, changed]
        self.memory.retain(**{**given, "ref": again, "at": START - timedelta(days=1)})
        if self._random.random() < 0.6:
            self.memory.update(id, content=f"Now it is {changed}.", reason=secret["reason"])
        if self._random.random() < 0.3:
            self.memory.feedback([id], "used", reason=secret["reason"])
            said = [self.word() for _ in range(3)]
            self.by_id[id] += said
            for turn in (said[:2], said[1:]):  # one word is learnt, two are only heard
                self.memory.feedback([id], "used", query=" or ".join(turn))
        if self._random.random() < 0.2:
            self.memory.forget(id, reason=secret["reason"])

    @staticmethod
    def _without(secret: dict[str, str], name: str) -> list[str]:
        return [value for place, value in secret.items() if place != name]


def windows(text: str, width: int = WINDOW) -> set[bytes]:
    """Return every run of so many bytes of a text."""
    data = text.encode()
    return {data[start : start + width] for start in range(len(data) - width + 1)}


def left(folder: Path, secrets: Iterable[str], width: int = WINDOW) -> list[str]:
    """Return the secrets of which a window is in a file of the space."""
    wanted = {window: secret for secret in secrets for window in windows(secret, width)}
    found = set()
    for path in folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        found |= {wanted[data[i : i + width]] for i in range(len(data)) if data[i : i + width] in wanted}
    return sorted(found)


@contextmanager
def opened(folder: Path) -> Iterator[Memory]:
    clock = FixedClock(START, step=timedelta(milliseconds=1))
    with Memory.open(folder, embedder=HashingEmbedder(dimension=16), clock=clock) as memory:
        yield memory


def _digests(memory: Memory) -> list[bytes]:
    """Return the keyed digests of the idempotency keys in use: they are no text, but must go too."""
    db = apsw.Connection(str(memory._engine.store.folder / "memory.db"))  # type: ignore[attr-defined]
    found = [bytes(digest) for (digest,) in db.execute("SELECT digest FROM key")]
    db.close()
    return found


def test_no_window_of_an_erased_secret_is_left(tmp_path: Path) -> None:
    """After churn and erasing by id and by scope, no file holds eight bytes of what was erased; the rest stays."""
    with opened(tmp_path) as memory:
        secrets = Secrets(memory, seed=11)
        Operations(seed=3).apply(memory, 200)
        ids = [secrets.write() for _ in range(60)] + [secrets.write("shared") for _ in range(20)]
        memory.embed()
        shared = {record.id for record in memory.list(scope="shared", limit=100).records}
        keys = _digests(memory)
        chosen = ids[:60:2]
        for id in chosen:
            assert memory.erase(id).status == "done"
        done = memory.erase(scope="shared")
        assert (done.status, done.reason) == ("done", None)
        assert shared <= set(done.records)
        erased = [secret for id in {*chosen, *done.records} for secret in secrets.by_id[id]]
        kept = [secrets.by_id[id][0] for id in ids[1:60:2]]
        assert left(tmp_path, erased) == []
        assert len(left(tmp_path, kept)) > len(kept) / 2
        labels = [label("s", scope)[2:] for scope in ("shared", *(secrets.scopes[id] for id in chosen))]
        assert left(tmp_path, labels, width=12) == []
        assert left(tmp_path, [label("s", secrets.scopes[id])[2:] for id in ids[1:60:2]], width=12)
        gone = set(keys) - set(_digests(memory))
        data = (tmp_path / "memory.db").read_bytes()
        assert len(gone) >= 2 * (len(chosen) + 20)
        assert not [digest for digest in gone if digest in data]
        assert memory.verify().problems == ()
        before = _digest(memory)
        memory.reindex()
        assert _digest(memory) == before
        reference = MemoryStore(INDEX)
        with memory._engine.store.read() as snapshot:
            reference.load(snapshot.events(), "space", b"")
        with reference.read() as copy:
            assert hashlib.sha256(b"\n".join(copy.dump())).hexdigest() == before
    assert left(tmp_path, erased) == []


@pytest.mark.parametrize("others", [0, 1, 30])
def test_one_record_among_few_leaves_nothing(others: int, tmp_path: Path) -> None:
    """Erasing the first, the last or the only record leaves nothing either, vectors and caches included."""
    with opened(tmp_path) as memory:
        secrets = Secrets(memory, seed=others)
        ids = [secrets.write() for _ in range(others + 1)]
        memory.recall("what is the word")
        assert memory.erase(ids[0]).status == "done"
        assert left(tmp_path, secrets.by_id[ids[0]]) == []
        with memory._engine.store.read() as snapshot:
            assert snapshot.counts(None)["versions"]["all"] > 0
        assert memory.verify().ok


def _reader(folder: Path) -> apsw.Connection:
    db = apsw.Connection(str(folder / "memory.db"))
    db.execute("BEGIN")
    db.execute("SELECT count(*) FROM payload").fetchall()
    return db


@pytest.mark.parametrize("finish", ["write", "erase", "open"])
def test_an_open_reader_makes_it_pending(finish: str, tmp_path: Path) -> None:
    """While another connection reads, erasing is pending and says why; a later write, erase or open finishes it."""
    with opened(tmp_path) as memory:
        secrets = Secrets(memory, seed=5)
        ids = [secrets.write() for _ in range(12)]
        reader = _reader(tmp_path)
        report = memory.erase(ids[3])
        assert report.status == "pending"
        assert report.reason
        assert left(tmp_path, secrets.by_id[ids[3]]), "a search that finds nothing now would prove nothing later"
        assert memory.stats().pending_erasure
        assert memory.verify().ok
        assert memory.recall("what is the word").items
        reader.execute("ROLLBACK")
        reader.close()
        if finish == "write":
            memory.retain("Rain.")
        elif finish == "erase":
            assert memory.erase(ids[4]).status == "done"
        assert memory.stats().pending_erasure is (finish == "open")
        if finish != "open":
            assert left(tmp_path, secrets.by_id[ids[3]]) == []
    with opened(tmp_path) as memory:
        assert not memory.stats().pending_erasure
        assert left(tmp_path, secrets.by_id[ids[3]]) == []
        assert memory.verify().ok


def test_a_crash_before_the_scrub_is_made_good(tmp_path: Path) -> None:
    """An erasure whose process ended before its bytes were gone is finished by the next open and close."""
    with opened(tmp_path) as memory:
        secrets = Secrets(memory, seed=6)
        ids = [secrets.write() for _ in range(5)]
    reader = _reader(tmp_path)
    with opened(tmp_path) as memory:
        assert memory.erase(ids[0]).status == "pending"
    reader.close()
    with opened(tmp_path) as memory:
        assert memory.stats().pending_erasure
    assert left(tmp_path, secrets.by_id[ids[0]]) == []


def test_erased_is_gone_from_every_read(tmp_path: Path) -> None:
    """No recall, list, get or history, now or at any as_of, tells what was erased."""
    with opened(tmp_path) as memory:
        secrets = Secrets(memory, seed=8)
        ids = [secrets.write() for _ in range(6)]
        memory.erase(ids[2])
        words = secrets.by_id[ids[2]]
        for seq in range(0, memory.stats().seq + 1, 3):
            told = [repr(memory.recall(word, as_of=seq)) for word in words[:3]]
            told = [text.replace(word, "", 3) for text, word in zip(told, words, strict=False)]
            told.append(repr(memory.list(as_of=seq, limit=100)))
            assert not [word for word in words for text in told if word in text]
        assert not [word for word in words if word in repr(memory.history(ids[2]))]


def _digest(memory: Memory) -> str:
    with memory._engine.store.read() as snapshot:
        return hashlib.sha256(b"\n".join(snapshot.dump())).hexdigest()


def _on_evidence(memory: Memory, seed: int) -> tuple[dict[str, list[str]], dict[str, set[str]]]:
    """Write turns full of secrets and states that rest on them; return the words by turn, and what each rests on."""
    secrets, chance = Secrets(memory, seed), random.Random(seed)
    words: dict[str, list[str]] = {}
    rests: dict[str, set[str]] = {}
    for number in range(12):
        told = {name: secrets.word() for name in ("content", "speaker", "session", "ref", "title", "value")}
        text = f"It is {told['content']}, I keep {told['value']} there."
        given = {name: told[name] for name in ("speaker", "session", "ref", "title")}
        turn = memory.retain(text, kind="observation", **given).record.id
        beside = chance.sample(sorted(rests), min(2, len(rests)))
        links = [("derived_from", id) for id in (turn, *beside[: number % 3 == 2])]
        slot = {"subject": told["speaker"], "attribute": "keeps", "value": told["value"]}
        state = memory.retain(f"{told['speaker']} keeps {told['value']}", kind="fact", links=links, **slot).record.id
        source = {"record": turn, "ref": told["ref"], "speaker": told["speaker"], "said": text}
        again = [Write(id, source=source, rule="slot.same") for id in beside]
        if again:
            memory._engine.store.transact(lambda found, again=again: found.append("retain", again, START))  # type: ignore[misc]
        words[turn] = list(told.values())
        rests[state] = {id for _, id in links}
    return words, rests


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_made_of_the_erased_is_left(seed: int, tmp_path: Path) -> None:
    """What was derived from an erased turn, or repeated by it, holds no window of it; the rest stays and is sound."""
    with opened(tmp_path) as memory:
        words, rests = _on_evidence(memory, seed)
        turns, gone = list(words), set[str]()
        for turn in turns[1::3]:
            memory.forget(turns[turns.index(turn) - 1])
            memory.embed()
            assert left(tmp_path, words[turn])
            done = memory.erase(turn)
            due = {turn}
            while more := {id for id, on in rests.items() if on & due} - due:
                due |= more
            assert {turn, *done.derived} == due - gone
            gone |= due
            rests |= {id: {link.target for link in memory.get(id).links} for id in done.kept}
            assert left(tmp_path, words[turn]) == []
            assert memory.verify().problems == ()
        standing = [words[turn][0] for turn in turns if turn not in gone]
        assert sorted(left(tmp_path, standing)) == sorted(standing)
        held = _digest(memory)
        memory.reindex()
        assert _digest(memory) == held
        reference = MemoryStore(INDEX)
        with memory._engine.store.read() as snapshot:
            reference.load(snapshot.events(), "space", b"")
        with reference.read() as copy:
            assert hashlib.sha256(b"\n".join(copy.dump())).hexdigest() == held


_TOLD = (
    "I moved to {city} with {unique}.",
    "I live in {city} now, near {unique}.",
    "{name} lives in {city}.",
    "My favourite colour is {city}, said {unique}.",
    "I no longer live in {city}, {unique}.",
    "I used to work at {city}; {unique}.",
)
_ANY = {"status": ["active", "superseded", "retracted", "archived"]}


def _said(memory: Memory, ids: Iterable[str]) -> set[bytes]:
    """Return the windows of all that any version of these records says."""
    versions = [change.record for id in ids for change in memory.history(id) if change.record is not None]
    places = ("content", "speaker", "ref", "value", "subject", "attribute")
    return {part for one in versions for place in places for part in windows(getattr(one, place) or "")}


@pytest.mark.parametrize("seed", range(4))
def test_states_told_by_an_erased_text_go_with_it(seed: int, tmp_path: Path) -> None:
    """People tell each other's states again and again: of an erased text stays only what other texts say as well."""
    chance = random.Random(seed)
    with opened(tmp_path) as memory:
        turns: list[str] = []
        for number in range(24):
            city, name = chance.choice(("Wolkenstein", "Brightwater")), chance.choice(("Anastasia", "Bartholomew"))
            text = chance.choice(_TOLD).format(city=city, name=name, unique=f"zz{chance.getrandbits(40):x}")
            at = START + timedelta(hours=chance.randrange(2000))
            speaker = chance.choice(("Anastasia", "Bartholomew"))
            turns.append(memory.retain(text, speaker=speaker, at=at, ref=f"number {number}").record.id)
        chance.shuffle(turns)
        while len(turns) > 10:
            turn = turns.pop()
            if chance.random() < 0.3:
                memory.forget(chance.choice(turns))
            gone = _said(memory, [turn])
            memory.erase(turn)
            kept = _said(memory, [record.id for record in memory.list(filters=_ANY, limit=1000).records])
            data = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
            assert not [window for window in gone - kept if window in data]
            assert memory.verify().problems == ()
