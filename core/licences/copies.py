"""A copy for one purpose: watermarked with why, for whom and until when (用证事由、有效期截止, STANDARDS §3), made at once, kept nowhere, recorded."""

from collections.abc import Collection
from datetime import date

from sqlalchemy.orm import Session

from core.kernel.actor import Actor
from core.kernel.clock import today
from core.kernel.errors import BadInput
from core.kernel.text import normalise
from core.licences.models import Licence
from core.licences.service import using
from core.licences.tasks import printed

MAX_USER = 60


def copy(session: Session, licence_id: str, *, parties: Collection[str], purpose: str, user: str, until: date, actor: Actor) -> bytes:
    """The sheet with a watermark, for a holder who gives it to *user*. :class:`NotFound` for anybody but a holder, :class:`BadInput` for a purpose,
    user or term that makes no sense, :class:`Unusable` for a licence that is no evidence any more.
    """
    whom = " ".join(normalise(user).split())
    if not whom or len(whom) > MAX_USER:
        raise BadInput("licences.copy_user", most=MAX_USER)
    grant = using.use(session, licence_id, purpose=purpose, case_no=None, by=actor, until=until, parties=parties, user=whom)
    row = session.get_one(Licence, licence_id)
    using.look(session, row, grant, "copied", actor=actor)
    return watermarked(session, row, purpose=" ".join(normalise(purpose).split()), user=whom, until=until)


def watermarked(session: Session, row: Licence, *, purpose: str, user: str, until: date) -> bytes:
    """The sheet with its purpose, its user, the day it was made and its last day across it."""
    from core.licences.render import render  # the drawing library is for those who draw

    return render(printed(session, row, watermark=f"仅供{user}用于{purpose} {today().isoformat()} 出具 {until.isoformat()} 前有效"))
