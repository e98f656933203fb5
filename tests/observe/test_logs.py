"""The log: its two formats, what is never in it, and what ends up in it from elsewhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.access.conftest import served

from ricordo import Memory
from ricordo.access.gate import gate
from ricordo.access.keys import Keys
from ricordo.config import Settings
from ricordo.errors import InvalidInputError
from ricordo.observe import Content, Observer, logger, start_logs, watch
from ricordo.observe.watch import Receive, Scope, Send

JSON = Settings(log_format="json", log_level="debug")


def lines(written: StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_json_has_one_object_a_line(written: StringIO) -> None:
    stop = start_logs(JSON, written)
    logger("http").info("opened\nand closed", spaces=3, place=Path("/tmp"), nothing=None)
    stop()
    logger("http").info("unheard")
    [line] = lines(written)
    assert line.pop("at").endswith("Z")
    assert line == {"level": "info", "log": "http", "event": "opened\nand closed", "spaces": 3, "place": "/tmp"}


def test_the_loggers_are_put_back(written: StringIO) -> None:
    names = ("ricordo", "uvicorn", "uvicorn.access", "opentelemetry")

    def state() -> list[tuple[object, int, bool]]:
        return [(one.handlers, one.level, one.propagate) for one in map(logging.getLogger, names)]

    before = state()
    stop = start_logs(JSON, written)
    assert state() != before
    stop()
    assert state() == before


def test_text_is_one_line_whatever_is_in_it(written: StringIO) -> None:
    start_logs(Settings(), written)
    logger("http").warning("two\nlines", why='with "quotes"\nand \x1b[31mcolour', path="a/b")
    [line] = written.getvalue().splitlines()
    assert line.split(" ", 1)[1] == (r'warning http: two\nlines why="with \"quotes\"\nand \u001b[31mcolour" path=a/b')


def test_levels(written: StringIO) -> None:
    start_logs(replace(JSON, log_level="warning"), written)
    log = logger("http")
    log.debug("no")
    log.info("no")
    log.warning("yes")
    log.error("yes, too")
    assert [line["event"] for line in lines(written)] == ["yes", "yes, too"]


@pytest.mark.parametrize("wrong", [{"log_level": "loud"}, {"log_format": "xml"}])
def test_wrong_settings_are_told(wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(wrong))):
        start_logs(replace(Settings(), **wrong))


def test_content_only_where_it_was_asked_for(written: StringIO) -> None:
    for wanted in (False, True):
        start_logs(replace(JSON, log_content=wanted), written)
        logger("http").info("recall", asked=Content("Where does Ada live?"))
        try:
            raise ValueError("not the content: Ada lives in Lisbon") from KeyError("Lisbon")
        except ValueError as error:
            logger("http").error("failed", error=error)
    without, failed, within, failed_within = lines(written)
    assert "asked" not in without
    assert within["asked"] == "Where does Ada live?"
    assert "Lisbon" not in json.dumps(failed)
    assert failed["error"] == "ValueError"
    assert failed["trace"][0] == "then ValueError"
    assert failed["trace"][1].endswith("test_content_only_where_it_was_asked_for")
    assert failed_within["message"] == "not the content: Ada lives in Lisbon"


def test_a_key_that_slips_in_is_cut(written: StringIO, tmp_path: Path) -> None:
    with Keys.open(tmp_path) as keys:
        key, secret = keys.issue()
    for settings in (JSON, Settings()):
        start_logs(settings, written)
        logger("http").info(f"got {secret}", header=f"Bearer {secret}", other="sk-proj-0123456789abcdef")
    text = written.getvalue()
    assert secret not in text
    assert secret[-20:] not in text
    assert "0123456789" not in text
    assert f"mos_{key.id}_" in text


# -- nothing of what was sent ----------------------------------------------------------------------------------------

CANARIES = {
    "content": "canarycontent",
    "query": "canaryquery",
    "path": "canarypath",
    "bearer": "canarybearer0123456789",
    "api_key": "canaryapikey0123456789",
    "cookie": "canarycookie",
    "scope": "canaryscope",
    "header": "canaryheader",
}


@pytest.fixture
def memory() -> Iterator[Memory]:
    with Memory.open(":memory:", embedder=None) as opened:
        yield opened


def talking(memory: Memory) -> Any:
    """Return an application that remembers a body, and fails in several ways, each with the body in the message."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = (await receive()).get("body", b"").decode()
        scope["state"]["route"] = "/v1/{part}"
        memory.retain(body, scope=CANARIES["scope"])
        if scope["method"] == "PUT":
            memory.retain(body, kind=body)  # an InvalidInputError that quotes it
        if scope["method"] == "PATCH":
            raise RuntimeError(body) from KeyError(body)
        await send(
            {"type": "http.response.start", "status": 500 if scope["method"] == "DELETE" else 200, "headers": []}
        )
        await send({"type": "http.response.body", "body": body.encode()})

    return app


@pytest.mark.parametrize("form", ["json", "text"])
def test_nothing_that_was_sent_is_in_the_log(
    memory: Memory,
    written: StringIO,
    tmp_path: Path,
    form: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = Settings(log_format=form, log_level="debug")
    observer = Observer.open(settings, "http", stream=written)
    with Keys.open(tmp_path) as keys:
        _, secret = keys.issue(principal="agent:coder")
        app = watch(gate(observer.beside(talking(memory)), keys=keys, settings=settings), observer)
        good = {"Authorization": f"Bearer {secret}", "X-Api-Key": CANARIES["api_key"]}
        bad = {"Authorization": f"Bearer {CANARIES['bearer']}", "X-Api-Key": CANARIES["api_key"]}
        odd = {"Cookie": f"a={CANARIES['cookie']}", "X-Other": CANARIES["header"], "User-Agent": CANARIES["header"]}
        body = f"The word is {CANARIES['content']}."
        url = f"/v1/{CANARIES['path']}?q={CANARIES['query']}"
        with served(app) as client:
            for credentials in (good, bad, {}):
                for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
                    client.request(method, url, headers={**credentials, **odd}, content=body)
            client.post(url, headers={**good, "Origin": f"http://{CANARIES['header']}.example"}, content=body)
            client.post(url, headers={**good, "Host": f"{CANARIES['header']}.example"}, content=body)
            client.post(url, headers={**good, "X-Request-Id": "my-request"}, content=body)
            told = client.get("/metrics", headers=good).text
    observer.close()
    elsewhere = [one.getMessage() for one in caplog.records if not one.name.startswith("http")]  # not the client's own
    heard = "\n".join([written.getvalue(), *capfd.readouterr(), *elsewhere, told])
    assert heard.count("request_id") >= 18
    for what, word in {**CANARIES, "secret": secret.split("_", 2)[2]}.items():
        assert word not in heard, what
    for expected in ("my-request", "agent:coder", "InvalidInputError", "RuntimeError", "/v1/{part}"):
        assert expected in heard, expected


def test_with_log_content_the_message_of_an_error_is_told(memory: Memory, written: StringIO) -> None:
    settings = replace(JSON, log_content=True)
    observer = Observer.open(settings, "http", stream=written)
    with served(watch(gate(talking(memory), keys=None, settings=settings), observer)) as client:
        client.patch("/", content="The word is lemon.")
    observer.close()
    assert "The word is lemon." in {line.get("message") for line in lines(written)}
