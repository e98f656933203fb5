"""What `ricordo doctor` looks at for servers: what is installed, addresses and ports, keys, certificate, rights."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

from ricordo.access.certificate import expires_at
from ricordo.access.keys import Key, Keys
from ricordo.access.ledger import FILE
from ricordo.access.origins import Origins, is_loopback
from ricordo.cli.diagnosis import Diagnosis
from ricordo.config import Settings
from ricordo.store import is_address

#: Commands by the extra they need, and what that extra brings.
_SURFACES = {
    "ricordo serve": ("server", ("uvicorn", "prometheus_client")),
    "ricordo mcp": ("mcp", ("mcp",)),
    "ricordo proxy": ("proxy", ("httpx", "starlette", "uvicorn")),
}
_TRACES = ("otel", ("opentelemetry.sdk", "opentelemetry.exporter"))
_POSTGRES = ("postgres", ("psycopg",))
_SOON = timedelta(days=14)
_PATIENCE_S = 2.0
_LONGEST = 10_000


def look_at_servers(found: Diagnosis, settings: Settings) -> None:
    """Look at everything a server needs, whether or not one is to run."""
    found.surfaces = {name: _state(*needed) for name, needed in _SURFACES.items()}
    found.attempt(lambda: _examine_extras(found, settings))
    found.attempt(lambda: _examine_names(found, settings))
    found.attempt(lambda: _examine_ports(found, settings))
    found.attempt(lambda: _examine_state(found, Path(settings.state).expanduser()))
    found.attempt(lambda: _examine_keys(found, settings, datetime.now(UTC)))
    found.attempt(lambda: _examine_certificate(found, settings, datetime.now(UTC)))


def _state(extra: str, modules: tuple[str, ...]) -> str:
    return "ready" if all(_is_there(name) for name in modules) else f'pip install "ricordo[{extra}]"'


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _examine_extras(found: Diagnosis, settings: Settings) -> None:
    """Tell what is set and can't be had; what is not set needs nothing."""
    asked = {
        "traces": (settings.traces, *_TRACES),
        "upstream": (settings.upstream, *_SURFACES["ricordo proxy"]),
        "spaces": (settings.spaces, *_SURFACES["ricordo serve"]),
        "path": (is_address(settings.path), *_POSTGRES),
    }
    for name, (wanted, extra, modules) in asked.items():
        if wanted and (state := _state(extra, modules)) != "ready":
            found.found(
                f"the setting {name} needs the extra {extra}, which is not installed",
                why="What the setting asks for can't start.",
                do=f"{state}, or empty the setting.",
            )


def _examine_names(found: Diagnosis, settings: Settings) -> None:
    Origins(settings.host, settings.allowed_hosts, settings.allowed_origins)
    if not is_loopback(settings.host) and not settings.tls_cert:
        found.notes.append(
            f"host is {settings.host}, and there is no tls_cert: unless a reverse proxy speaks TLS before it, keys and "
            "memories cross the network unencrypted."
        )


# -- ports


def _examine_ports(found: Diagnosis, settings: Settings) -> None:
    named = {"port": settings.port, "proxy_port": settings.proxy_port, "mcp_port": settings.mcp_port}
    for name, port in named.items():
        twin = next((other for other in named if other < name and named[other] == port), None)
        if twin and port:
            found.found(
                f"{name} and {twin} are both {port}",
                why="Only one of the two servers can start.",
                do=f"Give {name} another number.",
            )
        elif port:
            _examine_port(found, settings, name, port)


def _examine_port(found: Diagnosis, settings: Settings, name: str, port: int) -> None:
    code = _bound(settings.host, port)
    if code == errno.EADDRINUSE:
        if _is_ours(settings, port):
            found.notes.append(f"A server of Ricordo's answers at port {port} ({name}).")
            return
        found.found(
            f"port {port} of {settings.host} ({name}) is taken by another program",
            why="The server can't start, and clients would speak to that program.",
            do=f"End that program (ss -ltnp 'sport = :{port}' tells which), or set {name} to another number.",
        )
    elif code == errno.EADDRNOTAVAIL:
        found.found(
            f"host is {settings.host}, which is no address of this machine",
            why="No server can start.",
            do="Set host to 127.0.0.1, to an address that `ip address` shows, or to 0.0.0.0 for all.",
        )
    elif code in (errno.EACCES, errno.EPERM):
        found.found(
            f"port {port} ({name}) may not be used by this user",
            why="The server can't start.",
            do=f"Set {name} to a number above 1023, or put a reverse proxy before it.",
        )
    elif code:
        found.found(
            f"host is {settings.host}, which can't be listened on",
            why="No server can start.",
            do="Set host to an address of this machine, such as 127.0.0.1.",
        )


def _bound(host: str, port: int) -> int:
    """Return 0 where a port can be listened on, else the error's number."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind)) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(address)
            one.listen(1)
    except socket.gaierror:
        return errno.EINVAL
    except OSError as error:
        return error.errno or errno.EINVAL
    return 0


def _is_ours(settings: Settings, port: int) -> bool:
    """Tell whether what answers at a port is Ricordo: called by a wrong name, it tells of the setting for names."""
    host = settings.host if is_loopback(settings.host) else "127.0.0.1"
    asking: http.client.HTTPConnection = http.client.HTTPConnection(host, port, timeout=_PATIENCE_S)
    if settings.tls_cert:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE  # nothing secret is sent
        asking = http.client.HTTPSConnection(host, port, timeout=_PATIENCE_S, context=trusting)
    try:
        with closing(asking):
            asking.request("GET", "/", headers={"Host": "doctor.invalid"})
            told = asking.getresponse()
            return told.status == http.HTTPStatus.MISDIRECTED_REQUEST and b"allowed_hosts" in told.read(_LONGEST)
    except (OSError, http.client.HTTPException):
        return False


# -- keys


def _examine_state(found: Diagnosis, folder: Path) -> None:
    """Look at the rights of the folder of the setting `state`, and of the file in it."""
    for path, mode in ((folder, 0o700), (folder / FILE, 0o600)):
        if path.exists() and (others := path.stat().st_mode & 0o077):
            danger = "change: they could make themselves a key" if others & 0o022 else "read"
            found.found(
                f"{path} may be used by other users of this machine (mode {path.stat().st_mode & 0o777:03o})",
                why=f"It says who was given which records, and others can {danger}.",
                do=f"chmod {mode:03o} {path}",
            )


def _examine_keys(found: Diagnosis, settings: Settings, now: datetime) -> None:
    folder = Path(settings.state).expanduser()
    if (folder / FILE).is_file() and (folder / FILE).stat().st_mode & 0o022:
        return  # no server takes such a file; the fault is told already
    if not (folder / FILE).is_file():
        if not is_loopback(settings.host):
            found.notes.append(f"host is {settings.host}, and there are no keys yet: `ricordo keys issue` makes one.")
        return
    with Keys.open(folder) as keys:
        known = keys.list()
    for key in known:
        _examine_key(found, key, known, now)


def _examine_key(found: Diagnosis, key: Key, known: list[Key], now: datetime) -> None:
    """Tell of a key that ends soon, or ended of late, where nothing takes its place."""
    if key.expires_at is None or key.revoked_at is not None or not abs(key.expires_at - now) < _SOON:
        return
    replaced = any(
        other.principal == key.principal
        and other.space == key.space
        and other.valid(now)
        and (other.expires_at is None or other.expires_at > key.expires_at)
        for other in known
    )
    if replaced:
        return
    ended = key.expires_at <= now
    used = f"last used {key.last_used_at:%Y-%m-%d}" if key.last_used_at else "never used"
    found.found(
        f"key {key.id} of {key.principal} {'expired' if ended else 'expires'} at {key.expires_at:%Y-%m-%d %H:%M} UTC "
        f"({used})",
        why=f"Clients that use it {'are' if ended else 'will be'} refused with 401.",
        do="ricordo keys issue, and give it to the client" if ended else f"ricordo keys rotate {key.id}",
    )


# -- certificate


def _examine_certificate(found: Diagnosis, settings: Settings, now: datetime) -> None:
    chain, private = settings.tls_cert, settings.tls_key
    if not chain and not private:
        return
    why = "A server that is told to use it can't start, or clients turn away."
    if not (chain and private):
        given, missing = ("tls_cert", "tls_key") if chain else ("tls_key", "tls_cert")
        found.found(f"{given} is set, and {missing} is not", why=why, do=f"Set {missing}, too, or neither.")
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            Path(chain).expanduser(), Path(private).expanduser(), password=""
        )
        ends = expires_at(Path(chain).expanduser().read_text(encoding="ascii", errors="replace"))
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        told = error.strerror or str(error) if isinstance(error, OSError) else str(error)
        do = "Both must be PEM files that this user can read, and the key must belong to the certificate."
        found.found(f"tls_cert {chain} with tls_key {private} can't be used ({told})", why=why, do=do)
        return
    if ends - now < _SOON:
        found.found(
            f"the certificate {chain} {'expired' if ends <= now else 'expires'} at {ends:%Y-%m-%d %H:%M} UTC",
            why="Clients refuse a server whose certificate has expired.",
            do="Renew it, and start the server again.",
        )
    if Path(private).expanduser().stat().st_mode & 0o077:
        found.found(
            f"{private} may be used by other users of this machine",
            why="Who has the key of the certificate can pass for this server.",
            do=f"chmod 600 {private}",
        )
