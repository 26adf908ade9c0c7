"""Rules that real halls check their items with (STANDARDS §1), one function each.

A rule that fails because the item contradicts itself or the law is an *error*; one that fails only because the source is
silent (no FAQ, no sample, no complaint number) is a *warning*: it may never be mended by invention.
"""
