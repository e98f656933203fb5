"""The context harness on invented conversations and documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.benchmarks.test_bench_recall import CONVERSATIONS

from benchmarks import context
from ricordo import Memory


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    context.main(arguments)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_evidence_counts_where_its_whole_text_stands_under_its_ref() -> None:
    with Memory.open(":memory:", embedder=None) as memory:
        memory.retain('Ana said "yes".\nThen she left.', ref="D1:1", speaker="Ana")
        memory.retain("Ana left. " * 200, ref="D1:2", speaker="Ana")
        found = memory.recall("Ana", max_tokens=400)
    assert context.inside(found, [("D1:1", 'Ana said "yes".\nThen she left.')]) == 1.0
    assert context.inside(found, [("D1:3", 'Ana said "yes".\nThen she left.'), ("D1:2", "Ana left. " * 200)]) == 0.0


def test_locomo_reports_evidence_and_both_walks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "talk.json"
    file.write_text(json.dumps(CONVERSATIONS))
    found = run(capsys, "locomo", str(file), "--tokens", "30", "1000")
    assert found["questions"] == 3
    assert found["budgets"]["1000"]["evidence"] >= found["budgets"]["30"]["evidence"]
    assert found["budgets"]["1000"]["evidence"] == found["recall_at_10"]
    assert found["going_on"]["turns"]["steps"] == 5
    walk = found["going_on"]["questions"]
    assert walk["evidence_after"] == walk["evidence_apart"] == found["recall_at_10"]
    assert 0 <= walk["stable_apart"] <= walk["stable_after"] <= 1


def test_documents_finds_supporting_sentences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    filler = ["Nothing of note happened. "] * 200
    question = {
        "question": "Who planted the lemon tree?",
        "context": [["Garden", [*filler, "Ana planted the lemon tree. ", *filler]]],
        "supporting_facts": [["Garden", 200]],
    }
    file = tmp_path / "questions.json"
    file.write_text(json.dumps([question]))
    found = run(capsys, "documents", str(file), "--tokens", "400")
    assert found["sentences"] == {"ladder 400": 1.0, "whole 400": 0.0}


def test_no_generated_context_is_over_its_budget(capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "budgets", "--contexts", "150")
    assert (found["contexts"], found["over_budget"]) == (150, 0)
    assert set(found["rungs"]) == {"raw", "extract", "stub"}
