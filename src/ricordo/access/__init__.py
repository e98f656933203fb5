"""Who may do what over a network: API keys, and the checks that stand before every surface."""
