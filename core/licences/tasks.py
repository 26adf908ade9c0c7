"""After commit: make the sheet, keep it for the licence. A second run finds the sheet and does nothing."""

from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from core.files import service as files
from core.kernel.clock import local
from core.licences.models import Licence, LicenceTypeRow
from core.licences.service import RENDER, sheet
from core.outbox import service as outbox
from core.printing.hall import address, more_fonts

if TYPE_CHECKING:
    from core.licences.render import Sheet


@outbox.handler(RENDER)
def render_licence(session: Session, body: dict[str, Any], message_id: str) -> None:  # noqa: ARG001 - the row itself shows whether it is done
    """Make the PDF of ``body["licence"]``. A character no font can print parks the message with the character named."""
    licence = session.get(Licence, body["licence"], with_for_update=True)
    if licence is None or licence.pdf_blob_id is not None:
        return
    from core.licences.render import render  # the drawing library is for those who draw

    content = render(printed(session, licence))
    blob = files.keep(session, content, name=f"{licence.number}.pdf", media_type="application/pdf", holder=("licence", licence.id))
    licence.pdf_blob_id = blob.id
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
        data=content["data"],
        issuer=licence.issuer_title,
        issued_on=local(licence.issued_at).date(),
        valid_from=licence.valid_from,
        valid_to=licence.valid_to,
        verify_url=f"{address(session)}/verify/{licence.verify_code}",
        verify_code=licence.verify_code,
        watermark=watermark,
        fonts=more_fonts(session),
    )
