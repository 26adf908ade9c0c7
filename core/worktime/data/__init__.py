"""The published notices of working days and holidays, one file a year."""
