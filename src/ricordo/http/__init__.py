"""The HTTP API: `ricordo serve`. Everything below `/v1` is read from the table of routes."""
