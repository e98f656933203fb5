"""The keeping half of a memory: what is done to a space, or a part of it, as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from ricordo.errors import AccessError, InvalidInputError
from ricordo.plaintext import consolidate as consolidating
from ricordo.plaintext.draft import When, check_choice
from ricordo.plaintext.request import check_count
from ricordo.reads import Reads
from ricordo.reports import Consolidation
from ricordo.store.archive import write as write_archive
from ricordo.text.time import parse_instant
from ricordo.types import Verification


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
            work = partial(consolidating.replaced, draft=draft, indexing=engine.indexing, now=now)
            regions.append(consolidating.planned(draft) if dry_run else engine.write(work))
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

    def _whole(self, what: str) -> None:
        if not self._view.whole:
            raise AccessError(f"{what}: this handle is bound to scopes; the whole space is needed")


def _named(strategies: str | Iterable[str]) -> list[str]:
    """Return the strategies asked for, in the order they run."""
    if not isinstance(strategies, Iterable):
        raise InvalidInputError("strategies", "a name, or several", strategies)
    asked = [strategies] if isinstance(strategies, str) else list(strategies)
    for name in asked:
        check_choice("strategies", name, tuple(consolidating.STRATEGIES))
    return [name for name in consolidating.STRATEGIES if name in asked]
