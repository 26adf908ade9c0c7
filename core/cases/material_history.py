"""材料的来历和去向: who used which material, when, for which case and for what – read by the person it belongs to and by the officers of the case.

What is told is what was recorded where it happened: a file handed in or replaced (``case_material``), an earlier file, a licence or a shared fact
taken instead of asking (``case_evidence``), and each time somebody of the authority opened one (audit) – 个人信息保护法 44, 45.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.models import Entry
from core.cases import access, sealing
from core.cases.access import APPLICANTS
from core.cases.models import Case, CaseEvidence, CaseMaterial, CaseParty, CasePayload, table
from core.cases.speaking import spoken_title
from core.cases.versions import pinned
from core.identity import queries as people
from core.items.texts import Reader
from core.kernel.actor import Actor
from core.kernel.errors import NotFound

What = Literal["handed", "replaced", "library", "fact", "earlier", "opened"]
LOOKED = "cases.looked_material"
#: So many looks are read of one page of cases; the newest count.
MOST_LOOKS = 500

_case, _file, _proof, _party, _payload = (table(each).c for each in (Case, CaseMaterial, CaseEvidence, CaseParty, CasePayload))
_entry = Entry.__table__.c
_CASE = (_case.id, _case.number, _case.item_code, _case.item_title, _case.version_id, _case.department_id, _case.submitted_at, _case.wrapped_key)


@dataclass(frozen=True, slots=True)
class Used:
    """One use of one material. ``title`` is the material's, ``name`` the file's (empty when erased), ``case_id`` the case it was used for;
    ``origin`` the number of the case that a reused file was first handed in for; ``department`` and ``staff_id`` are of whoever opened it."""

    at: datetime
    what: What
    material: str
    title: str
    name: str
    case_id: str
    number: str
    item_title: str
    department: str = ""
    staff_id: str = ""
    origin: str = ""


def of_account(session: Session, account_id: str, case_ids: Sequence[str], *, locale: str = "zh") -> tuple[Used, ...]:
    """What became of the materials of these cases, newest first – those of them that the account may see, whatever else is asked for."""
    sight = access.of_account(account_id)
    rows = session.execute(select(*_CASE).where(_case.id.in_(list(case_ids)), sight.condition), sight.params).mappings().all()
    return _uses(session, rows, locale)


def of_case(session: Session, case_id: str, *, actor: Actor, locale: str = "zh") -> tuple[Used, ...]:
    """The history of the materials of one case for whoever may see it, with later uses of its files in other cases of the same applicant."""
    sight = access.of_actor(session, actor)
    rows = session.execute(select(*_CASE).where(_case.id == case_id, sight.condition), sight.params).mappings().all()
    found = _uses(session, rows, locale)
    return tuple(sorted((*found, *_later(session, rows, locale)), key=lambda each: each.at, reverse=True))


def _uses(session: Session, rows: Sequence[Mapping[Any, Any]], locale: str) -> tuple[Used, ...]:
    cases = {row["id"]: row for row in rows}
    if not cases:
        return ()
    files = _files(session, cases)
    found = [*_handed(session, cases, files, locale), *_taken(session, cases, locale), *_opened(session, cases, files, locale)]
    return tuple(sorted(found, key=lambda each: (each.at, each.material), reverse=True))


def _files(session: Session, cases: Mapping[str, Mapping[Any, Any]]) -> list[dict[str, Any]]:
    rows = session.execute(select(*_file).where(_file.case_id.in_(list(cases))).order_by(_file.id)).mappings()
    keys = {case_id: sealing.key_of(session, case_id, row["wrapped_key"]) for case_id, row in cases.items()}
    return [{**row, "name": sealing.open_json(keys[row["case_id"]], row["case_id"], row["sealed_name"]) or ""} for row in rows]


def _use(session: Session, case: Mapping[Any, Any], locale: str, at: datetime, what: What, material: str, **more: str) -> Used:
    compiled = pinned(session, case["version_id"])
    named = next((each["title"] for each in compiled.doc["materials"] if each["id"] == material), material.removeprefix("form:"))
    title = str(Reader(compiled.doc, locale)(f"materials.{material}.title", named))
    more.setdefault("name", "")
    return Used(at, what, material, title, case_id=case["id"], number=case["number"], item_title=spoken_title(compiled, case["item_title"], locale), **more)


def _handed(session: Session, cases: Mapping[str, Mapping[Any, Any]], files: Iterable[Mapping[str, Any]], locale: str) -> list[Used]:
    times = {
        (row.case_id, row.revision): row.at
        for row in session.execute(select(_payload.case_id, _payload.revision, _payload.at).where(_payload.case_id.in_(list(cases))))
    }
    found = []
    for each in files:
        case = cases[each["case_id"]]
        at = times.get((case["id"], each["since_revision"]), case["submitted_at"])
        found.append(_use(session, case, locale, at, "handed", each["material"], name=each["name"]))
        if each["until_revision"] is not None:
            ended = times.get((case["id"], each["until_revision"] + 1), times.get((case["id"], each["until_revision"]), at))
            found.append(_use(session, case, locale, ended, "replaced", each["material"], name=each["name"]))
    return found


def _taken(session: Session, cases: Mapping[str, Mapping[Any, Any]], locale: str) -> list[Used]:
    rows = session.execute(select(*_proof).where(_proof.case_id.in_(list(cases)))).mappings().all()
    refs = [row["ref"] for row in rows if row["kind"] == "case"]
    numbered = select(_file.id, _case.number).join(table(Case), _case.id == _file.case_id).where(_file.id.in_(refs))
    origins = {row.id: row.number for row in session.execute(numbered)}
    kinds: dict[str, What] = {"library": "library", "fact": "fact", "case": "earlier"}
    found = []
    for row in rows:
        case = cases[row["case_id"]]
        said = sealing.open_json(sealing.key_of(session, case["id"], case["wrapped_key"]), case["id"], row["sealed"]) or {}
        origin = origins.get(row["ref"], "")
        found.append(_use(session, case, locale, row["consented_at"], kinds[row["kind"]], row["material"], name=said.get("title", ""), origin=origin))
    return found


def _later(session: Session, rows: Sequence[Mapping[Any, Any]], locale: str) -> list[Used]:
    """Where files of these cases were taken from for other cases of their applicants. Of those cases no more is told than number, item and when."""
    if not rows:
        return []
    case_ids = [row["id"] for row in rows]
    mine = {row.id: row.material for row in session.execute(select(_file.id, _file.material).where(_file.case_id.in_(case_ids)))}
    applicants = select(_party.party_id).where(_party.case_id.in_(case_ids), _party.role.in_(APPLICANTS))
    theirs = select(_party.case_id).where(_party.party_id.in_(applicants), _party.case_id.not_in(case_ids))
    query = select(_proof.ref, _proof.consented_at, *_CASE).join(table(Case), _case.id == _proof.case_id)
    found = session.execute(query.where(_proof.case_id.in_(theirs), _proof.kind == "case", _proof.ref.in_(list(mine)))).mappings()
    return [_use(session, row, locale, row["consented_at"], "earlier", mine[row["ref"]], origin=rows[0]["number"]) for row in found]


def _opened(session: Session, cases: Mapping[str, Mapping[Any, Any]], files: Iterable[Mapping[str, Any]], locale: str) -> list[Used]:
    known = {(each["case_id"], blob): each for each in files for blob in (each["blob_id"], each["id"])}
    first = min(row["submitted_at"] for row in cases.values())
    query = (
        select(_entry.at, _entry.subject_id, _entry.actor_id, _entry.detail)
        .where(_entry.subject_kind == "case", _entry.subject_id.in_(list(cases)), _entry.action == LOOKED, _entry.stream >= f"{first:%Y-%m-%d}")
        .order_by(_entry.at.desc())
        .limit(MOST_LOOKS)
    )
    found: list[Used] = []
    whose: dict[tuple[str, str], str] = {}
    for row in session.execute(query):
        file = known.get((row.subject_id, json.loads(row.detail).get("blob", "")))
        if file is None:
            continue
        case = cases[row.subject_id]
        whose.setdefault((row.actor_id, case["department_id"]), _department(session, row.actor_id, case["department_id"]))
        department = whose[row.actor_id, case["department_id"]]
        more = {"name": file["name"], "department": department, "staff_id": row.actor_id}
        found.append(_use(session, case, locale, row.at, "opened", file["material"], **more))
    return found


def _department(session: Session, staff_id: str, owner: str) -> str:
    """For which department somebody looked: the case's own when they hold a post there, else their first. Empty for one who has left."""
    try:
        posts = people.staff_view(session, staff_id).posts
    except NotFound:
        return ""
    return next((post.department_title for post in posts if post.department_id == owner), posts[0].department_title if posts else "")
