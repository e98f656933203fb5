"""Whatever an export holds, reading it raises nothing, ends, and needs little memory."""

from __future__ import annotations

import copy
import json
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from tests.formats.exports_made import chatgpt, claude, graph, mem0, store_items

from ricordo import Memory
from ricordo.formats import Bad, Found, read_items

SAMPLES: dict[str, Any] = {
    "chatgpt": chatgpt(),
    "claude": [part for name in ("conversations", "projects", "memories") for part in claude()[f"{name}.json"]],
    "mem0": mem0(),
    "mcp-memory": graph(),
    "langgraph": store_items(),
}
DEEP: Any = []
for _ in range(500):
    DEEP = [DEEP]
ODD = [None, True, -1, 1e308, float("nan"), float("inf"), 10**400, "", "\x00", "\ud800", "x" * 3000, [], {}, [[]], DEEP]


def spots(value: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found.append((value, key))
        spots(inner, found)
    return found


def dumped(format: str, value: Any) -> str:
    listed = format == "mcp-memory" and isinstance(value, list)
    return "\n".join(json.dumps(one) for one in value) if listed else json.dumps(value)


@pytest.mark.parametrize("format", sorted(SAMPLES))
def test_a_value_of_any_other_type_anywhere_harms_nothing(tmp_path: Path, format: str) -> None:
    rng, file, taken = random.Random(7), tmp_path / "export.json", 0
    with Memory.open(":memory:", embedder=None) as memory:
        for _ in range(60):
            value = copy.deepcopy(SAMPLES[format])
            for _ in range(rng.randint(1, 3)):
                inner, key = rng.choice(spots(value, []))
                inner[key] = copy.copy(rng.choice(ODD))
            file.write_text(dumped(format, value))
            done = memory.import_file(file, format=format, scope="odd")
            taken += done.read
            assert done.read == sum(done.actions.values()) + done.repeated + done.skipped_total
        assert memory.verify().ok
    assert taken > 60


@pytest.mark.parametrize("format", sorted(SAMPLES))
def test_a_file_cut_anywhere_is_read_as_far_as_it_goes(tmp_path: Path, format: str) -> None:
    text, file = dumped(format, SAMPLES[format]), tmp_path / "export.json"
    for spot in range(0, len(text), 97):
        file.write_text(text[:spot])
        assert all(isinstance(one, Found | Bad) for one in read_items(file, format))


@pytest.mark.parametrize("format", sorted(SAMPLES))
@pytest.mark.parametrize("text", ["[" * 100_000, '[{"a":' * 50_000, "{}", "[]", "[5]", '"x"', "", "\x00", "[NaN]"])
def test_what_is_no_export_gives_reasons_only(tmp_path: Path, format: str, text: str) -> None:
    file = tmp_path / "export.json"
    file.write_text(text)
    assert not [one for one in read_items(file, format) if isinstance(one, Found)]


def test_a_long_export_needs_the_memory_of_one_conversation(tmp_path: Path) -> None:
    talk, file = json.dumps(chatgpt()[0]), tmp_path / "conversations.json"
    with file.open("w") as out:
        out.write("[" + talk)
        for _ in range(4000):
            out.write("," + talk)
        out.write("]")
    assert file.stat().st_size > 8_000_000
    tracemalloc.start()
    try:
        count = sum(isinstance(one, Found) for one in read_items(file, "chatgpt"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 4 * 4001
    assert peak < 4_000_000
