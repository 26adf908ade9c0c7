"""How the certificates of a bundle case stand, for whoever looks: the case pages, the list, the public page of the merged licence."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from core.sdk import Context
from core.sdk.cases import case, visible
from core.sdk.licences import LicenceInfo, newest, versions
from core.sdk.people import departments
from core.sdk.slots import Subject
from core.sdk.tables import is_id

from .following import parts_of
from .models import BundleCase, PartCase

#: How many cases a page of the list holds.
PAGE = 30
#: State of a part → its words (message ids) for a decision and for a record, and the tone of its tag.
WORDS: Mapping[str, tuple[str, str, str]] = {
    "waiting": ("等待办理", "等待告知", ""),
    "open": ("办理中", "已告知，部门登记中", "wait"),
    "granted": ("已发证", "已备案", "go"),
    "refused": ("没有通过", "没有备案", "stop"),
    "cancelled": ("没有办", "没有办", "stop"),
}
#: How a case ends without a decision.
_GONE = ("declined", "withdrawn", "lapsed", "terminated")
#: Status of a licence that is not simply valid → the tone of its tag.
_TONES = {"valid": "go", "early": "go", "withheld": "wait"}


@dataclass(frozen=True, slots=True)
class State:
    """One certificate as a page shows it. ``licence`` is its newest version; ``case_id`` is set for who may open the sub-case."""

    id: str
    title: str
    authority: str
    notified: bool
    key: str
    words: str
    tone: str
    case_id: str
    licence: LicenceInfo | None


def states(ctx: Context, rows: Sequence[PartCase], *, ended: Collection[str], public: bool = False) -> dict[str, tuple[State, ...]]:
    """The certificates as they stand this moment, by case. *ended*: the cases that came to their end. With *public* nothing of the cases is told."""
    names = _names(ctx, rows)
    licences = newest(ctx, [row.licence_id for row in rows if row.licence_id is not None])
    seen = frozenset[str]() if public else visible(ctx, [row.child_id for row in rows if row.child_id is not None])
    found: dict[str, list[State]] = {}
    for row in rows:
        licence = licences.get(row.licence_id or "")
        authority = names.get(row.department_id or row.authority, "")
        leads_to = row.child_id if row.child_id in seen else None
        found.setdefault(row.case_id, []).append(_state(ctx, row, licence, authority, leads_to or "", row.case_id in ended))
    return {case_id: tuple(each) for case_id, each in found.items()}


def _state(ctx: Context, row: PartCase, licence: LicenceInfo | None, authority: str, leads_to: str, ended: bool) -> State:
    key = row.result or ("open" if row.child_id is not None else "cancelled" if ended else "waiting")
    decided, recorded, tone = WORDS[key]
    words = ctx.say(recorded if row.kind == "notify" else decided)
    if licence is not None and licence.status != "valid":
        words, tone = licence.status_words, _TONES.get(licence.status, "stop")
    title = row.title_en if ctx.locale == "en" else row.title_zh
    return State(row.part, title, authority, row.kind == "notify", key, words, tone, leads_to, licence)


def _names(ctx: Context, rows: Sequence[PartCase]) -> dict[str, str]:
    """Department id → title; for what is not begun yet the department's kind → its name without a place."""
    known = {row.department_id for row in rows if row.department_id is not None}
    found = {each.id: each.title for each in departments(ctx, known)} if known else {}
    return {**kinds(ctx), **found} if any(row.department_id is None for row in rows) else found


def kinds(ctx: Context) -> dict[str, str]:
    """Kind of department → its name without a place: 公安局 for 示范市公安局."""
    return {each.code: each.title.removeprefix(each.division_title) for each in departments(ctx)}


def of_case(ctx: Context, subject: Subject) -> Mapping[str, Any] | None:
    """The panel on a case page; ``None`` for a case that is no bundle's. Who may open the page was asked by the page."""
    row = ctx.session.get(BundleCase, subject.case_id) if subject.case_id else None
    if row is None or case(ctx, row.case_id) is None:
        return None
    return {"parts": _of(ctx, row), "staff": ctx.actor.kind == "staff"}


def of_licence(ctx: Context, subject: Subject) -> Mapping[str, Any] | None:
    """The public page of a licence: the certificates that it carries as they stand now, or the licence that carries this one."""
    ids = [each.id for each in versions(ctx, subject.licence_id)] if subject.licence_id else []
    if not ids:
        return None
    row = ctx.session.scalars(select(BundleCase).where(BundleCase.licence_id.in_(ids))).first()
    if row is not None:
        return {"parts": _of(ctx, row, public=True), "carrier": None}
    carried = ctx.session.execute(
        select(PartCase, BundleCase.licence_id).join(BundleCase, BundleCase.case_id == PartCase.case_id).where(PartCase.licence_id.in_(ids))
    ).first()
    if carried is None or carried.licence_id is None:
        return None
    return {"parts": (), "carrier": newest(ctx, [carried.licence_id]).get(carried.licence_id)}


def _of(ctx: Context, row: BundleCase, *, public: bool = False) -> tuple[State, ...]:
    found = states(ctx, parts_of(ctx, [row.case_id]), ended=[row.case_id] if over(row) else [], public=public).get(row.case_id, ())
    return tuple(each for each in found if not public or _carried(each))


def _carried(part: State) -> bool:
    """Whether anybody may read of a certificate on the licence's public page: what was granted or recorded, and records that a department is making.

    Decisions that grant are open to the public (行政许可法 40); that something was asked for and refused, or not wanted, is its applicant's own.
    """
    return part.key == "granted" or (part.notified and part.key == "open")


def over(row: BundleCase) -> bool:
    """Whether nothing more is begun in a bundle case."""
    return row.status in _GONE or row.outcome == "refuse"


@dataclass(frozen=True, slots=True)
class Line:
    """A bundle case in the list of the back office."""

    case: BundleCase
    parts: tuple[State, ...]
    open: bool


def listed(ctx: Context, mine: Collection[str], *, which: str, after: str) -> tuple[list[Line], str]:
    """A page of bundle cases, newest first, and where the next begins. *mine*: the departments of the reader's posts, one of which leads the case or
    answers for one of its certificates. *which*: ``open`` (a certificate or the case itself is not through), ``done`` or ``all``."""
    part_of_mine = select(PartCase.case_id).where(PartCase.department_id.in_(mine))
    query = select(BundleCase).where(or_(BundleCase.department_id.in_(mine), BundleCase.case_id.in_(part_of_mine)))
    waiting = select(PartCase.case_id).where(PartCase.result.is_(None))
    running = or_(BundleCase.outcome.is_(None), BundleCase.case_id.in_(waiting))
    outcome = func.coalesce(BundleCase.outcome, "")  # what is not decided yet was not refused; NULL would leave that open
    stopped = or_(BundleCase.status.in_(_GONE), outcome == "refuse")
    if which == "open":
        query = query.where(running, ~stopped)
    elif which == "done":
        query = query.where(or_(~running, stopped))
    if is_id(after):
        query = query.where(BundleCase.case_id < after)
    rows = list(ctx.session.scalars(query.order_by(BundleCase.case_id.desc()).limit(PAGE + 1)))
    shown = rows[:PAGE]
    parts = states(ctx, parts_of(ctx, [row.case_id for row in shown]), ended=[row.case_id for row in shown if over(row)])
    seen = visible(ctx, [row.case_id for row in shown])
    found = [Line(row, parts.get(row.case_id, ()), row.case_id in seen) for row in shown]
    return found, rows[PAGE - 1].case_id if len(rows) > PAGE else ""
