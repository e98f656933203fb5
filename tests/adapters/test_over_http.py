"""The adapters on a client: the same as on a memory, through a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from tests.client.server import serving

from ricordo import Client, Memory, connect
from ricordo.adapters.langgraph import RicordoStore
from ricordo.adapters.openai_agents import RicordoSession


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("served")
    Memory.open(folder / "spaces" / "default", embedder=None).close()
    with serving(folder) as url, connect(url) as connected:
        yield connected


def test_a_store_on_a_client(client: Client) -> None:
    store, other = RicordoStore(client), RicordoStore(client)
    ada = ("memories", "ada")
    for city in ("Porto", "Lisbon"):
        store.put(ada, "home", {"text": f"I moved to {city}.", "list": [1, None]})
    item = other.get(ada, "home")
    assert item is not None
    assert item.value == {"text": "I moved to Lisbon.", "list": [1, None]}
    assert [one.value["text"] for one in other.history(ada, "home")] == ["I moved to Porto.", "I moved to Lisbon."]
    assert [one.key for one in other.search(("memories",), query="Lisbon", filter={"list": [1, None]})] == ["home"]
    other.put(("memories", "bob"), "home", {"text": "Faro"}, ttl=5)
    assert store.list_namespaces() == [ada, ("memories", "bob")]
    assert store.get(("memories", "bob"), "home") is not None
    assert store.sweep_ttl() == 0
    store.delete(ada, "home")
    assert other.get(ada, "home") is None


def test_a_session_on_a_client(client: Client) -> None:
    session = RicordoSession("chat", client)
    faro, bye = ({"role": "user", "content": text} for text in ("I live in Faro.", "Bye."))
    asyncio.run(session.add_items([faro, bye]))  # type: ignore[list-item]
    assert asyncio.run(session.pop_item()) == bye
    assert asyncio.run(session.get_items(1)) == [faro]
    asyncio.run(session.clear_session())
    assert asyncio.run(session.get_items()) == []
