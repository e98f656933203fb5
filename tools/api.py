"""The API page: signatures and docstrings of everything public."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterator
from types import FunctionType

import ricordo
from ricordo import Client, Memory, aio, connect, testing
from ricordo.errors import RicordoError
from ricordo.plaintext.draft import Arguments, Changes


def api_page(made: str) -> str:
    """Return the page of the library: `Memory` first, then the types, then what `ricordo.testing` ships.

    Args:
        made: The line that says how the page was made.
    """
    lines = ["# API", "", made, "", "Errors: [errors.md](errors.md). The words: [concepts.md](concepts.md).", ""]
    lines += ["## Memory", "", *_prose(Memory)]
    for method in _methods():
        lines += _entry(f"Memory.{method.__name__}", method)
    lines += ["## Over the wire, and awaited", "", "See [client.md](client.md).", ""]
    for name, value in (("connect", connect), ("Client", Client), ("Client.keyed", Client.keyed)):
        lines += _entry(name, value)
    lines += ["### ricordo.aio", "", *_prose(aio), *_entry("aio.AsyncMemory", aio.AsyncMemory)]
    lines += ["## Types", ""]
    for name in ricordo.__all__:
        value = getattr(ricordo, name)
        if isinstance(value, type) and value not in (Memory, Client) and not issubclass(value, RicordoError):
            lines += _entry(name, value)
    lines += ["## ricordo.testing", "", inspect.getdoc(testing) or "", ""]
    for name in testing.__all__:
        lines += _entry(name, getattr(testing, name))
    return "\n".join(lines).rstrip() + "\n"


def _methods() -> Iterator[FunctionType]:
    seen = set()
    for owner in Memory.__mro__:
        for name, value in vars(owner).items():
            method = getattr(value, "__func__", value)
            if isinstance(method, FunctionType) and not name.startswith("_") and name not in seen:
                seen.add(name)
                yield method


def _entry(name: str, value: object) -> list[str]:
    return [f"### {name}", "", "```python", _signature(name, value), "```", "", *_prose(value)]


def _signature(name: str, value: object) -> str:
    try:
        shown = str(inspect.signature(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return name
    plain = re.sub(r"'|\"|ricordo\.\w+(?:\.\w+)*\.|collections\.abc\.|typing\.", "", shown)
    plain = re.sub(r"\((?:self|cls)(?:, )?", "(", plain)
    plain = _unpacked(plain)
    one = f"{name}{plain}"
    if len(one) <= 100:
        return one
    inside, _, result = plain[1:].rpartition(")")
    parts = re.split(r", (?![^\[(]*[\])])", inside)
    return f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){result}"


def _unpacked(signature: str) -> str:
    for kind in (Arguments, Changes):
        named = ", ".join(f"{name}: {_plain(note)}" for name, note in sorted(_notes(kind).items()))
        signature = re.sub(rf"\*\*\w+: Unpack\[{kind.__name__}\]", named, signature)
    return signature


def _notes(kind: type) -> dict[str, str]:
    return {name: getattr(note, "__forward_arg__", str(note)) for name, note in kind.__annotations__.items()}


def _plain(note: str) -> str:
    return note if note.endswith("None") else f"{note} | None"


def _prose(value: object) -> list[str]:
    """Return a docstring as Markdown: sections as bold words, arguments as lists, examples as code."""
    lines: list[str] = []
    for block in (inspect.getdoc(value) or "").split("\n\n"):
        if block.startswith(">>>"):
            lines += ["```pycon", block, "```", ""]
        elif heading := re.match(r"(Args|Returns|Raises):\n", block):
            lines += [f"**{heading[1]}**", "", *_listed(block[heading.end() :]), ""]
        else:
            lines += [block, ""]
    return lines


def _listed(section: str) -> list[str]:
    text = textwrap.dedent(section)
    joined = re.sub(r"\n {2,}", " ", text)
    return [re.sub(r"^([\w, ]+): ", r"- `\1`: ", line) for line in joined.splitlines()]
