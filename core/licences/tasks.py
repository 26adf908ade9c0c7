"""After commit: make the sheet, keep it for the licence. A second run finds the sheet and does nothing."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from core.files import service as files
from core.kernel.clock import local
from core.licences.models import Licence, LicenceTypeRow
from core.licences.queries import annotations
from core.licences.service.expiring import sweep
from core.licences.service.issuing import RENDER, sheet
from core.licences.spec import FROM_PAPER
from core.outbox import schedule
from core.outbox import service as outbox
from core.printing.hall import address, more_fonts

if TYPE_CHECKING:
    from core.licences.render import Sheet


SWEEP_SECONDS = timedelta(hours=1).total_seconds()


@outbox.handler(RENDER)
def render_licence(session: Session, body: dict[str, Any], message_id: str) -> None:  # noqa: ARG001 - the row itself shows whether it is done
    """Make the PDF of ``body["licence"]`` – once more when something was noted on it (``again``) –.

    A character no font can print parks the message with the character named.
    """
    licence = session.get(Licence, body["licence"], with_for_update=True)
    if licence is None or (licence.pdf_blob_id is not None and not body.get("again")):
        return
    from core.licences.render import render  # the drawing library is for those who draw

    content = render(printed(session, licence))
    holder, before = ("licence", licence.id), licence.pdf_blob_id
    blob = files.keep(session, content, name=f"{licence.number}.pdf", media_type="application/pdf", holder=holder)
    licence.pdf_blob_id = blob.id
    if before is not None and before != blob.id:
        files.drop(session, before, holder=holder)
    session.flush()


def printed(session: Session, licence: Licence, watermark: str = "") -> "Sheet":
    """The sheet of *licence*, with everything opened. *watermark* marks a copy."""
    kind = session.get(LicenceTypeRow, licence.type_code)
    assert kind is not None  # a foreign key holds this
    content = sheet(session, licence)
    from core.licences.render import Sheet

    return Sheet(
        title=kind.title,
        number=licence.number,
        identifier=licence.identifier,
        holder=content["holder"]["name"],
        holder_number=content["holder"]["number"],
        data={**content["data"], **_marks(session, licence)},
        issuer=licence.issuer_title,
        issued_on=local(licence.issued_at).date(),
        valid_from=licence.valid_from,
        valid_to=licence.valid_to,
        verify_url=f"{address(session)}/verify/{licence.verify_code}",
        verify_code=licence.verify_code,
        watermark=watermark,
        fonts=more_fonts(session),
    )


def _marks(session: Session, licence: Licence) -> dict[str, str]:
    """What the library itself adds to the sheet: that it was registered from paper, and what was noted on it since."""
    marks = {"来源": "补登(依据纸质证照录入并经复核)"} if licence.origin == FROM_PAPER else {}
    noted = [f"{each.title} {local(each.at).date().isoformat()} {each.text}".strip() for each in annotations(session, licence.id)]
    return {**marks, **({"批注": "；".join(noted)} if noted else {})}


schedule.every("licences.sweep", SWEEP_SECONDS, sweep)
