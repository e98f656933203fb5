"""The echo benchmark on a made-up conversation: what it counts is what it says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.datasets import Space, load

from benchmarks import echo

TURNS = (
    ("Ana", "I live in Lisbon with my dog Rex."),
    ("Bo", "How nice! I run a bakery with 7 ovens."),
    ("Ana", "My sister plays the cello in Porto."),
    ("Bo", "I run a bakery with 7 ovens."),
    ("Ana", "Ok, thanks!"),
)


@pytest.fixture
def spaces(tmp_path: Path) -> list[Space]:
    turns = [{"speaker": who, "dia_id": f"D1:{n}", "text": text} for n, (who, text) in enumerate(TURNS, 1)]
    conversation: dict[str, Any] = {
        "speaker_a": "Ana",
        "speaker_b": "Bo",
        "session_1_date_time": "1:56 pm on 8 May, 2023",
        "session_1": turns,
    }
    questions = [{"question": "Where does Ana live?", "answer": "Lisbon", "evidence": ["D1:1"], "category": 4}]
    file = tmp_path / "talk.json"
    file.write_text(json.dumps([{"sample_id": "s", "conversation": conversation, "qa": questions}]), encoding="utf-8")
    return load("locomo", file)


def test_persons_lose_nothing_and_an_assistant_its_repetitions(spaces: list[Space]) -> None:
    assert echo.taken(spaces, None)["taken_for_an_echo"] == 0
    assert echo.taken(spaces, 0)["taken_for_an_echo"] == 0
    lost = echo.taken(spaces, 1)
    assert [one["turn"] for one in lost["of"]] == ["I run a bakery with 7 ovens."]


def test_what_was_pasted_is_recognised_and_what_was_changed_is_kept(spaces: list[Space]) -> None:
    found = echo.pasted(spaces, 4)
    assert (found["recognised"], found["versions added"], found["of"]) == (3, 0, [])
    told = echo.edited(spaces, 9)
    assert told["missed"] == []
    assert not [name for name in told if name.startswith("change") and name.endswith("recognised")]
    assert echo.cost(spaces)["look_ups"] == len(TURNS)
