"""The database: one engine, sessions that carry the hall's instruments, column types, migrations. Knows no model."""
