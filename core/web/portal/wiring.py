"""Hang the portal into the application."""

from flask import Flask

from core.web.portal import before as _before
from core.web.portal import correcting as _correcting
from core.web.portal import delivery as _delivery
from core.web.portal import documents as _documents
from core.web.portal import filing as _filing
from core.web.portal import guide as _guide
from core.web.portal import inquiring as _inquiring
from core.web.portal import later as _later
from core.web.portal import mandates as _mandates
from core.web.portal import my_materials as _my_materials
from core.web.portal import proof as _proof
from core.web.portal import represented as _represented
from core.web.portal import steps as _steps
from core.web.portal import uploads as _uploads
from core.web.portal.account import account
from core.web.portal.apply import apply
from core.web.portal.browse import portal
from core.web.portal.cases import cases
from core.web.portal.licences import my_licences
from core.web.portal.my import my
from core.web.portal.progress import progress

# Importing them hung their routes on the blueprints.
del _before, _correcting, _delivery, _documents, _filing, _guide, _inquiring, _later, _mandates, _my_materials, _proof, _represented, _steps, _uploads


def register(app: Flask) -> None:
    """Every blueprint of the portal, at the root of the site (and, through the hall prefix, of every branch)."""
    for blueprint in (portal, account, apply, cases, my, my_licences, progress):
        app.register_blueprint(blueprint)
