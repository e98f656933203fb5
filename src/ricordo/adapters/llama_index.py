"""A memory as a block of LlamaIndex's `Memory`: what leaves its queue is kept, and comes back when it fits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from ricordo.adapters.base import Remembers
from ricordo.errors import MissingExtraError

try:
    from llama_index.core.base.llms.types import ChatMessage, MessageRole
    from llama_index.core.bridge.pydantic import Field
    from llama_index.core.memory import BaseMemoryBlock
except ImportError as error:
    raise MissingExtraError("llama-index", "ricordo.adapters.llama_index") from error

__all__ = ["RicordoMemoryBlock"]

_SAID = {MessageRole.USER: "user", MessageRole.ASSISTANT: "assistant", MessageRole.CHATBOT: "assistant"}


class RicordoMemoryBlock(BaseMemoryBlock[str]):
    """Long-term memory for `llama_index.core.memory.Memory(memory_blocks=[...])`.

    Messages that the short-term queue lets go are retained, each once; before a turn, what it is about is recalled, as
    quoted data within a budget.

    Args:
        memory: A memory, a handle that writes the scope, or a client.
        scope: The scope that is written.
        read: Further scopes that are read.
        max_tokens: The most that is recalled.

    >>> from ricordo import Memory
    >>> block = RicordoMemoryBlock(memory=Memory.open(":memory:", embedder=None), scope="user:ada")
    >>> asyncio.run(block.aput([ChatMessage("I adopted a beagle called Pip.", role="user")]))
    >>> "beagle called Pip" in asyncio.run(block.aget([ChatMessage("What is my beagle called?", role="user")]))
    True
    """

    name: str = Field(default="long_term_memory", description="What the block is called in the prompt.")
    description: str | None = Field(default="What was said before, as quoted data.")
    memory: Any = Field(exclude=True, description="A memory, a handle that writes the scope, or a client.")
    scope: str = Field(description="The scope that is written.")
    read: tuple[str, ...] = Field(default=(), description="Further scopes that are read.")
    max_tokens: int = Field(default=1000, gt=0, description="The most that is recalled.")

    async def _aget(self, messages: list[ChatMessage] | None = None, **block_kwargs: Any) -> str:
        """Return what is known about the last thing the user said; nothing where nothing was asked."""
        asked = next((one.content for one in reversed(messages or []) if one.role == MessageRole.USER), None)
        return await asyncio.to_thread(self._recalled, asked) if asked and asked.strip() else ""

    async def _aput(self, messages: list[ChatMessage]) -> None:
        """Keep what user and assistant said; a message that comes again in its session is not kept again."""
        await asyncio.to_thread(self._retain, messages)

    async def atruncate(self, content: str, tokens_to_truncate: int) -> str | None:
        """Return the lines that still fit, the best first; None where that is none."""
        lines = content.splitlines()
        left = len(content) - 4 * tokens_to_truncate
        while len(lines) > 1 and sum(map(len, lines)) > left:
            lines.pop()
        return "\n".join(lines) if len(lines) > 1 else None

    def _recalled(self, asked: str) -> str:
        memory: Remembers = self.memory
        return str(memory.recall(asked, scope=[self.scope, *self.read], max_tokens=self.max_tokens).text)

    def _retain(self, messages: Sequence[ChatMessage]) -> None:
        memory: Remembers = self.memory
        for session, said in groupby(messages, lambda one: one.additional_kwargs.get("session_id")):
            listed = [{"role": _SAID[one.role], "content": one.content or ""} for one in said if one.role in _SAID]
            if any(one["content"].strip() for one in listed):
                memory.retain(messages=listed, scope=self.scope, session=session)
