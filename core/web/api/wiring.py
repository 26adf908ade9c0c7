"""Hang the API into the application."""

from flask import Flask, Response, jsonify

from core.web.api import applying, catalogue, item_life, openapi, papers, working
from core.web.api.operation import OPERATIONS, blueprint
from core.web.page import page
from core.web.secure import csrf

_MODULES = (applying, catalogue, item_life, papers, working)  # importing them registers their operations


@blueprint.get("/openapi.json")
def describe() -> Response:
    """The OpenAPI 3.1 document."""
    return jsonify(openapi.document())


@blueprint.get("/docs")
def read() -> str:
    """The same for people."""
    return page("portal/api.html", operations=OPERATIONS, modules=len(_MODULES))


def register(app: Flask) -> None:
    """Serve ``/v1``. Bearer tokens are not sent by browsers on their own, so CSRF does not apply."""
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)
