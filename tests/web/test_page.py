"""The files of the inspector: what is sent with them, and that all of them ship."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import httpx
import pytest
from tests.web.conftest import Server

from ricordo.types import KINDS, RENDERS, STATUSES

STATIC = Path(__file__).parents[2] / "src/ricordo/web/static"
FILES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
#: What would read a text as markup or as code, or ask somebody else.
NEVER = (
    *(r"\binnerHTML\b", r"\bouterHTML\b", r"insertAdjacentHTML", r"document\.write", r"\beval\(", r"new Function"),
    *(r"srcdoc", r"createContextualFragment", r"DOMParser", r"setHTML", r"javascript:", r"\bon[a-z]+=", r"\bimport\("),
    *(r"localStorage\.[a-z]+\([^)]*key\b", r"document\.cookie"),
)


@pytest.mark.parametrize("path", ["", *FILES])
def test_every_file_comes_under_a_strict_policy(server: Server, path: str) -> None:
    answer = httpx.get(f"{server.url}/inspector/{path}")
    assert answer.status_code == 200
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "img-src", "connect-src")} == {"'self'"}
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == "'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"


def test_a_file_that_is_kept_is_not_sent_again(server: Server) -> None:
    url = f"{server.url}/inspector/main.js"
    tag = httpx.get(url).headers["etag"]
    again = httpx.get(url, headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert httpx.get(url, headers={"If-None-Match": '"other"'}).status_code == 200
    head = httpx.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == (STATIC / "main.js").stat().st_size


@pytest.mark.parametrize("path", ["no.js", "..%2fpage.py", "%2e%2e/page.py", "views", "views/", "//", "\\..\\page.py"])
def test_nothing_else_is_served(server: Server, path: str) -> None:
    answer = httpx.get(f"{server.url}/inspector/{path}")
    assert answer.status_code == 404
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_it_can_only_be_read(server: Server) -> None:
    answer = httpx.post(f"{server.url}/inspector/", content=b"x")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert httpx.get(f"{server.url}/inspector").headers["location"] == "/inspector/"


@pytest.mark.parametrize("path", [path for path in FILES if path.endswith((".js", ".html", ".svg"))])
def test_no_text_is_read_as_markup_and_nobody_else_is_asked(path: str) -> None:
    code = (STATIC / path).read_text(encoding="utf-8")
    assert [one for one in NEVER if re.search(one, code)] == []
    foreign = [url for url in re.findall(r"https?://[^\s\"')]+", code) if "html.spec.whatwg.org" not in url]
    assert [url for url in foreign if url != "http://www.w3.org/2000/svg"] == []


@pytest.mark.parametrize("path", FILES)
def test_no_file_is_too_long(path: str) -> None:
    assert (STATIC / path).read_text(encoding="utf-8").count("\n") <= 300


def test_the_words_are_those_of_the_library() -> None:
    code = (STATIC / "words.js").read_text(encoding="utf-8")
    told = {
        name: tuple(re.findall(r'"(\w+)"', inside))
        for name, inside in re.findall(r"const (\w+) = \[(.*?)\];", code, re.S)
    }
    assert told == {"KINDS": KINDS, "STATUSES": STATUSES, "RENDERS": RENDERS}


def test_what_the_page_names_is_there() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'(?:src|href)="([^"#]+)"', page)) <= set(FILES)
    for path in FILES:
        if path.endswith(".js"):
            code = (STATIC / path).read_text(encoding="utf-8")
            for name in re.findall(r'from "(\.[^"]+)"', code):
                assert ((STATIC / path).parent / name).is_file(), (path, name)


@pytest.mark.parametrize("path", [path for path in FILES if path.endswith(".js")])
def test_every_script_takes_what_there_is_and_uses_what_it_takes(path: str) -> None:
    code = (STATIC / path).read_text(encoding="utf-8")
    for names, other in re.findall(r'import \{ ([^}]*) \} from "([^"]+)"', code):
        there = ((STATIC / path).parent / other).read_text(encoding="utf-8")
        for taken in names.split(", "):
            name, _, own = taken.partition(" as ")
            assert re.search(rf"export (?:async )?(?:function\*?|const|class) {name}\b", there), (other, name)
            assert len(re.findall(rf"\b{own or name}\b", code)) > 1, name


def test_a_wheel_has_every_file(tmp_path: Path) -> None:
    root = STATIC.parents[3]
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--disable-pip-version-check"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(root)], check=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"ricordo/web/static/{path}" for path in FILES} <= names
