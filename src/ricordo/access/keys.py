"""API keys: who calls, what they may do, and in which scopes."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ricordo.access.later import Later
from ricordo.access.ledger import Ledger
from ricordo.engine import SystemClock
from ricordo.errors import AccessError, InvalidInputError, NotFoundError
from ricordo.memory import Memory
from ricordo.plaintext.draft import check_scope
from ricordo.store.fold import micros, moment
from ricordo.types import Clock

#: What a key may be allowed to do.
RIGHTS = ("read", "write", "erase", "admin")
#: The space of a key that is good for every space.
ANY = "*"
_SECRET = re.compile(r"mos_([a-z0-9]{12})_[A-Za-z0-9_-]{43}")
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_MOST_SCOPES = 1_000
#: What the secret of an unknown key is compared with, so that it takes as long.
_NOBODYS = bytes(32)
_COLUMNS = "id, space, principal, reads, writes, rights, created, expires, revoked"
#: How exactly it is kept when a key was last used.
_USED_WITHIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Key:
    """What a caller may do.

    Args:
        id: Tells keys apart; no secret.
        space: The space it is good for; "*" is every space.
        principal: Whose handle its requests get: read tokens and the keys of writes are bound to it.
        read: The scopes it reads; None is every scope.
        write: The scopes it writes; None is every scope.
        rights: Of "read", "write", "erase" and "admin".
        created_at, expires_at, revoked_at: Its life.
        last_used_at: To the minute.
    """

    id: str
    space: str
    principal: str
    read: tuple[str, ...] | None
    write: tuple[str, ...] | None
    rights: frozenset[str]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def may(self, right: str) -> bool:
        """Tell whether the key has a right."""
        return right in self.rights

    def opens(self, space: str) -> bool:
        """Tell whether the key is good for a space."""
        return self.space in (ANY, space)

    def valid(self, now: datetime) -> bool:
        """Tell whether the key is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def handle(self, memory: Memory, *, write: str | None = None, read: Iterable[str] | None = None) -> Memory:
        """Return the handle for one request: never more than the key's scopes, and less where the request says so.

        A key that may write one scope writes that one unless told otherwise; where there are several, a request that
        writes names one. A key for every scope gets the whole space, unless the request names scopes.

        Args:
            memory: The whole space.
            write: The scope this request writes.
            read: The scopes this request reads, of those of the key.

        Raises:
            AccessError: The key does not reach so far.

        >>> from ricordo import Memory
        >>> memory = Memory.open(":memory:", embedder=None)
        >>> ada = replace(LOCAL, read=("user:ada", "team"), write=("user:ada",))
        >>> ada.handle(memory).retain("I like tea.").record.scope
        'user:ada'
        """
        asked = None if read is None else tuple([read] if isinstance(read, str) else read)
        if write is None and asked is None and self.read is None and self.write is None:
            return memory.scoped(principal=self.principal)
        target = self._target(write)
        if asked is None:
            asked = self.read if self.read is not None else (() if target is None else (target,))
        beyond = next((scope for scope in asked if self.read is not None and scope not in self.read), None)
        if beyond is not None:
            raise AccessError(
                f"scope: this key does not read {beyond!r}; name a scope of its own, or issue another key"
            )
        return memory.scoped(write=target, read=asked, principal=self.principal)

    def _target(self, write: str | None) -> str | None:
        """Return the scope that a request writes, or None where it writes nothing."""
        if write is None:
            return self.write[0] if self.write is not None and len(self.write) == 1 and self._writes else None
        if not self._writes or (self.write is not None and write not in self.write):
            raise AccessError(
                f"scope: this key does not write {write!r}; name a scope of its own, or issue another key"
            )
        return write

    @property
    def _writes(self) -> bool:
        return not self.rights.isdisjoint(("write", "erase", "admin"))


#: Who calls where no key is asked for: `--insecure` on loopback, and stdio.
LOCAL = Key("local", ANY, "local", None, None, frozenset(RIGHTS), datetime(1970, 1, 1, tzinfo=UTC))


class Keys:
    """The keys of a server, in `server.db`. Several processes may use them at once.

    Every check looks into the file, so that a key which was revoked is refused from the next request on. Kept of a
    secret is its SHA-256: 32 random bytes need no slow hash.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Keys.open(Path(folder)) as keys:
    ...     key, secret = keys.issue(space="team", principal="agent:coder", read=["code"], write=["code"])
    ...     keys.check(secret, datetime.now(UTC)).principal, keys.check(secret + "x", datetime.now(UTC))
    ('agent:coder', None)
    """

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger, self._clock = ledger, clock
        self._known: dict[str, tuple[tuple[Any, ...], Key]] = {}
        self._used: dict[str, datetime] = {}
        self._later: Later[tuple[str, int]] = Later(self._note_uses)

    @classmethod
    def open(cls, folder: Path, *, clock: Clock | None = None) -> Keys:
        """Open the keys in a folder, and make the file where it is missing.

        Args:
            folder: As of the setting `state`.
            clock: Tells when a key is issued, rotated and revoked.

        Raises:
            StoreError: The file can't be used, or others may write to it.
        """
        return cls(Ledger(folder), clock or SystemClock())

    def issue(
        self,
        *,
        space: str = ANY,
        principal: str = "",
        read: Iterable[str] | None = None,
        write: Iterable[str] | None = None,
        rights: Iterable[str] = ("read", "write"),
        expires_at: datetime | None = None,
    ) -> tuple[Key, str]:
        """Make a key, and return it with its secret, which is kept nowhere.

        Args:
            space: The space it is good for; "*" is every space.
            principal: Whose it is, such as "agent:coder"; by default "key:" and its id.
            read: The scopes it reads; None is every scope.
            write: The scopes it writes; None is every scope. A key that reads every scope writes every scope, too: what
                it must not do is told by its rights.
            rights: Of "read", "write", "erase" and "admin".
            expires_at: From when on it is refused; None is never.

        Raises:
            InvalidInputError: A value breaks a rule; no key was made.
        """
        now, id = self._clock.now(), _new_id()
        reads, writes = _scopes("read", read), _scopes("write", write)
        if reads is None and writes is not None:
            raise InvalidInputError("read", "the scopes it reads, where those it writes are named")
        if expires_at is not None and (expires_at.tzinfo is None or expires_at <= now):
            raise InvalidInputError("expires_at", "a time to come, with its zone", expires_at)
        owner = check_scope(principal or f"key:{id}", "principal")
        key = Key(id, check_scope(space, "space"), owner, reads, writes, _rights(rights), now, expires_at)
        return key, self._add(key)

    def check(self, secret: str, now: datetime) -> Key | None:
        """Return the key of a secret, or None where it is unknown, expired or revoked."""
        shape = _SECRET.fullmatch(secret)
        if shape is None:
            return None
        id = shape[1]
        with self._ledger.read() as db:
            row = db.execute(f"SELECT digest, {_COLUMNS} FROM key WHERE id = ?", (id,)).fetchone()
        digest, told = (_NOBODYS, None) if row is None else (row[0], row[1:])
        if not hmac.compare_digest(digest, _digest(secret)) or told is None:
            return None
        key = self._key(id, told)
        if not key.valid(now):
            return None
        self._touch(id, now)
        return key

    def list(self) -> list[Key]:
        """Return every key, the oldest first."""
        with self._ledger.read() as db:
            rows = db.execute(f"SELECT {_COLUMNS}, used FROM key ORDER BY created, id").fetchall()
        return [replace(_loaded(row[:-1]), last_used_at=_when(row[-1])) for row in rows]

    def revoke(self, id: str) -> Key:
        """Revoke a key at once and for good; one that is revoked stays as it is.

        Raises:
            NotFoundError: There is no such key.
        """
        with self._ledger.write() as db:
            db.execute("UPDATE key SET revoked = coalesce(revoked, ?) WHERE id = ?", (micros(self._clock.now()), id))
        return self._one(id)

    def rotate(self, id: str, *, grace: timedelta = timedelta(0)) -> tuple[Key, str]:
        """Make a key that may do what another may, and let that one end.

        The new key has the principal of the old one, so what was read with the one can be committed with the other, and
        lives as long as the old one was to live when it was issued.

        Args:
            id: The key that is to be replaced.
            grace: For how long the old one is good still.

        Raises:
            NotFoundError: There is no such key.
            InvalidInputError: It is revoked or expired, or the grace time is negative.
        """
        now, old = self._clock.now(), self._one(id)
        if not old.valid(now):
            raise InvalidInputError("id", "a key that is neither revoked nor expired; issue a new one", id)
        if grace < timedelta(0):
            raise InvalidInputError("grace", "0 or more", grace)
        ends = now + grace if old.expires_at is None else min(old.expires_at, now + grace)
        lives = None if old.expires_at is None else now + (old.expires_at - old.created_at)
        new = replace(old, id=_new_id(), created_at=now, expires_at=lives, last_used_at=None)
        return new, self._add(new, ended=(id, ends))

    def close(self) -> None:
        """Write down what is still to be written, and close the file."""
        self._later.close()
        self._ledger.close()

    def __enter__(self) -> Keys:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _add(self, key: Key, ended: tuple[str, datetime] | None = None) -> str:
        """Keep a key, end the one it replaces, and return the secret."""
        secret = f"mos_{key.id}_{secrets.token_urlsafe(32)}"
        lists = (_dumped(key.read), _dumped(key.write), " ".join(sorted(key.rights)))
        life = (micros(key.created_at), None if key.expires_at is None else micros(key.expires_at))
        with self._ledger.write() as db:
            row = (key.id, _digest(secret), key.space, key.principal, *lists, *life)
            db.execute("INSERT INTO key VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)", row)
            if ended is not None:
                db.execute("UPDATE key SET expires = ? WHERE id = ?", (micros(ended[1]), ended[0]))
        return secret

    def _one(self, id: str) -> Key:
        found = next((key for key in self.list() if key.id == id), None)
        if found is None:
            raise NotFoundError(f"id: there is no key {id!r}; `ricordo keys list` shows them")
        return found

    def _key(self, id: str, told: tuple[Any, ...]) -> Key:
        """Return the key that a row tells, made anew only where the row has changed."""
        known = self._known.get(id)
        if known is None or known[0] != told:
            known = self._known[id] = (told, _loaded(told))
        return known[1]

    def _touch(self, id: str, now: datetime) -> None:
        """Have it noted that a key was used, not more often than is told."""
        before = self._used.get(id)
        if before is None or now - before >= _USED_WITHIN:
            self._used[id] = now
            self._later.put((id, micros(now)))

    def _note_uses(self, uses: Iterable[tuple[str, int]]) -> None:
        with self._ledger.write() as db:
            for id, used in uses:
                db.execute("UPDATE key SET used = max(coalesce(used, 0), ?) WHERE id = ?", (used, id))


def _loaded(row: tuple[Any, ...]) -> Key:
    id, space, principal, reads, writes, rights, created, expires, revoked = row
    life = (moment(created), _when(expires), _when(revoked))
    return Key(id, space, principal, _listed(reads), _listed(writes), frozenset(rights.split()), *life)


def _new_id() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(12))


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _scopes(field: str, given: Iterable[str] | None) -> tuple[str, ...] | None:
    if given is None:
        return None
    labels = tuple(dict.fromkeys(check_scope(label, field) for label in ([given] if isinstance(given, str) else given)))
    if len(labels) > _MOST_SCOPES:
        raise InvalidInputError(field, f"at most {_MOST_SCOPES} scopes", len(labels))
    return labels


def _rights(given: Iterable[str]) -> frozenset[str]:
    rights = frozenset([given] if isinstance(given, str) else given)
    if not rights or not rights <= set(RIGHTS):
        raise InvalidInputError("rights", f"one or more of {', '.join(RIGHTS)}", sorted(rights))
    return rights


def _dumped(scopes: tuple[str, ...] | None) -> str | None:
    return None if scopes is None else json.dumps(scopes)


def _listed(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(json.loads(text))


def _when(at: Any) -> datetime | None:
    return None if at is None else moment(at)
