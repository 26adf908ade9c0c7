"""The document designer: the sheet as it will be printed, written in place; what a paragraph depends on by menus; samples on screen and as PDF.

The lines on the sheet are those that the drawing of the PDF breaks, and the pages of the preview are drawn by its very run, so what one sees is what is
printed. A sample has no number and no code, and nothing of it is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, jsonify, redirect, request, send_file
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from core.documents.spec import CODE_PLACES, KINDS, SEAL_PLACES, Template
from core.documents.texts import Values
from core.identity import queries as people
from core.identity.spec import DepartmentView
from core.items.spec import CompiledItem, JsonObject
from core.items.studio import designing, drafts, handing, samples
from core.items.studio.drafts import Draft
from core.items.studio.edits import Edit
from core.items.studio.errors import Clashed
from core.kernel.clock import local, today
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import new_id
from core.kernel.wording import word
from core.printing.hall import FONT, more_fonts
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, tell
from core.web.page import page
from core.web.page import say as _
from core.web.studio import saving
from core.web.studio.desk import framed, own
from core.web.studio.preview import compiled_of
from core.worktime import service as worktime

blueprint = Blueprint("studio_papers", __name__, url_prefix="/office/studio/<draft_id>/documents")
typeface = Blueprint("studio_typeface", __name__)
#: The embedded font is kept by browsers for a day: it comes with a release.
_DAY_SECONDS = 86400


@dataclass(frozen=True, slots=True)
class _Sample:
    """What every sample of a draft is made from."""

    draft: Draft
    compiled: CompiledItem | None
    office: DepartmentView
    given: dict[str, Any]
    name: str

    def values(self, kind: str, *, whole: bool) -> Values:
        """Sample values of a kind."""
        calendar = worktime.calendar(edge.session())
        return samples.values(
            self.draft.content, kind, name=self.name, department=self.office.title, today=today(), calendar=calendar, whole=whole
        )  # fmt: skip

    def paper(self, made: Template, values: Values) -> Any:
        """A document on paper."""
        fonts = more_fonts(edge.session())
        return designing.paper_of(made, values, department=self.office.title, mark=self.office.mark, today=today(), fonts=fonts)


def _sample(draft: Draft) -> _Sample:
    """A draft that is no item yet still has documents; its form says nothing then."""
    try:
        compiled: CompiledItem | None = compiled_of(draft)
    except PlatformError:
        compiled = None
    given = samples.answers(draft.content, compiled)
    office = people.department(edge.session(), draft.department_id)
    return _Sample(draft, compiled, office, given, samples.applicant(draft.content, compiled, given))


# ---- the designer


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str:
    """The document of ``?kind=`` with the paragraph of ``?block=`` chosen; ``?all=1`` fills every value, so that each paragraph is seen."""
    return _page(own(draft_id))


def _kinds(draft: Draft) -> list[str]:
    """What the item can lead to, and what it has words of its own for besides."""
    possible = samples.kinds_of(draft.content)
    return [kind for kind in KINDS if kind in possible or designing.own_of(draft.content, kind) is not None]


def _asked(draft: Draft) -> str:
    kinds, kind = _kinds(draft), request.values.get("kind", "")
    if kind and kind not in KINDS:
        raise NotFound
    return kind or ("decision_grant" if "decision_grant" in kinds else kinds[0])


def _page(draft: Draft, error: PlatformError | None = None) -> str:
    locale, kind = edge.locale(), _asked(draft)
    sample, whole = _sample(draft), request.values.get("all") == "1"
    made = designing.made_of(draft.content, kind)
    values = sample.values(kind, whole=whole)
    paper = sample.paper(made, values)
    shown = designing.sheet(made, paper, values, own=designing.own_of(draft.content, kind) is not None, locale=locale)
    chosen = next((each for each in shown.paragraphs if each.id == request.values.get("block", "")), None)
    given, each = designing.choices(kind, locale)
    closed, locks = handing.locked_here(handing.locked(edge.session(), draft.item_code), (*designing.DOCUMENTS, kind), None)
    return framed(
        "studio/papers.html", draft, "documents", designing.DOCUMENTS, kinds=[_tab(draft, name, locale) for name in dict.fromkeys([*_kinds(draft), kind])],
        kind=kind, kind_title=word(f"documents.kind.{kind}", locale), sheet=shown, paper=paper, chosen=chosen, whole=whole, spot=f"/item/documents/{kind}",
        menu=designing.menu(kind, values, locale), names={name: title for name, title, _value in designing.menu(kind, values, locale)}, flags=given, lists=each,
        styles=[(name, word(f"documents.style.{name}", locale)) for name in designing.STYLES], must=_must(made, locale), law=made.law,
        seal_places=[(name, word(f"documents.seal_place.{name}", locale)) for name in SEAL_PLACES], longest=designing,
        code_places=[(name, word(f"documents.code_place.{name}", locale)) for name in CODE_PLACES], possible=kind in samples.kinds_of(draft.content),
        licences=[(each["id"], each.get("title") or each["id"]) for each in samples.issued(draft.content)],
        closed=closed or bool(locks), error=error.words(locale) if error else None, clashes=error.clashes if isinstance(error, Clashed) else (),
        lacks=word("items.studio_no_glyph", locale, **shown.lacks.params) if shown.lacks else "",
    )  # fmt: skip


def _tab(draft: Draft, kind: str, locale: str) -> tuple[str, str, bool]:
    return kind, word(f"documents.kind.{kind}", locale), designing.own_of(draft.content, kind) is not None


def _must(made: Template, locale: str) -> list[str]:
    return [word(f"documents.name.{name}", locale) for name in made.must]


@blueprint.post("/")
@at_desk
def press(draft_id: str) -> Answer | tuple[str, int]:
    """A button of the designer: ``do`` is what, ``kind`` and ``block`` are where."""
    draft, given = own(draft_id), request.form
    kind = _asked(draft)
    landing = {"kind": kind, "block": given.get("block", "")[:64], "all": given.get("all", "")[:1]}
    try:
        content = designing.grounds(draft.content, saving.base_of(draft), kind) if given.get("do") in _ON_BASE else draft.content
        focus = saving.pressed(draft, _DOES, lambda work: work(content, kind, given))
    except PlatformError as error:
        edge.take_back(error)
        return _page(own(draft_id), error), error.status
    landing |= focus
    if given["do"] == "restore":
        tell(_("已恢复平台的文字，可以撤销"))
    block = landing["block"]
    return redirect(f"/office/studio/{draft_id}/documents/?{urlencode({k: v for k, v in landing.items() if v})}" + (f"#p-{block}" if block else ""), 303)


Done = tuple[Sequence[Edit], dict[str, str]]


def _add(content: Any, kind: str, given: Any) -> Done:
    made, name = designing.added(content, kind, given.get("after", "")[:64], given.get("text", ""))
    return made, {"block": name}


def _set_up(content: Any, kind: str, given: Any) -> Done:
    how = {name: given.get(name, "")[:40] for name in ("style", "given", "each")}
    return designing.set_up(content, kind, given.get("block", ""), **how), {}


def _settings(content: Any, kind: str, given: Any) -> Done:
    """The document itself: what the page did not change is left alone, what is left empty is the platform's."""
    said = {name: given.get(name, "").strip()[:most] for name, most in (("mark", designing.LONGEST_MARK), ("seal", designing.LONGEST_SEAL))}
    said |= {name: given.get(name, "") for name, known in (("seal_place", SEAL_PLACES), ("code_place", CODE_PLACES)) if given.get(name) in known}
    changed = {name: value or None for name, value in said.items() if name in given and value != given.get(f"was_{name}")}
    return designing.changed(content, kind, **changed), {}


def _move(content: Any, kind: str, given: Any) -> Done:
    return designing.moved(content, kind, given.get("block", ""), before=given.get("before", "")[:64] or None, steps=designing.FARTHEST), {}


#: Those that send what a form showed: made on what the page was made from, so that what somebody else wrote meanwhile is told.
_ON_BASE = frozenset(("set", "settings"))
#: What the buttons are called → the edits they make, and where to go then.
_DOES: dict[str, Callable[[Any, str, Any], Done]] = {
    "add": _add,
    "remove": lambda content, kind, given: (designing.removed(content, kind, given.get("block", "")), {"block": ""}),
    "up": lambda content, kind, given: (designing.moved(content, kind, given.get("block", ""), steps=-1), {}),
    "down": lambda content, kind, given: (designing.moved(content, kind, given.get("block", ""), steps=1), {}),
    "move": _move,
    "set": _set_up,
    "settings": _settings,
    "restore": lambda content, kind, given: (designing.restored(content, kind), {"block": ""}),  # noqa: ARG005 - every verb is called alike
}


@blueprint.post("/write")
@at_desk
def put(draft_id: str) -> Answer | tuple[str, int] | tuple[Response, int]:
    """The text of a paragraph, or the title, as somebody types. Asked for JSON it answers as every editor of the studio does."""
    draft, given = own(draft_id), request.form
    kind, block = _asked(draft), given.get("block", "")[:64]
    talking = request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    try:
        command, base, text = saving.command(), saving.base_of(draft), given.get("text", "")
        made = designing.written(draft.content, base, kind, block, text) if block else designing.entitled(draft.content, base, kind, text)
        done = drafts.edit(edge.session(), draft.id, saving.settled(made, draft, base), command_id=command, actor=actor()) if made else draft
    except PlatformError as error:
        edge.take_back(error)
        now = own(draft.id)
        if talking:
            return jsonify(error=error.words(edge.locale()), clashes=saving.told(error, now), version=now.revision), error.status
        return _page(now, error), error.status
    if talking:
        return jsonify(version=done.revision, saved=local(done.changed_at).strftime("%H:%M"), command_id=new_id(), title=done.title, undo=True)
    query = urlencode({"kind": kind, **({"block": block} if block else {})})
    return redirect(f"/office/studio/{draft.id}/documents/?{query}#p-{block or 'title'}", 303)


# ---- samples


@blueprint.get("/<kind>.pdf")
@at_desk
def sample(draft_id: str, kind: str) -> Response:
    """The document as PDF with sample values, marked as a sample."""
    draft = own(draft_id)
    if kind not in KINDS:
        raise NotFound
    from core.documents.render import render  # the drawing library is for those who draw

    title, paper = _document(_sample(draft), kind)
    return _pdf(render(paper), title)


def _document(found: _Sample, kind: str) -> tuple[str, Any]:
    values = found.values(kind, whole=request.args.get("all") == "1")
    paper = found.paper(designing.made_of(found.draft.content, kind), values)
    return paper.title, paper


@blueprint.get("/licences/<result>.pdf")
@at_desk
def licence(draft_id: str, result: str) -> Response:
    """The licence that a result gives, as PDF with the answers of the item's test, marked as a sample."""
    from core.licences.render import render  # the drawing library is for those who draw

    title, sheet = _licence(_sample(own(draft_id)), result)
    return _pdf(render(sheet), title)


def _licence(found: _Sample, name: str) -> tuple[str, Any]:
    result: JsonObject | None = next((each for each in samples.issued(found.draft.content) if each.get("id") == name), None)
    if result is None:
        raise NotFound
    faced = samples.faced(found.compiled, result, found.given) if found.compiled is not None else {}
    session = edge.session()
    sheet = samples.licence(session, result, faced, name=found.name, issuer=found.office.title, today=today(), fonts=more_fonts(session))
    return sheet.title, sheet


def _pdf(content: bytes, title: str) -> Response:
    response, name = Response(content, mimetype="application/pdf"), quote(f"{title} {word('documents.sample')}.pdf", safe="")
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{name}"
    response.headers["Cache-Control"] = "no-store"
    return response


def face(draft: Draft) -> str:
    """What the preview shows of documents: the pages of one as they are printed, links to the others, to the licences and to the PDF."""
    locale, base = edge.locale(), f"/office/studio/{draft.id}/documents"
    found = _sample(draft)
    tabs = [(f"kind={kind}", word(f"documents.kind.{kind}", locale), f"{base}/{kind}.pdf") for kind in _kinds(draft)]
    tabs += [(f"licence={each['id']}", str(each.get("title")), f"{base}/licences/{each['id']}.pdf") for each in samples.issued(draft.content)]
    wanted = f"licence={request.args['licence']}" if request.args.get("licence") else f"kind={_asked(draft)}"
    here = next((tab for tab in tabs if tab[0] == wanted), tabs[0])
    drawn: tuple[Markup, ...] = ()
    error = ""
    try:
        drawn = _drawn(found, here)
    except PlatformError as refused:
        error = refused.words(locale)
    return page("studio/preview_papers.html", tabs=tabs, here=here, drawn=drawn, error=error, title=here[1], theme=request.args.get("theme", ""))


def _drawn(found: _Sample, tab: tuple[str, str, str]) -> tuple[Markup, ...]:
    """The pages, as pictures made by the run that makes the PDF."""
    from core.documents.render import render as print_document  # the drawing library is for those who draw
    from core.licences.render import render as print_licence
    from core.printing.drawn import Page, remembering, svg

    pages: list[Page] = []
    kind, _sep, name = tab[0].partition("=")
    if kind == "licence":
        print_licence(_licence(found, name)[1], remembering(pages))
    else:
        print_document(_document(found, name)[1], remembering(pages))
    return tuple(Markup(svg(each, _("%(title)s，第 %(n)s 页", title=tab[1], n=number))) for number, each in enumerate(pages, 1))  # noqa: S704 - escaped there


@typeface.get("/paper.ttf")
def font() -> Response:
    """The font that papers are printed with (an open one), so that a sheet on screen has the same lines."""
    return send_file(FONT, mimetype="font/ttf", max_age=_DAY_SECONDS, conditional=True)
