"""What items do in the background: versions that take effect on a day to come; addresses that are asked whether they still answer."""

from core.items.catalogue import scheduled
from core.items.links import tasks as links

assert scheduled and links
