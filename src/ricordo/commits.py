"""The committing half of a memory: what is written only if what it rests on is still so."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from ricordo.errors import AccessError, ConflictError, InvalidInputError, KeyConflictError
from ricordo.plaintext import commit as committing
from ricordo.plaintext.commit import STRICTNESS, Doing, Hand, Plan
from ricordo.plaintext.draft import check_choice, check_key
from ricordo.plaintext.ops import Adding, Op, Read, check_ops, check_reads, in_op
from ricordo.plaintext.reading import LONGEST_S, InProcess, Seen, digest_of, new_token
from ricordo.plaintext.retain import Prepared, redacted
from ricordo.reads import Reads
from ricordo.results import Commit
from ricordo.store.base import Snapshot, Transaction, Visible
from ricordo.store.handle import Handle
from ricordo.writes import Writes

T = TypeVar("T")
_MOST_RETRIES = 100
#: The longest wait before the first retry; it doubles with each, up to `_LONGEST_WAIT_S`.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.005, 0.5


class Commits(Writes):
    """What a handle on a space commits: the base of `Memory`, above writing."""

    def commit(
        self,
        ops: Iterable[Op],
        *,
        reads: Iterable[Read] = (),
        read_token: str | None = None,
        strict: str = "reads",
        key: str | None = None,
    ) -> Commit:
        """Do several operations, all or none, if what they rest on is still so: checked and written in one transaction.

        | operation | what it does |
        |---|---|
        | `{"op": "put", "content": ...}` | remembers a text, as `retain` with these arguments |
        | `{"op": "put", "id": ..., ...}` | changes fields of a record, as `update`; `if_version` where you like |
        | `{"op": "append", "id": ..., "text": ...}` | adds text at its end, behind `separator` (a new line) |
        | `{"op": "merge", "id": ..., "add": {...}, ...}` | changes metadata, aliases, links by rules, see `Merge` |
        | `{"op": "delete", "id": ...}` | forgets it, as `forget` |

        What an operation writes needs no read of its own: `append` and `merge` take the record as it then is.

        Args:
            ops: 1 to 256 of them, in order; each sees what those before it did.
            reads: Versions it rests on, `{"id": ..., "version": ...}`; version 0 says that there was no such record.
                They add to what was delivered under the token, and never stand in its place.
            read_token: A token of `read_token()`: it rests on all that was delivered under it. The commit brings the
                token up to the versions it wrote, so that the next may follow.
            strict: "reads": no record that was read has another version. "scope": also, nothing at all has happened to
                any record of the scopes that were looked in, as the token tells; for what rests on something not being
                there.
            key: Idempotency key of the whole: the same key with the same operations is done once, for ever, and returns
                the first result again. It is this principal's and this scope's own.

        Raises:
            InvalidInputError: An argument breaks a rule; names the operation.
            StaleReadError: What was read is no longer so: has both versions, and what changed.
            ReadTokenError: The token is unknown, expired or another's.
            NotFoundError: A record is not visible.
            GoneError: A record to add to was forgotten.
            VersionConflictError: `if_version` does not hold.
            SlotTakenError: Another record holds the slot that a changed one would have.
            KeyConflictError: The key was used for other operations.
            AccessError: The handle may not write there.
            BoundError: It does not fit within the bounds of the settings.

        >>> from ricordo import Memory, StaleReadError
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> plan = memory.retain("Deploy on Friday.", kind="context").record
        >>> done = memory.commit(
        ...     [{"op": "put", "id": plan.id, "content": "Deploy on Monday."}], reads=[{"id": plan.id, "version": 1}]
        ... )
        >>> done.verdicts[0].record.version
        2
        >>> try:
        ...     memory.commit([{"op": "put", "content": "Tell all of Friday."}], reads=[{"id": plan.id, "version": 1}])
        ... except StaleReadError as error:
        ...     error.stale[0].read, error.stale[0].now, error.stale[0].theirs.content
        (1, 2, 'Deploy on Monday.')
        """
        return self._commit(ops, check_reads(reads), read_token, strict, key, None)

    def attempt(
        self,
        decide: Callable[[Reads], Iterable[Op] | None],
        *,
        retries: int = 5,
        strict: str = "reads",
        key: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Commit | None:
        """Read, decide and commit; where what was read has changed meanwhile, do it again.

        Args:
            decide: Is given something to read with, as this memory, and returns the operations; nothing, or None, where
                there is nothing to do. What it reads is what the commit rests on. It may run several times: it must
                have no effect outside.
            retries: How often it is run again after a conflict, after a wait drawn at random ("full jitter": up to
                5 ms, twice that after each, up to half a second).
            strict, key: As in `commit`.
            sleep: Waits so many seconds.

        Returns:
            What was committed, or None where there was nothing to do.

        Raises:
            ConflictError: The last conflict, where each attempt met one.
            RicordoError: As `commit`.

        >>> from ricordo import Memory
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> id = memory.retain("Tickets left.", metadata={"left": 2}).record.id
        >>> def sell(reading):
        ...     left = reading.get(id).metadata["left"]
        ...     return [{"op": "put", "id": id, "metadata": {"left": left - 1}}] if left else None
        >>> [memory.attempt(sell) is not None for _ in range(3)]
        [True, True, False]
        """

        def decided() -> Callable[[], Commit] | None:
            seen = InProcess()
            ops = decide(Reads(self._engine, self._view, seen))
            listed = [] if ops is None else list(ops)
            return partial(self._commit, listed, {}, None, strict, key, seen.seen) if listed else None

        return attempted(decided, retries=retries, sleep=sleep)

    def read_token(self, ttl_s: float = 3600.0) -> str:
        """Make a read token: give it to reading methods, and to `commit` what was decided on what they delivered.

        What was delivered is kept in the space, so it outlives this process; it is bound to the handle's principal. The
        token tells nothing and opens nothing by itself, and is kept nowhere.

        Args:
            ttl_s: For how many seconds it is good, up to 30 days; what is expired is refused, never ignored.

        Raises:
            InvalidInputError: `ttl_s` is out of range.

        >>> from ricordo import Memory
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> first = memory.retain("The office is in Lisbon.").record
        >>> token = memory.read_token(ttl_s=600)
        >>> found = memory.recall("Where is the office?", read_token=token)
        >>> done = memory.commit([{"op": "put", "content": "Send the parcel to Lisbon."}], read_token=token)
        >>> done.verdicts[0].action
        'added'
        """
        known = isinstance(ttl_s, (int, float)) and not isinstance(ttl_s, bool)
        if not known or not 0 < ttl_s <= LONGEST_S:
            raise InvalidInputError("ttl_s", f"a number of seconds, more than 0 and at most {LONGEST_S}", ttl_s)
        token, now = new_token(), self._engine.now()
        digest = digest_of(token, self._engine.store.secret)
        handle = Handle(digest, self._view.principal, 0, now + timedelta(seconds=ttl_s))

        def work(transaction: Transaction) -> None:
            transaction.let_go(now)
            transaction.hold(handle)

        self._engine.store.transact(work)
        return token

    # -- inside ------------------------------------------------------------------------------------------------

    def _commit(
        self,
        ops: Iterable[Op],
        claims: Mapping[str, int],
        token: str | None,
        strict: str,
        key: str | None,
        local: Seen | None,
    ) -> Commit:
        store, now = self._engine.store, self._engine.now()
        if not self._view.whole and self._view.write is None:
            raise AccessError("this handle is read-only")
        check_choice("strict", strict, STRICTNESS)
        if strict == "scope" and token is None and local is None:
            raise InvalidInputError(
                "strict", '"scope" only with a read token, which tells the scopes looked in', strict
            )
        given, checked = check_ops(self.settings, ops)
        doing = [self._doing(spot, op, now) for spot, op in enumerate(checked)]
        digest = None if token is None else digest_of(token, store.secret)
        plan = Plan(doing, given, self._looked, claims, local, digest, self._view.principal, strict)
        if key is not None:
            name, body = committing.digests(plan, check_key(key), self._view.write, store.secret)
            plan = replace(plan, key=name, body=body)
        hand = self._hand(now)
        self._refuse_early(plan, hand.everything)
        done = self._engine.write(partial(committing.commit, plan=plan, hand=hand))
        if store.pending():
            store.scrub()
        return self._shown(done, doing)

    def _doing(self, spot: int, op: Adding | Doing, now: datetime) -> Doing:
        """Return an operation with all that can be made of it before the transaction."""
        if not isinstance(op, Adding):
            return op
        try:
            return self._prepared(self._draft(**op.arguments), now)
        except InvalidInputError as error:
            raise in_op(spot, error) from error

    def _hand(self, now: datetime) -> Hand:
        engine = self._engine
        return Hand(
            settings=self.settings,
            everything=Visible(scopes=self._view.read, now=now),
            found=lambda transaction, id: self._found(transaction, id, None, write=True),
            may=self._may_write,
            read=engine.told_by,
            machine=engine.is_machine,
            index=engine.indexing,
            now=now,
        )

    def _refuse_early(self, plan: Plan, everything: Visible) -> None:
        """Refuse what can't be committed without waiting for a turn to write; what passes is checked there again."""
        if plan.claims or plan.local is not None or plan.token is not None:
            with self._engine.store.read() as snapshot:
                if plan.key is None or snapshot.keyed(plan.key) is None:
                    committing.check(snapshot, plan, everything)

    def _shown(self, done: Commit, doing: Sequence[Doing]) -> Commit:
        """Return what was done as far as this handle may see it: of what it writes where it may not read, its own."""
        if self._view.whole or self._view.write in (self._view.read or ()):
            return done
        shown = [
            redacted(verdict, op) if isinstance(op, Prepared) else verdict
            for verdict, op in zip(done.verdicts, doing, strict=True)
        ]
        return replace(done, verdicts=tuple(shown))

    def _looked(self, look: Callable[[Snapshot], T]) -> T:
        with self._engine.store.read() as snapshot:
            return look(snapshot)


def attempted(
    decided: Callable[[], Callable[[], Commit] | None], *, retries: int, sleep: Callable[[float], None]
) -> Commit | None:
    """Decide and commit, and where the commit met a conflict do both again after a wait drawn at random.

    Args:
        decided: Reads, decides, and returns what commits that; None where there is nothing to do.
        retries: How often it is run again after a conflict.
        sleep: Waits so many seconds.

    Raises:
        ConflictError: The last conflict, where each attempt met one.
    """
    if isinstance(retries, bool) or not isinstance(retries, int) or not 0 <= retries <= _MOST_RETRIES:
        raise InvalidInputError("retries", f"a whole number from 0 to {_MOST_RETRIES}", retries)
    for number in range(retries + 1):
        commit = decided()
        if commit is None:
            return None
        try:
            return commit()
        except KeyConflictError:
            raise
        except ConflictError:
            if number == retries:
                raise
        sleep(random.uniform(0, min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**number)))
    raise AssertionError("the last attempt returns or raises")
