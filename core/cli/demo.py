"""``wangting demo``: the invented people of a demonstration hall."""

import secrets

import click

from core.cli.opening import application
from core.identity import demo as seed
from core.kernel.errors import BadInput
from core.web.backoffice.users import set_password
from core.web.site import site


@click.group()
def demo() -> None:
    """The people of a demonstration hall."""


@demo.command()
@click.argument("name", required=False)
@click.option("--reset", is_flag=True, help="Give NAME a new password and print it.")
def people(name: str | None, reset: bool) -> None:
    """List everybody; with NAME and --reset make a new password."""
    app = application()
    with app.app_context():
        here = site()
        if not here.config.demo:
            raise BadInput("cli.not_demo", home=str(here.config.home))
        with here.database.session() as session:
            if name and reset:
                password = secrets.token_urlsafe(9)
                if not seed.reset_citizen(session, name, password):
                    set_password(name, password)
                click.echo(f"{name}  {password}")
                return
            for person in seed.people(session):
                click.echo(f"{person.login:<16} {person.name}  {person.what}")
