"""The catalogue of credit information (信息目录): what may be collected, from whom, whether and how long it is public."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from core.sdk import BadInput, Context, NotFound, audit
from plugins.credit_scoring.acting import actor
from plugins.credit_scoring.models import Entry, Record
from plugins.credit_scoring.terms import TERMS

_SHIPPED = Path(__file__).resolve().parent / "shipped" / "catalogue.json"
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
FIELD_TYPES = ("text", "number", "choice", "date")


def entries(ctx: Context) -> list[Entry]:
    """Every entry, by kind of subject and domain."""
    return list(ctx.session.scalars(select(Entry).order_by(Entry.kind, Entry.domain, Entry.code)).all())


def docs(ctx: Context) -> dict[str, dict[str, Any]]:
    """Code → document (with ``kind``, ``nature``, ``term`` … beside the texts) of every entry."""
    return {entry.code: document(entry) for entry in entries(ctx)}


def document(entry: Entry) -> dict[str, Any]:
    """An entry as one document."""
    own = {"code": entry.code, "kind": entry.kind, "domain": entry.domain, "nature": entry.nature, "term": entry.term}
    return {**entry.doc, **own, "public": entry.public, "severe": entry.severe}


def one(ctx: Context, code: str) -> dict[str, Any]:
    """One entry. :class:`NotFound` otherwise."""
    entry = ctx.session.get(Entry, code)
    if entry is None:
        raise NotFound("credit_scoring.no_entry")
    return document(entry)


def known(ctx: Context) -> dict[str, dict[str, str]]:
    """Code → field → type: what models are held against."""
    return {code: {field["id"]: field["type"] for field in doc["fields"]} for code, doc in docs(ctx).items()}


def load_shipped(ctx: Context) -> int:
    """Add the entries that come with this plugin and are not here yet; how many were added."""
    here = set(ctx.session.scalars(select(Entry.code)).all())
    new = [doc for doc in json.loads(_SHIPPED.read_text(encoding="utf-8"))["entries"] if doc["code"] not in here]
    for doc in new:
        _put(ctx, doc)
    if new:
        audit.record(ctx, "catalogue_loaded", ("entry", "*"), {"entries": [doc["code"] for doc in new]})
    return len(new)


def save(ctx: Context, doc: Mapping[str, Any]) -> None:
    """Add or change an entry. A field that records already have may not change its type; :class:`BadInput` says what is wrong."""
    _check(ctx, doc)
    _put(ctx, doc)
    audit.record(ctx, "entry_saved", ("entry", str(doc["code"])), {"doc": dict(doc)})


def counts(ctx: Context) -> dict[str, int]:
    """Code → how many records."""
    rows: Any = ctx.session.execute(select(Record.entry, func.count()).group_by(Record.entry))
    return dict(tuple(row) for row in rows)


def _put(ctx: Context, doc: Mapping[str, Any]) -> None:
    row = ctx.session.get(Entry, doc["code"])
    texts = {name: doc[name] for name in ("title", "source", "fields", "basis", "assumed") if name in doc}
    values = {
        "kind": doc["kind"], "domain": doc["domain"], "nature": doc["nature"], "term": doc["term"], "public": doc["public"],
        "severe": bool(doc.get("severe")), "doc": texts, "changed_at": ctx.now(), "changed_by": actor(ctx),
    }  # fmt: skip
    if row is None:
        ctx.session.add(Entry(code=doc["code"], **values))
    else:
        for name, value in values.items():
            setattr(row, name, value)
    ctx.session.flush()


def _check(ctx: Context, doc: Mapping[str, Any]) -> None:
    if not _CODE.fullmatch(str(doc["code"])):
        raise BadInput("credit_scoring.entry_code")
    if not doc["title"].get("zh"):
        raise BadInput("credit_scoring.entry_title")
    if doc["term"] not in TERMS or (doc["public"] and doc["nature"] == "bad" and doc["term"] == "none"):
        raise BadInput("credit_scoring.entry_term")
    ids = [field["id"] for field in doc["fields"]]
    for field in doc["fields"]:
        if not _CODE.fullmatch(field["id"]) or ids.count(field["id"]) > 1 or field["type"] not in FIELD_TYPES or not field["title"].get("zh"):
            raise BadInput("credit_scoring.entry_field", field=field["id"])
        if field["type"] == "choice" and not field.get("choices"):
            raise BadInput("credit_scoring.entry_choices", field=field["id"])
    before = ctx.session.get(Entry, str(doc["code"]))
    if before is None or not ctx.session.scalar(select(Record.id).where(Record.entry == doc["code"]).limit(1)):
        return
    types = {field["id"]: field["type"] for field in doc["fields"]}
    for field in before.doc["fields"]:
        if types.get(field["id"]) != field["type"]:
            raise BadInput("credit_scoring.entry_used", field=field["id"])
