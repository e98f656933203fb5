"""What is in the space that the tests look at."""

from __future__ import annotations

from ricordo import Memory
from ricordo.data import sample

MARKUP = "<img src=x onerror=\"alert('img')\"><script>alert('script')</script>"
TURNED = "This \u202eis turned\u202c and \u200bhides a \U000e0041tag; a family 👩‍👩‍👧 stays."
ARABIC = "أنا أعيش في القاهرة منذ عام 2020 🏡"


def fill(memory: Memory) -> None:
    """A conversation, a state that was superseded, a conflict, an edited record, and texts that mean harm."""
    with sample() as file:
        memory.import_file(file)
    memory.retain("I live in Porto.", speaker="Ada", at="2025-01-05", ref="D1:2", scope="user:ada")
    memory.retain("I moved to Lisbon.", speaker="Ada", at="2026-05-03T10:00Z", ref="D3:7", scope="user:ada")
    memory.retain("Ada lives in Faro.", speaker="assistant", at="2026-05-05", scope="user:ada")
    plan = memory.retain("Deploy on Friday.", kind="context", scope="team", ref="plan").record
    memory.update(plan.id, content="Deploy on Monday.", reason="nobody works on Friday")
    memory.update(plan.id, content="Deploy on Monday, after the review.", pinned=True, metadata={"room": 4})
    memory.retain(TURNED, scope="odd", ref="turned")
    memory.retain(ARABIC, scope="odd", speaker="ليلى", ref="arabic")
    memory.retain("A very long text. " * 900, scope="odd", title="Long", ref="long")
    harm(memory)


def harm(memory: Memory) -> None:
    """Markup wherever a caller may put text."""
    slot = {"subject": MARKUP, "attribute": "role", "value": MARKUP}
    names = {"name": MARKUP, "aliases": [f"{MARKUP}2"], "title": MARKUP, "why": MARKUP}
    said = {"speaker": MARKUP, "session": MARKUP, "ref": MARKUP, "scope": MARKUP, "metadata": {MARKUP: MARKUP}}
    first = memory.retain(MARKUP, kind="fact", at="2026-01-01T00:00Z", **slot, **names, **said).record
    memory.retain(f"{MARKUP} too", kind="fact", **{**slot, "value": "other"}, scope=MARKUP, derivation="inferred")
    memory.update(first.id, content=f"{MARKUP} edited", reason=MARKUP)
