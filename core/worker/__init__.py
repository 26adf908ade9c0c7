"""Background work as processes of its own: the outbox worker without a broker, and the Celery application."""
