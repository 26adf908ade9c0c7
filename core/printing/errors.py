"""What can go wrong when something is printed."""

from core.kernel.errors import PlatformError


class FontLacks(PlatformError):
    """A character that no font at hand can print. A paper with a hole in a name would be worse than a late one."""

    key = "printing.font_lacks"
