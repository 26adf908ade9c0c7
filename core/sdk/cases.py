"""Cases, read and moved on a plugin's behalf. What a plugin may do to a case is here and nowhere else.

Whoever is behind the context must have sight of the case: the platform itself (a job, an observer) sees every case, a member of staff those of their
departments, a citizen their own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.audit import service as audit
from core.cases import access, queries
from core.cases.models import Case, CaseChild, CaseParty
from core.cases.service import machine, pausing
from core.kernel.ids import is_id, new_id
from core.pluginhost.context import Context, whole
from core.sdk.people import Party, party


@dataclass(frozen=True, slots=True)
class CaseInfo:
    """Where a case stands. ``parent_id`` is the case that began it."""

    id: str
    number: str
    item_code: str
    item_title: str
    status: str
    outcome: str | None
    department_id: str
    filed_at: datetime
    ended_at: datetime | None
    parent_id: str | None


_COLUMNS = (
    Case.id, Case.number, Case.item_code, Case.item_title, Case.status, Case.outcome, Case.department_id, Case.submitted_at.label("filed_at"),
    Case.ended_at, CaseChild.parent_id,
)  # fmt: skip


def case(ctx: Context, case_id: str) -> CaseInfo | None:
    """One case; ``None`` when there is none or the reader has no sight of it."""
    return _one(ctx, Case.id == case_id) if is_id(case_id) else None


def by_number(ctx: Context, number: str) -> CaseInfo | None:
    """One case by its number."""
    return _one(ctx, Case.number == number)


def visible(ctx: Context, case_ids: Collection[str]) -> frozenset[str]:
    """Those of many cases that the reader has sight of, in one statement: what a list may lead to."""
    wanted = [each for each in case_ids if is_id(each)]
    if not wanted:
        return frozenset()
    sight = access.of_actor(whole(ctx), ctx.actor)
    return frozenset(whole(ctx).scalars(select(Case.id).where(Case.id.in_(wanted), sight.condition), dict(sight.params)))


def parties(ctx: Context, case_id: str) -> tuple[Party, ...]:
    """The applicant first, then co-applicants; masked. Empty for a case that the reader does not see."""
    if case(ctx, case_id) is None:
        return ()
    query = select(CaseParty.party_id, CaseParty.role).where(CaseParty.case_id == case_id, CaseParty.role.in_(("applicant", "co_applicant")))
    rows = sorted(whole(ctx).execute(query), key=lambda row: row.role)
    return tuple(party(ctx, row.party_id) for row in rows)


def answers(ctx: Context, case_id: str) -> Mapping[str, Any]:
    """What the applicant answered, by field id. Every look is recorded with the plugin's name. Empty for a case that the reader does not see."""
    if case(ctx, case_id) is None:
        return {}
    loaded = machine.load(whole(ctx), case_id)[0]
    audit.record(whole(ctx), "plugin.read_answers", subject=("case", case_id), actor=ctx.actor, detail={"plugin": ctx.plugin})
    return dict(loaded.content.get("values") or {})


def children(ctx: Context, case_id: str) -> tuple[CaseInfo, ...]:
    """The sub-cases that a case began and that were filed, in the order in which they were begun."""
    if case(ctx, case_id) is None:
        return ()
    query = select(*_COLUMNS).join(CaseChild, CaseChild.child_id == Case.id).where(CaseChild.parent_id == case_id).order_by(CaseChild.at, Case.id)
    return tuple(CaseInfo(**row) for row in whole(ctx).execute(query).mappings())


def open_pause(ctx: Context, case_id: str, procedure: str, reason: str) -> None:
    """Begin the special procedure *procedure* that the item declares, on the step that the member of staff behind the context holds.

    Raises the refusal that the button on the case page would give.
    """
    view = queries.case_for_staff(whole(ctx), case_id, actor=ctx.actor, locale=ctx.locale)
    held = next((task.no for task in view.tasks if task.mine), 0)
    pausing.open_pause(whole(ctx), case_id, held, procedure, reason=reason, command_id=new_id(), actor=ctx.actor)


def close_pause(ctx: Context, case_id: str, procedure: str) -> bool:
    """End *procedure*: what the case waited for has arrived. False when it does not run. The platform does it, on the plugin's word, and the record
    names the plugin."""
    done = pausing.arrived(whole(ctx), case_id, procedure, command_id=f"plugin/{ctx.plugin}/{procedure}/{new_id()}")
    if done:
        audit.record(whole(ctx), "plugin.closed_pause", subject=("case", case_id), actor=ctx.actor, detail={"plugin": ctx.plugin, "procedure": procedure})
    return done


def _one(ctx: Context, which: Any) -> CaseInfo | None:
    sight = access.of_actor(whole(ctx), ctx.actor)
    query = select(*_COLUMNS).outerjoin(CaseChild, CaseChild.child_id == Case.id).where(which, sight.condition)
    row = whole(ctx).execute(query, dict(sight.params)).mappings().first()
    return None if row is None else CaseInfo(**row)
