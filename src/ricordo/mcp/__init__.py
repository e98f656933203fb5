"""`ricordo mcp`: a memory for any client of the Model Context Protocol."""
