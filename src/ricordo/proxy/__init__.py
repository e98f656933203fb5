"""`ricordo proxy`: a memory for any client of a model API, between it and the model server."""
