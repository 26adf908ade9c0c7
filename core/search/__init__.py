"""Search: one index of titles, everyday words, pinyin and text, on SQLite and PostgreSQL alike. Knows no kind of thing by name."""
