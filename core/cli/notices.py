"""``notices``: the SMS gateway – set it, try it against a simulator."""

import click

from core.cli.opening import opened
from core.cli.simulating import until_stopped
from core.kernel.actor import SYSTEM


@click.group()
def notices() -> None:
    """Messages that leave the house: the SMS gateway."""


@notices.command()
@click.option("--sms-url", help="Where the gateway takes messages, https://…; empty switches SMS off.")
def configure(sms_url: str | None) -> None:
    """Set the gateway's address; without the option show it and how many messages wait. The secret is WANGTING_SMS_SECRET."""
    from core.kernel import wire
    from core.notices import held
    from core.notices.errors import NotConfigured
    from core.notices.settings import SMS_URL
    from core.settings import service as settings

    if sms_url and not wire.usable(sms_url):
        raise NotConfigured("notices.bad_sms_url", url=sms_url)
    with opened() as (_site, session):
        if sms_url is not None:
            settings.put(session, SMS_URL, sms_url, actor=SYSTEM)
        told = "  ".join(f"{state}: {n}" for state, n in held.counts(session).items())
        click.echo(f"{settings.get(session, SMS_URL) or '–'}  {told}")


@notices.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8791, show_default=True, type=int)
@click.option("--fault", multiple=True, metavar="N=KIND", help="What goes wrong with the n-th message: hang, break, odd, busy, refuse.")
def simulate(host: str, port: int, fault: tuple[str, ...]) -> None:
    """An SMS gateway on this machine, until Ctrl-C. Needs WANGTING_SMS_SECRET, the same as the hall's."""
    from core.notices import sms
    from core.notices.simulator import Gateway, server

    gateway = Gateway(secret=sms.secret(), faults=dict(_fault(each) for each in fault))
    try:
        until_stopped(lambda: server(gateway, host, port), port)
    finally:
        gateway.closing.set()


def _fault(given: str) -> tuple[int, str]:
    from core.notices.simulator import FAULTS

    number, _, kind = given.partition("=")
    if not number.isdigit() or kind not in FAULTS:
        raise click.BadParameter(f"{given}: N=KIND, {', '.join(FAULTS)}", param_hint="--fault")
    return int(number), kind
