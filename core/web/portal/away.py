"""Addresses of other sites in a guide: a link that leads somewhere – and a word in place of the link where the page was dead when last looked at."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from core.items.links.naming import named, pieces
from core.items.links.queries import Gone, dead_links
from core.items.spec import CompiledItem
from core.web import edge

#: Hash of a version → the addresses that it names: a version never changes.
_named: dict[str, frozenset[str]] = {}
_MOST = 5_000


def gone(compiled: CompiledItem) -> Mapping[str, Gone]:
    """The dead ones among the addresses that a version names; a version that names none asks nobody."""
    if compiled.hash not in _named:
        if len(_named) >= _MOST:
            _named.clear()
        parts = {"item": compiled.doc, "form": compiled.form_doc, "blocks": compiled.blocks}
        _named[compiled.hash] = frozenset(each.url for each in named(parts))
    urls = _named[compiled.hash]
    known = dead_links.value(edge.session()) if urls else {}
    return {url: known[url] for url in urls if url in known}


def teller(dead: Mapping[str, Gone]) -> Any:
    """For templates: a text in pieces, each ``text``, ``href`` – empty for words and for what is dead – and ``gone``, the instant of the last look."""
    return partial(_told, dead)


def _told(dead: Mapping[str, Gone], text: str) -> list[dict[str, Any]]:
    return [{"text": said, "href": url if url and url not in dead else "", "gone": _looked(dead.get(url))} for said, url in pieces(text)]


def _looked(found: Gone | None) -> datetime | None:
    return found.checked_at if found else None
