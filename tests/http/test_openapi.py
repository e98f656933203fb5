"""The document, and that what the server answers is what it says."""

from __future__ import annotations

import httpx
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from ricordo.http.openapi import document
from ricordo.http.table import OPERATIONS


def test_every_operation_is_described() -> None:
    told = document()
    for one in OPERATIONS:
        described = told["paths"][one.path][one.route.verb.lower()]
        assert described["summary"], one.route.name
        assert str(one.route.status) in described["responses"], one.route.name
        for part in described["parameters"]:
            assert part["description"], (one.route.name, part["name"])


def test_the_schemas_are_schemas() -> None:
    for name, one in document()["components"]["schemas"].items():
        Draft202012Validator.check_schema(one)
        assert one, name


def test_the_server_gives_it_without_a_key(client: httpx.Client) -> None:
    del client.headers["Authorization"]
    assert client.get("/openapi.json").json() == document()
