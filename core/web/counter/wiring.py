"""Hang the comprehensive window into the application."""

from flask import Flask

from core.web.counter import receipts as _receipts
from core.web.counter import receiving, steps

del _receipts  # importing it hung its route on the blueprint


def register(app: Flask) -> None:
    """The desk, and the steps of an application under a visit."""
    app.register_blueprint(receiving.blueprint)
    app.register_blueprint(steps.blueprint)
