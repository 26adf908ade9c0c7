"""What becomes of a studio draft when its request ends: published with it, or open again for whoever wrote it."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.items.catalogue.models import ItemRequest
from core.items.studio.models import StudioDraft
from core.kernel.clock import now


def ended(session: Session, request: ItemRequest) -> None:
    """The *request* is published, returned or withdrawn. A returned draft keeps naming it: there it is read what the reviewer said."""
    state = "published" if request.status == "published" else "open"
    changed = update(StudioDraft).where(StudioDraft.request_id == request.id, StudioDraft.state == "asked").values(state=state, changed_at=now())
    session.execute(changed, execution_options={"synchronize_session": "fetch"})
