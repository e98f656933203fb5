"""Indexes over the log: what a record version is found by, and the vector index that follows the log."""
