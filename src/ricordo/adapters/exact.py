"""Names and values of other systems, kept so that they come back exactly, and no two alike. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from ricordo.errors import InvalidInputError

#: What a shortened name begins with, and no escaped one.
SHORTENED = "%~"
#: Characters of JSON that metadata may have, with room for names beside.
_MOST_METADATA = 60_000
_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"[%\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]|(?! )\s|^ | $")


def escaped(text: str) -> str:
    r"""Return text that any field may hold, and that tells the original.

    >>> escaped("user:ada"), escaped("100%\n"), escaped(" x")
    ('user:ada', '100%25%0A', '%20x')
    """
    return _ESCAPED.sub(lambda found: quote(found[0], safe="", errors="surrogatepass"), text)


def plain(text: str) -> str:
    """Return the original of an escaped text."""
    return unquote(text, errors="surrogatepass")


def short(text: str, longest: int) -> str:
    """Return an escaped text, or where it is too long a digest and its beginning, which nothing else is escaped to."""
    if len(text) <= longest:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{SHORTENED}{digest}.{text[: max(0, min(100, longest - 70))]}".rstrip(" ")


def as_json(field: str, value: Mapping[str, Any]) -> str:
    """Return a mapping as JSON text that gives it back exactly, in its order.

    Raises:
        InvalidInputError: It holds something else than JSON does.
    """
    try:
        written = json.dumps(dict(value), ensure_ascii=False, allow_nan=False)
        if _UNWRITABLE.search(written):  # halves of characters, which only their escapes can tell
            written = json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInputError(field, f"a mapping that can be written as JSON ({error})") from error
    if not _named(value):
        raise InvalidInputError(field, "a mapping with text keys, all the way down")
    return written


def _named(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(name, str) and _named(part) for name, part in value.items())
    return not isinstance(value, (list, tuple)) or all(map(_named, value))


def readable(text: str) -> str:
    """Return text that can be kept as content: what can't be written is replaced."""
    return _UNWRITABLE.sub("\ufffd", text)


def fits_metadata(metadata: Mapping[str, Any]) -> bool:
    r"""Tell whether metadata can be kept: it is not too large, and nothing in it names a NUL.

    >>> fits_metadata({"a": 1}), fits_metadata({"a": "\\u0000"}), fits_metadata({"a": "x" * 70_000})
    (True, False, False)
    """
    written = json.dumps(metadata, ensure_ascii=False)
    return len(written) <= _MOST_METADATA and "\\u0000" not in written
