"""The precision harness on three invented beliefs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.distractors import distractors

from benchmarks import precision
from ricordo.text import name_key, one_edit, rejected


def belief(id: str, name: str, **fields: Any) -> dict[str, Any]:
    given = {"user_id": "ada", "type": "entity", "aliases": [], "scope": ["home"], "epistemic_status": "active"}
    return {**given, "_id": id, "canonical_name": name, "content": f"About {name}.", **fields}


BELIEFS = [
    belief("b-lamp", "reading_lamp", aliases=["bulb"]),
    belief("b-door", "front_door", pinned=True),
    belief("b-old", "old_stove", aliases=["stove"], epistemic_status="superseded", superseded_by="b-lamp"),
    belief("b-open", "garden_fence", type="open_question", epistemic_status="exploratory"),
    belief("b-both", "door_lamp_wiring", type="relation", aliases=["wiring"], participants=["b-lamp", "b-old"]),
    belief("b-self", "manner", type="preference", scope=["user:universal"], pinned=True),
    belief("b-other", "secret", user_id="bob", pinned=True),
]


def case(id: str, query: str, **expect: Any) -> dict[str, Any]:
    return {"caseId": id, "category": "c", "scope": ["home"], "query": query, "expect": expect}


GOOD = [
    case("alias", "change the bulb", relevantBeliefs={"shouldOnlyInclude": ["b-lamp"]}),
    case("gone", "the stove", relevantBeliefs={"shouldOnlyInclude": []}, pinnedFacts={"mustInclude": ["b-door"]}),
    case("hop", "wiring?", relevantBeliefs={"shouldOnlyInclude": ["b-both", "b-lamp"]}),
    case("open", "garden fence", openQuestions={"mustInclude": ["b-open"]}, pinnedFacts={"mustExclude": ["b-open"]}),
    case("self", "hi", personaPrelude={"nonEmpty": True, "contains": ["manner"]}),
]
BAD = [
    case("too much", "change the bulb", relevantBeliefs={"shouldOnlyInclude": []}),
    case("too little", "hello", relevantBeliefs={"mustInclude": ["b-lamp"]}),
    case("forbidden", "hello", pinnedFacts={"mustExclude": ["b-door"]}),
    case("order", "bulb", relevantBeliefs={"orderedBefore": ["b-both", "b-lamp"]}),
    case("prelude", "hello", personaPrelude={"contains": ["nowhere"]}),
    case("unknown", "hello", somewhere={}),
]


def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], *more: str, cases: Any, beliefs: Any = BELIEFS) -> Any:
    for name, value in (("beliefs", beliefs), ("cases", cases)):
        (tmp_path / f"{name}.json").write_text(json.dumps(value))
    precision.main(["--beliefs", str(tmp_path / "beliefs.json"), "--cases", str(tmp_path / "cases.json"), *more])
    return json.loads(capsys.readouterr().out)


def test_right_expectations_pass_and_wrong_ones_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(tmp_path, capsys, cases=GOOD + BAD)

    assert [one["case"] for one in found["failed"]] == [one["caseId"] for one in BAD]
    assert (found["passed"], found["total"]) == (len(GOOD), len(GOOD) + len(BAD))


def test_distractors_change_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(tmp_path, capsys, "--distractors", "60", cases=GOOD)

    assert (found["passed"], found["failed"]) == (len(GOOD), [])
    assert found["records"] == 62  # 5, and 60 of which 3 took the place of another


def test_distractors_share_words_and_no_whole_name() -> None:
    made = distractors(BELIEFS, ["change the bulb"], 80, seed=1)
    names = [name_key(name) for one in made for name in (one["name"], *one["aliases"])]

    assert made == distractors(BELIEFS, ["change the bulb"], 80, seed=1)
    assert any("lamp" in name.split() for name in names)
    assert not {"bulb", "reading lamp", "stove"} & set(names)
    assert sum("value" in one for one in made) == 8
    down = [key for one in made for key in rejected(one["content"])]
    assert down
    assert not any(f" {key} " in " change the bulb " for key in (*names, *down))
    assert not any(
        one_edit(name, word) and name[:2] == word[:2] for name in names for word in ("change", "the", "bulb")
    )


def test_sessions_keep_the_store_between_turns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = case("before", "the kettle", relevantBeliefs={"shouldOnlyInclude": []})
    second = case("after", "the kettle", relevantBeliefs={"shouldOnlyInclude": ["b-new"]})
    sessions = [
        {"turns": [first, {**second, "beliefs": [belief("b-new", "kettle")]}]},
        [{**second, "caseId": "later"}],
    ]
    (tmp_path / "sessions.json").write_text(json.dumps(sessions))

    found = run(tmp_path, capsys, "--sessions", str(tmp_path / "sessions.json"), cases=[])

    assert (found["passed"], found["total"]) == (3, 3)
