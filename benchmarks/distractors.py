"""Invented beliefs that look like the real ones and are not meant by any case."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ricordo.text import name_key, name_words, one_edit

_SYLLABLES = (
    "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dro fri gla pru ske sto tri vel".split()
)
_KINDS = ("preference", "decision", "fact", "learning")


def distractors(
    beliefs: Sequence[Mapping[str, Any]], queries: Sequence[str], count: int, seed: int
) -> list[dict[str, Any]]:
    """Return arguments of `retain` for `count` beliefs.

    Each has a two-word name and two or three aliases: mostly a word of a real name or alias beside an invented one,
    now and then a single invented word that begins like a real one. No query holds one of them whole, or a word
    within one edit of it. The content is words of the real contents and of the queries.

    Args:
        beliefs: The real ones.
        queries: What will be asked.
        count: How many.
        seed: The same seed gives the same beliefs.
    """
    choose = random.Random(seed)
    labels = [name for one in beliefs for name in (one["canonical_name"], *(one.get("aliases") or ()))]
    real = sorted({word for label in labels for word in name_words(label)})
    scopes = sorted({scope for one in beliefs for scope in one["scope"]})
    words = sorted({word for text in (*queries, *(one["content"] for one in beliefs)) for word in name_words(text)})
    names = _names(choose, real, {name_key(label) for label in labels}, queries)
    return [_belief(choose, spot, scopes, words, names) for spot in range(count)]


def _belief(
    choose: random.Random, spot: int, scopes: Sequence[str], words: Sequence[str], names: Iterator[str]
) -> dict[str, Any]:
    name, *aliases = (next(names) for _ in range(choose.randint(3, 4)))
    content = f"{name.capitalize()}: {' '.join(choose.choices(words, k=choose.randint(8, 20)))} {spot}."
    return {
        "content": content,
        "kind": choose.choice(_KINDS),
        "scope": scopes[spot % len(scopes)],
        "name": name.replace(" ", "_"),
        "aliases": aliases,
        "ref": f"distractor-{spot}",
    }


def _names(choose: random.Random, real: Sequence[str], taken: set[str], queries: Sequence[str]) -> Iterator[str]:
    asked = {word for text in queries for word in name_words(text)}
    runs = {f" {' '.join(name_words(text))} " for text in queries}
    while True:
        invented = "".join(choose.choices(_SYLLABLES, k=choose.randint(2, 3)))
        token = choose.choice(real)
        shape = choose.random()
        name = f"{token} {invented}" if shape < 0.45 else f"{invented} {token}" if shape < 0.9 else token[:2] + invented
        near = any(one_edit(name, word) for word in asked) if " " not in name else False
        if name not in taken and not near and not any(f" {name} " in run for run in runs):
            yield name
