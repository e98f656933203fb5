"""Transcripts: turns that begin with a name ("Ada: ..."), or JSON messages with a role and content."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ricordo.formats.base import HEAD_BYTES, Bad, Found, ReadOptions, found, lines_of, opened, read_head
from ricordo.formats.json_stream import Element, elements, load
from ricordo.formats.times import read_time

#: The longest turn that is read.
MAX_TURN = 1_000_000

#: Roles that give instructions or output; nobody said it.
_UNSAID = frozenset({"system", "developer", "tool", "function"})
_ROLES = _UNSAID | {"user", "human", "assistant", "ai", "bot", "model"}
_STAMPED = re.compile(r"\[(?P<at>[^\]]{0,40}\d[^\]]{0,40})\]\s*(?P<name>[^:\[\]]{1,60}?):(?:\s+(?P<text>.*))?")
_BOLD = re.compile(r"\*\*(?P<name>[^*:]{1,60}?)(?::\*\*|\*\*:)\s*(?P<text>.*)")
_BARE = re.compile(r"(?P<name>[^\W\d_][\w.'’-]*(?: [^\W_][\w.'’-]*){0,2}):(?:\s+(?P<text>.*))?")
#: Words that open a line like a name does and are none.
_LABEL = re.compile(
    r"answer|caution|conclusion|date|edit|error|examples?|hint|https?|important|info|input|later|notes?|output|p\.?s"
    r"|question|re|results?|source|step|subject|summary|tips?|title|todo|update|warning"
)
_JSON_MESSAGE = re.compile(rb'"role"\s*:\s*"')
_TIME_KEYS = ("timestamp", "created_at", "at")


class TranscriptReader:
    """Reads chats, told in lines or in JSON messages."""

    name = "transcript"
    owners = ()

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell it by messages with a role and content, or by several turns that begin with a name."""
        if _is_json(head):
            return _JSON_MESSAGE.search(head) is not None and b'"content"' in head
        return b"\x00" not in head and _looks_told(head)

    def read(self, path: Path, options: ReadOptions) -> Iterator[Found | Bad]:
        """Yield the turns; text before the first speaker, system and tool messages are left out."""
        head = read_head(path)
        common = _Common(
            options.name_of(path), options.session or path.stem, options.scope, options, options.time_of(path)
        )
        if not _is_json(head):
            return _read_told(path, _Tags.of(head), common)
        return _read_array(path, common) if head.lstrip().startswith(b"[") else _read_lines(path, common)


@dataclass(frozen=True, slots=True)
class _Common:
    """What the items of one file share."""

    source: str
    session: str
    scope: str | None
    options: ReadOptions
    default: datetime

    def item(self, line: int, speaker: str, written: Any, content: str) -> Found | Bad:
        """Return a turn as what `retain` takes, or why it is none."""
        if speaker.lower() in _UNSAID:
            return Bad(line, f"{speaker.lower()} message")
        try:
            at = self.default if written is None else read_time(written, self.options.zone)
        except ValueError as error:
            return Bad(line, str(error))
        fields = {"content": content.strip(), "kind": "observation", "speaker": speaker, "at": at}
        return found(line, {**fields, "session": self.session, "scope": self.scope, "ref": f"{self.source}:{line}"})


def _is_json(head: bytes) -> bool:
    """Tell JSON from lines; "[2026-05-03] Ada: hello" begins with a bracket too."""
    text = head.lstrip()
    return text.startswith(b"{") or re.match(rb"\[\s*[{\]]", text) is not None


def _read_array(path: Path, common: _Common) -> Iterator[Found | Bad]:
    with opened(path) as stream:
        for element in elements(stream):
            yield element if isinstance(element, Bad) else _message(element, common)


def _read_lines(path: Path, common: _Common) -> Iterator[Found | Bad]:
    with opened(path) as stream:
        for line in lines_of(stream):
            if isinstance(line, Bad):
                yield line
            elif line.text.strip():
                value, fault = load(line.text)
                yield Bad(line.number, fault) if fault else _message(Element(line.number, value), common)


def _message(element: Element, common: _Common) -> Found | Bad:
    message, line = element.value, element.number
    role = message.get("role") if isinstance(message, Mapping) else None
    if not isinstance(role, str) or not role.strip():
        return Bad(line, "not a message with a role")
    if role.lower() in _UNSAID:
        return Bad(line, f"{role.lower()} message")
    content = _content(message.get("content"))
    if content is None:
        return Bad(line, "content: must be text, or a list of parts with a type")
    name = message.get("name")
    written = next((message[key] for key in _TIME_KEYS if message.get(key) is not None), None)
    return common.item(line, name if isinstance(name, str) and name.strip() else role, written, content)


def _content(value: Any) -> str | None:
    """Return the text of a message; parts of other types, such as images, have none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if not isinstance(value, list) or not all(isinstance(part, Mapping) for part in value):
        return None
    texts = (part.get("text") for part in value if part.get("type", "text") == "text")
    return "\n".join(text for text in texts if isinstance(text, str))


@dataclass(frozen=True, slots=True)
class _Tags:
    """How one file marks who speaks. The first turn fixes the style: a bold word in a bare transcript is no speaker.

    Where a file has two roles, such as user and assistant, other words before a colon are part of what is said.
    """

    pattern: re.Pattern[str] | None
    only_roles: bool

    @classmethod
    def of(cls, head: bytes) -> _Tags:
        """Return how a file that begins so marks who speaks."""
        texts = head.decode("utf-8", "replace").splitlines()
        for text in texts:
            for pattern in (_STAMPED, _BOLD, _BARE):
                if cls(pattern, False).match(text):
                    matches = (cls(pattern, False).match(one) for one in texts)
                    roles = {match["name"].lower() for match in matches if match} & (_ROLES - _UNSAID)
                    return cls(pattern, len(roles) > 1)
        return cls(None, False)

    def match(self, text: str) -> re.Match[str] | None:
        """Return the match of a line that begins a turn; `name`, `text` and perhaps `at` are its groups."""
        match = self.pattern.fullmatch(text) if self.pattern else None
        if match is None:
            return None
        name = match["name"].strip().lower()
        if name in _ROLES:
            return match
        if self.only_roles or not name or _LABEL.fullmatch(name):
            return None
        if self.pattern is _BARE and not (match["text"] and match["name"][0].isupper()):
            return None
        return match


def _looks_told(head: bytes) -> bool:
    """Tell a chat from prose: it begins with a turn, and turns are common and by few speakers."""
    texts = [text for text in head[:HEAD_BYTES].decode("utf-8", "replace").splitlines() if text.strip()]
    tags = _Tags.of(head)
    names = [match["name"].strip().lower() for match in map(tags.match, texts) if match]
    if not texts or not tags.match(texts[0]) or len(names) < 2:
        return False
    sure = tags.only_roles or tags.pattern is _STAMPED
    few = len(set(names)) <= max(1, len(names) // 2)
    return sure or (few and len(names) * 4 >= len(texts))


def _read_told(path: Path, tags: _Tags, common: _Common) -> Iterator[Found | Bad]:
    turn: _Turn | None = None
    lost = False
    with opened(path) as stream:
        for line in lines_of(stream):
            if isinstance(line, Bad):
                yield line
            elif match := tags.match(line.text):
                if turn:
                    yield turn.item(common)
                turn = _Turn(line.number, match["name"].strip(), match.groupdict().get("at"), [match["text"] or ""])
            elif turn:
                turn.add(line.text)
            elif line.text.strip() and not lost:
                lost = True
                yield Bad(line.number, "text before the first speaker")
    if turn:
        yield turn.item(common)


@dataclass(slots=True)
class _Turn:
    """One turn while its lines come in; past `MAX_TURN` characters none are held."""

    line: int
    speaker: str
    at: str | None
    lines: list[str]
    size: int = 0

    def add(self, text: str) -> None:
        self.size += len(text) + 1
        if self.size > MAX_TURN:
            self.lines.clear()
        else:
            self.lines.append(text.rstrip())

    def item(self, common: _Common) -> Found | Bad:
        if self.size > MAX_TURN:
            return Bad(self.line, f"turn over {MAX_TURN} characters")
        return common.item(self.line, self.speaker, self.at, "\n".join(self.lines))
