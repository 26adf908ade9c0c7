"""Hang the studio into the application."""

from flask import Flask

from core.web.site import Site
from core.web.studio import editing, form_builder, home, preview, route_editor, testing, whatif


def register(app: Flask, site: Site) -> None:  # noqa: ARG001 – every face is hung in alike
    """Add the studio's pages."""
    for blueprint in (home.blueprint, editing.blueprint, form_builder.blueprint, route_editor.blueprint, preview.blueprint, testing.blueprint, whatif.blueprint):
        app.register_blueprint(blueprint)
