"""The command line of tests/cli, for tests of what keeps a server running."""

from tests.cli.conftest import ask, isolated, run

__all__ = ["ask", "isolated", "run"]
