"""Versions of scoring models: drafted from another one, changed, simulated, published by a second person, kept for ever."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from core.sdk import BadInput, Conflict, Context, NotFound, audit
from core.sdk.tables import new_id
from plugins.credit_scoring import catalogue
from plugins.credit_scoring.acting import actor
from plugins.credit_scoring.models import Model, Run
from plugins.credit_scoring.scoring import spec
from plugins.credit_scoring.scoring.spec import Fault, faults

_SHIPPED = Path(__file__).resolve().parent / "shipped"
#: Kind of subject → the shipped model.
SHIPPED = {"company": "company.json", "person": "person.json"}


def every(ctx: Context) -> list[Model]:
    """All versions, newest first within their code."""
    return list(ctx.session.scalars(select(Model).order_by(Model.kind, Model.code, Model.number.desc())).all())


def one(ctx: Context, model_id: str) -> Model:
    """One version. :class:`NotFound` otherwise."""
    found = ctx.session.get(Model, model_id)
    if found is None:
        raise NotFound("credit_scoring.no_model")
    return found


def published(ctx: Context, kind: str) -> Model | None:
    """The version by which subjects of *kind* are scored now."""
    found: Model | None = ctx.session.scalar(select(Model).where(Model.kind == kind, Model.status == "published"))
    return found


def shipped(kind: str) -> dict[str, Any]:
    """The document of the shipped model for *kind*."""
    doc: dict[str, Any] = json.loads((_SHIPPED / SHIPPED[kind]).read_text(encoding="utf-8"))
    return doc


def draft(ctx: Context, doc: Mapping[str, Any], note: str = "") -> Model:
    """A new draft with the next number of its code. :class:`BadInput` names what is wrong with *doc*."""
    _right(ctx, doc)
    number = (ctx.session.scalar(select(func.max(Model.number)).where(Model.code == doc["code"])) or 0) + 1
    row = Model(
        id=new_id(), code=doc["code"], kind=doc["kind"], number=number, status="draft", doc=dict(doc), digest=digest(doc), note=note[:500],
        made_at=ctx.now(), made_by=actor(ctx),
    )  # fmt: skip
    ctx.session.add(row)
    ctx.session.flush()
    audit.record(ctx, "model_drafted", ("model", row.id), {"code": row.code, "number": number, "digest": row.digest})
    return row


def change(ctx: Context, model_id: str, doc: Mapping[str, Any], note: str) -> Model:
    """Save a draft. What was published never changes: :class:`Conflict`. Code and kind stay."""
    row = one(ctx, model_id)
    if row.status != "draft":
        raise Conflict("credit_scoring.model_fixed")
    doc = {**doc, "code": row.code, "kind": row.kind}
    _right(ctx, doc)
    row.doc, row.digest, row.note = doc, digest(doc), note[:500]
    row.made_by, row.made_at = actor(ctx), ctx.now()
    ctx.session.flush()
    audit.record(ctx, "model_changed", ("model", row.id), {"digest": row.digest})
    return row


def simulated(ctx: Context, row: Model) -> Run | None:
    """The finished simulation of exactly this document, if there is one: a draft that was changed afterwards has none."""
    runs = ctx.session.scalars(select(Run).where(Run.model_id == row.id, Run.kind == "simulate", Run.state == "done").order_by(Run.at.desc())).all()
    return next((run for run in runs if run.result.get("digest") == row.digest), None)


def publish(ctx: Context, model_id: str) -> Model:
    """Put a draft in force and the one before it out of it. Needs a finished simulation, and – unless the setting says otherwise – a second person.

    The caller starts the run that scores everybody by it.
    """
    row = one(ctx, model_id)
    if row.status != "draft":
        raise Conflict("credit_scoring.model_fixed")
    if simulated(ctx, row) is None:
        raise Conflict("credit_scoring.not_simulated")
    if ctx.setting("two_people") and row.made_by == actor(ctx):
        raise Conflict("credit_scoring.same_person")
    _right(ctx, row.doc)
    before = published(ctx, row.kind)
    if before is not None:
        before.status = "retired"
        ctx.session.flush()
    row.status, row.published_at, row.published_by = "published", ctx.now(), actor(ctx)
    ctx.session.flush()
    audit.record(ctx, "model_published", ("model", row.id), {"code": row.code, "number": row.number, "digest": row.digest})
    return row


def drop(ctx: Context, model_id: str) -> None:
    """Throw a draft away."""
    row = one(ctx, model_id)
    if row.status != "draft":
        raise Conflict("credit_scoring.model_fixed")
    ctx.session.delete(row)
    ctx.session.flush()
    audit.record(ctx, "model_dropped", ("model", model_id), {"code": row.code, "number": row.number})


def faults_of(ctx: Context, doc: Mapping[str, Any]) -> list[Fault]:
    """Everything that is wrong with *doc* in this hall's catalogue."""
    return faults(doc, catalogue.known(ctx))


def compiled(row: Model) -> spec.Model:
    """The model of a version, compiled once a process."""
    return _compiled(row.digest, json.dumps(row.doc, ensure_ascii=False))


def digest(doc: Mapping[str, Any]) -> str:
    """SHA-256 of the document in canonical form: which model it was, whoever asks later."""
    return hashlib.sha256(json.dumps(doc, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _right(ctx: Context, doc: Mapping[str, Any]) -> None:
    wrong = faults_of(ctx, doc)
    if wrong:
        raise BadInput("credit_scoring.model_wrong", path=wrong[0].path, count=len(wrong))


@lru_cache(maxsize=32)
def _compiled(_digest: str, text: str) -> spec.Model:
    return spec.compile_model(json.loads(text))
