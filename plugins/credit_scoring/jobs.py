"""Background work: imports and runs in pieces, and the daily scoring."""

from datetime import timedelta
from typing import Any

from core.sdk import Context, NotFound
from core.sdk.background import Job
from plugins.credit_scoring import importing, running


def bring_in(ctx: Context, body: dict[str, Any]) -> bool:
    """The next piece of an import. One that was dropped meanwhile is done with."""
    try:
        return importing.piece(ctx, body["batch"])
    except NotFound:
        return False


def score(ctx: Context, body: dict[str, Any]) -> bool:
    """The next piece of a run."""
    try:
        return running.piece(ctx, body["run"])
    except NotFound:
        return False


def daily(ctx: Context, _body: dict[str, Any]) -> None:
    """Records grow old: everybody is scored anew."""
    running.daily(ctx)


JOBS = (
    Job("import", bring_in, seconds=120),
    Job("score", score, seconds=120),
    Job("daily", daily, every=timedelta(days=1), seconds=60),
)
