"""What the laws of a memory share: a memory under test, what is told to it, and a reference to compare it with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from ricordo.errors import RicordoError
from ricordo.memory import Memory
from ricordo.wire.codec import encode

ADA: dict[str, Any] = {"speaker": "Ada", "scope": "user:ada"}
_ID = re.compile(r"\b[0-9a-v]{24}\b")
#: A moment that is no round one: of recording.
_NOW = re.compile(r"\b\d{4}-\d\d-\d\dT[\d:]{8}\.\d+Z")
#: Fields that hold a place in the log or a moment of recording.
_MOVING = frozenset("cursor event events seq recorded_at at indexed_seq lexical_seq unexpired_at bytes since".split())


class Subject:
    """Makes the memories of the laws."""

    def make_memory(self) -> Memory:
        """Return a memory on an empty space, without an embedder, or what has its methods."""
        raise NotImplementedError("say how an empty memory is made")

    def memory(self) -> Memory:
        """Return a memory for a `with` block."""
        return self.make_memory()

    @staticmethod
    def told(memory: Memory) -> dict[str, str]:
        """Tell a memory a small story; return the ids by name."""
        porto = memory.retain("I live in Porto.", at="2025-01-05", ref="D1:2", **ADA)
        lisbon = memory.retain("I moved to Lisbon last week.", at="2026-05-03T10:00Z", ref="D3:7", session="s1", **ADA)
        kube = memory.retain("The cluster runs in Frankfurt.", name="kubernetes", aliases=["kube"], at="2026-05-04")
        return {
            "porto": porto.record.id,
            "lisbon": lisbon.record.id,
            "home": lisbon.states[0].record.id,
            "kube": kube.record.id,
        }

    def alike(self, *calls: Callable[[Memory, dict[str, str]], Any]) -> None:
        """Make calls on the memory under test and on a reference that was told the same: results and errors are alike.

        Ids are compared by their order of appearance; places in the log and moments of recording are not.
        """
        with self.memory() as memory, Memory.open(":memory:", embedder=None) as reference:
            own, other = self.told(memory), self.told(reference)
            for number, call in enumerate(calls):
                found = shown(partial(call, memory, own))
                wanted = shown(partial(call, reference, other))
                assert found == wanted, f"call {number}: {found} is not {wanted}"


def raised(work: Callable[[], Any]) -> RicordoError:
    """Return the error that some work raises."""
    try:
        result = work()
    except RicordoError as error:
        return error
    raise AssertionError(f"nothing was raised; it returned {result!r}")


def shown(work: Callable[[], Any]) -> str:
    """Return what some work returns or raises, as text that two memories have in common."""
    try:
        text = json.dumps(_still(encode(work())), sort_keys=True, ensure_ascii=False)
    except RicordoError as error:
        text = f"{type(error).__name__}: {error}"
    names: dict[str, str] = {}
    return _ID.sub(lambda found: names.setdefault(found[0], f"id{len(names)}"), _NOW.sub("now", text))


def _still(data: Any) -> Any:
    """Return data without what moves with the log and the clock."""
    if isinstance(data, dict):
        return {name: _still(value) for name, value in data.items() if name not in _MOVING}
    return [_still(one) for one in data] if isinstance(data, list) else data
