"""``init``, ``run``, ``worker``, ``migrate``: a hall from nothing to running."""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click
from sqlalchemy import inspect

from core.app import check_ready, create_app, keeper, open_site
from core.cli import setting_up
from core.cli.opening import configured
from core.db import migrate as migrations
from core.db.database import Database
from core.keys import service as keys
from core.keys import store as key_store
from core.keys.errors import KeyMissing
from core.pluginhost import failures
from core.web.observe import configure_logging
from core.web.site import Config


@contextlib.contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """One ``init`` at a time on this home; the lock goes with the process."""
    import fcntl

    with (home / "init.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@click.command()
@click.option("--demo", "as_demo", is_flag=True, help="Make a demonstration hall: an invented city, its people, real items.")
@click.option("--quiet", is_flag=True, help="Say nothing when there is nothing to do.")
def init(as_demo: bool, quiet: bool) -> None:
    """Set up or bring up to date: keys, tables, permissions, calendar, items. Safe to run again."""
    set_up(as_demo=as_demo, quiet=quiet)


def set_up(*, as_demo: bool, quiet: bool, plugins: bool = False) -> None:
    """Do what ``init`` does, one process at a time, and say each step. With *plugins* the demonstration gets those that come with the platform."""
    config = configured()
    config.home.mkdir(parents=True, exist_ok=True)
    with _only_one(config.home):
        if as_demo:
            (config.home / "demo").touch()
            config = configured()
        if setting_up.is_current(config):
            key_store.from_environment(config.home, os.environ)  # "up to date" without its keys is not
            if not quiet:
                click.echo(f"{config.home}: 已是最新 / up to date")
            return
        for line in prepare(config):
            click.echo(line)
        for line in setting_up.demo_plugins(config) if plugins else ():
            click.echo(line)
        setting_up.mark_current(config)


def _refuse_used(config: Config) -> None:
    """New keys are for a new hall only. Raises :class:`KeyMissing` for a database that was written with keys which are not here."""
    database = Database(config.database_url)
    try:
        used = inspect(database.engine).has_table("key_check")
    finally:
        database.close()
    if used:
        raise KeyMissing(path=str(key_store.key_file(config.home)))


def prepare(config: Config) -> Iterator[str]:
    """Every step of setting up, each safe to repeat; yields what to tell the operator."""
    if not key_store.key_file(config.home).exists() and not os.environ.get(key_store.VARIABLE):
        _refuse_used(config)
        key_store.create_keys(config.home)
        yield f"密钥已生成 / keys made: {key_store.key_file(config.home)} (请备份 / back this up)"
    site = open_site(config)
    migrations.upgrade(site.database)
    with site.database.session() as session:
        keys.check(session, site.keyring)
    yield "数据库已就绪 / tables are up to date"
    app = create_app(configured(embedded=False))
    yield from setting_up.permissions(app)
    with site.database.session() as session:
        yield from setting_up.reference_data(session)
    if config.demo:
        yield from setting_up.demo_people(app)
    with site.database.session() as session:
        yield from setting_up.items(session, config)
    for used in (site, app.extensions["wangting"]):
        used.database.close()  # ``run --demo`` goes on to serve in this process


@click.command()
@click.option("--demo", "as_demo", is_flag=True, help="Set up a demonstration hall first, or bring it up to date.")
def run(as_demo: bool) -> None:
    """Serve the hall at HOST:PORT (default 127.0.0.1:8080) with the embedded worker."""
    from waitress import serve

    configure_logging(logging.WARNING if sys.stdout.isatty() else logging.INFO)
    if as_demo:
        configured(demo=True).refuse_public_demo()  # before anything is made
        set_up(as_demo=True, quiet=True, plugins=True)
    config = configured()
    config.refuse_public_demo()
    app = create_app(config)
    click.echo(setting_up.where_to_go(config))
    serve(app, host=config.host, port=config.port, threads=8, max_request_body_size=64 * 2**20, channel_timeout=60, ident=None)


@click.command()
def worker() -> None:
    """Run the outbox relay and scheduled jobs in a process of their own, without a broker."""
    from core.outbox.forever import run_forever

    configure_logging()
    site = open_site(configured())
    check_ready(site)
    click.echo("worker: running")
    site.plugins.calls.watch(partial(failures.hung, site.database, replaced=False))
    run_forever(site.database, keeper=keeper(site))


@click.group()
def migrate() -> None:
    """Tables: where they stand, up, down."""


@migrate.command("upgrade")
def migrate_upgrade() -> None:
    """Bring the tables to this version."""
    site = open_site(configured())
    migrations.upgrade(site.database)
    click.echo(" / ".join(str(each) for each in migrations.status(site.database)))


@migrate.command("status")
def migrate_status() -> None:
    """Where the tables stand."""
    current, newest = migrations.status(open_site(configured()).database)
    click.echo(f"{current or '-'} / {newest}")
