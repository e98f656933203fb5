"""Several spaces behind one server: made, listed, opened when they are asked for, closed when they are not used."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from tests.http.conftest import Serve
from tests.http.test_routes import problem

from ricordo.http.places import Folder, Place
from ricordo.http.spaces import Spaces
from ricordo.memory import Memory


def test_a_space_is_made_once_and_served(serve: Serve, tmp_path: Path) -> None:
    site = serve(spaces=str(tmp_path / "spaces"))
    client = site.client()
    assert client.get("/v1/spaces").json() == {"items": []}
    problem(client.get("/v1/spaces/team"), 404, "NotFoundError")
    problem(client.post("/v1/spaces/team/records", json={"content": "Tea."}), 404, "NotFoundError")
    made, again = client.put("/v1/spaces/team"), client.put("/v1/spaces/team")
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.headers["location"] == "/v1/spaces/team"
    assert client.post("/v1/spaces/team/records", json={"content": "Tea."}).status_code == 201
    assert client.get("/v1/spaces/team").json()["stats"]["records"] == 1
    (listed,) = client.get("/v1/spaces").json()["items"]
    assert listed["name"] == "team"
    assert listed["bytes"] > 0
    plain = site.client(rights=("read",))
    assert plain.get("/v1/spaces").json() == {"items": [{"name": "team", "bytes": None}]}
    problem(plain.put("/v1/spaces/more"), 403, "AccessError")
    assert site.client(space="other").get("/v1/spaces").json() == {"items": []}


@pytest.mark.parametrize("name", ["..", "a%2Fb", "%2e%2e", ".hidden", "x" * 65, "a b", "%00", "ü"])
def test_a_name_that_is_none_makes_nothing(serve: Serve, tmp_path: Path, name: str) -> None:
    client = serve(spaces=str(tmp_path / "spaces")).client()
    assert client.put(f"/v1/spaces/{name}").status_code in (400, 404)
    assert not (tmp_path / "spaces").exists()


def test_only_so_many_are_open_and_none_in_use_is_closed(tmp_path: Path) -> None:
    opened: list[str] = []

    def open_(place: Place, create: bool) -> Memory:
        opened.append(Path(place.location).name)
        return Memory.open(place.location, create=create, embedder=None)

    spaces = Spaces(Folder(tmp_path), open_, most=2)
    for name in ("a", "b", "c"):
        with spaces.lease(name, create=True) as memory:
            memory.retain(f"In {name}.")
    assert spaces.near("b")
    assert spaces.near("c")
    assert not spaces.near("a")
    with spaces.lease("b") as held, spaces.lease("a"), spaces.lease("c"):
        assert held.list().records
    with spaces.lease("b") as held:
        assert held.list().records
    assert opened == ["a", "b", "c", "a", "c"]
    spaces.close()


def test_two_who_ask_at_once_open_it_once(tmp_path: Path) -> None:
    opened: list[str] = []
    both = threading.Barrier(2, timeout=10)

    def open_(place: Place, create: bool) -> Memory:
        opened.append(place.location)
        return Memory.open(place.location, create=create, embedder=None)

    spaces = Spaces(Folder(tmp_path), open_)

    def use() -> None:
        both.wait()
        with spaces.lease("a", create=True) as memory:
            memory.retain("Tea.")

    threads = [threading.Thread(target=use) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(20)
    assert len(opened) == 1
    spaces.close()
