"""What the C library is told about memory. glibc gives every thread an arena of its own, and each keeps what it was given back: with a handful of
threads a process holds some five megabytes it does not use."""

import ctypes
import os
import sys

_M_ARENA_MAX = -8  # malloc.h of glibc
ARENAS = 2


def share_arenas() -> None:
    """Let all threads share :data:`ARENAS` arenas, unless the operator chose (``MALLOC_ARENA_MAX``). Elsewhere than on glibc nothing is done."""
    if not sys.platform.startswith("linux") or "MALLOC_ARENA_MAX" in os.environ:
        return
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    if choose is not None:
        choose(_M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Give the system back what was freed: pages that are empty by now, wherever they lie. Elsewhere than on glibc nothing is done."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
    if trim is not None:
        trim(0)
