"""Hang the portal into the application."""

from flask import Flask

from core.web.portal import guide, papers
from core.web.portal.account import account
from core.web.portal.apply import apply
from core.web.portal.browse import portal
from core.web.portal.cases import cases
from core.web.portal.my import my
from core.web.portal.progress import progress


def register(app: Flask) -> None:
    """Every blueprint of the portal, at the root of the site (and, through the hall prefix, of every branch)."""
    # The guide and the uploads hang their routes on ``portal`` when they are imported.
    assert guide.portal is portal and papers.portal is portal  # noqa: PT018 - one fact
    for blueprint in (portal, account, apply, cases, my, progress):
        app.register_blueprint(blueprint)
