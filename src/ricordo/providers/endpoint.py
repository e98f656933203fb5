"""A client of an OpenAI-compatible server: what is repeated, what is given up, and what an error says."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ricordo.config import Secret
from ricordo.errors import InvalidInputError, ModelError
from ricordo.providers.breaker import CircuitBreaker
from ricordo.providers.checks import check_seconds, check_whole
from ricordo.providers.meter import Meter
from ricordo.providers.transport import Address, Deadline, ExchangeError, Reply, Timing, Transport, retry_after

T = TypeVar("T")

#: Failures that a repetition may heal. A whole answer of a wrong shape would only cost the same again.
RETRIED = frozenset({"unreachable", "timeout", "cut", "busy", "failed"})
#: Failures of one request that say nothing about the next.
_ABOUT_THE_REQUEST = frozenset({"rejected"})
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 8.0
_SNIPPET = 200
_PART = 8
_ADVICE = {
    "unreachable": "start the server, or mend the address (settings model_url, rerank_url)",
    "timeout": "use a faster model, or allow more time (settings model_timeout_s, rerank_timeout_s)",
    "cut": "look at the server's log",
    "busy": "ask less often, or have the limit raised",
    "failed": "look at the server's log",
    "unauthorised": "check the key (settings model_key, rerank_key)",
    "not_found": "check the address and the name of the model (settings model_url, model, rerank_url, rerank_model)",
    "rejected": "check that the model takes such a request (settings model_style, rerank_field)",
    "redirected": "name the final address; redirects are not followed, so that no key goes astray",
    "too_large": "check that the address is that of a model server",
    "invalid": "check that the address is that of a server of this protocol",
}


class Endpoint:
    """An OpenAI-compatible server: its address, its key, and how patient one is with it.

    Nothing is sent before a model is asked. Safe to use from several threads; connections are kept open between calls.

    Args:
        url: The base address, such as http://localhost:8000/v1.
        key: Sent as a bearer token to this address only; shown nowhere.
        timeout_s: How long a call may take, retries and waits included.
        attempt_timeout_s: How long one attempt of it may take; None for all that is left.
        connect_timeout_s: How long making a connection may take.
        retries: How often a call is repeated after a failure in `RETRIED`.
        largest: The most bytes of an answer.
        timing: Clock, sleep and jitter.

    Raises:
        InvalidInputError: An argument breaks a rule; a bad key is not shown.

    >>> Endpoint("http://localhost:8000/v1", key="sk-123")
    Endpoint('http://localhost:8000/v1', key=Secret((set)))
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | Secret = "",
        timeout_s: float = 30.0,
        attempt_timeout_s: float | None = None,
        connect_timeout_s: float = 5.0,
        retries: int = 2,
        largest: int = 8 << 20,
        timing: Timing | None = None,
    ) -> None:
        self.address = Address.read("url", url)
        self.timing = timing or Timing()
        self._key = _checked_key(key)
        self._timeout_s = check_seconds("timeout_s", timeout_s)
        self._attempt_timeout_s = (
            None if attempt_timeout_s is None else check_seconds("attempt_timeout_s", attempt_timeout_s)
        )
        self._retries = check_whole("retries", retries, 0, 100)
        self._transport = Transport(
            self.address,
            connect_timeout_s=check_seconds("connect_timeout_s", connect_timeout_s),
            largest=check_whole("largest", largest, 1),
            timing=self.timing,
        )

    def post(
        self,
        path: str,
        payload: Mapping[str, Any],
        read: Callable[[Any], T],
        *,
        timeout_s: float | None = None,
        retrying: Callable[[], None] = lambda: None,
    ) -> T:
        """Send JSON, and return what `read` makes of the JSON that comes back.

        Args:
            path: Below the base address, such as /rerank.
            payload: What to send.
            read: Takes the document apart; raises ValueError, saying what was expected, where it has another shape.
            timeout_s: A nearer bound than the endpoint's own.
            retrying: Called before each further attempt.

        Raises:
            ModelError: No attempt brought an answer in time.
        """
        body = json.dumps(payload, allow_nan=False, separators=(",", ":")).encode()
        deadline = Deadline(self._timeout_s, self.timing.now).within(timeout_s)
        for attempt in range(self._retries + 1):
            try:
                return self._attempt(path, body, read, deadline.within(self._attempt_timeout_s))
            except ExchangeError as failure:
                wait = self._wait(failure, attempt)
                if attempt == self._retries or wait is None or not deadline.fits(wait):
                    raise self._error(failure, attempt + 1) from failure
            retrying()
            self.timing.sleep(wait)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._transport.close()

    def __repr__(self) -> str:
        return f"Endpoint({str(self.address)!r}, key={self._key!r})"

    def _attempt(self, path: str, body: bytes, read: Callable[[Any], T], deadline: Deadline) -> T:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "ricordo"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key.reveal()}"
        reply = self._transport.send("POST", path, headers, body, deadline)
        if not 200 <= reply.status < 300:
            raise self._refused(reply)
        try:
            return read(json.loads(reply.body))
        except (ValueError, RecursionError) as error:  # JSON and UTF-8 errors are ValueErrors
            if not reply.whole:
                raise ExchangeError("cut", f"the answer of {self.address} broke off") from error
            what = "an answer that is no JSON" if _is_syntax(error) else f"an unexpected answer: {error}"
            raise ExchangeError("invalid", f"{self.address} sent {what}") from error

    def _refused(self, reply: Reply) -> ExchangeError:
        status = reply.status
        reason = _reason(status)
        said = "" if reason == "unauthorised" else self._said(reply.body)
        what = f"{self.address} answered {status}{f' ({said})' if said else ''}"
        return ExchangeError(reason, what, status=status, retry_after=retry_after(reply.headers, self.timing.wall))

    def _said(self, body: bytes) -> str:
        """Return the server's own words, on one line; nothing where they hold a part of the key."""
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return ""
        text = _message(document)
        key = self._key.reveal().casefold()
        parts = {key[at : at + _PART] for at in range(max(len(key) - _PART, 0) + 1)} if key else set()
        if any(part in text.casefold() for part in parts):
            return ""
        line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
        return line if len(line) <= _SNIPPET else f"{line[: _SNIPPET - 1]}…"

    def _wait(self, failure: ExchangeError, attempt: int) -> float | None:
        """How long to wait before the next attempt; None where there is to be none.

        Half of the wait is left to chance, so that many clients that failed together do not return together.
        """
        if failure.final or failure.reason not in RETRIED:
            return None
        wait = min(_FIRST_WAIT_S * 2.0**attempt, _LONGEST_WAIT_S) * (0.5 + 0.5 * self.timing.jitter())
        return wait if failure.retry_after is None else failure.retry_after + wait

    def _error(self, failure: ExchangeError, attempts: int) -> ModelError:
        tried = f", {attempts} attempts" if attempts > 1 else ""
        message = f"{failure.what}{tried}; {_ADVICE[failure.reason]}"
        return ModelError(failure.reason, message, status=failure.status, retry_after=failure.retry_after)


class Route:
    """One path of an endpoint as a model uses it: counted, and left alone for a while where it keeps failing.

    Calls with a bound of their own rest by themselves: that a model is too slow for a query to be rewritten does not
    keep it from answering a question that may take longer.

    Args:
        endpoint: Where to.
        path: Below its base address.
        model_id: What errors call it.
        meter: Counts.
    """

    def __init__(self, endpoint: Endpoint, path: str, model_id: str, meter: Meter) -> None:
        self._endpoint, self._path, self._model_id, self._meter = endpoint, path, model_id, meter
        now = endpoint.timing.now
        self._patient, self._hurried = (
            CircuitBreaker(after=2, rest_s=30.0, longest_s=300.0, now=now) for _ in range(2)
        )
        self._last = "it failed"

    def ask(self, payload: Mapping[str, Any], read: Callable[[Any], T], timeout_s: float | None = None) -> T:
        """Send JSON and return what `read` makes of the answer; see `Endpoint.post`.

        Raises:
            ModelError: The call failed, or was not made because the ones before failed.
        """
        if timeout_s is not None:
            check_seconds("timeout_s", timeout_s)
        breaker = self._patient if timeout_s is None else self._hurried
        wait = breaker.enter()
        if wait is not None:
            self._meter.add(skipped=1)
            what = f"{self._model_id} was not asked: it kept failing, at last so: {self._last}"
            raise ModelError("resting", f"{what}; it is asked again in {math.ceil(wait)} s", retry_after=wait)
        return self._counted(breaker, lambda: self._post(payload, read, timeout_s))

    def _post(self, payload: Mapping[str, Any], read: Callable[[Any], T], timeout_s: float | None) -> T:
        def retrying() -> None:
            self._meter.add(retries=1)

        return self._endpoint.post(self._path, payload, read, timeout_s=timeout_s, retrying=retrying)

    def _counted(self, breaker: CircuitBreaker, call: Callable[[], T]) -> T:
        tell = breaker.given_up
        ended = 1
        try:
            answer = call()
            tell, ended = breaker.succeeded, 0
            return answer
        except ModelError as error:
            if error.reason not in _ABOUT_THE_REQUEST:
                self._last = str(error)
                tell = breaker.failed
            raise
        finally:
            self._meter.add(calls=1, failures=ended)
            tell()


def clean(text: str) -> str:
    """Return text with lone surrogates replaced: they have no place in UTF-8.

    >>> clean("a" + chr(0xD800))
    'a�'
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _checked_key(key: str | Secret) -> Secret:
    secret = key if isinstance(key, Secret) else Secret(key) if isinstance(key, str) else None
    if secret is None or not all("!" <= character <= "~" for character in secret.reveal()):
        raise InvalidInputError("key", "printable ASCII without spaces; it is not shown here")
    return secret


def _reason(status: int) -> str:
    known = {401: "unauthorised", 403: "unauthorised", 404: "not_found", 408: "timeout", 429: "busy"}
    if status in known:
        return known[status]
    return {3: "redirected", 4: "rejected", 5: "failed"}.get(status // 100, "invalid")


def _is_syntax(error: Exception) -> bool:
    return isinstance(error, (json.JSONDecodeError, UnicodeDecodeError, RecursionError))


def _message(document: Any) -> str:
    """Find the message in an error document: OpenAI, FastAPI and others each have a place for it."""
    for name in ("error", "message", "detail"):
        if isinstance(document, dict) and document.get(name):
            document = document[name]
    return document if isinstance(document, str) else ""
