"""Scoring: models as data, compiled once, applied to a subject's records. Pure: no database, no clock, no web."""
