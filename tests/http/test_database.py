"""Spaces of a database behind two servers: what one acknowledged, the other reads."""

from __future__ import annotations

from pathlib import Path

from tests.http.conftest import Serve

from ricordo.testing.postgres import PostgresServer


def test_two_servers_share_the_spaces_of_a_database(server: PostgresServer, serve: Serve, tmp_path: Path) -> None:
    with server.database() as url:
        sites = [
            serve(spaces=url, state=str(tmp_path / name), followers=str(tmp_path / name / "f")) for name in ("a", "b")
        ]
        first, second = (site.client() for site in sites)
        assert [first.put("/v1/spaces/team").status_code for _ in range(2)] == [201, 200]
        made = first.post("/v1/spaces/team/records", json={"content": "I moved to Lisbon.", "speaker": "Ada"})
        assert made.status_code == 201
        place = made.headers["location"]
        found = second.post("/v1/spaces/team/recall", json={"query": "Where does Ada live?"}).json()
        assert found["items"][0]["record"]["content"] == "Ada lives in Lisbon"
        changed = second.patch(place, json={"why": "she said so"}, headers={"If-Match": '"1"'})
        assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
        late = first.patch(place, json={"why": "too late"}, headers={"If-Match": '"1"'})
        assert (late.status_code, late.headers["etag"]) == (412, '"2"')
        assert second.get("/v1/spaces/nowhere/records").status_code == 404
        assert len(first.get("/v1/spaces/team/events").json()["entries"]) == 2
        for client in (first, second):
            client.close()
        for site in sites:
            site.serving.spaces.close()
