"""What a text turns down: names after any cue, ordinary words only where nothing else could be meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ricordo.text import STOP_WORDS, name_key, name_words, rejected

TURNED_DOWN = {
    "Fastify instead of Express": ("express",),
    "Uses Fastify for HTTP services rather than Express.": ("express",),
    "We chose Postgres over MySQL and Oracle for billing.": ("mysql", "oracle"),
    "Vitest over Jest.": ("jest",),
    "not Redux but Zustand": ("redux",),
    "Not Redux, but Zustand.": ("redux",),
    "Postgres, not MySQL.": ("mysql",),
    "switched from Yarn to pnpm": ("yarn",),
    "Moved the staging db from MySQL 5.7 to Postgres.": ("mysql",),
    "We replaced Jenkins with GitHub Actions.": ("jenkins",),
    "Uses Biome. Replaced ESLint and Prettier.": ("eslint", "prettier"),
    "AWS Lambda was replaced by a cron job.": ("aws lambda",),
    "Jenkins has been replaced with Drone.": ("jenkins",),
    "No longer uses Vim": ("vim",),
    "Ada no longer lives in Paris.": ("paris",),
    "We decided against Kafka.": ("kafka",),
    "Avoids Redux.": ("redux",),
    "Use `pnpm` instead of `npm` or `yarn`": ("npm", "yarn"),
    "Uses node.js instead of PHP, Ruby and Perl.": ("php", "ruby", "perl"),
    "Uses Zed instead of VSCode, Bob told me.": ("vscode",),
    "Prefers composition over inheritance.": ("inheritance",),
    "Plain objects rather than class hierarchies.": ("class hierarchies",),
    "Drinks tea instead of coffee": ("coffee",),
    "Webhooks instead of polling.": ("polling",),
    "tea instead of `oat milk`": ("oat milk",),
}
SILENT = (
    "The bridge over the river was replaced by a tunnel.",
    "The stack was replaced by MongoDB.",
    "Later replaced by Biome.",
    "It took over Europe.",
    "We talked over lunch.",
    "The AWS team over Slack said hello.",
    "I prefer to go to Lisbon.",
    "I'd rather walk than drive.",
    "He is no longer valid.",
    "not only Paris but also Rome",
    "We did not go to Paris.",
    "A letter from Bob to Ada.",
    "Edits drafts rather than having AI edit them.",
    "Walks instead of taking the bus to town.",
    "instead of it",
    "rather than that.",
    "Rather than I would.",
    "instead of",
    "",
)


@pytest.mark.parametrize("text", TURNED_DOWN)
def test_what_is_turned_down_is_found(text: str) -> None:
    assert rejected(text) == TURNED_DOWN[text]


@pytest.mark.parametrize("text", SILENT)
def test_nothing_is_made_up(text: str) -> None:
    assert rejected(text) == ()


PIECES = ["instead of", "rather than", "over", "no longer", "replaced", "not", "but", "from", "to", "and", ",", "."]
WORDS = st.lists(st.sampled_from([*PIECES, "Redis", "the", "tea", "prefers", "moved", "k8s", "`a b`", "42", "was"]))


@given(WORDS.map(" ".join) | st.text())
def test_what_is_found_stands_in_the_text(text: str) -> None:
    """At most ten keys, each a run of the text's words with one that is not grammar."""
    found = rejected(text)
    said = f" {name_key(text)} "
    assert len(found) <= 10
    assert len(set(found)) == len(found)
    for key in found:
        assert f" {key} " in said
        assert set(name_words(key)) - STOP_WORDS


@pytest.mark.parametrize("piece", ["a", "over ", "A ", "not A, ", "instead of x ", '"', "a.b", "from A to "])
def test_long_texts_are_read_to_their_end(piece: str) -> None:
    """Nothing is tried again and again: a hundred thousand words come back at once."""
    assert len(rejected(piece * 40_000 + " instead of Redis")) <= 10
