"""Reading with models: a reranker as one more arm, a language model's queries and answer, and their failures."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ricordo import Memory
from ricordo.errors import ModelError
from ricordo.testing import FixedClock, ScriptedLanguageModel, WordOverlapReranker


class Backwards:
    """A reranker that likes best what it is given last."""

    model_id = "backwards"

    def rank(self, query: str, texts: Sequence[str]) -> list[float]:
        return [float(spot) for spot in range(len(texts))]


class Broken:
    """A reranker that fails."""

    model_id = "broken"

    def rank(self, query: str, texts: Sequence[str]) -> list[float]:
        raise ModelError("failed", "broken: it is down")


class Forgetful:
    """A reranker during whose thinking a record is forgotten."""

    model_id = "forgetful"

    def __init__(self) -> None:
        self.memory: Memory | None = None

    def rank(self, query: str, texts: Sequence[str]) -> list[float]:
        assert self.memory is not None
        for record in self.memory.list().records:
            if "gone" in record.content:
                self.memory.forget(record.id)
        return [1.0] * len(texts)


def filled(**models: object) -> Memory:
    memory = Memory.open(":memory:", embedder=None, clock=FixedClock(), **models)  # type: ignore[arg-type]
    memory.retain("The office looks at the river.", ref="a")
    memory.retain("The office has ten rooms.", ref="b")
    memory.retain("An office that is gone.", ref="c")
    return memory


def test_a_reranker_is_one_more_arm() -> None:
    plain = [item.record.ref for item in filled(reranker=None).recall("office")]
    found = filled(reranker=Backwards()).recall("office")
    assert [item.record.ref for item in found] == plain[::-1]
    assert [item.why.arms["rerank"].raw for item in found] == [1.0, 0.5, 0.0]
    assert found.degraded is None
    for item in found:
        assert item.score == pytest.approx(sum(arm.share for arm in item.why.arms.values()), abs=1e-5)


def test_a_reranker_that_fails_changes_nothing_and_is_told_of() -> None:
    plain, found = filled(reranker=None).recall("office"), filled(reranker=Broken()).recall("office")
    assert [(item.record.ref, item.score) for item in found] == [(item.record.ref, item.score) for item in plain]
    assert "it is down" in (found.degraded or "")
    assert "it is down" in filled().explain(found)


def test_what_was_forgotten_while_the_reranker_thought_is_left_out() -> None:
    reranker = Forgetful()
    memory = reranker.memory = filled(reranker=reranker)
    assert "c" not in [item.record.ref for item in memory.recall("office")]


def test_inject_asks_no_reranker() -> None:
    assert filled(reranker=Broken()).inject("office").degraded is None


def test_an_answer_cites_what_was_gathered() -> None:
    model = ScriptedLanguageModel(['{"queries": ["rooms"]}', "It is in Lisbon [1]. It has towers [9]."])
    told = filled(language_model=model).reflect("Where is the office?")
    assert told.answer is not None
    assert told.answer.text == "It is in Lisbon [1]. It has towers."
    assert told.answer.citations == (told.evidence.items[0].record.id,)
    assert told.answer.removed == (9,)
    assert told.evidence.probes[0] == "rooms"


def test_a_language_model_that_fails_leaves_the_evidence() -> None:
    model = ScriptedLanguageModel([ModelError("failed", "it is down"), ModelError("failed", "it is down")])
    told = filled(language_model=model).reflect("Where is the office?")
    assert len(told.evidence) == 3
    assert "it is down" in (told.evidence.degraded or "")
    assert told.answer is not None
    assert told.answer.text == ""
    assert "it is down" in (told.answer.degraded or "")


def test_recall_never_asks_the_language_model() -> None:
    model = ScriptedLanguageModel()
    assert len(filled(language_model=model).recall("office", hops=3)) == 3
    assert model.asked == []


def test_a_fake_reranker_of_ours_will_do() -> None:
    assert filled(reranker=WordOverlapReranker()).recall("ten rooms").items[0].record.ref == "b"
