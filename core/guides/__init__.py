"""Guides (办事指南): an item and a person's situation become everything that page, print and API show."""
