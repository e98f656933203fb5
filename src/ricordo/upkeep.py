"""The keeping half of a memory: what is done to a space, or a part of it, as a whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ricordo.errors import AccessError, InvalidInputError
from ricordo.plaintext.propose import propose
from ricordo.plaintext.request import check_count
from ricordo.reads import Reads
from ricordo.store.archive import write as write_archive
from ricordo.types import Proposals, Verification


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

    # -- inside ------------------------------------------------------------------------------------------------

    def _whole(self, what: str) -> None:
        if not self._view.whole:
            raise AccessError(f"{what}: this handle is bound to scopes; the whole space is needed")
