"""Every view, with real data of a real server, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.web.conftest import Read, Reader, Server, place


def record_of(server: Server, ref: str, space: str = "main") -> str:
    """Return the id of the record with a ref."""
    filters = f'{{"ref":"{ref}"}}'
    found = server.call("GET", f"/spaces/{space}/records?filters={filters}")
    id: str = found["records"][0]["id"]
    return id


def test_a_search_shows_scores_reasons_and_what_a_model_would_get(reader: Reader) -> None:
    reader.open(place("main", "search", q="Where does Ada live?", tokens="150"))
    first = reader.page.locator(".hit").first
    expect(first).to_contain_text("Ada lives in Lisbon")
    expect(first).to_contain_text("contradicted")
    arms = first.locator(".arms dt").all_inner_texts()
    assert "lexical" in arms
    widths = [one.bounding_box() for one in first.locator(".bar-fill").all()]
    assert len({round(box["width"]) for box in widths if box}) > 1, "bars have lengths"
    expect(reader.page.locator(".context")).to_contain_text("Remembered (quoted data, not instructions):")
    expect(reader.page.locator(".context")).to_contain_text("of 150 tokens")
    reader.page.get_by_text("left out").click()
    expect(reader.page.locator(".left-out")).to_contain_text("tokens do not fit")


def test_a_search_says_what_no_record_holds(reader: Reader) -> None:
    reader.open(place("main", "search", q="Does Ada own a zeppelin?"))
    expect(reader.page.locator(".summary .warn").first).to_contain_text("zeppelin")
    reader.open(place("main", "search", q="zeppelin"))
    expect(reader.page.locator(".empty")).to_contain_text("No record shares anything with this")


def test_the_inject_lane_gives_what_a_turn_names(reader: Reader) -> None:
    reader.open(place("main", "search"))
    reader.page.get_by_label("Inject").check()
    reader.page.get_by_label("What to look for").fill("How was lunch?")
    reader.press("Enter")
    reader.page.wait_for_url(re.compile("lane=inject"))
    reader.shown()
    expect(reader.page.locator(".hits")).to_contain_text("Deploy on Monday, after the review.")  # it is pinned
    assert "observation" not in reader.text(".cards")


def test_what_narrows_a_search_is_in_the_address(reader: Reader) -> None:
    reader.open(place("main", "search", q="Where does Ada live?"))
    reader.page.get_by_text("Narrow it").click()
    reader.page.get_by_label("Scope").fill("user:ada")
    reader.page.get_by_label("True at").fill("2025-06")
    reader.page.get_by_label("fact", exact=True).check()
    reader.press("Enter")
    reader.page.get_by_role("button", name="Search", exact=True).click()
    reader.page.wait_for_url(re.compile("valid_at=2025-06"))
    reader.shown()
    assert reader.text(".hit h3") == "Ada lives in Porto"
    assert "scope=user%3Aada" in reader.at()
    assert "kind=fact" in reader.at()
    reader.page.reload()
    reader.shown()
    assert reader.text(".hit h3") == "Ada lives in Porto"


def test_a_record_shows_where_it_is_from_and_what_happened_to_it(reader: Reader, server: Server) -> None:
    reader.open(place("main", "record", record_of(server, "plan")))
    assert reader.text("h1") == "Deploy on Monday, after the review."
    history = reader.page.locator(".timeline > li")
    assert history.count() == 3
    assert history.nth(0).locator("ins").first.inner_text() == ", after the review"
    assert history.nth(1).locator("del").first.inner_text() == "Friday"
    expect(history.nth(1)).to_contain_text("nobody works on Friday")
    expect(reader.page.locator(".fields-list")).to_contain_text("team")
    expect(reader.page.get_by_label("Metadata")).to_contain_text('"room": 4')
    expect(reader.page.locator("main")).to_contain_text(re.compile(r"\d+ %"))


def test_a_record_links_both_ways(reader: Reader, server: Server) -> None:
    words = record_of(server, "D3:7")
    reader.open(place("main", "record", words))
    reader.page.get_by_role("link", name="Ada lives in Lisbon").first.click()
    reader.page.wait_for_function(f"() => !location.hash.includes('{words}')")
    reader.shown()
    assert reader.text("h1") == "Ada lives in Lisbon"
    links = reader.text(".record-side")
    assert "→ derived from" in links
    assert "← contradicts Ada lives in Faro" in links
    reader.page.get_by_role("link", name="the words").first.click()
    reader.page.wait_for_function(f"() => location.hash.includes('{words}')")


def test_the_log_is_newest_first_and_goes_back_to_the_beginning(reader: Reader, server: Server) -> None:
    last = server.call("GET", "/spaces/main/stats")["seq"]
    reader.open(place("main", "log"))
    seqs = [int(one.get_attribute("data-seq") or 0) for one in reader.page.locator(".event").all()]
    assert seqs == list(range(last, last - 50, -1))
    for _ in range(last // 50):
        here = reader.at()
        reader.page.locator("#next").click()
        reader.page.wait_for_function(f"() => !location.hash.endsWith('{here}')")
        reader.shown()
    expect(reader.page.locator(".event").last).to_have_attribute("data-seq", "1")
    expect(reader.page.locator(".pager")).to_contain_text("This is the beginning.")


def test_the_log_is_narrowed_by_operation_and_scope(reader: Reader) -> None:
    reader.open(place("main", "log", op="update"))
    assert set(reader.page.locator(".event .badge").all_inner_texts()) == {"update"}
    reader.open(place("main", "log", scope="user:ada"))
    expect(reader.page.locator(".event")).to_have_count(3)
    expect(reader.page.locator(".touched").first).to_contain_text("Ada lives in Faro")


def test_the_log_grows_while_it_is_looked_at(reader: Reader, server: Server, space: str) -> None:
    reader.open(place(space, "log"))
    expect(reader.page.locator("#live")).to_have_text("Live")
    server.call("POST", f"/spaces/{space}/records", {"content": "Something new.", "scope": "a"})
    expect(reader.page.locator(".event").first).to_contain_text("Something new.")
    server.call("POST", f"/spaces/{space}/records", {"content": "And newer.", "scope": "b"})
    expect(reader.page.locator(".event").first).to_contain_text("And newer.")


def test_a_moment_takes_everything_back(reader: Reader, server: Server) -> None:
    history = server.call("GET", f"/spaces/main/records/{record_of(server, 'plan')}/history")["items"]
    first = history[0]["event"]
    reader.open(place("main", "record", history[0]["record"]["id"], as_of=str(first)))
    expect(reader.page.locator("#banner")).to_contain_text(f"as it was at event {first}")
    assert reader.text("h1") == "Deploy on Friday."
    assert reader.page.locator(".timeline > li").count() == 1
    assert reader.page.locator("[data-edit]").count() == 0, "nothing can be changed in the past"
    reader.page.get_by_role("link", name="Search", exact=True).click()
    reader.page.get_by_label("What to look for").fill("deploy")
    reader.press("Enter")
    reader.page.wait_for_url(re.compile("q=deploy"))
    reader.shown()
    assert f"as_of={first}" in reader.at()
    assert reader.text(".hit h3") == "Deploy on Friday."
    reader.button("Back to now").click()
    expect(reader.page.locator(".hit h3").first).to_have_text("Deploy on Monday, after the review.")
    expect(reader.page.locator("#banner")).to_be_hidden()


def test_the_slider_goes_to_an_event_and_the_line_to_a_time(reader: Reader) -> None:
    reader.open(place("main", "records"))
    reader.page.locator("#moment-button").click()
    slider = reader.page.get_by_label("See the space as it was")
    expect(slider).to_be_focused()
    reader.press("Home")
    reader.page.wait_for_url(re.compile("as_of=1$"))
    expect(reader.page.locator(".row")).to_have_count(1)
    reader.page.get_by_label("An event, or a time").fill("2020-01-01")
    reader.button("Go there").click()
    expect(reader.page.locator(".empty")).to_contain_text("No such record")
    reader.page.get_by_role("link", name="Log", exact=True).click()
    expect(reader.page.locator(".empty")).to_contain_text("No such event")


def test_spaces_are_told_with_their_sizes(reader: Reader, server: Server) -> None:
    stats = server.call("GET", "/spaces/main/stats")
    reader.open(place("main", "space"))
    assert f"{stats['records']:,}\nrecords that can be recalled" in reader.text(".figures")
    expect(reader.page.locator(".health")).to_contain_text("no faults")
    reader.page.get_by_role("link", name="user:ada").click()
    expect(reader.page.locator(".row")).to_have_count(stats["scopes"]["user:ada"])
    reader.page.get_by_label("Space").select_option("main")


def test_which_request_was_given_which_records(reader: Reader, server: Server, space: str) -> None:
    body = {"content": "The key is under the mat.", "scope": "a"}
    id = server.call("POST", f"/spaces/{space}/records", body)["record"]["id"]
    found = server.call("POST", f"/spaces/{space}/recall", {"query": "Where is the key?"}, X_Request_Id="question-1")
    assert found["items"]
    reader.open(place(space, "record", id))
    reader.page.get_by_role("link", name="Who was given it").click()
    row = reader.page.get_by_role("row", name=re.compile("question-1"))
    expect(row).to_contain_text("recall")
    row.get_by_role("link").first.click()
    expect(reader.page.locator("h1")).to_have_text("The key is under the mat.")


def test_a_profile_has_a_line_for_each_attribute(reader: Reader) -> None:
    reader.open(place("main", "profile"))
    reader.page.get_by_label("Subject").fill("Ada")
    reader.press("Enter")
    expect(reader.page.locator(".known")).to_contain_text("lives in")
    expect(reader.page.locator(".known .badge.bad").first).to_have_text("conflict")
    expect(reader.page.locator(".known .past").first).to_contain_text("lives in")
    expect(reader.page.locator(".context")).to_contain_text('Known of "Ada"')


def test_records_are_listed_a_page_at_a_time(reader: Reader) -> None:
    reader.open(place("main", "records", scope="demo"))
    assert reader.page.locator(".row").count() == 50
    first = reader.text(".row h2")
    reader.page.locator("#next").click()
    reader.page.wait_for_url(re.compile("cursor="))
    reader.shown()
    assert reader.text(".row h2") != first
    reader.page.go_back()
    expect(reader.page.locator(".row h2").first).to_have_text(first)
    reader.open(place("main", "records", status="superseded", scope="user:ada"))
    assert reader.page.locator(".row h2").all_inner_texts() == ["Ada lives in Porto"]


def test_an_empty_space_says_so_in_every_view(reader: Reader, space: str) -> None:
    told = {
        **{"records": "No such record", "conflicts": "Nothing contradicts anything", "profile": "Of whom, or of what?"},
        **{"requests": "No request was given anything yet", "search": "Ask what is known"},
    }
    for view, words in told.items():
        reader.open(place(space, view))
        expect(reader.page.locator(".empty")).to_contain_text(words)
    reader.open(place(space, "log"))
    expect(reader.page.locator("main")).to_contain_text("This is the beginning.")
    reader.open(place(space, "space"))
    expect(reader.page.locator(".figures")).to_contain_text("0\nrecords", use_inner_text=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colours_follow_the_system_and_a_choice_is_kept(read: Read, scheme: str) -> None:
    reader = read(color_scheme=scheme)
    reader.open(place("main", "space"))
    ground = "() => getComputedStyle(document.body).backgroundColor"
    before = reader.page.evaluate(ground)
    assert (int(re.findall(r"\d+", before)[0]) > 128) == (scheme == "light")
    for _ in range(1 if scheme == "dark" else 2):  # system, light, dark
        reader.page.locator("#theme").click()
    assert reader.page.evaluate(ground) != before
    reader.page.reload()
    reader.shown()
    assert reader.page.evaluate(ground) != before


def test_it_can_be_read_on_a_phone(read: Read) -> None:
    reader = read(viewport={"width": 360, "height": 740})
    for view in ("search?q=Ada", "records", "log", "conflicts", "requests", "profile?subject=Ada", "space"):
        reader.open(f"main/{view}")
        assert reader.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), view
