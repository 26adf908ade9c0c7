"""Send a message with the business transaction, and say which function handles a topic."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from sqlalchemy import Table, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.together import Rows
from core.kernel import canonical
from core.kernel.clock import now
from core.kernel.ids import new_id
from core.outbox.errors import NoHandler, NotParked
from core.outbox.models import Effect, Message

#: ``fn(session, body, message_id)``: does the effect in *session* and does not commit. What leaves the database (mail, webhook)
#: carries *message_id*, because it can happen again when the process dies before the commit.
Handler = Callable[[Session, dict[str, Any], str], None]
HandlerT = TypeVar("HandlerT", bound=Handler)

_handlers: dict[str, Handler] = {}

#: Workers take the messages of some lanes. What calls plugins' code has a lane of its own, run by a process apart that can be ended
#: (:mod:`core.outbox.apart`): a plugin that hangs never holds up a receipt, a licence or a notice.
CORE, PLUGINS = "", "plugins"
_lanes: dict[str, str] = {}
_turns: dict[str, str] = {}
_ended: dict[str, Handler] = {}

#: ``fn(database)``: called after every message and every turn of a job, when its transaction is over, whatever became of it.
After = Callable[[Database], None]
_after: list[After] = []

#: The topic that tells of a message that was given up, ``{"message": id}``; sent where somebody handles it.
PARKED = "outbox.parked"

#: Set in ``session.info`` by :func:`send`; the embedded relay looks at it after commit.
SENT = "outbox_sent"


def send(session: Session, topic: str, body: Mapping[str, Any], *, key: str, available_at: datetime | None = None, region_root: str | None = None) -> str:
    """Queue one message in this transaction and return its id. The same *key* again changes nothing and returns the first one's id.

    *body* holds ids and references only, never a person's values (it is not sealed). *available_at* delays it.
    """
    values = _row(topic, body, key, available_at, region_root)
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Message).values(values).on_conflict_do_nothing(index_elements=["key"]).returning(Message.id)
    session.info[SENT] = True
    inserted = session.execute(statement).scalar_one_or_none()
    return inserted or session.execute(select(Message.id).where(Message.key == key)).scalar_one()


def sending(session: Session, topic: str, body: Mapping[str, Any], *, key: str, region_root: str | None = None) -> Rows:
    """What :func:`send` would write, for a verb that writes everything of its command at once (:func:`core.db.together.insert_together`)."""
    session.info[SENT] = True
    return Rows(cast(Table, Message.__table__), [_row(topic, body, key, None, region_root)], "nothing")


def _row(topic: str, body: Mapping[str, Any], key: str, available_at: datetime | None, region_root: str | None) -> dict[str, Any]:
    at = now()
    return {
        "id": new_id(),
        "region_root": region_root,
        "topic": topic,
        "lane": _lanes.get(topic, CORE),
        "turn": str(body[_turns[topic]]) if topic in _turns else "",
        "key": key,
        "body": canonical.dumps(dict(body)).decode(),
        "created_at": at,
        "available_at": available_at or at,
        "attempts": 0,
    }


def handler(topic: str, *, lane: str = CORE, turn: str | None = None, ended: Handler | None = None) -> Callable[[HandlerT], HandlerT]:
    """Register the decorated function for *topic*. One topic has one handler: who needs two effects sends two messages.

    *lane*: which workers run it. *turn*: the entry of the body that says whose message it is, where several take turns (:func:`core.outbox.relay.
    claim_in_turn`). *ended* is what to do instead of trying again when the process that ran the message was ended in the middle of it.
    """

    def register(function: HandlerT) -> HandlerT:
        before = _handlers.get(topic)
        if before is not None and (before.__module__, before.__qualname__) != (function.__module__, function.__qualname__):
            raise ValueError(f"{topic} is handled by {before.__module__}.{before.__qualname__} already")
        _handlers[topic] = function
        _lanes[topic] = lane
        if turn is not None:
            _turns[topic] = turn
        if ended is not None:
            _ended[topic] = ended
        return function

    return register


def handle(session: Session, topic: str, body: str, message_id: str) -> None:
    """Call the handler of *topic* in this transaction; :class:`NoHandler` when there is none."""
    function = _handlers.get(topic)
    if function is None:
        raise NoHandler(topic=topic)
    function(session, json.loads(body), message_id)


def waits(session: Session, lane: str, prefix: str) -> bool:
    """Whether a message of *lane* whose key begins with *prefix* is neither done nor given up."""
    still = (Message.lane == lane, Message.done_at.is_(None), Message.parked_at.is_(None))
    return session.scalar(select(Message.id).where(*still, Message.key.startswith(prefix, autoescape=True)).limit(1)) is not None


def latest(session: Session, lane: str, turns: Iterable[str]) -> dict[str, datetime]:
    """For each of *turns* that has messages in *lane* waiting, from when the last of them may be handled."""
    still = (Message.lane == lane, Message.done_at.is_(None), Message.parked_at.is_(None))
    found = session.execute(select(Message.turn, func.max(Message.available_at)).where(*still, Message.turn.in_(set(turns))).group_by(Message.turn))
    return {row[0]: row[1] for row in found}


def when_ended(topic: str) -> Handler | None:
    """What to do with a message of *topic* whose process was ended; ``None``: it is tried again like any other that failed."""
    return _ended.get(topic)


def after_each(function: After) -> None:
    """Call *function* after every message and every turn of a job, outside their transactions."""
    if function not in _after:
        _after.append(function)


def after(database: Database) -> None:
    """A message or a turn is over: tell those who asked to hear of it."""
    for function in _after:
        function(database)


def given_up(session: Session, message_id: str, topic: str) -> None:
    """Tell of a message that is parked in this transaction. A message that tells so is not told about itself."""
    if topic != PARKED and PARKED in _handlers:
        send(session, PARKED, {"message": message_id}, key=f"{PARKED}/{message_id}/{new_id()}")


def message(session: Session, message_id: str) -> Message | None:
    """A message by id."""
    return session.get(Message, message_id)


def is_open(session: Session, message_id: str) -> bool:
    """Whether a message still waits, parked or not."""
    return session.scalar(select(Message.id).where(Message.id == message_id, Message.done_at.is_(None))) is not None


def parked(session: Session, limit: int = 100) -> tuple[Message, ...]:
    """Messages that were given up on, oldest first, for the operator's page."""
    return tuple(session.scalars(select(Message).where(Message.parked_at.is_not(None)).order_by(Message.parked_at, Message.id).limit(limit)))


def revive(session: Session, message_id: str) -> None:
    """Give a parked message its attempts back (after the cause was mended)."""
    found = session.execute(
        update(Message)
        .where(Message.id == message_id, Message.parked_at.is_not(None))
        .values(parked_at=None, attempts=0, available_at=now(), claimed_until=None, claimed_by=None)
        .returning(Message.id)
    ).scalar_one_or_none()
    if found is None:
        raise NotParked
    session.info[SENT] = True


def hurry(session: Session, lane: str, turn: str) -> int:
    """What kept the messages of *turn* in *lane* from being done is mended: those that wait for later or were given up have all their tries again, from
    now on. Returns how many."""
    still = (Message.lane == lane, Message.turn == turn, Message.done_at.is_(None))
    waiting_or_parked = or_(Message.parked_at.is_not(None), and_(Message.available_at > now(), Message.claimed_until.is_(None)))
    fresh = {"parked_at": None, "attempts": 0, "available_at": now(), "claimed_until": None, "claimed_by": None}
    hurried = update(Message).where(*still, waiting_or_parked).values(**fresh).returning(Message.id).execution_options(synchronize_session=False)
    count = len(session.execute(hurried).all())
    session.info[SENT] = session.info.get(SENT, False) or count > 0
    return count


def again(session: Session, key: str) -> bool:
    """Give the message of *key* its attempts back when it was given up; whether there is one that is still to be done."""
    found = session.execute(select(Message.id, Message.parked_at).where(Message.key == key, Message.done_at.is_(None))).first()
    if found is not None and found.parked_at is not None:
        revive(session, found.id)
    return found is not None


def given_up_of(session: Session, keys: Iterable[str]) -> frozenset[str]:
    """Those of *keys* whose message was given up."""
    return frozenset(session.scalars(select(Message.key).where(Message.key.in_(set(keys)), Message.parked_at.is_not(None))))


def waiting(session: Session) -> int:
    """How many messages are open now (``/metrics``)."""
    return session.scalar(select(func.count()).select_from(Message).where(Message.done_at.is_(None), Message.parked_at.is_(None))) or 0


def sweep(session: Session, keep_days: int = 90) -> int:
    """Forget messages done more than *keep_days* ago. Their keys become free, so a key must not be re-sent after that long."""
    old = select(Message.id).where(Message.done_at < now() - timedelta(days=keep_days))
    session.execute(delete(Effect).where(Effect.message_id.in_(old)), execution_options={"synchronize_session": False})
    gone = session.execute(delete(Message).where(Message.id.in_(old)).returning(Message.id), execution_options={"synchronize_session": False})
    return len(gone.all())
