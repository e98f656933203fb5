"""Classes of other frameworks, backed by a memory. Each needs its own extra."""
