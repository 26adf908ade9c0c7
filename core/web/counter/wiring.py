"""Hang the comprehensive window into the application."""

from flask import Flask

from core.web.counter import consents as _consents
from core.web.counter import mending, receiving, steps
from core.web.counter import receipts as _receipts
from core.web.counter import returning as _returning

del _consents, _receipts, _returning  # importing them hung their routes on the blueprint


def register(app: Flask) -> None:
    """The desk, and the steps of an application under a visit."""
    app.register_blueprint(receiving.blueprint)
    app.register_blueprint(steps.blueprint)
    app.register_blueprint(mending.blueprint)
