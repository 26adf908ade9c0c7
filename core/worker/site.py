"""The hall as a worker sees it: keys, database, blobs and plugins, no web server."""

import os
from functools import cache

from core.db.database import Database
from core.web.site import Config, Site


@cache
def open_hall() -> Site:
    """The hall with its instruments and every outbox handler registered, opened once a process."""
    from core import app  # the composition root reads the environment; importing a worker module must not

    return app.open_site(Config.from_environment(os.environ))


@cache
def open_database() -> Database:
    """The hall's database."""
    return open_hall().database
