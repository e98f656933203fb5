"""The benchmark of followers, small: both answer alike, and what one server writes the other sees at once."""

from __future__ import annotations

from pathlib import Path

from benchmarks.followers import measure

from ricordo.testing.postgres import PostgresServer


def test_both_answer_alike(tmp_path: Path, server: PostgresServer) -> None:
    """Every recall is equal in a directory and in a database; nothing is missed."""
    with server.database() as url:
        told = measure(tmp_path, url, records=120, asked=12, seed=7)
    assert told["verified"]
    assert all(told[name]["alike"] == told[name]["queries"] == 12 for name in ("recall", "recall_in_small_scope"))
    assert told["written_here_recalled_there"]["seen_at_once"] == told["written_here_recalled_there"]["writes"] > 0
    assert told["catch_up"]["records"] == 100
