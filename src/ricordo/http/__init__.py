"""`ricordo serve`: the HTTP API under /v1."""
