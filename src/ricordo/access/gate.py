"""What stands before every server: who calls, by which name, from which page, how often and how much."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from math import ceil

from ricordo.access.keys import LOCAL, Key, Keys
from ricordo.access.origins import Origins, is_embedded, is_loopback
from ricordo.access.rate import Rate
from ricordo.access.refusal import ASGIApp, Header, Message, Receive, Refusal, Scope, Send, answer, refuse
from ricordo.config import Settings
from ricordo.errors import InvalidInputError, RicordoError

#: Headers that may hold a key, in the order they are looked at.
CREDENTIALS = ("authorization", "x-api-key")
_log = logging.getLogger("ricordo.access")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_FAILURES_A_SECOND, _FAILURES_AT_ONCE = 0.5, 20.0
_EXPOSED = b"ETag, Location, Memory-Read-Token, Retry-After, X-Request-Id"
_PREFLIGHT_S = b"600"
#: What every answer says, unless the application says otherwise: memory is nobody else's to keep.
_DEFAULTS: tuple[Header, ...] = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))


def gate(
    app: ASGIApp,
    *,
    keys: Keys | None,
    settings: Settings,
    public: Collection[str] = ("/healthz", "/readyz"),
    credentials: Sequence[str] = CREDENTIALS,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ASGIApp:
    """Return an application that lets through what may pass, and answers the rest with a problem document.

    What passes finds in `scope["state"]` its `request_id` and, outside public paths, its `key`, and in `lasts` what
    tells whether that key is still good, for answers that take long. Every answer has the header X-Request-Id.

    Args:
        app: What is behind the gate.
        keys: The keys of this server; None asks for none, and takes everybody for `LOCAL`.
        settings: Address, names, origins, rate and size.
        public: Paths that need no key; one that ends in "*" stands for all that begin so.
        credentials: The headers that may hold a key. A value that is no key of Ricordo's is passed over.
        now: Tells the time by which keys expire.

    Raises:
        InvalidInputError: No keys, and an address that others can reach; or a name or an origin that is none.
    """
    if keys is None and not is_loopback(settings.host):
        rule = "an address of this machine alone, such as 127.0.0.1, where no key is asked for; use keys otherwise"
        raise InvalidInputError("host", rule, settings.host)
    return Gate(app, keys, settings, public, credentials, now)


class Gate:
    """The application that `gate` makes."""

    def __init__(
        self,
        app: ASGIApp,
        keys: Keys | None,
        settings: Settings,
        public: Collection[str],
        credentials: Sequence[str],
        now: Callable[[], datetime],
    ) -> None:
        self._app, self._keys, self._now = app, keys, now
        self._origins = Origins(settings.host, settings.allowed_hosts, settings.allowed_origins)
        self._longest = settings.max_body_bytes
        self._rate = Rate(settings.requests_per_second)
        self._failures = Rate(_FAILURES_A_SECOND, burst=_FAILURES_AT_ONCE)
        self._public = frozenset(path for path in public if not path.endswith("*"))
        self._prefixes = tuple(path[:-1] for path in public if path.endswith("*"))
        self._credentials = tuple(name.lower().encode() for name in credentials)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; of kinds other than HTTP only the life of the server passes."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        state = scope.setdefault("state", {})
        state["request_id"] = request_id = _request_id(headers.get(b"x-request-id"))
        origin = headers.get(b"origin", b"").decode("latin-1")
        extra: list[Header] = [(b"x-request-id", request_id.encode()), *_DEFAULTS]
        if origin and self._origins.foreign(origin):
            extra += _shared(origin)
        told = _telling(send, extra)
        refusal = self._stranger(headers, origin)
        if refusal is None and scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await answer(told, HTTPStatus.NO_CONTENT, b"", _preflight(headers))
            return
        try:
            refusal = refusal or self._refused(scope, headers)
        except RicordoError as error:
            refusal = _unsure(error)
        if refusal:
            await refuse(told, refusal, request_id)
            return
        body = _Body(receive, told, self._longest)
        try:
            await self._app(scope, body.receive, body.send)
        except Exception:
            if not body.too_large:
                raise
        if body.too_large and not body.started:
            await refuse(told, self._too_large(), request_id)

    def _stranger(self, headers: dict[bytes, bytes], origin: str) -> Refusal | None:
        """Return why a request is turned away whoever sends it."""
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._origins.named(host):
            detail = f"Host: this server does not go by the name {host!r}; name it in the setting allowed_hosts"
            return Refusal(HTTPStatus.MISDIRECTED_REQUEST, "HostError", detail)
        if origin and not self._origins.admits(origin, host):
            detail = f"Origin: pages of {origin!r} may not call this server; name it in the setting allowed_origins"
            return Refusal(HTTPStatus.FORBIDDEN, "OriginError", detail)
        if is_embedded(headers):
            return Refusal(HTTPStatus.FORBIDDEN, "OriginError", "Origin: pages of other servers may not call this one")
        return None

    def _refused(self, scope: Scope, headers: dict[bytes, bytes]) -> Refusal | None:
        """Return why this caller is turned away, or take note of who it is."""
        key: Key | None = LOCAL
        scope["state"]["lasts"] = _always
        if self._is_public(scope["path"]):
            key = None
        elif self._keys is not None:
            found = self._authenticated(self._keys, scope, headers)
            if isinstance(found, Refusal):
                return found
            key = found
        if key is not None:
            scope["state"]["key"] = key
        if wait_s := self._rate.take(key.id if key else "public"):
            detail = "requests_per_second: too many requests; wait as long as Retry-After says"
            return _wait(detail, wait_s)
        length = headers.get(b"content-length", b"")
        if length.isdigit() and self._longest and int(length) > self._longest:
            return self._too_large()
        return None

    def _authenticated(self, keys: Keys, scope: Scope, headers: dict[bytes, bytes]) -> Key | Refusal:
        secret = next(filter(None, (_secret(headers.get(name)) for name in self._credentials)), "")
        if secret and (key := keys.check(secret, self._now())):
            scope["state"]["lasts"] = lambda: keys.check(secret, self._now()) is not None
            return key
        peer = (scope.get("client") or ("",))[0]
        if secret and (wait_s := self._failures.take(peer)):
            return _wait(
                "too many keys that are not good came from this address; wait as long as Retry-After says", wait_s
            )
        detail = (
            "the key is unknown, expired or revoked; `ricordo keys list` shows the keys, `ricordo keys issue` makes one"
            if secret
            else "this server asks for a key: send Authorization: Bearer mos_... (our own client: set RICORDO_KEY); "
            "`ricordo keys issue` makes one"
        )
        challenge = b'Bearer realm="ricordo"' + (b', error="invalid_token"' if secret else b"")
        return Refusal(HTTPStatus.UNAUTHORIZED, "AuthenticationError", detail, ((b"www-authenticate", challenge),))

    def _is_public(self, path: str) -> bool:
        return path in self._public or path.startswith(self._prefixes)

    def _too_large(self) -> Refusal:
        detail = f"body: at most {self._longest} bytes (setting max_body_bytes); send less at a time"
        return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "BodyTooLargeError", detail)


class _Body:
    """Counts the bytes of a request; past the bound the application is cut off, and what it says then is not sent."""

    def __init__(self, receive: Receive, send: Send, longest: int) -> None:
        self._receive, self._send, self._left = receive, send, longest or None
        self.too_large = self.started = False

    async def receive(self) -> Message:
        message = await self._receive()
        if self._left is not None and message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self.too_large = self._left < 0
        return {"type": "http.disconnect"} if self.too_large else message

    async def send(self, message: Message) -> None:
        if self.too_large and not self.started:
            return
        self.started = True
        await self._send(message)


def _always() -> bool:
    return True


def _unsure(error: RicordoError) -> Refusal:
    """Say that nobody can be let in, because the keys can't be read; why is for the operator."""
    _log.error("the keys can't be read", exc_info=error)
    detail = "the keys of this server can't be read; try again, or ask who runs it: its log says why"
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, type(error).__name__, detail, ((b"retry-after", b"1"),))


def _wait(detail: str, wait_s: float) -> Refusal:
    after = (b"retry-after", str(max(1, ceil(wait_s))).encode())
    return Refusal(HTTPStatus.TOO_MANY_REQUESTS, "RateError", detail, (after,))


def _telling(send: Send, extra: Sequence[Header]) -> Send:
    """Return a `send` that adds headers to an answer, those that it does not have."""

    async def tell(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            given = {name.lower() for name, _ in headers} - {b"vary"}
            message["headers"] = headers + [header for header in extra if header[0] not in given]
        await send(message)

    return tell


def _request_id(given: bytes | None) -> str:
    """Return the id that a caller gave its request, where it is a short plain word; else a new one."""
    return given.decode() if given and _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _secret(value: bytes | None) -> str:
    """Return the key of Ricordo's in a header, or nothing."""
    text = (value or b"").decode("latin-1").strip()
    scheme, _, rest = text.partition(" ")
    secret = rest.strip() if scheme.lower() == "bearer" else text
    return secret if secret.startswith("mos_") else ""


def _shared(origin: str) -> list[Header]:
    """Return what lets a page of another origin read the answer."""
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-expose-headers", _EXPOSED),
        (b"vary", b"Origin"),
    ]


def _preflight(headers: dict[bytes, bytes]) -> list[Header]:
    return [
        (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
        (b"access-control-allow-headers", headers.get(b"access-control-request-headers", b"")),
        (b"access-control-max-age", _PREFLIGHT_S),
    ]
