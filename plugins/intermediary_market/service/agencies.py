"""Admission: a company applies, the market looks at it, the public may object, then it may register for projects."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func, select

from core.sdk import BadInput, Context, Words, audit, licences, people, worktime
from core.sdk.tables import new_id
from plugins.intermediary_market.models import Affiliate, Agency, Mark, Objection, Offer, Rating, Service
from plugins.intermediary_market.numbering import agency_number
from plugins.intermediary_market.service import catalogue
from plugins.intermediary_market.service.credit import MARK_DAYS, RATING_DAYS, Score, score
from plugins.intermediary_market.service.record import mark, next_number, quoted, tell_agency
from plugins.intermediary_market.service.who import Who, demand, missing

#: States in which an agency may change its application.
CHANGING = frozenset({"returned", "refused"})


@dataclass(frozen=True, slots=True)
class Qualification:
    """A service an agency offers, and the licence that it needs for it: none needed, valid, or missing."""

    service: Service
    licence: licences.LicenceInfo | None

    @property
    def fit(self) -> bool:
        """Whether the service may be offered now."""
        return not self.service.licence_type or self.licence is not None


def apply(ctx: Context, who: Who, party_id: str, given: Mapping[str, str], services: Sequence[str], affiliates: str) -> Agency:
    """Ask to be admitted, or answer what was returned. *affiliates*: one a line, ``name number``.

    Raises :class:`BadInput` with the first thing that is wrong.
    """
    party = people.party(ctx, party_id) if party_id in who.parties else None
    if party is None or party.kind != "company" or not party.number_masked:
        raise BadInput("intermediary_market.company_only")
    wanted = [row for row in catalogue.listed(ctx) if row.id in services]
    if not wanted:
        raise BadInput("intermediary_market.no_service")
    contact, phone = given.get("contact", "").strip(), given.get("phone", "").strip()
    if not contact or not phone:
        raise BadInput("intermediary_market.no_contact")
    if given.get("promise") != "1":
        raise BadInput("intermediary_market.no_promise")
    index = people.party_index(ctx, party_id)
    row: Agency | None = ctx.session.scalar(select(Agency).where(Agency.number_index == index))  # the company, whichever account applied for it
    if row is not None and (row.party_id not in who.parties or (row.state not in CHANGING and not may_return(ctx, row))):
        raise BadInput("intermediary_market.applied_already")
    if row is None:
        row = Agency(id=new_id(), number=agency_number(next_number(ctx, "agency")), party_id=party_id, number_index=index)
    row.name, row.contact = party.name, people.seal(ctx, json.dumps([contact[:60], phone[:30]], ensure_ascii=False))
    row.introduction = given.get("introduction", "").strip()[:2000]
    row.superior_id = given.get("superior") or None
    if row.superior_id and row.superior_id not in {each.id for each in people.departments(ctx)}:
        raise BadInput("intermediary_market.no_department")
    row.state, row.reason, row.applied_at = "applied", "", ctx.now()
    row.decided_by = row.notice_until = row.admitted_on = row.until = None
    ctx.session.add(row)
    ctx.session.flush()
    _offers(ctx, row, [service.id for service in wanted])
    _affiliates(ctx, row, affiliates)
    mark(ctx, row, "applied", reason="")
    return row


def may_return(ctx: Context, row: Agency) -> bool:
    """Whether a removed agency may apply again: its time is over."""
    return bool(row.state == "removed" and row.until is not None and row.until < ctx.today())


def review(ctx: Context, agency_id: str, verdict: str, reason: str) -> Agency:
    """Look at an application: ``pass`` begins the public notice, ``return`` asks for more, ``refuse`` ends it. The last two need a reason."""
    demand(ctx, "admit")
    row: Agency | None = ctx.session.scalar(select(Agency).where(Agency.id == agency_id, Agency.state == "applied"))
    if row is None:
        raise missing()
    if verdict not in ("pass", "return", "refuse"):
        raise BadInput("intermediary_market.no_verdict")
    if verdict != "pass" and not reason.strip():
        raise BadInput("intermediary_market.reason_read")
    if verdict == "pass":
        unfit = [each.service.title_zh for each in qualifications(ctx, row) if not each.fit]
        if unfit:
            names = "、".join(unfit)
            raise BadInput("intermediary_market.no_qualification", names=names)
    row.decided_by, row.reason = ctx.actor.id, reason.strip()
    row.state = {"pass": "noticed", "return": "returned", "refuse": "refused"}[verdict]
    if verdict == "pass":
        row.notice_until = worktime.last_day(
            ctx, ctx.today(), int(ctx.setting("notice_days")), "calendar_day" if ctx.setting("notice_in_calendar_days") else "working_day"
        )
    mark(ctx, row, verdict, reason=row.reason)
    day = "" if row.notice_until is None else row.notice_until.isoformat()
    said = {
        "pass": quoted("入驻申请审核通过，公示到 %(day)s。", "Your application passed; it is on public notice until %(day)s.", day=day),
        "return": quoted("入驻申请被退回：%(why)s", "Your application was returned: %(why)s", why=row.reason),
        "refuse": quoted("入驻申请没有通过：%(why)s。不服的，可以申诉。", "Your application was refused: %(why)s. You may appeal.", why=row.reason),
    }[verdict]
    tell_agency(ctx, row, Words("中介超市入驻", "Admission to the market"), said)
    return row


def finish_notices(ctx: Context) -> int:
    """Admit those whose notice is over and against whom no objection is open. Returns how many."""
    disputed = select(Objection.agency_id).where(Objection.kind == "admission", Objection.state == "open", Objection.agency_id.is_not(None))
    over = select(Agency).where(Agency.state == "noticed", Agency.notice_until < ctx.today(), Agency.id.not_in(disputed)).limit(200)
    rows = list(ctx.session.scalars(over))
    for row in rows:
        row.state, row.admitted_on = "admitted", ctx.today()
        mark(ctx, row, "admitted", reason="")
        tell_agency(
            ctx,
            row,
            Words("中介超市入驻", "Admission to the market"),
            Words("公示期满，已经入驻，可以报名了。", "The notice is over: you are admitted and may register for projects."),
        )
    return len(rows)


def qualifications(ctx: Context, row: Agency) -> tuple[Qualification, ...]:
    """What the agency offers, each with the licence from the library that it needs – as the library says today."""
    services = ctx.session.scalars(select(Service).join(Offer, Offer.service_id == Service.id).where(Offer.agency_id == row.id).order_by(Service.code))
    held = {each.type_code: each for each in licences.of_party(ctx, row.party_id) if valid(ctx, each)}
    return tuple(Qualification(service, held.get(service.licence_type)) for service in services)


def valid(ctx: Context, licence: licences.LicenceInfo) -> bool:
    """Whether a licence is in force today."""
    return licence.status == "valid" and (licence.valid_to is None or licence.valid_to >= ctx.today())


def listed(ctx: Context, *, states: Collection[str] = ("admitted",), service_id: str = "", words: str = "", most: int = 200) -> tuple[Agency, ...]:
    """Agencies by name."""
    query = select(Agency).where(Agency.state.in_(list(states))).order_by(Agency.name, Agency.id).limit(most)
    if service_id:
        query = query.where(Agency.id.in_(select(Offer.agency_id).where(Offer.service_id == service_id)))
    if words:
        query = query.where(Agency.name.contains(words, autoescape=True) | (Agency.number == words.upper()))
    return tuple(ctx.session.scalars(query))


#: States that anybody may see, and what the record keeps of a review: the agency's own and the reviewers' alone.
PUBLIC: Final = ("noticed", "admitted", "suspended", "removed")
REVIEWED: Final = ("return", "refuse")


def inside(ctx: Context) -> bool:
    """Whether the reader is one of the staff who admit or supervise agencies: for others an application, and why it failed, is nobody's business."""
    return ctx.may("admit") or ctx.may("supervise")


def public(ctx: Context, agency_id: str) -> Agency:
    """An agency that anybody may see: on notice, admitted, suspended, or removed (the record says why)."""
    row: Agency | None = ctx.session.scalar(select(Agency).where(Agency.id == agency_id, Agency.state.in_(PUBLIC)))
    if row is None:
        raise missing()
    return row


def one(ctx: Context, agency_id: str) -> Agency:
    """An agency in whatever state, for those :func:`inside` and for verbs that ask for a permission. :class:`NotFound`."""
    row = ctx.session.get(Agency, agency_id)
    if row is None:
        raise missing()
    return row


def contact(ctx: Context, row: Agency) -> tuple[str, str]:
    """Name and telephone of the contact person, for the agency itself and for staff who may see them; that staff looked is recorded."""
    if ctx.actor.kind == "staff":
        audit.record(ctx, "contact_seen", ("intermediary_agency", row.id))
    name, phone = json.loads(people.unseal(ctx, row.contact))
    return str(name), str(phone)


def affiliates(ctx: Context, row: Agency) -> tuple[str, ...]:
    """Names of those the agency declared itself tied to."""
    return tuple(people.unseal(ctx, each) for each in ctx.session.scalars(select(Affiliate.name).where(Affiliate.agency_id == row.id).order_by(Affiliate.id)))


def scores(ctx: Context, agency_ids: Iterable[str]) -> dict[str, Score]:
    """The scores of agencies, by id."""
    ids = list(agency_ids)
    rated: dict[str, list[int]] = {each: [] for each in ids}
    taken: dict[str, list[int]] = {each: [] for each in ids}
    since = ctx.now() - timedelta(days=RATING_DAYS)
    for row in ctx.session.execute(select(Rating.agency_id, Rating.level).where(Rating.side == "owner", Rating.at >= since, Rating.agency_id.in_(ids))):
        rated[row.agency_id].append(row.level)
    since = ctx.now() - timedelta(days=MARK_DAYS)
    for row in ctx.session.execute(select(Mark.agency_id, Mark.points).where(Mark.points != 0, Mark.at >= since, Mark.agency_id.in_(ids))):
        taken[row.agency_id].append(row.points)
    return {each: score(rated[each], taken[each]) for each in ids}


def marks(ctx: Context, agency_id: str, *, own: bool = False) -> tuple[Mark, ...]:
    """The record of an agency, newest first; how its applications were reviewed only for those :func:`inside`, and for the agency itself (*own*)."""
    query = select(Mark).where(Mark.agency_id == agency_id).order_by(Mark.at.desc(), Mark.id.desc())
    return tuple(ctx.session.scalars(query if own or inside(ctx) else query.where(Mark.kind.not_in(REVIEWED))))


def admitted(ctx: Context, number: str) -> Agency | None:
    """The admitted agency with this number."""
    found: Agency | None = ctx.session.scalar(select(Agency).where(Agency.number == number, Agency.state == "admitted"))
    return found


def named(ctx: Context, agency_id: str) -> str:
    """The name of an agency; empty for one that is not there."""
    row = ctx.session.get(Agency, agency_id)
    return "" if row is None else row.name


def counted(ctx: Context) -> dict[str, int]:
    """How many agencies are in each state."""
    return {row.state: int(row.n) for row in ctx.session.execute(select(Agency.state, func.count().label("n")).group_by(Agency.state))}


def _offers(ctx: Context, row: Agency, service_ids: Iterable[str]) -> None:
    ctx.session.execute(delete(Offer).where(Offer.agency_id == row.id))
    ctx.session.add_all(Offer(agency_id=row.id, service_id=each) for each in service_ids)
    ctx.session.flush()


def _affiliates(ctx: Context, row: Agency, text: str) -> None:
    """Write the declared ties anew. A number must hold its check digit, or the tie would never be found."""
    ctx.session.execute(delete(Affiliate).where(Affiliate.agency_id == row.id))
    for line in filter(None, (each.strip() for each in text.splitlines()[:50])):
        name, _gap, number = line.rpartition(" ")
        number = number.strip().upper()
        kind = "uscc" if not people.check_uscc(number) else "resident_id" if not people.check_resident_id(number) else ""
        if not name or not kind:
            raise BadInput("intermediary_market.affiliate_shape", line=line[:80])
        ctx.session.add(Affiliate(id=new_id(), agency_id=row.id, number_index=people.index(ctx, kind, number), name=people.seal(ctx, name.strip())))
    ctx.session.flush()
