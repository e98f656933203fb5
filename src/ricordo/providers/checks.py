"""Checks of what models are asked, shared by those on a server and the fakes."""

from __future__ import annotations

from collections.abc import Sequence

from ricordo.errors import InvalidInputError
from ricordo.providers.base import Message

ROLES = ("system", "user", "assistant")
_LARGEST_SECONDS = 86_400.0


def check_messages(messages: Sequence[Message], max_tokens: int) -> None:
    """Check the arguments of `LanguageModel.complete`.

    Raises:
        InvalidInputError: One breaks a rule.
    """
    if not isinstance(messages, (list, tuple)) or not messages:
        raise InvalidInputError("messages", "at least one Message, in a list", messages)
    for spot, one in enumerate(messages):
        if not isinstance(one, Message) or one.role not in ROLES or not isinstance(one.content, str):
            raise InvalidInputError(f"messages[{spot}]", f"a Message with a role of {', '.join(ROLES)} and a text", one)
    check_whole("max_tokens", max_tokens, 1)


def check_texts(query: str, texts: Sequence[str]) -> None:
    """Check the arguments of `Reranker.rank`.

    Raises:
        InvalidInputError: One breaks a rule.
    """
    if not isinstance(query, str):
        raise InvalidInputError("query", "a text", query)
    if isinstance(texts, str) or not isinstance(texts, Sequence):
        raise InvalidInputError("texts", "a sequence of texts, not one text", texts)
    for spot, text in enumerate(texts):
        if not isinstance(text, str):
            raise InvalidInputError(f"texts[{spot}]", "a text", text)


def check_name(field: str, name: str) -> str:
    """Return the name of a model that has passed its check.

    Raises:
        InvalidInputError: It is empty, too long or not printable.
    """
    if not isinstance(name, str) or not name.strip() or not name.isprintable() or len(name) > 200:
        raise InvalidInputError(field, "the name of a model, in 1 to 200 printable characters", name)
    return name


def check_seconds(field: str, value: float) -> float:
    """Return a length of time that has passed its check.

    Raises:
        InvalidInputError: It is not above 0, or longer than a day.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= _LARGEST_SECONDS:
        raise InvalidInputError(field, f"seconds, above 0 and at most {_LARGEST_SECONDS:g}", value)
    return float(value)


def check_whole(field: str, value: int, least: int, most: int = 1 << 40) -> int:
    """Return a whole number that has passed its check.

    Raises:
        InvalidInputError: It is none, or outside its bounds.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidInputError(field, f"a whole number from {least} to {most}", value)
    return value
