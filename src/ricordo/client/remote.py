"""A method of `Memory` as a method of a client: the same signature, the call sent over the wire."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


def remote(method: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Return a method of a client that sends what a method of `Memory` is called with, by the client's `_call`.

    Args:
        method: The method of `Memory`; its name, its signature with its overloads and its docstring are kept.
    """
    signature, name = inspect.signature(method), method.__name__

    @wraps(method)
    def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
        told: R = self._call(name, _named(signature, signature.bind(self, *args, **kwargs)))
        return told

    return call


def like(method: Callable[Concatenate[Any, P], Any]) -> Callable[[Callable[..., R]], Callable[Concatenate[Any, P], R]]:
    """Return a decorator for a method of a client that has work to do here, with the signature of one of `Memory`.

    Args:
        method: The method of `Memory`. What is decorated is given each of its arguments by name.
    """
    signature = inspect.signature(method)

    def decorate(own: Callable[..., R]) -> Callable[Concatenate[Any, P], R]:
        @wraps(method)
        def call(self: Any, /, *args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.bind(self, *args, **kwargs)
            bound.apply_defaults()
            return own(self, **_named(signature, bound))

        return call

    return decorate


def _named(signature: inspect.Signature, bound: inspect.BoundArguments) -> dict[str, Any]:
    """Return arguments by name, without self; those of `**arguments` stand beside the others."""
    named = dict(bound.arguments)
    named.pop("self")
    for part in signature.parameters.values():
        if part.kind is part.VAR_KEYWORD:
            more: Mapping[str, Any] = named.pop(part.name, {})
            named |= more
    return named
