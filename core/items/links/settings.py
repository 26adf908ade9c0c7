"""How often addresses are asked, and the few inside this network that may be."""

import os
from collections.abc import Mapping

from core.kernel.probing import Prober
from core.settings import service as settings
from core.settings.spec import Setting

DAYS = "links.every_days"
#: ``host:port``, separated by commas: addresses that are not of the public internet and may be asked all the same. The operator's alone: what could be
#: set in the browser would let its user look around inside the network.
ALLOW = "WANGTING_LINKS_ALLOW"

settings.declare(Setting(DAYS, int, 7, "每隔几天检查一次事项里的外部网址(0 就不检查)", reach="site"))


def prober(environ: Mapping[str, str] = os.environ) -> Prober:
    """What asks addresses here."""
    return Prober(allow=frozenset(each.strip() for each in environ.get(ALLOW, "").split(",") if each.strip()))
