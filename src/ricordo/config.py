"""Settings, resolved in one place: defaults < file < environment < arguments. The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ricordo.errors import InvalidInputError

_LARGEST = 1 << 62
#: Parameters of a URL that are no secret.
_SHOWN = frozenset({"space", "host", "port", "user", "dbname", "sslmode"})


class Secret:
    """A key that no message shows: `str` and `repr` only tell whether it is set.

    >>> key = Secret("sk-123")
    >>> f"{key} {key!r}", key.reveal() == "sk-123"
    ('(set) Secret((set))', True)
    """

    __slots__ = ("_value",)

    def __init__(self, value: str = "") -> None:
        if not isinstance(value, str):
            raise TypeError("a secret is a text")
        self._value = value

    def reveal(self) -> str:
        """Return the key itself."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __str__(self) -> str:
        return "(set)" if self._value else ""

    def __repr__(self) -> str:
        return f"Secret({self})"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Each has an environment variable `RICORDO_<NAME>` and a key in the settings file.

    Args:
        path: The space that the command line opens where none is named: a directory; the URL of a PostgreSQL
            database such as postgresql://ada@db.example/memory?space=team, see docs/postgresql.md for its password; or
            the address of a server such as http://localhost:8474?space=team, see docs/client.md.
        key: The key for that server, and for one that `ricordo.connect` names without a key; sent to it alone, and
            shown nowhere.
        scope: The scope of a write that names none.
        zone: Time zone in which bare dates and words like "yesterday" are read.
        language: Snowball stemmer of the indexes, or "none"; also the language in which times are read, other than
            English with the extra `dates`. After a change, reindex.
        embedder: "auto" (MiniLM where its extra is installed), "none", or the folder of a MiniLM copy.
        threads: Threads of the embedder.
        max_content_bytes: Longest content of one record, in bytes of UTF-8.
        max_file_bytes: Largest size of the space's file; 0 is no bound. A write past it fails as a full disk does.
        max_records: Most live records (those whose status can be recalled) of the space; 0 is no bound. A write that
            would exceed this or the next five makes room in the same transaction: see docs/forgetting.md.
        max_bytes: Most UTF-8 bytes that the content of the live records of the space may have; 0 is no bound.
        max_tokens: Most tokens, as estimated, that the content of the live records of the space may have;
            0 is no bound.
        scope_max_records: `max_records` of each scope.
        scope_max_bytes: `max_bytes` of each scope.
        scope_max_tokens: `max_tokens` of each scope.
        policies: A TOML file of policies, for `ricordo expire` and `Memory.expire` where none are given; empty for
            none.
        busy_deadline_s: How long a write waits for other writers before it gives up.
        group_commit: Whether one thread does all writes of an open space and commits together what waits: more and
            fairer writes where many threads of one process write, as in a server.
        max_waiting: With `group_commit`, how many writes may wait for their turn; one more is refused. 0 is no bound.
        model_url: Base address of an OpenAI-compatible server, such as http://localhost:8000/v1; empty for no model.
        model_key: The key for it; sent to that address only, and shown nowhere.
        model: The language model that is asked there; empty for none.
        model_style: "chat" sends max_tokens and temperature 0; "reasoning" sends max_completion_tokens in their place,
            as newer hosted models ask for.
        model_timeout_s: How long one call of the language model may take, retries and waits included.
        model_retries: How often a call of either model is repeated where a repetition may help.
        model_price_in: What a million tokens sent to the language model cost, in any currency.
        model_price_out: What a million tokens it answers cost.
        rerank_model: The reranker that is asked; empty for none.
        rerank_url: Base address of the server that has it; by default `model_url`.
        rerank_key: The key for `rerank_url`; `model_key` is never sent there.
        rerank_field: What the server calls the texts: "documents" (Jina, Cohere, vLLM, llama.cpp) or "texts"
            (text-embeddings-inference).
        rerank_timeout_s: How long one call of the reranker may take, retries and waits included.
        rerank_price: What a million tokens sent to the reranker cost.
        propose: Whether the language model is asked in the background what new records mean for those there are; it
            costs a call for each. `ricordo propose` does the same on demand.
        lexical: Full-text index: "fts5" (SQLite's own), "tantivy" (with the extra `fast`), or "auto" (tantivy in
            spaces of 50,000 versions and more, where its extra is installed).
        vector_memory_mb: Memory for the vectors of one open space; what does not fit is read from the file.
        read_states: Whether a text is read for the states it tells, such as where Ada lives of "I moved to Lisbon";
            each becomes a record of its own beside what was said.
        echo_speakers: Speakers that are no person, parted by commas: what they only repeat of what the space holds is
            not learnt again. Also meant are names that begin so, such as agent:planner.
        consolidate_hours: How often the background thread of an open space consolidates what is older than that; 0 is
            never.
        followers: The folder of the followers of spaces in PostgreSQL, on a disk of this machine.
        max_followers: Most followers in that folder; the least recently used go, none that is open. 0 is no bound.
        followers_mb: Most megabytes of all followers together, kept in the same way; 0 is no bound.
        follow_seconds: How often the background thread takes in what other servers wrote, so that the next read has
            less to wait for; 0 is never. Reads see what was acknowledged in any case.
        background: Whether a thread brings vectors and the tantivy index up to the log after writes. Spaces in
            memory and the command line never have one.
        host: The address that `ricordo serve`, `ricordo proxy` and `ricordo mcp --http` listen on.
        port: The port of `ricordo serve`.
        spaces: What `ricordo serve` serves: a folder with a space in each folder of it, or the URL of a database; empty
            serves the one space at `path`, as "default".
        state: The folder of what a server keeps beside the spaces: API keys, and which request was given which records.
        max_open_spaces: Most spaces that a server holds open; the least recently used is closed. 0 is no bound.
        max_body_bytes: Longest body of a request.
        requests_per_second: Most requests a second of one key, or of all that need none; 0 is no bound. The proxy has
            none: its model server bounds what it takes.
        allowed_hosts: Names by which a server may be called, parted by commas, beside those of this machine's loopback.
        allowed_origins: Origins whose pages may call a server, parted by commas, beside its own.
        tls_cert: The certificate chain of a server, a PEM file.
        tls_key: The key of that certificate, a PEM file.
        shutdown_s: How long a server that is told to stop waits for requests that are under way.
        proxy_port: The port of `ricordo proxy`.
        upstream: Base address of the model server that the proxy speaks to, such as https://api.openai.com.
        upstream_timeout_s: How long the proxy waits for the next bytes of the model server.
        proxy_tokens: Most tokens of memory that the proxy adds to a request.
        proxy_timeout_s: How long a request waits for memory before the proxy sends it on without.
        mcp_port: The port of `ricordo mcp --http`.
        log_level: What a server writes to its log: "debug", "info", "warning", "error".
        log_format: "text", or "json" with one object a line.
        log_content: Whether the log may hold what was said and asked; for finding a fault, never for good.
        traces: Where traces and metrics go by OpenTelemetry, such as http://localhost:4318; empty for nowhere.
    """

    path: str = "~/.ricordo/default"
    key: Secret = Secret()  # noqa: RUF009
    scope: str = "default"
    zone: str = "UTC"
    language: str = "english"
    embedder: str = "auto"
    threads: int = 1
    max_content_bytes: int = 1_000_000
    max_file_bytes: int = 0
    max_records: int = 0
    max_bytes: int = 0
    max_tokens: int = 0
    scope_max_records: int = 0
    scope_max_bytes: int = 0
    scope_max_tokens: int = 0
    policies: str = ""
    busy_deadline_s: float = 30.0
    group_commit: bool = False
    max_waiting: int = 1024
    model_url: str = ""
    model_key: Secret = Secret()  # noqa: RUF009
    model: str = ""
    model_style: str = "chat"
    model_timeout_s: float = 30.0
    model_retries: int = 2
    model_price_in: float = 0.0
    model_price_out: float = 0.0
    rerank_model: str = ""
    rerank_url: str = ""
    rerank_key: Secret = Secret()  # noqa: RUF009
    rerank_field: str = "documents"
    rerank_timeout_s: float = 5.0
    rerank_price: float = 0.0
    propose: bool = False
    lexical: str = "auto"
    vector_memory_mb: int = 512
    read_states: bool = True
    echo_speakers: str = "assistant, ai, bot, chatbot, model, llm, agent, tool, system"
    consolidate_hours: float = 0.0
    followers: str = "~/.cache/ricordo/followers"
    max_followers: int = 64
    followers_mb: int = 8192
    follow_seconds: float = 1.0
    background: bool = True
    host: str = "127.0.0.1"
    port: int = 8474
    spaces: str = ""
    state: str = "~/.local/state/ricordo"
    max_open_spaces: int = 32
    max_body_bytes: int = 8_000_000
    requests_per_second: float = 0.0
    allowed_hosts: str = ""
    allowed_origins: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    shutdown_s: float = 30.0
    proxy_port: int = 8475
    upstream: str = ""
    upstream_timeout_s: float = 600.0
    proxy_tokens: int = 400
    proxy_timeout_s: float = 1.0
    mcp_port: int = 8476
    log_level: str = "info"
    log_format: str = "text"
    log_content: bool = False
    traces: str = ""

    def __repr__(self) -> str:
        told = ((part.name, getattr(self, part.name)) for part in fields(self))
        shown = (f"{name}={without_password(value) if name in ('path', 'spaces') else value!r}" for name, value in told)
        return f"Settings({', '.join(shown)})"

    @property
    def tz(self) -> tzinfo:
        """The time zone as an object; UTC needs no zone database."""
        if self.zone == "UTC":
            return UTC
        try:
            return ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise InvalidInputError("zone", "an IANA time zone such as Europe/Lisbon", self.zone) from error


def resolve(arguments: Mapping[str, Any] | None = None, *, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the settings in force.

    Args:
        arguments: Values that outrank all others; None values are left out.
        environment: Stands for the process environment.

    Raises:
        InvalidInputError: An unknown key, a value of the wrong type, or an unreadable settings file.

    >>> resolve({"zone": "Europe/Lisbon"}, environment={"RICORDO_LANGUAGE": "german"}).language
    'german'
    """
    env = os.environ if environment is None else environment
    settings = _override(Settings(), _read_file(env), "settings file")
    named = {field.name: env[f"RICORDO_{field.name.upper()}"] for field in fields(Settings) if _in(env, field.name)}
    settings = _override(settings, named, "environment")
    given = {name: value for name, value in (arguments or {}).items() if value is not None}
    return _override(settings, given, "arguments")


def without_password(location: str) -> str:
    """Return a location as it may be shown: of a URL, without the password it may hold.

    >>> without_password("postgresql://ada:secret@db.example/memory?space=team&password=secret")
    'postgresql://ada@db.example/memory?space=team'
    """
    if "://" not in location:
        return location
    hidden = f"{location.partition('://')[0]}://…"
    try:
        parts = urlsplit(location)
        user, place, _ = parts.username, parts.netloc.rpartition("@")[2], parts.port
    except ValueError:
        return hidden
    if parts.fragment or "@" in parts.path:  # where a password begins and ends can't be told
        return hidden
    kept = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] in _SHOWN], safe="/")
    return urlunsplit((parts.scheme, f"{quote(user)}@{place}" if user else place, parts.path, kept, ""))


def settings_path(environment: Mapping[str, str] | None = None) -> Path:
    """Return where the settings file is looked for: `RICORDO_SETTINGS`, else `~/.config/ricordo/settings.toml`."""
    env = os.environ if environment is None else environment
    base = Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Path(env.get("RICORDO_SETTINGS") or base / "ricordo" / "settings.toml")


def _in(env: Mapping[str, str], name: str) -> bool:
    return f"RICORDO_{name.upper()}" in env


def _read_file(env: Mapping[str, str]) -> dict[str, Any]:
    path = settings_path(env)
    try:
        if not path.is_file():
            return {}
        import tomllib  # a sixth of the time it takes to import ricordo, and most have no settings file

        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:  # TOML and UTF-8 errors are ValueErrors
        raise InvalidInputError("settings file", f"{path} must be readable TOML ({error})") from error


def _override(settings: Settings, values: Mapping[str, Any], origin: str) -> Settings:
    known = {field.name: type(getattr(settings, field.name)) for field in fields(Settings)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise InvalidInputError(f"{origin}: {unknown[0]}", f"a setting, one of {', '.join(known)}")
    return replace(settings, **{name: _convert(name, value, known[name], origin) for name, value in values.items()})


def _convert(name: str, value: Any, kind: type, origin: str) -> Any:
    if kind is Secret:
        return _secret(name, value, origin)
    if kind is bool:
        return _truth(name, value, origin)
    try:
        converted = kind(os.fspath(value)) if kind is str else kind(value)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{origin}: {name}", f"a value of type {kind.__name__}", value) from error
    if not isinstance(converted, str) and not 0 <= converted < _LARGEST:
        raise InvalidInputError(f"{origin}: {name}", "0 or more, and finite", value)
    return converted


def _secret(name: str, value: Any, origin: str) -> Secret:
    if isinstance(value, str):
        return Secret(value)
    if not isinstance(value, Secret):
        raise InvalidInputError(f"{origin}: {name}", "a key in quotes; it is not shown here")
    return value


def _truth(name: str, value: Any, origin: str) -> bool:
    told = str(value).lower()
    if told not in _TRUTHS:
        raise InvalidInputError(f"{origin}: {name}", "true or false", value)
    return _TRUTHS[told]


_TRUTHS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
