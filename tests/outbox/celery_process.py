"""A Celery worker over the test's database, to be killed."""

import os

from celery import Celery

import tests.outbox.relay_process  # noqa: F401 - registers the handler
from core.db.database import Database
from core.outbox import celery_transport

app = celery_transport.configure(Celery("test", broker=os.environ["BROKER_URL"]))
celery_transport.register(app, Database(os.environ["OUTBOX_URL"]))
