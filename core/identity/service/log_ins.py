"""Passwords of staff log-ins that somebody else set: lent until their owner has one of their own (个人信息保护法 51: only who may, gets in)."""

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.identity.models import LentPassword
from core.kernel.actor import Actor
from core.kernel.clock import now


def lend(session: Session, user_id: str, *, actor: Actor) -> None:
    """Somebody else set the password of *user_id*, as they do for a new colleague and for who forgot theirs."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    values = {"set_at": now(), "set_by": actor.id}
    row = dialect.insert(LentPassword).values(user_id=user_id, **values)
    session.execute(row.on_conflict_do_update(index_elements=["user_id"], set_=values))


def own(session: Session, user_id: str) -> None:
    """The owner has a password that nobody else knows."""
    session.execute(delete(LentPassword).where(LentPassword.user_id == user_id), execution_options={"synchronize_session": False})


def is_lent(session: Session, user_id: str) -> bool:
    """Whether somebody else knows the password of *user_id*."""
    return session.scalar(select(LentPassword.user_id).where(LentPassword.user_id == user_id)) is not None
