"""The real clients of OpenAI and Anthropic through the proxy, with one line changed: they notice nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import anthropic
import openai
import pytest
from tests.proxy.conftest import Running

from ricordo.testing import Reply

ASKED = [{"role": "user", "content": "Where does grafana run?"}]
TOLD = "Grafana runs on port 3000."
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}


@pytest.fixture(autouse=True)
def known(memory: Any) -> None:
    memory.retain(TOLD, name="grafana", scope="user:ada", at="2026-01-01T00:00Z")


def openai_of(proxy: Running) -> Any:
    return openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="sk-canary", max_retries=0)


def anthropic_of(proxy: Running) -> Any:
    return anthropic.Anthropic(base_url=proxy.url, api_key="sk-canary", max_retries=0)


# -- OpenAI


def test_chat(proxy: Running) -> None:
    with openai_of(proxy) as client:
        raw = client.chat.completions.with_raw_response.create(model="fake", messages=ASKED, seed=7)
    assert raw.parse().choices[0].message.content == TOLD
    assert raw.headers["ricordo-memory"].startswith("1 records; tokens=")
    (request,) = proxy.upstream.requests
    assert request.headers["authorization"] == "Bearer sk-canary"
    assert request.payload["seed"] == 7
    assert request.payload["messages"][-1]["content"].endswith("\n\nWhere does grafana run?")


def test_a_chat_in_a_stream(proxy: Running) -> None:
    with openai_of(proxy) as client:
        options = {"include_usage": True}
        found = list(client.chat.completions.create(model="f", messages=ASKED, stream=True, stream_options=options))
    assert "".join(one.choices[0].delta.content or "" for one in found if one.choices) == TOLD
    assert found[-1].usage is not None
    assert proxy.kept() == [("Ada", "Where does grafana run?")]  # what the memory said itself is not learnt


def test_a_chat_that_calls_a_tool(proxy: Running) -> None:
    proxy.upstream.script(Reply(tool=("weather", {"city": "Porto"})), Reply(text="It is 21 degrees in Porto today."))
    tools = [{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}]
    talk: list[Any] = [{"role": "user", "content": "What is the weather, and where is grafana?"}]
    with openai_of(proxy) as client:
        first = client.chat.completions.create(model="f", messages=talk, tools=tools).choices[0].message
        assert first.tool_calls[0].function.name == "weather"
        talk += [first.model_dump(exclude_none=True)]
        talk += [{"role": "tool", "tool_call_id": first.tool_calls[0].id, "content": "21"}]
        second = client.chat.completions.create(model="f", messages=talk, tools=tools).choices[0].message
    assert second.content == "It is 21 degrees in Porto today."
    before, after = (request.payload["messages"] for request in proxy.upstream.requests)
    assert after[0] == before[0]
    assert [message["role"] for message in after] == ["user", "assistant", "tool"]
    assert proxy.kept() == [("Ada", talk[0]["content"]), ("assistant", second.content)]


def test_responses(proxy: Running) -> None:
    with openai_of(proxy) as client:
        first = client.responses.create(model="f", input="Where does grafana run?", instructions="Be brief.")
        assert first.output_text == TOLD
        again = client.responses.create(model="f", input="And grafana?", previous_response_id=first.id)
        assert again.output_text == "Noted."  # the model server has the conversation, and the memory in it
        listed = client.responses.create(model="f", input=[{"role": "user", "content": "About grafana, please."}])
        assert listed.output_text == TOLD
        counted = client.responses.input_tokens.count(model="f", input="Where does grafana run?")
        assert counted.input_tokens > 4
    requests = [request.payload for request in proxy.upstream.requests]
    assert requests[0]["instructions"] == "Be brief."
    assert requests[1] == {"model": "f", "input": "And grafana?", "previous_response_id": first.id}
    proxy.kept()
    sessions = [record.session for record in proxy.memory.list(kinds="observation").records]
    assert sessions[0] == sessions[1] != sessions[-1]


def test_responses_in_a_stream(proxy: Running) -> None:
    with openai_of(proxy) as client:
        found = list(client.responses.create(model="f", input="Where does grafana run?", stream=True))
        assert "".join(one.delta for one in found if one.type == "response.output_text.delta") == TOLD
        proxy.upstream.script(Reply(tool=("weather", {"city": "Porto"})))
        called = list(client.responses.create(model="f", input="How is the weather in Porto?", stream=True))
        assert called[-1].response.output[0].name == "weather"
    assert proxy.kept() == [("Ada", "Where does grafana run?"), ("Ada", "How is the weather in Porto?")]


def test_models_and_embeddings_pass_through(proxy: Running) -> None:
    with openai_of(proxy) as client:
        assert [model.id for model in client.models.list()] == ["fake"]
        assert len(client.embeddings.create(model="e", input="Where does grafana run?").data[0].embedding) == 8
    assert all("ricordo" not in request.body.decode() for request in proxy.upstream.requests)
    assert proxy.kept() == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, openai.BadRequestError),
        (401, openai.AuthenticationError),
        (429, openai.RateLimitError),
        (500, openai.InternalServerError),
        (503, openai.InternalServerError),
    ],
)
def test_errors_of_the_model_server_pass_as_they_are(proxy: Running, status: int, error: Any) -> None:
    proxy.upstream.script(Reply(status=status, headers={"Retry-After": "7", "x-request-id": "req_9"}))
    with openai_of(proxy) as client, pytest.raises(error) as raised:
        client.chat.completions.create(model="f", messages=ASKED)
    assert raised.value.response.headers["retry-after"] == "7"
    assert raised.value.request_id == "req_9"
    assert raised.value.body["message"] == f"scripted {status}"
    assert proxy.kept() == []


def test_asynchronous_clients(proxy: Running) -> None:
    async def talk() -> tuple[str | None, str, str]:
        one: Any = openai.AsyncOpenAI(base_url=f"{proxy.url}/v1", api_key="sk-canary")
        two: Any = anthropic.AsyncAnthropic(base_url=proxy.url, api_key="sk-canary")
        async with one, two:
            told = await one.chat.completions.create(model="f", messages=ASKED)
            stream = await one.chat.completions.create(model="f", messages=ASKED, stream=True)
            said = "".join([part.choices[0].delta.content or "" async for part in stream])
            async with two.messages.stream(model="c", max_tokens=9, messages=ASKED) as spoken:
                return told.choices[0].message.content, said, "".join([text async for text in spoken.text_stream])

    assert asyncio.run(talk()) == (TOLD, TOLD, TOLD)


# -- Anthropic


def test_messages(proxy: Running) -> None:
    with anthropic_of(proxy) as client:
        raw = client.messages.with_raw_response.create(model="c", max_tokens=9, messages=ASKED, system="Be brief.")
        assert raw.parse().content[0].text == TOLD
        counted = client.messages.count_tokens(model="c", messages=ASKED, system="Be brief.")
        assert counted.input_tokens == raw.parse().usage.input_tokens
    request = proxy.upstream.requests[0]
    assert request.headers["authorization"] == "Bearer sk-canary"
    assert request.payload["system"] == "Be brief."
    assert [part["type"] for part in request.payload["messages"][0]["content"]] == ["text", "text"]
    assert proxy.kept() == [("Ada", "Where does grafana run?")]


def test_messages_in_a_stream(proxy: Running) -> None:
    proxy.upstream.script(Reply(text="Grafana is a program for dashboards."))
    with anthropic_of(proxy) as client:
        with client.messages.stream(model="c", max_tokens=9, messages=ASKED) as stream:
            assert "".join(stream.text_stream) == "Grafana is a program for dashboards."
        assert [model.id for model in client.models.list()] == ["claude-fake"]
    assert proxy.kept()[-1] == ("assistant", "Grafana is a program for dashboards.")


def test_messages_that_use_a_tool(proxy: Running) -> None:
    proxy.upstream.script(Reply(text="Let me look that up.", tool=("weather", {"city": "Porto"})))
    talk: list[Any] = [{"role": "user", "content": "What is the weather, and where is grafana?"}]
    with anthropic_of(proxy) as client:
        tools = [{"name": "weather", "input_schema": WEATHER}]
        with client.messages.stream(model="c", max_tokens=9, messages=talk, tools=tools) as stream:
            first = stream.get_final_message()
        assert first.content[1].input == {"city": "Porto"}
        talk.append({"role": "assistant", "content": [part.model_dump(exclude_none=True) for part in first.content]})
        result = {"type": "tool_result", "tool_use_id": first.content[1].id, "content": "21"}
        talk.append({"role": "user", "content": [result]})
        client.messages.create(model="c", max_tokens=9, messages=talk, tools=tools)
    before, after = (request.payload["messages"] for request in proxy.upstream.requests)
    assert after[0] == before[0]
    assert after[1:] == talk[1:]  # what a tool was asked and what it gave stand side by side
    assert proxy.kept() == [("Ada", talk[0]["content"])]  # "Let me look that up." is no answer


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.AuthenticationError),
        (429, anthropic.RateLimitError),
        (529, anthropic.InternalServerError),
    ],
)
def test_errors_reach_anthropics_client(proxy: Running, status: int, error: Any) -> None:
    proxy.upstream.script(Reply(status=status))
    with anthropic_of(proxy) as client, pytest.raises(error) as raised:
        client.messages.create(model="c", max_tokens=9, messages=ASKED)
    assert raised.value.body["error"]["message"] == f"scripted {status}"


def test_an_error_in_a_stream_reaches_the_client_and_nothing_is_learnt(proxy: Running) -> None:
    proxy.upstream.script(Reply(error=True), Reply(error=True))
    with anthropic_of(proxy) as client, pytest.raises(anthropic.APIStatusError):
        list(client.messages.create(model="c", max_tokens=9, messages=ASKED, stream=True))
    with openai_of(proxy) as client, pytest.raises(openai.APIError):
        list(client.chat.completions.create(model="f", messages=ASKED, stream=True))
    assert proxy.kept() == []
