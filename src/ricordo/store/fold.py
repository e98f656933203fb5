"""The log's arithmetic, shared by every store: hashing events, folding them into records. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any

from ricordo.store.base import Event, Place, State, Target, Write
from ricordo.store.handle import Handle
from ricordo.text import attribute_key, fold, gist, subject_key
from ricordo.types import EVENT_KINDS, Link, Record, Source

GENESIS = "0" * 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIMES = frozenset({"said_at", "valid_from", "valid_to", "expires_at"})
_HEADER = frozenset({"id", "version", "recorded_at", "event", "sources"})
#: The fields of a record that its state holds.
FIELDS = tuple(field.name for field in fields(Record) if field.name not in _HEADER)
#: Where a state without a beginning stands.
_FAR_PAST = -(1 << 60)
_FIRST_PERSON = frozenset("i me my mine we us our ours".split())
_encoder = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
# JSONEncoder.encode makes its C encoder anew for every value; this is the same one, made once.
_chunks = c_make_encoder and c_make_encoder(
    None, _encoder.default, encode_basestring, None, ":", ",", True, False, False
)


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, no NaN."""
    return "".join(_chunks(value, 0)) if _chunks else _encoder.encode(value)


def same(one: Any, other: Any) -> bool:
    """Tell whether two values of a field are written alike; in metadata 1, 1.0 and true are three values.

    >>> same({"left": 1}, {"left": 1}), same({"left": 1}, {"left": True})
    (True, False)
    """
    return bool(one == other) and (not isinstance(one, Mapping) or canonical(dict(one)) == canonical(dict(other)))


def micros(moment: datetime) -> int:
    """Return microseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """Return the UTC datetime of microseconds since 1970."""
    return _EPOCH + value * _MICROSECOND


def stamp(value: datetime) -> str:
    """Return the log's form of a datetime: ISO 8601 in UTC."""
    return (value if value.tzinfo is UTC else value.astimezone(UTC)).isoformat()[:-6] + "Z"


def spelt(digest: bytes) -> str:
    """Return bytes as the log spells them: in 64 letters, so that no stretch of them passes for a text's own."""
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def unspelt(text: str) -> bytes:
    """Return the bytes that `spelt` wrote."""
    return binascii.a2b_base64(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4))


def seal(space_id: str, secret: bytes) -> bytes:
    """Return what shows that the identity of a space was not altered by accident."""
    return hashlib.sha256(space_id.encode() + secret).digest()


def payload_of(write: Write) -> dict[str, Any]:
    """Return what the log keeps of a write: everything that carries a meaning."""
    parts = {
        "set": dict(write.set),
        "source": _told(write.source),
        "withdraw": _alone([write.withdraw] if isinstance(write.withdraw, int) else list(write.withdraw or ())),
        "undoes": write.undoes,
        "outcome": write.outcome,
        "asked": list(write.asked),
        "key": write.key,
        "body": write.body,
        "action": write.action,
        "rule": write.rule,
        "reason": write.reason,
        "erase": write.erase or None,
        "result": write.result,
    }
    return {name: part for name, part in parts.items() if part}


def _told(source: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None) -> Any:
    """Return evidence as the log keeps it: of words that another record holds nothing but which one."""
    given = [source] if isinstance(source, Mapping) else list(source or ())
    return _alone([{"record": part["record"]} if part.get("record") else dict(part) for part in given])


def _alone(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else parts


def evidence_in(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the pieces of evidence that a payload adds."""
    source = body.get("source") or ()
    return [source] if isinstance(source, Mapping) else list(source)


def withdrawn_by(body: Mapping[str, Any]) -> list[int]:
    """Return the events whose evidence a payload withdraws."""
    seqs = body.get("withdraw") or ()
    return [seqs] if isinstance(seqs, int) else list(seqs)


def salted(salt: bytes, body: str) -> str:
    """Return the digest a header holds of a payload: salted, so that an erased payload can't be guessed from it."""
    return spelt(hashlib.sha256(salt + body.encode()).digest())


def event_hash(previous: str, seq: int, at: datetime, op: str, targets: str) -> str:
    """Return the hash of an event's header, chained to the previous one; `targets` as `heads` writes them."""
    header = f'{previous}[{seq},{micros(at)},"{op}",{targets}]'
    return hashlib.sha256(header.encode()).hexdigest()


def heads(targets: Iterable[Target]) -> str:
    """Return the targets of an event as its header holds them."""
    return canonical([[target.id, target.version, target.digest] for target in targets])


def handle_body(handle: Handle) -> str:
    """Return what a store keeps of a handle beside its columns."""
    return canonical({"reads": dict(handle.reads), "scopes": handle.scopes})


def handle_of(digest: bytes, principal: str, seq: int, expires: int, body: str) -> Handle:
    """Return the handle that a store has kept."""
    told = json.loads(body)
    scopes = None if told["scopes"] is None else tuple(told["scopes"])
    return Handle(digest, principal, seq, moment(expires), told["reads"], scopes)


def chained(previous: Event | None, event: Event) -> str | None:
    """Return what is wrong with an event that follows `previous`, or None."""
    expected = previous.seq + 1 if previous else 1
    if event.seq != expected:
        return f"event {expected} is missing"
    if (
        event_hash(previous.hash if previous else GENESIS, event.seq, event.at, event.op, heads(event.targets))
        != event.hash
    ):
        return f"the header of event {event.seq} does not match its hash"
    if previous and event.at < previous.at:
        return f"event {event.seq} is recorded before event {previous.seq}"
    for target, payload, salt in zip(event.targets, event.payloads, event.salts, strict=True):
        if payload is not None and salted(bytes.fromhex(salt or ""), canonical(payload)) != target.digest:
            return f"the payload of record {target.id} in event {event.seq} does not match its digest"
    return None


def patched(state: State, patch: State) -> dict[str, Any]:
    """Return `state` with the fields of `patch` set, and those that are None taken away."""
    merged = {**state, **patch}
    return {name: value for name, value in merged.items() if value is not None}


def state_of(**values: Any) -> dict[str, Any]:
    """Return record fields in the log's form; fields at their default are left out.

    >>> state_of(kind="fact", pinned=False, aliases=("TS",), content="Writes TypeScript.")
    {'kind': 'fact', 'aliases': ['TS'], 'content': 'Writes TypeScript.'}
    """
    return trimmed({name: logged(value) for name, value in values.items()})


def trimmed(values: State) -> dict[str, Any]:
    """Return fields in the log's form without those at their default."""
    return {name: value for name, value in values.items() if value is not None and value != _LOGGED_DEFAULTS.get(name)}


def logged(value: Any) -> Any:
    """Return a field's value in the log's form."""
    if isinstance(value, (str, bool)):
        return value
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, tuple):
        return [[part.type, part.target] if isinstance(part, Link) else part for part in value]
    return dict(value) if isinstance(value, Mapping) else value


def fields_of(record: Record) -> dict[str, Any]:
    """Return the state of a record, as `state_of` makes it."""
    return state_of(**{name: getattr(record, name) for name in FIELDS})


def record_of(
    id: str,
    version: int,
    event: int,
    recorded_at: datetime,
    state: State,
    evidence: Sequence[Source] = (),
    first: int | None = None,
    own: bool = True,
) -> Record:
    """Return the record of a state; an empty state is the stub of an erased record.

    Args:
        id, version, event, recorded_at: As the log has them.
        state: The fields that differ from their default.
        evidence: Sources that came after the first.
        first: The event that brought the record, where it is not `event`.
        own: Whether the first source still counts.
    """
    values = {"kind": "fact", "content": "", "scope": "", "status": "erased", **state}
    for name in _TIMES:
        if name in values:
            values[name] = datetime.fromisoformat(values[name])
    said_at = values.setdefault("said_at", recorded_at)
    ref = values.pop("ref", None)
    for name in ("aliases", "learnt", "supersedes"):
        if name in values:
            values[name] = tuple(values[name])
    if "links" in values:
        values["links"] = tuple(Link(*pair) for pair in values["links"])
    place = held_by(values.get("links", ()))
    sources = [Source(ref, said_at, values.get("speaker"), first or event, place)] if state and own else []
    return Record(id=id, version=version, event=event, recorded_at=recorded_at, sources=(*sources, *evidence), **values)


def held_by(links: Iterable[Link]) -> str | None:
    """Return the one record that a record was derived from, which holds the words; None where it is not one."""
    told = [link.target for link in links if link.type == "derived_from"]
    return told[0] if len(told) == 1 else None


def source_of(part: Mapping[str, Any], event: int, held: State | None = None) -> Source | None:
    """Return a piece of evidence, or None where the record that held its words was erased.

    Args:
        part: As the log has it.
        event: The event that added it.
        held: The state of the record that holds the words, as it was then.
    """
    witness = part.get("record")
    told = part if witness is None else held
    if not told or "said_at" not in told:
        return None
    said = part.get("said") if witness is None else None
    return Source(told.get("ref"), datetime.fromisoformat(told["said_at"]), told.get("speaker"), event, witness, said)


def _subject(subject: str) -> str:
    """Return a subject as slots compare it: of one without letters or digits every sign counts."""
    return subject_key(subject) or fold(subject).strip()


def slot_key(record: Record) -> bytes | None:
    """Return the look-up key of a record's slot, or None where it has none or its kind never merges."""
    if record.subject is None or record.attribute is None or record.kind in EVENT_KINDS:
        return None
    return _digest("slot", record.scope, _subject(record.subject), attribute_key(record.attribute))


def slot_place(record: Record) -> Place | None:
    """Return where a record stands among the states of its slot, or None where it has none."""
    key = slot_key(record)
    if key is None:
        return None
    value = gist(record.value if record.value is not None else record.content)
    begin = _FAR_PAST if record.valid_from is None else micros(record.valid_from)
    whose = _digest("whose", record.scope, _subject(record.subject or ""), value)
    return Place(key, _digest("value", value), whose, begin)


def said_key(scope: str, role: str, form: str) -> int:
    """Return the look-up key under which a sentence is recognised in a scope when it comes back."""
    digest = hashlib.blake2b(f"{role}\x1f{scope}\x1f{form}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def stands_for_turns(record: Record) -> bool:
    """Tell whether a record stands in place of turns of its session."""
    return record.kind == "observation" and record.session is not None and bool(record.supersedes)


def asks(content: str) -> bool:
    """Tell whether a text asks something, by its question marks."""
    return any(map(content.__contains__, "?？؟"))


def twin_key(record: Record) -> bytes | None:
    """Return the look-up key under which repetitions of a state record meet; None for kinds that never merge.

    Texts in the first person are only the same when the same speaker says them.
    """
    if record.kind in EVENT_KINDS or not record.content:
        return None
    said = gist(record.content)
    voice = fold(record.speaker or "") if _FIRST_PERSON & set(said.split()) else ""
    about = [fold(part) if part else "" for part in (record.subject, record.attribute, record.value)]
    return _digest("twin", record.scope, record.kind, voice, *about, said)


@lru_cache(maxsize=4096)
def _digest(*parts: str) -> bytes:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=12).digest()


_DEFAULTS = {
    "cardinality": "one",
    "aliases": (),
    "learnt": (),
    "pinned": False,
    "user_edited": False,
    "links": (),
    "supersedes": (),
    "metadata": {},
    "derivation": "stated",
}
_LOGGED_DEFAULTS = {name: logged(value) for name, value in _DEFAULTS.items()}
