"""What a plugin may import of the platform: small, typed, versioned. Everything else of ``core`` is the platform's inside and may change any day.

One module a subject: ``tables`` ``web`` ``slots`` ``background`` ``fields`` ``cases`` ``people`` ``licences`` ``items`` ``notices`` ``files``
``sheets`` ``printing`` ``worktime`` ``audit`` ``testing``. A verb takes the plugin's :class:`Context` first.

Errors are raised by key – ``BadInput("<plugin>.too_early", day="…")`` – and worded in the plugin's ``wording.json``: key → ``{"zh": …, "en": …}``.
"""

from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Conflict, Finding, Forbidden, NotFound, PlatformError
from core.pluginhost.context import Context
from core.pluginhost.hooks import hookimpl
from core.pluginhost.manifest import SDK as VERSION
from core.pluginhost.words import Words

__all__ = [
    "VERSION", "Actor", "BadInput", "Conflict", "Context", "Finding", "Forbidden", "NotFound", "PlatformError", "Words", "hookimpl",
]  # fmt: skip
