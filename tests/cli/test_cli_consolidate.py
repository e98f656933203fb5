"""consolidate, profile and summary at the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from click.testing import Result

Run = Callable[..., Result]
Ask = Callable[..., Any]
TALK = (("Bob", "Any news?"), ("Ada", "I adopted a beagle called Pip in Porto."), ("Bob", "Great!"))


def talk(run: Run) -> None:
    for spot, (who, text) in enumerate(TALK):
        at = f"2026-05-03T10:0{spot}Z"
        run("retain", text, "--speaker", who, "--session", "s1", "--at", at, "--ref", f"D{spot}")


def test_consolidate_tells_what_it_does_and_how_to_take_it_back(run: Run, ask: Ask) -> None:
    talk(run)
    assert "planned" in run("consolidate", "--dry-run").output
    assert ask("stats")["records"] == 3
    told = run("consolidate", "--older-than", "0").output
    assert "Ada: I adopted a beagle" in told
    assert "1 region: 3 records replaced, 1 added." in told
    assert run("consolidate").output == "Nothing to consolidate.\n"
    event = told.rpartition(" ")[2].strip()
    run("undo", event)
    assert ask("stats")["records"] == 3


def test_consolidate_as_json_has_the_regions(run: Run, ask: Ask) -> None:
    talk(run)
    done = ask("consolidate", "--strategy", "exchanges", "--limit", "5", "--scope", "default")
    (region,) = done["regions"]
    assert (done["replaced"], done["added"], done["done"], len(region["replaced"])) == (3, 1, True, 3)
    assert ask("consolidate", "--scope", "elsewhere")["regions"] == []


def test_profile_and_summary(run: Run, ask: Ask) -> None:
    talk(run)
    slot = ("--subject", "Ada", "--attribute", "lives_in", "--value", "Lisbon")
    run("retain", "Ada lives in Lisbon.", *slot, "--at", "2026-05-03", "--ref", "D9")
    assert run("profile", "ADA").output.endswith('[1] lives in: "Lisbon" since 2026-05-03 (D9)\n')
    assert ask("profile", "ada", "--max-tokens", "5")["dropped"] == ["lives_in"]
    assert run("profile", "Eve").output == "Nothing is known of Eve.\n"
    assert '[1] 2026-05-03 Ada: "I adopted a beagle called Pip in Porto." (D1)' in run("summary", "s1").output
    assert run("summary", "s2").output == "Nothing was said in s2.\n"
