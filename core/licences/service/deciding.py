"""What the decision of a case does to a licence that is there already: renew it, change it, annotate it, put an end to it.

Who may decide is the route's to say and was checked when the case was decided; here the licence must be the applicant's own and of the deciding
agency's, and its own law holds as always (:mod:`core.licences.life`).
"""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, NotFound
from core.kernel.identifiers import LICENCE_ROOT
from core.kernel.ids import is_id
from core.kernel.text import normalise
from core.licences import chain
from core.licences.chain import Fact
from core.licences.errors import WrongStatus
from core.licences.life import ACTS, due_on, standing, term_of
from core.licences.models import Licence, LicenceHolder
from core.licences.queries import read_identifier
from core.licences.service.acts import Request, perform
from core.licences.service.catalogue import type_of
from core.licences.service.renewing import next_end
from core.worktime.projection import add_months


def named(session: Session, text: str, *, type_code: str, parties: Collection[str]) -> str:
    """The id of the newest version of a licence that one of *parties* holds, by its electronic identifier or the number on its sheet.

    Raises :class:`core.licences.errors.BadIdentifier` for a wrong check character, :class:`NotFound` for another's, for another type, and for none.
    """
    tidied = normalise(text)
    if not 0 < len(tidied) <= 120:
        raise NotFound("licences.not_yours")
    electronic = tidied.upper().replace(" ", "").startswith(LICENCE_ROOT)
    which = Licence.identifier == read_identifier(tidied) if electronic else Licence.number == tidied
    mine = select(Licence.id, Licence.next_id).join(LicenceHolder, LicenceHolder.licence_id == Licence.id)
    row = session.execute(mine.where(which, Licence.type_code == type_code, LicenceHolder.party_id.in_(list(parties))).order_by(Licence.version.desc())).first()
    if row is None:
        raise NotFound("licences.not_yours")
    return newest(session, row.id)


def newest(session: Session, licence_id: str) -> str:
    """The version in force today of the licence that *licence_id* is a version of."""
    while (after := session.scalar(select(Licence.next_id).where(Licence.id == licence_id))) is not None:
        licence_id = after
    return licence_id


def may_start(session: Session, licence_id: str, act_name: str, *, on: date) -> None:
    """Raise :class:`WrongStatus` when the act does not start from where the licence stands."""
    row, act = session.get_one(Licence, licence_id), ACTS[act_name]
    status = standing(term_of(row), on)
    if status not in act.starts:
        raise WrongStatus("licences.wrong_status", status=status, act=act.name)


def by_case(session: Session, licence_id: str, request: Request, *, department_id: str, command_id: str, actor: Actor) -> str:
    """Do what a granted case decided; returns the id of the newest version. ``request.case_no`` names the case.

    Raises :class:`BadInput` when another agency issued the licence, and whatever the act itself refuses.
    """
    row = session.get(Licence, licence_id, with_for_update=True, populate_existing=True) if is_id(licence_id) else None
    if row is None:
        raise NotFound("licences.not_found")
    if row.issuer_department_id != department_id:
        raise BadInput("licences.other_issuer", issuer=row.issuer_title)
    return perform(session, row, ACTS[request.act], request, command_id=command_id, actor=actor)


def renewed_until(session: Session, licence_id: str, months: int | None) -> date:
    """The last day of the term that follows: *months* on from the last day of the present one, else what catalogue and last term say."""
    row = session.get_one(Licence, licence_id)
    if row.valid_to is None:
        raise WrongStatus("licences.renewal_endless")
    following = row.valid_to + timedelta(days=1)
    if months is not None:
        return add_months(following, months) - timedelta(days=1)
    return next_end(type_of(session, row.type_code), row.valid_from, row.valid_to)


def end_asking(session: Session, case_no: str, *, actor: Actor) -> None:
    """The case in which a renewal was asked for ended without a decision (withdrawn, declined, lapsed): nothing is deemed granted from then on."""
    for row in session.scalars(select(Licence).where(Licence.renewal_case_no == case_no).with_for_update()):
        row.renewal_asked_on = row.renewal_case_no = None
        row.due_on = due_on(term_of(row))
        chain.append(session, row, Fact("renewal_ended", {"case_no": case_no}), at=now(), actor=actor)
        audit.record(session, "licences.renewal_ended", subject=("licence", row.id), actor=actor, detail={"case_no": case_no})
