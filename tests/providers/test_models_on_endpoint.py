"""Language model and reranker on a server: the laws, what is sent, and answers of every wrong shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.errors import InvalidInputError, ModelError
from ricordo.providers.base import LanguageModel, Message, Reranker, Usage
from ricordo.providers.endpoint import Endpoint, clean
from ricordo.providers.language_model import EndpointLanguageModel
from ricordo.providers.language_model import _read as read_chat
from ricordo.providers.meter import Meter
from ricordo.providers.reranker import EndpointReranker
from ricordo.providers.reranker import _reader as rerank_reader
from ricordo.testing import (
    Act,
    EndpointServer,
    LanguageModelContract,
    RerankerContract,
    ScriptedLanguageModel,
    StillTime,
    WordOverlapReranker,
)

ASK = [Message("system", "Answer."), Message("user", "Where is the office?")]
TEXTS = ["It rains.", "Ana likes tea.", "Ana likes green tea with milk."]


@pytest.fixture
def server() -> Iterator[EndpointServer]:
    with EndpointServer(ScriptedLanguageModel(["It is in Lisbon."])) as running:
        yield running


def endpoint(server: EndpointServer) -> Endpoint:
    return Endpoint(server.url, timing=StillTime().timing, retries=0)


class OnServer:
    """Keeps a server for each test of a contract."""

    server: EndpointServer

    @pytest.fixture(autouse=True)
    def running(self) -> Iterator[None]:
        with EndpointServer() as self.server:
            yield


class TestLanguageModel(OnServer, LanguageModelContract):
    def make(self) -> LanguageModel:
        return EndpointLanguageModel(endpoint(self.server), "m")


class TestReranker(OnServer, RerankerContract):
    def make(self) -> Reranker:
        return EndpointReranker(endpoint(self.server), "r")


class TestRerankerOfTexts(OnServer, RerankerContract):
    def make(self) -> Reranker:
        return EndpointReranker(endpoint(self.server), "r", field="texts")


class TestScripted(LanguageModelContract):
    def make(self) -> LanguageModel:
        return ScriptedLanguageModel(["Lisbon"])


class TestOverlap(RerankerContract):
    def make(self) -> Reranker:
        return WordOverlapReranker()


# -- what is sent


def test_chat_sends_what_the_protocol_wants(server: EndpointServer) -> None:
    model = EndpointLanguageModel(endpoint(server), "m")
    model.complete(ASK, max_tokens=9)
    model.close()
    assert server.received[0].path == "/v1/chat/completions"
    assert server.received[0].payload == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Answer."},
            {"role": "user", "content": "Where is the office?"},
        ],
        "max_tokens": 9,
        "temperature": 0,
        "stream": False,
    }


def test_reasoning_models_are_asked_in_their_style(server: EndpointServer) -> None:
    model = EndpointLanguageModel(endpoint(server), "m", style="reasoning")
    model.complete(ASK, max_tokens=9)
    model.close()
    sent = server.received[0].payload
    assert sent["max_completion_tokens"] == 9
    assert not {"max_tokens", "temperature"} & set(sent)


@pytest.mark.parametrize("field", ["documents", "texts"])
def test_rerank_sends_what_the_protocol_wants(field: str, server: EndpointServer) -> None:
    model = EndpointReranker(endpoint(server), "r", field=field)
    assert model.rank("Who likes green tea?", TEXTS) == [0.0, 2.0, 3.0]
    model.close()
    assert server.received[0].path == "/v1/rerank"
    assert server.received[0].payload == {"model": "r", "query": "Who likes green tea?", field: TEXTS}


def test_no_texts_are_no_call(server: EndpointServer) -> None:
    model = EndpointReranker(endpoint(server), "r")
    assert model.rank("tea", []) == []
    assert model.usage == Usage()
    assert server.received == []


# -- answers of the wrong shape

CHAT_WRONG: list[Any] = [
    None,
    [],
    3,
    "text",
    {},
    {"choices": None},
    {"choices": []},
    {"choices": {}},
    {"choices": [None]},
    {"choices": [{}]},
    {"choices": [{"text": "old style"}]},
    {"choices": [{"message": None}]},
    {"choices": [{"message": {}}]},
    {"choices": [{"message": {"content": None}}]},
    {"choices": [{"message": {"content": None, "refusal": "no"}}]},
    {"choices": [{"message": {"content": 3}}]},
    {"choices": [{"message": {"content": []}}]},
    {"choices": [{"message": {"content": [{"type": "image"}]}}]},
    {"choices": [{"message": {"content": [{"type": "text", "text": 3}]}}]},
    {"error": {"message": "out of memory"}},
]


@pytest.mark.parametrize("document", CHAT_WRONG, ids=str)
def test_a_chat_answer_of_another_shape_is_invalid(document: Any, server: EndpointServer) -> None:
    server.script(Act(body=b"null" if document is None else document))
    model = EndpointLanguageModel(endpoint(server), "m")
    with pytest.raises(ModelError, match="sent an unexpected answer: choices") as caught:
        model.complete(ASK, max_tokens=9)
    assert caught.value.reason == "invalid"
    assert model.usage == Usage(calls=1, failures=1)
    model.close()


def result(place: Any, score: Any = 0.5) -> dict[str, Any]:
    return {"index": place, "relevance_score": score}


RERANK_WRONG: list[Any] = [
    {},
    {"results": None},
    {"results": []},
    {"results": [result(0), result(1)]},
    {"results": [result(0), result(1), result(2), result(3)]},
    {"results": [result(0), result(1), result(1)]},
    {"results": [result(0), result(1), result(3)]},
    {"results": [result(0), result(1), result(-1)]},
    {"results": [result(0), result(1), result(True)]},
    {"results": [result(0), result(1), result("2")]},
    {"results": [result(0), result(1), result(2.0)]},
    {"results": [result(0), result(1), {"index": 2}]},
    {"results": [result(0), result(1), result(2, None)]},
    {"results": [result(0), result(1), result(2, "0.5")]},
    {"results": [result(0), result(1), result(2, True)]},
    {"results": [result(0), result(1), result(2, float("nan"))]},
    {"results": [result(0), result(1), result(2, float("inf"))]},
    {"results": [result(0), result(1), result(2, 10**400)]},
    {"results": [result(0), result(1), None]},
    [],
    [[], [], []],
]


@pytest.mark.parametrize("document", RERANK_WRONG, ids=lambda value: str(value)[:80])
def test_a_rerank_answer_of_another_shape_is_invalid(document: Any, server: EndpointServer) -> None:
    server.script(Act(body=document))
    model = EndpointReranker(endpoint(server), "r")
    with pytest.raises(ModelError, match="sent an unexpected answer") as caught:
        model.rank("tea", TEXTS)
    assert caught.value.reason == "invalid"
    model.close()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "results", "index", "relevance_score", "score", "usage"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_or_refused(document: Any) -> None:
    said = []
    for read in (read_chat, rerank_reader(1), rerank_reader(2)):
        try:
            read(document)
        except ValueError as error:
            said.append(str(error))
    assert all("must" in one for one in said)


def test_text_in_parts_is_joined() -> None:
    parts = [{"type": "text", "text": "It is "}, {"type": "text", "text": "Lisbon."}]
    assert read_chat({"choices": [{"message": {"content": parts}}]})[0] == "It is Lisbon."


@given(st.text(st.characters()))
def test_cleaned_text_can_be_encoded(text: str) -> None:
    assert clean(text).encode().decode() == clean(text)
    if not any("\ud800" <= one <= "\udfff" for one in text):
        assert clean(text) == text


# -- counting


def test_tokens_and_cost_are_those_of_the_server(server: EndpointServer) -> None:
    model = EndpointLanguageModel(endpoint(server), "m", price_in=2.0, price_out=8.0)
    server.script(
        Act(
            body={"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": 1000, "completion_tokens": 50}}
        )
    )
    done = model.complete(ASK, max_tokens=9)
    model.close()
    assert (done.tokens_in, done.tokens_out, done.estimated) == (1000, 50, False)
    assert model.usage == Usage(calls=1, tokens_in=1000, tokens_out=50, cost=0.0024)


@pytest.mark.parametrize(
    "usage",
    [None, {}, [], {"prompt_tokens": 3}, {"prompt_tokens": -1, "completion_tokens": 1},
     {"prompt_tokens": 10**400, "completion_tokens": 1}, {"prompt_tokens": True, "completion_tokens": 1},
     {"prompt_tokens": "3", "completion_tokens": 1}, {"prompt_tokens": 3.5, "completion_tokens": 1}],
    ids=lambda value: str(value)[:50],
)  # fmt: skip
def test_without_counts_tokens_are_estimated_and_marked(usage: Any, server: EndpointServer) -> None:
    model = EndpointLanguageModel(endpoint(server), "m")
    server.script(Act(body={"choices": [{"message": {"content": "It is in Lisbon."}}], "usage": usage}))
    done = model.complete(ASK, max_tokens=9)
    model.close()
    assert (done.tokens_in, done.tokens_out, done.estimated) == (2 + 5 + 8, 5, True)
    assert model.usage == Usage(calls=1, tokens_in=15, tokens_out=5, estimated=1)


def test_a_rerankers_tokens_are_counted_or_estimated() -> None:
    with EndpointServer() as telling, EndpointServer(counts=False) as silent:
        models = [EndpointReranker(endpoint(one), "r", price=10.0) for one in (telling, silent)]
        for model in models:
            model.rank("tea", TEXTS)
            model.close()
    told, guessed = (model.usage for model in models)
    assert told == Usage(calls=1, tokens_in=11, cost=0.00011)
    assert guessed == Usage(calls=1, tokens_in=(3 + 4 + 7) + 3, estimated=1, cost=0.00017)


def test_an_answer_that_was_cut_says_so(server: EndpointServer) -> None:
    model = EndpointLanguageModel(endpoint(server), "m")
    done = model.complete(ASK, max_tokens=2)
    model.close()
    assert (done.text, done.cut) == ("It is", True)


@pytest.mark.parametrize("price", [-1.0, float("nan"), float("inf")])
def test_a_price_below_nothing_is_refused(price: float) -> None:
    with pytest.raises(InvalidInputError, match="price_out: a price for a million tokens"):
        Meter(price_out=price)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201, 3])
def test_a_bad_name_is_refused(name: Any) -> None:
    somewhere = Endpoint("http://localhost/v1")
    with pytest.raises(InvalidInputError, match="model: the name of a model"):
        EndpointLanguageModel(somewhere, name)
    with pytest.raises(InvalidInputError, match="model: the name of a model"):
        EndpointReranker(somewhere, name)


def test_unknown_shapes_are_refused() -> None:
    somewhere = Endpoint("http://localhost/v1")
    with pytest.raises(InvalidInputError, match="style: one of chat, reasoning"):
        EndpointLanguageModel(somewhere, "m", style="fast")
    with pytest.raises(InvalidInputError, match="field: one of documents, texts"):
        EndpointReranker(somewhere, "m", field="passages")
