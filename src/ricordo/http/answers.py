"""Answers: JSON, problem documents, files; and how they are sent."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from ricordo.access.refusal import Header, Send
from ricordo.errors import BusyError, RicordoError, VersionConflictError
from ricordo.types import Record, Verdict
from ricordo.wire.problems import MEDIA_TYPE, problem, told

JSON: Header = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", MEDIA_TYPE.encode())
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)
_AGAIN = (b"retry-after", b"1")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back.

    Args:
        status: The HTTP status.
        body: All of it.
        headers: What the answer says beside it.
        file: In place of a body: a file to be sent, alone in a folder, which is removed after.
        stream: In place of a body: pieces to be sent as they come.
    """

    status: int
    body: bytes = b""
    headers: tuple[Header, ...] = ()
    file: Path | None = None
    stream: AsyncGenerator[bytes, None] | None = None


def dumped(data: Any) -> bytes:
    """Return JSON as it is sent: UTF-8, without spaces."""
    return _ENCODER.encode(data).encode()


def good(status: int, data: Mapping[str, Any], headers: Iterable[Header] = ()) -> Answer:
    """Return an answer that is a JSON object."""
    return Answer(status, dumped(data), (JSON, *headers))


def bad(status: int, name: str, detail: str, request_id: str, headers: Iterable[Header] = ()) -> Answer:
    """Return the problem document of a problem that only HTTP has."""
    document = told(status, HTTPStatus(status).phrase, detail, name, request_id)
    return Answer(status, dumped(document), (_PROBLEM, *headers))


def failed(error: RicordoError, request_id: str) -> Answer:
    """Return the problem document of an error."""
    status, document = problem(error, request_id)
    headers = [_PROBLEM]
    if isinstance(error, VersionConflictError) and error.current:
        headers.append(etag(error.current))
    if isinstance(error, BusyError):
        headers.append(_AGAIN)
    return Answer(status, dumped(document), tuple(headers))


def etag(version: int) -> Header:
    """Return the header with the version of a record."""
    return b"etag", b'"%d"' % version


def version_of(result: Any) -> int | None:
    """Return the version of the record that a result is, or is about."""
    if isinstance(result, Verdict):
        return result.record.version
    return result.version if isinstance(result, Record) else None


async def send_whole(send: Send, answer: Answer, *, head: bool) -> None:
    """Send an answer that is no file; without its body where only its head was asked for."""
    length = (b"content-length", str(len(answer.body)).encode())
    sized = answer.headers if answer.status == HTTPStatus.NOT_MODIFIED else (length, *answer.headers)
    await send({"type": "http.response.start", "status": answer.status, "headers": list(sized)})
    await send({"type": "http.response.body", "body": b"" if head else answer.body})
