"""The peer's only application."""
