"""The transactional outbox: what must happen after a commit is a row of that commit. Knows no message's meaning."""
