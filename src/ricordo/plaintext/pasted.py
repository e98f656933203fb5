"""Finding a context that was pasted into a text: by the shape of its lines, in every format `render.py` writes. Pure.

Whole or in part, with or without its heading, quoted with ">", fenced, escaped as HTML or within a JSON string. That a
line has the shape tells where to look; whether the memory gave it is told by what the space holds.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ricordo.plaintext.extract import is_shorter
from ricordo.plaintext.render import HEADING
from ricordo.text import name_words
from ricordo.types import Record

Span = tuple[int, int]
#: Longer texts are not looked through: no context is.
LONGEST = 400_000
_MOST_DOCUMENTS = 20
_DAY = r"\d{4}-\d\d-\d\d"
_DATED = re.compile(_DAY)
_STRING = r'"(?:[^"\\]|\\.)*+"'
_LINE = re.compile(
    rf"(?:\[\d+\]|\d+[.)]|[-*])?\s*({_DAY})(?: (\S.*?))?: (`*)({_STRING})\3"
    rf"(?: \(((?:`*{_STRING}`*)|[^()]*)\))?((?: \[(?:`*{_STRING}`*|[^\[\]\"])*+\])*+)\s*"
)
_NOTE = re.compile(rf" \[((?:`*{_STRING}`*|[^\[\]\"])*+)\]")
_REMARK = re.compile(
    rf"(?:from {_DAY})?(?: ?until {_DAY})?|(?:no longer so|(?:was|is) so (?:until|from) {_DAY})(?:: `*{_STRING}`*)?"
    r"|(?:unknown|stale|expired|of this|contradicted by)\b.*"
    rf"|(?:extract|stub), id (\S+)|`*\"was .*\"`*|`*\".* until {_DAY}\"`*",
    re.S,
)
_REAL_LINE = re.compile(r"[^\n]+")
_QUOTING = re.compile(r"(?:[\s>]|&gt;)*")
_ESCAPED_LINE = re.compile(r"(?:\\n)*((?:[^\\]|\\[^n])+)")
_FENCE = re.compile(r"(?:```|~~~)[\w-]*")
_JSON_HEAD = re.compile(r'\{\s*"remembered"\s*:\s*"[^"]*"\s*,\s*"items"\s*:\s*\[')
_JSON_FIELDS = frozenset("n date speaker title text ref state was rung id standing reason since told against".split())
#: What is left of a message that held nothing but a context.
_NOISE = re.compile(
    r"\b(?:role|user|assistant|system|content|text|type|json|markdown|memory|context)\b|\\n|&\w+;", re.I
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a context.

    Args:
        span: Where it stands.
        text: What it quotes.
        day: The day it gives.
        who: Speaker and title, as they are written.
        ref: The caller's own id, where it has one.
        id: The record's id, where the line has it.
    """

    span: Span
    text: str
    day: str
    who: str = ""
    ref: str | None = None
    id: str | None = None

    def of(self, record: Record) -> bool:
        """Tell whether this is a line of a record: its day, its speaker, its id are as the record has them."""
        named = [word for part in (record.speaker, record.title) if part for word in name_words(part)]
        told = record.said_at.date().isoformat() == self.day and name_words(self.who) == named
        if not told or (self.ref is not None and self.ref not in record.refs):
            return False
        return self.id is None or (self.id == record.id and is_shorter(self.text, record))


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a text holds of contexts: their lines, and the frame around them."""

    lines: list[Line] = field(default_factory=list)
    frame: list[Span] = field(default_factory=list)


def pasted(text: str) -> Pasted:
    """Return the lines in a text that have the shape of a context's.

    >>> found = pasted('> [1] 2026-05-03 Ada: "I live in Lisbon."\\nSo what?')
    >>> found.lines[0].text, found.lines[0].who
    ('I live in Lisbon.', 'Ada')
    """
    found = Pasted()
    if "-" not in text or len(text) > LONGEST or not _DATED.search(text):
        return found
    end = 0
    for begin, stop in _documents(text, found):
        _read_lines(text, end, begin, found)
        end = stop
    _read_lines(text, end, len(text), found)
    return found


def _documents(text: str, found: Pasted) -> Iterator[Span]:
    """Yield where JSON documents stand that are contexts; their lines are added."""
    decoder, end = json.JSONDecoder(strict=False), 0
    for number, start in enumerate(re.finditer(r"^\s*([{\[\"])", text, re.M)):
        begin = start.start(1)
        if begin < end or number >= _MOST_DOCUMENTS:
            continue
        try:
            document, stop = decoder.raw_decode(text, begin)
        except (ValueError, RecursionError):
            continue
        lines = list(_items(document, (begin, stop)))
        if lines:
            found.lines.extend(lines)
            yield begin, stop
            end = stop


def _items(document: Any, span: Span) -> Iterator[Line]:
    """Yield the lines of a document that is an item, several, a context, or messages that are contexts."""
    if isinstance(document, Mapping):
        if isinstance(document.get("items"), list):
            yield from _items(document["items"], span)
        elif _is_item(document):
            yield _item(document, span)
        elif "role" in document:
            yield from _items(document.get("content"), span)
    elif isinstance(document, str):
        inner = pasted(document)
        if inner.lines and not left_over(document, [line.span for line in inner.lines], inner.frame):
            yield from (replace(line, span=span) for line in inner.lines)
    elif isinstance(document, list):
        parts = [list(_items(part, span)) for part in document]
        if all(parts):
            for part in parts:
                yield from part


def _is_item(document: Mapping[str, Any]) -> bool:
    texts = [document.get(name) for name in ("date", "text")]
    return all(isinstance(text, str) for text in texts) and set(document) <= _JSON_FIELDS


def _item(document: Mapping[str, Any], span: Span) -> Line:
    who = " ".join(str(document[name]) for name in ("speaker", "title") if document.get(name))
    ref, id = document.get("ref"), document.get("id")
    return Line(
        span,
        document["text"],
        document["date"],
        who,
        None if ref is None else str(ref),
        None if id is None else str(id),
    )


def _read_lines(text: str, begin: int, end: int, found: Pasted) -> None:
    for real in _REAL_LINE.finditer(text, begin, end):
        quoting = _QUOTING.match(text, real.start(), real.end())
        start = quoting.end() if quoting else real.start()
        spoken = text[start : real.end()]
        if not spoken.strip() or _take(spoken, real.span(), found):
            continue
        if "&" in spoken and _take(html.unescape(spoken), real.span(), found):
            continue
        if '\\"' in spoken:
            _read_escaped(text, start, real.end(), found)


def _take(spoken: str, span: Span, found: Pasted) -> bool:
    """Take one line of a context, or of its frame."""
    bare = spoken.strip()
    if bare == HEADING or _FENCE.fullmatch(bare) or _JSON_HEAD.fullmatch(bare) or bare in ("]}", "[", "]"):
        found.frame.append(span)
        return True
    line = _parsed(bare, span) or _parsed_json(bare, span)
    if line is not None:
        found.lines.append(line)
    return line is not None


def _parsed(bare: str, span: Span) -> Line | None:
    match = _LINE.fullmatch(bare)
    if match is None:
        return None
    day, who, _, spelt, ref, notes = match.groups()
    id = None
    for note in _NOTE.findall(notes or ""):
        remark = _REMARK.fullmatch(note)
        if remark is None:
            return None
        id = remark[1] or id
    text = _string(spelt)
    return None if text is None else Line(span, text, day, who or "", _plain(ref), _plain(id))


def _plain(label: str | None) -> str | None:
    """Return a label without what quotes it."""
    bare = label.strip("`") if label else label
    return (_string(bare) or bare) if bare and bare.startswith('"') else bare


def _string(spelt: str) -> str | None:
    try:
        text = json.loads(spelt, strict=False)
    except ValueError:
        return None
    return text if isinstance(text, str) else None


def _parsed_json(bare: str, span: Span) -> Line | None:
    if not bare.startswith("{"):
        return None
    try:
        document = json.loads(bare.rstrip(","), strict=False)
    except (ValueError, RecursionError):
        return None
    return _item(document, span) if isinstance(document, Mapping) and _is_item(document) else None


def _read_escaped(text: str, begin: int, end: int, found: Pasted) -> None:
    """Read a line that is the inside of a JSON string: its own lines are parted by escapes."""
    for part in _ESCAPED_LINE.finditer(text, begin, end):
        spelt = part.group(1)
        inner = _string(f'"{spelt}"') or _string(f'"{_unclosed(spelt)}"') or ""
        if not _take(inner, part.span(), found) and inner.endswith(HEADING):
            found.frame.append((part.end() - len(HEADING), part.end()))


def _unclosed(spelt: str) -> str:
    """Take away what closes the string and the document around it, and what opens them."""
    return re.sub(r'(?<!\\)"[\s}\],]*$', "", re.sub(r'^.*(?<!\\)"(?=Remembered|\[\d)', "", spelt))


def left_over(text: str, *known: list[Span]) -> str:
    """Return what a text holds beside spans; nothing where that is only punctuation and what wraps messages."""
    rest = "\n".join(part for part in without(text, [span for spans in known for span in spans]) if part)
    return rest if re.search(r"\w", _NOISE.sub("", rest)) else ""


def without(text: str, spans: list[Span]) -> Iterator[str]:
    """Yield the pieces of a text beside spans, without white space at their ends."""
    end = 0
    for begin, stop in sorted(spans):
        yield text[end:begin].strip()
        end = max(end, stop)
    yield text[end:].strip()
