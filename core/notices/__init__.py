"""Notices: one row a message with a stable key; texts are logic-less templates; the in-site inbox is the first channel."""
