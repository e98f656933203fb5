"""From a request to its answer: repeated where that helps and does no harm, and honest about what isn't known."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote

from ricordo.client.request import Request
from ricordo.config import Secret
from ricordo.errors import AccessError, BusyError, ConflictError, InvalidInputError, RicordoError, UnreachableError
from ricordo.plaintext.request import View
from ricordo.providers.transport import Address, Deadline, ExchangeError, Reply, Sink, Timing, Transport, retry_after
from ricordo.wire.problems import MEDIA_TYPE, error_of
from ricordo.wire.routes import READS, SPACE, WRITES

T = TypeVar("T")
#: The longest wait before the first repetition; it doubles with each, up to `_LONGEST_WAIT_S`.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.05, 2.0
#: What work on the whole space may take, as a multiple of the time of other calls.
PATIENCE = 20
_AGAIN = frozenset({429, 502, 503, 504})


class Exchange:
    """Sends requests to one space of one server. Safe to use from several threads.

    Args:
        transport: The connections.
        address: Where to, for messages.
        space: The name of the space there.
        key: The key of the server; sent to it, and shown nowhere.
        timeout_s: How long one call may take, repetitions and waits included.
        retries: How often one call is repeated.
        timing: The clock.
    """

    def __init__(
        self,
        transport: Transport,
        address: Address,
        *,
        space: str,
        key: Secret,
        timeout_s: float,
        retries: int,
        timing: Timing,
    ) -> None:
        self.address = address
        self.space = space
        self._transport = transport
        self._key = key
        self._timeout_s = timeout_s
        self._retries = retries
        self._timing = timing
        self._base = SPACE.format(space=quote(space, safe=""))

    def ask(self, asked: Request, view: View, *, more_s: float = 0.0) -> dict[str, Any]:
        """Send a request and return the JSON of its answer.

        Args:
            asked: The request.
            view: The scopes of the handle that asks.
            more_s: How much longer it may take.

        Raises:
            UnreachableError: There was no answer; `unknown` where it may have been done all the same.
            RicordoError: What the server raised.
        """
        slow = asked.route.right in ("admin", "erase")
        timeout_s = self._timeout_s * (PATIENCE if slow else 1) + more_s
        headers = {**asked.headers, **scopes(view)}

        def send(deadline: Deadline) -> Reply:
            return self._send(asked.route.verb, asked.path, headers, asked.body, deadline)

        return self._tried(_Call(asked.route.name, asked.key, asked.writes), send, _document, timeout_s)

    def fetch(self, path: str, view: View, sink: Callable[[], Sink]) -> None:
        """Have the body of a GET written away, however long it is.

        Args:
            path: Behind the path of the space.
            view: The scopes of the handle that asks.
            sink: Returns what takes the body, from its beginning; called for each attempt.
        """

        def send(deadline: Deadline) -> Reply:
            return self._send("GET", path, scopes(view), None, deadline, sink())

        self._tried(_Call(path.strip("/"), None, False), send, lambda reply: None, self._timeout_s * PATIENCE)

    def make_space(self) -> None:
        """Make the space, unless it is there already."""

        def send(deadline: Deadline) -> Reply:
            return self._send("PUT", "", {}, b"", deadline)

        self._tried(_Call("connect", None, False), send, _document, self._timeout_s)

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._transport.close()

    def _send(
        self,
        verb: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: Deadline,
        sink: Sink | None = None,
    ) -> Reply:
        own = {"Accept": "*/*" if sink else "application/json", "User-Agent": "ricordo"}
        if body is not None:
            own["Content-Type"] = "application/json"
        if self._key:
            own["Authorization"] = f"Bearer {self._key.reveal()}"
        return self._transport.send(verb, f"{self._base}{path}", {**own, **headers}, body, deadline, sink)

    def _tried(self, call: _Call, send: Callable[[Deadline], Reply], read: Callable[[Reply], T], timeout_s: float) -> T:
        """Send until there is an answer that counts."""
        deadline = Deadline(timeout_s, self._timing.now)
        while True:
            try:
                reply = send(deadline)
                if 200 <= reply.status < 300:
                    return read(reply)
                failure = self._refused(reply, call)
            except ExchangeError as error:
                failure = error
            call.unknown = call.unknown or (call.writes and failure.reason not in _NOT_DONE)
            if failure.stale:
                continue  # each takes a kept connection away; the next is asked for at once, or a new one made
            call.made += 1
            wait = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** (call.made - 1)) * self._timing.jitter()
            wait += failure.retry_after or 0.0
            last = failure.final or (call.made > self._retries and failure.reason != "under way")
            if last or not deadline.fits(wait):
                raise self._given_up(failure, call) from failure
            self._timing.sleep(wait)

    def _refused(self, reply: Reply, call: _Call) -> ExchangeError:
        """Return an answer without success as a failure that may pass; raise what will not."""
        error, ours = _raised(reply, self.address)
        # What a request meets that was sent before, and is being done there still.
        waiting = ours and call.unknown and type(error) is ConflictError
        passing = isinstance(error, (BusyError, UnreachableError)) if ours else reply.status in _AGAIN
        if not passing and not waiting:
            raise error
        undone = ours and not getattr(error, "unknown", False)
        reason = "under way" if waiting else "refused" if undone else "failed"
        after = retry_after(reply.headers, self._timing.wall)
        failure = ExchangeError(reason, str(error), status=reply.status, retry_after=after)
        failure.__cause__ = error
        return failure

    def _given_up(self, failure: ExchangeError, call: _Call) -> RicordoError:
        cause = failure.__cause__
        if isinstance(cause, RicordoError) and not call.unknown:
            return cause
        tried = f" ({call.made} attempts)" if call.made > 1 else ""
        said = f"{failure.what}{tried}"
        if not call.unknown:
            return UnreachableError(f"{said}; {_ADVICE.get(failure.reason, _ADVICE['cut'])}")
        named = "" if call.key is None else f" under the key {call.key!r}"
        doubt = f"whether `{call.name}` was done isn't known: repeat it{named}, which does it at most once"
        return UnreachableError(f"{said}; {doubt}", unknown=True, key=call.key)


@dataclass(slots=True)
class _Call:
    """One call and what became of it.

    Args:
        name: What it is called in an error.
        key: Its idempotency key.
        writes: Whether it matters that nobody knows if it was done.
        unknown: Whether an attempt may have been done without an answer.
        made: How many attempts failed.
    """

    name: str
    key: str | None
    writes: bool
    unknown: bool = False
    made: int = 0


def _document(reply: Reply) -> dict[str, Any]:
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        raise ExchangeError("invalid", "the server's answer broke off, or is no JSON") from error
    if not isinstance(document, dict):
        raise ExchangeError("invalid", "the server's answer is no object")
    return document


#: Failures after which nothing was done.
_NOT_DONE = frozenset({"unreachable", "refused"})
_ADVICE = {
    "unreachable": "start it with `ricordo serve`, or check the address",
    "timeout": "try again, or give it longer with timeout_s",
    "cut": "try again",
    "invalid": "check that the address is that of a Ricordo server",
    "too_large": "ask for less at a time",
}


def scopes(view: View) -> dict[str, str]:
    """Return the headers that say to which scopes a handle is bound; none where it is all that its key may.

    >>> scopes(View("user:ada", ("user:ada", "team, all")))
    {'Memory-Read': 'user%3Aada,team%2C%20all', 'Memory-Write': 'user%3Aada'}
    """
    if view.read is None:
        return {}
    reads = {READS: ",".join(quote(label, safe="") for label in view.read)}
    return reads if view.write is None else {**reads, WRITES: quote(view.write, safe="")}


def _raised(reply: Reply, address: Address) -> tuple[RicordoError, bool]:
    """Return what an answer without success says, and whether it is Ricordo that says it."""
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):
        document = None
    kind = reply.headers.get("content-type", "").partition(";")[0].strip()
    if kind == MEDIA_TYPE and isinstance(document, dict):
        error = error_of(document, reply.status)
        if isinstance(document.get("request_id"), str):
            error.add_note(f"request {document['request_id']}")
        return error, True
    return _foreign(reply.status, address), False


def _foreign(status: int, address: Address) -> RicordoError:
    """Return what an answer says that is not Ricordo's: of a server between, or of another one."""
    said = f"{address} answered {status}"
    if 300 <= status < 400:
        return UnreachableError(f"{said}, a redirect, which is not followed; give the address it leads to")
    if status in (401, 403):
        return AccessError(f"{said}; check the key")
    if status == 413:
        return InvalidInputError("body", f"shorter; {said}")
    if status in _AGAIN:
        return UnreachableError(f"{said}; a server between can't reach it, or it is too busy; try again")
    return UnreachableError(f"{said}, and no word of Ricordo's; check that the address is that of a Ricordo server")
