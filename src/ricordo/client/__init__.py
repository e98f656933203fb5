"""A memory behind a server, with the methods of `Memory`."""

from ricordo.client.client import Client, connect

__all__ = ["Client", "connect"]
