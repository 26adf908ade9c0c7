"""Audit: an append-only, hash-chained record of who did and who looked. Knows subjects by (kind, id) only."""
