"""What keeping and telling return beside records: regions, profiles, summaries. As `types`, frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass

from ricordo.types import Record, Source


@dataclass(frozen=True, slots=True)
class Region:
    """Records that a smaller set stands for.

    Args:
        strategy: How it was found.
        scope: The scope all of it is in.
        replaced: Ids of the records that were archived; the text, the sources and the history of each stay readable.
        by: The id of the record that stands for them; None in a dry run where it would be a new one.
        text: What that one says.
        event: The `seq` of the event that replaced it, to give to `undo`; None where nothing was written.
        skipped: Why nothing was written, or None.
    """

    strategy: str
    scope: str
    replaced: tuple[str, ...]
    by: str | None
    text: str
    event: int | None = None
    skipped: str | None = None


@dataclass(frozen=True, slots=True)
class Consolidation:
    """What `consolidate` did, or with `dry_run` would do.

    Args:
        regions: Every region that was planned, those that were skipped among them.
        replaced: How many records were archived.
        added: How many records were added in their place.
        events: The `seq` of each event, one a region.
        skipped: The regions in which something was written between reading and replacing: nothing there was changed.
        done: Whether nothing is left to do; else the next run goes on from here.
    """

    regions: tuple[Region, ...]
    replaced: int
    added: int
    events: tuple[int, ...]
    skipped: tuple[Region, ...]
    done: bool


@dataclass(frozen=True, slots=True)
class ProfileLine:
    """What is known of one attribute of a subject.

    Args:
        attribute: The attribute.
        values: Its values as they were said; of an attribute that holds one, more than one is a conflict.
        records: The states that say so, in the order of the values.
        conflict: Whether the values contradict each other.
        past: Whether it was so and is so no longer.
        text: The line as it is rendered.
    """

    attribute: str
    values: tuple[str, ...]
    records: tuple[Record, ...]
    conflict: bool
    past: bool
    text: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a subject, rendered from its states.

    Args:
        subject: The subject as it was asked for.
        names: How it is called.
        lines: One for each attribute, in the order they were first learnt.
        text: The lines as quoted data, ready for a prompt; empty where nothing is known.
        tokens: What `text` costs by the token counter in use.
        sources: The evidence of all lines, oldest first, each once.
        dropped: Attributes that the token budget left out.
    """

    subject: str
    names: tuple[str, ...]
    lines: tuple[ProfileLine, ...]
    text: str
    tokens: int
    sources: tuple[Source, ...]
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """What a session came to, in its own words.

    Args:
        session: The session.
        lines: The sentences chosen, each as quoted data with its day, speaker and ref.
        text: The lines, ready for a prompt; empty where nothing was said.
        tokens: What `text` costs by the token counter in use.
        records: Ids of the records quoted, in order.
        turns: How many turns there were to choose from.
    """

    session: str
    lines: tuple[str, ...]
    text: str
    tokens: int
    records: tuple[str, ...]
    turns: int
