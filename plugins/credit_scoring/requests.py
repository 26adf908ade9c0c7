"""Objections (异议) and repairs (信用修复): asked for by the subject, decided by the department, each with its reasons and its day."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select

from core.sdk import BadInput, Conflict, Context, NotFound, Words, audit, files, notices, people
from core.sdk.tables import new_id
from plugins.credit_scoring import running, subjects
from plugins.credit_scoring.acting import actor
from plugins.credit_scoring.models import Record, Request
from plugins.credit_scoring.subjects import RecordView
from plugins.credit_scoring.terms import Hindrance, hindrances, publicity

KINDS = ("objection", "repair")
_UNTIDY = re.compile(r"\s+")


def may_ask(ctx: Context, subject_id: str, party_id: str) -> None:
    """Only who may act for the party that is the subject. :class:`NotFound` for anybody else: not even that there is a record."""
    if not people.may_act_for(ctx, party_id) or subjects.of_party(ctx, party_id) != subject_id:
        raise NotFound("credit_scoring.no_subject")


def hindered(ctx: Context, record: RecordView, *, promised: bool = True, fulfilled: bool = True) -> tuple[Hindrance, ...]:
    """What keeps a repair of *record* away today."""
    found = publicity(record.terms, record.day)
    return hindrances(found, ctx.today(), promised=promised, fulfilled=fulfilled, severe_listed=bool(record.doc.get("severe")))


def file(
    ctx: Context, kind: str, subject_id: str, record_id: str, party_id: str, *, words: str, uploads: Sequence[Any] = (), promised: bool = False
) -> Request:  # fmt: skip
    """Object to a record, or ask for its repair. Files are evidence of the error, or that the duty was fulfilled.

    :class:`BadInput` for what is missing, :class:`Conflict` while another request about the record waits or it cannot be repaired (yet).
    """
    may_ask(ctx, subject_id, party_id)
    record = subjects.record(ctx, subject_id, record_id)
    words = _UNTIDY.sub(" ", words).strip()
    if len(words) < 5 or len(words) > 2000:
        raise BadInput("credit_scoring.request_words")
    if record.state not in ("valid", "disputed") or waiting(ctx, record_id) is not None:
        raise Conflict("credit_scoring.request_waits")
    if kind == "repair":
        _repairable(ctx, record, promised, bool(uploads))
    row = Request(
        id=new_id(), number=_number(ctx, kind), kind=kind, subject_id=subject_id, record_id=record_id, party_id=party_id, words=people.seal(ctx, words),
        files=[], promised=promised, fulfilled=bool(uploads), state="filed", due=ctx.today() + timedelta(days=int(ctx.setting("answer_days"))), at=ctx.now(),
    )  # fmt: skip
    ctx.session.add(row)
    ctx.session.flush()
    row.files = [_kept(ctx, upload, row.id) for upload in uploads]
    if kind == "objection":
        subjects.mark(ctx, record_id, "disputed")
    audit.record(ctx, f"{kind}_filed", ("request", row.id), {"record": record_id})
    return row


def waiting(ctx: Context, record_id: str) -> Request | None:
    """The request about a record that nobody has decided yet."""
    found: Request | None = ctx.session.scalar(select(Request).where(Request.record_id == record_id, Request.state == "filed"))
    return found


def of_subject(ctx: Context, subject_id: str) -> Sequence[Request]:
    """Every request of a subject, newest first."""
    return ctx.session.scalars(select(Request).where(Request.subject_id == subject_id).order_by(Request.at.desc())).all()


def for_party(ctx: Context, request_id: str, party_id: str) -> Request:
    """One request of the party, for whoever may act for it. :class:`NotFound` for anybody else."""
    row: Request | None = ctx.session.scalar(select(Request).where(Request.id == request_id, Request.party_id == party_id))
    if row is None or not people.may_act_for(ctx, party_id):
        raise NotFound("credit_scoring.no_request")
    return row


def one(ctx: Context, request_id: str) -> Request:
    """One request, for who decides. :class:`NotFound` otherwise."""
    found = ctx.session.get(Request, request_id)
    if found is None:
        raise NotFound("credit_scoring.no_request")
    return found


def listed(ctx: Context, state: str = "filed") -> Sequence[Request]:
    """Requests in a state: those to decide by their due day, the others newest first."""
    order = Request.due.asc() if state == "filed" else Request.decided_at.desc()
    return ctx.session.scalars(select(Request).where(Request.state == state).order_by(order, Request.id).limit(200)).all()


def withdraw(ctx: Context, request_id: str, party_id: str) -> None:
    """Take a request back that nobody has decided."""
    row = for_party(ctx, request_id, party_id)
    _open(row)
    row.state, row.decided_at = "withdrawn", ctx.now()
    _settle(ctx, row, "valid")
    audit.record(ctx, f"{row.kind}_withdrawn", ("request", row.id), {})


def decide(ctx: Context, request_id: str, *, grant: bool, answer: str) -> Request:
    """Grant or refuse, with the reasons the person reads.

    An objection that is right withdraws the record, a granted repair ends its publicity and its counting; the score follows at once. A repair can only
    be granted when the term is over, the duty fulfilled and the promise made: nobody may waive that.
    """
    row = one(ctx, request_id)
    _open(row)
    answer = _UNTIDY.sub(" ", answer).strip()
    if len(answer) < 5 or len(answer) > 2000:
        raise BadInput("credit_scoring.answer_words")
    record = subjects.record(ctx, row.subject_id, row.record_id)
    if grant and row.kind == "repair":
        _repairable(ctx, record, row.promised, row.fulfilled)
    row.state, row.decided_at, row.decided_by = "granted" if grant else "refused", ctx.now(), actor(ctx)
    row.answer = people.seal(ctx, answer)
    _settle(ctx, row, {"objection": "withdrawn", "repair": "repaired"}[row.kind] if grant else "valid")
    running.score_now(ctx, [row.subject_id])
    audit.record(ctx, f"{row.kind}_{row.state}", ("request", row.id), {"record": row.record_id})
    _tell(ctx, row)
    return row


def words(ctx: Context, row: Request) -> tuple[str, str]:
    """What was asked and what was answered, opened."""
    return people.unseal(ctx, row.words), "" if row.answer is None else people.unseal(ctx, row.answer)


def evidence(ctx: Context, row: Request, file_id: str) -> tuple[Mapping[str, Any], bytes]:
    """A file of this request and no other's."""
    found = next((each for each in row.files if each["id"] == file_id), None)
    if found is None:
        raise NotFound("credit_scoring.no_file")
    return found, files.read(ctx, file_id, of=row.id)


def late(ctx: Context) -> int:
    """How many requests are past their day."""
    return int(ctx.session.scalar(select(func.count()).select_from(Request).where(Request.state == "filed", Request.due < ctx.today())) or 0)


def _repairable(ctx: Context, record: RecordView, promised: bool, fulfilled: bool) -> None:
    if not record.bad:
        raise Conflict("credit_scoring.not_bad")
    for each in hindered(ctx, record, promised=promised, fulfilled=fulfilled):
        raise Conflict(f"credit_scoring.{each.key}", day="" if each.day is None else each.day.isoformat())


def _settle(ctx: Context, row: Request, state: str) -> None:
    found = ctx.session.get(Record, row.record_id)
    if found is not None:
        subjects.mark(ctx, row.record_id, state)


def _open(row: Request) -> None:
    if row.state != "filed":
        raise Conflict("credit_scoring.request_decided")


def _number(ctx: Context, kind: str) -> str:
    """A number people can say: kind, day and how many there were that day."""
    day: date = ctx.today()
    head = f"{'YY' if kind == 'objection' else 'XF'}{day:%Y%m%d}"
    taken = ctx.session.scalar(select(func.max(Request.number)).where(Request.number.like(f"{head}%")))
    return f"{head}{int(taken[len(head) :]) + 1 if taken else 1:04d}"


def _kept(ctx: Context, upload: Any, of: str) -> dict[str, Any]:
    ref = files.keep(ctx, upload, of=of)
    return {"id": ref.id, "name": ref.name, "media_type": ref.media_type, "size": ref.size}


def _tell(ctx: Context, row: Request) -> None:
    granted = row.state == "granted"
    kind = Words("异议申请", "objection") if row.kind == "objection" else Words("信用修复申请", "credit repair")
    done = Words("已同意", "was granted") if granted else Words("不同意", "was refused")
    notices.tell_party(
        ctx,
        row.party_id,
        Words(f"{kind.zh}{done.zh}", f"Your {kind.en} {done.en}"),
        Words(f"{kind.zh}（{row.number}）{done.zh}，理由请在“我的信用”查看。", f"Your {kind.en} {row.number} {done.en}. The reasons are under “My credit”."),
        key=f"request/{row.id}/{row.state}",
    )
