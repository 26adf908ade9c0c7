"""From the closing to the choice: the list is frozen and published, the public value is entered, the seed revealed, and the rules do the rest."""

import json
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from core.sdk import BadInput, Context, Words, people, worktime
from plugins.intermediary_market.models import Agency, BidRow, Objection, Project
from plugins.intermediary_market.selection import Bid, Randomness, choose, draws, fault, freeze, key, pick, read, tidy
from plugins.intermediary_market.selection.beacon import is_value
from plugins.intermediary_market.selection.rules import NO_WINNER_LEFT, PICKED
from plugins.intermediary_market.service import agencies, eligibility
from plugins.intermediary_market.service.bids import offer
from plugins.intermediary_market.service.projects import rules_of
from plugins.intermediary_market.service.record import mark, note, quoted, tell_owner
from plugins.intermediary_market.service.standing import POINTS
from plugins.intermediary_market.service.who import Who, chosen_project, demand, missing, own_project

#: The owner did not pick in time and nothing can be drawn instead.
NOT_PICKED: Final = "F9"
SOURCE_NAMES: Final = {
    "lottery": Words("双色球开奖号码", "the 双色球 lottery"),
    "index": Words("上证综合指数收盘", "the Shanghai composite index"),
    "drand": Words("drand 随机信标", "the drand beacon"),
}
EXAMPLES: Final = {"lottery": "05 11 17 22 26 31 + 08", "index": "3952.76", "drand": "8f3c…（64 位十六进制）"}


def close(ctx: Context, project: Project) -> None:
    """Registration is over: number the registrations, judge them, freeze the list and publish it with its digest."""
    rows = list(ctx.session.scalars(select(BidRow).where(BidRow.project_id == project.id).order_by(BidRow.at, BidRow.id)))
    known = {row.id: row for row in ctx.session.scalars(select(Agency).where(Agency.id.in_(select(BidRow.agency_id).where(BidRow.project_id == project.id))))}
    scores = agencies.scores(ctx, known)
    entries = []
    unfit = eligibility.judge(ctx, project)
    for no, row in enumerate(rows, 1):
        agency = known[row.agency_id]
        row.no, row.price, row.score = no, offer(ctx, row)[0], scores[row.agency_id].total
        row.fault = unfit(agency) or fault(row.price, method=rules_of(project).method, ceiling=project.ceiling, floor=project.floor)
        entries.append((Bid(no, row.price, row.score, row.fault), agency.number, agency.name))
    project.list_text = freeze(project.number, rules_of(project), entries)
    frozen = read(project.list_text)
    project.list_digest, project.frozen_at, project.status = frozen.digest, ctx.now(), "frozen"
    note(ctx, project, "frozen", list_sha256=frozen.digest, bids=len(rows), valid=sum(1 for bid in frozen.bids if not bid.fault))
    if not draws(frozen.bids, frozen.rules):
        settle(ctx, project)


def enter_value(ctx: Context, project_id: str, value: str, url: str) -> Project:
    """Enter the public value that the announcement named, once, with the address where anybody finds it. The seed is revealed and the draw made."""
    demand(ctx, "supervise")
    project: Project | None = ctx.session.scalar(select(Project).where(Project.id == project_id, Project.status == "frozen"))
    if project is None:
        raise missing()
    if ctx.now() < project.value_due:
        raise BadInput("intermediary_market.value_early", at=project.value_due.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%d %H:%M"))
    value, url = tidy(value), url.strip()
    if not is_value(project.source, value):
        named = SOURCE_NAMES[project.source]
        raise BadInput("intermediary_market.value_shape", source={"zh": named.zh, "en": named.en}, example=EXAMPLES[project.source])
    if not url.startswith("https://") or len(url) > 400 or any(each.isspace() for each in url):
        raise BadInput("intermediary_market.value_url")
    project.value, project.value_url, project.value_by, project.value_at = value, url, ctx.actor.id, ctx.now()
    project.revealed = people.unseal(ctx, project.seed)
    note(ctx, project, "revealed", value=value, source=f"{project.source} {project.source_name}", url=url, seed=project.revealed)
    settle(ctx, project)
    return project


def settle(ctx: Context, project: Project) -> None:
    """Let the rules choose, and go on with what comes out."""
    frozen = read(project.list_text)
    outcome = choose(frozen.bids, frozen.rules, _randomness(project))
    project.result = {"ranking": list(outcome.ranking), "shortlist": list(outcome.shortlist), "facts": dict(outcome.facts)}
    if outcome.failed:
        eligibility.fail(ctx, project, outcome.failed)
    elif outcome.ranking:
        eligibility.appoint(ctx, project, _bid(ctx, project, outcome.ranking[0]))
    else:
        _ask(ctx, project)


def pick_one(ctx: Context, project_id: str, who: Who, bid_id: str, reason: str) -> Project:
    """The owner picks from the short list, with a reason that is published."""
    project = own_project(ctx, project_id, who)
    row = next((each for each in standing(ctx, project) if each.id == bid_id), None) if project.status == "picking" else None
    if row is None:
        raise BadInput("intermediary_market.pick_one")
    if not reason.strip():
        raise BadInput("intermediary_market.pick_reason")
    project.pick_reason = reason.strip()[:2000]
    note(ctx, project, "picked", no=row.no, by="owner", reason=project.pick_reason)
    eligibility.appoint(ctx, project, row)
    return project


def pick_late(ctx: Context, project: Project) -> None:
    """The owner let the time pass: chance picks from the short list of the credit method; a comparison of plans cannot be drawn, so it fails."""
    left = standing(ctx, project)
    if project.method != "credit" or not left:
        eligibility.fail(ctx, project, NOT_PICKED)
        return
    randomness = _randomness(project)
    assert randomness is not None  # the credit method always waits for the public value
    no = pick([each.no for each in left if each.no is not None], randomness)
    note(ctx, project, "picked", no=no, by="chance", reason="")
    eligibility.appoint(ctx, project, _bid(ctx, project, no))


def decline(ctx: Context, project_id: str, who: Who, reason: str) -> Project:
    """The chosen agency does not want the contract (F8): it goes into its record, and the next one in rank follows."""
    project, agency = chosen_project(ctx, project_id, who)
    if project.status not in ("noticed", "contracting"):
        raise missing()
    if not reason.strip():
        raise BadInput("intermediary_market.decline_reason")
    mark(ctx, agency, "refused_contract", reason=reason.strip(), points=POINTS["refused_contract"], project=project)
    next_one(ctx, project, reason.strip())
    return project


def next_one(ctx: Context, project: Project, reason: str) -> None:
    """Whoever was chosen falls out; the next in rank is chosen, or the owner picks anew, or the project fails (F8)."""
    assert project.bid_id is not None
    gone = ctx.session.get(BidRow, project.bid_id)
    assert gone is not None
    gone.out = reason
    note(ctx, project, "fell_out", no=gone.no, reason=reason)
    project.bid_id = project.agency_id = project.price = None
    left = standing(ctx, project)
    if not left:
        eligibility.fail(ctx, project, NO_WINNER_LEFT)
    elif project.method in PICKED:
        _ask(ctx, project)
    else:
        eligibility.appoint(ctx, project, left[0])


def standing(ctx: Context, project: Project) -> tuple[BidRow, ...]:
    """Registrations that can still be chosen: in rank, or those on the short list."""
    order = [*project.result.get("ranking", ()), *project.result.get("shortlist", ())]
    rows = {row.no: row for row in ctx.session.scalars(select(BidRow).where(BidRow.project_id == project.id, BidRow.out == "", BidRow.no.is_not(None)))}
    return tuple(rows[no] for no in order if no in rows)


def package(project: Project) -> dict[str, Any]:
    """Everything that is needed to compute the draw again, as it is published. Before the reveal seed and value are empty."""
    return {
        "format": "wangting-draw/1",
        "project": project.number,
        "commitment": project.commitment,
        "list": project.list_text,
        "list_sha256": project.list_digest,
        "seed": project.revealed,
        "source": f"{project.source} {project.source_name}",
        "value": project.value,
        "value_url": project.value_url,
        "result": {
            "ranking": project.result.get("ranking", []),
            "shortlist": project.result.get("shortlist", []),
            "facts": _texts(project.result.get("facts", {})),
        },
    }


def finish_notice(ctx: Context, project: Project) -> None:
    """Nobody objects any longer: the contract may be signed."""
    project.status = "contracting"
    project.sign_until = worktime.last_day(ctx, ctx.today(), int(ctx.setting("sign_days")))
    note(ctx, project, "confirmed")
    tell_owner(
        ctx,
        project,
        Words("可以签合同了", "Sign the contract"),
        quoted(
            "%(title)s：公示期满，请在 %(day)s 前签订合同并登记。",
            "%(title)s: the notice is over; sign and record the contract by %(day)s.",
            title=project.title,
            day=project.sign_until.isoformat(),
        ),
    )


def disputed(ctx: Context, project: Project) -> bool:
    """Whether an objection against the result is open."""
    return ctx.session.scalar(select(Objection.id).where(Objection.project_id == project.id, Objection.state == "open").limit(1)) is not None


def _ask(ctx: Context, project: Project) -> None:
    project.status, project.pick_until = "picking", worktime.instant(ctx, worktime.last_day(ctx, ctx.today(), int(ctx.setting("pick_days"))), 17)
    note(ctx, project, "shortlisted", list=[each.no for each in standing(ctx, project)][:200])
    tell_owner(
        ctx,
        project,
        Words("请选定机构", "Choose an agency"),
        quoted("%(title)s：名单已定，请选一家。", "%(title)s: the short list is there. Choose one.", title=project.title),
    )


def _randomness(project: Project) -> Randomness | None:
    if not project.revealed:
        return None
    return Randomness(key(bytes.fromhex(project.revealed), project.number, project.list_digest, project.value))


def _bid(ctx: Context, project: Project, no: int) -> BidRow:
    found = ctx.session.scalar(select(BidRow).where(BidRow.project_id == project.id, BidRow.no == no))
    assert isinstance(found, BidRow)
    return found


def _texts(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as they are published: the long lists of the credit method and the distances stay, numbers beyond a browser's reach become text."""
    loaded: dict[str, Any] = json.loads(json.dumps(facts), parse_int=lambda text: int(text) if len(text) < 16 else text)
    return loaded


#: How long the hall waits for a public value before its health page says so.
VALUE_LATE: Final = timedelta(hours=24)
