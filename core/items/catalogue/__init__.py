"""The basic catalogue, what departments claim from it, and the life of an item as requests that others review."""
