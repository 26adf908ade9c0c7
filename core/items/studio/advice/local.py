"""What was local where an item was copied from, and is not filled in here yet."""

from collections.abc import Iterator

from core.items.studio.advice.rules import Content, advice, said
from core.items.studio.localising import is_empty
from core.items.texts import lookup
from core.kernel.errors import Finding
from core.kernel.shapes import listed, mapping


@advice
def local_content_is_filled_in(content: Content) -> Iterator[Finding]:
    """Each path of ``provenance.to_fill`` under which there is nothing yet."""
    item = mapping(content.get("item"))
    for path in listed(mapping(item.get("provenance")).get("to_fill")):
        if isinstance(path, str) and is_empty(lookup(item, path)):
            yield said(("item", *path.split(".")), "to_fill", path=path)
