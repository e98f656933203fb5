"""A memory behind a server, with the methods of `Memory`."""
