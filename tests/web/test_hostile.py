"""Texts that mean harm: nothing of them runs, nothing is loaded, and what hides in them is shown."""

from __future__ import annotations

import json
from urllib.parse import quote

from playwright.sync_api import expect
from tests.web.conftest import Reader, Server, place
from tests.web.data import ARABIC, MARKUP, TURNED

#: Elements that only stored text could have brought in.
FOREIGN = "() => document.querySelectorAll('main img, main script, main svg, main iframe, main b, main i').length"


def hostile(server: Server) -> str:
    filters = quote(json.dumps({"speaker": MARKUP}))
    found = server.call("GET", f"/spaces/main/records?filters={filters}")
    id: str = found["records"][0]["id"]
    return id


VIEWS: tuple[tuple[str, dict[str, str]], ...] = (
    ("search", {"q": "img src onerror alert"}),
    ("search", {"q": MARKUP, "lane": "inject"}),
    ("search", {"q": MARKUP, "scope": MARKUP}),
    ("records", {"scope": MARKUP}),
    ("records", {"speaker": MARKUP}),
    ("log", {}),
    ("log", {"scope": MARKUP}),
    ("conflicts", {}),
    ("requests", {"record": MARKUP}),
    ("profile", {"subject": MARKUP}),
    ("space", {}),
)


def test_markup_stays_text_in_every_view(reader: Reader) -> None:
    for view, asked in VIEWS:
        reader.open(place("main", view, **asked))
        if view != "requests" and asked.get("lane") != "inject":
            expect(reader.page.locator("main")).to_contain_text("<img src=x onerror=")
        assert reader.page.evaluate(FOREIGN) == 0, view


def test_markup_stays_text_in_a_record_its_history_and_its_form(reader: Reader, server: Server) -> None:
    reader.open(place("main", "record", hostile(server)))
    expect(reader.page.locator(".timeline ins").first).to_contain_text("edited")
    assert reader.page.evaluate(FOREIGN) == 0
    reader.press("e")
    assert reader.page.get_by_label("Content").input_value() == f"{MARKUP} edited"
    assert reader.page.locator("dialog img, dialog script").count() == 0


def test_markup_in_what_the_server_says_and_in_the_address_stays_text(reader: Reader) -> None:
    reader.expected.append("status of 404")
    reader.open(place("main", "record", "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"))
    expect(reader.page.locator(".failure")).to_contain_text("<img src=x onerror=alert(1)>")
    assert reader.page.evaluate(FOREIGN) == 0


def test_markup_as_the_name_of_a_space_stays_text(reader: Reader) -> None:
    reader.expected.append("status of 40[04]")
    reader.open(place("%3Cimg%20src%3Dx%3E", "records"))
    expect(reader.page.locator(".failure")).to_be_visible()
    assert reader.page.locator("#space option").all_inner_texts()[-1] == "<img src=x>"
    assert reader.page.evaluate(FOREIGN) == 0


def test_the_page_could_not_read_markup_if_it_would(reader: Reader) -> None:
    """The policy holds: no inline script, no eval, no markup from text, nobody else asked."""
    reader.expected += ["policy:", "Content Security Policy", "TrustedHTML", "TrustedScript", "violates"]
    reader.open(place("main", "space"))
    turned_away = reader.page.evaluate(
        """async () => {
          const tried = {};
          const attempt = (doing) => { try { doing(); return "done"; } catch (error) { return error.name; } };
          tried.markup = attempt(() => { document.body.innerHTML = "<img src=x>"; });
          // Later: what drives the browser may do it, the page may not.
          tried.code = await new Promise((tell) => setTimeout(() => tell(attempt(() => new Function("return 1")()))));
          const script = document.createElement("script");
          attempt(() => { script.text = "window.ran = true"; document.body.append(script); });
          tried.ran = Boolean(window.ran);
          tried.asked = await fetch("http://127.0.0.1:1/").then(() => "done", (error) => error.name);
          return tried;
        }"""
    )
    assert turned_away == {"markup": "TypeError", "code": "EvalError", "ran": False, "asked": "TypeError"}


def test_no_other_page_may_frame_it(reader: Reader, server: Server) -> None:
    reader.expected += ["frame-ancestors", "X-Frame-Options", "Refused", "ERR_BLOCKED", "Framing"]
    reader.page.route(
        "**/other.html",
        lambda route: route.fulfill(body="<iframe src='/inspector/'></iframe>", content_type="text/html"),
    )
    reader.page.goto(f"{server.url}/other.html")
    frame = reader.page.frames[-1]
    assert frame.locator("#nav").count() == 0


def test_what_nobody_sees_is_shown(reader: Reader) -> None:
    reader.open(place("main", "records", scope="odd", ref="turned"))
    marks = reader.page.locator(".hidden-mark").all_inner_texts()
    assert marks == ["U+202E", "U+202C", "U+200B", "U+E0041"]
    told = reader.text(".row h2")
    assert "👩‍👩‍👧" in told, "what joins an emoji stays"
    assert "\u202e" in TURNED
    assert "\u202e" not in told


def test_texts_run_in_their_own_direction_and_long_ones_are_cut(reader: Reader) -> None:
    reader.open(place("main", "records", scope="odd"))
    arabic = reader.page.locator(".row h2 bdi").nth(1)
    assert arabic.inner_text() == ARABIC
    assert arabic.evaluate("(one) => getComputedStyle(one).direction") == "rtl"
    more = reader.page.get_by_role("button", name="Show all of 16,200 characters")
    more.click()
    assert len(reader.text(".row:last-child .said")) > 16_000
    reader.page.get_by_role("button", name="Show less").click()
    expect(more).to_be_visible()
    assert reader.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
