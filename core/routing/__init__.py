"""Routes: the language, its pure engine, its checks, its picture and its sentences. No database, no web."""
