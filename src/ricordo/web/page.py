"""The files of the inspector, served as they are under headers that let nothing in from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from importlib.resources.abc import Traversable

from ricordo.access.refusal import ASGIApp, Header, Receive, Scope, Send, answer

#: Where the page is; nothing under it needs a key, for it holds nothing of anybody's.
PREFIX = "/inspector"

#: Scripts, styles and requests go to this server alone, none stands in the page, and no text is ever read as markup.
#: https://www.w3.org/TR/CSP3/ and https://www.w3.org/TR/trusted-types/
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
#: A file may be kept, and is asked for again each time: a new version of the server has no old page.
_KEPT = "no-cache"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page: what it holds, what it is, and the tag of just this content."""

    content: bytes
    kind: str
    tag: str


def inspector() -> ASGIApp:
    """Return the application that serves what is under `PREFIX`; the files are read once, here.

    It takes HTTP connections alone, and those whose path begins with `PREFIX`.

    >>> import asyncio
    >>> sent = []
    >>> async def send(message):
    ...     sent.append(message)
    >>> asyncio.run(inspector()({"type": "http", "method": "GET", "path": "/inspector/", "headers": []}, None, send))
    >>> sent[0]["status"], sent[1]["body"][:15]
    (200, b'<!doctype html>')
    """
    held = dict(_found(files("ricordo.web") / "static"))

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        path, verb = scope["path"].removeprefix(PREFIX), scope["method"]
        found = held.get(path.removeprefix("/") or "index.html")
        if verb not in ("GET", "HEAD"):
            allow = {"content-type": _PLAIN, "allow": "GET, HEAD"}
            await answer(send, HTTPStatus.METHOD_NOT_ALLOWED, b"This can be read, and no more.\n", _headers(allow))
        elif not path:
            await answer(send, HTTPStatus.PERMANENT_REDIRECT, b"", _headers({"location": f"{PREFIX}/"}))
        elif found is None:
            await answer(send, HTTPStatus.NOT_FOUND, b"There is no such file.\n", _headers({"content-type": _PLAIN}))
        elif _has(dict(scope["headers"]).get(b"if-none-match", b"").decode("latin-1"), found.tag):
            await _unchanged(send, found)
        else:
            await _send(send, found, head=verb == "HEAD")

    return serve


async def _send(send: Send, found: File, *, head: bool) -> None:
    own = {"content-type": found.kind, "content-length": str(len(found.content))}
    start = {"type": "http.response.start", "status": 200, "headers": _headers({**_kept(found), **own})}
    await send(start)
    await send({"type": "http.response.body", "body": b"" if head else found.content})


async def _unchanged(send: Send, found: File) -> None:
    await send({"type": "http.response.start", "status": 304, "headers": _headers(_kept(found))})
    await send({"type": "http.response.body", "body": b""})


def _kept(found: File) -> dict[str, str]:
    return {"etag": found.tag, "cache-control": _KEPT}


def _headers(more: Mapping[str, str]) -> list[Header]:
    return [(name.encode(), value.encode()) for name, value in {**HEADERS, **more}.items()]


def _found(folder: Traversable, above: str = "") -> Iterator[tuple[str, File]]:
    """Yield the files of a folder by their paths in it."""
    for one in folder.iterdir():
        if one.is_dir():
            yield from _found(one, f"{above}{one.name}/")
        elif kind := _TYPES.get(one.name[one.name.rfind(".") :]):
            content = one.read_bytes()
            yield f"{above}{one.name}", File(content, kind, f'"{sha256(content).hexdigest()[:32]}"')


def _has(listed: str, tag: str) -> bool:
    """Tell whether an If-None-Match names a tag, or any."""
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in listed.split(","))
