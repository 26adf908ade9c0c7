"""Export: the JSON of an item as it stands in the hall, byte for byte the same each time."""

import json

from sqlalchemy.orm import Session

from core.items.format import format_item
from core.items.queries import bundle_of, draft_of


def export(session: Session, code: str, *, number: int | None = None, draft: bool = False, part: str = "item") -> str:
    """Item *code* as canonical pretty JSON: the version in force, version *number*, or its *draft*; *part* ``form`` gives its form.

    Applying the result again changes nothing (same bundle, same hash). Raises :class:`ItemNotFound`.
    """
    open_draft = draft_of(session, code) if draft else None
    bundle = bytes(open_draft.bundle) if open_draft is not None else bundle_of(session, code, number)
    return format_item(json.loads(bundle)[part])
