"""The keeping half of a memory: what is done to a space, or a part of it, as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from ricordo.errors import AccessError, InvalidInputError
from ricordo.plaintext.compact import compact, plan, weigh
from ricordo.plaintext.draft import When
from ricordo.plaintext.expire import beginning, expire, matches
from ricordo.plaintext.policy import Policy, check_policies, read_policies
from ricordo.plaintext.retain import MOST_TARGETS
from ricordo.reads import Reads, Scopes
from ricordo.store.archive import write as write_archive
from ricordo.store.base import Row
from ricordo.text.time import parse_instant
from ricordo.types import Compaction, Expiry, Verification


class Upkeep(Reads):
    """What keeps a space sound and small: the base of `Memory`, beside its writes."""

    def verify(self) -> Verification:
        """Check the log's chain, and that records and indexes are what the log says.

        Raises:
            AccessError: The handle is bound to scopes.
        """
        self._whole("verify")
        events, versions, first_bad, problems = self._engine.store.verify()
        return Verification(not problems, events, versions, first_bad, tuple(problems))

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


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + MOST_TARGETS] for start in range(0, len(ids), MOST_TARGETS))


def _by_rule(policies: Sequence[Policy], taken: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return ids by rule, in the order of the rules."""
    found = {policy.name: tuple(id for id, name in taken.items() if name == policy.name) for policy in policies}
    return {name: ids for name, ids in found.items() if ids}
