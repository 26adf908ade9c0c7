"""``wangting demo``: the invented people of a demonstration hall."""

import secrets

import click

from core.cli.opening import application
from core.identity import demo as seed
from core.kernel.errors import BadInput, NotFound
from core.web import edge
from core.web.site import site


@click.group()
def demo() -> None:
    """The people of a demonstration hall."""


@demo.command()
@click.argument("name", required=False)
@click.option("--reset", is_flag=True, help="Give NAME a new password and print it.")
def people(name: str | None, reset: bool) -> None:
    """List everybody, or only NAME (a log-in); with --reset give NAME a new password and print it."""
    if reset and not name:
        raise click.UsageError("写上要重设的用户名 / say whose password: wangting demo people NAME --reset")
    from core.web.backoffice.users import set_password, user_id  # with Flask-AppBuilder: a third of what a command would load

    app = application()
    with app.app_context():
        here = site()
        if not here.config.demo:
            raise BadInput("cli.not_demo", home=str(here.config.home))
        session = edge.session()  # the same session as Flask-AppBuilder's, so that one transaction holds both
        found = [person for person in seed.people(session, user_of=user_id) if name in (None, person.login)]
        if name and not found:
            raise NotFound("cli.no_such_person", name=name)
        if not reset:
            for person in found:
                click.echo(f"{person.login:<16} {person.name}  {person.what}")
            return
        password = "w7-" + secrets.token_urlsafe(9)
        if not seed.reset_citizen(session, found[0].login, password):
            set_password(found[0].login, password)
        session.commit()
        click.echo(f"{found[0].login}  {password}")
