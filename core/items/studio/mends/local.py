"""Mends of what is still to be filled in of a copied item."""

from collections.abc import Iterator

from core.items.studio.mending import Content, Mend, mend, put
from core.items.studio.spots import Spot, find
from core.kernel.errors import Finding


@mend("items.studio_to_fill")
def nothing_to_fill(content: Content, finding: Finding, _spot: Spot) -> Iterator[Mend]:
    """Here there is nothing to say: it is no longer asked for."""
    at: Spot = ("item", "provenance", "to_fill")
    yield Mend("not_needed", put(content, at, [each for each in find(content, at) if each != finding.params["path"]]))
