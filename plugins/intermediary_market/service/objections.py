"""Words against an admission or a result while it is on notice, and appeals of agencies against what was decided about them.

Whoever decided does not answer: a colleague with the permission does (four eyes).
"""

from sqlalchemy import select, update

from core.sdk import BadInput, Context, Words, notices, people, worktime
from core.sdk.tables import new_id
from plugins.intermediary_market.models import Agency, Mark, Objection, Project
from plugins.intermediary_market.service import agencies, deciding, standing
from plugins.intermediary_market.service.record import mark, note, quoted, tell_agency
from plugins.intermediary_market.service.who import Who, demand, missing, needed_agency

#: What an appeal can be against, and what it is called in the record.
APPEALED = {"refused": "refuse", "suspended": "suspended", "removed": "removed"}


def against_admission(ctx: Context, agency_id: str, who: Who, words: str) -> Objection:
    """Somebody objects to an admission during its public notice."""
    row = ctx.session.scalar(select(Agency).where(Agency.id == agency_id, Agency.state == "noticed", Agency.notice_until >= ctx.today()))
    if row is None:
        raise BadInput("intermediary_market.objection_late")
    return _written(ctx, who, words, kind="admission", agency=row, against=row.decided_by)


def against_result(ctx: Context, project_id: str, who: Who, words: str) -> Objection:
    """Somebody objects to a choice during its public notice."""
    row = ctx.session.scalar(select(Project).where(Project.id == project_id, Project.status == "noticed", Project.notice_until >= ctx.today()))
    if row is None:
        raise BadInput("intermediary_market.objection_late")
    found = _written(ctx, who, words, kind="result", project=row, against=row.value_by)
    note(ctx, row, "objected")
    return found


def appeal(ctx: Context, who: Who, words: str) -> Objection:
    """An agency appeals against its refusal, suspension or removal."""
    row = needed_agency(ctx, who)
    if row.state not in APPEALED:
        raise BadInput("intermediary_market.nothing_to_appeal")
    return _written(ctx, who, words, kind="appeal", agency=row, against=row.decided_by)


def answer(ctx: Context, objection_id: str, verdict: str, reason: str) -> Objection:
    """Answer: ``dismiss`` or ``uphold``, with reasons. Upheld: the admission is refused; the chosen one falls out; the measure is lifted with its points."""
    demand(ctx, "supervise")
    row: Objection | None = ctx.session.scalar(select(Objection).where(Objection.id == objection_id, Objection.state == "open"))
    if row is None:
        raise missing()
    if row.against == ctx.actor.id:
        raise BadInput("intermediary_market.own_decision")
    if verdict not in ("uphold", "dismiss") or not reason.strip():
        raise BadInput("intermediary_market.answer")
    row.state, row.answer, row.answered_by = ("upheld" if verdict == "uphold" else "dismissed"), reason.strip()[:2000], ctx.actor.id
    ctx.session.flush()
    if verdict == "uphold":
        _UPHELD[row.kind](ctx, row)
    elif row.project_id:
        note(ctx, _project(ctx, row), "dismissed", reason=row.answer)
    told = quoted("你提的异议已答复：%(words)s", "Your objection was answered: %(words)s", words=row.answer)
    notices.tell_party(ctx, row.by_party, Words("异议答复", "Answer to your objection"), told, key=row.id)
    return row


def waiting(ctx: Context) -> tuple[Objection, ...]:
    """What waits for an answer, the most urgent first."""
    return tuple(ctx.session.scalars(select(Objection).where(Objection.state == "open").order_by(Objection.answer_by, Objection.at).limit(200)))


def answered(ctx: Context) -> tuple[Objection, ...]:
    """What was answered lately."""
    return tuple(ctx.session.scalars(select(Objection).where(Objection.state != "open").order_by(Objection.at.desc()).limit(100)))


def mine(ctx: Context, who: Who) -> tuple[Objection, ...]:
    """What *who* objected to, newest first."""
    return tuple(ctx.session.scalars(select(Objection).where(Objection.by_account == who.id).order_by(Objection.at.desc()).limit(100)))


def text(ctx: Context, row: Objection) -> str:
    """The words of an objection. The caller asked who may read them: whoever wrote them, and the supervisors."""
    return people.unseal(ctx, row.words)


def _written(ctx: Context, who: Who, words: str, *, kind: str, agency: Agency | None = None, project: Project | None = None, against: str | None) -> Objection:
    if not who.id or not who.parties:
        raise missing()
    if not words.strip():
        raise BadInput("intermediary_market.objection_words")
    agency_id, project_id = (None if agency is None else agency.id), (None if project is None else project.id)
    same = select(Objection.id).where(
        Objection.by_account == who.id, Objection.state == "open", Objection.agency_id == agency_id, Objection.project_id == project_id
    )
    if ctx.session.scalar(same.limit(1)) is not None:
        raise BadInput("intermediary_market.objection_again")
    row = Objection(
        id=new_id(),
        kind=kind,
        agency_id=agency_id,
        project_id=project_id,
        by_account=who.id,
        by_party=who.parties[0],
        at=ctx.now(),
        words=people.seal(ctx, words.strip()[:4000]),
        against=against,
        answer_by=worktime.last_day(ctx, ctx.today(), int(ctx.setting("answer_days"))),
        state="open",
        answer="",
        answered_by=None,
    )
    ctx.session.add(row)
    ctx.session.flush()
    return row


def _admission(ctx: Context, row: Objection) -> None:
    """The admission is refused; the agency may appeal."""
    agency = _agency(ctx, row)
    if agency.state != "noticed":
        return
    agency.state, agency.reason, agency.decided_by, agency.notice_until = "refused", row.answer, ctx.actor.id, None
    mark(ctx, agency, "refuse", reason=row.answer)
    told = quoted(
        "公示期内有异议成立，没有通过：%(why)s。不服的，可以申诉。", "An objection was upheld; not admitted: %(why)s. You may appeal.", why=row.answer
    )
    tell_agency(ctx, agency, Words("中介超市入驻", "Admission to the market"), told)


def _result(ctx: Context, row: Objection) -> None:
    """Whoever was chosen falls out; the next in rank follows. No draw is repeated."""
    project = _project(ctx, row)
    if project.status == "noticed" and project.bid_id is not None:
        deciding.next_one(ctx, project, row.answer)


def _appeal(ctx: Context, row: Objection) -> None:
    """The measure is lifted, and what it cost is given back."""
    agency = _agency(ctx, row)
    kind = APPEALED.get(agency.state)
    if kind is None:
        return
    last = ctx.session.scalar(select(Mark.id).where(Mark.agency_id == agency.id, Mark.kind == kind).order_by(Mark.at.desc(), Mark.id.desc()).limit(1))
    ctx.session.execute(update(Mark).where(Mark.id == last).values(points=0))
    if agency.state == "refused":
        agency.state, agency.reason = "applied", ""
        mark(ctx, agency, "appeal_upheld", reason=row.answer)
        return
    mark(ctx, agency, "appeal_upheld", reason=row.answer)
    standing.back(ctx, agency, row.answer)


_UPHELD = {"admission": _admission, "result": _result, "appeal": _appeal}


def subject(ctx: Context, row: Objection) -> str:
    """What an objection is about, in a few words: the agency's name or the project's title."""
    if row.project_id:
        return _project(ctx, row).title
    return agencies.named(ctx, row.agency_id or "")


def _agency(ctx: Context, row: Objection) -> Agency:
    found = ctx.session.get(Agency, row.agency_id)
    assert found is not None
    return found


def _project(ctx: Context, row: Objection) -> Project:
    found = ctx.session.get(Project, row.project_id)
    assert found is not None
    return found
