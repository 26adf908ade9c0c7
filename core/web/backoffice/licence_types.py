"""The catalogue of licence types for administrators: one entry as a form, the whole as JSON in and out."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Answer

from core.kernel.errors import BadInput, PlatformError
from core.kernel.text import normalise
from core.licences import queries
from core.licences import service as licences
from core.schemas import service as schemas
from core.web import edge
from core.web.backoffice.desk import actor, desk_page, tell
from core.web.backoffice.people import for_admins
from core.web.page import say as _

blueprint = Blueprint("licence_types", __name__, url_prefix="/office/licences/types")
_PLAIN = ("code", "title", "defining_body", "defining_uscc", "type_code")
#: Lists that are written one entry a line, their parts parted by a bar: name → the parts.
_LINES: Mapping[str, tuple[str, ...]] = {
    "faces": ("id", "title", "since"),
    "annotations": ("id", "title", "public"),
    "fields": ("title", "required"),
}
_YES = frozenset({"是", "公开", "必有", "yes", "1", "true"})


@blueprint.get("/")
@for_admins
def listed() -> str:
    """Every type."""
    return _list()


def _list(text: str = "", errors: list[str] | None = None) -> str:
    return desk_page("office/licence_types.html", nav_here="licences", rows=queries.types(edge.session()), text=text, errors=errors or [])


@blueprint.get("/export")
@for_admins
def export() -> Response:
    """The catalogue as the JSON that can be imported again."""
    text = json.dumps(list(queries.types(edge.session())), ensure_ascii=False, indent=2)
    return Response(text, mimetype="application/json", headers={"Content-Disposition": "attachment; filename=licence_types.json"})


@blueprint.post("/import")
@for_admins
def bring_in() -> str | Answer | tuple[str, int]:
    """Take JSON in: all of it, or – every fault said – nothing."""
    text = request.form.get("types", "")
    try:
        rows = schemas.parse(text)
        if not isinstance(rows, list):
            rows = [rows]
        count = licences.put_types(edge.session(), rows, actor=actor())
    except BadInput as error:
        edge.session().rollback()
        return _list(text, _words(error)), 422
    tell(_("已导入 %(n)s 种证照", n=count))
    return redirect("/office/licences/types/", 303)


def _words(error: BadInput) -> list[str]:
    locale = edge.locale()
    return [f"{f.path} {f.words(locale)}" for f in error.findings] or [error.words(locale)]


@blueprint.get("/new")
@for_admins
def blank() -> str:
    """An empty entry."""
    return _page({}, new=True)


@blueprint.get("/<code>")
@for_admins
def show(code: str) -> str:
    """One entry."""
    return _page(_flat(queries.type_doc(edge.session(), code)), new=False)


@blueprint.post("/new")
@for_admins
def add() -> str | Answer | tuple[str, int]:
    """Write a new entry."""
    given = request.form
    if given.get("code", "") in queries.type_codes(edge.session()):
        return _page(given, new=True, errors=[_("代码“%(code)s”已经有了，请换一个", code=given["code"])]), 422
    return _save(given, {}, new=True)


@blueprint.post("/<code>")
@for_admins
def change(code: str) -> str | Answer | tuple[str, int]:
    """Change an entry; what the form does not show (translations, provenance) stays."""
    return _save({**request.form, "code": code}, queries.type_doc(edge.session(), code), new=False)


def _save(given: Mapping[str, str], before: Mapping[str, Any], *, new: bool) -> str | Answer | tuple[str, int]:
    session = edge.session()
    try:
        licences.put_types(session, [_doc(given, before, request.form.getlist("holders"))], actor=actor())
    except PlatformError as error:
        session.rollback()
        words = _words(error) if isinstance(error, BadInput) else [error.words(edge.locale())]
        return _page(given, new=new, errors=words, holders=request.form.getlist("holders")), 422
    tell(_("已保存“%(title)s”", title=normalise(given.get("title", ""))))
    return redirect("/office/licences/types/", 303)


def _doc(given: Mapping[str, str], before: Mapping[str, Any], holders: list[str]) -> dict[str, Any]:
    """The entry that a form describes, over the entry that was there."""
    doc: dict[str, Any] = {k: v for k, v in before.items() if k in ("$schema", "schema_version", "translations", "provenance")}
    doc |= {name: normalise(given.get(name, "")) for name in _PLAIN if normalise(given.get(name, ""))}
    doc["defining_uscc"], doc["type_code"] = doc.get("defining_uscc", "").upper(), doc.get("type_code", "").upper()
    doc["status"] = "ended" if given.get("status") == "ended" else "active"
    if holders:
        doc["holders"] = holders
    lists = {name: _parts(given.get(name, "")) for name in ("issuers", "basis")}
    doc |= {name: [row[0] for row in rows] for name, rows in lists.items() if rows}
    rule = given.get("rule", "decision")
    doc["valid"] = {"rule": rule, **({"value": _number(given.get("value", "")), "unit": given.get("unit", "year")} if rule == "fixed" else {})}
    doc["renewal"] = {"allowed": given.get("renewal") != "no"}
    if doc["renewal"]["allowed"]:
        doc["renewal"] |= {"days_before": _number(given.get("days_before", "") or "30")}
        doc["renewal"] |= {"basis": normalise(given["renewal_basis"])} if normalise(given.get("renewal_basis", "")) else {}
    for name, parts in _LINES.items():
        if rows := _parts(given.get(name, "")):
            doc[name] = [_row(parts, row) for row in rows]
    return doc


def _number(text: str) -> int | str:
    """A whole number; anything else as it was typed, for the schema to say what is wrong with it."""
    tidy = normalise(text)
    return int(tidy) if tidy.isascii() and tidy.isdigit() and len(tidy) < 6 else tidy


def _parts(text: str) -> list[list[str]]:
    return [[normalise(part) for part in line.replace("｜", "|").split("|")] for line in text.splitlines() if line.strip()][:100]


def _row(parts: tuple[str, ...], row: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = dict(zip(parts, row, strict=False))
    for flag in ("public", "required"):
        if flag in parts:
            made[flag] = made.get(flag, "").lower() in _YES
    return made


def _flat(doc: Mapping[str, Any]) -> dict[str, str]:
    """An entry as the form shows it."""
    valid, renewal = doc.get("valid", {}), doc.get("renewal", {})
    flat = {name: str(doc.get(name, "")) for name in (*_PLAIN, "status")}
    flat |= {name: "\n".join(doc.get(name, ())) for name in ("issuers", "basis")}
    flat |= {"rule": valid.get("rule", "decision"), "value": str(valid.get("value", "")), "unit": valid.get("unit", "year")}
    flat |= {"renewal": "yes" if renewal.get("allowed", True) else "no", "days_before": str(renewal.get("days_before", 30))}
    flat["renewal_basis"] = renewal.get("basis", "")
    for name, parts in _LINES.items():
        flat[name] = "\n".join(_line(parts, row) for row in doc.get(name, ()))
    flat["holders"] = ",".join(doc.get("holders", ("person", "company")))
    return flat


def _line(parts: tuple[str, ...], row: Mapping[str, Any]) -> str:
    words = [_flag(row.get(part)) if part in ("public", "required") else str(row.get(part, "")) for part in parts]
    return " | ".join(words)


def _flag(value: object) -> str:
    return "是" if value else "否"


def _page(given: Mapping[str, str], *, new: bool, errors: list[str] | None = None, holders: list[str] | None = None) -> str:
    chosen = holders if holders is not None else given.get("holders", "person,company").split(",")
    return desk_page("office/licence_type.html", nav_here="licences", given=given, new=new, errors=errors or [], holders=chosen)
