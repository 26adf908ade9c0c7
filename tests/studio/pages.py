"""Every page of the studio in one place: what is looked at by axe, walked through with the Tab key, pictured in the handbook and named in it.

A new page needs a line here and a chapter of the handbook (``docs/admin``) that shows its picture; ``tests/studio/test_handbook.py`` misses both.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity.models import Post
from core.items.catalogue import power
from core.items.studio import drafts
from core.items.studio.edits import Edit
from core.items.studio.spots import find, parse
from core.kernel.actor import Actor
from core.kernel.ids import new_id

ITEM = "food-operation-new"


@dataclass(frozen=True, slots=True)
class StudioPage:
    """A page: its *name* is the name of its picture, *address* may say ``{draft}`` (sound), ``{troubled}`` (with much to mend), or whatever :func:`begun` made.

    *chapter* is the page of the handbook that shows the picture, ``narrow`` pages are pictured as on a phone as well, *login* is who looks, and *act* names
    what is done there before anybody looks (``tests/browser/test_studio_pages.py``).
    """

    name: str
    endpoint: str
    address: str
    chapter: str
    narrow: bool = False
    login: str = "chief"
    act: str = ""


PAGES = (
    StudioPage("home", "studio.show", "/office/studio/", "start", narrow=True),
    StudioPage("basic", "studio_editing.show", "{draft}/?part=basic", "basics", narrow=True),
    StudioPage("basis", "studio_editing.show", "{draft}/?part=basis", "basics"),
    StudioPage("situations", "studio_editing.show", "{draft}/?part=situations", "basics"),
    StudioPage("fees", "studio_editing.show", "{draft}/?part=fees", "basics"),
    StudioPage("guide", "studio_editing.show", "{draft}/?part=guide", "basics"),
    StudioPage("seasons", "studio_editing.show", "{draft}/?part=seasons", "basics"),
    StudioPage("other", "studio_editing.show", "{draft}/?part=other", "basics"),
    StudioPage("translations", "studio_editing.show", "{draft}/?part=translations", "basics"),
    StudioPage("clash", "studio_editing.show", "{clash}/?part=basic", "together", act="clash"),
    StudioPage("materials", "studio_editing.show", "{draft}/?part=materials", "materials"),
    StudioPage("material", "studio_editing.show", "{draft}/?at=/item/materials/@layout", "materials"),
    StudioPage("material-condition", "studio_editing.show", "{draft}/?at=/item/materials/@business_licence", "conditions"),
    StudioPage("form", "studio_form.show", "{draft}/form/?page=premises&field=area", "form", narrow=True),
    StudioPage("form-condition", "studio_form.show", "{draft}/form/?page=operator&field=agent_name", "conditions"),
    StudioPage("blocks", "studio_blocks.show", "{draft}/blocks/?key=agent@1", "form"),
    StudioPage("limits", "studio_editing.show", "{draft}/?part=limits", "route"),
    StudioPage("route", "studio_route.show", "{draft}/route/?node=review.decide", "route", narrow=True),
    StudioPage("route-branch", "studio_route.show", "{draft}/route/?node=review.joint.fire", "route"),
    StudioPage("condition", "studio_condition.show", "{draft}/condition/?at=/item/materials/@business_licence/when", "conditions"),
    StudioPage("import", "studio_import_materials.show", "{draft}/materials/import/", "import"),
    StudioPage("import-look", "studio_import_materials.look", "{draft}/materials/import/{materials_import}", "import"),
    StudioPage("catalogue", "studio_import_catalogue.show", "/office/studio/import/", "import"),
    StudioPage("catalogue-look", "studio_import_catalogue.look", "/office/studio/import/{catalogue_import}", "import"),
    StudioPage("catalogue-done", "studio_import_catalogue.look", "/office/studio/import/{catalogue_done}", "import"),
    StudioPage("copy", "studio_copying.show", "/office/studio/copy/", "import"),
    StudioPage("copy-item", "studio_copying.of_item", "/office/studio/copy/item/senior-card", "import"),
    StudioPage("copy-file", "studio_copying.of_file", "/office/studio/copy/{bundle_import}", "import"),
    StudioPage("bundles", "studio_bundles.show", "/office/studio/bundles/", "bundles"),
    StudioPage("bundle-look", "studio_bundles.look", "/office/studio/bundles/{bundle_import}", "bundles"),
    StudioPage("notice", "studio_editing.show", "{notice}/?part=notice", "site", login="admin"),
    StudioPage("notice-versions", "studio_hall.show", "/office/studio/hall/notice/granted/", "site", login="admin"),
    StudioPage("notice-in-force", "studio_hall.look", "{notice}/in-force/", "site", login="admin"),
    StudioPage("theme", "studio_editing.show", "{theme}/?part=tokens", "site", login="admin"),
    StudioPage("theme-name", "studio_editing.show", "{theme}/?part=theme", "site", login="admin"),
    StudioPage("plugins", "studio_editing.show", "{draft}/?part=plugins", "site"),
    StudioPage("links", "studio_links.show", "/office/studio/links/", "links"),
    StudioPage("documents", "studio_papers.show", "{draft}/documents/?kind=decision_grant&block=body", "documents", narrow=True),
    StudioPage("preview-documents", "studio_preview.show", "{draft}/preview/documents", "documents"),
    StudioPage("results", "studio_editing.show", "{draft}/?part=results", "documents"),
    StudioPage("uses", "studio_uses.show", "{draft}/uses/?at=/item/materials/@layout", "findings"),
    StudioPage("findings", "studio_findings.show", "{troubled}/findings/", "findings", narrow=True),
    StudioPage("tests", "studio_testing.show", "{troubled}/tests/", "tests"),
    StudioPage("play", "studio_testing.begin", "{draft}/tests/play", "tests"),
    StudioPage("what-if", "studio_whatif.show", "{draft}/what-if/?arrivals=8&replay=1", "what-if"),
    StudioPage("preview-guide", "studio_preview.show", "{draft}/preview/guide", "start"),
    StudioPage("preview-form", "studio_preview.show", "{draft}/preview/form", "form"),
    StudioPage("preview-route", "studio_preview.show", "{draft}/preview/route", "route"),
    StudioPage("publish", "studio_publishing.show", "{draft}/publish/", "publishing", narrow=True),
    StudioPage("publish-not", "studio_publishing.show", "{troubled}/publish/", "publishing"),
    StudioPage("print", "studio_publishing.print_out", "{draft}/publish/print", "publishing"),
    StudioPage("versions", "studio_history.show", f"/office/studio/items/{ITEM}/versions/", "publishing"),
)
#: GET addresses of the studio that are no pages: files, and parts of other pages.
NO_PAGES = {
    "studio_route.picture", "studio_findings.panel", "studio_blanks.blank", "studio_bundles.export", "studio_bundles.key", "studio_papers.sample",
    "studio_papers.licence", "studio_import_catalogue.table", "studio_typeface.font", "studio_hall.sheet",
}  # fmt: skip
#: Where the handbook is, and its pictures.
HANDBOOK = "docs/admin"
PICTURES = f"{HANDBOOK}/pictures"
LANGUAGES = ("zh", "en")
#: What troubles the second draft: a step that takes longer than was promised, a field that nobody can need, a title in the language of offices, an unused fact.
_TROUBLES: Mapping[str, object] = {
    "/item/route/review/nodes/decide/limit/value": 12,
    "/item/summary": "申请人应当依照相关规定予以提供有关材料并由本机关依法进行受理，逾期未予补正的视为放弃申请，本机关不予受理。",
    "/item/materials/@layout/help": "",
    "/form/properties/area/title": "",
    "/item/materials/@rules/when": {"==": [{"var": "form.no_such_field"}, True]},
}


def picture(page: StudioPage, language: str, *, narrow: bool = False) -> str:
    """The file of a page's picture."""
    return f"{page.name}-{language}{'-360' if narrow else ''}.jpg"


def begun(session: Session) -> Mapping[str, str]:
    """The draft that changes the food licence, a troubled copy of it and one at which two write: name in an address → where the draft is."""
    who = author(session)
    sound = drafts.begin(session, ITEM, actor=who)
    troubled = copied(session, "food-troubled")
    held = drafts.load(session, troubled.rsplit("/", 1)[1], actor=who)
    for change in _troubles(held.content):
        drafts.edit(session, held.id, [change], command_id=new_id(), actor=who)
    return {"draft": f"/office/studio/{sound.id}", "troubled": troubled, "clash": copied(session, "food-clash")}


def copied(session: Session, code: str) -> str:
    """Where a new draft is that begins with all that the food licence has, under another code."""
    who = author(session)
    held = drafts.content_of(session, ITEM, actor=who)
    made = drafts.create(session, {**held, "item": {**held["item"], "code": code}}, department_id=power.owner(session, ITEM).id, actor=who)
    return f"/office/studio/{made.id}"


def author(session: Session, role: str = "section_chief") -> Actor:
    """Who makes the items of the food licence's department; with another *role* somebody else there."""
    office = power.owner(session, ITEM)
    return Actor("staff", session.scalars(select(Post.staff_id).where(Post.department_id == office.id, Post.role == role)).one())


def _troubles(content: Mapping[str, object]) -> Iterator[Edit]:
    for address, value in _TROUBLES.items():
        yield Edit("set", parse(address), value, find(content, parse(address)))
