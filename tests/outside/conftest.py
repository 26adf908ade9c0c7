"""A distribution of somebody else: its tests are its own and run in an environment of their own (test_street_trees.py)."""

collect_ignore = ["street_trees"]
