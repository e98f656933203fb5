"""By which name a server is called, and from which page: what keeps foreign pages in a browser out."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from ricordo.errors import InvalidInputError

_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_WILDCARDS = frozenset(("", "0.0.0.0", "::"))
_PORTS = {"http": "80", "https": "443"}


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen on is reached from this machine alone.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def name_of(host: str) -> str | None:
    """Return the name in a Host header, without its port; None where it is none.

    >>> name_of("Memory.Example:8474"), name_of("[::1]:80"), name_of("a@b"), name_of("a:b")
    ('memory.example', '::1', None, None)
    """
    if not host or set(host) & set("@/?#\\, \t"):
        return None
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018
    except ValueError:
        return None
    return parts.hostname


class Origins:
    """The names a server goes by, and the origins whose pages may call it.

    Args:
        host: The address it listens on.
        hosts: Other names it goes by, parted by commas.
        origins: Origins whose pages may call it beside its own, parted by commas.

    Raises:
        InvalidInputError: A name or an origin is none.

    >>> known = Origins("127.0.0.1", "memory.example", "https://app.example")
    >>> [known.named(host) for host in ("localhost:8474", "memory.example", "evil.example")]
    [True, True, False]
    >>> [known.admits(origin, "localhost:8474") for origin in ("http://localhost:8474", "https://app.example", "null")]
    [True, True, False]
    """

    def __init__(self, host: str, hosts: str, origins: str) -> None:
        own = set() if host in _WILDCARDS else {host.strip("[]").lower()}
        self._names = _LOOPBACK | own | {_name(name) for name in _parted(hosts)}
        self._origins = frozenset(_origin(origin) for origin in _parted(origins))

    def named(self, host: str) -> bool:
        """Tell whether a Host header names this server."""
        return name_of(host) in self._names

    def foreign(self, origin: str) -> bool:
        """Tell whether an origin is one of those that were allowed beside the server's own."""
        return origin in self._origins

    def admits(self, origin: str, host: str) -> bool:
        """Tell whether a page of an origin may call: the server's own, by the name it was called, or one allowed."""
        if origin in self._origins:
            return True
        scheme, _, place = origin.partition("://")
        return scheme in _PORTS and bool(place) and place.lower() == host.lower()


def is_embedded(headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether a page of another origin has a browser ask without saying whose page it is, as its images do.

    Such a page can't read the answer, but it can keep a server busy. To follow a link is no such thing.
    See https://www.w3.org/TR/fetch-metadata/.

    Args:
        headers: Of the request, names in lower case.

    >>> is_embedded({b"sec-fetch-site": b"cross-site", b"sec-fetch-mode": b"no-cors"}), is_embedded({})
    (True, False)
    """
    if b"origin" in headers or headers.get(b"sec-fetch-site") not in (b"cross-site", b"same-site"):
        return False
    return (headers.get(b"sec-fetch-mode"), headers.get(b"sec-fetch-dest")) != (b"navigate", b"document")


def _parted(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _name(text: str) -> str:
    name = name_of(text)
    if name is None:
        raise InvalidInputError("allowed_hosts", "names of this server, such as memory.example, parted by commas", text)
    return name


def _origin(text: str) -> str:
    scheme, _, place = text.partition("://")
    if scheme not in _PORTS or name_of(place) is None:
        rule = "origins such as https://app.example, without a path, parted by commas"
        raise InvalidInputError("allowed_origins", rule, text)
    return text.lower()
