"""The writing half of a memory: every method checks its arguments, and changes the space in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Unpack, overload

from ricordo.errors import AccessError, InvalidInputError, PartlyWrittenError, RicordoError
from ricordo.plaintext import retain as writing
from ricordo.plaintext.asked import read_query, said
from ricordo.plaintext.draft import (
    LARGEST,
    Arguments,
    Changes,
    Draft,
    check_choice,
    check_key,
    check_reason,
    check_text,
    check_version,
    checked_update,
    draft,
)
from ricordo.plaintext.draft import messages as as_drafts
from ricordo.plaintext.echo import listen
from ricordo.plaintext.ingest import BATCH, ingest_file, reading_of
from ricordo.plaintext.learn import Turn
from ricordo.plaintext.retain import Prepared
from ricordo.plaintext.retire import erase, retire
from ricordo.plaintext.undo import undo
from ricordo.reads import Scopes
from ricordo.results import Erasure, Forgotten, Import, Undone
from ricordo.store.base import Row, Transaction, Visible
from ricordo.store.fold import canonical
from ricordo.types import OUTCOMES, Verdict
from ricordo.upkeep import Upkeep, every_row


class Writes(Upkeep):
    """What a handle on a space can write: the base of `Memory`, above keeping and reading."""

    # -- writing -----------------------------------------------------------------------------------------------

    @overload
    def retain(self, content: str, *, messages: None = None, **arguments: Unpack[Arguments]) -> Verdict: ...
    @overload
    def retain(
        self, content: None = None, *, messages: Sequence[Mapping[str, Any]], **arguments: Unpack[Arguments]
    ) -> list[Verdict]: ...
    def retain(
        self,
        content: str | None = None,
        *,
        messages: Sequence[Mapping[str, Any]] | None = None,
        **arguments: Unpack[Arguments],
    ) -> Verdict | list[Verdict]:
        """Remember a text, or the messages of a conversation; durable when it returns.

        Args:
            content: The text.
            messages: In place of `content`: chat messages with "role" and "content"; each becomes an observation.
            kind: What it is, one of `KINDS`; by default an observation where someone said it (`speaker`, `session`),
                else a fact. Facts and other states can be reinforced and superseded; events and observations never.
            speaker, session, title: Who said it, in which conversation, under which heading.
            scope: The label it is kept under; by default the handle's, then the setting `scope`.
            at: When it was said or seen: an aware datetime, or ISO text with an offset; by default now.
            valid_from, valid_to: When it is true in the world, [from, to); "2026" or "2026-05" will do.
            ref: Your own id of where it came from.
            key: Idempotency key: the same key with the same arguments writes once, for ever. By default made of scope,
                ref, at, speaker and content.
            subject, attribute, value: The slot it fills, such as Ada's home: Lisbon.
            cardinality: "one" (a later value supersedes) or "many".
            name, aliases: What it is called: the inject lane matches these.
            why: Why it matters.
            pinned: Always part of what is injected.
            expires_at: From when on it is left out.
            metadata: Your own fields, to filter by.
            derivation: How it is known, one of `DERIVATIONS`; a weaker one never supersedes a stronger one.
            links: (type, record id) pairs.
            if_version: The version you expect of the record this write would change; 0 for none.

        Returns:
            The verdict; for messages, one each.

        Raises:
            InvalidInputError: An argument breaks a rule.
            AccessError: The handle may not write this scope.
            KeyConflictError: The key was used for other arguments.
            VersionConflictError: `if_version` does not hold.
            BoundError: It can't be had within the bounds of the settings, also not by making room.
        """
        given: dict[str, Any] = dict(arguments)
        if (content is None) == (messages is None):
            raise InvalidInputError("content", "give either content or messages")
        if messages is None:
            return self._write([self._draft(content=content, **given)])[0]
        for name in ("ref", "key", "if_version", "speaker"):
            if given.get(name) is not None:
                raise InvalidInputError(name, "not together with messages, which bring their own")
        parts = as_drafts(messages, given.get("session"))
        return self._write(self._in_order([self._draft(**{**given, **_given(part)}) for part in parts]))

    def retain_many(self, items: Iterable[Mapping[str, Any]], *, scope: str | None = None) -> list[Verdict]:
        """Remember many texts, 1,000 to a transaction. All are checked before the first is written.

        Args:
            items: Mappings with the arguments of `retain`.
            scope: The scope of those that name none.

        Raises:
            InvalidInputError: Names the item and the argument.
            PartlyWrittenError: An item of a later transaction can't be written; says how many were.
            RicordoError: As `retain`, where it is an item of the first; nothing was written.
        """
        if not isinstance(items, Iterable):
            raise InvalidInputError("items", "a list of mappings with the arguments of retain", items)
        drafts: list[Draft] = []
        for spot, item in enumerate(items):
            if not isinstance(item, Mapping):
                raise InvalidInputError(f"items[{spot}]", "a mapping with the arguments of retain", item)
            try:
                drafts.append(self._draft(**{**({"scope": scope} if scope else {}), **item}))
            except InvalidInputError as error:
                raise InvalidInputError(f"items[{spot}].{error.field}", error.rule) from error
        verdicts: list[Verdict] = []
        while len(verdicts) < len(drafts):
            try:
                verdicts += self._write(drafts[len(verdicts) : len(verdicts) + BATCH])
            except RicordoError as error:
                if not verdicts:
                    raise
                raise PartlyWrittenError(len(verdicts), len(drafts), error) from error
        return verdicts

    def import_file(
        self,
        path: str | Path,
        *,
        format: str | None = None,
        scope: str | None = None,
        session: str | None = None,
        scope_by: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Import:
        """Remember what a file holds, in a stream. Importing it again adds nothing.

        Args:
            path: The file, or a directory of Markdown and text files.
            format: Its format by name; by default it is detected.
            scope, session: For items that name none.
            scope_by: In place of `scope`, where an export names owners: a scope for each, such as "user:{user}". Only
                a handle on the whole space may say so.
            progress: Called after each batch with the number of items it had.

        Raises:
            InvalidInputError: The file can't be read, its format is unknown, or names no such owners. A bad line is
                skipped and reported.
            AccessError: The handle may not write the scope, or is bound to scopes and `scope_by` is given.
        """
        options = reading_of(self._view, self.settings.tz, scope=scope, session=session, scope_by=scope_by)
        return ingest_file(
            path,
            format,
            options,
            check=lambda item: self._draft(**{"derivation": "imported", **item}),
            write=self._write,
            progress=progress,
        )

    def update(
        self,
        id: str,
        *,
        if_version: int | None = None,
        reason: str | None = None,
        scope: Scopes = None,
        **changes: Unpack[Changes],
    ) -> Verdict:
        """Change fields of a record: a new version, edited by a person, which nothing supersedes by itself.

        Args:
            id: The record.
            if_version: The version you have read.
            reason: Why; kept in the history.
            scope: Where to look for it.
            changes: Fields as in `retain`; None takes one away.

        Raises:
            NotFoundError: No such record is visible.
            VersionConflictError: The record is not at `if_version`.
            SlotTakenError: Another record holds the slot it would have.
            InvalidInputError: A value breaks a rule.
            BoundError: It pins or grows more than the bounds of the settings allow.
        """
        checked, expected = checked_update(self.settings, changes), check_version(if_version)
        reason = check_reason(reason)
        now = self._engine.now()

        def work(transaction: Transaction) -> Verdict:
            row = self._found(transaction, id, scope, write=True)
            writing.check_base(row.record, expected)
            for link in checked.get("links") or ():
                self._found(transaction, link.target, None)
            read, machine, index = self._engine.told_by, self._engine.is_machine, self._engine.indexing
            return writing.update(
                transaction, row, checked, read=read, machine=machine, index=index, reason=reason, now=now
            )

        return self._engine.write(work)

    def feedback(
        self,
        ids: str | Iterable[str],
        outcome: str,
        *,
        query: str | None = None,
        reason: str | None = None,
        scope: Scopes = None,
        key: str | None = None,
    ) -> int:
        """Tell how recalled records served. Return the event.

        Args:
            ids: The records.
            outcome: "used", "helped" or "harmed".
            query: The turn they were recalled by. What two such turns asked one record by, and what names nothing
                yet, becomes an alias it has learnt; a turn that harmed takes the learnt alias it holds away.
            reason: Why; kept in the history.
            scope: Where to look for the records.
            key: Idempotency key: the same key with the same arguments counts once, for ever, and returns the first
                event again. It is this principal's and this scope's own.

        Raises:
            NotFoundError: One of the records is not visible; nothing was counted.
            KeyConflictError: The key was used for other feedback.
            InvalidInputError: An argument breaks a rule.

        >>> from ricordo import Memory
        >>> memory = Memory.open(":memory:")
        >>> id = memory.retain("Grafana runs on port 3000.", name="grafana").record.id
        >>> for turn in ("is the purple dashboard up?", "who owns the purple dashboard?"):
        ...     event = memory.feedback(id, "used", query=turn)
        >>> memory.get(id).learnt, len(memory.inject("restart the purple dashboard"))
        (('purple dashboard',), 1)
        """
        check_choice("outcome", outcome, OUTCOMES)
        if not isinstance(ids, Iterable):
            raise InvalidInputError("ids", "a record id, or several", ids)
        given = [ids] if isinstance(ids, str) else list(ids)
        if not all(isinstance(id, str) for id in given):
            raise InvalidInputError("ids", "a record id, or several, each a text", given)
        listed = list(dict.fromkeys(given))
        if not 1 <= len(listed) <= writing.MOST_TARGETS:
            raise InvalidInputError("ids", f"1 to {writing.MOST_TARGETS} record ids", f"{len(listed)} ids")
        reason = check_reason(reason)
        named = None if key is None else self._keyed(check_key(key), [listed, outcome, query, reason])
        now, reader = self._engine.now(), self._engine.reader
        asked = (
            None if query is None else read_query(said(check_text("query", query)), reader.tokeniser, now, reader.zone)
        )

        def work(transaction: Transaction) -> int:
            rows = [self._found(transaction, id, scope, write=True) for id in listed]
            seen = self._visible(transaction, now, scope=scope)
            turn = Turn(asked, seen, reader.tokeniser) if asked else None
            return writing.feedback(transaction, rows, outcome, turn=turn, reason=reason, now=now, key=named)

        return self._engine.write(work)

    def undo(self, event: int) -> Undone:
        """Put back what an event changed, under new versions. What has changed since is left and reported.

        Args:
            event: The `seq` of a verdict, or of an entry of a history.

        Raises:
            NotFoundError: There is no such event that this handle may undo.
            InvalidInputError: It was an erasure, or everything has changed since.
            BoundError: What would be put back does not fit within the bounds of the settings.
        """
        if isinstance(event, bool) or not isinstance(event, int) or abs(event) >= LARGEST:
            raise InvalidInputError("event", "the seq of an event", event)
        now = self._engine.now()
        may = self._may_write

        def work(transaction: Transaction) -> Undone:
            seq, put_back, conflicts = undo(transaction, event, may=may, now=now)
            return Undone(event, seq, tuple(put_back), tuple(conflicts))

        return self._engine.write(work)

    def forget(self, id: str | None = None, *, scope: Scopes = None, reason: str | None = None) -> Forgotten:
        """Retire a record, or every record of a scope: out of every read but the history and the past.

        What rested on it alone (what was derived from it, what it was the only evidence of) is retracted in the same
        event; what has other evidence stays, without this. A state that a retracted one had superseded stays past, so
        that its slot is unknown. `undo` brings all of it back.

        Args:
            id: The record; with `scope`, where to look for it.
            scope: Without `id`: everything in it.
            reason: Why; kept in the history.

        Raises:
            NotFoundError: No such record is visible.

        >>> from ricordo import Memory
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> verdict = memory.retain("I moved to Lisbon.", speaker="Ada")
        >>> verdict.states[0].record.content
        'Ada lives in Lisbon'
        >>> memory.forget(verdict.record.id).unsupported == (verdict.states[0].record.id,)
        True
        """
        reason = check_reason(reason)
        now = self._engine.now()

        def work(transaction: Transaction) -> Forgotten:
            rows = self._chosen(transaction, id, scope)
            ids = [row.record.id for row in rows if row.record.status not in ("retracted", "erased")]
            events, unsupported = retire(transaction, ids, may=self._may_write, reason=reason, now=now)
            return Forgotten(tuple(ids), tuple(events), tuple(unsupported))

        return self._engine.write(work)

    def erase(self, id: str | None = None, *, scope: Scopes = None) -> Erasure:
        """Remove the bytes of a record, or of every record of a scope: from the log, every version, every index.

        What is left is the header of each event: an opaque id, a version, a digest that can't be guessed. All that was
        derived from it goes too, at any remove, and records it was further evidence of lose that evidence. A state
        erased so that other evidence tells as well is made anew from that, where no words of the erased are needed.

        Args:
            id: The record; with `scope`, where to look for it.
            scope: Without `id`: everything in it, forgotten records too.

        Raises:
            NotFoundError: No such record is visible.
        """
        now = self._engine.now()

        def work(transaction: Transaction) -> tuple[list[str], list[int], list[str], list[str]]:
            ids = [row.record.id for row in self._chosen(transaction, id, scope, every=True)]
            return ids, *erase(transaction, ids, may=self._may_write, now=now)

        ids, events, derived, kept = self._engine.write(work)
        self._engine.vectors.clear()
        self._engine.delivered.clear()
        reason = self._engine.store.scrub()
        status: Literal["done", "pending"] = "pending" if reason else "done"
        return Erasure(tuple(ids), tuple(events), status, reason, tuple(derived), tuple(kept))

    # -- inside ------------------------------------------------------------------------------------------------

    def _keyed(self, key: str, body: Sequence[Any]) -> tuple[str, str]:
        """Return the digests of the key of a feedback, this principal's and this scope's own, and of its body."""
        secret, view = self._engine.store.secret, self._view
        name = writing.keyed(secret, canonical(["feedback", view.principal, view.write, key]))
        return name, writing.keyed(secret, canonical(["feedback", *body]))

    def _draft(self, **given: Any) -> Draft:
        scope = self._view.writable(given.get("scope"))
        return draft(self.settings, self._engine.now(), **{**given, "scope": scope})

    def _write(self, drafts: Sequence[Draft]) -> list[Verdict]:
        store, now = self._engine.store, self._engine.now()
        if not self._view.whole and self._view.write is None:
            raise AccessError("this handle is read-only")
        everything = Visible(scopes=self._view.read, now=now)
        prepared = [self._prepared(one, now) for one in drafts]

        def work(transaction: Transaction) -> list[Verdict]:
            return [writing.retain(transaction, one, now=now, everything=everything) for one in prepared]

        verdicts = self._engine.write(work)
        if store.pending():
            store.scrub()
        if self._view.whole or self._view.write in (self._view.read or ()):
            return verdicts
        return [writing.redacted(verdict, one) for verdict, one in zip(verdicts, prepared, strict=True)]

    def _in_order(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Return messages of one list, with those that stand before a known one as said before it.

        A list that is sent again may hold what was erased from here: said anew, it is not said now.
        """
        secret, found = self._engine.store.secret, list(drafts)
        with self._engine.store.read() as snapshot:
            until: datetime | None = None
            for spot in range(len(found) - 1, -1, -1):
                one = found[spot]
                known = snapshot.keyed(writing.key_of(one, secret)) if one.key else None
                if known is not None:
                    row = snapshot.find(known[1], Visible(scopes=None, now=datetime.min.replace(tzinfo=UTC)))
                    until = row.record.said_at if row is not None and row.record.status != "erased" else until
                elif until is not None and not one.timed and one.fields["said_at"] >= until:
                    until -= timedelta(microseconds=1)
                    found[spot] = replace(one, fields={**one.fields, "said_at": until})
        return found

    def _prepared(self, one: Draft, now: datetime) -> Prepared:
        engine = self._engine
        told, machine = engine.told(one.fields), engine.is_machine(one.fields.get("speaker"))
        new = writing.prepare(
            one, index=engine.indexing, secret=engine.store.secret, now=now, told=told, machine=machine
        )
        if one.if_version is not None:
            return new
        own = new.record.scope
        scopes = (own, *engine.delivered.beside(own)) if self._view.read is None else self._view.read
        heard = listen(new.record, one.fields, speakers=engine.echo_speakers, scopes=scopes)
        return writing.listening(
            new, heard, lambda content: self._prepared(replace(one, fields={**one.fields, "content": content}), now)
        )

    def _chosen(self, transaction: Transaction, id: str | None, scope: Scopes, every: bool = False) -> list[Row]:
        """Return the record of an id, or the records of a scope."""
        if id is not None:
            return [self._found(transaction, id, scope, write=True)]
        if scope is None:
            raise InvalidInputError("id", "give an id, or a scope to take everything in it")
        statuses = ["active", "provisional", "superseded", "archived", "quarantined"] + (["retracted"] if every else [])
        far_past = datetime.min.replace(tzinfo=UTC)
        seen = self._visible(transaction, far_past, scope=scope, filters={"status": statuses})
        rows = list(every_row(transaction, seen))
        if not all(self._may_write(row) for row in rows):
            raise AccessError(f"scope: this handle may not write {scope!r}")
        return rows


def _given(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in part.items() if value is not None}
