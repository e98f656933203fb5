"""Programs for those who work on Ricordo; not part of the package."""
