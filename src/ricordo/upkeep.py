"""The keeping half of a memory: what is done to a space, or a part of it, as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Literal

from ricordo.config import without_password
from ricordo.engine import Engine, server_of
from ricordo.errors import AccessError, InvalidInputError, NotFoundError, StoreError
from ricordo.feed import Feed
from ricordo.plaintext import consolidate as consolidating
from ricordo.plaintext import recall as recalling
from ricordo.plaintext.compact import compact, plan, weigh
from ricordo.plaintext.compose import K, Wanted
from ricordo.plaintext.draft import LARGEST, When, check_choice
from ricordo.plaintext.expire import beginning, expire, matches
from ricordo.plaintext.pages import has_history
from ricordo.plaintext.policy import Policy, check_policies, read_policies
from ricordo.plaintext.propose import propose
from ricordo.plaintext.publish import publish
from ricordo.plaintext.request import check_count
from ricordo.plaintext.retain import MOST_TARGETS
from ricordo.reads import Scopes
from ricordo.results import Compaction, Consolidation, Expiry, Migration, Pages, Proposals, Verification
from ricordo.store import is_address, new_store
from ricordo.store.archive import write as write_archive
from ricordo.store.base import Row, Snapshot, Visible
from ricordo.store.copy import copy
from ricordo.text.instants import parse_instant
from ricordo.types import BELIEVED

#: Recalls that a copy must answer as the space does, and the words of a record each asks by.
_RECALLS, _WORDS = 20, 12
_LOOK_S = 0.05
_PAGE = 500


class Upkeep(Feed):
    """What keeps a space sound and small: the base of `Memory`, beside its writes."""

    def verify(self) -> Verification:
        """Check the log's chain, and that records and indexes are what the log says.

        Raises:
            AccessError: The handle is bound to scopes.
        """
        self._whole("verify")
        events, versions, first_bad, problems = self._engine.store.verify()
        return Verification(not problems, events, versions, first_bad, tuple(problems))

    def wait_for(self, seq: int, *, timeout_s: float = 10.0) -> int:
        """Wait until an event is there to be read, and return how far the space has come.

        Every read shows what was acknowledged before, on every server, so nobody needs this after a write. It is for a
        `seq` that came by another way, such as ahead of a replica of the database.

        Args:
            seq: The event, as a verdict or `stats` tells it.
            timeout_s: How long to wait for it.

        Raises:
            NotFoundError: It was not there in time.

        >>> from ricordo import Memory
        >>> with Memory.open(":memory:", embedder=None) as memory:
        ...     verdict = memory.retain("The office is in Lisbon.")
        ...     memory.wait_for(verdict.event)
        1
        """
        check_count("seq", seq, LARGEST)
        until = monotonic() + timeout_s
        while True:
            with self._engine.store.read() as snapshot:
                head = snapshot.head()
            if head >= seq:
                return head
            if monotonic() >= until:
                raise NotFoundError(f"seq: event {seq} is not there; the last one is {head}")
            sleep(min(_LOOK_S, max(0.0, until - monotonic())))

    def reindex(self) -> None:
        """Rebuild records and indexes from the log. No result changes; vectors are made again when needed.

        Raises:
            AccessError: The handle is bound to scopes.
        """
        self._whole("reindex")
        self._engine.store.reindex()
        self._engine.vectors.clear()
        self._engine.background.wake()

    def embed(self, *, limit: int | None = None, progress: Callable[[int], None] | None = None) -> int:
        """Bring the indexes that follow the log up to it: vectors, and the tantivy index where there is one.

        Returns how many versions were embedded, 0 without an embedder.
        """
        self._whole("embed")
        return self._engine.follow(limit, progress)

    def export(self, path: str | Path) -> Path:
        """Write the space to one archive file. It is as confidential as the space.

        Raises:
            AccessError: The handle is bound to scopes.
        """
        self._whole("export")
        target, store = Path(path).expanduser(), self._engine.store
        with store.read() as snapshot:
            write_archive(target, snapshot, space=store.space_id, secret=store.secret, now=self._engine.now())
        return target

    def write_pages(self, folder: str | Path, *, scope: Scopes = None) -> Pages:
        """Write the records as Markdown pages to read: one for each subject, or kind and month, and an index.

        Each record has its text, quoted, and below it date, source, status, links and history. Texts can't act on the
        page: they make no link, heading or HTML. What was forgotten or erased is not there; run it again and it goes
        from the pages, too. Other files in the directory stay. `import_file` reads pages back.

        Args:
            folder: The directory; made where it is missing.
            scope: Only these scopes; by default all that the handle may read.

        Raises:
            InvalidInputError: It can't be written, or holds an index of something else; the pages there stay.

        >>> import tempfile
        >>> from ricordo import Memory
        >>> with Memory.open(":memory:", embedder=None) as memory, tempfile.TemporaryDirectory() as folder:
        ...     verdict = memory.retain("The office is in Lisbon.", scope="team")
        ...     told = memory.write_pages(folder)
        ...     told.pages, told.records, len(list(Path(folder).glob("team-*/*.md")))
        (1, 1, 1)
        """
        with self._engine.store.read() as snapshot:
            shown = {"status": sorted(BELIEVED)}
            seen = self._visible(snapshot, self._engine.now(), scope=scope, filters=shown)
            rows = (row.record for row in every_row(snapshot, seen))
            records = ((one, snapshot.changes(one.id) if has_history(one) else ()) for one in rows)
            return publish(Path(folder).expanduser(), records, snapshot.head())

    def copy_to(self, location: str | Path, *, space: str | None = None) -> Migration:
        """Copy the space to another place, on any engine, and prove that both hold the same.

        The log is copied as it is, with the identity of the space and its vectors; read handles are not. Then head,
        records, totals and vectors are compared, and some recalls. Where they differ, nothing is left of the copy.

        Args:
            location: A directory that is empty or missing, or the URL of a PostgreSQL database.
            space: The name of the space in a database, which must be empty or missing.

        Raises:
            AccessError: The handle is bound to scopes.
            InvalidInputError: There is a space at `location`; nothing was changed.
            StoreError: The copy can't be made, or differs; nothing is left of it.

        >>> import tempfile
        >>> from ricordo import Memory
        >>> with Memory.open(":memory:", embedder=None) as memory, tempfile.TemporaryDirectory() as folder:
        ...     verdict = memory.retain("The office is in Lisbon.")
        ...     copied = memory.copy_to(f"{folder}/copy")
        >>> copied.seq, copied.records, copied.recalls
        (1, 1, 1)
        """
        self._whole("copy_to")
        engine = self._engine
        server = server_of(engine.settings) if is_address(location) else None
        indexing = engine.indexing
        with (
            engine.store.read() as snapshot,
            new_store(location, indexing, space=space, server=server) as target,
        ):
            proof = copy(snapshot, engine.store, target)
            with target.read() as copied:
                recalls = _alike(snapshot, copied, engine)
            records = sum(snapshot.counts(None)["scope"].values())
            names = tuple(snapshot.followers())
        source, destination = without_password(engine.location), without_password(str(location))
        return Migration(source, destination, proof.seq, proof.hash, proof.versions, records, names, recalls)

    def propose(self, limit: int = 100, *, dry_run: bool = False) -> Proposals:
        """Ask the language model what new records mean for those there are, and apply what holds.

        It may call two records duplicates, say that one supersedes, contradicts or affects another, and read slots in a
        text. Every verdict is checked against the records; what does not hold is refused and reported. What holds is
        applied, one event of the operation "propose" for each record, and `undo` takes it back. See docs/models.md.

        Args:
            limit: Ask about at most so many records; the next call goes on from there.
            dry_run: Only report what would be applied.

        Raises:
            AccessError: The handle is bound to scopes.
            InvalidInputError: There is no language model.

        >>> from ricordo import Memory
        >>> from ricordo.testing import ScriptedLanguageModel
        >>> model = ScriptedLanguageModel(['{"relations": [], "slots": []}'])
        >>> with Memory.open(":memory:", language_model=model) as memory:
        ...     verdict = memory.retain("The team was tired after the move.")
        ...     told = memory.propose()
        >>> told.asked, told.proposals
        (1, ())
        """
        self._whole("propose")
        check_count("limit", limit)
        proposer = self._engine.proposer
        if proposer is None:
            raise InvalidInputError("model", "a language model is needed: set model_url and model, or give one to open")
        told = propose(self._engine.store, proposer, limit=limit, dry_run=dry_run)
        if told.applied:
            self._engine.background.wake()
        return told

    def consolidate(
        self,
        *,
        scope: str | None = None,
        older_than: When | timedelta | None = None,
        strategies: str | Iterable[str] | None = None,
        limit: int | None = None,
        progress: Callable[[int], None] | None = None,
        dry_run: bool = False,
    ) -> Consolidation:
        """Put smaller sets of records in place of larger ones that say the same. No sentence is made up, none is lost.

        Each region is replaced in one event of its own: the records leave recall as "archived", the one in their place
        cites them all, and `get`, `history` and `as_of` still show them. `undo` with the event brings them back, and a
        region that was put back is not replaced again. Where something is written to a region between reading and
        replacing, it is left as it is and reported. What is pinned, edited by a person, expiring, or rested on by
        something else stays as it is. A run that is cut off is gone on with by the next.

        | strategy | what it replaces |
        |---|---|
        | `near_duplicates` | states that say the same (never events or observations) by the best supported of them |
        | `exchanges` | turns that tell little, with the turn beside them, by one record that quotes both |

        Args:
            scope: Only this one; by default all that the handle may write. No region crosses scopes.
            older_than: Only what was said before this moment, or at least so long ago.
            strategies: Which; by default all.
            limit: At most so many regions.
            progress: Called after each region with the number of records it replaced.
            dry_run: Say what would be done, and write nothing.

        Raises:
            AccessError: The handle may not write.
            InvalidInputError: An argument breaks a rule.
            BusyError: Other writers held the space too long; what was done stays, the next run goes on.

        >>> from ricordo import Memory
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> for who, text in (("Bob", "Any news?"), ("Ada", "I adopted a beagle called Pip in May.")):
        ...     verdict = memory.retain(text, speaker=who, session="s1")
        >>> done = memory.consolidate()
        >>> done.replaced, done.added
        (2, 1)
        >>> print(done.regions[0].text)
        Bob: Any news?
        Ada: I adopted a beagle called Pip in May.
        """
        names = list(consolidating.STRATEGIES) if strategies is None else _named(strategies)
        most = None if limit is None else check_count("limit", limit)
        engine, now = self._engine, self._engine.now()
        until = now - older_than if isinstance(older_than, timedelta) else self._instant("older_than", older_than)
        label = self._view.writable(scope)
        if not self._view.whole and self._view.write is None:
            raise AccessError("this handle is read-only")
        with engine.store.read() as snapshot:
            seen = self._visible(snapshot, now, scope=label)
            drafts = consolidating.plan(snapshot, seen, engine.indexing, names, until)
        regions = []
        for draft in drafts[:most]:
            if dry_run:
                regions.append(consolidating.planned(draft))
            else:
                regions.append(consolidating.attempt(engine.write, draft, engine.indexing, now))
            if progress is not None:
                progress(len(draft.retired))
        events = tuple(region.event for region in regions if region.event is not None)
        skipped = tuple(region for region in regions if region.skipped is not None)
        full = any(len(draft.members) == consolidating.MOST_MEMBERS for draft in drafts)
        done = [(region, draft) for region, draft in zip(regions, drafts, strict=False) if region.skipped is None]
        return Consolidation(
            regions=tuple(regions),
            replaced=sum(len(region.replaced) for region, _ in done),
            added=sum(draft.kept is None for _, draft in done),
            events=events,
            skipped=skipped,
            done=len(regions) == len(drafts) and not skipped and not full,
        )

    # -- inside ------------------------------------------------------------------------------------------------

    def _instant(self, field: str, value: When | None) -> datetime | None:
        return None if value is None else parse_instant(value, field, self.settings.tz)

    # -- forgetting --------------------------------------------------------------------------------------------

    def expire(
        self,
        policies: Iterable[Policy] | str | Path | None = None,
        *,
        scope: Scopes = None,
        dry_run: bool = False,
    ) -> Expiry:
        """Retire what policies say: ordered named rules, of which the first that matches a record decides.

        Each record's history has the name of the rule and its reason; `undo` of an event brings its records back.
        What is pinned or was edited by a person goes only where a rule says so.

        Args:
            policies: The rules, or a TOML file of them; by default the file that the setting `policies` names.
            scope: Only what is in these scopes; by default in all that the handle may write.
            dry_run: Only tell what would go, by which rule.

        Raises:
            InvalidInputError: There is no rule, or one is wrong: names the rule and the key.
            AccessError: The handle may not write one of the scopes.

        >>> from ricordo import Memory, Policy
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> old = memory.retain("The build is red.", kind="context", at="2024-05-01").record.id
        >>> told = memory.expire([Policy("passing", kinds="context", after="7 days")])
        >>> told.records == {"passing": (old,)}, memory.history(old)[-1].rule
        (True, 'passing')
        """
        rules, now = self._policies(policies), self._engine.now()
        with self._engine.store.read() as snapshot:
            seen = self._visible(snapshot, beginning(), scope=scope)
            found = [(row, match) for row, match in matches(snapshot, seen, rules, now) if self._mine(row, scope)]
        kept = Counter(match.policy.name for _, match in found if not match.takes)
        going = {row.record.id: match.policy.name for row, match in found if match.takes}
        if dry_run:
            return Expiry(_by_rule(rules, going), kept, (), True)
        events: list[int] = []
        taken: dict[str, str] = {}
        for batch in _batches(list(going)):
            seq, gone = self._engine.write(partial(expire, ids=batch, policies=rules, now=now, may=self._may_write))
            events += [seq] if seq is not None else []
            taken |= gone
        return Expiry(_by_rule(rules, taken), kept, tuple(events), False)

    def compact(self, *, before: When, scope: Scopes = None, dry_run: bool = False) -> Compaction:
        """Take the content of long retired records out of the log, every version and every index, as `erase` does.

        Headers and the chain stay, and the history tells when and by which rule; the content can't be brought back,
        nor can what happened to these records be undone, and what they were written from can be imported again. What
        stays: all that can be recalled; evidence that a record which stays was derived from; the state that a live
        state of a slot followed directly. Versions of live records stay, too.

        The log grows with what is written and shrinks here alone: to bound it, run this by schedule, say each night
        with `before` a year ago, after `expire`.

        Args:
            before: What was retired (forgotten, archived, evicted, superseded) before this moment: a date, an aware
                datetime, or ISO text with an offset.
            scope: Only records of these scopes; by default of all.
            dry_run: Only tell what would go.

        Raises:
            InvalidInputError: `before` names no moment.
            AccessError: The handle may not write one of the scopes.

        >>> from ricordo import Memory
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> id = memory.retain("The build is red.").record.id
        >>> forgotten = memory.forget(id)
        >>> memory.compact(before="2999-01-01").records == (id,), memory.history(id)[-1].rule
        (True, 'compact')
        """
        moment, store, now = parse_instant(before, "before", self.settings.tz), self._engine.store, self._engine.now()
        with store.read() as snapshot:
            scopes = self._visible(snapshot, beginning(), scope=scope).scopes
            if not self._view.whole:
                if scope is not None and set(scopes or ()) - {self._view.write}:
                    raise AccessError(f"scope: this handle may not write {scope!r}")
                scopes = (self._view.write,) if self._view.write else ()
            ids, kept = plan(snapshot, scopes, moment)
            size = weigh(snapshot, ids)
        if dry_run or not ids:
            return Compaction(tuple(ids), kept, size, (), dry_run, "done", None)
        events: list[int] = []
        gone: list[str] = []
        for batch in _batches(ids):
            work = partial(compact, ids=batch, planned=frozenset(ids), before=moment, now=now)
            seq, some = self._engine.write(work)
            events, gone = [*events, *([seq] if seq is not None else [])], [*gone, *some]
        self._engine.vectors.clear()
        reason = store.scrub()
        status: Literal["done", "pending"] = "pending" if reason else "done"
        return Compaction(tuple(gone), kept + len(ids) - len(gone), size, tuple(events), False, status, reason)

    # -- inside ------------------------------------------------------------------------------------------------

    def _policies(self, given: Iterable[Policy] | str | Path | None) -> tuple[Policy, ...]:
        """Return the rules that were given, or those of a file."""
        if given is None and not self.settings.policies:
            raise InvalidInputError("policies", "rules, or a TOML file of them (setting policies)")
        path = self.settings.policies if given is None else given
        if not isinstance(path, str | Path):
            return check_policies(path)
        try:
            return read_policies(Path(path).expanduser().read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidInputError("policies", f"a TOML file that can be read ({error})", str(path)) from error

    def _mine(self, row: Row, scope: Scopes) -> bool:
        """Tell whether the handle may write a record; where its scope was named, it must."""
        if scope is not None and not self._may_write(row):
            raise AccessError(f"scope: this handle may not write {scope!r}")
        return self._may_write(row)

    def _whole(self, what: str) -> None:
        if not self._view.whole:
            raise AccessError(f"{what}: this handle is bound to scopes; the whole space is needed")


def every_row(snapshot: Snapshot, seen: Visible) -> Iterator[Row]:
    """Yield every row that may be seen, a page at a time."""
    after = 0
    while rows := snapshot.page(seen, after, _PAGE):
        yield from rows
        after = rows[-1].rid


def _named(strategies: str | Iterable[str]) -> list[str]:
    """Return the strategies asked for, in the order they run."""
    if not isinstance(strategies, Iterable):
        raise InvalidInputError("strategies", "a name, or several", strategies)
    asked = [strategies] if isinstance(strategies, str) else list(strategies)
    for name in asked:
        check_choice("strategies", name, tuple(consolidating.STRATEGIES))
    return [name for name in consolidating.STRATEGIES if name in asked]


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + MOST_TARGETS] for start in range(0, len(ids), MOST_TARGETS))


def _by_rule(policies: Sequence[Policy], taken: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return ids by rule, in the order of the rules."""
    found = {policy.name: tuple(id for id, name in taken.items() if name == policy.name) for policy in policies}
    return {name: ids for name, ids in found.items() if ids}


def _alike(one: Snapshot, other: Snapshot, engine: Engine) -> int:
    """Ask both snapshots for what some records say, as of the last event; return how many recalls that were.

    Raises:
        StoreError: They answer differently.
    """
    asked = 0
    seen = Visible(scopes=None, now=engine.now(), as_of=one.head())
    newest = one.newest()
    for spot in range(0, newest, max(1, newest // _RECALLS)):
        for row in one.page(seen, spot, 1):
            wanted = Wanted(" ".join(row.record.content.split()[:_WORDS]), seen, K, None)
            told = [_answered(snapshot, engine, wanted) for snapshot in (one, other)]
            if told[0] != told[1]:
                raise StoreError(f"the copy answers {wanted.query!r} differently; nothing of it is kept")
            asked += 1
    return asked


def _answered(snapshot: Snapshot, engine: Engine, wanted: Wanted) -> list[tuple[str, int, float]]:
    found = recalling.search(snapshot, engine.reader, wanted, lambda _: None)
    told = recalling.recall(snapshot, engine.reader, wanted, found)
    return [(item.record.id, item.record.version, round(item.score, 6)) for item in told.items]
