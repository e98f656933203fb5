"""The circuit breaker against a plain account of what it promises."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from ricordo.providers.breaker import CircuitBreaker

STEPS = st.lists(st.tuples(st.sampled_from([0, 1, 9, 10, 11, 20, 40, 100]), st.sampled_from("sfg")), max_size=40)


@given(STEPS, st.integers(1, 3))
def test_it_lets_through_exactly_what_it_promises(steps: list[tuple[int, str]], after: int) -> None:
    now = 0.0
    breaker = CircuitBreaker(after=after, rest_s=10.0, longest_s=40.0, now=lambda: now)
    in_a_row, until, rest = 0, 0.0, 0.0
    for passed, outcome in steps:
        now += passed
        wait = breaker.enter()
        resting = rest > 0 and now < until
        assert (wait is not None) == resting
        if resting:
            assert wait == until - now
        elif outcome == "s":
            breaker.succeeded()
            in_a_row, rest = 0, 0.0
        elif outcome == "g":
            breaker.given_up()
        else:
            breaker.failed()
            in_a_row += 1
            if rest or in_a_row >= after:
                rest = min(rest * 2 or 10.0, 40.0)
                until = now + rest


def test_one_call_tries_after_a_rest_and_the_others_wait() -> None:
    now = 0.0
    breaker = CircuitBreaker(after=1, rest_s=10.0, longest_s=40.0, now=lambda: now)
    breaker.enter()
    breaker.failed()
    now = 10.0
    waits: list[float | None] = []
    barrier = threading.Barrier(8)

    def call() -> None:
        barrier.wait()
        waits.append(breaker.enter())

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits, key=str) == [0.0] * 7 + [None]


def test_calls_under_way_do_not_prolong_a_rest() -> None:
    now = 0.0
    breaker = CircuitBreaker(after=1, rest_s=10.0, longest_s=40.0, now=lambda: now)
    for _ in range(3):
        breaker.enter()
    breaker.failed()
    now = 5.0
    breaker.failed()
    breaker.failed()
    assert breaker.enter() == 5.0
