"""What an adapter asks of a memory: these methods, be it a `Memory`, a handle bound to scopes, or a client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol


class Remembers(Protocol):
    """Anything with the methods of `Memory` that the adapters call."""

    @property
    def retain(self) -> Callable[..., Any]:
        """As `Memory.retain`."""

    @property
    def update(self) -> Callable[..., Any]:
        """As `Memory.update`."""

    @property
    def forget(self) -> Callable[..., Any]:
        """As `Memory.forget`."""

    @property
    def commit(self) -> Callable[..., Any]:
        """As `Memory.commit`."""

    @property
    def list(self) -> Callable[..., Any]:
        """As `Memory.list`."""

    @property
    def recall(self) -> Callable[..., Any]:
        """As `Memory.recall`."""

    @property
    def inject(self) -> Callable[..., Any]:
        """As `Memory.inject`."""

    @property
    def profile(self) -> Callable[..., Any]:
        """As `Memory.profile`."""
