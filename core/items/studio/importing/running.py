"""A catalogue becomes drafts: piece by piece in the background, watched, stopped, gone on with; a row that is wrong stops nobody.

Each piece is one message of the outbox and one transaction, each row a savepoint in it. Whether the uploader may draft for a department is asked anew in
each piece. A row whose item the department has already – as an item or as a draft – is not made twice.
"""

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity import queries as people
from core.items.catalogue import kinds, power
from core.items.models import Item
from core.items.studio import drafts
from core.items.studio.errors import ImportEnded
from core.items.studio.importing import columns, staging
from core.items.studio.importing.columns import CATALOGUE
from core.items.studio.models import UNDER_WAY, StudioDraft, StudioImport, StudioImportRow
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, PlatformError
from core.outbox import service as outbox

if TYPE_CHECKING:
    from core.items.studio.importing.catalogue import Reader, Row

TOPIC = "studio.import"
#: Rows a piece.
PIECE = 25
#: Characters of a code made of a title.
_LONGEST = 50


def reader(session: Session, row: StudioImport, *, actor: Actor) -> "Reader":
    """The reader of a staged catalogue, with the departments in whose name the actor may draft now."""
    # what makes items of rows is needed by who imports only
    from core.items.studio.importing import catalogue
    from core.items.studio.importing.materials import bare, by_title
    from core.licences import queries as licences

    mine = {post.department_id for post in people.staff_view(session, actor.id).posts if post.role in kinds.ASKS}
    levels = {each.id: each.level for each in people.divisions(session)}
    every = people.departments(session)
    offices = [catalogue.Office(each.id, each.code, each.title, each.division_title, levels[each.division_id]) for each in every if each.id in mine]
    elsewhere = frozenset(name for each in every for name in (bare(each.title), bare(each.division_title + each.title)))
    sheet = staging.sheet_of(row)
    return catalogue.Reader(sheet, row.mapping, offices, str(row.department_id), elsewhere, by_title(licences.types(session)), row.name)


def start(session: Session, row: StudioImport, *, actor: Actor) -> None:
    """Begin to make drafts, or go on after a stop. Raises :class:`BadInput` while a column that every row needs has none."""
    if row.state not in ("new", "stopped"):
        raise ImportEnded
    if columns.missing(row.mapping, CATALOGUE):
        raise BadInput("items.import_unmapped")
    row.state, row.attempt = "running", row.attempt + 1
    session.flush()
    audit.record(session, "item.import_started", subject=("studio_import", row.id), actor=actor, detail={"rows": row.total, "from": row.next_row})
    _send(session, row)


def stop(session: Session, row: StudioImport, *, actor: Actor) -> None:
    """Stop after the piece in hand. Drafts that were made stay."""
    if row.state == "running":
        row.state = "stopped"
        session.flush()
        audit.record(session, "item.import_stopped", subject=("studio_import", row.id), actor=actor, detail={"at": row.next_row})


def _send(session: Session, row: StudioImport) -> None:
    body = {"import": row.id, "attempt": row.attempt, "next": row.next_row}
    outbox.send(session, TOPIC, body, key=f"{TOPIC}/{row.id}/{row.attempt}/{row.next_row}", region_root=row.region_root)


@outbox.handler(TOPIC)
def go_on(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Make the drafts of the next piece, and ask for what comes behind."""
    del message_id
    row = session.get(StudioImport, body["import"], with_for_update=True)
    if row is None or row.state != "running" or (row.attempt, row.next_row) != (body["attempt"], body["next"]):
        return
    actor = Actor("staff", row.started_by)
    for each in reader(session, row, actor=actor).read(row.next_row, row.next_row + PIECE):
        session.add(_made(session, row.id, each, actor))
    row.next_row = min(row.next_row + PIECE, row.total)
    if row.next_row >= row.total:
        row.state, row.ended_at = "done", now()
    session.flush()
    if row.state == "running":
        _send(session, row)


def _made(session: Session, import_id: str, row: "Row", actor: Actor) -> StudioImportRow:
    """The draft of one row, as its result."""
    told = [each.to_json() for each in row.wrong] + [{"column": each, "key": "left", "params": {}} for each in row.left]
    result = StudioImportRow(import_id=import_id, line=row.line, title=row.title[:200], verdict="bad", told=told)
    if row.content is None or row.office is None:
        result.told = told or [{"column": "", "key": "no_usual_office", "params": {}}]
        return result
    known = _known(session, row.office.id, row.title, row.code)
    if known is not None:
        result.verdict, result.draft_id = "known", known or None
        return result
    try:
        with session.begin_nested():
            code = row.code or _free(session, row.title)
            made = drafts.create(session, _coded(row.content, code), department_id=row.office.id, actor=actor)
            result.verdict, result.draft_id = "made", made.id
    except PlatformError as error:
        result.told = [{"column": "", "key": "refused", "params": {"why": {"zh": error.words("zh"), "en": error.words("en")}}}]
    return result


def _known(session: Session, office: str, title: str, code: str) -> str | None:
    """The department's draft of this title, empty for an item of it; ``None`` where there is neither."""
    mine = select(StudioDraft.id).where(StudioDraft.department_id == office, StudioDraft.state.in_(UNDER_WAY))
    found = session.scalar(mine.where((StudioDraft.title == title) | (StudioDraft.item_code == code)).limit(1))
    if found is not None:
        return found
    here = session.scalars(select(Item.code).where((Item.title == title) | (Item.code == code))).all()
    return "" if any(power.owner(session, each).id == office for each in here) else None


def _coded(content: Any, code: str) -> dict[str, Any]:
    form = code.replace("-", "_")
    return {**content, "item": {**content["item"], "code": code, "form": form}, "form": {**content["form"], "id": form}}


def _free(session: Session, title: str) -> str:
    """A code that nobody has, of the pinyin of *title*."""
    from core.search.tokens import is_chinese, runs, syllables

    parts = [each for run in runs(title) for each in (syllables(run) if is_chinese(run) else (run,))]
    stem = "-".join(each for each in parts if each.isascii() and each.isalnum())[:_LONGEST].rstrip("-") or "item"
    stem = stem if stem[0].isalpha() else f"i-{stem}"
    taken = {*session.scalars(select(Item.code).where(Item.code.startswith(stem, autoescape=True)))}
    taken |= {*session.scalars(select(StudioDraft.item_code).where(StudioDraft.item_code.startswith(stem, autoescape=True)))}
    return next(code for n in range(1, len(taken) + 2) if (code := stem if n == 1 else f"{stem}-{n}") not in taken)


def counts(session: Session, row: StudioImport) -> dict[str, int]:
    """How many rows became what: ``made``, ``known``, ``bad``."""
    query = select(StudioImportRow.verdict, func.count()).where(StudioImportRow.import_id == row.id).group_by(StudioImportRow.verdict)
    found = {str(verdict): int(count) for verdict, count in session.execute(query)}
    return {verdict: found.get(verdict, 0) for verdict in ("made", "known", "bad")}


def results(session: Session, row: StudioImport, most: int | None = None) -> list[StudioImportRow]:
    """What became of each row, in the order of the file; of many those that are wrong first, at most *most*."""
    query = select(StudioImportRow).where(StudioImportRow.import_id == row.id)
    if most is None:
        return list(session.scalars(query.order_by(StudioImportRow.line)))
    first = session.scalars(query.order_by(StudioImportRow.verdict != "bad", StudioImportRow.line).limit(most))
    return sorted(first, key=lambda each: each.line)
