"""Notices as documents of the hall: they are the whole hall's, so administrators of the highest division change them."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.items.studio.advice.texts import Written
from core.items.studio.advice.writing import plain
from core.items.studio.hall.kinds import Kind, declare, top
from core.items.studio.part import Part
from core.kernel.errors import Finding
from core.kernel.shapes import mapping
from core.notices import checking, sms, tasks
from core.notices.spec import INBOX
from core.notices.wordings import KIND, SPOT, template, templates

#: What stands for a value while a text is judged: two signs, as short as a name or a day gets.
_VALUE = "某某"


def _check(session: Session, name: str, doc: Any) -> Iterable[Finding]:
    yield from checking.check(doc, template(name), signature=sms.signature(session), channels=frozenset((INBOX, *tasks.channels)))
    yield from _plain(doc)


def _plain(doc: Any) -> Iterable[Finding]:
    """Plain writing, as for items: what stands in the place of a value is nobody's style."""
    for part in checking.TEXTS:
        held = doc.get(part) if isinstance(doc, Mapping) else None
        text = held.get("zh") if isinstance(held, Mapping) else None
        if isinstance(text, str) and text.strip():
            found = plain(Written((part, "zh"), SPOT.sub(_VALUE, text)))
            yield from (each for each in found if each.key != "items.studio_narrow_signs" or part == "short")  # the inbox sets the signs itself


def title(doc: Mapping[str, Any], locale: str) -> str:
    """A notice's title with the names of what is filled in."""
    params, texts = mapping(doc.get("params")), mapping(doc.get("title"))

    def called(name: str) -> str:
        own = str(mapping(params.get(name)).get("title", name))
        return f"〔{own}〕" if locale.startswith("zh") else f"[{name.replace('_', ' ')}]"  # titles of values are Chinese only

    return SPOT.sub(lambda found: called(found[1]), str(texts.get(locale) or texts.get("zh") or ""))


NOTICE = declare(
    Kind(
        KIND, schema="notice_template", parts=(Part("notice", at=(KIND,)),), fixed=("$schema", "schema_version", "id"), shipped=templates, check=_check,
        division=lambda session, _name: top(session), title=title,
    )
)  # fmt: skip
