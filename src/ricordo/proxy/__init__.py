"""`ricordo proxy`: a memory for any client of a model API, between it and the model server."""

from __future__ import annotations

from importlib.util import find_spec

from ricordo.errors import MissingExtraError

if not all(find_spec(name) for name in ("httpx", "starlette", "uvicorn")):
    raise MissingExtraError("proxy", "ricordo proxy")
