"""Where a server listens: an address that is taken before anything is served, and a certificate that can be read."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ricordo.config import Settings
from ricordo.errors import InvalidInputError

#: Connections that may wait to be taken.
_BACKLOG = 512


@contextmanager
def listening(settings: Settings, port: str) -> Iterator[socket.socket]:
    """Take an address and a port, and give them back in the end.

    Args:
        settings: Has the address, `host`.
        port: The name of the setting that has the port; 0 takes a free one.

    Raises:
        InvalidInputError: They can't be had.

    >>> with listening(Settings(port=0), "port") as place:
    ...     place.getsockname()[0]
    '127.0.0.1'
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    wanted = getattr(settings, port)
    # asyncio sends what is small at once only where the socket says that it is TCP; else each answer takes 40 ms longer
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as place:
        try:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            place.bind((settings.host, wanted))
            place.listen(_BACKLOG)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            rule = f"an address and a port that are free ({reason}); set host and {port}, or use --port"
            raise InvalidInputError(port, rule, f"{settings.host}:{wanted}") from error
        yield place


def certified(load: Callable[[], object], settings: Settings) -> None:
    """Let a web server read the certificate of the settings.

    Args:
        load: What reads it.
        settings: Have `tls_cert` and `tls_key`.

    Raises:
        InvalidInputError: It can't be read, or the key is not that of the certificate.
    """
    try:
        load()
    except OSError as error:  # of which the errors of TLS are one kind
        rule = f"a certificate and with tls_key its key, PEM files that can be read ({error.strerror or error})"
        raise InvalidInputError("tls_cert", rule, settings.tls_cert) from error
