"""The proxy put together from settings, and run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from starlette.applications import Starlette

from ricordo.access.gate import gate
from ricordo.access.journal import Journal
from ricordo.access.keys import Keys
from ricordo.access.listening import listening
from ricordo.access.origins import Origins, is_loopback
from ricordo.access.refusal import ASGIApp, Receive, Scope, Send
from ricordo.access.running import Server, configured
from ricordo.config import Settings
from ricordo.errors import InvalidInputError
from ricordo.memory import Memory
from ricordo.observe import Observer, watch
from ricordo.proxy.admission import by_key, local
from ricordo.proxy.app import Proxy, application
from ricordo.proxy.beside import Remembering
from ricordo.proxy.learning import Learning
from ricordo.proxy.upstream import Upstream

#: How many answers may wait to be kept.
_MOST_WAITING = 1_000
#: Clients keep their connections for longer than uvicorn does by default.
_KEEP_ALIVE_S = 75


def make(
    memory: Memory,
    *,
    settings: Settings,
    scope: str | None = None,
    read: Sequence[str] = (),
    speaker: str = "user",
    keys: Keys | None = None,
    journal: Journal | None = None,
) -> Starlette:
    """Return the proxy as an ASGI application, for any server that speaks ASGI.

    Args:
        memory: The whole space; whoever opened it closes it.
        settings: The settings `upstream`, `proxy_tokens` and their kin.
        scope: What is said is kept there; by default the setting `scope`. Not with `keys`.
        read: The scopes memory comes from; by default that one. Not with `keys`.
        speaker: How the user is called.
        keys: The keys that requests bring in the header Ricordo-Key; None for a proxy of one user.
        journal: Where it is noted which request was given which records.

    Raises:
        InvalidInputError: A setting breaks a rule; or others can reach the address, and there are no keys.
    """
    if keys is None and not is_loopback(settings.host):
        rule = "an address of this machine alone, such as 127.0.0.1, where no keys are asked for; use --keys otherwise"
        raise InvalidInputError("host", rule, settings.host)
    if not settings.upstream:
        raise InvalidInputError("upstream", "the address of a model server, such as https://api.openai.com")
    if keys is not None and (scope is not None or read):
        raise InvalidInputError("scope", "not together with keys, which bring their own")
    own = local(memory, scope=scope or settings.scope, read=read) if keys is None else by_key(memory, keys)
    remembering = Remembering(own, settings.proxy_tokens, settings.proxy_timeout_s, journal)
    upstream, learning = Upstream(settings.upstream, settings.upstream_timeout_s), Learning(speaker, _MOST_WAITING)
    origins = Origins(settings.host, settings.allowed_hosts, settings.allowed_origins)
    proxy = Proxy(upstream, remembering, learning, origins, settings.max_body_bytes)
    return application(proxy, upstream, remembering, learning, shutdown_s=settings.shutdown_s)


def serve(app: Starlette, settings: Settings, *, keys: Keys | None = None, ready: Callable[[str], None]) -> None:
    """Run the proxy until a signal comes; what was answered is kept before this returns.

    Addresses of requests are not logged: some clients put keys into them. Its counts are at /metrics, where
    prometheus-client is installed.

    Args:
        app: What `make` returned.
        settings: Where it listens, its certificate, its log, and how long it takes to stop.
        keys: The keys that requests bring; whoever asks for the counts brings one too.
        ready: Is told the address, once it is listened on.

    Raises:
        InvalidInputError: Others can reach the address, and there is no certificate; or it can't be had or read.
    """
    if not is_loopback(settings.host) and not (settings.tls_cert and settings.tls_key):
        rule = "an address of this machine alone, such as 127.0.0.1, unless tls_cert and tls_key are set"
        raise InvalidInputError("host", rule, settings.host)
    observer = Observer.open(settings, "proxy")
    try:
        config = configured(watch(_counted(app, observer, settings, keys), observer), settings, dated=False)
        with listening(settings, "proxy_port") as place:
            Server(config, ready).run(sockets=[place])
    finally:
        observer.close()


def _counted(app: ASGIApp, observer: Observer, settings: Settings, keys: Keys | None) -> ASGIApp:
    """Return an application with its counts at /metrics, behind the gate, which the model server's paths don't need."""
    counts = gate(observer.beside(app), keys=keys, settings=settings)

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        within = counts if scope["type"] == "http" and scope["path"] == "/metrics" else app
        await within(scope, receive, send)

    return answering
