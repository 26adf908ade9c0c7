"""Items, their guides and their forms: public, filtered by the hall that was asked."""

from typing import Any

from flask import request

from core.guides.service import build_guide
from core.items import facts as item_facts
from core.items import queries as items
from core.items.spec import ItemView
from core.kernel.paging import decode_cursor, encode_cursor
from core.search import queries as search
from core.web import edge
from core.web.api.operation import operation
from core.web.api.plain import plain

_BATCH = 50
_DRAWN = frozenset({"route_svg", "qr"})


def _card(item: ItemView) -> dict[str, Any]:
    return {"code": item.code, "title": item.title, "department": item.department, **plain(item.card), "offers": plain(item.offers)}


@operation(
    "GET",
    "/items",
    "Items of the hall, by title; with q the best matches",
    query={"q": "words, everyday words, pinyin or initials", "department": "code of the department", "after": "cursor"},
)
def list_items() -> dict[str, Any]:
    """Items of the hall."""
    session, scope = edge.session(), edge.scope()
    words = request.args.get("q", "")[:100]
    if words:
        hits = search.find(session, words, kinds=("item",), scope=scope, limit=20)
        found = {item.code: item for item in items.visible(session, scope, codes=[hit.id for hit in hits])}
        return {"items": [_card(found[hit.id]) for hit in hits if hit.id in found], "next": None}
    every = items.visible(session, scope, department=request.args.get("department") or None)
    after = decode_cursor(request.args["after"], 2) if request.args.get("after") else ("", "")
    rest = [item for item in sorted(every, key=lambda i: (i.title, i.code)) if (item.title, item.code) > tuple(map(str, after))]
    batch = rest[:_BATCH]
    return {"items": [_card(item) for item in batch], "next": encode_cursor(batch[-1].title, batch[-1].code) if len(rest) > _BATCH else None}


@operation("GET", "/items/{code}", "One item: its version and its facts")
def show_item(code: str) -> dict[str, Any]:
    """One item."""
    current = items.current(edge.session(), code, edge.scope())
    doc = current.compiled.doc
    kept = {
        key: doc.get(key)
        for key in (
            "title",
            "short_title",
            "summary",
            "type",
            "codes",
            "service_objects",
            "case_type",
            "situations",
            "materials",
            "fees",
            "results",
            "provenance",
        )
    }
    return {
        "code": code,
        "version": current.number,
        "hash": current.compiled.hash,
        "published_at": plain(current.published_at),
        "offers": plain(current.offers),
        **plain(kept),
    }


@operation("GET", "/items/{code}/guide", "The guide for a situation; each situation is a query parameter", query={"_l_": "zh or en"})
def show_guide(code: str) -> dict[str, Any]:
    """The guide."""
    current = items.current(edge.session(), code, edge.scope())
    answers = item_facts.chosen(current.compiled.doc, request.args)
    guide = build_guide(
        current.compiled, answers, locale=edge.locale(), division=current.offer.division_title, number=current.number, published=current.published_at
    )
    found: dict[str, Any] = plain(guide, _DRAWN)
    return found


@operation("GET", "/items/{code}/form", "The form: JSON Schema 2020-12 that a submission's answers must meet, and the definition with its pages and conditions")
def show_form(code: str) -> dict[str, Any]:
    """The form."""
    current = items.current(edge.session(), code, edge.scope())
    return {"hash": current.compiled.form.hash, "schema": plain(current.compiled.form.json_schema), "definition": plain(current.compiled.form_doc)}
