"""What items do in the background: versions that take effect on a day to come."""

from core.items.catalogue import scheduled

assert scheduled
