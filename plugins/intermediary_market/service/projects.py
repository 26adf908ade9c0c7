"""Projects: announced with everything that decides fixed beforehand, withdrawn with a reason, read by anybody."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import func, select

from core.sdk import BadInput, Context, people, worktime
from core.sdk.tables import new_id
from plugins.intermediary_market.models import Agency, BidRow, Project, Service
from plugins.intermediary_market.selection import commitment, minimum
from plugins.intermediary_market.selection.beacon import SOURCES, announce
from plugins.intermediary_market.selection.rules import METHODS, PRICED, WITHDRAWN, Fund, Rules
from plugins.intermediary_market.service import catalogue, eligibility, linking
from plugins.intermediary_market.service.record import next_number, note
from plugins.intermediary_market.service.who import Who, demand, missing, own_project, owned

_CLOSING_HOUR = 17
#: Not over yet, in the order of a project's life.
LIVE = ("open", "frozen", "picking", "noticed", "contracting", "running", "delivered")


@dataclass(frozen=True, slots=True)
class Owner:
    """Who commissions: exactly one of a party and a department."""

    party_id: str | None
    department_id: str | None
    name: str


def owner(ctx: Context, who: Who, chosen: str) -> Owner:
    """The owner that *who* chose: one of their parties, or of their departments (permission ``purchase``). A person's name is masked."""
    if chosen in who.departments:
        demand(ctx, "purchase")
        return Owner(None, chosen, people.department(ctx, chosen).title)
    if chosen in who.parties:
        return Owner(chosen, None, people.party(ctx, chosen).name)
    raise BadInput("intermediary_market.no_owner")


def publish(ctx: Context, who: Who, given: Mapping[str, str]) -> Project:
    """Announce a project. Everything that decides is fixed here: method, money, sizes of lists, closing, which public value, and the seed's SHA-256.

    Raises :class:`BadInput` with the first thing that is wrong.
    """
    whose = owner(ctx, who, given.get("owner", ""))
    service = catalogue.one(ctx, given.get("service", "")) if given.get("service") else None
    if service is None or not service.active:
        raise BadInput("intermediary_market.service_unknown")
    case = linking.link(ctx, given["case"], service, who) if given.get("case") else None
    rules, money = _rules(ctx, given), _money(given)
    _affordable(ctx, rules, money[0], given)
    title, wanted = given.get("title", "").strip(), given.get("demand", "").strip()
    if not title or not wanted:
        raise BadInput("intermediary_market.no_title")
    row = _row(ctx, whose, service, case, given, rules, money)
    _not_again(ctx, row)
    ctx.session.add(row)
    ctx.session.flush()
    note(
        ctx,
        row,
        "published",
        method=row.method,
        fund=row.fund,
        commitment=row.commitment,
        closes=row.closes_at.isoformat(),
        value=f"{row.source} {row.source_name}",
    )
    if rules.method == "direct":
        eligibility.name_directly(ctx, row, given.get("agency", ""), given.get("reason", ""))
    return row


def withdraw(ctx: Context, project_id: str, who: Who, reason: str) -> Project:
    """Take a project back before it is decided (F7)."""
    row = own_project(ctx, project_id, who)
    if row.status not in ("open", "picking") and not (row.status == "frozen" and not row.value):
        raise BadInput("intermediary_market.too_late_to_withdraw")
    if row.status == "frozen" and row.value_due <= ctx.now():
        raise BadInput("intermediary_market.value_is_out")
    if not reason.strip():
        raise BadInput("intermediary_market.withdraw_reason")
    eligibility.fail(ctx, row, WITHDRAWN, reason.strip())
    return row


def public(ctx: Context, project_id: str) -> Project:
    """A project: every one is public."""
    row = ctx.session.get(Project, project_id)
    if row is None:
        raise missing()
    return row


def listed(ctx: Context, *, status: str = "", method: str = "", service_id: str = "", words: str = "", before: str = "", most: int = 30) -> tuple[Project, ...]:
    """Projects, newest first; *before* is the id to go on after."""
    query = select(Project).order_by(Project.id.desc()).limit(most)
    if status:
        query = query.where(Project.status.in_(LIVE) if status == "live" else Project.status == status)
    if method:
        query = query.where(Project.method == method)
    if service_id:
        query = query.where(Project.service_id == service_id)
    if words:
        query = query.where(Project.title.contains(words, autoescape=True) | (Project.number == words.upper()))
    if before:
        query = query.where(Project.id < before)
    return tuple(ctx.session.scalars(query))


def mine(ctx: Context, who: Who) -> tuple[Project, ...]:
    """What *who* owns, newest first."""
    return tuple(ctx.session.scalars(select(Project).where(owned(who)).order_by(Project.id.desc()).limit(200)))


def of_agency(ctx: Context, agency: Agency) -> tuple[tuple[Project, BidRow | None], ...]:
    """Projects that an agency registered for, or was named for, newest first."""
    bids = {row.project_id: row for row in ctx.session.scalars(select(BidRow).where(BidRow.agency_id == agency.id))}
    query = select(Project).where(Project.id.in_(list(bids)) | (Project.agency_id == agency.id)).order_by(Project.id.desc()).limit(200)
    return tuple((row, bids.get(row.id)) for row in ctx.session.scalars(query))


def rules_of(row: Project) -> Rules:
    """The rules that the announcement fixed."""
    return Rules(**row.rules)


def money(text: str) -> int | None:
    """An amount in yuan as whole fen; ``None`` when it is none, or finer than a fen, or beyond a hundred billion."""
    try:
        amount = Decimal(text.replace(",", "").replace("，", "").strip()) * 100
    except InvalidOperation:
        return None
    return int(amount) if amount.is_finite() and amount == amount.to_integral_value() and 0 < amount < 10**13 else None


def _rules(ctx: Context, given: Mapping[str, str]) -> Rules:
    method, fund = given.get("method", ""), given.get("fund", "")
    if method not in METHODS or fund not in ("state", "social"):
        raise BadInput("intermediary_market.no_method")
    long, short = (_whole(given.get(name, "")) if method == "credit" else 0 for name in ("long", "short"))
    if method == "credit" and not (long >= 2 and 1 <= short <= long <= 1000):
        raise BadInput("intermediary_market.list_sizes")
    money: Fund = "state" if fund == "state" else "social"
    least = minimum(method, money, proposals=int(ctx.setting("proposal_minimum")))
    return Rules(method, money, least, long, short, method == "best" and given.get("lower_first") == "1")


def _money(given: Mapping[str, str]) -> tuple[int, int | None]:
    ceiling, floor = money(given.get("ceiling", "")), money(given["floor"]) if given.get("floor", "").strip() else None
    if ceiling is None:
        raise BadInput("intermediary_market.ceiling")
    if given.get("floor", "").strip() and (floor is None or floor > ceiling):
        raise BadInput("intermediary_market.floor")
    return ceiling, floor


def _affordable(ctx: Context, rules: Rules, ceiling: int, given: Mapping[str, str]) -> None:
    limit = int(ctx.setting("direct_limit"))
    if rules.method == "direct" and rules.fund == "state" and ceiling > limit * 100:
        raise BadInput("intermediary_market.direct_limit", limit=f"{limit:,}")
    if rules.method == "direct" and not given.get("reason", "").strip():
        raise BadInput("intermediary_market.direct_reason")


def _row(
    ctx: Context, whose: Owner, service: Service, case: linking.Link | None, given: Mapping[str, str], rules: Rules, money: tuple[int, int | None]
) -> Project:
    days, open_days = _whole(given.get("days", "")), _whole(given.get("open_days", "")) if rules.method != "direct" else 1
    if not 1 <= days <= 500:
        raise BadInput("intermediary_market.days")
    if not int(ctx.setting("open_days")) <= open_days <= 60:
        raise BadInput("intermediary_market.open_days", least=str(ctx.setting("open_days")))
    source = given.get("source", "")
    if source not in SOURCES:
        raise BadInput("intermediary_market.no_source")
    closes = worktime.instant(ctx, worktime.last_day(ctx, ctx.today(), open_days, "working_day"), _CLOSING_HOUR)
    beacon = announce(source, closes, lambda day: worktime.last_day(ctx, day, 1, "working_day"))
    seed = secrets.token_bytes(32)
    year = ctx.today().year
    row = Project(
        id=new_id(),
        number=f"ZJ-{year}-{next_number(ctx, f'project-{year}'):04d}",
        owner_party_id=whose.party_id,
        owner_department_id=whose.department_id,
        owner_index=people.party_index(ctx, whose.party_id) if whose.party_id else "",
        owner_name=whose.name,
        case_id=case and case.case_id,
        item_code=case.item_code if case else "",
        procedure=case.procedure if case else "",
        authority_id=case and case.authority_id,
        service_id=service.id,
        title=given["title"].strip()[:200],
        demand=given["demand"].strip()[:4000],
        fund=rules.fund,
        ceiling=money[0],
        floor=money[1] if rules.method in PRICED else None,
        days=days,
        method=rules.method,
        rules=asdict(rules),
        status="open",
        published_at=ctx.now(),
        closes_at=closes,
        commitment=commitment(seed),
        seed=people.seal(ctx, seed.hex()),
        revealed="",
        source=beacon.source,
        source_name=beacon.name,
        value_due=beacon.due,
        value="",
        value_url="",
        list_text="",
        list_digest="",
        result={},
        failed="",
        failed_reason="",
        pick_reason="",
        fingerprint="",
    )
    row.fingerprint = _fingerprint(row)
    return row


def _fingerprint(row: Project) -> str:
    """What must not be announced a third time unchanged."""
    parts: list[Any] = [row.owner_party_id, row.owner_department_id, row.case_id, row.service_id, row.title, row.fund, row.ceiling, row.floor, row.rules]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _not_again(ctx: Context, row: Project) -> None:
    failed = select(func.count()).where(Project.fingerprint == row.fingerprint, Project.status == "failed", Project.failed != WITHDRAWN)
    if int(ctx.session.scalar(failed) or 0) >= 2:
        raise BadInput("intermediary_market.twice_failed")


def _whole(text: str) -> int:
    return int(text) if text.strip().isascii() and text.strip().isdigit() and len(text.strip()) < 7 else 0
