"""A copy for one purpose: watermarked with why and until when (用证事由、有效期截止, STANDARDS §3), made at once, kept nowhere, recorded."""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.kernel.actor import Actor
from core.kernel.clock import today
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import is_id
from core.kernel.text import normalise
from core.licences.models import Licence, LicenceHolder
from core.licences.tasks import printed

LONGEST = timedelta(days=366)
MAX_PURPOSE = 100


def copy(session: Session, licence_id: str, *, parties: Collection[str], purpose: str, until: date, actor: Actor) -> bytes:
    """The sheet with a watermark. :class:`NotFound` for anybody but a holder, :class:`BadInput` for a purpose or term that makes no sense."""
    why = " ".join(normalise(purpose).split())
    if not why or len(why) > MAX_PURPOSE:
        raise BadInput("licences.copy_purpose", most=MAX_PURPOSE)
    if not today() <= until <= today() + LONGEST:
        raise BadInput("licences.copy_until")
    query = select(Licence).join(LicenceHolder, LicenceHolder.licence_id == Licence.id)
    mine = query.where(Licence.id == licence_id, LicenceHolder.party_id.in_(list(parties))).limit(1)
    licence = session.scalars(mine).first() if is_id(licence_id) else None
    if licence is None:
        raise NotFound("licences.no_sheet")
    audit.record(session, "licences.copied", subject=("licence", licence_id), actor=actor, detail={"until": until.isoformat()})
    from core.licences.render import render  # the drawing library is for those who draw

    return render(printed(session, licence, watermark=f"仅用于{why} {until.isoformat()} 前有效"))
