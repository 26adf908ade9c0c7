"""Keys: the hall's master key, sealed envelopes, data keys for cases, parties and blobs, and the keyed index. Knows nothing of what it protects."""
