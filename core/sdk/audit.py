"""The audit record: who did what to what of a plugin's, and who looked. It can be added to and never changed."""

from collections.abc import Mapping
from typing import Any

from core.audit import service as audit
from core.pluginhost.context import Context, whole


def record(ctx: Context, action: str, subject: tuple[str, str], detail: Mapping[str, Any] | None = None) -> None:
    """Write that the actor did *action* (``<plugin>.<action>`` in the record) to *subject* (kind, id). No personal values in *detail*."""
    audit.record(whole(ctx), f"{ctx.plugin}.{action}", subject=subject, actor=ctx.actor, detail=detail)
