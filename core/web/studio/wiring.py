"""Hang the studio into the application."""

from flask import Flask

from core.web.site import Site
from core.web.studio import (
    blocks,
    bundles,
    condition,
    copying,
    editing,
    findings,
    form_builder,
    hall,
    history,
    home,
    import_catalogue,
    import_materials,
    links,
    papers,
    preview,
    publishing,
    route_editor,
    testing,
    uploading,
    uses,
    whatif,
)


def register(app: Flask, site: Site) -> None:  # noqa: ARG001 – every face is hung in alike
    """Add the studio's pages."""
    faces = (home, editing, form_builder, blocks, findings, uses, route_editor, condition, preview, testing, whatif, publishing, history, papers, links, hall)
    imports = (uploading, import_materials, import_catalogue, bundles, copying)
    for face in (*faces, *imports):
        app.register_blueprint(face.blueprint)
    app.register_blueprint(papers.typeface)
