"""The shelf of shared blocks: what there is, who uses it, what the gate says to a bundle's blocks, and what is kept when an item is published.

A block is ``name@number``: what is in it never changes, so an item that has it stays as it was reviewed whatever comes later, and takes a newer one only
with a version of its own. The department whose item brought a block answers for it; everybody may use it, and who wants it otherwise makes it their own copy.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from core.items.blocks.models import FormBlock, ItemBlock
from core.items.catalogue import power
from core.items.errors import ItemNotFound, finding
from core.items.library import named_blocks, read_json, shipped_root
from core.items.models import Item
from core.items.spec import CompiledItem
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import Finding
from core.schemas import service as schemas

_KEY = re.compile(r"([a-z][a-z0-9_]{0,63})@([1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True)
class Block:
    """One published version of a block. ``department_id`` is ``None`` for the platform's own, which nobody published here."""

    name: str
    number: int
    title: str
    body: Mapping[str, Any]
    department_id: str | None = None
    published_at: datetime | None = None
    published_by: str | None = None

    @property
    def key(self) -> str:
        """How forms name it."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True, slots=True)
class Use:
    """An item in force that has a version of a block."""

    item_code: str
    title: str
    number: int


def parts_of(key: str) -> tuple[str, int] | None:
    """(name, number) of ``name@number``; ``None`` for what is no such key."""
    found = _KEY.fullmatch(key)
    return None if found is None else (found[1], int(found[2]))


@cache
def shipped() -> Mapping[str, Block]:
    """The blocks that come with the platform, by key."""
    folder = shipped_root() / "form_definitions" / "blocks"
    held = named_blocks((path.stem, read_json(path)) for path in sorted(folder.glob("*.json")))
    return {key: Block(*parts, _title(body, key), body) for key, body in held.items() if (parts := parts_of(key)) is not None}


def versions(session: Session) -> dict[str, Block]:
    """Every version of every block, by key: the platform's and the published ones."""
    rows = session.scalars(select(FormBlock).order_by(FormBlock.name, FormBlock.number))
    return {**shipped(), **{each.key: each for each in map(_block, rows)}}


def _block(row: FormBlock) -> Block:
    return Block(row.name, row.number, row.title, row.body, row.department_id, row.published_at, row.published_by)


def published(session: Session, key: str) -> bool:
    """Whether this version of a block is on the shelf, so that it never changes."""
    parts = parts_of(key)
    return parts is not None and (key in shipped() or session.get(FormBlock, parts) is not None)


def behind(session: Session, blocks: Mapping[str, Any], item_code: str) -> tuple[tuple[Block, tuple[Use, ...]], ...]:
    """For every version among *blocks* that is not published yet: the block as it would be, and the other items in force that have an earlier one."""
    used = uses(session) if blocks else {}
    made = []
    for key, body in sorted(blocks.items()):
        parts = parts_of(key)
        if parts is not None and isinstance(body, Mapping) and not published(session, key):
            block = Block(*parts, _title(body, key), body)
            made.append((block, tuple(each for each in used.get(block.name, ()) if each.item_code != item_code)))
    return tuple(made)


def uses(session: Session) -> dict[str, tuple[Use, ...]]:
    """Block name → the items in force that have it, with the version that each has."""
    query = select(ItemBlock.name, ItemBlock.number, Item.code, Item.title).join(Item, Item.code == ItemBlock.item_code).order_by(Item.title)
    made: dict[str, list[Use]] = {}
    for name, number, code, title in session.execute(query):
        made.setdefault(name, []).append(Use(code, title, number))
    return {name: tuple(each) for name, each in made.items()}


def gate(session: Session, item_code: str, blocks: Mapping[str, Any]) -> list[Finding]:
    """The blocks' part of the gate: each is what its name says, none that was published is another one now, and a new version is its owner's."""
    if not blocks:
        return []
    known = versions(session)
    owner = _owner(session, item_code)
    return [each for key, body in sorted(blocks.items()) for each in _wrong(key, body, known, owner)]


def _owner(session: Session, item_code: str) -> str | None:
    try:
        return power.owner(session, item_code).id
    except ItemNotFound:  # a hall without an organisation: nobody answers for anything yet
        return None


def _wrong(key: str, body: Any, known: Mapping[str, Block], owner: str | None) -> Iterable[Finding]:
    parts, spot = parts_of(key), f"/blocks/{key}"
    if parts is None or not isinstance(body, Mapping) or (body.get("id"), body.get("version")) != parts:
        return [finding("error", spot, "block_named", {"key": key[:80]})]
    (name, number), held = parts, known.get(key)
    if held is not None:
        same = canonical.digest(held.body) == canonical.digest(body)
        return [] if same else [finding("error", spot, "block_changed", {"title": held.title, "number": number})]
    earlier = [each for each in known.values() if each.name == name]
    if any(each.department_id is None or each.department_id != owner for each in earlier):
        return [finding("error", spot, "block_foreign", {"title": earlier[-1].title, "key": key})]
    return [Finding(each.level, f"{spot}{each.path}", each.key, each.params) for each in schemas.validate("form", body)]


def keep(session: Session, compiled: CompiledItem, actor: Actor) -> None:
    """What a publication brings: new versions on the shelf, and which blocks the item has now. Called after :func:`gate`, in the same transaction."""
    code = compiled.code
    session.execute(delete(ItemBlock).where(ItemBlock.item_code == code))
    held = [(key, *parts) for key in sorted(compiled.blocks) if (parts := parts_of(key)) is not None]
    if not held:
        return
    session.execute(insert(ItemBlock), [{"item_code": code, "name": name, "number": number} for _key, name, number in held])
    known = versions(session)
    owner = _owner(session, code)
    for key, name, number in held:
        if key not in known:
            body = compiled.blocks[key]
            row = {"name": name, "number": number, "title": _title(body, key), "body": body, "hash": canonical.digest(body)}
            session.execute(insert(FormBlock).values(**row, department_id=owner, item_code=code, published_at=now(), published_by=actor.id))


def _title(body: Mapping[str, Any], key: str) -> str:
    found = body.get("title")
    return found[:200] if isinstance(found, str) and found else key
