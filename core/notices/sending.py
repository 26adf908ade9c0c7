"""Sending what cannot be taken back: at most once, and held for a person whenever nobody knows whether it went out.

The try is committed (``sending``) before the first byte leaves, in a transaction of its own, and so is its end. A process that dies between leaves
``sending`` behind; whoever comes by after :data:`GRACE` makes it ``uncertain`` and sends nothing. Only one worker can claim a waiting row, so two
that run the same message send it once.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.db.database import Database
from core.kernel.clock import now
from core.kernel.wording import word
from core.notices.errors import ChannelAway, UnderWay
from core.notices.models import Notice
from core.notices.spec import Channel, Outcome, Parcel

log = logging.getLogger("wangting.notices")

#: Longer than a try can last, shorter than the lease of an outbox message.
GRACE = timedelta(seconds=50)
_row = Notice.__table__.c


def send(session: Session, notice_id: str, channel: Channel) -> None:
    """Try once. Raises :class:`ChannelAway` where it is certain that nothing was taken, :class:`UnderWay` while another worker is at it, and
    whatever *channel* raises while it prepares; in each of these the outbox comes back later."""
    database: Database = session.info["database"]
    row = session.execute(select(*_row).where(_row.id == notice_id)).one()
    if row.state == "sending":
        _left_behind(database, row)
        return
    transmit = channel(session, Parcel(row.key, (row.recipient_kind, row.recipient_id), row.body))
    attempt = database.run(lambda own: _claim(own, notice_id))
    if attempt is None:
        raise UnderWay
    try:
        outcome = transmit()
    except Exception as error:  # noqa: BLE001 - an adapter that fails half way leaves us knowing nothing
        log.warning("the try of notice %s broke: %s", notice_id, type(error).__name__)
        outcome = Outcome("uncertain", "notices.said.no_answer", {"why": type(error).__name__})
    database.run(lambda own: _end(own, notice_id, attempt, outcome))
    if outcome.state == "again":
        raise ChannelAway(why=said_words(outcome))


def said_words(outcome: Outcome) -> Mapping[str, str]:
    """Why, in both languages."""
    return {locale: word(outcome.said, locale, **outcome.params) for locale in ("zh", "en")}


def _claim(own: Session, notice_id: str) -> int | None:
    """The number of this try, or ``None`` when the row waits no more."""
    waits = update(Notice).where(_row.id == notice_id, _row.state == "waiting")
    return own.execute(
        waits.values(state="sending", attempts=Notice.attempts + 1, tried_at=now()).returning(_row.attempts), execution_options={"synchronize_session": False}
    ).scalar_one_or_none()


def _end(own: Session, notice_id: str, attempt: int, outcome: Outcome) -> None:
    """Write how the try ended – unless it took so long that it was given up as uncertain meanwhile: that stands."""
    values: dict[str, Any] = {"state": "waiting" if outcome.state == "again" else outcome.state}
    values["said"] = {"key": outcome.said, "params": dict(outcome.params)} if outcome.said else None
    if outcome.state == "sent":
        values["sent_at"] = now()
    ours = update(Notice).where(_row.id == notice_id, _row.state == "sending", _row.attempts == attempt)
    own.execute(ours.values(values), execution_options={"synchronize_session": False})


def _left_behind(database: Database, row: Any) -> None:
    """A row that somebody was sending: still at it, or died on the way."""
    if row.tried_at is not None and now() - row.tried_at < GRACE:
        raise UnderWay
    database.run(lambda own: _end(own, row.id, row.attempts, Outcome("uncertain", "notices.said.died")))
