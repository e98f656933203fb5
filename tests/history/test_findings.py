"""Each kind of finding, each on the smallest history that has it."""

from __future__ import annotations

from typing import Any

import pytest

from ricordo.testing.history import FINDINGS, Attempt, Logged, Read, Report, Written, check, dumped, loaded


def an_attempt(id: str, begin: int, end: int, seq: int | None = None, **fields: Any) -> Attempt:
    """Return an attempt that was accepted, where it has a seq."""
    fields = {"worker": id, "outcome": "rejected" if seq is None else "acked", **fields}
    return Attempt(id=id, begin=begin, end=end, seq=seq, **fields)


def x(version: int) -> tuple[Written, ...]:
    """Return a write of record x."""
    return (Written("x", version),)


def read(version: int, began: int | None = None, seen: str | None = None) -> dict[str, Any]:
    """Return a read of record x, as an argument."""
    return {"reads": (Read("x", version, began, seen),)}


#: kind: attempts, log, a part of what is told
SMALLEST: dict[str, tuple[list[Attempt], list[Logged], str]] = {
    "lost": (
        [an_attempt("a", 1, 2, 1, writes=x(1)), an_attempt("b", 3, 4, 2, writes=x(2))],
        [Logged(1, x(1), "a")],
        "b was acknowledged as seq 2, and is not in the log",
    ),
    "altered": (
        [an_attempt("a", 1, 2, 1, writes=x(1))],
        [Logged(1, (Written("y", 1),), "a")],
        "a was acknowledged as seq 1 with x@1, and is in the log as seq 1 with y@1",
    ),
    "twice": (
        [an_attempt("a", 1, 2, 1, writes=x(1))],
        [Logged(1, x(1), "a"), Logged(2, x(2), "a")],
        "a is in the log as seq 1 and as seq 2",
    ),
    "refused": ([an_attempt("a", 1, 2)], [Logged(1, x(1), "a")], "a was rejected, and is in the log as seq 1"),
    "doubled": ([], [Logged(1, x(1), "a"), Logged(2, x(1), "b")], "x@1 was made by seq 1 and by seq 2"),
    "disorder": (
        [],
        [Logged(1, x(1)), Logged(2, x(3)), Logged(3, x(2))],
        "seq 3 made x@2 after x@3",
    ),
    "gap": ([], [Logged(1, x(1)), Logged(3, x(2))], "seq 3 follows seq 1"),
    "unwritten": ([an_attempt("a", 1, 2, **read(7))], [Logged(1, x(1))], "a read x@7"),
    "dirty": (
        [an_attempt("a", 1, 2, 1, writes=x(1)), an_attempt("b", 3, 4, **read(1, 3, "c"))],
        [Logged(1, x(1), "a")],
        "b read x@1 as c wrote it, and seq 1 wrote it",
    ),
    "outdated": (
        [an_attempt("b", 1, 9, 3, **read(1), writes=(Written("y", 1),))],
        [Logged(1, x(1)), Logged(2, x(2), "a"), Logged(3, (Written("y", 1),), "b")],
        "b (seq 3) rests on x@1, which was not current then",
    ),
    "stale": (
        [an_attempt("a", 1, 2, 2, writes=x(2)), an_attempt("b", 1, 9, **read(1, began=3))],
        [Logged(1, x(1)), Logged(2, x(2), "a")],
        "b read x@1, and a later version had been acknowledged before it began to",
    ),
    "back": (
        [an_attempt("a", 1, 2, **read(2), worker="w"), an_attempt("b", 3, 4, **read(1), worker="w")],
        [Logged(1, x(1)), Logged(2, x(2))],
        "b read x@1, and its worker had known x@2",
    ),
    "reordered": (
        [an_attempt("a", 5, 9, 1, writes=x(1)), an_attempt("b", 1, 4, 2, writes=(Written("y", 1),))],
        [Logged(1, x(1), "a"), Logged(2, (Written("y", 1),), "b")],
        "a (seq 1) began after b (seq 2) had its answer",
    ),
}


@pytest.mark.parametrize("kind", FINDINGS)
def test_the_smallest_history_that_has_it(kind: str) -> None:
    attempts, log, what = SMALLEST[kind]
    report = check(attempts, log)
    assert not report.ok
    assert (kind, what) in report.findings, report.findings


def test_what_is_sound_has_no_findings() -> None:
    """A read of what is not there, events nobody is known for, without a tag, and two that are one transaction."""
    attempts = [
        an_attempt("a", 1, 5, 2, **read(0), writes=x(1)),
        an_attempt("b", 6, 9, 4, **read(1, 7), writes=(Written("x", 2), Written("y", 1))),
        an_attempt("c", 6, 9, **read(1)),
        an_attempt("d", 6, 9, outcome="unknown", **read(2)),
    ]
    log = [Logged(1, ()), Logged(2, x(1)), Logged(4, (Written("x", 2), Written("y", 1)), first=3), Logged(5, x(3))]
    assert check(attempts, log) == Report(4, 2, 1, 1, 4)


def test_a_missing_version_hides_no_cycle() -> None:
    """What comes after a read is the next version there is; here no log holds x@2."""
    attempts = [
        an_attempt("a", 1, 9, 3, **read(1), writes=(Written("y", 2),)),
        an_attempt("b", 1, 9, 2, reads=(Read("y", 1),), writes=x(3)),
    ]
    log = [Logged(1, (*x(1), Written("y", 1))), Logged(2, x(3), "b"), Logged(3, (Written("y", 2),), "a")]
    report = check(attempts, log)
    assert [str(cycle) for cycle in report.cycles] == [
        "write skew (G2): b (seq 2) -rw y@1-> a (seq 3) -rw x@1-> b",
    ]
    assert report.found == {"gap": 1, "outdated": 1}


def test_tries_that_share_a_key_are_one_operation() -> None:
    """Without an answer, then acknowledged; acknowledged twice as the same event; and as two, which is told."""
    first = an_attempt("a", 1, 3, outcome="unknown", key="k")
    again = an_attempt("a/1", 1, 5, 1, key="k", writes=x(1))
    log = [Logged(1, x(1), "k")]
    for answers in ([first, again], [again, first], [first, again, again._replace(id="a/2")]):
        assert check(answers, log) == Report(1, 1, 0, 0, 1)
    found = check([again, again._replace(id="a/2", seq=2)], log)
    assert [kind for kind, _ in found.findings] == ["twice"]
    refused = [first, an_attempt("a/1", 1, 5, key="k")]
    assert check(refused, []) == Report(1, 0, 1, 0, 0)
    assert check(refused, log).found == {"refused": 1}


def test_an_answer_to_a_repetition_is_held_against_the_log() -> None:
    """Also where the log knows no tags, and where the first try had an answer as well."""
    first = an_attempt("a", 1, 3, outcome="unknown", **read(0), key="k", worker="w")
    again = an_attempt("a/1", 4, 5, 1, **read(0), writes=x(1), key="k", worker="w")
    for tag in ("k", None):
        assert check([first, again], [Logged(1, x(1), tag)]) == Report(1, 1, 0, 0, 1)
        assert check([again, again._replace(id="a/2", begin=6, end=7)], [Logged(1, x(1), tag)]).ok
    assert check([first, again], [Logged(1, x(2), "k")]).found == {"gap": 1, "altered": 1}


def test_two_operations_can_not_be_one_event_of_a_log_without_tags() -> None:
    both = [an_attempt(name, 1, 9, 2, **read(1), writes=x(2)) for name in "ab"]
    report = check(both, [Logged(1, x(1)), Logged(2, x(2))])
    assert report.findings == (("doubled", "a and b were both acknowledged as seq 2"),)


def test_whose_content_was_read_is_told_by_answers_too() -> None:
    attempts = [
        an_attempt("a", 1, 5),
        an_attempt("b", 1, 5, 1, writes=x(1)),
        an_attempt("c", 6, 9, **read(1, 6, "b")),
        an_attempt("d", 6, 9, **read(1, 6, "a")),
    ]
    report = check(attempts, [Logged(1, x(1))])
    assert report.findings == (("dirty", "d read x@1 as a wrote it, and seq 1 wrote it"),)


def test_findings_are_counted_and_only_the_first_told() -> None:
    attempts = [an_attempt(f"a{spot}", 1, 2, spot, writes=x(spot)) for spot in range(1, 10)]
    report = check(attempts, [], most=3)
    assert (report.found, len(report.findings)) == ({"lost": 9}, 3)


def test_a_history_is_read_back_as_it_was_noted() -> None:
    """Also where the last line was cut off; a broken line before the last is no history."""
    attempts = [
        an_attempt("ä", 10, 20, 3, **read(1, 12, "b"), writes=x(2), key="k"),
        an_attempt("b", 11, 12, outcome="unknown", **read(0, 11)),
    ]
    lines = [f"{dumped(attempt)}\n" for attempt in attempts]
    assert list(loaded(lines)) == attempts
    assert list(loaded([*lines, lines[0][:-9]])) == attempts
    with pytest.raises(ValueError, match=r"Expecting|delimiter|Unterminated"):
        list(loaded([lines[0][:-9] + "\n", lines[1]]))
