"""`ricordo proxy`: a memory for any client of a model API, between it and the model server."""

from __future__ import annotations

from ricordo.errors import MissingExtraError

try:
    import httpx as httpx
    import starlette as starlette
except ImportError as error:
    raise MissingExtraError("proxy", "ricordo proxy") from error
