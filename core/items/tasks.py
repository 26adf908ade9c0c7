"""What items do in the background: versions that take effect on a day to come; addresses that are asked whether they still answer; catalogues that become
drafts."""

from core.items.catalogue import scheduled
from core.items.links import tasks as links
from core.items.studio.importing import running

assert scheduled and links and running
