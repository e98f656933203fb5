"""Processes that write to one space until they are killed, and what each of their calls writes."""

from __future__ import annotations

import os
import random
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any, NamedTuple, TypeVar

from benchmarks.syncs import SyncCounter

from ricordo import Memory, StoreError
from ricordo.config import resolve

_LARGEST_BATCH = 12
_PAUSE_S, _PATIENCE_S = 0.02, 60
#: A process that nobody kills ends by itself.
_LONGEST_S = 120
T = TypeVar("T")


class Place(NamedTuple):
    """Where a space is: a directory, or the URL of a database, the space's name there and the folder of followers."""

    location: str
    space: str | None = None
    followers: str = ""

    def open(self) -> Memory:
        """Open the space, and make it if it does not exist."""
        settings = resolve()
        if self.followers:
            settings = replace(settings, followers=self.followers)
        return Memory.open(self.location, embedder=None, settings=settings, space=self.space)


# -- what is written: told by the label of the writer and the number of the call alone -----------------------------


def items(label: str, number: int) -> list[dict[str, Any]]:
    """Return what a call retains; nothing where it changes what the call before wrote.

    >>> [len(items("w", number)) for number in (3, 4)]
    [1, 0]
    """
    if number % 5 == 4:
        return []
    draw = random.Random(f"{label} {number}")
    size = 1 if number % 5 == 3 or draw.random() < 0.7 else draw.randint(2, _LARGEST_BATCH)
    return [_item(f"{label}/{number}/{spot}", label, draw) for spot in range(size)]


def _item(ref: str, scope: str, draw: random.Random) -> dict[str, Any]:
    words = " ".join(f"word{draw.randint(1, 5000)}" for _ in range(draw.randint(5, 30)))
    content = f"{ref} says {words}."
    return {"content": content, "scope": scope, "speaker": "Ada", "session": scope, "ref": ref, "key": ref}


def changed(label: str, number: int) -> tuple[str, str]:
    """Return the ref that a call without items changes, and its new content."""
    ref = f"{label}/{number - 1}/0"
    return ref, f"{ref} was changed."


def make(memory: Memory, label: str, number: int, last: str) -> str:
    """Make a call; return the id of the first record it wrote."""
    given = items(label, number)
    if given:
        return memory.retain_many(given)[0].record.id
    return memory.update(last, content=changed(label, number)[1]).record.id


class Death(NamedTuple):
    """When a writer kills itself: before so many writes and syncs of SQLite (0 is never), or after the next sync."""

    step: int = 0
    synced: bool = False


NEVER = Death()


def write(place: Place, label: str, say: Callable[[str], None], *, death: Death = NEVER, patient: bool = False) -> None:
    """Make calls for ever; say the number of each when it has returned.

    Args:
        place: The space.
        label: The writer.
        say: Says a line to who has started the process.
        death: When this process kills itself.
        patient: Whether a call that fails is made again.
    """
    signal.alarm(_LONGEST_S)
    counter = SyncCounter(death.step, synced=death.synced) if death.step else None  # held: it works while it lives
    last = ""
    with _again(place.open, patient) as memory:
        for number in count():
            last = _again(partial(make, memory, label, number, last), patient)
            say(str(number))
    del counter


def _again(call: Callable[[], T], patient: bool) -> T:
    """Make a call, and make it again while the store can't do it."""
    until = time.monotonic() + (_PATIENCE_S if patient else 0)
    while True:
        try:
            return call()
        except StoreError:
            if time.monotonic() > until:
                raise
            time.sleep(_PAUSE_S)


# -- processes -----------------------------------------------------------------------------------------------------


@dataclass
class Child:
    """A process and what it says."""

    pid: int
    ear: int
    said: bytearray = field(default_factory=bytearray)

    def kill(self) -> None:
        """Kill it, as `kill -9` does."""
        os.kill(self.pid, signal.SIGKILL)

    def wait(self, longest_s: float) -> None:
        """Wait until it says something more."""
        if select.select([self.ear], [], [], longest_s)[0]:
            self.said += os.read(self.ear, 1 << 16)

    def heard(self) -> list[str]:
        """Return the whole lines that it said until it ended; it must have been killed, or have ended well."""
        with os.fdopen(self.ear, "rb") as file:
            self.said += file.read()
        status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        if status not in (0, -signal.SIGKILL):
            raise SystemExit(f"crash.py: a process ended with {status}")
        return self.said.decode().split("\n")[:-1]  # what follows the last line end was not acknowledged


def forked(work: Callable[[Callable[[str], None]], object]) -> Child:
    """Run work in a process of its own, and give it a way to say lines. This one must have opened no space."""
    ear, voice = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        os.close(voice)
        return Child(pid, ear)
    status = 1
    try:
        os.close(ear)

        def say(text: str) -> None:
            os.write(voice, f"{text}\n".encode())

        work(say)
        status = 0
    except BaseException:  # noqa: BLE001  the process ends here, whatever it was
        traceback.print_exc()
    finally:
        os._exit(status)
