"""The threads of a server: no kind of work holds up another."""

from __future__ import annotations

import asyncio
import threading
from typing import get_args

from ricordo.http.lanes import Lane, Lanes
from ricordo.http.table import matched


def test_those_who_wait_for_an_event_hold_up_nobody() -> None:
    found = matched("/v1/spaces/default/wait")
    assert found is not None
    waits = found.operations["POST"].lane
    came = threading.Event()

    async def crowded() -> None:
        waiting = [asyncio.ensure_future(lanes.run(waits, lambda: came.wait(20))) for _ in range(40)]
        others: list[Lane] = [lane for lane in get_args(Lane) if lane != waits]
        assert len(others) == 3
        for lane in others:
            assert await asyncio.wait_for(lanes.run(lane, lambda: "done"), 10) == "done"
        assert not any(one.done() for one in waiting)
        came.set()
        assert all(await asyncio.gather(*waiting))

    lanes = Lanes()
    try:
        asyncio.run(crowded())
    finally:
        came.set()
        lanes.close()
