"""What plugins do in the background. Handed to the plugin host by the composition root."""

from collections.abc import Sequence

from core.pluginhost.background import Job
from core.pluginhost.hooks import hook


@hook("offers", Job)
def background_jobs() -> Sequence[Job]:  # type: ignore[empty-body]
    """Work for the background: at intervals, or asked for by the plugin itself (``core.sdk.background.later``).

    *When* once, when the jobs are first looked for after the plugin was loaded. *Transaction* none; each call of a job has one of its own. *Returns* jobs.
    *On error* the plugin is set aside. A call of a job that raises is tried again with growing pauses; one that takes longer than its ``seconds`` is
    ended with its process; both are counted. *Since* 1.0.
    """
