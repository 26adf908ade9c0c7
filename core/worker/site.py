"""The hall as a worker sees it: keys, database, blobs and plugins, no web server."""

import os
from functools import cache

from core.db.database import Database


@cache
def open_database() -> Database:
    """The database with its instruments and every outbox handler registered, opened once a process."""
    from core import app  # the composition root reads the environment; importing a worker module must not
    from core.web.site import Config

    return app.open_site(Config.from_environment(os.environ)).database
