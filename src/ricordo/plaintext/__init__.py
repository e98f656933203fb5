"""The plaintext tier: the write flow, the read flow, and their pure stages."""
