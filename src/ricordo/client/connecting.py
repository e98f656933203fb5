"""From an address and a key to connections."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from ricordo.client.exchange import Exchange
from ricordo.config import Secret
from ricordo.errors import InvalidInputError
from ricordo.providers.checks import check_seconds, check_whole
from ricordo.providers.transport import Address, Timing, Transport

DEFAULT_SPACE = "default"
_CONNECT_S = 5.0
#: Connections that are kept open while nobody uses them.
_IDLE = 32
#: The most bytes of one answer; an export has no such bound.
_LARGEST = 256 << 20
_URL = "the address of a server, such as http://localhost:8474 or https://memory.example?space=team"


def exchange_of(
    url: str,
    *,
    key: Secret,
    space: str | None,
    timeout_s: float,
    retries: int,
    ca_file: str | Path | None,
    timing: Timing | None = None,
) -> Exchange:
    """Return what sends requests to a server. Nothing is sent yet.

    Args:
        url: The base address; may name the space, as `?space=team`.
        key: The key of the server.
        space: The name of the space; outranks the one in `url`.
        timeout_s: How long one call may take, repetitions and waits included.
        retries: How often one call is repeated.
        ca_file: A PEM file with the certificates to trust, in place of the system's.
        timing: The clock.

    Raises:
        InvalidInputError: A value breaks a rule.
    """
    base, named = _parted(url)
    address, clock = Address.read("url", base), timing or Timing()
    if ca_file is not None and address.scheme != "https":
        raise InvalidInputError("ca_file", "only with an https address", str(ca_file))
    transport = Transport(
        address,
        connect_timeout_s=min(_CONNECT_S, check_seconds("timeout_s", timeout_s)),
        largest=_LARGEST,
        timing=clock,
        idle=_IDLE,
        tls=None if ca_file is None else _trusting(ca_file),
    )
    return Exchange(
        transport,
        address,
        space=_checked_space(named if space is None else space),
        key=_checked_key(key),
        timeout_s=timeout_s,
        retries=check_whole("retries", retries, 0, 100),
        timing=clock,
    )


def is_server(location: object) -> bool:
    """Tell whether a location is the address of a server.

    >>> is_server("http://localhost:8474"), is_server("~/.ricordo/default")
    (True, False)
    """
    return str(location).startswith(("http://", "https://"))


def _parted(url: str) -> tuple[str, str]:
    """Return an address without its query, and the space that the query names."""
    if not isinstance(url, str) or not is_server(url):
        raise InvalidInputError("url", _URL, *([] if "@" in str(url) else [url]))
    base, mark, query = url.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    if mark and (len(pairs) != 1 or pairs[0][0] != "space" or urlsplit(url).fragment):
        raise InvalidInputError("url", _URL)
    return base.rstrip("/").removesuffix("/v1"), pairs[0][1] if pairs else DEFAULT_SPACE


def _checked_space(space: str) -> str:
    if not isinstance(space, str) or not space.isprintable() or space.strip(".") != space or not space:
        raise InvalidInputError("space", "the name of a space: printable, and no dot at its ends", space)
    return space


def _checked_key(key: Secret) -> Secret:
    if not all("!" <= character <= "~" for character in key.reveal()):
        raise InvalidInputError("key", "printable ASCII without spaces; it is not shown here")
    return key


def _trusting(file: str | Path) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(Path(file).expanduser()))
    except (OSError, ValueError) as error:  # a file that holds no certificate is an SSLError, which is an OSError
        raise InvalidInputError("ca_file", f"a PEM file of certificates ({error})", str(file)) from error
