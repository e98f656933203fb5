"""The routes of the inspector: its files, as they are, under headers that let nothing in from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from ricordo.errors import MissingExtraError

try:
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, RedirectResponse, Response
    from starlette.routing import Route
except ImportError as error:
    raise MissingExtraError("server", "ricordo serve") from error

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
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: A file may be kept, and is asked for again each time: a new version of the server has no old page.
_KEPT = "no-cache"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page: what it holds, what it is, and the tag of just this content."""

    content: bytes
    kind: str
    tag: str


def routes() -> list[Route]:
    """Return what a server adds to serve the inspector at `/inspector/`.

    >>> [route.path for route in routes()]
    ['/inspector', '/inspector/{path:path}']
    """
    held = dict(_found(files("ricordo.web") / "static"))

    async def page(request: Request) -> Response:
        found = held.get(request.path_params["path"] or "index.html")
        if found is None:
            return PlainTextResponse("There is no such file.\n", 404, HEADERS)
        headers = {**HEADERS, "ETag": found.tag, "Cache-Control": _KEPT}
        if _has(request.headers.get("if-none-match", ""), found.tag):
            return Response(status_code=304, headers=headers)
        return Response(found.content, headers={**headers, "Content-Type": found.kind})

    async def home(_: Request) -> Response:
        return RedirectResponse(f"{PREFIX}/", 308, HEADERS)

    return [Route(PREFIX, home, name="inspector"), Route(f"{PREFIX}/{{path:path}}", page, name="inspector-file")]


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
