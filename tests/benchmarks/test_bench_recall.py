"""The recall harness on invented conversations and passages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from benchmarks.baselines import Bm25, Fts5
from benchmarks.datasets import load, repaired

from benchmarks import recall

CONVERSATIONS = [
    {
        "sample_id": "one",
        "conversation": {
            "speaker_a": "Ana",
            "speaker_b": "Ben",
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [
                {"speaker": "Ana", "dia_id": "D1:1", "text": "I planted a lemon tree behind the kitchen."},
                {"speaker": "Ben", "dia_id": "D1:2", "text": "Look at this!", "blip_caption": "a red bicycle"},
            ],
            "session_2_date_time": "12:05 am on 1 June, 2023",
            "session_2": [{"speaker": "Ben", "dia_id": "D2:1", "text": "My sister visits on Sunday."}],
        },
        "qa": [
            {"question": "Who planted the lemon tree?", "answer": "Ana", "evidence": ["D1:01"], "category": 4},
            {"question": "What did Ben show?", "answer": "a bicycle", "evidence": ["D1:2; D2:1"], "category": 1},
            {"question": "Where is the whale?", "answer": "none", "evidence": ["D1:2"], "category": 5},
            {"question": "Nothing points here", "answer": "none", "evidence": ["D9:9"], "category": 2},
        ],
    },
    {
        "sample_id": "two",
        "conversation": {
            "session_1_date_time": "9:00 am on 2 July, 2023",
            "session_1": [
                {"speaker": "Cleo", "dia_id": "D1:1", "text": "The observatory opens at nine."},
                {"speaker": "Dan", "dia_id": "D1:2", "text": "Then we take the early train."},
            ],
        },
        "qa": [{"question": "When does the observatory open?", "answer": "9", "evidence": ["D1:1"], "category": 2}],
    },
]
PASSAGES = [{"title": "Lemon", "text": "A yellow fruit."}, {"title": "Whale", "text": "It swims in the sea."}]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    recall.main(arguments)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_locomo_counts_questions_with_valid_evidence_and_leaves_category_5_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "talk.json"
    file.write_text(json.dumps(CONVERSATIONS))

    found = run(capsys, "--format", "locomo", str(file), "--k", "1", "2", "--out", str(tmp_path / "kept.json"))

    ricordo = found["systems"]["ricordo"]
    assert (found["spaces"], found["records"], ricordo["all"]["questions"]) == (2, 5, 3)
    assert ricordo["groups"]["adversarial"]["questions"] == 1
    assert ricordo["groups"]["single-hop"]["recall"]["1"] == 1.0
    assert set(found["systems"]) == {"ricordo", "fts5", "fts5-stop", "bm25"}
    assert str(tmp_path) not in json.dumps(found)
    assert json.loads((tmp_path / "kept.json").read_text()) == found


def test_captions_and_dates_reach_the_record(tmp_path: Path) -> None:
    file = tmp_path / "talk.json"
    file.write_text(json.dumps(CONVERSATIONS))

    first, _ = load("locomo", file)

    shown = first.documents[1]
    assert shown.item["content"] == "Look at this! [shares a red bicycle]"
    assert (shown.raw, shown.item["at"]) == ("Look at this!", "2023-05-08T13:56:00+00:00")


def test_musique_gold_is_the_supporting_paragraph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paragraphs = [
        {"title": one["title"], "paragraph_text": one["text"], "is_supporting": one["title"] == "Whale"}
        for one in PASSAGES
    ]
    questions, corpus = tmp_path / "questions.json", tmp_path / "corpus.json"
    questions.write_text(json.dumps([{"id": "2hop__1", "question": "What does a whale do?", "paragraphs": paragraphs}]))
    corpus.write_text(json.dumps(PASSAGES))

    found = run(capsys, "--format", "musique", str(questions), "--corpus", str(corpus), "--k", "1")

    assert found["systems"]["ricordo"]["all"]["recall"]["1"] == 1.0
    assert list(found["systems"]["bm25"]["groups"]) == ["2hop"]


def test_hotpotqa_works_without_a_corpus_file(tmp_path: Path) -> None:
    question = {
        "question": "What is yellow?",
        "type": "bridge",
        "context": [[one["title"], [one["text"]]] for one in PASSAGES],
        "supporting_facts": [["Lemon", 0], ["Whale", 0]],
    }
    file = tmp_path / "questions.json"
    file.write_text(json.dumps([question]))

    (space,) = load("hotpotqa", file)

    assert space.questions[0].evidence == {"0/Lemon", "1/Whale"}


@pytest.mark.parametrize(
    ("written", "ids"),
    [(["D8:6; D9:17"], ["D8:6", "D9:17"]), (["D:11:26"], ["D11:26"]), (["D30:05"], ["D30:5"]), (["D"], []), ([], [])],
)
def test_malformed_evidence_is_repaired(written: list[str], ids: list[str]) -> None:
    assert repaired(written) == ids


def test_scores_are_shares_of_the_evidence() -> None:
    found = recall.scores([(2, [1, 7]), (1, []), (1, [3])], [1, 5, 10])

    assert found["recall"] == {"1": 0.1667, "5": 0.5, "10": 0.6667}
    assert found["hit"] == {"1": 0.3333, "5": 0.6667, "10": 0.6667}


def test_baselines_find_the_text_with_the_rare_word() -> None:
    texts = ["the tea is warm", "the trains were late", "the tea tree"]

    assert Fts5(texts, stop=False).search('was the "train" late?', 1) == [1]
    assert Fts5(texts, stop=True).search("what is the", 5) == [0, 2, 1]
    assert Bm25(texts).search("a train", 5) == [1]
    assert Bm25([]).search("a train", 5) == []
