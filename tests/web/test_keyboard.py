"""All of it without a mouse: keys, focus, names of what can be used."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from playwright.sync_api import expect
from tests.web.conftest import Reader, place

VIEWS = ["search?q=Ada", "records", "log", "conflicts", "requests", "profile?subject=Ada", "space"]
#: What can be used and has no name for those who don't see it; and what is labelled twice.
NAMELESS = """() => {
  const named = (one) => one.labels?.length || one.getAttribute("aria-label") || one.getAttribute("aria-labelledby") ||
    (one.matches("a, button, summary") && one.innerText.trim());
  const used = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [role=group]")];
  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  return [
    ...used.filter((one) => one.checkVisibility() && !named(one)).map((one) => one.outerHTML.slice(0, 120)),
    ...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `id ${id} twice`),
    ...[...document.querySelectorAll("img:not([alt])")].map((one) => one.outerHTML),
    ...[...document.querySelectorAll("[aria-controls], [aria-labelledby], [for]")]
      .map((one) => one.getAttribute("aria-controls") ?? one.getAttribute("aria-labelledby") ?? one.getAttribute("for"))
      .filter((id) => !ids.includes(id)).map((id) => `no ${id}`),
  ];
}"""
HEADINGS = "() => [...document.querySelectorAll('h1, h2, h3')].map((one) => Number(one.tagName[1]))"


def test_a_record_is_found_opened_and_edited_by_keys_alone(reader: Reader, server_space: str) -> None:
    reader.open(place(server_space, "records"))
    reader.press("/")
    reader.page.wait_for_url(re.compile("/search"))
    expect(reader.page.get_by_label("What to look for")).to_be_focused()
    reader.page.keyboard.type("plumber")
    reader.press("Enter")
    reader.page.wait_for_url(re.compile("q=plumber"))
    reader.shown()
    reader.press("Escape", "j")
    expect(reader.page.get_by_role("link", name="The plumber is Rui.")).to_be_focused()
    reader.press("Enter")
    expect(reader.page.locator("h1")).to_have_text("The plumber is Rui.")
    reader.shown()
    reader.press("e")
    content = reader.page.get_by_label("Content")
    expect(content).to_be_focused()
    reader.press("Control+End")
    reader.page.keyboard.type(" He is good.")
    reader.page.get_by_label("Reason (kept in the history)").focus()
    reader.page.keyboard.type("heard it")
    reader.press("Enter")
    expect(reader.page.locator("h1")).to_have_text("The plumber is Rui. He is good.")
    expect(reader.page.locator(".timeline")).to_contain_text("heard it")
    reader.button("Undo", ".toast").press("Enter")
    expect(reader.page.locator("h1")).to_have_text("The plumber is Rui.")


def test_j_and_k_walk_the_records_and_stop_at_the_ends(reader: Reader) -> None:
    reader.open(place("main", "records", scope="user:ada"))
    links = reader.page.locator("main [data-open]")
    reader.press("j")
    expect(links.nth(0)).to_be_focused()
    reader.press("j", "j", "k")
    expect(links.nth(1)).to_be_focused()
    reader.press("k", "k", "k")
    expect(links.nth(0)).to_be_focused()


def test_numbers_open_the_views_and_question_mark_the_keys(reader: Reader) -> None:
    reader.open(place("main", "search"))
    reader.press("Escape")
    for key, view in (("2", "records"), ("3", "log"), ("7", "space"), ("1", "search")):
        reader.press(key)
        reader.page.wait_for_url(re.compile(f"/{view}$"))
        reader.shown()
        reader.press("Escape")
    reader.press("?")
    expect(reader.page.get_by_role("dialog", name="Keys")).to_be_visible()
    reader.press("2")
    assert "/search" in reader.at(), "keys rest while a dialog is open"
    reader.press("Escape")
    expect(reader.page.get_by_role("dialog")).to_have_count(0)


def test_single_keys_can_be_switched_off(reader: Reader) -> None:
    reader.open(place("main", "space"))
    reader.press("?")
    reader.page.get_by_label("Single keys are on").uncheck()
    reader.press("Escape", "2")
    expect(reader.page.locator("h1")).to_have_text("main")
    reader.page.locator("#keys-button").click()
    reader.page.get_by_label("Single keys are on").check()
    reader.press("Escape", "2")
    reader.page.wait_for_url(re.compile("/records"))


def test_what_is_typed_is_no_command(reader: Reader) -> None:
    reader.open(place("main", "search"))
    expect(reader.page.get_by_label("What to look for")).to_be_focused()
    reader.page.keyboard.type("e/j?2")
    assert reader.page.get_by_label("What to look for").input_value() == "e/j?2"
    assert "/search" in reader.at()


def test_the_keyboard_goes_around_and_is_nowhere_caught(reader: Reader) -> None:
    reader.open(place("main", "conflicts"))
    reader.page.evaluate("() => document.activeElement.blur()")
    seen: list[str] = []
    reader.page.locator("#skip").focus()
    for _ in range(60):
        seen.append(reader.page.evaluate("() => document.activeElement.id || document.activeElement.innerText"))
        reader.press("Tab")
        if reader.page.evaluate("() => document.activeElement === document.body"):
            break
    else:
        pytest.fail(f"never came out: {seen}")
    for name in ("skip", "brand", "space", "moment-button", "theme", "Search", "Space", "Keep left", "Keep both"):
        assert name in seen, seen


def test_the_skip_link_leads_to_the_content(reader: Reader) -> None:
    reader.open(place("main", "space"))
    reader.page.locator("#skip").focus()
    expect(reader.page.locator("#skip")).to_be_in_viewport()
    reader.press("Enter")
    expect(reader.page.locator("main")).to_be_focused()
    assert reader.at() == "main/space"


def test_what_has_the_focus_is_seen(reader: Reader) -> None:
    reader.open(place("main", "records"))
    reader.press("j")
    outline = reader.page.evaluate("() => getComputedStyle(document.activeElement).outline")
    assert "solid" in outline
    assert "2px" in outline


def test_everything_that_can_be_used_has_a_name(reader: Reader) -> None:
    for view in VIEWS:
        reader.open(f"main/{view}")
        assert reader.page.evaluate(NAMELESS) == [], view
        levels = reader.page.evaluate(HEADINGS)
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels)), levels
        assert reader.page.title().endswith("· main · Ricordo")
        assert reader.page.locator("nav [aria-current=page]").count() == 1


def test_a_record_and_its_form_have_names_too(reader: Reader, server_space: str) -> None:
    reader.open(place(server_space, "records"))
    reader.press("j", "Enter")
    reader.page.wait_for_url(re.compile("/record/"))
    reader.shown()
    assert reader.page.evaluate(NAMELESS) == []
    reader.press("e")
    expect(reader.page.get_by_role("dialog", name="Edit the record")).to_be_visible()
    assert reader.page.evaluate(NAMELESS) == []
    reader.press("Escape")
    expect(reader.page.locator("[data-edit]")).to_be_focused()


def test_nothing_moves_where_that_is_asked_for(reader: Reader) -> None:
    reader.page.emulate_media(reduced_motion="reduce")
    reader.open(place("main", "log"))
    moving = "() => document.getAnimations().filter((one) => one.playState === 'running').length"
    assert reader.page.evaluate(moving) == 0


def test_going_elsewhere_does_not_shift_what_stays(reader: Reader) -> None:
    """The frame stays where it is from view to view, and no view jumps once it is shown."""
    reader.page.add_init_script(
        """window.shift = 0;
        const add = (one) => { if (!one.hadRecentInput) shift += one.value; };
        new PerformanceObserver((list) => list.getEntries().forEach(add))
          .observe({ type: "layout-shift", buffered: true });"""
    )
    places = []
    for view in VIEWS:
        reader.open(f"main/{view}")
        places.append(reader.page.locator("nav").bounding_box())
        assert reader.page.evaluate("() => shift") < 0.1, view
    assert all(box == places[0] for box in places)
