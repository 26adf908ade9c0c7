"""The number of a tree as a kind of field, and what an item that uses it must say."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.sdk import Finding
from core.sdk.fields import Field, Problem, Text, Title
from core.sdk.items import ItemInfo

NUMBER = re.compile(r"[A-Z]{2}-[0-9]{5}")


class TreeNumber(Text):
    """Two letters of the district and five digits, as on the plate: ``QH-00017``."""

    key = "street_trees.tree"
    title = Title("树木编号", "Number of a tree")
    width = "m"

    def tidy(self, text: str) -> str:
        """As on the plate, however it was typed."""
        return super().tidy(text).replace(" ", "").upper()

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """What is wrong with a number."""
        if not NUMBER.fullmatch(value):
            yield (), "street_trees.number", {"value": value}

    def sample(self, field: Field, seed: int = 0) -> Any:
        """An invented number."""
        return f"QH-{seed % 100_000:05d}"


def check(item: ItemInfo) -> Sequence[Finding]:
    """The form has the field that the options name, and it is a number of a tree."""
    name = str(item.options["tree"])
    field: Mapping[str, Any] = item.form["properties"].get(name, {})
    if field.get("ui", {}).get("field") == TreeNumber.key:
        return ()
    return (Finding("error", "/plugins/street_trees/tree", "street_trees.no_field", {"name": name}),)
