"""The inject lane, top to bottom: a turn -> what it names -> what belongs beside it, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import tzinfo

from ricordo.plaintext import arms
from ricordo.plaintext.asked import Asked, said
from ricordo.plaintext.compose import Reader, Wanted, compose
from ricordo.plaintext.fuse import Ranked
from ricordo.store.base import Snapshot, Visible
from ricordo.types import Recall

#: What the inject lane gives a pin, a participant of a named relationship, one more match; and a match by role.
PIN, HOP, ONE_MORE = 10.0, 1.0, 0.2
STRENGTH = {"name": 3.0, "alias": 2.0, "slot": 2.0, "premise": 2.0, "counter": 1.5, "learnt": 1.2}


def inject(snapshot: Snapshot, reader: Reader, wanted: Wanted) -> Recall:
    """Answer a turn in the inject lane: precision first. Pins, then what the turn names; nothing rather than noise.

    Content is never searched, and what is pasted into the turn (code, addresses, paths) names nothing. A slot matches
    when its whole attribute and its subject are in the turn; a turn that speaks of a value a slot no longer has brings
    the one it has; a relationship that is named brings what it links to, one step.
    """
    visible = wanted.visible
    asked = wanted.asked(reader, said(wanted.query))
    pinned = snapshot.pinned(visible)
    hits = _hits(snapshot, asked, visible, reader.zone) if asked.words else []
    found = dict.fromkeys(hit.vid for hit in hits)
    hops = _participants(snapshot, list(found), visible)
    scores: dict[int, dict[str, tuple[float, float]]] = {vid: {"pin": (1.0, PIN)} for vid in pinned}
    sharing = Counter(hit.key for hit in hits)
    for hit in hits:
        parts = scores.setdefault(hit.vid, {})
        count, best = parts.get(hit.role, (0.0, 0.0))
        parts[hit.role] = (count + 1, max(best, _strength(hit, sharing[hit.key])) + (ONE_MORE if count else 0.0))
    for vid in hops:
        scores.setdefault(vid, {"hop": (1.0, HOP)})
    ranked = [Ranked(vid, sum(share for _, share in parts.values()), parts) for vid, parts in scores.items()]
    ranked.sort(key=lambda one: (-one.score, one.vid))
    return compose(snapshot, reader, wanted, asked, ranked, hits, None, "inject", {})


def _hits(snapshot: Snapshot, asked: Asked, visible: Visible, zone: tzinfo) -> list[arms.Named]:
    """Return what the turn names, each once."""
    found = [
        *arms.names(snapshot, asked, visible),
        *arms.slots(snapshot, asked, visible, sparing=True),
        *arms.premises(snapshot, asked, visible, zone),
    ]
    return list(dict.fromkeys(found))


def _strength(hit: arms.Named, sharing: int) -> float:
    """Return what a match is worth: by role, more for a longer key, less for a misspelt or a shared one."""
    shared = min(0.4, 0.1 * (sharing - 1))
    return STRENGTH[hit.role] + 0.1 * hit.key.count(" ") - (0.5 if hit.typed else 0.0) - shared


def _participants(snapshot: Snapshot, vids: Sequence[int], visible: Visible) -> list[int]:
    """Return what named relationships link to, one step."""
    targets = [
        link.target
        for row in snapshot.rows(vids).values()
        if row.record.kind == "relationship"
        for link in row.record.links
        if link.type in ("about", "part_of")
    ]
    rows = [snapshot.find(target, visible) for target in dict.fromkeys(targets)]
    return [row.vid for row in rows if row is not None and arms.recallable(row.record, visible.now)]
