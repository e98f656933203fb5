"""Puts our session in the place of the SQLite and SQLAlchemy sessions of OpenAI's Agents SDK."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import agents
import agents.memory
from agents.memory import SessionSettings

from ricordo import Client, Memory
from ricordo.adapters.openai_agents import RicordoSession

Settings = SessionSettings | dict[str, Any] | None


class SQLiteSession(RicordoSession):
    """Our session, made as theirs is: by the name of a file."""

    def __init__(self, session_id: str, db_path: str | Path = ":memory:", session_settings: Settings = None) -> None:
        place = str(db_path) if str(db_path) == ":memory:" else f"{db_path}.ricordo"
        super().__init__(session_id, Memory.open(place, embedder=None), session_settings=session_settings)

    def close(self) -> None:
        """Close the memory, which here is the session's own."""
        self.memory.close()


class Engine:
    """What is left of an engine: the memory can be disposed of.

    Args:
        memory: The memory.
    """

    def __init__(self, memory: Memory | Client) -> None:
        self._memory = memory

    async def dispose(self) -> None:
        """Close the memory."""
        self._memory.close()


class SQLAlchemySession(SQLiteSession):
    """The same, made by the address of a database or an engine of SQLAlchemy."""

    @property
    def engine(self) -> Engine:
        """What the tests dispose of at their end."""
        return Engine(self.memory)

    def __init__(
        self, session_id: str, *, engine: Any, create_tables: bool = False, session_settings: Settings = None
    ) -> None:
        super().__init__(session_id, engine.url.database or ":memory:", session_settings)

    @classmethod
    def from_url(
        cls, session_id: str, *, url: str, create_tables: bool = False, session_settings: Settings = None
    ) -> SQLAlchemySession:
        """Open the space beside the file that an address names."""
        from sqlalchemy.engine import make_url

        session = cls.__new__(cls)
        SQLiteSession.__init__(session, session_id, make_url(url).database or ":memory:", session_settings)
        return session


for _module in (agents, agents.memory):
    _module.__dict__["SQLiteSession"] = SQLiteSession
_sqlalchemy = ModuleType("agents.extensions.memory.sqlalchemy_session")
_sqlalchemy.__dict__["SQLAlchemySession"] = SQLAlchemySession
sys.modules[_sqlalchemy.__name__] = _sqlalchemy
