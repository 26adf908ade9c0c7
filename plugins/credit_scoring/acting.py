"""Who acts, as it is written down."""

from core.sdk import Context


def actor(ctx: Context) -> str:
    """``staff:<id>``, ``citizen:<id>``, ``system:…``."""
    return f"{ctx.actor.kind}:{ctx.actor.id}"
