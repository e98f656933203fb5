"""Text as Markdown: it comes back to the letter, and a parser of Markdown shows it and does nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ricordo.formats.markup import escaped, label, plain, quote, unquote

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
ACTIVE = st.text(st.sampled_from("\\`*_[]()<>&|~$@#+-.:!=1 \t\n\r/ab;w")) | TEXTS
ALLOWED = {"blockquote_open", "blockquote_close", "paragraph_open", "paragraph_close", "inline"}
HOSTILE = [
    "<script>alert(1)</script>",
    "[x](javascript:alert(1)) ![y](http://z/q.png) <http://a> [z][z]\n\n[z]: http://z",
    "# Title\n## 2026-01-01\n- said: 1999-01-01\n---\n===\n```\ncode\n```\n~~~",
    "> > quoted\n    code\n\tcode\n1. one\n2) two\n* x\n+ y",
    "a\r# b\r\n> c\u2028# d\x85# e\x0b# f",
    "one\n\n\n\ntwo\n\n",
    "--> <!-- &lt; &amp;lt; &#60;script&#62;",
    "| a | b |\n|---|---|\n| c | d |",
    "end\\\n\\\\\nnext  \nx",
]


#: What a parser shows as a replacement character.
UNSHOWN = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")


def words(text: str) -> str:
    return "".join(UNSHOWN.sub("\ufffd", text).split())


def shown(markdown: str) -> tuple[set[str], str]:
    """Return the kinds of what a parser finds, and the text it shows."""
    kinds: set[str] = set()
    texts: list[str] = []

    def look(tokens: list[Token]) -> None:
        for token in tokens:
            kinds.add(token.type)
            if token.type in ("text", "text_special"):
                texts.append(token.content)
            elif token.type in ("hardbreak", "softbreak", "paragraph_close"):
                texts.append("\n")
            look(token.children or [])

    look(MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(markdown))
    return kinds, "".join(texts)


@given(ACTIVE)
def test_it_comes_back_to_the_letter(text: str) -> None:
    assert plain(escaped(text)) == text
    assert unquote(quote(text).split("\n")) == text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_shown_and_does_nothing(text: str) -> None:
    kinds, seen = shown(quote(text))
    assert kinds <= ALLOWED | {"text", "text_special", "hardbreak"}
    assert words(seen) == words(text)
    assert unquote(quote(text).split("\n")) == text


@given(ACTIVE.filter(lambda text: bool(text.strip())))
def test_any_text_is_shown_and_does_nothing(text: str) -> None:
    kinds, seen = shown(f"## {label(text)}\n\n{quote(text)}\n\n- a: b\n")
    more = {"heading_open", "heading_close", "bullet_list_open", "bullet_list_close", "list_item_open"}
    assert kinds <= ALLOWED | more | {"list_item_close", "text", "text_special", "hardbreak", "softbreak"}
    assert words(text) in words(seen)
