"""One Hypothesis profile for all tests: the same examples every time, as many as fit in a quick run."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Results must not hang on how far a thread has come; tests of the thread switch it on.
os.environ["RICORDO_BACKGROUND"] = "0"

settings.register_profile(
    "ricordo",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ricordo")
