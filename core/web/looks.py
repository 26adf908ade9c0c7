"""The themes of the site as its hall has them now: those of the files, with the tokens that were put in force in the studio (decision 0015).

Every process notices a change by itself. A stylesheet's address carries the hash of its bytes, so browsers keep one for ever; a process that is asked for
a hash it does not know looks again before it answers, and what it then sends in its place is kept by nobody.
"""

from collections.abc import Mapping
from typing import Any

from flask import Response, abort, current_app, g
from sqlalchemy.exc import SQLAlchemyError

from core.kernel.errors import PlatformError
from core.settings import documents
from core.web import edge
from core.web.theming import Themes

#: The kind of the hall's own documents that are themes.
KIND = "theme"
#: The site's themes as last made, beside what they were made from (``extensions["wangting_looks"]``).
_Made = tuple[Mapping[str, Mapping[str, Any]], Themes]


def shipped() -> Themes:
    """The themes of the files."""
    found: Themes = current_app.extensions["wangting_themes"]
    return found


def current() -> Themes:
    """The themes of this request. With the database away they stay as this process last knew them."""
    if "themes" not in g:
        g.themes = _made()
    found: Themes = g.themes
    return found


def _made() -> Themes:
    last = _last()
    try:
        own = documents.in_force(edge.session(), KIND)
    except (PlatformError, SQLAlchemyError):
        return last[1]
    if not own:
        current_app.extensions.pop("wangting_looks", None)
        return shipped()
    if own is not last[0]:
        last = current_app.extensions["wangting_looks"] = (own, last[1] if own == last[0] else shipped().with_own(own))
    return last[1]


def _last() -> _Made:
    found: _Made = current_app.extensions.get("wangting_looks") or ({}, shipped())
    return found


def inherited(name: str) -> Mapping[str, str]:
    """The tokens that a theme has without saying so itself, phones' as ``…-phone``."""
    return shipped().inherited(name) if name in shipped() else {}


def stylesheet(file: str) -> Response:
    """The sheet ``<name>.<hash>.css``, to be kept for ever. An old hash of a theme that is there gets today's sheet, to be kept by nobody."""
    known = _exact(_last()[1], file) or _exact(shipped(), file)
    if known is None and shipped().stylesheet(file) is None:
        abort(404)
    if known is None:
        documents.seen(edge.session())
        g.pop("themes", None)
        known = _exact(current(), file)
    response = Response(known or current().stylesheet(file), mimetype="text/css")
    response.headers["Cache-Control"] = "no-cache" if known is None else "public, max-age=31536000, immutable"
    return response


def _exact(themes: Themes, file: str) -> bytes | None:
    """The sheet of that very address."""
    return next((theme.css for theme in themes if theme.css_file == file), None)
