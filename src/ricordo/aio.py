"""The same methods, to be awaited: one wrapper for `Memory` and for a client."""
