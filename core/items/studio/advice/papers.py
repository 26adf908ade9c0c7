"""Documents: what no font of paper can print. Found while it is written, not when the paper of a decision is due."""

from collections.abc import Iterator
from typing import Any

from core.items.studio.advice.rules import Content, advice, said
from core.kernel.errors import Finding
from core.kernel.shapes import listed, mapping, text
from core.kernel.text import normalise, typeset


@advice
def papers_can_be_printed(content: Content) -> Iterator[Finding]:
    """Title, words in the seal place and paragraphs of an item's own documents, and what every sheet says of the item: its name."""
    item = mapping(content.get("item"))
    yield from _lacking(("item", "short_title" if item.get("short_title") else "title"), item.get("short_title") or item.get("title"))
    for kind, own in mapping(item.get("documents")).items():
        at = ("item", "documents", str(kind))
        for name in ("title", "seal"):
            yield from _lacking((*at, name), mapping(own).get(name))
        for index, block in enumerate(listed(mapping(own).get("blocks"))):
            yield from _lacking((*at, "blocks", str(index), "text"), mapping(block).get("text"))


def _lacking(at: tuple[str, ...], value: Any) -> Iterator[Finding]:
    rare = "".join(dict.fromkeys(each for each in typeset(normalise(text(value))) if not _common(each)))
    if not rare:
        return
    from core.printing.errors import FontLacks  # the drawing library is for those who draw, and for what is rare
    from core.printing.typeface import Typeface

    try:
        Typeface().runs(rare)
    except FontLacks as error:
        yield said(at, "no_glyph", **error.params)


def _common(character: str) -> bool:
    """Whether the embedded font surely has it: it covers GB 2312 (a test holds it to that)."""
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return False
