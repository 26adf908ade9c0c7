"""What the simulators – upper platform, SMS gateway, devices of a desk – have in common: they answer on a port of their own until somebody stops them."""

import errno
from collections.abc import Callable
from http.server import ThreadingHTTPServer

import click

from core.kernel.errors import BadInput


def until_stopped(bind: Callable[[], ThreadingHTTPServer], port: int, more: str = "") -> None:
    """Say where what *bind* opens answers, then *more*, and let it answer until Ctrl-C. Raises :class:`BadInput` when *port* is taken."""
    try:
        server = bind()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise BadInput("cli.port_option_taken", port=port) from error
    with server:
        click.echo(f"http://{server.server_address[0]!s}:{server.server_port}{more}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("")
