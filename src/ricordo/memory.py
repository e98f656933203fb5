"""`Memory`: the one object users hold: opened, bound to scopes, closed; what it does is in the layers below."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ricordo.commits import Commits
from ricordo.config import Settings, resolve
from ricordo.engine import indexing_of, open_engine, server_of
from ricordo.plaintext.request import View
from ricordo.reads import Scopes
from ricordo.store import is_address, restore_store
from ricordo.types import Clock, TokenCounter

if TYPE_CHECKING:
    from ricordo.providers.base import Embedder, LanguageModel, Reranker
    from ricordo.text.state_rule import StateRule


class Memory(Commits):
    """A memory space. Open it with `Memory.open`; close it, or use it in a `with` block.

    Every write is durable when it returns; a read adds nothing to the log. Handles made by `scoped` share the space
    and see only their scopes. A memory may be used from several threads, and several processes may open one space.
    """

    # -- opening and closing -----------------------------------------------------------------------------------

    @classmethod
    def open(
        cls,
        path: str | Path | None = None,
        *,
        embedder: Embedder | Literal["auto"] | None = "auto",
        reranker: Reranker | Literal["auto"] | None = "auto",
        language_model: LanguageModel | Literal["auto"] | None = "auto",
        clock: Clock | None = None,
        counter: TokenCounter | None = None,
        rules: Sequence[StateRule] | None = None,
        settings: Settings | None = None,
        create: bool = True,
        space: str | None = None,
    ) -> Memory:
        """Open a space, and make it if it does not exist.

        Args:
            path: The directory of the space, the URL of a PostgreSQL database (see docs/postgresql.md), or ":memory:"
                for one that ends with the process; by default the setting `path`.
            embedder: Makes vectors; None is the lexical profile; "auto" follows the setting `embedder`, which picks
                MiniLM where its extra is installed.
            reranker, language_model: Optional models; "auto" takes those that the settings name, which by default are
                none. No write ever asks them. See docs/models.md.
            clock: Tells the time.
            counter: Counts tokens; by default an estimate.
            rules: How the states that a text tells are found; by default `ricordo.text.states.RULES`, to which you may
                add. They decide what is written, never what is read: replaying a log needs none.
            settings: Settings in place of those of file and environment.
            create: Make the space if it does not exist.
            space: The name of the space in a database; outranks the one in the URL (`?space=team`); by default
                "default".

        Raises:
            NotFoundError: There is no space and `create` is false.
            StoreError: The space can't be opened.
            InvalidInputError: A setting breaks a rule.

        >>> with Memory.open(":memory:") as memory:
        ...     verdict = memory.retain("The office is in Lisbon.", scope="team")
        ...     verdict.action, len(memory.recall("Where is the office?", scope="team"))
        ('added', 1)
        """
        engine = open_engine(
            path,
            embedder=embedder,
            reranker=reranker,
            language_model=language_model,
            clock=clock,
            counter=counter,
            rules=rules,
            settings=settings,
            create=create,
            space=space,
        )
        return cls(engine, View())

    def scoped(self, *, write: str | None = None, read: Scopes = None, principal: str | None = None) -> Memory:
        """Return a handle bound to scopes: it writes one, reads a set, and can do nothing to the space as a whole.

        Args:
            write: The scope it writes; None makes it read-only.
            read: The scopes it reads; by default the one it writes.
            principal: Whose handle it is, such as "agent:coder": read tokens and the keys of commits are bound to it.
                Only a handle on the whole space may say so; what it hands on stays the same. Given alone, the handle is
                on the whole space, under that name.

        Raises:
            AccessError: This handle is bound itself, and to less.

        >>> memory = Memory.open(":memory:")
        >>> ada = memory.scoped(write="user:ada", read=["user:ada", "team"])
        >>> ada.retain("I like tea.").record.scope
        'user:ada'
        """
        return Memory(self._engine, self._view.narrowed(write, read, principal))

    def close(self) -> None:
        """Close the space for every handle on it; finish a pending erasure if nothing stands in the way."""
        if self._engine.store.pending():
            self._engine.store.scrub()
        self._engine.close()

    def __enter__(self) -> Memory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the space as a whole ----------------------------------------------------------------------------------

    @classmethod
    def restore(cls, archive: str | Path, path: str | Path, **options: Any) -> Memory:
        """Make a space from an archive and open it. Nothing is made unless the whole archive is sound.

        Args:
            archive: The file `export` wrote.
            path: The directory of the new space, or the URL of a database; must not hold one.
            options: As for `open`.

        Raises:
            ArchiveError: The archive is damaged, cut or altered.
            InvalidInputError: There is a space at `path` already.
        """
        settings = options.get("settings") or resolve()
        server = server_of(settings) if is_address(path) else None
        index, file = indexing_of(settings), Path(archive).expanduser()
        restore_store(file, path, index, space=options.get("space"), server=server)
        return cls.open(path, **options)
