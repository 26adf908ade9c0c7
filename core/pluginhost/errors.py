"""What is wrong with a plugin, always with its name."""

from core.kernel.errors import NotFound, PlatformError


class PluginTrouble(PlatformError):
    """A plugin cannot be loaded as it is; the words say why. The site starts without it."""

    key = "pluginhost.load_failed"


class PluginFailed(PlatformError):
    """A plugin raised inside a hook whose answer is needed; the operation fails and names it."""

    status = 502
    key = "pluginhost.failed"


class JobWaits(PlatformError):
    """A job whose plugin takes part nowhere just now: disabled, set aside, or not loaded. It is tried again, and kept for an operator in the end."""

    key = "pluginhost.job_waits"


class UnknownPlugin(NotFound):
    """No such plugin, or no such hook."""

    key = "pluginhost.unknown_plugin"
