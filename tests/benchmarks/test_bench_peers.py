"""What the comparison with peers computes, without a peer: entries, charging, cut-offs, rows kept, tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from benchmarks.peer_systems import KINDS, Entry, Kind, Ricordo, entry

from benchmarks import peers, pictures, tables
from ricordo.testing.embedders import EmbedderContract, HashingEmbedder

TURNS = [
    {"content": "I planted a lemon tree.", "speaker": "Ana", "ref": "D1:1", "session": "s1"},
    {"content": "My sister visits on Sunday.", "speaker": "Ben", "ref": "D1:2", "session": "s1"},
    {"content": "A yellow fruit.", "title": "Lemon", "ref": "p1"},
]


class Counting:
    """An embedder that counts the texts it is asked for."""

    def __init__(self) -> None:
        self._inner = HashingEmbedder(384)
        self.asked: list[str] = []

    model_id, dimension = "counting", 384

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.asked += texts
        return self._inner.embed(texts)


class TestRemembered(EmbedderContract):
    def make(self) -> peers.Remembered:
        return peers.Remembered(HashingEmbedder(16))


def test_every_system_gets_the_same_text_and_labels() -> None:
    one, _, passage = (entry(turn, "user:1") for turn in TURNS)

    assert (one.text, passage.text) == ("Ana: I planted a lemon tree.", "Lemon: A yellow fruit.")
    assert one.labels == {"ref": "D1:1", "scope": "user:1", "speaker": "Ana", "session": "s1"}
    assert one.item["content"] == "I planted a lemon tree."
    assert entry({"content": "bare", "ref": "1", "scope": "mine"}).scope == "mine"


def test_a_text_is_embedded_once_and_its_vector_survives_a_file(tmp_path: Path) -> None:
    inner = Counting()
    first = peers.Remembered(inner)
    given = first.embed(["tea", "rain", "tea"])
    first.save(tmp_path / "vectors.npz")
    again = peers.remembered(inner, tmp_path / "vectors.npz").embed(["rain", "tea"])

    assert inner.asked == ["tea", "rain"]
    assert bool((given[0] == given[2]).all())
    assert bool((again == given[[1, 0]]).all())
    assert peers.remembered(inner, tmp_path / "none.npz").embed(["snow"]).shape == (1, 384)
    assert inner.asked == ["tea", "rain", "snow"]


def test_the_time_of_the_embedder_is_not_charged() -> None:
    embedder = peers.Remembered(HashingEmbedder(384))
    texts = [f"{number} about rain and tea" for number in range(300)]

    _, without = peers.charged(embedder, lambda: embedder.embed(texts))

    assert embedder.cpu > 0
    assert without.cpu < embedder.cpu / 2 < without.wall


def test_ranks_are_those_of_the_first_record_that_holds_the_evidence() -> None:
    assert sorted(peers.places([["a", "b"], ["b"], ["c"]], ["b", "c", "d"])) == [1, 3]


@pytest.mark.parametrize("fields", [True, False])
def test_ricordo_answers_through_the_same_methods(tmp_path: Path, fields: bool) -> None:
    system = Ricordo(tmp_path, HashingEmbedder(384), fields=fields)
    system.add([entry(turn, "a") for turn in TURNS] + [entry({"content": "Lemon tea", "ref": "b1"}, "b")])

    assert system.search("who planted the lemon tree?", 1, "a") == [["D1:1"]]
    assert system.search("lemon tea", 1, None) == [["b1"]]
    assert system.search("lemon tea", 5, "b") == [["b1"]]
    system.close()
    assert peers.stored(tmp_path) > 0


def test_a_data_set_is_scored_in_one_store_a_conversation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = {
        "conversation": {
            "session_1_date_time": "1:56 pm on 8 May, 2023",
            "session_1": [
                {"speaker": "Ana", "dia_id": "D1:1", "text": "I planted a lemon tree."},
                {"speaker": "Ben", "dia_id": "D1:2", "text": "My sister visits on Sunday."},
            ],
        },
        "qa": [
            {"question": "Who planted the lemon tree?", "evidence": ["D1:1"], "category": 4},
            {"question": "Where is the whale?", "evidence": ["D1:2"], "category": 5},
        ],
    }
    (tmp_path / "locomo-dev.json").write_text(json.dumps([talk, talk]))
    monkeypatch.setattr(peers, "_minilm", lambda: HashingEmbedder(384))

    for name in ("ricordo", "ricordo-text-minilm"):
        found = peers.find(name, "locomo", tmp_path, tmp_path / "none.npz")
        assert (found["questions"], found["records"], found["recall"]["1"]) == (2, 4, 1.0)
        assert found["bytes_each"] > 0


def test_cost_is_told_for_all_records_and_for_a_small_scope(tmp_path: Path) -> None:
    found = peers.grow("ricordo", 600, tmp_path / "none.npz")

    assert found["records"] == 600
    assert found["query"]["cpu_ms_p50"] > 0
    assert found["query_in_small_scope"]["cpu_ms_p50"] > 0


def test_a_size_is_left_out_by_the_size_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = {"records": 10, "query": {"cpu_ms_p50": 1.0}, "ingest": {"per_cpu_second": 5.0}}
    slow = {"records": 100, "query": {"cpu_ms_p50": 1.0}, "ingest": {"per_cpu_second": 5.0}}
    ran = iter((quick, slow))
    monkeypatch.setattr(peers, "alone", lambda *_: next(ran))

    found = list(peers._sizes("ricordo", (10, 100, 1000), Path("none")))

    assert found == [quick, slow, {"records": 1000, "left_out": "taking them in would take about 200 s of CPU"}]
    assert peers.too_slow(None, 10) is None
    assert peers.too_slow({**quick, "query": {"cpu_ms_p50": 2000.0}}, 10) == "a query would take about 2.0 s"


def test_systems_are_chosen_by_name_and_kept_in_order() -> None:
    assert peers.chosen([]) == list(KINDS)
    assert peers.chosen(["mem0"]) == ["mem0"]
    assert [name.startswith("ricordo") for name in peers.chosen(["ricordo"])] == [True] * 4
    assert list(peers.in_order({"bm25s": 1, "gone": 2, "ricordo": 3})) == ["ricordo", "bm25s"]
    with pytest.raises(SystemExit, match="no system is called 'zep'"):
        peers.chosen(["zep"])


def test_a_peer_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    absent = Kind("Absent", lambda folder, embedder: Ricordo(folder, None), False, "no-such-distribution")
    monkeypatch.setitem(KINDS, "absent", absent)

    with pytest.raises(SystemExit, match=r"not installed: no-such-distribution; pip install --group peers"):
        peers.main([str(tmp_path), "--only", "absent"])


def row(recall: float, cpu: float, size: int) -> dict[str, Any]:
    shares = {"1": recall / 2, "5": recall, "10": recall}
    return {
        "questions": 4,
        "recall": shares,
        "hit": shares,
        "ci95_recall_at_10": [recall - 0.1, recall + 0.1],
        "query": {"cpu_ms_mean": cpu},
        "ingest": {"per_cpu_second": 1000.0},
        "bytes_each": size,
    }


def systems() -> dict[str, Any]:
    names = {"ricordo": False, "ricordo-minilm": True, "langgraph": True, "bm25s": False}
    return {
        name: {"label": name, "version": "1", "embeds": embeds, "settings": "as it comes", "lacks": ["this", "that"]}
        for name, embeds in names.items()
    }


RESULT = {
    "benchmark": "peers",
    "command": "python benchmarks/peers.py FOLDER",
    "machine": {"cores": 2, "system": "Linux", "python": "3", "sqlite": "3"},
    "embedding": {
        "model": "minilm@1",
        "record": {"per_cpu_second": 40.0},
        "question": {"cpu_ms_mean": 5.0},
    },
    "systems": systems(),
    "sets": {
        "locomo": {
            "records": 10,
            "spaces": 2,
            "systems": {
                "ricordo": row(0.6, 2.0, 100),
                "ricordo-minilm": row(0.8, 4.0, 200),
                "langgraph": row(0.4, 8.0, 0),
                "bm25s": row(0.5, 0.1, 50),
            },
        }
    },
}


def sizes(cpu: float) -> list[dict[str, Any]]:
    clock = {"cpu_ms_p50": cpu}
    report = {"query": clock, "query_in_small_scope": clock, "ingest": {"per_cpu_second": 10.0}, "bytes_each": 10}
    return [{"records": 1000, **report}, {"records": 10_000, **report}]


GROWTH = {
    **{key: RESULT[key] for key in ("command", "machine")},
    "benchmark": "peers-growth",
    "systems": {
        "ricordo": {"label": "Ricordo", "embeds": False, "sizes": sizes(2.0)},
        "ricordo-minilm": {"label": "Ricordo with MiniLM", "embeds": True, "sizes": sizes(4.0)},
        "langgraph": {
            "label": "LangGraph",
            "embeds": True,
            "sizes": [sizes(8.0)[0], {"records": 10_000, "left_out": "a query would take about 2.0 s"}],
        },
    },
}


def test_tables_hold_a_peer_against_the_row_of_ricordo_that_is_like_it(tmp_path: Path) -> None:
    for result in (RESULT, GROWTH):
        (tmp_path / f"{result['benchmark']}.json").write_text(json.dumps(result))

    page = tables.fill("<!-- results: peers -->\n<!-- end -->\n<!-- results: peers-growth -->\n<!-- end -->", tmp_path)

    assert "| **ricordo-minilm** | .400 | .800 | .800 | .800 | .800 | 4.00 | 9.00 | 1,000 | 200 |" in page
    assert "| langgraph | .200 | .400 | .400 | .400 | .400 | 8.00 | 13.00 | 1,000 | none kept |" in page
    assert "| langgraph (with MiniLM) | 2.00 | 2.00 | 2.00 | 0.50 | 1.00 | - |" in page
    assert "| bm25s (without MiniLM) | 1.20 | 1.20 | 1.20 | 20 | 1.00 | 2.00 |" in page
    assert "| bm25s | 1 | as it comes | this; that |" in page
    assert "| LangGraph | 8.00 | left out | 8.00 | left out |" in page
    assert "| LangGraph (with vectors) | 1,000 | 0.50 | 0.50 | 1.00 | 1.00 |" in page
    assert "- LangGraph, 10,000 records: left out, a query would take about 2.0 s." in page


def test_the_caption_says_what_is_left_out() -> None:
    told = pictures.caption(GROWTH, ["ricordo", "langgraph"])

    assert told.endswith("Left out: LangGraph InMemoryStore at 10,000 (a query would take about 2.0 s).")
    assert "Left out" not in pictures.caption(GROWTH, ["ricordo"])


def test_writing_on_bars_can_be_read() -> None:
    assert [pictures.ink(colour) for colour in ("#0072B2", "#56B4E9", "#ffffff", "#000000")] == [
        "white",
        "black",
        "black",
        "white",
    ]


def test_the_same_results_give_the_same_pictures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for result in (RESULT, GROWTH):
        (tmp_path / f"{result['benchmark']}.json").write_text(json.dumps(result))

    first, second = (pictures.draw(tmp_path, tmp_path / name) for name in ("one", "two"))

    assert [path.name for path in first] == ["recall-by-method.svg", "cost-by-records.svg"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_an_entry_is_a_value() -> None:
    assert entry(TURNS[0]) == Entry("D1:1", "x", "Ana: I planted a lemon tree.", {"scope": "x", **TURNS[0]})
