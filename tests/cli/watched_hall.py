"""A hall whose watchdog is impatient, for ``wangting serve --application``."""

from flask import Flask

from core import app
from core.pluginhost import watchdog


def serve() -> Flask:
    """The hall; a call that does not come back for a second hangs."""
    watchdog.HUNG_SECONDS = 1.0
    return app.serve()
