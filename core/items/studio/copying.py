"""Where an item may be copied from: what this hall has published – it is public –, a file of another hall, JSON that somebody pasted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.items.catalogue import power
from core.items.errors import ItemNotFound
from core.items.library import library
from core.items.models import Item
from core.items.queries import bundle_of
from core.items.service import carrying
from core.items.service.carrying import Carried
from core.items.studio.localising import Origin
from core.items.studio.receiving import readable
from core.kernel import canonical
from core.kernel.errors import BadInput
from core.schemas import service as schemas

#: Items that a search finds.
MOST = 50


@dataclass(frozen=True, slots=True)
class Model:
    """An item to copy: whose it is – a department, a file – and whether somebody who is trusted here vouches for it."""

    code: str
    title: str
    content: Mapping[str, Any]
    origin: Origin
    whose: str
    vouched: bool = True


def published(session: Session, words: str) -> Sequence[tuple[str, str, str]]:
    """(code, title, whose) of what this hall has in force, by words of its title or its code."""
    query = select(Item.code, Item.title).where(Item.status == "published", Item.current_version_id.is_not(None))
    for each in words.split()[:5]:
        query = query.where(Item.title.contains(each, autoescape=True) | Item.code.contains(each, autoescape=True))
    rows = session.execute(query.order_by(Item.title, Item.code).limit(MOST)).all()
    return [(row.code, row.title, _whose(session, row.code)) for row in rows]


def _whose(session: Session, code: str) -> str:
    office = power.owner(session, code)
    return f"{office.division_title} {office.title}"


def of_this_hall(session: Session, code: str) -> Model:
    """An item in force, whoever's it is: everybody can read it in the portal. Raises :class:`ItemNotFound` for what is not – a draft of whom ever."""
    row = session.get(Item, code)
    if row is None or row.status != "published":
        raise ItemNotFound(code=code)
    data = bundle_of(session, code)
    parts, office = json.loads(data), power.owner(session, code)
    words = f"{_whose(session, code)}：{row.title}（{code}，{canonical.digest(data)[:23]}）"
    return Model(code, row.title, _content(parts), Origin(words, office.division_title), _whose(session, code))


def of_file(data: bytes, keys: Mapping[str, Mapping[str, Any]], *, name: str, region: str = "") -> tuple[Model, ...]:
    """The items of a file: one that a hall signed, a bundle, an item alone – whose form is then the platform's own of that name.

    Raises :class:`BadInput` that says what is wrong; an item that does not have the shape of this hall's items is not copied.
    """
    outer = _json(data)
    if outer.get("format") == carrying.FORMAT:
        looked = carrying.look(data, keys)
        return tuple(_model(each, name, looked.signer, region) for each in looked.items)
    bundle = outer if isinstance(outer.get("item"), Mapping) else {"item": outer, "form": _form(outer), "blocks": _blocks(outer)}
    return (_model(Carried(str(bundle["item"].get("code", "")), "", bundle), name, None, region),)


def _json(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise BadInput("items.copy_not_json") from error
    if not isinstance(found, dict):
        raise BadInput("items.copy_not_json")
    return found


def _form(doc: Mapping[str, Any]) -> Any:
    return library().forms.get(str(doc.get("form")))


def _blocks(doc: Mapping[str, Any]) -> Mapping[str, Any]:
    from core.items.compiling import used_blocks

    form = _form(doc)
    return used_blocks(form, library().blocks) if form is not None else {}


def _model(item: Carried, name: str, signer: str | None, region: str) -> Model:
    doc = item.bundle["item"]
    if not readable({"blocks": {}, **item.bundle}):
        wrong = [*schemas.validate("item", doc), *schemas.validate("form", item.bundle.get("form"))]
        first = {locale: wrong[0].words(locale) if wrong else "blocks" for locale in ("zh", "en")}
        raise BadInput("items.copy_no_item", tuple(wrong), count=max(len(wrong), 1), first=first, code=item.code[:64])
    vouched = {None: "（签名未验证）", "": "（本厅签名）"}.get(signer, f"（{signer} 签名）")
    words = f"{name}{vouched}：{doc['title']}（{item.code}" + (f"，{item.hash[:23]}）" if item.hash else "）")
    where = region or str(doc["provenance"].get("region") or "")
    return Model(item.code, str(doc["title"]), _content(item.bundle), Origin(words, where), name, signer is not None)


def _content(parts: Mapping[str, Any]) -> dict[str, Any]:
    return {"item": parts["item"], "form": parts["form"], "blocks": parts.get("blocks") or {}}
