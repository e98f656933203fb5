"""Settings, resolved in one place: defaults < file < environment < arguments. The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ricordo.errors import InvalidInputError

_LARGEST = 1 << 62


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set. Each has an environment variable `RICORDO_<NAME>` and a key in the settings file.

    Args:
        path: The space that the command line opens where none is named.
        scope: The scope of a write that names none.
        zone: Time zone in which bare dates and words like "yesterday" are read.
        language: Snowball stemmer of the indexes, or "none"; also the language in which times are read, other than
            English with the extra `dates`. After a change, reindex.
        embedder: "auto" (MiniLM where its extra is installed), "none", or the folder of a MiniLM copy.
        threads: Threads of the embedder.
        max_content_bytes: Longest content of one record, in bytes of UTF-8.
        max_file_bytes: Largest size of the space's file; 0 is no bound. A write past it fails as a full disk does.
        busy_deadline_s: How long a write waits for other writers before it gives up.
    """

    path: str = "~/.ricordo/default"
    scope: str = "default"
    zone: str = "UTC"
    language: str = "english"
    embedder: str = "auto"
    threads: int = 1
    max_content_bytes: int = 1_000_000
    max_file_bytes: int = 0
    busy_deadline_s: float = 30.0

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
    try:
        converted = kind(os.fspath(value)) if kind is str else kind(value)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"{origin}: {name}", f"a value of type {kind.__name__}", value) from error
    if not isinstance(converted, str) and not 0 <= converted < _LARGEST:
        raise InvalidInputError(f"{origin}: {name}", "0 or more, and finite", value)
    return converted
