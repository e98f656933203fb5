"""The consolidation harness on invented conversations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.benchmarks.test_bench_recall import CONVERSATIONS

from benchmarks import consolidate
from ricordo import Memory


def test_a_summary_counts_for_what_it_renders() -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        for ref, who, text in (("D1", "Bob", "Any news?"), ("D2", "Ada", "I adopted a beagle in Porto on Monday.")):
            memory.retain(text, speaker=who, session="s1", ref=ref)
        memory.consolidate()
        found = memory.recall("Who adopted a beagle?", max_tokens=200)
    wanted = [("D1", "Any news?"), ("D2", "I adopted a beagle in Porto on Monday."), ("D2", "A cat."), ("D9", "Any")]
    assert consolidate.rendered(found, wanted) == [True, True, False, False]


def test_locomo_compares_before_and_after(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "talk.json"
    file.write_text(json.dumps(CONVERSATIONS))
    consolidate.main(["locomo", str(file), "--tokens", "1000"])
    found = json.loads(capsys.readouterr().out)
    assert found["before"]["questions"] == found["after"]["questions"] > 0
    assert found["after"]["records"] <= found["before"]["records"]
    assert found["after"]["evidence"] == found["before"]["evidence"]
