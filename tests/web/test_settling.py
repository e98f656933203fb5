"""What the page changes: conflicts, records, events; never over what somebody else wrote meanwhile."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.web.conftest import Reader, Server, place

SIDES = (("Ada", "Ada lives in Lisbon"), ("assistant", "Ada lives in Faro"))


@pytest.fixture
def disputed(server: Server, space: str) -> str:
    """A space in which two say where Ada lives."""
    for speaker, said in SIDES:
        body = {"content": f"{said}.", "speaker": speaker, "scope": "user:ada", "at": "2026-05-03T10:00Z"}
        server.call("POST", f"/spaces/{space}/records", body)
    return space


def standing(server: Server, space: str) -> set[str]:
    found = server.call("GET", f"/spaces/{space}/records?kinds=fact")
    return {one["content"] for one in found["records"]}


@pytest.mark.parametrize(("button", "kept"), [("Keep left", 0), ("Keep right", 1)])
def test_one_side_is_kept_and_the_other_forgotten(
    reader: Reader, server: Server, disputed: str, button: str, kept: int
) -> None:
    reader.open(place(disputed, "conflicts"))
    sides = reader.page.locator(".side")
    for at, (speaker, said) in enumerate(SIDES):
        expect(sides.nth(at)).to_contain_text(said)
        expect(sides.nth(at)).to_contain_text(speaker)
        expect(sides.nth(at)).to_contain_text("1 for, 1 against")
    reader.button(button).click()
    reader.page.get_by_label("Reason (kept in the history)").fill("asked her")
    reader.button("Forget it").click()
    expect(reader.page.locator(".empty")).to_contain_text("Nothing contradicts anything")
    expect(reader.page.locator(".toast")).to_contain_text("Settled")
    assert standing(server, disputed) == {SIDES[kept][1]}
    reader.button("Undo", ".toast").click()
    expect(reader.page.locator(".pair")).to_have_count(1)
    assert standing(server, disputed) == {said for _, said in SIDES}


def test_both_sides_are_kept_where_both_are_so_and_it_is_undone(reader: Reader, server: Server, disputed: str) -> None:
    reader.open(place(disputed, "conflicts"))
    reader.button("Keep both").click()
    reader.button("Keep both", "dialog").click()
    expect(reader.page.locator(".empty")).to_contain_text("Nothing contradicts anything")
    assert standing(server, disputed) == {said for _, said in SIDES}
    assert server.call("GET", f"/spaces/{disputed}/conflicts")["conflicts"] == []
    reader.button("Undo", ".toast").click()
    expect(reader.page.locator(".pair")).to_have_count(1)


def test_a_conflict_that_moved_meanwhile_is_not_settled(reader: Reader, server: Server, disputed: str) -> None:
    reader.expected.append("status of 409")
    reader.open(place(disputed, "conflicts"))
    left = server.call("GET", f"/spaces/{disputed}/conflicts")["conflicts"][0]["record"]
    server.call("PATCH", f"/spaces/{disputed}/records/{left['id']}", {"pinned": True}, If_Match="*")
    reader.button("Keep left").click()
    reader.button("Forget it").click()
    expect(reader.page.locator(".toast.bad")).to_be_visible()
    expect(reader.page.locator(".side")).to_have_count(2)
    assert len(standing(server, disputed)) == 2


def only(server: Server, space: str) -> dict[str, object]:
    (record,) = server.call("GET", f"/spaces/{space}/records")["records"]
    return dict(record)


def test_an_edit_over_somebody_elses_shows_both_sides(reader: Reader, server: Server, server_space: str) -> None:
    reader.expected.append("status of 412")
    record = only(server, server_space)
    reader.open(place(server_space, "record", str(record["id"])))
    reader.press("e")
    reader.page.get_by_label("Content").fill("The plumber is Ana.")
    server.call(
        "PATCH", f"/spaces/{server_space}/records/{record['id']}", {"content": "The plumber is Bo."}, If_Match="*"
    )
    reader.button("Write it").click()
    dialog = reader.page.get_by_role("dialog")
    expect(dialog).to_contain_text("you read version 1, it is at version 2")
    expect(dialog.locator("td", has_text="Bo").first).to_be_visible()
    expect(dialog.locator("td", has_text="Ana").first).to_be_visible()
    assert only(server, server_space)["content"] == "The plumber is Bo."
    reader.button("Write yours over it").click()
    expect(reader.page.locator("h1")).to_have_text("The plumber is Ana.")
    assert only(server, server_space)["version"] == 3


def test_theirs_is_kept_where_that_is_chosen(reader: Reader, server: Server, server_space: str) -> None:
    reader.expected.append("status of 412")
    record = only(server, server_space)
    reader.open(place(server_space, "record", str(record["id"])))
    reader.button("Forget").click()
    server.call(
        "PATCH", f"/spaces/{server_space}/records/{record['id']}", {"content": "The plumber is Bo."}, If_Match="*"
    )
    reader.button("Forget it").click()
    expect(reader.page.get_by_role("dialog", name="It was changed meanwhile")).to_contain_text("Bo")
    reader.button("Leave it").click()
    expect(reader.page.locator("h1")).to_have_text("The plumber is Bo.")
    assert only(server, server_space)["status"] == "active"


def test_a_record_is_forgotten_and_comes_back(reader: Reader, server: Server, server_space: str) -> None:
    id = str(only(server, server_space)["id"])
    reader.open(place(server_space, "record", id))
    reader.button("Forget").click()
    reader.page.get_by_label("Reason (kept in the history)").fill("a joke")
    reader.button("Forget it").click()
    expect(reader.page.locator(".badges").first).to_contain_text("retracted")
    expect(reader.page.locator(".timeline li").first).to_contain_text("a joke")
    reader.button("Undo", ".toast").click()
    expect(reader.page.locator(".badges").first).not_to_contain_text("retracted")
    assert only(server, server_space)["status"] == "active"


def test_an_event_is_undone_in_the_log(reader: Reader, server: Server, server_space: str) -> None:
    id = only(server, server_space)["id"]
    server.call("PATCH", f"/spaces/{server_space}/records/{id}", {"content": "The plumber is Bo."}, If_Match="*")
    reader.open(place(server_space, "log"))
    expect(reader.page.locator("#live")).to_have_text("Live")
    reader.button("Undo", ".event:first-child").click()
    expect(reader.page.locator(".toast")).to_contain_text("Event 2 is undone by event 3.")
    assert only(server, server_space)["content"] == "The plumber is Rui."


def test_bad_input_is_told_and_changes_nothing(reader: Reader, server: Server, server_space: str) -> None:
    reader.expected.append("status of 400")
    id = str(only(server, server_space)["id"])
    reader.open(place(server_space, "record", id))
    reader.press("e")
    reader.button("Write it").click()
    told = reader.page.locator("dialog [role=alert]")
    expect(told).to_have_text("Nothing is changed.")
    reader.page.get_by_label("Metadata (JSON)").fill("{")
    reader.button("Write it").click()
    expect(told).to_have_text("Metadata: this is not JSON.")
    reader.page.get_by_label("Metadata (JSON)").fill("{}")
    reader.page.get_by_label("Valid from").fill("soon")
    reader.button("Write it").click()
    expect(told).to_contain_text("soon")
    assert only(server, server_space)["version"] == 1
