"""The client against a real server that misbehaves: what is repeated, what is given up, what is said."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.config import Secret
from ricordo.errors import InvalidInputError, ModelError
from ricordo.providers.base import Message, Usage
from ricordo.providers.endpoint import RETRIED, Endpoint
from ricordo.providers.language_model import EndpointLanguageModel
from ricordo.providers.transport import ExchangeError, Timing
from ricordo.testing import Act, EndpointServer, ScriptedLanguageModel, StillTime

KEY = "sk-7Qd0vXb2LmT9"
ASK = [Message("user", "Where is the office?")]
PROPER = {"choices": [{"message": {"content": "Lisbon"}}], "usage": {"prompt_tokens": 5, "completion_tokens": 1}}


@pytest.fixture
def server() -> Iterator[EndpointServer]:
    with EndpointServer(ScriptedLanguageModel(["Lisbon"])) as running:
        yield running


@pytest.fixture
def still() -> StillTime:
    return StillTime()


Make = Callable[..., EndpointLanguageModel]


@pytest.fixture
def make(server: EndpointServer, still: StillTime) -> Iterator[Make]:
    made: list[EndpointLanguageModel] = []

    def build(url: str | None = None, **options: Any) -> EndpointLanguageModel:
        endpoint = Endpoint(url or server.url, **{"timing": still.timing, "key": KEY, **options})
        made.append(EndpointLanguageModel(endpoint, "m", price_in=2.0, price_out=8.0))
        return made[-1]

    yield build
    for one in made:
        one.close()


def failure(model: EndpointLanguageModel, **options: Any) -> ModelError:
    with pytest.raises(ModelError) as caught:
        model.complete(ASK, max_tokens=9, **options)
    return caught.value


# -- what is repeated


@pytest.mark.parametrize(
    "act",
    [
        Act(status=429),
        Act(status=500),
        Act(status=502, body=b"<html>Bad gateway</html>"),
        Act(status=503),
        Act(status=408),
        Act(silent=True),
        Act(keep=10),
        Act(keep=0),
        Act(declared=10_000),
        Act(declared=-1, keep=10),
        Act(raw=b""),
        Act(raw=b"no protocol at all\r\n\r\n"),
        Act(raw=b"HTTP/1.1 200 OK\r\nContent-Le"),
        Act(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"),
        Act(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
        Act(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n"),
        Act(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-7\r\n{}\r\n"),
        Act(raw=b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n"),
    ],
    ids=str,
)
def test_what_may_heal_is_repeated(act: Act, make: Make, server: EndpointServer, still: StillTime) -> None:
    server.script(act, act)
    model = make()
    assert model.complete(ASK, max_tokens=9).text == "Lisbon"
    assert len(server.received) == 3
    assert model.usage.retries == 2
    assert still.waits == [0.375, 0.75]


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (Act(status=400), "rejected"),
        (Act(status=401), "unauthorised"),
        (Act(status=403), "unauthorised"),
        (Act(status=404), "not_found"),
        (Act(status=413), "rejected"),
        (Act(status=422), "rejected"),
        (Act(status=301, headers={"Location": "http://127.0.0.1:9/"}), "redirected"),
        (Act(status=307, headers={"Location": "http://127.0.0.1:9/"}), "redirected"),
        (Act(body=b"{"), "invalid"),
        (Act(body=b""), "invalid"),
        (Act(body=b"<html>Hello</html>"), "invalid"),
        (Act(body=b'{"choices": "\xff"}'), "invalid"),
        (Act(body=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}), "invalid"),
        (Act(body=b"[" * 100_000), "invalid"),
        (Act(body=b"1" * 100_000), "invalid"),
        (Act(body=b"x" * 200_001), "too_large"),
        (Act(declared=10**18), "too_large"),
        (Act(body=b"x" * 400_000, declared=-1), "too_large"),
        (Act(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n" + b"x" * 400_000), "too_large"),
        (Act(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n" + b"x" * 400_000), "too_large"),
        (Act(raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 40_000), "too_large"),
        (Act(raw=b"HTTP/1.1 103 Early Hints\r\n\r\n"), "invalid"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value)[:60],
)
def test_what_will_not_heal_is_not(act: Act, reason: str, make: Make, server: EndpointServer, still: StillTime) -> None:
    server.script(act)
    model = make(largest=200_000)
    assert failure(model).reason == reason
    assert reason not in RETRIED
    assert (len(server.received), still.waits) == (1, [])
    assert model.usage == Usage(calls=1, failures=1)
    assert model.complete(ASK, max_tokens=9).text == "Lisbon"


def test_the_last_failure_is_told_with_the_number_of_attempts(make: Make, server: EndpointServer) -> None:
    server.script(Act(status=429), Act(status=500), Act(status=503))
    error = failure(make())
    assert (error.reason, error.status) == ("failed", 503)
    assert str(error) == f"{server.url} answered 503 (scripted 503), 3 attempts; look at the server's log"


def test_no_retries_are_one_attempt(make: Make, server: EndpointServer) -> None:
    server.script(Act(status=503))
    assert failure(make(retries=0)).reason == "failed"
    assert len(server.received) == 1


# -- waiting


def test_retry_after_in_seconds_is_kept(make: Make, server: EndpointServer, still: StillTime) -> None:
    server.script(Act(status=429, headers={"Retry-After": "7"}))
    make().complete(ASK, max_tokens=9)
    assert still.waits == [7.375]


def test_retry_after_as_a_date_is_kept(make: Make, server: EndpointServer, still: StillTime) -> None:
    later = format_datetime(datetime.fromtimestamp(12, UTC), usegmt=True)
    server.script(Act(status=503, headers={"Retry-After": later}))
    make().complete(ASK, max_tokens=9)
    assert still.waits == [12.375]


@pytest.mark.parametrize("value", ["soon", "", "-5", "1e999", "nan", "Fri, 99 Foo 2026", "1" * 400])
def test_retry_after_without_sense_is_left_out(
    value: str, make: Make, server: EndpointServer, still: StillTime
) -> None:
    server.script(Act(status=429, headers={"Retry-After": value}))
    make().complete(ASK, max_tokens=9)
    assert still.waits == [0.375]


def test_what_does_not_fit_in_the_deadline_is_not_waited_for(
    make: Make, server: EndpointServer, still: StillTime
) -> None:
    server.script(Act(status=429, headers={"Retry-After": "3600"}))
    error = failure(make())
    assert (error.reason, error.retry_after) == ("busy", 3600.0)
    assert still.waits == []


def test_the_deadline_of_the_caller_is_the_nearer_one(make: Make, server: EndpointServer, still: StillTime) -> None:
    server.script(*[Act(status=503)] * 3)
    assert failure(make(), timeout_s=0.5).reason == "failed"
    assert still.waits == [0.375]
    assert len(server.received) == 2


@given(jitter=st.floats(0, 1, exclude_max=True), attempt=st.integers(0, 100))
def test_a_wait_grows_to_a_bound_and_half_of_it_is_chance(jitter: float, attempt: int) -> None:
    endpoint = Endpoint("http://localhost:1/v1", retries=100, timing=StillTime(jitter=jitter).timing)
    full = min(0.5 * 2**attempt, 8.0)
    wait = endpoint._wait(ExchangeError("busy", "x"), attempt)
    assert wait is not None
    assert full / 2 <= wait < full


def connected(make: Make) -> EndpointLanguageModel:
    """Return a model by the real clock that has its connection, so that a short bound is spent on the answer alone."""
    model = make(timing=Timing(), retries=0)
    model.complete(ASK, max_tokens=9)
    return model


def test_a_server_that_says_nothing_is_left_at_the_deadline(make: Make, server: EndpointServer) -> None:
    never = threading.Event()
    model = connected(make)
    server.script(Act(after=never))
    begun = time.monotonic()
    error = failure(model, timeout_s=0.1)
    assert error.reason == "timeout"
    assert "gave no whole answer within 0.1 s" in str(error)
    assert time.monotonic() - begun < 5


def test_an_attempt_that_takes_too_long_is_repeated(make: Make, server: EndpointServer, still: StillTime) -> None:
    never = threading.Event()
    server.script(Act(after=never))
    assert make(attempt_timeout_s=0.5).complete(ASK, max_tokens=9).text == "Lisbon"
    assert still.waits == [0.375]


@pytest.mark.parametrize(
    "act",
    [
        Act(drip=True, body=b" " * 5_000),
        Act(drip=True, raw=b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 90),
        Act(drip=True, raw=b"HTTP/1.1 100 Continue\r\n\r\n" * 99),
        Act(drip=True, raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 99),
    ],
    ids=["body", "head", "interim", "chunks"],
)
def test_a_server_that_drips_gains_nothing(act: Act, make: Make, server: EndpointServer) -> None:
    # Bytes a hundredth of a second apart: no single read ever waits for long.
    model = connected(make)
    server.script(act)
    begun = time.monotonic()
    error = failure(model, timeout_s=0.15)
    assert error.reason == "timeout"
    assert time.monotonic() - begun < 5


def test_nobody_listens(make: Make, still: StillTime) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        error = failure(make(f"http://127.0.0.1:{port}/v1"))
    assert error.reason == "unreachable"
    assert "Connection refused" in str(error)
    assert len(still.waits) == 2


def test_a_name_that_does_not_exist(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure(make("http://no-such-host.invalid/v1", retries=0))
    assert error.reason == "unreachable"
    assert "Name or service not known" in str(error)


def test_a_listener_that_never_takes_the_connection(make: Make) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        error = failure(
            make(f"http://127.0.0.1:{full.getsockname()[1]}/v1", connect_timeout_s=0.05, retries=0, timeout_s=5.0)
        )
        for one in waiting:
            one.close()
    assert error.reason == "unreachable"
    assert "within 0.05 s" in str(error)


# -- connections


def test_connections_are_kept(make: Make, server: EndpointServer) -> None:
    model = make()
    for _ in range(5):
        model.complete(ASK, max_tokens=9)
    assert server.connections == 1


def test_a_connection_that_the_server_closed_is_not_used_again(make: Make, server: EndpointServer) -> None:
    server.script(Act(headers={"Connection": "close"}), Act(body=PROPER, declared=-1))
    model = make()
    for _ in range(3):
        model.complete(ASK, max_tokens=9)
    assert server.connections == 3
    assert model.usage.retries == 0


def test_bytes_past_the_answer_spoil_the_connection_only(make: Make, server: EndpointServer) -> None:
    body = b'{"choices": [{"message": {"content": "one"}}]}'
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    server.script(Act(raw=raw + raw.replace(b"one", b"two")))
    model = make()
    assert model.complete(ASK, max_tokens=9).text == "one"
    assert model.complete(ASK, max_tokens=9).text == "Lisbon"


def test_an_old_connection_is_not_used_again(make: Make, server: EndpointServer, still: StillTime) -> None:
    model = make()
    model.complete(ASK, max_tokens=9)
    still.now += 31
    model.complete(ASK, max_tokens=9)
    assert server.connections == 2


def test_closed_means_that_the_next_call_connects_again(make: Make, server: EndpointServer) -> None:
    model = make()
    model.complete(ASK, max_tokens=9)
    model.close()
    assert model.complete(ASK, max_tokens=9).text == "Lisbon"
    assert server.connections == 2


def test_a_large_request_arrives_whole(make: Make, server: EndpointServer) -> None:
    text = "wörd " * 400_000
    make().complete([Message("user", text)], max_tokens=9)
    assert server.received[0].payload["messages"][0]["content"] == text


# -- the key


def test_the_key_is_sent_and_checked() -> None:
    with EndpointServer(key=KEY) as server:
        good, bad = (EndpointLanguageModel(Endpoint(server.url, key=key, retries=0), "m") for key in (KEY, "other"))
        assert good.complete(ASK, max_tokens=9).text == "Not remembered."
        assert server.received[0].headers["authorization"] == f"Bearer {KEY}"
        assert failure(bad).reason == "unauthorised"
        good.close()
        bad.close()


def test_without_a_key_none_is_sent(make: Make, server: EndpointServer) -> None:
    make(key="").complete(ASK, max_tokens=9)
    assert "authorization" not in server.received[0].headers


def test_a_redirect_takes_the_key_nowhere(make: Make, server: EndpointServer) -> None:
    with EndpointServer() as other:
        server.script(Act(status=307, headers={"Location": f"{other.url}/chat/completions"}))
        assert "redirects are not followed" in str(failure(make()))
        assert other.received == []


@pytest.mark.parametrize(
    "act",
    [
        Act(status=400, body={"error": {"message": f"you sent {KEY}"}}),
        Act(status=400, body={"error": {"message": f"you sent {KEY[:-1]}… so"}}),
        Act(status=404, body={"detail": f"Bearer {KEY.upper()}"}),
        Act(status=401, body={"error": {"message": f"bad key {KEY[:4]}***{KEY[-4:]}"}}),
        Act(status=500, body={"message": f"{KEY}"}),
        Act(status=307, headers={"Location": f"http://elsewhere/{KEY}"}),
        Act(body={KEY: KEY}),
        Act(body={"choices": [{"message": {"content": {KEY: 1}}}]}),
        Act(body=f"{KEY} is no JSON".encode()),
        Act(raw=f"HTTP/1.1 {KEY}\r\n\r\n".encode()),
        Act(raw=f"{KEY}\r\n\r\n".encode()),
        Act(raw=f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{KEY}\r\n".encode()),
        Act(raw=f"HTTP/1.1 200 OK\r\nContent-Length: {KEY}\r\n\r\n{KEY}".encode()),
        Act(raw=f"HTTP/1.1 200 OK\r\n{KEY}\r\n\r\n".encode()),
    ],
    ids=str,
)
def test_no_error_shows_the_key(act: Act, make: Make, server: EndpointServer) -> None:
    server.script(*[act] * 2)
    model = make(retries=0)
    for _ in range(2):
        error = failure(model)
        told = "".join(traceback.format_exception(error)) + repr(error) + repr(model) + repr(vars(error))
        assert KEY not in told
        assert KEY[:4] not in told


def test_a_bad_key_is_not_shown() -> None:
    for key in (f"{KEY}\n", f"{KEY} x", f"{KEY}é", f"{KEY}\r\nHost: evil"):
        with pytest.raises(InvalidInputError) as caught:
            Endpoint("http://localhost/v1", key=key)
        assert KEY not in "".join(traceback.format_exception(caught.value))
    with pytest.raises(InvalidInputError, match="key: printable ASCII"):
        Endpoint("http://localhost/v1", key=3)
    assert (
        repr(Endpoint("http://localhost/v1", key=Secret(KEY)))
        == "Endpoint('http://localhost:80/v1', key=Secret((set)))"
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://localhost/v1",
        "http://",
        "http:///v1",
        "http://localhost:99999/v1",
        "http://localhost:x/v1",
        "http://[::1/v1",
        "http://local host/v1",
        "http://localhost/v1\nX: y",
        "http://" + "a" * 300 + "/v1",
        "file:///etc/passwd",
    ],
)
def test_a_bad_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInputError, match="url: an address such as"):
        Endpoint(url)


@pytest.mark.parametrize("url", [f"http://me:{KEY}@localhost/v1", f"http://localhost/v1?key={KEY}", f"http://h/#{KEY}"])
def test_an_address_that_could_hold_a_key_is_refused_unseen(url: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Endpoint(url)
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timeout_s", 0),
        ("timeout_s", float("nan")),
        ("timeout_s", float("inf")),
        ("timeout_s", "5"),
        ("timeout_s", True),
        ("attempt_timeout_s", -1),
        ("connect_timeout_s", 0),
        ("retries", -1),
        ("retries", 1.5),
        ("largest", 0),
    ],
)
def test_bad_bounds_are_refused(field: str, value: object) -> None:
    with pytest.raises(InvalidInputError, match=f"{field}: "):
        Endpoint("http://localhost/v1", **{field: value})


# -- giving up for a while


def test_a_server_that_keeps_failing_is_left_alone(make: Make, server: EndpointServer, still: StillTime) -> None:
    model = make(retries=0)
    server.script(*[Act(status=500)] * 3)
    assert [failure(model).reason for _ in range(4)] == ["failed", "failed", "resting", "resting"]
    assert len(server.received) == 2
    error = failure(model)
    assert error.retry_after == 30.0
    assert "it kept failing, at last so: " in str(error)
    assert "it is asked again in 30 s" in str(error)
    still.now += 30
    assert failure(model).reason == "failed"
    assert failure(model).retry_after == 60.0
    still.now += 60
    assert model.complete(ASK, max_tokens=9).text == "Lisbon"
    assert model.complete(ASK, max_tokens=9).text == "Lisbon"
    assert model.usage == Usage(
        calls=5, failures=3, skipped=4, tokens_in=10, tokens_out=2, cost=(10 * 2 + 2 * 8) / 1e6, estimated=0
    )


def test_requests_that_were_refused_do_not_make_it_rest(make: Make, server: EndpointServer) -> None:
    model = make()
    server.script(*[Act(status=400)] * 5)
    assert {failure(model).reason for _ in range(5)} == {"rejected"}
    assert model.complete(ASK, max_tokens=9).text == "Lisbon"


def test_too_slow_for_a_hurried_call_is_not_too_slow_for_a_patient_one(make: Make, server: EndpointServer) -> None:
    never = threading.Event()
    server.script(*[Act(after=never)] * 2)
    model = make(retries=0)
    assert failure(model, timeout_s=0.05).reason in {"timeout", "unreachable"}
    assert failure(model, timeout_s=0.05).reason in {"timeout", "unreachable"}
    assert failure(model, timeout_s=0.05).reason == "resting"
    assert model.complete(ASK, max_tokens=9).text == "Lisbon"
    assert failure(model, timeout_s=0.05).reason == "resting"


def test_an_interruption_tells_nothing_about_the_server(make: Make, server: EndpointServer, still: StillTime) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    server.script(*[Act(status=500)] * 4)
    model = make(timing=Timing(now=lambda: still.now, sleep=interrupted), retries=1)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            model.complete(ASK, max_tokens=9)
    assert model.usage.skipped == 0


# -- counting


def test_counts_are_exact_under_threads(make: Make, server: EndpointServer) -> None:
    model = make(retries=60, timeout_s=86_400)
    server.script(*[Act(status=503) if spot % 4 == 0 else Act(body=PROPER) for spot in range(60)])
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: model.complete(ASK, max_tokens=9).text, range(40)))
    assert texts == ["Lisbon"] * 40
    # 40 answers come from the first 54 acts: 14 of those are 503s, at 0, 4, ..., 52.
    assert len(server.received) == 54
    assert model.usage == Usage(
        calls=40, retries=14, tokens_in=200, tokens_out=40, cost=(200 * 2 + 40 * 8) / 1e6, failures=0
    )
    assert server.connections <= 8 + 14


# -- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes its certificate with openssl")
    path = tmp_path / "server.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test".split()
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    key = tmp_path / "key.pem"
    subprocess.run([openssl, *options, *names, "-out", path, "-keyout", key], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


def test_https(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with EndpointServer(ScriptedLanguageModel(["Lisbon"]), tls=context) as server:
        stranger = EndpointLanguageModel(Endpoint(server.url, key=KEY), "m")
        error = failure(stranger)
        assert error.reason == "unreachable"
        assert "certificate" in str(error)
        assert server.received == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        friend = EndpointLanguageModel(Endpoint(server.url, key=KEY), "m")
        assert [friend.complete(ASK, max_tokens=9).text for _ in range(3)] == ["Lisbon"] * 3
        friend.close()


def test_https_to_a_server_that_speaks_http(make: Make, server: EndpointServer) -> None:
    error = failure(make(server.url.replace("http", "https"), retries=0))
    assert error.reason == "unreachable"
