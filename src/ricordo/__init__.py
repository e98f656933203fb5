"""Ricordo: a memory system for stateless language models."""
