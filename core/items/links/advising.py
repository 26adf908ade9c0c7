"""What is known of the addresses in a draft, told beside the spot while somebody writes."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.items.links import queries
from core.items.links.judging import DEAD, MOVED
from core.items.links.naming import named
from core.items.links.queries import LinkView
from core.items.studio.spots import Spot, write
from core.kernel.clock import local
from core.kernel.errors import Finding


def advice(session: Session, content: Mapping[str, Any]) -> Iterator[tuple[Finding, Spot]]:
    """Addresses that are dead, have moved for good, or lead to a front page: advice, for the page may be back tomorrow."""
    listed = named(content)
    known = queries.known(session, {each.url for each in listed})
    for each in listed:
        key = _key(known.get(each.url))
        if key:
            link = known[each.url]
            params = {"url": each.url, "since": f"{local(link.since):%Y-%m-%d}"} | ({"to": link.new_home} if link.moved_to else {})
            yield Finding("warning", write(each.spot), f"items.studio_link_{key}", params), each.spot


def _key(link: LinkView | None) -> str | None:
    if link is None:
        return None
    return link.state if link.state in (DEAD, MOVED) else "home" if link.why == "home" else None
