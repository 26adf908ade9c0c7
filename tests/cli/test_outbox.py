"""``wangting outbox``: what was given up on is listed with its reason and can be given another chance."""

from sqlalchemy import select, update

from core.kernel.clock import now
from core.kernel.ids import new_id
from core.outbox import relay, service
from core.outbox.models import Message
from tests.cli.conftest import Home


def _park(home: Home) -> str:
    database = home.database()
    with database.session() as session:
        message = service.send(session, "cli.nobody", {}, key=new_id())
        session.execute(update(Message).where(Message.id == message).values(parked_at=now(), attempts=relay.MAX_ATTEMPTS, last_error="no glyph U+20BB7"))
    database.close()
    return message


def test_a_parked_message_is_listed_with_its_reason_and_revived(plain: Home) -> None:
    message = _park(plain)
    listed = plain.ok("outbox", "parked")
    assert message in listed and "no glyph U+20BB7" in listed and "parked: 1" in listed
    plain.ok("outbox", "revive", message)
    assert message not in plain.ok("outbox", "parked")
    database = plain.database()
    with database.session() as session:
        row = session.execute(select(Message.parked_at, Message.attempts).where(Message.id == message)).one()
    database.close()
    assert row == (None, 0)


def test_an_unknown_message_is_refused_and_the_others_stay_parked(plain: Home) -> None:
    message = _park(plain)
    assert "parked" in plain.refused("outbox", "revive", message, new_id())
    assert message in plain.ok("outbox", "parked")
