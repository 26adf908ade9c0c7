"""Work that nobody waits for: at intervals, or asked for in a request and done after its commit. Offered by the hook ``background_jobs``.

Jobs run in a process apart that is ended when a call takes longer than the job's ``seconds``. A call is one transaction; returning ``True`` asks for
the next call at once, so an import of a million rows is a thousand calls, each of which remembers how far it came in a table of the plugin.
"""

from collections.abc import Mapping
from typing import Any

from core.pluginhost import jobs
from core.pluginhost.background import Job
from core.pluginhost.context import Context, whole

__all__ = ["Job", "later"]


def later(ctx: Context, job: str, body: Mapping[str, Any], *, key: str) -> str:
    """Have the own *job* called with *body* after this transaction is committed; returns an id.

    The same *key* again changes nothing, for as long as a quarter of a year: name what is done (``f"import/{import_id}"``). *body* is plain JSON with ids
    and references only, never a person's values. Raises :class:`~core.pluginhost.errors.UnknownPlugin` for a job that is not offered.
    """
    return jobs.later(whole(ctx), ctx.plugin, job, body, key=key)
