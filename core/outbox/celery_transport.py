"""Celery as transport: the relay publishes a claimed message's id, a worker runs the same handler under the same guard.

The row stays the truth. A broker that loses a task (measured: every one does on a kill at the wrong moment) costs only the time until
the lease runs out and the message is published again; a broker that delivers twice meets the effect row.
"""

import logging
from datetime import timedelta

from celery import Celery
from sqlalchemy import select, update

from core.db.database import Database
from core.outbox.models import Message
from core.outbox.relay import Claim, claim, deliver, worker_name

log = logging.getLogger("wangting.outbox")

TASK = "wangting.outbox"
#: Long enough for a task to wait in a queue; after it the message is published again.
LEASE = timedelta(minutes=2)


def configure(app: Celery) -> Celery:
    """The settings under which killed workers and lost brokers lose no message."""
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        enable_utc=True,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": 600, "socket_connect_timeout": 5, "socket_timeout": 30},
    )
    return app


def register(app: Celery, database: Database) -> None:
    """Give *app* the one task there is: run a message by its id."""

    @app.task(name=TASK)  # type: ignore[untyped-decorator]
    def run(message_id: str) -> bool:
        return run_message(database, message_id)


def run_message(database: Database, message_id: str) -> bool:
    """Run one published message. False when it is done, parked, or failed and waits for its next publication."""
    with database.session() as session:
        row = session.execute(select(Message.topic, Message.body, Message.attempts).where(Message.id == message_id)).one_or_none()
    return row is not None and deliver(database, Claim(message_id, row.topic, row.body, row.attempts))


def publish_once(database: Database, app: Celery, limit: int = 100) -> int:
    """Claim due messages and hand their ids to the broker; returns how many were published. Used as *run* of ``relay.Embedded``."""
    published = 0
    claims = claim(database, limit, by=worker_name(), lease=LEASE)
    for position, message in enumerate(claims):
        try:
            app.send_task(TASK, args=[message.id], task_id=message.id, retry=False)
        except Exception:
            _give_back(database, claims[position:])  # the broker is away: nothing is lost and no attempt is counted
            raise
        published += 1
    return published


def _give_back(database: Database, claims: list[Claim]) -> None:
    ids = [message.id for message in claims]
    statement = (
        update(Message)
        .where(Message.id.in_(ids), Message.done_at.is_(None))
        .values(claimed_until=None, claimed_by=None, attempts=Message.attempts - 1)
        .execution_options(synchronize_session=False)
    )
    database.run(lambda session: session.execute(statement))
