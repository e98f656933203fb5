"""Invented beliefs that look like the real ones and are not meant by any case."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ricordo.text import name_key, name_words, one_edit, rejected

_SYLLABLES = (
    "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dro fri gla pru ske sto tri vel".split()
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_KINDS = ("preference", "decision", "fact", "learning")
_CUES = ("instead of {}", "rather than {}", "replaced {}", "chose it over {}", "decided against {}", "no longer {}")
_SLOT_EVERY, _CUE_SHARE = 20, 0.3


def distractors(
    beliefs: Sequence[Mapping[str, Any]], queries: Sequence[str], count: int, seed: int
) -> list[dict[str, Any]]:
    """Return arguments of `retain` for `count` beliefs, none of which any query means.

    Each has a name and two or three aliases: mostly a word of a real name or alias beside an invented one; two real
    words that no query holds in that order; a single word that begins like a real one; a word a query holds with
    another first or second letter; the plural or singular of a real word. No query holds one of them whole, or a word
    within one edit of it that begins with the same two letters. The content is words of the real contents and of
    the queries; in three of ten it turns down something that is a letter off what a query holds, or shares a word
    with it. One in ten is a state of a slot: each time two of another subject and attribute, of which the later one
    takes the place of the earlier, whose value is a real name.

    Args:
        beliefs: The real ones.
        queries: What will be asked.
        count: How many.
        seed: The same seed gives the same beliefs.
    """
    maker = _Maker.of(beliefs, queries, random.Random(seed))
    names = maker.names()
    made = [maker.belief(spot, names) for spot in range(count)]
    for spot in range(1, count, _SLOT_EVERY):
        maker.supersede(made[spot - 1], made[spot], f"{next(names)}")
    return made


@dataclass(frozen=True)
class _Maker:
    """What distractors are made of.

    Args:
        choose: Source of chance.
        real: Words of real names and aliases.
        labels: Real names and aliases, as keys.
        scopes: Scopes of the real beliefs.
        words: Words of real contents and of queries.
        asked: Words of queries.
        runs: Queries as runs of words.
    """

    choose: random.Random
    real: Sequence[str]
    labels: frozenset[str]
    scopes: Sequence[str]
    words: Sequence[str]
    asked: Sequence[str]
    runs: frozenset[str]

    @classmethod
    def of(cls, beliefs: Sequence[Mapping[str, Any]], queries: Sequence[str], choose: random.Random) -> _Maker:
        """Take beliefs and queries apart."""
        labels = [name for one in beliefs for name in (one["canonical_name"], *(one.get("aliases") or ()))]
        texts = (*queries, *(one["content"] for one in beliefs))
        return cls(
            choose,
            sorted({word for label in labels for word in name_words(label)}),
            frozenset(map(name_key, labels)),
            sorted({scope for one in beliefs for scope in one["scope"]}),
            sorted({word for text in texts for word in name_words(text)}),
            sorted({word for text in queries for word in name_words(text)}),
            frozenset(f" {name_key(text)} " for text in queries),
        )

    def belief(self, spot: int, names: Iterator[str]) -> dict[str, Any]:
        """Return one distractor."""
        choose = self.choose
        name, *aliases = (next(names) for _ in range(choose.randint(3, 4)))
        salad = " ".join(choose.choices(self.words, k=choose.randint(8, 20)))
        content = f"{name.capitalize()}: {salad} {spot}."
        while rejected(content):  # by chance it says what it should not
            salad = " ".join(choose.choices(self.words, k=choose.randint(8, 20)))
            content = f"{name.capitalize()}: {salad} {spot}."
        if choose.random() < _CUE_SHARE:
            content += f" It {choose.choice(_CUES).format(self._turned_down())}."
        return {
            "content": content,
            "kind": choose.choice(_KINDS),
            "scope": self.scopes[spot % len(self.scopes)],
            "name": name.replace(" ", "_"),
            "aliases": aliases,
            "ref": f"distractor-{spot}",
        }

    def supersede(self, first: dict[str, Any], later: dict[str, Any], attribute: str) -> None:
        """Make one distractor the later state of the other's slot; the earlier value is a real word, as a name."""
        slot = {"subject": f"{later['name']} {first['name']}", "attribute": f"{attribute}_{first['name']}"}
        held = self.choose.choice(self.real).capitalize()
        first.update(slot, value=held, kind="fact", scope=later["scope"], at="2026-01-01")
        later.update(slot, value=self._invented().capitalize(), kind="fact", at="2026-02-01")

    def names(self) -> Iterator[str]:
        """Yield names that no query holds or comes near."""
        while True:
            name = self._name()
            if name and name not in self.labels and not self._held(name) and not self._near(name):
                yield name

    def _name(self) -> str:
        choose, invented, token = self.choose, self._invented(), self.choose.choice(self.real)
        shape = choose.random()
        if shape < 0.76:
            return f"{token} {invented}" if shape < 0.4 else f"{invented} {token}"
        if shape < 0.82:
            return f"{token} {choose.choice(self.real)}"
        if shape < 0.88:
            return token[:2] + invented
        if shape < 0.95:
            word, spot = choose.choice(self.asked), choose.randrange(2)
            return word[:spot] + choose.choice(_LETTERS) + word[spot + 1 :] if len(word) > 3 else ""
        return token.removesuffix("s") if token.endswith("s") else f"{token}s"

    def _turned_down(self) -> str:
        """Return a name that is nearly one a query holds: a letter off, or beside an invented word."""
        while True:
            word = self.choose.choice(self.asked)
            spot = self.choose.randrange(len(word))
            off = word[:spot] + self.choose.choice(_LETTERS) + word[spot + 1 :]
            name = off if self.choose.random() < 0.5 else f"{word} {self._invented()}"
            if not self._held(name) and name.isascii():
                return " ".join(part.capitalize() for part in name.split())

    def _invented(self) -> str:
        return "".join(self.choose.choices(_SYLLABLES, k=self.choose.randint(2, 3)))

    def _held(self, name: str) -> bool:
        return any(f" {name} " in run for run in self.runs)

    def _near(self, name: str) -> bool:
        return " " not in name and any(one_edit(name, word) and name[:2] == word[:2] for word in self.asked)
