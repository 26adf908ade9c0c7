"""The observer: after each command of a bundle case, what the plugin keeps of it is brought up to how the case and its sub-cases stand.

Nothing is taken from the order of the messages: the cases are asked how they stand now, so a message that comes twice, late or never does no harm.
"""

from collections.abc import Sequence

from sqlalchemy import select

from core.sdk import Context
from core.sdk import rules as item_rules
from core.sdk.cases import CaseInfo, answers, children
from core.sdk.hooks import CaseChange
from core.sdk.items import ItemInfo, of_version
from core.sdk.licences import of_case

from .bundles import Bundle, read
from .models import BundleCase, PartCase

#: How a sub-case ended for the bundle, by its outcome; without one by its status.
_RESULTS = {"grant": "granted", "refuse": "refused"}
_GONE = frozenset({"declined", "withdrawn", "lapsed", "terminated"})


def follow(ctx: Context, change: CaseChange) -> None:
    """Bring the rows of one case up to date."""
    item = of_version(ctx, change.version_id)
    bundle = read(item.doc, item.options)
    row = ctx.session.get(BundleCase, change.case_id)
    new = row is None
    if row is None:
        row = BundleCase(
            case_id=change.case_id, number=change.number, item_code=change.item_code, version_id=change.version_id, department_id=change.department_id,
            status=change.status, outcome=change.outcome, licence_id=None, changed_at=ctx.now(),
        )  # fmt: skip
        ctx.session.add(row)
        ctx.session.flush()
    row.status, row.outcome, row.changed_at = change.status, change.outcome, ctx.now()
    row.version_id, row.department_id = change.version_id, change.department_id
    if new or any(kind.startswith("correct") for kind, _body in change.events):
        _choose(ctx, row, item, bundle)
    _not_begun(ctx, row, bundle, change)
    for child in children(ctx, row.case_id):
        _stands(ctx, row, bundle, child)
    if row.outcome == "grant" and row.licence_id is None:
        kind = next((each.get("licence_type") for each in item.doc["results"] if each["id"] == bundle.licence), None)
        row.licence_id = next((each.id for each in of_case(ctx, row.number) if each.type_code == kind), None)
    ctx.session.flush()


def _choose(ctx: Context, row: BundleCase, item: ItemInfo, bundle: Bundle) -> None:
    """Note the certificates that the answers choose. One whose sub-case was begun stays, whatever was corrected since."""
    known = item_rules.facts(item, None, answers(ctx, row.case_id))
    here = {part.part: part for part in parts_of(ctx, [row.case_id])}
    for position, part in enumerate(bundle.parts):
        wanted = all(item_rules.holds(rule, known) for rule in part.when)
        kept = here.get(part.id)
        if wanted and kept is None:
            ctx.session.add(_new(row.case_id, bundle, position))
        elif not wanted and kept is not None and kept.child_id is None:
            ctx.session.delete(kept)
    ctx.session.flush()


def _new(case_id: str, bundle: Bundle, position: int) -> PartCase:
    part = bundle.parts[position]
    return PartCase(
        case_id=case_id, part=part.id, position=position, item_code=part.item, kind=part.kind, authority=part.authority, title_zh=part.title.zh,
        title_en=part.title.en, begun_at=None, child_id=None, child_number=None, department_id=None, result=None, licence_id=None,
    )  # fmt: skip


def _stands(ctx: Context, row: BundleCase, bundle: Bundle, child: CaseInfo) -> None:
    """One sub-case as it stands now."""
    position = next((number for number, part in enumerate(bundle.parts) if part.item == child.item_code), None)
    if position is None:
        return  # a sub-case of the route that is no certificate of the bundle
    part = ctx.session.get(PartCase, (row.case_id, bundle.parts[position].id))
    if part is None:
        part = _new(row.case_id, bundle, position)
        ctx.session.add(part)
    part.begun_at, part.child_id, part.child_number, part.department_id = child.filed_at, child.id, child.number, child.department_id
    part.result = _RESULTS.get(child.outcome or "") or ("cancelled" if child.status in _GONE else None)
    if part.result == "granted" and part.licence_id is None:
        part.licence_id = next((each.id for each in of_case(ctx, child.number)), None)


def _not_begun(ctx: Context, row: BundleCase, bundle: Bundle, change: CaseChange) -> None:
    """A sub-case that could not even be filed is heard of as the end of its step only."""
    for kind, body in change.events:
        if kind != "child_ended" or body.get("child") is not None:
            continue
        part = next((each for each in bundle.parts if any(body.get("node") == f"review.{begun.path}" for begun in each.begun)), None)
        kept = None if part is None else ctx.session.get(PartCase, (row.case_id, part.id))
        if kept is not None:
            kept.result = str(body.get("result") or "cancelled")


def parts_of(ctx: Context, case_ids: Sequence[str]) -> list[PartCase]:
    """The certificates of cases, each in the order of its bundle."""
    return list(ctx.session.scalars(select(PartCase).where(PartCase.case_id.in_(case_ids)).order_by(PartCase.case_id, PartCase.position)))
