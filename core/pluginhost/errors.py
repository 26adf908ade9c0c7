"""What is wrong with a plugin, always with its name."""

from core.kernel.errors import NotFound, PlatformError
from core.outbox.errors import Later


class PluginTrouble(PlatformError):
    """A plugin cannot be loaded as it is; the words say why. The site starts without it."""

    key = "pluginhost.load_failed"


class PluginFailed(PlatformError):
    """A plugin raised inside a hook whose answer is needed; the operation fails and names it."""

    status = 502
    key = "pluginhost.failed"


class JobWaits(Later):
    """A job whose plugin takes part nowhere just now: disabled, set aside, or not loaded. It waits until that is mended."""

    key = "pluginhost.job_waits"


class ObserverWaits(Later):
    """A plugin that somebody enabled cannot be told just now: it is set aside, or not loaded. It is told when it is back."""

    key = "pluginhost.observer_waits"


class UnknownPlugin(NotFound):
    """No such plugin, or no such hook."""

    key = "pluginhost.unknown_plugin"
