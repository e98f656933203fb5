"""What only a server has: its spaces, the deliveries it noted, archives out and files in."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ricordo.errors import InvalidInputError
from ricordo.http.answers import Answer, good
from ricordo.http.handles import Held, handle_of
from ricordo.http.incoming import Incoming
from ricordo.http.places import check_name
from ricordo.http.repeats import REPLAYED, once
from ricordo.http.serving import Serving
from ricordo.http.stream import Follow
from ricordo.results import Import, Stats
from ricordo.wire.routes import Route, wrapped

#: What an archive and a stream of events are.
ARCHIVE, EVENTS = "application/zip", "text/event-stream"
_ARCHIVE = "space.ricordo"
#: Digits of the largest seq there may be.
_DIGITS = 19
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Space:
    """A space of a server.

    Args:
        name: Its name.
        bytes: What it takes on disk; told to keys with the right "admin", and where a file says so.
    """

    name: str
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class SpaceState:
    """A space, with what it holds as far as the key sees it.

    Args:
        name: Its name.
        stats: Its counts and sizes.
    """

    name: str
    stats: Stats


def spaces(serving: Serving, request: Incoming, route: Route) -> Answer:
    """Return the spaces that the key is good for."""
    names = [name for name in serving.spaces.names() if request.key.opens(name)]
    sized = request.key.may("admin")
    return good(200, wrapped([Space(name, serving.spaces.size(name) if sized else None) for name in names]))


def space(serving: Serving, request: Incoming, route: Route) -> Answer:
    """Return counts and sizes of a space, as far as the key sees it."""
    name = request.parts["space"]
    with serving.spaces.lease(name) as memory:
        return good(200, wrapped(SpaceState(name, request.key.handle(memory).stats())))


def make_space(serving: Serving, request: Incoming, route: Route) -> Answer:
    """Make a space, unless it is there already."""
    name = check_name(request.parts["space"])
    there = name in serving.spaces.names()
    with serving.spaces.lease(name, create=True) as memory:
        state = SpaceState(name, request.key.handle(memory).stats())
    return good(200 if there else 201, wrapped(state), [(b"location", f"/v1/spaces/{name}".encode())])


def deliveries(
    serving: Serving,
    request: Incoming,
    route: Route,
    *,
    record: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> Answer:
    """Return which requests were given which records, the newest first.

    A key is told of those that read no scope beyond its own.

    Args:
        record: Only those that gave this record.
        before: Only those with a smaller number.
        limit: At most so many.
    """
    with _held(serving, request, route) as held:
        found = serving.journal.deliveries(
            space=held.space, scopes=held.reads, record=record, before=before, limit=limit
        )
    return good(200, wrapped(found))


def export(serving: Serving, request: Incoming, route: Route) -> Answer:
    """Return the space as one archive, which is as confidential as the space."""
    folder = Path(tempfile.mkdtemp(prefix="ricordo-"))
    try:
        with _held(serving, request, route) as held:
            made = held.memory.export(folder / _ARCHIVE)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    name = f'attachment; filename="{held.space}.ricordo"'.encode()
    return Answer(200, headers=((b"content-type", ARCHIVE.encode()), (b"content-disposition", name)), file=made)


def import_file(
    serving: Serving,
    request: Incoming,
    route: Route,
    *,
    format: str | None = None,
    scope: str | None = None,
    session: str | None = None,
    name: str = "import",
) -> Answer:
    """Remember what a file holds: the body of the request. Importing it again adds nothing.

    Args:
        format: Its format by name; by default it is detected.
        scope, session: For items that name none.
        name: What the file is called; its ending may tell the format, and items say that they come from it.
    """
    arguments = {"format": format, "scope": scope, "session": session, "name": _checked(name)}
    given = {name: value for name, value in arguments.items() if value is not None}
    with tempfile.TemporaryDirectory(prefix="ricordo-") as folder, _held(serving, request, route, given) as held:
        file = Path(folder) / name
        file.write_bytes(request.body)

        def work() -> Import:
            done = held.memory.import_file(file, format=format, scope=scope, session=session)
            return replace(done, path=name)

        try:
            asked = {**given, "body": hashlib.sha256(request.body).hexdigest()}
            done, replayed = once(serving.once, held, request, route, asked, work)
        except InvalidInputError as error:
            raise InvalidInputError("body", str(error).replace(f"{folder}/", "")) from error
    serving.streams.wake(held.space)
    return good(200, wrapped(done), [REPLAYED] if replayed else [])


def stream(
    serving: Serving, request: Incoming, route: Route, *, after: int = 0, scope: str | Iterable[str] | None = None
) -> Answer:
    """Return what happens as server-sent events, each once it is committed, in order; the id of each is its `seq`.

    What happened since `after`, or since the header Last-Event-ID, comes first. A stream ends after some minutes: come
    again with the last id. It ends as soon as the key is good no more.

    Args:
        after: The `seq` to start behind; 0 is the beginning.
        scope: The scopes to look in; by default all that the key may read.
    """
    last = request.header("last-event-id")
    if last is not None:
        if not (last.isascii() and last.isdigit() and len(last) < _DIGITS):
            raise InvalidInputError("Last-Event-ID", "the seq of an event", last)
        after = int(last)
    wanted = None if scope is None else tuple([scope] if isinstance(scope, str) else scope)
    name = request.parts["space"]
    with serving.spaces.lease(name) as whole:
        held = handle_of(whole, name, request, route, {})
        held.memory.events(after, limit=1, scope=wanted)
    following = Follow(name, after, held.reads, wanted)
    pieces = serving.streams.follow(
        following, lambda memory: handle_of(memory, name, request, route, {}).memory, request.lasts
    )
    return Answer(200, headers=((b"content-type", EVENTS.encode()),), stream=pieces)


@contextmanager
def _held(serving: Serving, request: Incoming, route: Route, arguments: dict[str, str] | None = None) -> Iterator[Held]:
    """Lend the handle of a request."""
    name = request.parts["space"]
    with serving.spaces.lease(name) as whole:
        yield handle_of(whole, name, request, route, arguments or {})


def _checked(name: str) -> str:
    """Return the name of a file, where it is one alone and no path."""
    if not name.isprintable() or "/" in name or name in ("", ".", "..") or len(name.encode()) > _LONGEST_NAME:
        raise InvalidInputError("name", f"the name of a file, without a folder, of at most {_LONGEST_NAME} bytes", name)
    return name
