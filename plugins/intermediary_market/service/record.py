"""Numbers, the chained record of a project, and who is told."""

import hashlib
import json
from typing import Any

from sqlalchemy import select

from core.sdk import Context, Words, audit, notices
from core.sdk.tables import new_id
from plugins.intermediary_market.models import Agency, Counter, Event, Mark, Project

_START = "0" * 64


def next_number(ctx: Context, name: str) -> int:
    """The next number of a series. The row is locked until the transaction ends, so that nobody gets the same one."""
    row = ctx.session.scalar(select(Counter).where(Counter.name == name).with_for_update())
    if row is None:
        row = Counter(name=name, last=0)
        ctx.session.add(row)
    row.last += 1
    ctx.session.flush()
    return int(row.last)


def note(ctx: Context, project: Project, kind: str, **body: Any) -> None:
    """Write one line into the project's record. *body*: plain JSON without personal values; it is public."""
    last = ctx.session.scalar(select(Event).where(Event.project_id == project.id).order_by(Event.seq.desc()).limit(1))
    seq, before = (last.seq + 1, last.hash) if isinstance(last, Event) else (1, _START)
    at = ctx.now().replace(microsecond=0)
    ctx.session.add(Event(id=new_id(), project_id=project.id, seq=seq, at=at, kind=kind, body=body, hash=link(before, seq, at.isoformat(), kind, body)))
    ctx.session.flush()
    if ctx.actor.kind == "staff":
        audit.record(ctx, kind, ("intermediary_project", project.id))


def link(before: str, seq: int, at: str, kind: str, body: dict[str, Any]) -> str:
    """The hash of a line: SHA-256 over the hash before it and the line as JSON with sorted keys and no blanks."""
    line = json.dumps([before, seq, at, kind, body], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(line.encode()).hexdigest()


def lines(ctx: Context, project_id: str) -> tuple[Event, ...]:
    """The record of a project, oldest first."""
    return tuple(ctx.session.scalars(select(Event).where(Event.project_id == project_id).order_by(Event.seq)))


def unbroken(events: tuple[Event, ...]) -> bool:
    """Whether every line carries the hash of the one before."""
    before = _START
    for seq, event in enumerate(events, 1):
        if event.seq != seq or event.hash != link(before, seq, event.at.isoformat(), event.kind, event.body):
            return False
        before = event.hash
    return True


def mark(ctx: Context, agency: Agency, kind: str, *, reason: str, points: int = 0, project: Project | None = None) -> None:
    """An entry in the agency's record."""
    by = f"{ctx.actor.kind}:{ctx.actor.id}"
    project_id = None if project is None else project.id
    ctx.session.add(Mark(id=new_id(), agency_id=agency.id, at=ctx.now(), kind=kind, points=points, reason=reason, by=by, project_id=project_id))
    if ctx.actor.kind == "staff":
        audit.record(ctx, kind, ("intermediary_agency", agency.id))


def tell_agency(ctx: Context, agency: Agency, title: Words, body: Words) -> None:
    """A message to those who act for the agency's company. Every change of state is told once: the state it comes from is asked in its query."""
    notices.tell_party(ctx, agency.party_id, title, body, key=new_id())


def tell_owner(ctx: Context, project: Project, title: Words, body: Words) -> None:
    """A message to the owner, where it is a person or company; a department sees its projects on its list."""
    if project.owner_party_id:
        notices.tell_party(ctx, project.owner_party_id, title, body, key=new_id(), case_id=project.case_id)


def quoted(zh: str, en: str, **given: str) -> Words:
    """Words with values in them."""
    return Words(zh % given, en % given)
