"""What has not arrived: the list for administrators of their own divisions, the counts, and a person's decision about an uncertain message."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, false, func, or_, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity import queries as people
from core.identity.models import Account, Department, Division, Party
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, Forbidden
from core.kernel.ids import is_id
from core.kernel.paging import Page, decode_cursor, encode_cursor
from core.kernel.text import normalise
from core.kernel.wording import word
from core.notices.errors import NotHeld, NoticeNotFound
from core.notices.models import Notice
from core.notices.service import SEND, message_key
from core.notices.spec import INBOX
from core.outbox import service as outbox

Decision = Literal["arrived", "again"]
#: What the page shows: everything that left or is to leave the house and is not known to have arrived.
STATES = ("uncertain", "refused", "waiting", "sending")
#: How a waiting one stands that is not tried any more.
GIVEN_UP = "given_up"
#: What a person may say in which state. A refused one was definitely not sent, so only sending again makes sense, once the cause was mended; so does
#: it for a waiting one that the outbox gave up: no try of it can have gone out.
DECISIONS: Mapping[str, tuple[Decision, ...]] = {"uncertain": ("arrived", "again"), "refused": ("again",), GIVEN_UP: ("again",)}
LONGEST_REASON = 500
PAGE = 20
_row, _account, _party, _department, _division = (each.__table__.c for each in (Notice, Account, Party, Department, Division))
_OUTSIDE = (_row.channel != INBOX, _row.state != "sent")


@dataclass(frozen=True, slots=True)
class Held:
    """One message that has not arrived; the phone is masked, the text is as it goes out, which holds nothing personal. ``given_up`` says of a waiting
    one that it was tried in vain as often as the outbox tries."""

    id: str
    state: str
    channel: str
    texts: Mapping[str, str]
    phone: str
    department_id: str | None
    case_id: str | None
    attempts: int
    created_at: datetime
    tried_at: datetime | None
    said: Mapping[str, Any] | None
    given_up: bool

    def why(self, locale: str) -> str:
        """Why it has not arrived, in the reader's language; empty while it was not tried."""
        return word(self.said["key"], locale, **self.said["params"]) if self.said else ""

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What a person may say of it now."""
        return DECISIONS.get(GIVEN_UP if self.given_up else self.state, ())


def counts(session: Session) -> dict[str, int]:
    """State → how many messages of the whole hall (``/metrics``)."""
    return _counted(session)


def counts_of(session: Session, *, actor: Actor) -> dict[str, int]:
    """State → how many in the actor's care. Raises :class:`Forbidden`."""
    return _counted(session, sight(session, actor))


def _counted(session: Session, *within: ColumnElement[bool]) -> dict[str, int]:
    query = select(_row.state, func.count()).where(*_OUTSIDE, *within).group_by(_row.state)
    return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in session.execute(query)}


def sight(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The condition that holds for what the actor administers: all departments in and below the divisions of their own posts; what belongs to no
    department is for those at the top. Raises :class:`Forbidden` for whoever administers nothing."""
    posts = people.staff_view(session, actor.id).posts if actor.kind == "staff" and is_id(actor.id) else ()
    paths = sorted({post.division_path for post in posts if post.role == "admin" and post.on_behalf_of is None})
    if not paths:
        raise Forbidden
    below = or_(*(_division.path.startswith(path, autoescape=True) for path in paths))
    mine = select(_department.id).join(Division.__table__, _division.id == _department.division_id).where(below)
    top = _row.department_id.is_(None) if any(path.strip("/").count("/") == 0 for path in paths) else false()
    return or_(_row.department_id.in_(mine), top)


def listed(session: Session, *, state: str, cursor: str | None = None, actor: Actor) -> Page[Held]:
    """One page of the actor's messages in *state*, newest first. Raises :class:`Forbidden`, :class:`BadInput` for a bad cursor."""
    query = _query().where(*_OUTSIDE, _row.state == state, sight(session, actor))
    if cursor is not None:
        after = str(decode_cursor(cursor, 1)[0])
        if not is_id(after):
            raise BadInput("kernel.bad_cursor")
        query = query.where(_row.id < after)
    rows = _helds(session, session.execute(query.order_by(_row.id.desc()).limit(PAGE + 1)).all())
    return Page(tuple(rows[:PAGE]), encode_cursor(rows[PAGE - 1].id) if len(rows) > PAGE else None)


def decide(session: Session, notice_id: str, decision: str, reason: str, *, actor: Actor) -> None:
    """A person says of an uncertain message that it arrived, or has it sent again, with how they know; audited.

    Sent again it keeps its name, so that a gateway that has it already can tell. Raises :class:`NoticeNotFound`, :class:`NotHeld`,
    :class:`BadInput` without a reason, :class:`Forbidden`.
    """
    words = normalise(reason)
    mine = select(_row.id, _row.state, _row.turn, _row.region_root, _row.case_id).where(_row.id == notice_id, _row.channel != INBOX, sight(session, actor))
    row = session.execute(mine).one_or_none() if is_id(notice_id) else None
    if row is None:
        raise NoticeNotFound
    given_up = row.state == "waiting" and _given_up(session, [(notice_id, row.turn)])
    if decision not in DECISIONS.get(GIVEN_UP if given_up else row.state, ()):
        raise NotHeld
    if not words or len(words) > LONGEST_REASON:
        raise BadInput("notices.reason_missing", most=LONGEST_REASON)
    if given_up:
        outbox.again(session, message_key(notice_id, row.turn))  # the same message: what stands about it as an incident ends with it
    else:
        _settle(session, row, decision)
    detail = {"reason": words, "was": GIVEN_UP if given_up else row.state, **({"case": row.case_id} if row.case_id else {})}
    audit.record(session, f"notice.{decision}", subject=("notice", notice_id), actor=actor, detail=detail)


def _settle(session: Session, row: Any, decision: str) -> None:
    """Write the decision down unless a colleague was faster; sent again it is a message of its own."""
    values: dict[str, Any] = {"state": "sent", "sent_at": now()} if decision == "arrived" else {"state": "waiting", "turn": row.turn + 1}
    same = update(Notice).where(_row.id == row.id, _row.state == row.state, _row.turn == row.turn)
    if session.execute(same.values(**values).returning(_row.id), execution_options={"synchronize_session": False}).scalar() is None:
        raise NotHeld
    if decision == "again":
        outbox.send(session, SEND, {"notice": row.id}, key=message_key(row.id, row.turn + 1), region_root=row.region_root)


def one(session: Session, notice_id: str, *, actor: Actor) -> Held:
    """One message in the actor's care. Raises :class:`NoticeNotFound`, :class:`Forbidden`."""
    found = session.execute(_query().where(*_OUTSIDE, _row.id == notice_id, sight(session, actor))).one_or_none() if is_id(notice_id) else None
    if found is None:
        raise NoticeNotFound
    return _helds(session, [found])[0]


def _query() -> Any:
    columns: Sequence[Any] = (
        _row.id, _row.state, _row.channel, _row.body, _party.masked_phone, _row.department_id, _row.case_id, _row.attempts, _row.created_at,
        _row.tried_at, _row.said, _row.turn,
    )  # fmt: skip
    tables = Notice.__table__.outerjoin(Account.__table__, _account.id == _row.recipient_id).outerjoin(Party.__table__, _party.id == _account.party_id)
    return select(*columns).select_from(tables)


def _helds(session: Session, rows: Sequence[Any]) -> list[Held]:
    lost = _given_up(session, [(row.id, row.turn) for row in rows if row.state == "waiting"])
    return [
        Held(
            row.id, row.state, row.channel, row.body, row.masked_phone or "", row.department_id, row.case_id, row.attempts, row.created_at, row.tried_at,
            row.said, row.id in lost,
        )
        for row in rows
    ]  # fmt: skip


def _given_up(session: Session, waiting: Sequence[tuple[str, int]]) -> frozenset[str]:
    """Those of the waiting (notice, turn) that nothing tries any more."""
    keys = {message_key(*each): each[0] for each in waiting}
    return frozenset(keys[key] for key in outbox.given_up_of(session, keys)) if keys else frozenset()
