"""The plugin host: manifests, discovery, order, scoped hook calls, quarantine. Knows no hook by name."""
