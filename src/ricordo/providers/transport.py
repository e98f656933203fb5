"""One HTTP exchange within a deadline: nothing a server sends, or leaves unsent, can hold the caller longer.

On the standard library: `http.client` does the protocol, and every read and write of the socket is given what is left
of the deadline, so a server that drips bytes gains nothing. Only the operating system's look-up of a host name has
bounds of its own. No proxy is used, and redirects are not followed.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import math
import os
import random
import selectors
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from ricordo.errors import InvalidInputError

#: The most bytes of a status line and headers.
_HEAD = 65_536
_PIECE = 65_536
_IDLE_S = 30.0
_ENDLESS = 1 << 62
#: Takes a body piece by piece.
Sink = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Timing:
    """Where time comes from, so that tests need none.

    Args:
        now: Seconds that never go back.
        wall: Seconds since 1970, to read a date in Retry-After.
        sleep: Waits.
        jitter: A number in [0, 1) for each wait.
    """

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Address:
    """A server's base address.

    >>> Address.read("model_url", "http://localhost:8000/v1/")
    Address(scheme='http', host='localhost', port=8000, path='/v1')
    """

    scheme: str
    host: str
    port: int
    path: str

    @classmethod
    def read(cls, name: str, url: str) -> Address:
        """Return the parts of a URL.

        Args:
            name: What to call it in an error.
            url: http or https, with a host; no user name, query or fragment, which could hold a key.

        Raises:
            InvalidInputError: It is anything else. The URL is shown only where it can hold no key.
        """
        if not isinstance(url, str):
            raise InvalidInputError(name, _URL)
        shown: tuple[str, ...] = () if set(url) & set("@?#") else (url,)
        try:
            parts = urlsplit(url)
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
            host = (parts.hostname or "").encode("idna").decode()
        except (ValueError, KeyError) as error:
            raise InvalidInputError(name, _URL, *shown) from (error if shown else None)
        odd = any(ord(character) <= 32 or character == "\x7f" for character in url)
        if not host or odd or not shown or parts.username is not None:
            raise InvalidInputError(name, _URL, *shown)
        return cls(parts.scheme, host, port, quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=-._~"))

    @property
    def place(self) -> str:
        """Host and port."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def local(self) -> bool:
        """Whether it is this machine, so that nothing sent there crosses a network."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.place}{self.path}"


_URL = "an address such as http://localhost:8000/v1: http or https, without user name, query or fragment"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `whole` is false where the server did not say where the body ends."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool


class ExchangeError(Exception):
    """An exchange failed. Turned into an error of the library one level up; `reason` as in `ModelError`.

    `stale` tells that a connection which had been idle ended before anything came: most likely it had been closed.
    """

    def __init__(
        self,
        reason: str,
        what: str,
        *,
        final: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
        stale: bool = False,
    ) -> None:
        self.reason, self.what, self.final = reason, what, final
        self.status, self.retry_after, self.stale = status, retry_after, stale
        super().__init__(what)


class Deadline:
    """A moment by which all must be done.

    Args:
        seconds: How long from now.
        now: The clock.
    """

    def __init__(self, seconds: float, now: Callable[[], float]) -> None:
        self.seconds = seconds
        self._now = now
        self._end = now() + seconds

    def left(self) -> float:
        """Return the seconds left.

        Raises:
            TimeoutError: None are.
        """
        left = self._end - self._now()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left

    def fits(self, seconds: float) -> bool:
        """Tell whether so many seconds may pass, and some are left then."""
        return self._now() + seconds < self._end

    def within(self, seconds: float | None) -> Deadline:
        """Return this deadline, or a nearer one so many seconds from now."""
        left = self._end - self._now()
        return self if seconds is None or seconds >= left else Deadline(seconds, self._now)


class Transport:
    """Connections to one address, kept open between calls. Safe to use from several threads.

    Args:
        address: Where to.
        connect_timeout_s: How long making a connection may take.
        largest: The most bytes of a response.
        timing: The clock.
        idle: How many connections are kept open at most while nobody uses them.
        tls: What is trusted; by default what the system trusts.
    """

    def __init__(
        self,
        address: Address,
        *,
        connect_timeout_s: float,
        largest: int,
        timing: Timing,
        idle: int = 8,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._address = address
        self._connect_timeout_s = connect_timeout_s
        self._largest = largest
        self._now = timing.now
        self._idle = _Idle(idle)
        self._context = tls
        self._lock = threading.Lock()
        weakref.finalize(self, self._idle.close)

    def send(
        self,
        verb: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        deadline: Deadline,
        sink: Sink | None = None,
    ) -> Reply:
        """Send one request and return the response, whatever its status.

        Args:
            verb: The HTTP method.
            path: Below the base address, with the query.
            headers: Beside Host and Content-Length.
            body: What is sent; None for none.
            deadline: When all must be done.
            sink: Takes the body of a success piece by piece, however long it is; the reply then has none.

        Raises:
            ExchangeError: There is no whole response in time; the reason is "unreachable" where nothing was sent.
        """
        line = self._take(deadline)
        done = False
        try:
            line.wire.allowed, line.wire.silent = self._largest + _HEAD, True
            whole = _sent(line, verb, f"{self._address.path}{path}", headers, body)
            reply, done = self._received(line, sink)
            done = done and whole
            return reply
        except TimeoutError as error:
            raise ExchangeError(
                "timeout", f"{self._address} gave no whole answer within {deadline.seconds:g} s"
            ) from error
        except _TooLargeError as error:
            raise self._too_large() from error
        # ValueError: http.client raises it for numbers and names it can't read in what the server sent.
        except (http.client.HTTPException, OSError, ValueError) as error:
            # The text of these errors may quote what the server sent: the cause is named, not kept.
            what = f"the answer of {self._address} broke off ({_told(error)})"
            raise ExchangeError("cut", what, stale=line.kept and line.wire.silent) from None
        finally:
            if done:
                self._idle.put(line, self._now())
            else:
                line.close()

    def close(self) -> None:
        """Close the connections that are not in use; a later call opens new ones."""
        self._idle.close()

    def _take(self, deadline: Deadline) -> _Line:
        line = self._idle.take(self._now())
        try:
            if line is None:
                return self._connect(deadline)
        except TimeoutError as error:
            waited = min(self._connect_timeout_s, deadline.seconds)
            raise ExchangeError("unreachable", f"no connection to {self._address} within {waited:g} s") from error
        except ssl.SSLCertVerificationError as error:
            what = f"the certificate of {self._address} is not trusted ({error.verify_message})"
            raise ExchangeError("unreachable", what, final=True) from error
        except OSError as error:
            raise ExchangeError("unreachable", f"no connection to {self._address} ({_told(error)})") from error
        line.wire.deadline = deadline
        return line

    def _connect(self, deadline: Deadline) -> _Line:
        nearer = deadline.within(self._connect_timeout_s)
        found = socket.getaddrinfo(self._address.host, self._address.port, type=socket.SOCK_STREAM)
        failed: OSError = OSError("the name has no address")
        for family, kind, protocol, _, place in found:
            try:
                plain = socket.socket(family, kind, protocol)
            except OSError as error:
                failed = error
                continue
            try:
                plain.settimeout(nearer.left())
                plain.connect(place)
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return self._line(plain, nearer, deadline)
            except TimeoutError:
                plain.close()
                raise
            except OSError as error:
                plain.close()
                failed = error
        raise failed

    def _line(self, plain: socket.socket, nearer: Deadline, deadline: Deadline) -> _Line:
        host, port = self._address.host, self._address.port
        if self._address.scheme == "http":
            return _Line(http.client.HTTPConnection(host, port), _Wire(plain, deadline))
        plain.settimeout(nearer.left())
        context = self._tls()
        wrapped = context.wrap_socket(plain, server_hostname=host)
        return _Line(http.client.HTTPSConnection(host, port, context=context), _Wire(wrapped, deadline))

    def _tls(self) -> ssl.SSLContext:
        with self._lock:
            self._context = self._context or ssl.create_default_context()
            return self._context

    def _received(self, line: _Line, sink: Sink | None) -> tuple[Reply, bool]:
        with line.connection.getresponse() as response:
            declared = response.length
            if sink is not None and 200 <= response.status < 300:
                line.wire.allowed = _ENDLESS
                while piece := response.read(_PIECE):
                    sink(piece)
                data, left = b"", response.length or 0
            else:
                data = self._body(response, declared)
                left = 0 if declared is None else declared - len(data)
            if left:
                raise http.client.IncompleteRead(data, left)
            whole = declared is not None or bool(response.chunked)
            reply = Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, data, whole)
            return reply, response.isclosed() and not response.will_close

    def _body(self, response: http.client.HTTPResponse, declared: int | None) -> bytes:
        if declared is not None and declared > self._largest:
            raise _TooLargeError
        data = response.read(self._largest + 1)
        if len(data) > self._largest:
            raise _TooLargeError
        return data

    def _too_large(self) -> ExchangeError:
        return ExchangeError(
            "too_large", f"the answer of {self._address} is larger than {self._largest} bytes", final=True
        )


def retry_after(headers: Mapping[str, str], wall: Callable[[], float]) -> float | None:
    """Return for how many seconds Retry-After asks: a number, or a date. What makes no sense is left out."""
    value = headers.get("retry-after", "").strip()
    try:
        if value[:1].isdigit():
            seconds = float(value)
        else:
            moment = parsedate_to_datetime(value)
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - wall()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(seconds, 0.0) if math.isfinite(seconds) else None


class _TooLargeError(Exception):
    """More bytes came than are allowed."""


class _Wire:
    """A socket with a deadline and a bound, in the shape `http.client` wants one."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self.sock = sock
        self.deadline = deadline
        self.allowed = 0
        #: Whether nothing has come since the request.
        self.silent = True
        self._users = 1

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self.sock.settimeout(self.deadline.left())
            view = view[self.sock.send(view[:_PIECE]) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._users += 1
        return io.BufferedReader(_Stream(self))

    def receive(self, buffer: Any) -> int:
        if self.allowed <= 0:
            raise _TooLargeError
        self.sock.settimeout(self.deadline.left())
        count = self.sock.recv_into(buffer)
        self.allowed -= count
        self.silent = self.silent and not count
        return count

    def close(self) -> None:
        # http.client closes the connection of a last response before it has read it; the stream holds it open.
        self._users -= 1
        if self._users == 0:
            self.sock.close()


class _Stream(io.RawIOBase):
    def __init__(self, wire: _Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._wire.receive(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._wire.close()


@dataclass(slots=True)
class _Line:
    """An open connection."""

    connection: http.client.HTTPConnection
    wire: _Wire
    process: int = field(default_factory=os.getpid)
    #: Whether it has been idle.
    kept: bool = False

    def __post_init__(self) -> None:
        self.connection.sock = self.wire

    def quiet(self) -> bool:
        """Whether nothing has come since the last response: neither bytes nor the end."""
        kind: type[selectors.BaseSelector] = getattr(selectors, "PollSelector", selectors.SelectSelector)
        with kind() as selector:
            selector.register(self.wire.sock, selectors.EVENT_READ)
            return not selector.select(0)

    def close(self) -> None:
        self.connection.close()
        with contextlib.suppress(OSError):
            self.wire.sock.close()


class _Idle:
    """Open connections that nobody uses, newest last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._lines: list[tuple[_Line, float]] = []

    def put(self, line: _Line, now: float) -> None:
        line.kept = True
        with self._lock:
            if len(self._lines) < self._most:
                self._lines.append((line, now))
                return
        line.close()

    def take(self, now: float) -> _Line | None:
        while True:
            with self._lock:
                if not self._lines:
                    return None
                line, since = self._lines.pop()
            # After a fork the connections are the parent's.
            if line.process == os.getpid() and now - since < _IDLE_S and line.quiet():
                return line
            line.close()

    def close(self) -> None:
        with self._lock:
            lines, self._lines = self._lines, []
        for line, _ in lines:
            line.close()


def _sent(line: _Line, verb: str, path: str, headers: Mapping[str, str], body: bytes | None) -> bool:
    """Send a request; tell whether the server took all of it, for it may refuse a long one before it has come."""
    try:
        line.connection.request(verb, path, body, dict(headers))
    except (BrokenPipeError, ConnectionResetError):
        if body is None:
            raise
        return False
    return True


def _told(error: Exception) -> str:
    """What an error of the network is called, without anything a server sent."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
