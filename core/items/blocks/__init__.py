"""Shared blocks of forms, by version: ``name@number`` never changes once an item was published with it."""
