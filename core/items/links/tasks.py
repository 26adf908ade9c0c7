"""What the worker does for the link check: it plans each hour, and asks one address a message – in the process apart, since a server may be slow."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from core.items.links.service import LOOK, look, plan, write_down
from core.items.links.settings import prober
from core.kernel.probing import Probe
from core.outbox import schedule
from core.outbox import service as outbox


def _ended(session: Session, body: dict[str, Any], message_id: str) -> None:
    """The process was ended in the middle of it: a name server that never answers, most likely."""
    del message_id
    write_down(session, body["link"], Probe("silent", why="slow"))


@outbox.handler(LOOK, lane=outbox.PLUGINS, turn="host", ended=_ended)
def ask(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Ask one address."""
    del message_id  # asking twice does no harm
    look(session.info["database"], body["link"], prober())


schedule.every("links.plan", timedelta(hours=1).total_seconds(), plan)
