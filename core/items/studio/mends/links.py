"""Mends of addresses: where a server says that a page lives elsewhere for good, the new address in place of the old."""

from collections.abc import Iterator

from core.items.links.naming import replaced
from core.items.studio.mending import Content, Mend, mend, put
from core.items.studio.spots import Spot, find
from core.kernel.errors import Finding


@mend("items.studio_link_moved")
def moved(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The new address, at the same place of the page; none in a shared block, of which only a new version may say something else."""
    if spot[:1] == ("blocks",):
        return
    new = str(finding.params["to"])
    yield Mend("link_moved", put(content, spot, replaced(str(find(content, spot)), str(finding.params["url"]), new)), {"to": new}, safe=True)
