"""The suites of other projects that our classes are run through, and where each has its tests."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one source distribution.

    Args:
        name: What it is called here.
        package, version: The source distribution.
        files: Its test files that are run.
        shim: Our pytest plugin that puts our class in the place of theirs.
        ours: The class that is tested.
        adapter: The module it is in; where that is missing the suite is not run.
        config: pytest's options for it.
        tools: What its tests import beside, as requirements.
    """

    name: str
    package: str
    version: str
    files: tuple[str, ...]
    shim: str
    ours: str
    adapter: str
    config: tuple[str, ...] = ("-o", "asyncio_mode=auto")
    tools: tuple[str, ...] = ()


SUITES = (
    Suite(
        name="langgraph-checkpoint",
        package="langgraph-checkpoint",
        version="4.3.2",
        files=("tests/test_store.py",),
        shim="benchmarks.peer_suites.shims.langgraph_memory",
        ours="RicordoStore",
        adapter="ricordo.adapters.langgraph",
    ),
    Suite(
        name="langgraph-checkpoint-sqlite",
        package="langgraph-checkpoint-sqlite",
        version="3.1.2",
        files=("tests/test_store.py", "tests/test_async_store.py"),
        shim="benchmarks.peer_suites.shims.langgraph_sqlite",
        ours="RicordoStore",
        adapter="ricordo.adapters.langgraph",
    ),
    Suite(
        name="langgraph-checkpoint-sqlite-ttl",
        package="langgraph-checkpoint-sqlite",
        version="3.1.2",
        files=("tests/test_ttl.py",),
        shim="benchmarks.peer_suites.shims.langgraph_sqlite",
        ours="RicordoStore",
        adapter="ricordo.adapters.langgraph",
        tools=("pytest-retry==1.7.0",),
    ),
    Suite(
        name="openai-agents",
        package="openai-agents",
        version="0.24.0",
        files=(
            "tests/memory/test_session.py",
            "tests/memory/test_session_limit.py",
            "tests/extensions/memory/test_sqlalchemy_session.py",
        ),
        shim="benchmarks.peer_suites.shims.openai_agents",
        ours="RicordoSession",
        adapter="ricordo.adapters.openai_agents",
        config=("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=session"),
        tools=("sqlalchemy==2.1.9", "aiosqlite==0.22.1", "greenlet"),
    ),
    Suite(
        name="anthropic-memory-tool",
        package="anthropic",
        version="2.11.0",
        files=("tests/lib/tools/memory_tools/test_filesystem.py",),
        shim="benchmarks.peer_suites.shims.anthropic_memory",
        ours="RicordoMemoryTool",
        adapter="ricordo.adapters.anthropic_memory",
        config=("-o", "asyncio_mode=auto", "--noconftest"),  # theirs starts a mock server, which these tests don't use
    ),
)


def reasons(suite: str) -> dict[str, str]:
    """Return why tests of a suite are left out, by test id; of all its cases where it has no brackets."""
    found: dict[str, str] = tomllib.loads((HERE / "reasons.toml").read_text(encoding="utf-8")).get(suite, {})
    return found
