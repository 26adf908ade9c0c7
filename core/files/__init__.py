"""Files: what people hand in, checked, sealed and addressed by keyed content. Knows holders by (kind, id) only."""
