"""The Celery application: ``celery -A core.worker.celery_app worker``. It opens the hall on first use, never at import.

Every worker's main process also runs the relay, which publishes what web processes committed, and the periodic jobs; there is no
beat, because jobs are driven by rows. What calls plugins' code is not published: a process apart runs it, opened here while it is wanted.
"""

import os
from functools import partial
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init, worker_ready, worker_shutdown

from core.outbox import celery_transport
from core.outbox.relay import Embedded
from core.web.observe import configure_logging
from core.worker.site import open_database, open_hall

app = celery_transport.configure(Celery("wangting", broker=os.environ.get("BROKER_URL") or os.environ.get("REDIS_URL")))

_relay: Embedded | None = None


@app.task(name=celery_transport.TASK)  # type: ignore[untyped-decorator]
def run(message_id: str) -> bool:
    """Run one outbox message by its id."""
    return celery_transport.run_message(open_database(), message_id)


@setup_logging.connect  # type: ignore[untyped-decorator]
def _log(**_: Any) -> None:
    """Structured logs like everywhere else; with a receiver here Celery leaves logging alone."""
    configure_logging()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _forked(**_: Any) -> None:
    """A pool process must not use connections its parent opened."""
    if open_database.cache_info().currsize:
        open_database().engine.dispose(close=False)


@worker_ready.connect  # type: ignore[untyped-decorator]
def _start_relay(**_: Any) -> None:
    global _relay
    from core.app import keeper  # the composition root reads the environment

    _relay = Embedded(open_database(), partial(celery_transport.publish_once, app=app), keeper=keeper(open_hall())).start()


@worker_shutdown.connect  # type: ignore[untyped-decorator]
def _stop_relay(**_: Any) -> None:
    if _relay is not None:
        _relay.stop()
