"""The ground everything stands on: ids, the clock, errors, canonical JSON. Knows nothing of the platform."""
