"""Server-sent events, read from the bytes of a stream as they come. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(rb"\r\n|\n|\r")


def events(stream: bytes) -> Iterator[tuple[str, str]]:
    r"""Yield (event, data) of each event that is complete, by the rules of the HTML standard; comments are left out.

    Lines end with CR, LF or both; the data of several lines is joined; what is not closed by an empty line is no event.

    >>> list(events(b": ping\n\nevent: a\ndata: 1\ndata: 2\n\ndata: [DONE]\r\n\r\ndata: cut"))
    [('a', '1\n2'), ('', '[DONE]')]
    """
    name: str = ""
    data: list[bytes] = []
    lines = _END.split(stream.removeprefix(b"\xef\xbb\xbf"))
    for line in lines[:-1]:  # the last has no end: it was cut, or is empty
        if not line:
            if data:
                yield name, b"\n".join(data).decode("utf-8", "replace")
            name, data = "", []
            continue
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
