"""An error that was raised behind a server is raised again before it: the same class, the same words."""

from __future__ import annotations

import inspect
import json

import pytest

from ricordo import RicordoError, StaleReadError, errors
from ricordo.errors import InvalidInputError, NotFoundError
from ricordo.wire.problems import STATUSES, error_of, problem, status_of

CLASSES = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, RicordoError)]


def made(kind: type[RicordoError]) -> RicordoError:
    """Return an error with a value for each argument, of its type."""
    values = {"int": 7, "str": "x", "float": 2.5, "Exception": ValueError("x")}
    if kind is StaleReadError:
        return StaleReadError({"r1": (1, 2)}, 9)
    if not any("__init__" in vars(one) for one in kind.__mro__ if one.__module__ == errors.__name__):
        return kind("x: so, and do that")
    arguments = []
    for part in list(inspect.signature(kind.__init__).parameters.values())[1:]:
        if part.kind is part.POSITIONAL_OR_KEYWORD:
            arguments.append(values.get(str(part.annotation).split(" ")[0], "x"))
    return kind(*arguments)


@pytest.mark.parametrize("kind", CLASSES, ids=[one.__name__ for one in CLASSES])
def test_an_error_comes_back_as_it_was(kind: type[RicordoError]) -> None:
    raised = made(kind)
    status, document = problem(raised, "q1")
    back = error_of(json.loads(json.dumps(document)), status)
    assert type(back) is kind
    assert str(back) == str(raised)
    for name, value in vars(raised).items():
        if isinstance(value, (int, str, float)) and not name.startswith("_"):
            assert getattr(back, name) == value, name
    assert document["status"] == status
    assert document["request_id"] == "q1"


def test_what_was_read_and_is_there_now_comes_back() -> None:
    back = error_of(json.loads(json.dumps(problem(StaleReadError({"r1": (1, 2)}, 9))[1])), 409)
    assert isinstance(back, StaleReadError)
    assert (back.versions, back.event, back.stale) == ({"r1": (1, 2)}, 9, ())


def test_every_error_has_a_status() -> None:
    assert {status_of(kind)[0] for kind in CLASSES} == {status for _, status, _ in STATUSES}


def test_what_is_no_problem_document_is_told_by_its_status() -> None:
    assert type(error_of({}, 404)) is NotFoundError
    assert type(error_of({"type": "urn:other:thing", "detail": "so"}, 400)) is InvalidInputError
    assert "599" in str(error_of({}, 599))
