"""What the market does. Session and clock come with the context; nothing here knows a page."""
