"""The way to the model server: addresses, which headers go through, and the connection. Keys pass through unseen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from urllib.parse import urlsplit

import httpx

from ricordo.errors import InvalidInputError
from ricordo.proxy.answers import READABLE

Headers = Sequence[tuple[bytes, bytes]]
#: Of one connection, not of the message (RFC 9110, 7.6.1).
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade".split()
)
#: Told anew for the connection to the model server.
_ANEW = frozenset(b"host content-length expect".split())
#: What the proxy itself reads; the model server has no business with it.
OURS = b"ricordo-"
_VERSION = re.compile(r"v\d+\w*")
_CONNECT_S = 30.0
#: Connections that are kept for the next request, and for how long.
_KEPT, _KEPT_S = 100, 60.0


class Upstream:
    """A model server.

    Args:
        url: Its base address, with or without /v1.
        timeout_s: How long the next bytes may take.

    Raises:
        InvalidInputError: The address is none of http or https, or holds a user, a query or a fragment.

    >>> Upstream("https://api.openai.com", 600).address("/v1/models", b"limit=2")
    'https://api.openai.com/v1/models?limit=2'
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self._base = _checked(url)
        #: The server by name, for messages.
        self.name = urlsplit(self._base).netloc
        self._timeout = httpx.Timeout(timeout_s, connect=min(timeout_s, _CONNECT_S), pool=None).as_dict()
        # Not a client: that one keeps cookies, adds headers, and writes every address with its query to the log.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=_KEPT, keepalive_expiry=_KEPT_S)
        self._transport = httpx.AsyncHTTPTransport(limits=limits)

    def address(self, path: str, query: bytes) -> str:
        """Return the address of a path of the proxy.

        What the base has before /v1 is kept. A base that names a version of its own (/v1beta/openai, /api/paas/v4)
        stands for /v1.

        >>> Upstream("https://gateway.example/llm/v1/", 600).address("/v1/models", b"")
        'https://gateway.example/llm/v1/models'
        >>> Upstream("https://models.example/v1beta/openai", 600).address("/v1/models", b"")
        'https://models.example/v1beta/openai/models'
        """
        base = self._base
        if path == "/v1" or path.startswith("/v1/"):
            versioned = any(_VERSION.fullmatch(part) for part in urlsplit(base).path.split("/"))
            base, path = (base, path.removeprefix("/v1")) if versioned else (base, path)
        return f"{base}{path}{'?' + query.decode('latin-1') if query else ''}"

    async def send(
        self, method: str, path: str, query: bytes, headers: Headers, content: bytes | AsyncIterator[bytes]
    ) -> httpx.Response:
        """Send a request and return the response as soon as its headers are there; whoever takes it closes it.

        Raises:
            httpx.HTTPError: The model server can't be reached, is too slow, or breaks off.
        """
        url = httpx.URL(self.address(path, query))
        whole = [(b"host", url.netloc), *headers]
        request = httpx.Request(method, url, headers=whole, content=content, extensions={"timeout": self._timeout})
        return await self._transport.handle_async_request(request)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._transport.aclose()


def is_sound(path: bytes) -> bool:
    """Tell whether a path stays below the address that it is put behind.

    One that begins otherwise than with a slash would move the end of the server's name: "%2f@other.example".

    >>> [is_sound(path) for path in (b"/v1/models", b"%2f@other.example/", b"/v1/../../internal", b"/v1#")]
    [True, False, False, False]
    """
    return path.startswith(b"/") and b"#" not in path and not {b".", b".."} & set(path.split(b"/"))


def onward(headers: Iterable[tuple[bytes, bytes]], *, read: bool) -> list[tuple[bytes, bytes]]:
    """Return the headers of a request that go on to the model server.

    Args:
        headers: As they came, names in lower case.
        read: Whether the answer is read: then only encodings are accepted that can be.
    """
    listed = list(headers)
    dropped = _HOP_BY_HOP | _ANEW | _named(listed)
    kept = [pair for pair in listed if pair[0] not in dropped and not pair[0].startswith(OURS)]
    if read:
        kept = [(name, _narrowed(value) if name == b"accept-encoding" else value) for name, value in kept]
    return kept


def back(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response that go back to the client."""
    listed = [(name.lower(), value) for name, value in headers]
    dropped = _HOP_BY_HOP | _named(listed)
    return [pair for pair in listed if pair[0] not in dropped]


def _named(headers: Iterable[tuple[bytes, bytes]]) -> frozenset[bytes]:
    """Return the headers that Connection names: they are of one connection too."""
    named = (part for name, value in headers if name == b"connection" for part in value.split(b","))
    return frozenset(part.strip().lower() for part in named)


def _narrowed(accepted: bytes) -> bytes:
    parts = [part.strip() for part in accepted.decode("latin-1").split(",")]
    kept = [part for part in parts if part.split(";")[0].strip().lower() in READABLE]
    return (", ".join(kept) or "identity").encode("latin-1")


def _checked(url: str) -> str:
    rule = "the address of a model server, such as https://api.openai.com, without user, query or fragment"
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
    except ValueError:
        sound = False
        parts = urlsplit("")
    if not sound or parts.username is not None or parts.query or parts.fragment:
        raise InvalidInputError("upstream", rule)
    base = url.rstrip("/")
    return base.removesuffix("/v1")
