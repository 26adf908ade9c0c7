"""The catalogue of licence types: what is written into it, and what it allows."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Finding
from core.kernel.identifiers import check_uscc
from core.licences.errors import TypeRefuses, UnknownType
from core.licences.models import Licence, LicenceTypeRow
from core.schemas import service as schemas

KIND = "licence_type"
#: 行政许可法 50(1): thirty days before the end – the applicant's days, therefore natural ones.
RENEWAL_DAYS = 30


def put_types(session: Session, types: Iterable[Mapping[str, Any]], *, actor: Actor) -> int:
    """Write entries of the catalogue (``item_configs/licence_types.json``); a type known already is replaced. Returns how many there are.

    Raises :class:`BadInput` with a finding for each spot that is wrong; nothing is written then.
    """
    rows = [whole(each) for each in types]
    findings = [f for n, row in enumerate(rows) for f in _findings(session, row, f"[{n}]")] + _twice(rows)
    if findings:
        raise BadInput("licences.bad_types", findings=tuple(findings), count=len(findings), first=findings[0].words("zh"))
    for row in rows:
        session.merge(
            LicenceTypeRow(
                code=row["code"],
                title=row["title"],
                defining_uscc=row["defining_uscc"],
                type_code=row["type_code"],
                active=row.get("status", "active") == "active",
                doc=row,
            )
        )
    session.flush()
    audit.record(session, "licences.types_put", subject=("licence_types", "catalogue"), actor=actor, detail={"codes": [row["code"] for row in rows]})
    return len(rows)


def whole(row: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with its format said; files may leave that out."""
    made = dict(row) if isinstance(row, Mapping) else {}
    made.setdefault("$schema", f"https://wangting.example/schemas/{KIND}.v1.schema.json")
    made.setdefault("schema_version", 1)
    return made


def _findings(session: Session, row: Mapping[str, Any], at: str) -> Iterable[Finding]:
    shape = [Finding(f.level, f"{at}.{f.path}" if f.path else at, f.key, f.params) for f in schemas.validate(KIND, row)]
    yield from shape
    if shape:
        return
    if wrong := check_uscc(row["defining_uscc"]):
        yield Finding("error", f"{at}.defining_uscc", wrong)
    if not row["type_code"].startswith(row["defining_uscc"]):  # GB/T 36904: 定义机构 18 + 3
        yield Finding("error", f"{at}.type_code", "licences.type_code_shape", {"value": row["type_code"]})
    valid = row.get("valid", {})
    if valid.get("rule") == "fixed" and not (valid.get("value") and valid.get("unit")):
        yield Finding("error", f"{at}.valid", "licences.valid_needs_term")
    renewal = row.get("renewal", {})
    if renewal.get("days_before", RENEWAL_DAYS) != RENEWAL_DAYS and not renewal.get("basis"):
        yield Finding("error", f"{at}.renewal", "licences.renewal_needs_basis", {"days": renewal["days_before"]})
    yield from _same_code(session, row, at)


def _same_code(session: Session, row: Mapping[str, Any], at: str) -> Iterable[Finding]:
    """A type code belongs to one type; and once a licence was issued, its identifier holds the type code for ever."""
    other = session.scalar(select(LicenceTypeRow.code).where(LicenceTypeRow.type_code == row["type_code"], LicenceTypeRow.code != row["code"]))
    if other is not None:
        yield Finding("error", f"{at}.type_code", "licences.type_code_taken", {"value": row["type_code"], "other": other})
    known = session.get(LicenceTypeRow, row["code"])
    if known is None or known.type_code == row["type_code"]:
        return
    if session.scalar(select(Licence.id).where(Licence.type_code == row["code"]).limit(1)) is not None:
        yield Finding("error", f"{at}.type_code", "licences.type_code_fixed", {"value": known.type_code})


def _twice(rows: list[dict[str, Any]]) -> list[Finding]:
    codes = [row.get("code") for row in rows]
    return [Finding("error", f"[{n}].code", "licences.type_twice", {"code": code}) for n, code in enumerate(codes) if code in codes[:n]]


def type_of(session: Session, code: str) -> LicenceTypeRow:
    """An entry by code. Raises :class:`UnknownType`."""
    kind = session.get(LicenceTypeRow, code)
    if kind is None:
        raise UnknownType(code=code)
    return kind


def may_issue(kind: LicenceTypeRow, *, company: bool, department_code: str) -> None:
    """Refuse what the catalogue refuses: an ended type, a holder or an issuer of another kind. Raises :class:`TypeRefuses`."""
    if not kind.active:
        raise TypeRefuses(title=kind.title)
    holders = kind.doc.get("holders") or ("person", "company")
    if ("company" if company else "person") not in holders:
        raise TypeRefuses("licences.type_wrong_company" if company else "licences.type_wrong_person", title=kind.title)
    issuers = kind.doc.get("issuers")
    if issuers and department_code not in issuers:
        raise TypeRefuses("licences.type_wrong_issuer", title=kind.title, issuers="、".join(issuers))


def face_on(kind: LicenceTypeRow, day: date) -> str | None:
    """The version of the face in force on *day*, ``None`` when the catalogue names none."""
    begun = [face for face in kind.doc.get("faces", ()) if face["since"] <= day.isoformat()]
    return max(begun, key=lambda face: face["since"])["id"] if begun else None


def renewal_days(kind: LicenceTypeRow) -> int | None:
    """How many natural days before the last day a renewal is asked for; ``None`` when this type is not renewed."""
    renewal = kind.doc.get("renewal", {})
    return int(renewal.get("days_before", RENEWAL_DAYS)) if renewal.get("allowed", True) else None
