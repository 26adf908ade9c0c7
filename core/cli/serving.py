"""``serve``: the production web server, several worker processes over one port."""

import importlib.util
import socket

import click

from core.app import share_application
from core.cli.opening import configured
from core.kernel.errors import BadInput
from core.web.observe import configure_logging


@click.command()
@click.option("--workers", type=click.IntRange(1, 256), default=2, show_default=True, help="Processes; about one a core.")
@click.option("--threads", type=click.IntRange(1, 256), default=4, show_default=True, help="Threads that answer in each process.")
@click.option("--application", default="core.app:serve", show_default=True, help="Factory of the WSGI application, for a hall that wraps it in its own.")
def serve(workers: int, threads: int, application: str) -> None:
    """Serve the hall at HOST:PORT on Granian (extra ``fast``).

    What stops a hall from running – keys, tables, a demo shown to the world – is said once, here, before any process is started. Then the
    application is built and the processes forked from this one: they share that memory, and a worker that is replaced starts at once.
    """
    if importlib.util.find_spec("granian") is None:
        raise BadInput("cli.no_granian")
    from granian import Granian
    from granian.constants import Interfaces

    configure_logging()
    config = configured()
    config.refuse_public_demo()
    socket.create_server((config.host, config.port)).close()  # a taken port in words: Granian would end with a trace of its own
    share_application()
    Granian(
        application,
        address=config.host,
        port=config.port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        factory=True,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=30,  # seconds; one that is told to end while it still starts does not hear it
    ).serve()
