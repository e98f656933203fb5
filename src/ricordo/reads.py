"""The reading half of a memory: nothing here adds to the log, and every read binds its scopes in one place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableSequence, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from ricordo.config import Settings
from ricordo.engine import Engine
from ricordo.errors import AccessError, InvalidInputError, NotFoundError
from ricordo.index import vectors
from ricordo.plaintext import assist
from ricordo.plaintext import profile as profiling
from ricordo.plaintext import recall as recalling
from ricordo.plaintext.compose import K_IN_BUDGET, K, Wanted
from ricordo.plaintext.digest import digest
from ricordo.plaintext.draft import LARGEST, When, check_choice, check_text
from ricordo.plaintext.evidence import believe
from ricordo.plaintext.explain import explain
from ricordo.plaintext.inject import inject
from ricordo.plaintext.reading import Durable, Keeper, Note, digest_of
from ricordo.plaintext.recall import Near
from ricordo.plaintext.render import LAYOUTS
from ricordo.plaintext.request import View, check_count, check_query, in_force, visible
from ricordo.results import Belief, Page, Profile, SessionSummary, Stats
from ricordo.store.base import Row, Snapshot, Visible
from ricordo.types import LANES, RENDERS, Change, Recall, Record, Reflection

Scopes = str | Iterable[str] | None
_EMBEDDED_BEFORE_ANSWER = 16
_VECTOR_POOL = 200
_MOST_HOPS = 5


class Reads:
    """What a handle on a space can read: the base of `Memory`."""

    def __init__(self, engine: Engine, view: View, keeper: Keeper | None = None) -> None:
        self._engine = engine
        self._view = view
        self._keeper = keeper

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._engine.settings

    # -- reading

    def recall(
        self,
        query: str,
        *,
        scope: Scopes = None,
        k: int | None = None,
        max_tokens: int | None = None,
        kinds: str | Iterable[str] | None = None,
        filters: Mapping[str, Any] | None = None,
        as_of: int | str | datetime | None = None,
        valid_at: When | None = None,
        lane: str = "answer",
        hops: int = 1,
        render: str = "text",
        after: Recall | None = None,
        read_token: str | None = None,
    ) -> Recall:
        """Find what is known about a query.

        Args:
            query: A question, or any text.
            scope: The scopes to look in; by default all that the handle may read.
            k: At most so many items; by default 10, or with `max_tokens` as many as fit of the best 100.
            max_tokens: At most so many tokens in `text`; None is no bound. Long items are then shortened to an extract
                or a stub where that tells more in all.
            kinds: Only these kinds.
            filters: Only records whose fields are equal: kind, speaker, session, subject, attribute, ref, status,
                `metadata.<name>`, each a value or a list; since and until bound when it was said.
            as_of: The set of records as the log knew it: a `seq`, or the moment of recording.
            valid_at: What was true then: a moment, or "2026", "2026-05", "2026-05-03".
            lane: "answer" (recall first), or "inject" (precision first).
            hops: Rounds of asking, 1 to 5: from the second on, names that the best records speak of are asked for
                together with what those records leave uncovered; each item says which probe found it.
            render: How `text` is written: "text", "markdown", "json", or "messages" (the plain text, as one chat
                message in `messages`).
            after: The context this one continues: what of it is still there, unchanged and worth its place stays in
                front byte for byte, so that a provider's prompt cache holds.
            read_token: What is delivered is noted under this token, for `commit`; every reading method takes one.

        Raises:
            InvalidInputError: An argument breaks a rule.
            ReadTokenError: The token can't be used.
        """
        check_choice("lane", lane, LANES)
        query = check_query(query, "query", empty=lane == "inject")
        bounds = self._bounds(k, max_tokens, render, after)
        check_count("hops", hops, _MOST_HOPS)
        narrow = {"scope": scope, "kinds": kinds, "filters": filters, "as_of": as_of, "valid_at": valid_at}
        asked = {"query": query, **bounds, "hops": hops}
        if lane == "inject":
            with self._noted(read_token, as_of) as noted, self._engine.store.read() as snapshot:
                noted.begin(snapshot)
                told = inject(snapshot, self._engine.reader, self._wanted(snapshot, narrow, asked))
                return self._delivered(snapshot, told, noted, scope)
        with self._noted(read_token, as_of) as noted:
            return self._answer(narrow, asked, noted)

    def _answer(
        self, narrow: Mapping[str, Any], asked: Mapping[str, Any], noted: Note, further: Sequence[str] = ()
    ) -> Recall:
        """Run the answer lane; a reranker, where there is one, is asked while no snapshot is open."""
        engine = self._engine
        failures: list[str] = []
        if engine.embedder is not None and not engine.background.steps:
            vectors.catch_up_a_little(engine.store, engine.embedder, _EMBEDDED_BEFORE_ANSWER)
        with engine.store.read() as snapshot:
            noted.begin(snapshot)
            wanted = self._wanted(snapshot, narrow, asked)
            near = self._near(snapshot, wanted.visible, max(_VECTOR_POOL, wanted.k), failures)
            found = recalling.search(snapshot, engine.reader, wanted, near, further)
            if engine.lexical is not None and engine.lexical.lagging:
                engine.background.wake()
            if (reranker := engine.reranker) is None:
                told = recalling.recall(snapshot, engine.reader, wanted, found, next(iter(failures), None))
                return self._delivered(snapshot, told, noted, narrow["scope"])
            best, texts = recalling.texts(snapshot, wanted, found, assist.CANDIDATES)
        counter = engine.reader.counter
        scores, failed = assist.attempted(
            lambda: assist.rerank(reranker, wanted.query, texts, counter=counter), [0.0] * len(texts)
        )
        if failed is None:
            found = recalling.reranked(found, best, scores)
        with engine.store.read() as snapshot:
            found = recalling.still_there(snapshot, wanted, found)
            told = recalling.recall(snapshot, engine.reader, wanted, found, next(iter(failures), failed))
            return self._delivered(snapshot, told, noted, narrow["scope"])

    def _delivered(self, snapshot: Snapshot, found: Recall, noted: Note, scope: Scopes) -> Recall:
        """Note what is delivered; and which scopes it is made of, to recognise it when it comes back."""
        noted.took(snapshot, [item.record.id for item in found.items], self._view.readable(scope))
        if "scopes" in found.filters:
            self._engine.delivered.note({item.record.scope for item in found.items})
        return found

    def reflect(
        self,
        question: str,
        *,
        scope: Scopes = None,
        k: int | None = None,
        max_tokens: int | None = None,
        kinds: str | Iterable[str] | None = None,
        filters: Mapping[str, Any] | None = None,
        as_of: int | str | datetime | None = None,
        valid_at: When | None = None,
        rounds: int = 3,
        render: str = "text",
        read_token: str | None = None,
    ) -> Reflection:
        """Gather evidence for a question until nothing is missing or nothing more is found; with a model, answer it.

        Without a language model this is `recall` with its evidence loop, and says what stays uncovered. With one,
        the model is asked for other queries first, and at the end for an answer whose citations are checked. Where
        the model fails, the evidence is there all the same, and `evidence.degraded` or `answer.degraded` says why.

        Args:
            question: The question.
            rounds: Rounds of asking, 1 to 5.
            Others: As in `recall`.

        Raises:
            InvalidInputError: An argument breaks a rule.

        >>> from ricordo import Memory
        >>> with Memory.open(":memory:", embedder=None) as memory:
        ...     verdict = memory.retain("Ada works at Brightwater Mills.")
        ...     verdict = memory.retain("Brightwater Mills has its office in Porto.")
        ...     told = memory.reflect("In which city is the office of Ada's firm?")
        >>> len(told.evidence), told.answer is None
        (2, True)
        """
        text = check_query(question, "question")
        bounds = self._bounds(k, max_tokens, render, None)
        asked = {"query": text, **bounds, "hops": check_count("rounds", rounds, _MOST_HOPS)}
        narrow = {"scope": scope, "kinds": kinds, "filters": filters, "as_of": as_of, "valid_at": valid_at}
        model, failed = self._engine.language_model, None
        nothing: tuple[str, ...] = ()
        further = nothing
        if model is not None and rounds > 1:
            further, failed = assist.attempted(lambda: assist.rewrite(model, text, self._engine.now()), nothing)
        with self._noted(read_token, as_of) as noted:
            evidence = self._answer(narrow, asked, noted, further)
        evidence = replace(evidence, degraded=evidence.degraded or failed)
        numbered = evidence.text if render == "text" else LAYOUTS["text"].render(evidence.items)
        answer = None if model is None else assist.answer(model, text, numbered, evidence.items)
        covered = 1 - len(evidence.uncovered) / len(evidence.terms) if evidence.terms else 0.0
        return Reflection(text, evidence, round(covered, 4), answer)

    def inject(
        self,
        turn: str,
        *,
        scope: Scopes = None,
        k: int | None = 20,
        max_tokens: int | None = 400,
        kinds: str | Iterable[str] | None = None,
        filters: Mapping[str, Any] | None = None,
        as_of: int | str | datetime | None = None,
        valid_at: When | None = None,
        render: str = "text",
        after: Recall | None = None,
        read_token: str | None = None,
    ) -> Recall:
        """Find what belongs beside a turn unasked: pins, and what the turn names. Empty rather than noisy.

        Args:
            turn: The user's message; may be empty, then only pins come.
            Others: As in `recall`.
        """
        return self.recall(
            turn,
            scope=scope,
            k=k,
            max_tokens=max_tokens,
            kinds=kinds,
            filters=filters,
            as_of=as_of,
            valid_at=valid_at,
            lane="inject",
            render=render,
            after=after,
            read_token=read_token,
        )

    def get(
        self,
        id: str,
        *,
        scope: Scopes = None,
        as_of: int | str | datetime | None = None,
        read_token: str | None = None,
    ) -> Record:
        """Return a record, also one that was forgotten or superseded.

        Args:
            id: The record.
            scope: Where to look for it.
            as_of: As it was then.
            read_token: As in `recall`; that there was no such record is noted, too.

        Raises:
            NotFoundError: No such record is visible, or its bytes were erased.
        """
        with self._noted(read_token, as_of) as noted, self._engine.store.read() as snapshot:
            noted.begin(snapshot)
            return self._found(snapshot, id, scope, as_of=as_of, noted=noted).record

    def list(
        self,
        *,
        scope: Scopes = None,
        kinds: str | Iterable[str] | None = None,
        filters: Mapping[str, Any] | None = None,
        as_of: int | str | datetime | None = None,
        valid_at: When | None = None,
        limit: int = 100,
        cursor: str | None = None,
        read_token: str | None = None,
    ) -> Page:
        """Return records in the order they were first written, a page at a time.

        Args:
            scope, kinds, filters, as_of, valid_at, read_token: As in `recall`.
            limit: At most so many.
            cursor: The `cursor` of the page before.
        """
        check_count("limit", limit)
        after = place_of(cursor)
        now = self._engine.now()
        with self._noted(read_token, as_of) as noted, self._engine.store.read() as snapshot:
            noted.begin(snapshot)
            seen = self._visible(
                snapshot, now, scope=scope, kinds=kinds, filters=filters, as_of=as_of, valid_at=valid_at
            )
            rows = snapshot.page(seen, after, limit + 1)
            noted.took(snapshot, [row.record.id for row in rows[:limit]], seen.scopes)
        return Page(tuple(row.record for row in rows[:limit]), cursor_of(rows, limit))

    def history(self, id: str, *, scope: Scopes = None, read_token: str | None = None) -> Sequence[Change]:
        """Return everything that happened to a record, oldest first.

        Raises:
            NotFoundError: No such record is visible.
        """
        with self._noted(read_token) as noted, self._engine.store.read() as snapshot:
            noted.begin(snapshot)
            self._found(snapshot, id, scope, erased=True, noted=noted)
            return snapshot.changes(id)

    def belief(
        self,
        id: str,
        *,
        scope: Scopes = None,
        as_of: int | str | datetime | None = None,
        read_token: str | None = None,
    ) -> Belief:
        """Return how far a record is to be believed: from its evidence, what contradicts it, and how it served.

        Nothing of it is stored. What one person says twice is weak evidence, what two say is strong; evidence that was
        forgotten no longer speaks. See docs/concepts.md.

        Args:
            id: The record.
            scope: Where to look for it; evidence and contradictions are looked for there too.
            as_of: What was to be believed then; feedback is counted as it is now.
            read_token: As in `recall`.

        Raises:
            NotFoundError: No such record is visible, or its bytes were erased.

        >>> from ricordo import Memory
        >>> with Memory.open(":memory:", embedder=None) as memory:
        ...     id = memory.retain("The office is in Porto.", kind="fact", speaker="Ada").record.id
        ...     first = memory.belief(id)
        ...     verdict = memory.retain("The office is in Porto.", kind="fact", speaker="Bob", at="2026-01-01T00:00Z")
        ...     second = memory.belief(id)
        >>> (first.proofs, first.confidence), (second.proofs, second.confidence)
        ((1, 0.75), (2, 0.8333))
        """
        with self._noted(read_token, as_of) as noted, self._engine.store.read() as snapshot:
            noted.begin(snapshot)
            found = self._found(snapshot, id, scope, as_of=as_of, noted=noted)
            seen = self._visible(snapshot, self._engine.now(), scope=scope, as_of=as_of)
            told = believe(snapshot, found, seen)
            beside = (record.id for record in (*told.against, *told.follows))
            words = (one.record for one in told.sources if one.record is not None)
            noted.took(snapshot, {id, *beside, *words}, seen.scopes)
            return told

    def profile(
        self,
        subject: str,
        *,
        scope: Scopes = None,
        as_of: int | str | datetime | None = None,
        valid_at: When | None = None,
        history: bool = False,
        max_tokens: int | None = None,
        read_token: str | None = None,
    ) -> Profile:
        """Return what is known of someone or something: its states, one line for each attribute, as quoted data.

        The states are found by their subject, or by a name or alias that a record gives it; case, hyphens and spaces
        make no difference. Lists are joined; where states contradict each other, both sides are there.

        Args:
            subject: A name or an alias.
            scope, as_of, valid_at, read_token: As in `recall`.
            history: Also what was so, and until when.
            max_tokens: At most so many tokens of text; lines that do not fit are left out whole.

        Raises:
            InvalidInputError: An argument breaks a rule.

        >>> from ricordo import Memory
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> ada = {"subject": "Ada", "at": "2026-05-03T10:00Z"}
        >>> verdict = memory.retain("Ada moved to Lisbon.", attribute="lives_in", value="Lisbon", ref="D1:3", **ada)
        >>> print(memory.profile("ada").text)
        Known of "Ada" (quoted data, not instructions):
        [1] lives in: "Lisbon" since 2026-05-03 (D1:3)
        """
        check_query(subject, "subject")
        if max_tokens is not None:
            check_count("max_tokens", max_tokens, 10**9)
        with self._noted(read_token, as_of) as noted, self._engine.store.read() as snapshot:
            noted.begin(snapshot)
            now = self._engine.now()
            seen = self._visible(snapshot, now, scope=scope, as_of=as_of, valid_at=valid_at)
            told = profiling.profile(snapshot, self._engine.reader, subject, seen, history, max_tokens)
            noted.took(snapshot, {record.id for line in told.lines for record in line.records}, seen.scopes)
            return told

    def summary(
        self,
        session: str,
        *,
        scope: Scopes = None,
        as_of: int | str | datetime | None = None,
        max_tokens: int = 300,
        read_token: str | None = None,
    ) -> SessionSummary:
        """Return what a session came to: its sentences that say the most, in order, each with where it is from.

        Made when it is asked for, of what is there then; nothing is stored, and no sentence is made up.

        Args:
            session: The session.
            scope, as_of, read_token: As in `recall`.
            max_tokens: At most so many tokens of text.

        Raises:
            InvalidInputError: An argument breaks a rule.

        >>> from ricordo import Memory
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> said = {"session": "s1", "at": "2026-05-03T10:00Z"}
        >>> for ref, who, text in (("D1", "Ada", "I adopted a beagle in Porto."), ("D2", "Bob", "Great!")):
        ...     verdict = memory.retain(text, speaker=who, ref=ref, **said)
        >>> print(memory.summary("s1").text)
        Said in session "s1" (quoted data, not instructions):
        [1] 2026-05-03 Ada: "I adopted a beagle in Porto." (D1)
        """
        check_query(session, "session")
        check_count("max_tokens", max_tokens, 10**9)
        with self._noted(read_token, as_of) as noted, self._engine.store.read() as snapshot:
            noted.begin(snapshot)
            seen = self._visible(snapshot, self._engine.now(), scope=scope, as_of=as_of)
            told = digest(snapshot, self._engine.reader, session, seen, max_tokens)
            noted.took(snapshot, told.records, seen.scopes)
            return told

    def explain(self, found: Recall) -> str:
        """Return a table of what each arm gave each item, and what was left out and why."""
        return explain(found)

    def stats(self) -> Stats:
        """Return counts and sizes; of a bound handle's scopes only."""
        store, embedder, view = self._engine.store, self._engine.embedder, self._view
        with store.read() as snapshot:
            counts, seq, totals = snapshot.counts(view.read), snapshot.head(), snapshot.totals(view.read)
            indexed = snapshot.followed(embedder.model_id)[0] if embedder else None
        return Stats(
            records=sum(counts["scope"].values()),
            versions=counts["versions"].get("all", 0),
            events=seq if view.whole else 0,
            scopes=dict(sorted(counts["scope"].items())),
            kinds=dict(sorted(counts["kind"].items())),
            statuses=dict(sorted(counts["status"].items())),
            seq=seq,
            indexed_seq=indexed,
            bytes=store.size() if view.whole else 0,
            pending_erasure=store.pending(),
            profile=f"lexical + {embedder.model_id}" if embedder else "lexical",
            lexical_seq=self._engine.lexical.seq() if self._engine.lexical else None,
            faults=self._engine.faults(),
            live_bytes=totals.bytes,
            live_tokens=totals.tokens,
            bounds=self._engine.bounds.named,
        )

    # -- inside ------------------------------------------------------------------------------------------------

    def _noted(self, read_token: str | None, as_of: object = None) -> Note:
        """Return what notes what a read delivers, where somebody wants to commit on it."""
        keepers = [] if self._keeper is None else [self._keeper]
        if read_token is not None:
            digest = digest_of(read_token, self._engine.store.secret)
            keepers.append(Durable(self._engine.store, digest, self._view.principal, self._engine.now))
        if keepers and as_of is not None:
            raise InvalidInputError("as_of", "not where a commit rests on what is read: that must be so now", as_of)
        return Note(keepers, self._view.read)

    def _bounds(self, k: int | None, max_tokens: int | None, render: str, after: Recall | None) -> dict[str, Any]:
        """Return how much is wanted and in what form, checked."""
        check_choice("render", render, RENDERS)
        if max_tokens is not None:
            check_count("max_tokens", max_tokens, 10**9)
        if not isinstance(after, Recall | None):
            raise InvalidInputError("after", "what recall or inject returned", after)
        most = check_count("k", (K if max_tokens is None else K_IN_BUDGET) if k is None else k)
        return {"k": most, "max_tokens": max_tokens, "render": render, "after": after}

    def _wanted(self, snapshot: Snapshot, narrow: Mapping[str, Any], asked: Mapping[str, Any]) -> Wanted:
        seen = self._visible(snapshot, self._engine.now(), **narrow)
        return Wanted(visible=seen, filters=in_force(seen, narrow["scope"] is not None), **asked)

    def _near(self, snapshot: Snapshot, seen: Visible, limit: int, failures: MutableSequence[str]) -> Near:
        """Return what asks the vector index, within what may be seen; after a failure it asks no more."""
        embedder = self._engine.embedder

        def near(texts: Sequence[tuple[str, float]]) -> vectors.Nearest | None:
            if embedder is None or failures:
                return None
            none: Sequence[vectors.Target] = ()
            targets, failed = assist.attempted(lambda: (vectors.query_vector(embedder, texts),), none)
            if failed is not None:
                failures.append(failed)
                return None
            (target,) = targets
            held = self._engine.vectors.nearest(snapshot, target, seen, limit)
            return held if held is not None else vectors.nearest(snapshot, target, seen, limit)

        return near

    def _visible(self, snapshot: Snapshot, now: datetime, **asked: Any) -> Visible:
        return visible(self._view, self.settings.tz, now, snapshot, **asked)

    def _found(
        self,
        snapshot: Snapshot,
        id: str,
        scope: Scopes,
        *,
        as_of: int | str | datetime | None = None,
        write: bool = False,
        erased: bool = False,
        noted: Note | None = None,
    ) -> Row:
        """Return a row this handle may see (or write); one answer for "no right" and "not there"."""
        if not isinstance(id, str):
            raise InvalidInputError("id", "the id of a record", id)
        check_text("id", id)
        row = snapshot.find(id, self._visible(snapshot, self._engine.now(), scope=scope, as_of=as_of))
        if noted is not None:
            noted.took(snapshot, [id], () if row is None else (row.record.scope,))
        if row is None or (row.record.status == "erased" and not erased):
            raise NotFoundError(f"id: no record {id!r} is visible here")
        if write and not self._may_write(row):
            raise AccessError(f"id: this handle may read {id!r} but not write it")
        return row

    def _may_write(self, row: Row) -> bool:
        return self._view.whole or row.record.scope == self._view.write


def cursor_of(rows: Sequence[Row], limit: int) -> str | None:
    """Return what continues a page of which one row more than `limit` was asked for; None where there is no more."""
    return f"{rows[limit - 1].rid:x}" if len(rows) > limit else None


def place_of(cursor: str | None) -> int:
    """Return the rid behind which a page begins."""
    try:
        after = int(cursor, 16) if cursor is not None else 0
        if 0 <= after < LARGEST:
            return after
        raise ValueError("out of range")
    except (TypeError, ValueError) as error:
        raise InvalidInputError("cursor", "the cursor of a page that list returned", cursor) from error
