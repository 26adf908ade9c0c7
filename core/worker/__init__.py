"""Background work over Celery. Without a broker ``core.outbox.forever`` is the whole worker."""
