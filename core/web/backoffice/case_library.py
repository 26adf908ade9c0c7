"""办件库: every case of one's departments, found by what may be searched; searches that are kept; and the way to an export of what was found.

What a person filled in and the number of their document are sent in the body of a request and stand in no address, no log and no kept search.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from core.cases.library import saved, search, searchable
from core.cases.library.search import Asked, Found
from core.identity import queries as people
from core.identity.documents import COMPANY_DOCUMENTS, PERSON_DOCUMENTS
from core.items import queries as items
from core.items.models import Item, ItemOffer
from core.items.texts import Reader
from core.kernel.errors import BadInput, PlatformError
from core.kernel.text import normalise
from core.kernel.wording import catalogue, word
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me, tell
from core.web.limits import limit
from core.web.page import say as _

blueprint = Blueprint("library", __name__, url_prefix="/office/library")
_TEXTS = ("number", "item", "department_id", "state", "outcome", "channel")
_DAYS = ("since", "until", "ended_since", "ended_until")
OUTCOMES = ("grant", "refuse")
CHANNELS = ("web", "mobile", "window", "agent", "post", "api")
LONGEST = 140


@blueprint.get("/")
@at_desk
def show() -> str | tuple[str, int]:
    """The newest cases that the filters in the address find."""
    return page(request.args)


def page(given: Mapping[str, str], *, rows: tuple[Found, ...] | None = None, wrong: PlatformError | None = None, told: str = "") -> str | tuple[str, int]:
    """The library: *rows* when a search in the body of a request found them, else what the filters find."""
    session, after = edge.session(), None
    try:
        asked = read(given)
        if rows is None:
            found = search.search(session, asked, actor=actor(), cursor=request.args.get("after"))
            rows, after = found.rows, found.next
    except BadInput as error:
        asked, rows, wrong = Asked(), (), wrong or error
    departments = search.reach(session, actor())
    own = {post.department_id for post in me().posts}
    link = urlencode({name: given[name] for name in (*_TEXTS, *_DAYS) if given.get(name)})
    shown = desk_page(
        "office/library.html", nav_here="library", rows=[row(each, own) for each in rows], asked=asked, given=given, link=link, told=told,
        after=f"?{link}{'&' if link else ''}{urlencode({'after': after})}" if after else None, wrong=wrong.words(edge.locale()) if wrong else None,
        departments=sorted(people.titles(session, departments).items(), key=lambda each: each[1]), items=_items(departments),
        fields=_fields(asked.item), documents=_documents(), kept=[(each, urlencode(each.asked)) for each in saved.mine(session, actor=actor())],
        **lists(),
    )  # fmt: skip
    return (shown, wrong.status) if wrong else shown


def read(given: Mapping[str, str]) -> Asked:
    """The filters of an address or a form. Raises :class:`BadInput` for a day that is none."""
    values: dict[str, Any] = {name: normalise(given.get(name, ""))[:LONGEST] for name in _TEXTS}
    for name in _DAYS:
        text = given.get(name, "").strip()
        try:
            values[name] = date.fromisoformat(text) if text else None
        except ValueError as error:
            raise BadInput("web.library_day", value=text[:20]) from error
    return Asked(**values)


def lists() -> dict[str, list[tuple[str, str]]]:
    """The closed lists that cases are filtered by, in words."""
    locale = edge.locale()
    statuses = [key for key in catalogue() if key.startswith("cases.status.")]
    return {
        "states": [("open", _("在办")), ("ended", _("办完的")), *((key.rsplit(".", 1)[1], word(key, locale)) for key in statuses)],
        "outcomes": [(each, word(f"cases.outcome.{each}", locale)) for each in OUTCOMES],
        "channels": [(each, word(f"cases.channel.{each}", locale)) for each in CHANNELS],
    }


def row(each: Found, own: set[str]) -> dict[str, Any]:
    """One line of the list. The case itself opens for departments of one's own posts."""
    locale = edge.locale()
    return {
        "case": each,
        "title": _title(each),
        "department": people.titles(edge.session(), [each.department_id]).get(each.department_id, ""),
        "status": word(f"cases.status.{each.status}", locale),
        "outcome": word(f"cases.outcome.{each.outcome}", locale) if each.outcome else "",
        "channel": word(f"cases.channel.{each.channel}", locale),
        "opens": each.department_id in own,
    }


def _title(each: Found) -> str:
    if edge.locale() == "zh":
        return each.item_title
    compiled = items.load(edge.session(), each.version_id)
    return str(Reader(compiled.doc, edge.locale())("short_title", each.item_title))


def _items(departments: tuple[str, ...]) -> list[tuple[str, str]]:
    """Items that these departments offer, or ever did, as far as the hall still has them."""
    offered = select(ItemOffer.item_code).where(ItemOffer.department_id.in_(departments))
    query = select(Item.code, Item.title, Item.current_version_id).where(Item.code.in_(offered)).order_by(Item.code)
    return [(row.code, _item_title(row)) for row in edge.session().execute(query)]


def _item_title(row: Any) -> str:
    if edge.locale() == "zh" or row.current_version_id is None:
        return str(row.title)
    return str(Reader(items.load(edge.session(), row.current_version_id).doc, edge.locale())("title", row.title))


def _fields(item: str) -> list[tuple[str, str]]:
    """The answers that the chosen item may be searched by: (path, title)."""
    version = edge.session().scalar(select(Item.current_version_id).where(Item.code == item)) if item else None
    if version is None:
        return []
    compiled = items.load(edge.session(), version)
    titles = {field.path: field.title for part in compiled.form.pages for top in part.fields for field in top.walk()}
    return [(path, compiled.form.text(f"{path}.title", titles.get(path, path), edge.locale())[0]) for path in searchable.fields(compiled)]


def _documents() -> list[tuple[str, str]]:
    words = {
        "resident_id": _("居民身份证"),
        "passport": _("护照"),
        "hk_macau_permit": _("港澳居民来往内地通行证"),
        "taiwan_permit": _("台湾居民来往大陆通行证"),
        "hk_macau_taiwan_residence": _("港澳台居民居住证"),
        "foreign_permanent_residence": _("外国人永久居留身份证"),
        "uscc": _("统一社会信用代码"),
    }
    return [(kind, words[kind]) for kind in (*PERSON_DOCUMENTS, *COMPANY_DOCUMENTS) if kind in words]


@blueprint.post("/people")
@at_desk
def of_applicant() -> str | tuple[str, int]:
    """The cases of one applicant, by the whole number of a document and with a purpose, both of which are recorded."""
    limit("library.people", "60/hour", me().id)
    form, session = request.form, edge.session()
    try:
        found = search.of_applicant(session, form.get("document_kind", ""), form.get("document", "")[:40], purpose=form.get("purpose", ""), actor=actor())
    except BadInput as error:
        session.rollback()
        return page(MultiDict(), rows=(), wrong=error)
    return page(MultiDict(), rows=found, told=_("按证件号码找到 %(n)s 件，用途已记入审计。", n=len(found)))


@blueprint.post("/answers")
@at_desk
def by_answer() -> str | tuple[str, int]:
    """The cases of an item in which one answer is exactly this."""
    limit("library.answers", "120/hour", me().id)
    form, session = request.form, edge.session()
    item, field, value = form.get("item", "")[:80], form.get("field", "")[:120], normalise(form.get("value", ""))[:200]
    if not value or field not in dict(_fields(item)):
        return page(MultiDict({"item": item}), rows=(), wrong=BadInput("web.library_answer"))
    found = search.search(session, Asked(item=item, answer=(field, value)), actor=actor(), limit=50)
    return page(MultiDict({"item": item}), rows=found.rows, told=_("按申请表内容找到 %(n)s 件。", n=len(found.rows)))


@blueprint.post("/searches")
@at_desk
def keep() -> str | tuple[str, int] | Response:
    """Keep the filters under a name."""
    form, session = request.form, edge.session()
    try:
        saved.keep(session, form.get("title", ""), read(form), actor=actor())
    except BadInput as error:
        session.rollback()
        return page(form, wrong=error)
    tell(_("查找已保存"))
    return redirect("/office/library/?" + urlencode({name: form[name] for name in (*_TEXTS, *_DAYS) if form.get(name)}), 303)


@blueprint.post("/searches/<search_id>/drop")
@at_desk
def drop(search_id: str) -> Response:
    """Forget a search of one's own."""
    saved.drop(edge.session(), search_id, actor=actor())
    tell(_("已删掉保存的查找"))
    return redirect("/office/library/", 303)
