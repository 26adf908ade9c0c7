"""What a plugin may import of the platform: small, typed, versioned. Everything else of ``core`` is the platform's inside and may change any day."""

from core.pluginhost.host import hookimpl
from core.pluginhost.manifest import SDK as VERSION

__all__ = ["VERSION", "hookimpl"]
