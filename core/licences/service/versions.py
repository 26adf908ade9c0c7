"""A new version of a licence: the identifier stays up to its version (GB/T 36904), the old version remains verifiable as superseded."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity import queries as organisation
from core.kernel.actor import Actor
from core.kernel.identifiers import LICENCE_ROOT, licence_identifier
from core.licences import chain
from core.licences.chain import Fact
from core.licences.models import Licence, LicenceHolder
from core.licences.service.catalogue import type_of
from core.licences.service.issuing import Plate, sheet, write
from core.licences.spec import ENDED, Holder


def succeed(
    session: Session, row: Licence, *, event: str, data: Mapping[str, str], valid_from: date, valid_to: date | None, at: datetime,
    body: Mapping[str, Any], actor: Actor, note: Mapping[str, str] | None = None, command: str | None = None, case_no: str | None = None,
) -> Licence:  # fmt: skip
    """Write the version after *row* and end *row* as superseded. The caller holds the row's lock and has checked who may, and why.

    *data* holds the fields that change. Status, suspension and annotations go over; a renewal that was asked for does not – it is done.
    """
    content = sheet(session, row)
    parties = tuple(session.scalars(select(LicenceHolder.party_id).where(LicenceHolder.licence_id == row.id).order_by(LicenceHolder.party_id)))
    who = Holder(parties, content["holder"]["name"], content["holder"]["document_kind"], content["holder"]["number"], row.company)
    department = organisation.department(session, row.issuer_department_id)
    made = write(
        session, type_of(session, row.type_code), department, who, {**content["data"], **data}, plate=_plate(row), valid_from=valid_from,
        valid_to=valid_to, case_no=case_no or row.case_no, at=at, actor=actor, command=command, previous_id=row.id,
        status=row.status, origin=row.origin, suspended_until=row.suspended_until, status_ground=row.status_ground, status_at=row.status_at,
        fact=Fact(event, {**body, "previous": row.id, "previous_head": row.event_head, "fields": sorted(data)}, note),
    )  # fmt: skip
    _carry_annotations(session, row, made, at, actor)
    row.status, row.status_at, row.next_id, row.due_on = ENDED, at, made.id, None
    row.renewal_asked_on = row.renewal_case_no = None
    chain.append(session, row, Fact("superseded", {"next": made.id}), at=at, actor=actor, command=command)
    return made


def _plate(row: Licence) -> Plate:
    type_code, issuer, serial = row.identifier_base.removeprefix(LICENCE_ROOT + ".").split(".")
    return Plate(row.number, licence_identifier(type_code, issuer, serial, row.version + 1), row.version + 1)


def _carry_annotations(session: Session, row: Licence, made: Licence, at: datetime, actor: Actor) -> None:
    """What was noted on the old version stands on the new one, resealed under its key."""
    rows = [each for each in chain.events(session, row.id) if each["kind"] == "annotated"]
    words = chain.notes(session, row.id, rows)
    for each in rows:
        body = {k: v for k, v in json.loads(each["body"]).items() if k != "note"}
        fact = Fact("annotated", {**body, "since": body.get("since") or each["at"].isoformat()}, words.get(each["seq"]))
        chain.append(session, made, fact, at=at, actor=actor)
