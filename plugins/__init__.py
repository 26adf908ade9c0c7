"""Departments: each sub-package is a plugin with a manifest (DESIGN §7)."""
