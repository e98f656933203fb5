"""The inspector: a page to look at a space."""
