"""Key trouble. At start-up each refuses to go on and says which file and how to restore it."""

from core.kernel.errors import PlatformError


class KeyTrouble(PlatformError):
    """The master key is not usable; the hall must not start."""

    status = 503


class KeyMissing(KeyTrouble):
    """No master key in the environment or in the home directory."""

    key = "keys.missing"


class KeyUnreadable(KeyTrouble):
    """The key file is damaged, has the wrong shape, or others may read it."""

    key = "keys.unreadable"


class KeyWrong(KeyTrouble):
    """A well-formed key, but not the one this database was written with."""

    key = "keys.wrong"


class CannotOpen(PlatformError):
    """An envelope does not open: altered, moved to another context, or sealed under a key that is not here."""

    status = 500
    key = "keys.cannot_open"


class Erased(PlatformError):
    """The data key was destroyed on purpose; fold and verify accept this."""

    status = 410
    key = "keys.erased"
