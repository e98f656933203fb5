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


KITCHEN = [
    belief("b-oven", "induction_oven", aliases=["oven", "hob"], content="Cooks on induction rather than Propane."),
    belief("b-knife", "gyuto", type="preference", aliases=["chef knife", "Wüsthof"], content="Uses a gyuto knife."),
    belief(
        "b-pan", "carbon_steel_pan", type="decision", content="Decided on carbon steel. Replaced Teflon and Ceramic."
    ),
    belief("b-house", "house_rules", type="preference", pinned=True, content="Shoes off."),
    belief("b-allergy", "nut_allergy", pinned=True, aliases=["nuts"], content="Nobody eats nuts here."),
    belief(
        "b-plan", "garden_plan", type="open_question", pinned=True, aliases=["beds"], epistemic_status="exploratory"
    ),
    belief("b-done", "paint", type="open_question", pinned=True, aliases=["paint"], resolved_at="2026-01-01T00:00:00Z"),
    belief("b-v0", "wood_stove", aliases=["stove", "wood"], epistemic_status="superseded", superseded_by="b-v1"),
    belief("b-v1", "gas_stove", aliases=["gas stove"], epistemic_status="superseded", superseded_by="b-oven"),
    belief("b-skill", "baking_depth", type="preference", subtype="expertise", aliases=["baking level"]),
    belief("b-rel", "oven_needs_fuse", type="relation", aliases=["fuse"], participants=["b-oven", "b-plan", "b-v1"]),
    belief("b-shop", "oven_review", aliases=["oven"], scope=["work"], content="A review of ovens."),
    belief("b-bob", "secret_oven", aliases=["oven"], user_id="bob"),
]


def only(id: str, query: str, *expected: str, **more: Any) -> dict[str, Any]:
    return case(id, query, relevantBeliefs={"shouldOnlyInclude": list(expected)}, **more)


PINNED: dict[str, Any] = {"pinnedFacts": {"shouldOnlyInclude": ["b-house", "b-allergy"]}}
ONE: dict[str, Any] = {"budget": {"maxBeliefs": 2}}
SHAPES = [
    only("alias", "is the hob on?", "b-oven", **PINNED),
    only("two words", "sharpen the chef knife", "b-knife"),
    only("one of two words", "the chef is here"),
    only("words between", "the chef has a knife"),
    only("name of one word", "GYUTO?", "b-knife"),
    only("plural", "two ovens", "b-oven"),
    only("misspelt", "my wusthoff knife", "b-knife"),
    only("other beginning", "a wooven basket in the doven"),
    only("two edits", "the guytos"),
    only("turned down", "should I get propane?", "b-oven"),
    only("turned down in a list", "ceramic or teflon?", "b-pan"),
    only("denied", "I do NOT want Teflon", "b-pan"),
    only("in the content only", "carbon in the steel"),
    only("superseded chain", "the stove, the wood stove, the gas stove", openQuestions={"mustInclude": ["b-plan"]}),
    only("resolved", "paint the wall", openQuestions={"shouldOnlyInclude": ["b-plan"]}),
    only("question asked by name", "dig the beds", openQuestions={"shouldOnlyInclude": ["b-plan"]}),
    only("expertise", "what is my baking level?"),
    only("relation", "which fuse?", "b-rel", "b-oven", openQuestions={"shouldOnlyInclude": ["b-plan"]}),
    only("pasted code", "why?\n```sh\ncat oven gyuto\n```"),
    only("only code", "```gyuto\nx = 1\n```", "b-knife"),
    only("pasted paths", "see https://example.org/oven/hob and ./oven/gyuto/hob"),
    only("rambling", "so I was wondering, you know, honestly, about the right way to do the OVEN thing", "b-oven"),
    only("empty", "", **PINNED),
    only("pin named", "nuts and the hob", "b-oven", **PINNED),
    {**only("other scope", "the oven", "b-shop", pinnedFacts={"shouldOnlyInclude": []}), "scope": ["work"]},
    {**only("two scopes", "the oven", "b-shop", "b-oven"), "scope": ["work", "home"]},
    {**only("no scope", "the oven, house rules", pinnedFacts={"shouldOnlyInclude": []}), "scope": ["nowhere"]},
    {**only("pins first", "the hob", **PINNED), **ONE},
    case("order", "chef knife and hob", relevantBeliefs={"orderedBefore": ["b-knife", "b-oven"]}),
]


@pytest.mark.parametrize("extra", ["0", "300"])
def test_every_shape_of_case(tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: str) -> None:
    found = run(tmp_path, capsys, "--distractors", extra, cases=SHAPES, beliefs=KITCHEN)
    assert found["failed"] == []


def test_a_session_may_take_beliefs_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A belief that comes again is the same belief as it is now: changed, resolved or superseded."""
    oven = next(one for one in KITCHEN if one["_id"] == "b-oven")
    told = [
        only("at first", "the hob", "b-oven"),
        {**only("renamed", "the cooker", "b-oven"), "beliefs": [{**oven, "aliases": ["cooker"]}]},
        only("no more", "the hob"),
        {**only("over", "the cooker"), "beliefs": [{**oven, "epistemic_status": "superseded"}]},
    ]
    (tmp_path / "sessions.json").write_text(json.dumps([{"turns": told}]))
    found = run(tmp_path, capsys, "--sessions", str(tmp_path / "sessions.json"), cases=[], beliefs=KITCHEN)
    assert found["failed"] == []


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
