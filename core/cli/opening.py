"""How a command opens the hall it works on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Flask
from sqlalchemy.orm import Session

from core.app import create_app, open_site
from core.web.site import Config, Site


def configured(**changes: object) -> Config:
    """The configuration from the environment; a hall that was initialised as a demo stays one."""
    config = Config.from_environment(os.environ)
    if (config.home / "demo").exists():
        config = replace(config, demo=True)
    return replace(config, **changes)  # type: ignore[arg-type]


@contextmanager
def opened() -> Iterator[tuple[Site, Session]]:
    """The hall's instruments and one session, committed when the command ends well."""
    site = open_site(configured())
    with site.database.session() as session:
        yield site, session


def application(**changes: object) -> Flask:
    """The whole application, for commands that need the back office's users."""
    return create_app(configured(embedded=False, **changes))
