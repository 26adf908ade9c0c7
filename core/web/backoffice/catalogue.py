"""The basic catalogue in the back office: entries, claiming one, applying for one, and the report on sameness."""

from collections.abc import Sequence

from flask import Blueprint, request
from werkzeug.wrappers import Response

from core.identity import queries as people
from core.identity.spec import Scope
from core.items.catalogue import kinds
from core.items.catalogue import service as catalogue
from core.items.catalogue.claims import Sameness
from core.items.catalogue.elements import Spot
from core.items.library import library
from core.kernel.errors import Forbidden, PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise
from core.kernel.wording import word
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me
from core.web.backoffice.item_life import command, doing, found, parsed, words
from core.web.page import say as _

blueprint = Blueprint("catalogue", __name__, url_prefix="/office/catalogue")


def _paths() -> list[str]:
    return sorted({post.division_path for post in me().posts})


def _mine() -> dict[str, str]:
    """Departments in whose name I may ask: id → title."""
    return {post.department_id: post.department_title for post in me().posts if post.role in kinds.ASKS}


def _about_me(rows: Sequence[Sameness]) -> list[Sameness]:
    """The claims of my divisions and below."""
    inside = {each.id for path in _paths() for each in people.departments(edge.session(), Scope(path))}
    return [row for row in rows if row.department_id in inside]


@blueprint.get("/")
@at_desk
def show() -> str:
    """The entries that concern me, and how the claims of my divisions agree with them."""
    return _show()


def _show(error: PlatformError | None = None) -> str:
    session = edge.session()
    entries = {each.code: each for path in _paths() for each in catalogue.entries(session, Scope(path))}
    rows = _about_me(catalogue.sameness(session, entry_codes=list(entries)))
    return desk_page(
        "office/catalogue.html", nav_here="items", entries=sorted(entries.values(), key=lambda each: each.code), rows=rows, mine=_mine(),
        claimed={row.entry_code for row in rows}, command_id=new_id(), given=request.form, level_words=level_words(), **found(error), **words(),
    )  # fmt: skip


def level_words() -> dict[str, str]:
    """Titles of the levels."""
    return {"country": _("国家"), "province": _("省级"), "city": _("市级"), "county": _("县级"), "town": _("乡镇"), "village": _("村（社区）")}


@blueprint.get("/<code>")
@at_desk
def entry(code: str) -> str:
    """One entry: its unified elements, what it leaves to those who claim it, and who did."""
    return _entry(code)


def _entry(code: str, error: PlatformError | None = None) -> str:
    session = edge.session()
    there, locale = catalogue.entry(session, code), edge.locale()
    local, fixed = ([Spot(pointer).title(locale) for pointer in pointers] for pointers in (there.rules.local, there.rules.fixed))
    offices = people.titles_in(session, me().posts[0].division_id) if me().posts else {}
    return desk_page(
        "office/catalogue_entry.html", nav_here="items", entry=there, local=local, fixed=fixed,
        type_word=word(f"guides.type_{there.doc['type']}", locale), implementer=offices.get(there.doc["implementer"], there.doc["implementer"]),
        rows=_about_me(catalogue.sameness(session, entry_codes=[code])), mine=_mine(), command_id=new_id(), given=request.form,
        level_words=level_words(), **found(error), **words(),
    )  # fmt: skip


@blueprint.post("/<code>/claims")
@at_desk
def claim(code: str) -> Response | tuple[str, int]:
    """Claim an entry for one of my departments."""
    department = request.form.get("department", "")
    if department not in _mine():
        raise Forbidden("items.request_not_yours")
    reason = normalise(request.form.get("reason", ""))
    return doing(
        lambda: catalogue.ask_claim(edge.session(), code, department_id=department, reason=reason, command_id=command(), actor=actor()),
        lambda error: _entry(code, error),
    )


@blueprint.post("/")
@at_desk
def propose() -> Response | tuple[str, int]:
    """Ask for an entry: published by my department, or applied for upward."""
    form = request.form
    department = form.get("department", "")
    if not is_id(department) or department not in _mine():
        raise Forbidden("items.request_not_yours")
    shelf = library()
    return doing(
        lambda: catalogue.ask_entry(
            edge.session(), parsed(form.get("document", "")), forms=shelf.forms, blocks=shelf.blocks, department_id=department,
            upward=form.get("upward") == "1", reason=normalise(form.get("reason", "")), command_id=command(), actor=actor(),
        ),
        _show,
    )  # fmt: skip
