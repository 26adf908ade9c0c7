"""Claims of catalogue entries: what an item that came of one may say, what changed above since, and the report on sameness (四级四同)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity.queries import department as department_of
from core.identity.queries import departments, division
from core.identity.spec import DepartmentView
from core.items.catalogue.elements import UNIFIED, Spot, foreign, merged, spots
from core.items.catalogue.entries import Entry, entry, expected
from core.items.catalogue.models import CatalogueEntry, Claim
from core.items.compiling import from_bundle
from core.items.diff import Change, compare
from core.items.errors import ItemNotFound, finding
from core.items.models import Item, ItemDraft, ItemVersion
from core.items.spec import CompiledItem, JsonObject
from core.kernel.errors import Finding


@dataclass(frozen=True, slots=True)
class Whole:
    """An item document with its form and blocks, as one value to compare."""

    doc: JsonObject
    form: JsonObject
    blocks: JsonObject

    def plain(self) -> dict[str, Any]:
        """One mapping: the form stands under ``form``, where the document has its id."""
        return {**self.doc, "form": {"id": self.doc["form"], "definition": self.form, "blocks": self.blocks}}


@dataclass(frozen=True, slots=True)
class Upstream:
    """What an entry's newer version means for one claimed item.

    ``changes`` are the differences above in words; ``doc``, ``form`` and ``blocks`` the item as it would be; ``lost`` one's own changes that have no place
    in it any more.
    """

    item_code: str
    entry_code: str
    follows: int
    number: int
    changes: tuple[Change, ...]
    form_changed: bool
    doc: JsonObject
    form: JsonObject
    blocks: JsonObject
    lost: tuple[Spot, ...]
    objected: bool


def claim_of(session: Session, item_code: str) -> Claim | None:
    """The claim that an item came of, ``None`` for an item of nobody's catalogue."""
    return session.get(Claim, item_code)


def whole(compiled: CompiledItem) -> Whole:
    """The comparable value of a compiled item."""
    return Whole(compiled.doc, compiled.form_doc, compiled.blocks)


def standing(session: Session, claim: Claim, number: int | None = None) -> tuple[Entry, Whole]:
    """The entry a claim follows (or version *number*) and what the claimed item is before any local change."""
    found = entry(session, claim.entry_code, claim.number if number is None else number)
    office = department_of(session, claim.department_id)
    return found, Whole(expected(found, office, level_of(session, office), claim.item_code), found.form, found.blocks)


def level_of(session: Session, office: DepartmentView) -> str:
    """The level of the division a department belongs to."""
    return division(session, office.division_id).level


def deviations(session: Session, claim: Claim, own: Whole) -> tuple[Spot, ...]:
    """Where a claimed item says other than the catalogue and may not."""
    found, wanted = standing(session, claim)
    return foreign(found.rules, spots(wanted.plain(), own.plain()))


def gate(session: Session, doc: JsonObject, form: JsonObject | None, blocks: JsonObject) -> list[Finding]:
    """The catalogue's part of the gate: a claimed item changes local elements only. One finding a spot, with who owns it."""
    claim = session.get(Claim, str(doc.get("code")))
    if claim is None or form is None:
        return []
    found = entry(session, claim.entry_code, claim.number)
    publisher = department_of(session, found.publisher_id).title
    said = []
    for spot in deviations(session, claim, Whole(doc, form, blocks)):
        params = {"spot": spot.title(), "owner": publisher, "entry": claim.entry_code, "expected": _short(spot.expected), "actual": _short(spot.actual)}
        said.append(finding("error", spot.pointer, "not_local", params))
    return said


def _short(value: Any) -> str:
    text = "—" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def compiled_of(session: Session, code: str, *, draft: bool = True) -> CompiledItem:
    """The draft of an item where there is one (and *draft*), else its version in force. Raises :class:`ItemNotFound`."""
    open_draft = session.get(ItemDraft, code) if draft else None
    if open_draft is not None:
        return from_bundle(bytes(open_draft.bundle))
    stored = session.scalar(select(ItemVersion.bundle).join(Item, Item.current_version_id == ItemVersion.id).where(Item.code == code))
    if stored is None:
        raise ItemNotFound(code=code)
    return from_bundle(bytes(stored))


def upstream(session: Session, item_code: str) -> Upstream | None:
    """What changed above since the claimed item last followed; ``None`` when it is up to date or was never claimed."""
    claim = session.get(Claim, item_code)
    if claim is None:
        return None
    latest = session.get_one(CatalogueEntry, claim.entry_code).number
    if latest <= claim.number:
        return None
    before, wanted_before = standing(session, claim)
    after, wanted = standing(session, claim, latest)
    own = compiled_of(session, item_code)
    doc, lost = merged(after.rules, wanted_before.plain(), wanted.plain(), whole(own).plain())
    form = doc.pop("form")
    changes = compare(before.item, after.item)
    own_form = after.rules.owner("/form/definition") == "local"
    return Upstream(
        item_code, claim.entry_code, claim.number, latest, changes, before.form != after.form, {**doc, "form": form["id"]},
        own.form_doc if own_form else after.form, own.blocks if own_form else after.blocks, lost, claim.objected == latest,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sameness:
    """One claimed item against its entry in force: the unified and fixed elements in which it deviates.

    ``unified`` are the deviations in the six elements that must be the same at every level, ``fixed`` those in what the entry fixes besides.
    ``state`` is the item's status, ``current`` whether it follows the version in force.
    """

    entry_code: str
    title: str
    item_code: str
    department_id: str
    department: str
    level: str
    state: str
    follows: int
    number: int
    objected: bool
    unified: tuple[Spot, ...]
    fixed: tuple[Spot, ...]

    @property
    def current(self) -> bool:
        """Whether the item follows the version in force."""
        return self.follows == self.number

    @property
    def same(self) -> bool:
        """Whether nothing deviates."""
        return not self.unified and not self.fixed


def sameness(session: Session, *, entry_codes: Sequence[str] | None = None) -> tuple[Sameness, ...]:
    """四级四同: every claimed item against the entry *in force*, so that what was not accepted yet shows too; by entry, then by the tree."""
    query = select(Claim, Item.status).join(Item, Item.code == Claim.item_code).order_by(Claim.entry_code, Claim.item_code)
    if entry_codes is not None:
        query = query.where(Claim.entry_code.in_(tuple(entry_codes)))
    rows = session.execute(query).all()
    offices = {each.id: each for each in departments(session, ids=[row[0].department_id for row in rows])}
    found = []
    for claim, state in rows:
        latest = entry(session, claim.entry_code)
        office = offices[claim.department_id]
        level = level_of(session, office)
        wanted = Whole(expected(latest, office, level, claim.item_code), latest.form, latest.blocks)
        deviating = foreign(latest.rules, spots(wanted.plain(), whole(compiled_of(session, claim.item_code, draft=state == "draft")).plain()))
        unified = tuple(spot for spot in deviating if any(spot.pointer == each or spot.pointer.startswith(each + "/") for each in UNIFIED))
        found.append(
            Sameness(
                claim.entry_code, latest.title, claim.item_code, office.id, office.title, level, state, claim.number, latest.number,
                claim.objected == latest.number, unified, tuple(spot for spot in deviating if spot not in unified),
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda row: (row.entry_code, offices[row.department_id].division_path, row.item_code)))
