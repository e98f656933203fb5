"""Optional models as a user sets them: settings, arguments of `Memory.open`, `ricordo doctor`; no write asks them."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ricordo import InvalidInputError, Memory, ModelError, ProviderError, Settings
from ricordo.cli import main
from ricordo.config import Secret, resolve
from ricordo.providers.base import Message
from ricordo.providers.configured import in_the_clear, language_model_of, reranker_of
from ricordo.providers.language_model import EndpointLanguageModel
from ricordo.testing import EndpointServer, ScriptedLanguageModel, WordOverlapReranker

KEY = "sk-7Qd0vXb2LmT9"
OTHER = "rk-0000aaaa1111"


def settings(**values: Any) -> Settings:
    return resolve(values, environment={"RICORDO_SETTINGS": "/nonexistent", "RICORDO_EMBEDDER": "none"})


def test_with_nothing_set_there_is_no_model() -> None:
    with Memory.open(":memory:", settings=settings()) as memory:
        assert (memory._engine.reranker, memory._engine.language_model) == (None, None)


def test_with_nothing_set_no_client_is_imported() -> None:
    code = (
        "import sys; from ricordo import Memory, Settings\n"
        "m = Memory.open(':memory:', settings=Settings(embedder='none'))\n"
        "m.retain('The office is in Lisbon.'); m.recall('office'); m.inject('office'); m.close()\n"
        "print(*[n for n in sys.modules if n in ('http.client', 'ssl') or n.startswith('ricordo.providers.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"ricordo.providers.base", "ricordo.providers.minilm"}


def test_settings_name_models_and_an_argument_outranks_them() -> None:
    chosen = settings(model_url="http://localhost:8000/v1", model="m", rerank_model="r")
    with Memory.open(":memory:", settings=chosen) as memory:
        engine = memory._engine
        assert engine.language_model is not None
        assert engine.reranker is not None
        assert (engine.language_model.model_id, engine.reranker.model_id) == ("m@localhost:8000", "r@localhost:8000")
    with Memory.open(":memory:", settings=chosen, reranker=None, language_model=None) as memory:
        assert (memory._engine.reranker, memory._engine.language_model) == (None, None)
    mine, own = ScriptedLanguageModel(), WordOverlapReranker()
    with Memory.open(":memory:", settings=chosen, reranker=own, language_model=mine) as memory:
        assert (memory._engine.reranker, memory._engine.language_model) == (own, mine)
        assert memory._engine.made == ()


def test_a_write_asks_no_model(tmp_path: Path) -> None:
    with EndpointServer() as server:
        chosen = settings(model_url=server.url, model="m", rerank_model="r")
        with Memory.open(tmp_path / "space", settings=chosen) as memory:
            verdict = memory.retain("The office is in Lisbon.")
            memory.update(verdict.record.id, content="The office is in Porto.")
            memory.retain(messages=[{"role": "user", "content": "Hello"}])
            memory.feedback(verdict.record.id, "used")
            memory.forget(verdict.record.id)
        assert server.received == []


def test_models_of_the_settings_work_and_close_with_the_space() -> None:
    with EndpointServer(key=KEY) as server, EndpointServer(key=OTHER) as second:
        chosen = settings(
            model_url=server.url, model="m", model_key=KEY, rerank_model="r", rerank_url=second.url, rerank_key=OTHER
        )
        with Memory.open(":memory:", settings=chosen) as memory:
            engine = memory._engine
            assert engine.language_model is not None
            assert engine.reranker is not None
            assert isinstance(engine.language_model, EndpointLanguageModel)
            assert engine.language_model.complete([Message("user", "x")], max_tokens=9).text == "Not remembered."
            assert engine.reranker.rank("tea", ["tea", "rain"]) == [1.0, 0.0]
            kept = engine.language_model
        assert server.connections == 1
        kept.complete([Message("user", "x")], max_tokens=9)
        assert server.connections == 2, "closing the space closed the connection"
        kept.close()
        assert server.received[0].headers["authorization"] == f"Bearer {KEY}"
        assert second.received[0].headers["authorization"] == f"Bearer {OTHER}"


def test_the_key_of_one_server_is_never_sent_to_another() -> None:
    with EndpointServer() as second:
        chosen = settings(model_url="http://localhost:1/v1", model_key=KEY, rerank_model="r", rerank_url=second.url)
        model = reranker_of(chosen)
        assert model is not None
        model.rank("tea", ["tea"])
        model.close()
        assert "authorization" not in second.received[0].headers


def test_a_reranker_without_an_address_of_its_own_shares_that_of_the_model() -> None:
    with EndpointServer(key=KEY) as server:
        model = reranker_of(settings(model_url=server.url, model_key=KEY, rerank_model="r"))
        assert model is not None
        assert model.rank("tea", ["tea"]) == [1.0]
        model.close()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": "m"}, "model_url: the address of the server, because model is set"),
        ({"rerank_model": "r"}, "rerank_url: the address of the server, because rerank_model is set"),
        ({"model": "m", "model_url": "localhost"}, "model_url: an address such as"),
        ({"rerank_model": "r", "rerank_url": "localhost"}, "rerank_url: an address such as"),
        ({"rerank_model": "r", "model_url": "localhost"}, "model_url: an address such as"),
        ({"model": "m", "model_url": "http://h/v1", "model_key": f"{KEY} x"}, "model_key: printable ASCII"),
        ({"model": "m", "model_url": "http://h/v1", "model_timeout_s": 0}, "model_timeout_s: seconds, above 0"),
        ({"rerank_model": "m", "rerank_url": "http://h/v1", "rerank_timeout_s": 0}, "rerank_timeout_s: seconds"),
        ({"model": "m", "model_url": "http://h/v1", "model_retries": 1000}, "model_retries: a whole number"),
        ({"rerank_model": "m", "rerank_url": "http://h/v1", "model_retries": 1000}, "model_retries: a whole number"),
        ({"model": "m", "model_url": "http://h/v1", "model_style": "x"}, "model_style: one of chat"),
        ({"model": "m\n", "model_url": "http://h/v1"}, "model: the name of a model"),
        ({"rerank_model": "m\n", "model_url": "http://h/v1"}, "rerank_model: the name of a model"),
        ({"rerank_model": "m", "model_url": "http://h/v1", "rerank_field": "x"}, "rerank_field: one of documents"),
    ],
)
def test_a_bad_setting_is_named_and_nothing_is_opened(values: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Memory.open(tmp_path / "space", settings=settings(**values))
    assert str(caught.value).startswith(message)
    assert caught.value.field == message.partition(":")[0]
    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert not (tmp_path / "space").exists()


def test_prices_are_taken_from_the_settings() -> None:
    with EndpointServer(ScriptedLanguageModel(["a b"])) as server:
        model = language_model_of(settings(model_url=server.url, model="m", model_price_in=1e6, model_price_out=2e6))
        assert model is not None
        model.complete([Message("user", "x y z")], max_tokens=9)
        model.close()
        assert model.usage.cost == 3 * 1 + 2 * 2


# -- the key


def test_settings_never_show_a_key() -> None:
    chosen = settings(model_key=KEY, rerank_key=OTHER)
    assert chosen.model_key.reveal() == KEY
    for told in (repr(chosen), str(chosen), f"{chosen.model_key}", "%s" % chosen.model_key, str(asdict(chosen))):  # noqa: UP031
        assert KEY not in told
        assert OTHER not in told
    assert copy.deepcopy(chosen) == chosen
    assert chosen != settings()
    assert (bool(Secret()), str(Secret()), repr(Secret("x"))) == (False, "", "Secret((set))")
    with pytest.raises(TypeError):
        json.dumps(chosen.model_key)


def test_a_key_that_is_no_text_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text("model_key = 1234567890")
    with pytest.raises(InvalidInputError) as caught:
        resolve(environment={"RICORDO_SETTINGS": str(file)})
    assert "settings file: model_key" in str(caught.value)
    assert "1234567890" not in "".join(traceback.format_exception(caught.value))


def test_keys_come_from_environment_and_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f'model_key = "{KEY}"')
    env = {"RICORDO_SETTINGS": str(file), "RICORDO_RERANK_KEY": OTHER}
    chosen = resolve(environment=env)
    assert (chosen.model_key, chosen.rerank_key) == (Secret(KEY), Secret(OTHER))
    assert resolve({"model_key": Secret("x")}, environment=env).model_key == Secret("x")


@pytest.mark.parametrize("url", ["http://gpu.example:8000/v1", "http://10.0.0.7/v1"])
def test_a_key_in_the_clear_is_noticed(url: str) -> None:
    assert in_the_clear(settings(model_url=url, model_key=KEY)) == ["model_url"]
    assert in_the_clear(settings(model_url=url)) == []


@pytest.mark.parametrize(
    "url", ["https://api.example/v1", "http://localhost:8000/v1", "http://127.0.0.1/v1", "http://[::1]:80/v1"]
)
def test_a_key_that_is_safe_is_not(url: str) -> None:
    assert in_the_clear(settings(model_url=url, model_key=KEY)) == []


# -- doctor


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {
        "HOME": str(tmp_path),
        "RICORDO_SETTINGS": str(tmp_path / "none.toml"),
        "RICORDO_PATH": str(tmp_path / "space"),
        "RICORDO_EMBEDDER": "none",
    }


def test_doctor_tells_the_models_and_not_the_key(env: dict[str, str]) -> None:
    with EndpointServer() as server:
        env |= {"RICORDO_MODEL_URL": server.url, "RICORDO_MODEL": "qwen", "RICORDO_MODEL_KEY": KEY}
        text = CliRunner().invoke(main, ["doctor"], env=env)
        data = CliRunner().invoke(main, ["doctor", "--json"], env=env)
        assert server.received == []
        assert text.exit_code == data.exit_code == 0, text.output
        assert f"models         language model qwen@127.0.0.1:{server.port}\n" in text.output
    assert KEY not in text.output + data.output
    found = json.loads(data.stdout)
    assert found["settings"]["model_key"] == {"value": "(set)", "source": "environment"}
    assert found["settings"]["rerank_key"] == {"value": "", "source": "default"}
    assert found["models"]["reranker"] is None


def test_doctor_tells_what_is_wrong_with_a_model(env: dict[str, str]) -> None:
    env |= {"RICORDO_MODEL": "qwen"}
    done = CliRunner().invoke(main, ["doctor"], env=env)
    assert done.exit_code == 6
    assert "model_url: the address of the server, because model is set" in done.output
    assert "1 problem(s) found." in done.output


def test_doctor_does_not_show_a_key_in_an_address(env: dict[str, str]) -> None:
    env |= {"RICORDO_MODEL": "q", "RICORDO_MODEL_URL": f"https://me:{KEY}@gpu.example/v1"}
    done = CliRunner().invoke(main, ["doctor"], env=env)
    assert done.exit_code == 6
    assert KEY not in done.output


def test_doctor_notices_a_key_in_the_clear(env: dict[str, str]) -> None:
    env |= {"RICORDO_MODEL": "q", "RICORDO_MODEL_URL": "http://gpu.example/v1", "RICORDO_MODEL_KEY": KEY}
    done = CliRunner().invoke(main, ["doctor"], env=env)
    assert done.exit_code == 0
    assert "The key for model_url crosses the network unencrypted: use https." in done.output


def test_the_error_is_a_provider_error_with_its_reason() -> None:
    error = ModelError("busy", "no room; wait", status=429, retry_after=3.0)
    assert isinstance(error, ProviderError)
    assert (error.reason, error.status, error.retry_after, str(error)) == ("busy", 429, 3.0, "no room; wait")


def test_the_examples_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[2] / "docs/models.md").read_text(encoding="utf-8")
    for block in re.findall(r"^```python\n(.*?)^```", page, re.M | re.S):
        exec(compile(block, "docs/models.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == [
        "0 0.0",
        "('Ada home',) None",
        "[1.0]",
        "In Lisbon [1]. False True",
        "2 [('supersedes', None)]",
        "['The team has its office in Lisbon.']",
        "cut 2",
    ]
