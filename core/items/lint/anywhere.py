"""全域通办: the setting against the level of the item and the way it is applied for."""

from collections.abc import Iterator

from core.items.errors import finding
from core.items.lint.rules import Doc, rule
from core.kernel.errors import Finding

_LEVELS = ("country", "province", "city", "county", "town", "village")


@rule
def anywhere_is_wider_than_the_item(doc: Doc) -> Iterator[Finding]:
    """The region takes in what its parts decide: it is wider than the level at which the item is exercised, and online only where it is applied for online."""
    found = doc.get("anywhere")
    if not found:
        return
    if _LEVELS.index(found["within"]) >= _LEVELS.index(doc["level"]):
        yield finding("error", "/anywhere/within", "anywhere_narrow", {"within": found["within"], "level": doc["level"]})
    if "online" in found["modes"] and not doc["online"]["apply"]:
        yield finding("error", "/anywhere/modes", "anywhere_not_online", {})
