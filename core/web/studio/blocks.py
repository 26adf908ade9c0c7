"""Shared blocks in a draft: which this form has, which there are and who uses them, their fields; put in, take the newer one, make one's own, make one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from core.identity import queries as people
from core.items.blocks import shelf
from core.items.blocks.shelf import Block, Use
from core.items.studio import blockbuilding, sharing
from core.items.studio import formbuilding as building
from core.items.studio.drafts import Draft
from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, Clashed
from core.items.studio.sharing import Place
from core.items.studio.spots import find, parse, write
from core.kernel.errors import PlatformError
from core.kernel.ids import is_id
from core.web import edge
from core.web.backoffice.desk import at_desk, tell
from core.web.page import say as _
from core.web.studio import saving
from core.web.studio.desk import framed, own
from core.web.studio.publishing import Line

blueprint = Blueprint("studio_blocks", __name__, url_prefix="/office/studio/<draft_id>/blocks")


@dataclass(frozen=True, slots=True)
class Offer:
    """One block of the shelf: its versions, the newest first, who answers for it, which items use it."""

    name: str
    title: str
    versions: tuple[Block, ...]
    office: str
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A block of this form: where it stands, whether its version is published, and the newest there is with what it changes."""

    place: Place
    published: bool
    newer: Block | None
    lines: tuple[Line, ...]


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str:
    """The blocks of the form and of the shelf, and the fields of ``?key=``."""
    return _page(own(draft_id))


def _page(draft: Draft, error: PlatformError | None = None) -> str:
    session, locale, content = edge.session(), edge.locale(), draft.content
    known, given = shelf.versions(session), request.values
    key = given.get("key", "")[:80]
    body = known[key].body if key in known else find(content, ("blocks", key)) if key else None
    fields = blockbuilding.lines(body, key, locale) if isinstance(body, Mapping) else ()
    mine = isinstance(body, Mapping) and key not in known and draft.state == "open"
    sections = [(section.at, page.title, section.title, section) for page in building.pages(content, locale) for section in page.sections if section.id]
    return framed(
        "studio/blocks.html", draft, "form", ("blocks", key) if key else ("blocks",), held=_held(content, known), offers=_offers(session, known), key=key,
        body=body if isinstance(body, Mapping) else None, fields=fields, mine=mine, palette=building.palette(locale), sections=sections, write=write,
        groups=_groups(sections), chosen=given.get("section", "")[:400], spot=write(("blocks", key)), issued=known.get(key),
        drafted=tuple(_drafted(content, known)), names=_names(session, known), error=error.words(locale) if error else None,
        clashes=saving.told(error, draft) if isinstance(error, Clashed) else (), given=given,
        may_renew=key in known and any(each.key == key for each in sharing.places(content)) and known[key].department_id == draft.department_id,
    )  # fmt: skip


def _held(content: Any, known: Mapping[str, Block]) -> list[Held]:
    from core.items.diff import between_forms  # only who looks at blocks needs it

    made = []
    for place in sharing.places(content):
        newer = max((each for each in known.values() if each.name == place.name and each.number > place.number), key=lambda each: each.number, default=None)
        now = find(content, ("blocks", place.key))
        changes = between_forms(now, newer.body) if newer is not None and isinstance(now, Mapping) else ()
        lines = tuple(Line("", leaf.kind, leaf.title, leaf.before, leaf.after) for change in changes for leaf in change.leaves("zh"))
        made.append(Held(place, place.key in known, newer, lines))
    return made


def _offers(session: Any, known: Mapping[str, Block]) -> list[Offer]:
    used = shelf.uses(session)
    offices = {each.id: each.title for each in people.departments(session, ids=[block.department_id for block in known.values() if block.department_id])}
    made = []
    for name in dict.fromkeys(each.name for each in known.values()):
        versions = tuple(sorted((each for each in known.values() if each.name == name), key=lambda each: -each.number))
        made.append(Offer(name, versions[0].title, versions, offices.get(versions[-1].department_id or "", ""), used.get(name, ())))
    return made


def _names(session: Session, known: Mapping[str, Block]) -> dict[str, str]:
    """Names of who published the versions of the shelf."""
    return people.staff_names(session, sorted({each.published_by for each in known.values() if each.published_by is not None and is_id(each.published_by)}))


def _groups(sections: Sequence[Any]) -> list[Any]:
    """Groups of the form that could be shared."""
    return [line for _at, _page, _title, section in sections for line in section.fields if line.kind == "group" and line.inside and not line.shared]


def _drafted(content: Any, known: Mapping[str, Block]) -> list[tuple[str, str]]:
    """(key, title) of the blocks that this draft would publish."""
    held = content.get("blocks")
    return [(key, str(find(body, ("title",)) or key)) for key, body in held.items() if key not in known] if isinstance(held, Mapping) else []


@blueprint.post("/")
@at_desk
def press(draft_id: str) -> Response | tuple[str, int]:
    """A button: ``do`` is what, ``at``, ``section``, ``key`` and ``name`` are where and which."""
    draft = own(draft_id)
    try:
        key, words = saving.pressed(draft, _DOES, lambda work: work(draft.content, request.form, shelf.versions(edge.session())))
    except PlatformError as error:
        edge.take_back(error)
        return _page(own(draft_id), error), error.status
    tell(words)
    return redirect(f"/office/studio/{draft_id}/blocks/" + (f"?{urlencode({'key': key})}#block" if key else ""), 303)


Done = tuple[Sequence[Edit], tuple[str, str]]
Known = Mapping[str, Block]


def _chosen(given: Any, known: Known) -> Block:
    key = given.get("block", "")
    if key not in known:
        raise BadEdit("items.studio_block_missing", key=key[:80])
    return known[key]


def _insert(content: Any, given: Any, known: Known) -> Done:
    block = _chosen(given, known)
    made, _spot = sharing.insert(content, block, section=parse(given.get("section", "")[:400]))
    return made, ("", _("已加上“%(title)s”", title=block.title))


def _take(content: Any, given: Any, known: Known) -> Done:
    block = _chosen(given, known)
    return sharing.take(content, parse(given.get("at", "")[:400]), block), ("", _("已换成第 %(n)s 版", n=block.number))


def _detach(content: Any, given: Any, _known: Known) -> Done:
    return sharing.detach(content, parse(given.get("at", "")[:400])), ("", _("已改成自己的，以后各改各的"))


def _renew(content: Any, given: Any, known: Known) -> Done:
    made, key = sharing.renew(content, given.get("key", "")[:80], known)
    return made, (key, _("新的一版在这个草稿里，改好以后和事项一起送审"))


def _share(content: Any, given: Any, known: Known) -> Done:
    at, name = parse(given.get("at", "")[:400]), given.get("name", "").strip()[:80]
    made, key = (sharing.share_section if at[:2] == ("form", "ui") else sharing.share)(content, at, name, known)
    return made, (key, _("已做成共用块，和事项一起送审、发布以后别的事项就能用"))


def _built(do: str) -> Callable[[Any, Any, Known], Done]:
    """A button of the form builder, on a block of the draft that is not published."""

    def work(content: Any, given: Any, known: Known) -> Done:
        key, field = given.get("key", "")[:80], given.get("field", "")[:64]
        body = sharing.mine(content, key, known)
        return blockbuilding.edits(body, key, _BUILDS[do](blockbuilding.as_form(body), field, given)), (key, _("已存"))

    return work


_BUILDS: dict[str, Callable[[Any, str, Any], Sequence[Edit]]] = {
    "add": lambda form, _field, given: building.add_field(form, given.get("kind", "")[:80], title=given.get("title", ""), section=blockbuilding.SECTION)[0],
    "up": lambda form, field, _given: building.step_field(form, field, -1),
    "down": lambda form, field, _given: building.step_field(form, field, 1),
    "remove": lambda form, field, _given: building.remove_field(form, field),
    "require": lambda form, field, _given: building.require(form, field, required=True),
    "release": lambda form, field, _given: building.require(form, field, required=False),
}
#: What the buttons are called → the edits they make, the block to show then, and what is said.
_DOES: dict[str, Callable[[Any, Any, Known], Done]] = {
    "insert": _insert, "take": _take, "detach": _detach, "renew": _renew, "share": _share, **{do: _built(do) for do in _BUILDS},
}  # fmt: skip
