"""How long a newcomer takes from `pip install` to a remembered fact: the lines of the docs, in a fresh environment.

    .venv/bin/python benchmarks/newcomer.py --out benchmarks/results/newcomer.json

Each way gets a virtual environment of its own and a home of its own, with nothing in either. What is run is what the
pages print: the block for an MCP client, started by a real client; the lines for OpenAI's client, through the proxy, to
a model server on this machine; the lines for LangGraph. pip begins with an empty cache, so its time is
mostly that of the package registry.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common import command, emit, machine, scratch

from ricordo.testing import Upstream

ROOT = Path(__file__).resolve().parents[1]
#: What plays the assistant: a client of the protocol starts the server that a block names, and calls one tool.
_ASSISTANT = """
import asyncio, json, os, sys
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

entry, tool, arguments = json.loads(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])

async def call():
    server = StdioServerParameters(command=entry["command"], args=entry["args"], env=dict(os.environ))
    async with Client(stdio_client(server)) as client:
        print((await client.call_tool(tool, arguments)).content[0].text)

asyncio.run(call())
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a newcomer works: an interpreter with what was installed, and the variables of its processes."""

    python: Path
    variables: Mapping[str, str]

    def run(self, *words: str) -> str:
        """Return what a command prints; where it fails, so does this."""
        done = subprocess.run(words, env=self.variables, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"{shlex.join(words)[:200]}: {done.stderr}")
        return done.stdout

    def program(self, words: str) -> list[str]:
        """Return the words of a command of ours, as they are found where it was installed."""
        name, *rest = shlex.split(words)
        return [str(self.python.parent / name), *rest]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a remembered fact: what is installed, the lines that are run, and what a later process is told."""

    name: str
    extra: str
    beside: tuple[str, ...]
    lines: tuple[str, ...]
    take: Callable[[Desk], str]
    fact: str


def desk(python: Path, home: Path, **more: str) -> Desk:
    """Return a desk with an empty home; of the variables of this process only what a program needs to be found."""
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG", "SYSTEMROOT") if name in os.environ}
    path = f"{python.parent}{os.pathsep}{kept.get('PATH', '')}"
    return Desk(python, {**kept, "HOME": str(home), "PATH": path, "OPENAI_API_KEY": "none", **more})


def blocks(page: str, language: str) -> list[str]:
    """Return the blocks of code in one language on a page of the docs."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def line(page: str, begin: str) -> str:
    """Return the first line of a shell block on a page that begins so."""
    return next(one for block in blocks(page, "sh") for one in block.splitlines() if one.startswith(begin))


_BLOCK = blocks("mcp.md", "json")[0].strip()
_PROXY = line("proxy.md", "ricordo proxy --upstream ")
_SAYS, _ASKS = blocks("proxy.md", "python")[:2]
_STORE = blocks("adapters.md", "python")[0]


def by_mcp(desk: Desk) -> str:
    """Tell a fact to an assistant, and ask for it in another conversation."""
    entry = json.dumps(json.loads(_BLOCK)["mcpServers"]["ricordo"])
    assistant = (str(desk.python), "-c", _ASSISTANT, entry)
    desk.run(*assistant, "remember", json.dumps({"content": "I live in Porto.", "speaker": "user"}))
    return desk.run(*assistant, "recall", json.dumps({"query": "Where does the user live?"}))


def by_proxy(desk: Desk) -> str:
    """Say a fact through OpenAI's client, and ask for it when the proxy was started anew."""
    begin = "".join(_SAYS.splitlines(keepends=True)[:3])  # the import, an empty line, the client
    with Upstream() as upstream:
        with proxied(desk, upstream.url) as url:
            desk.run(str(desk.python), "-c", at(url, _SAYS))
        with proxied(desk, upstream.url) as url:
            return desk.run(str(desk.python), "-c", at(url, begin + _ASKS))


def by_langgraph(desk: Desk) -> str:
    """Put an item into a store, and search for it."""
    return desk.run(str(desk.python), "-c", _STORE)


def at(url: str, code: str) -> str:
    """Return code of the page on the proxy, with the address of one that runs on a free port."""
    return code.replace("http://127.0.0.1:8475", url)


@contextmanager
def proxied(desk: Desk, upstream: str) -> Iterator[str]:
    """Run the proxy as the page has it, but for the model server and the port; give its address."""
    words = [*desk.program(_PROXY.replace("https://api.openai.com", upstream)), "--port", "0"]
    with subprocess.Popen(words, env=desk.variables, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            told = process.stderr.readline()
            if "http://" not in told:
                raise RuntimeError(f"{shlex.join(words)}: {told}{process.stderr.read()}")
            yield told.split()[-1]
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def _lines(*texts: str) -> tuple[str, ...]:
    return tuple(one for text in texts for one in text.splitlines() if one.strip())


WAYS = (
    Way("mcp", "mcp", (), _lines(_BLOCK), by_mcp, "user lives in Porto"),
    Way("proxy", "proxy", ("openai",), _lines(_PROXY, _SAYS), by_proxy, "Ada lives in Lisbon"),
    Way("langgraph", "langgraph", (), _lines(_STORE), by_langgraph, "a beagle called Pip"),
)


def timed_way(way: Way, folder: Path) -> dict[str, object]:
    """Return the seconds of one way, from an empty directory."""
    home, place = folder / "home", folder / "venv"
    home.mkdir(parents=True)
    begin = time.perf_counter()
    venv.create(place, with_pip=True)
    made = time.perf_counter()
    newcomer = desk(place / "bin" / "python", home)
    newcomer = Desk(newcomer.python, {k: v for k, v in newcomer.variables.items() if k != "PYTHONPATH"})
    pip = {**newcomer.variables, **{name: value for name, value in os.environ.items() if name.startswith("PIP_")}}
    quiet = ("install", "--quiet", "--disable-pip-version-check")
    Desk(newcomer.python, pip).run(str(newcomer.python), "-m", "pip", *quiet, f"{ROOT}[{way.extra}]", *way.beside)
    installed = time.perf_counter()
    told = way.take(newcomer)
    if way.fact not in told:
        raise RuntimeError(f"{way.name}: {way.fact!r} is not in {told!r}")
    end = time.perf_counter()
    return {
        "way": way.name,
        "installs": [f".[{way.extra}]", *way.beside],
        "lines": len(way.lines),
        "venv_s": round(made - begin, 1),
        "install_s": round(installed - made, 1),
        "fact_s": round(end - installed, 1),
        "from_install_to_fact_s": round(end - made, 1),
    }


def main() -> None:
    """Time each way in an environment of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--way", action="append", choices=[way.name for way in WAYS], help="one of them; repeatable")
    parser.add_argument("--out", type=Path, help="keep the result there")
    given = parser.parse_args()
    wanted = [way for way in WAYS if not given.way or way.name in given.way]
    with scratch() as folder:
        ways = [timed_way(way, folder / way.name) for way in wanted]
    emit({"machine": machine(), "command": command(sys.argv), "ways": ways}, given.out)


if __name__ == "__main__":
    main()
