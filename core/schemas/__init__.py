"""The published JSON Schemas, the loader of documents and the converters between versions. Knows shapes, not what an item means."""
