"""Background work: what is due because a day or an hour came."""

from datetime import timedelta
from typing import Any

from core.sdk import Context
from core.sdk.background import Job
from plugins.intermediary_market.service.advance import advance


def run(ctx: Context, body: dict[str, Any]) -> bool:  # noqa: ARG001 - every job has one
    """Move what is due; called again at once while there is more."""
    return advance(ctx)


JOBS = (Job("advance", run, every=timedelta(minutes=5), seconds=120),)
