"""Materials: what to hand in, uploads into a draft, previews, and the list on check-your-answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flask import Response as FlaskResponse
from flask import redirect, request, url_for
from markupsafe import Markup, escape
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from core.cases import drafts
from core.cases.errors import DraftStale
from core.cases.spec import DraftView, Handed
from core.files import service as files
from core.files.spec import KINDS
from core.forms import service as forms
from core.forms.spec import Decision
from core.items.materials import DEFAULT_ACCEPT, Need, limits_of, most, needs
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.kernel.errors import PlatformError
from core.web import edge, enclosed
from core.web.limits import limit
from core.web.page import page, say, typeset
from core.web.portal import enclosures, flow
from core.web.portal.acting import Acting, role_words
from core.web.portal.flow import CHECK, MATERIALS

Answer = str | Response | tuple[str, int]
#: Types a browser shows by itself and that cannot run anything; the rest is offered for download.
_SHOWN = frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp"})


def missing(draft: DraftView, compiled: CompiledItem, known: Mapping[str, Any]) -> list[Need]:
    """The demanded materials without a file."""
    there = {one.material for one in draft.materials}
    return [need for need in flow.handed_in(compiled, known) if need.demanded and need.id not in there]


def wanted(draft: DraftView, compiled: CompiledItem, known: Mapping[str, Any]) -> tuple[Handed, ...]:
    """The files of materials that these answers call for; others (an answer changed) stay behind and go with the draft."""
    asked = {need.id for need in flow.handed_in(compiled, known)}
    return tuple(one for one in draft.materials if one.material in asked)


def size_words(size: int) -> str:
    """A size people can compare."""
    return f"{size / 1024 / 1024:.1f} MB" if size >= 1024 * 1024 else f"{max(1, size // 1024)} KB"


def limit_words(material: Mapping[str, Any]) -> str:
    """What is taken, before somebody tries: kinds, size, number."""
    kinds = say("、").join(kind.upper() for kind in (material.get("accept") or DEFAULT_ACCEPT))
    return say("%(kinds)s，每个不超过 %(mb)s MB，最多 %(n)s 个。", kinds=kinds, mb=int(material.get("max_mb") or 20), n=most(material))


def accept_attribute(material: Mapping[str, Any]) -> str:
    """The extensions for the file chooser."""
    kinds = limits_of(material).kinds
    return ",".join(f".{extension}" for kind in sorted(kinds) if kind in KINDS for extension in KINDS[kind][1])


def extension(media_type: str) -> str:
    """``.pdf`` for application/pdf; nothing for what the hall does not take."""
    return next((f".{extensions[0]}" for media, extensions in KINDS.values() if media == media_type), "")


def title_of(compiled: CompiledItem, material: Mapping[str, Any]) -> str:
    """The material's title in the reader's language."""
    return str(Reader(compiled.doc, edge.locale())(f"materials.{material['id']}.title", material["title"]))


def title_by_id(compiled: CompiledItem, material_id: str) -> str:
    """The title of a material by its id; the id itself when the item does not have it."""
    if (field := enclosed.title(compiled, material_id, edge.locale())) is not None:
        return field
    found = next((each for each in compiled.doc["materials"] if each["id"] == material_id), None)
    return title_of(compiled, found) if found is not None else material_id


# --- the page ---------------------------------------------------------------------------------------------------------------------------------


def materials_page(
    draft: DraftView, compiled: CompiledItem, who: Acting, *, complain: bool = False, wrong: Mapping[str, str] | None = None, notice: str | None = None
) -> str:
    """The materials step; with *complain*, what is missing is an error."""
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    faults = dict(wrong or {})
    if complain:
        for need in missing(draft, compiled, known):
            faults.setdefault(need.id, say("还没有上传。请拍照，或者选一个文件。"))
    asked = flow.handed_in(compiled, known)
    free = [title_of(compiled, need.doc) for need in needs(compiled.doc, known) if not need.by_applicant]
    rows = [_row(draft, compiled, need, faults.get(need.id)) for need in asked]
    errors = [(f"m-{row['id']}", say("%(title)s：%(what)s", title=row["title"], what=row["error"])) for row in rows if row["error"]]
    frame = flow.frame(compiled, known, MATERIALS, draft, errors=errors, notice=notice)
    action = flow.step_href(draft.id, MATERIALS)
    return page("portal/materials.html", **frame | {"materials": rows, "free": free, "action": action, "draft_version": draft.version, "draft_id": draft.id})


def _row(draft: DraftView, compiled: CompiledItem, need: Need, error: str | None) -> dict[str, Any]:
    there = [one for one in draft.materials if one.material == need.id]
    read = Reader(compiled.doc, edge.locale())
    return {
        "id": need.id,
        "title": title_of(compiled, need.doc),
        "required": need.demanded,
        "help": read(f"materials.{need.id}.help", need.doc.get("help")),
        "limits": limit_words(need.doc),
        "accept": accept_attribute(need.doc),
        "many": most(need.doc) > 1,
        "room": len(there) < most(need.doc),
        "error": error,
        "files": [file_row(draft, one) for one in there],
    }


def file_row(draft: DraftView, one: Handed) -> dict[str, Any]:
    href = url_for("portal.upload_preview", blob_id=one.blob_id, draft=draft.id)
    return {"id": one.blob_id, "name": one.name, "size": size_words(one.size), "href": href, "picture": one.media_type.startswith("image/")}


def materials_sent(draft: DraftView, compiled: CompiledItem, who: Acting) -> Answer:
    """Take uploads in, drop what is removed, go on when nothing is missing."""
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    held, removed = _without(draft, request.form.get("_remove", ""))
    wrong: dict[str, str] = {}
    for need in flow.handed_in(compiled, known):
        for upload in request.files.getlist(f"new.{need.id}"):
            if upload.filename:
                held = take(held, need.doc, upload, ("draft", draft.id), wrong)
    saved = draft
    if held != draft.materials:
        try:
            saved = keep(draft, compiled, held)
        except DraftStale:
            notice = say("这份草稿刚才在另一个窗口或设备上改过，下面是现在的样子。请再选一次文件。")
            return materials_page(draft, compiled, who, notice=notice), 409
    if removed and not any(one.blob_id == removed for one in held):
        files.drop(edge.session(), removed, holder=("draft", draft.id))
    if wrong:
        return materials_page(saved, compiled, who, wrong=wrong), 422
    if request.form.get("_next"):
        if missing(saved, compiled, known):
            return materials_page(saved, compiled, who, complain=True), 422
        return redirect(flow.step_href(draft.id, CHECK), 303)
    return redirect(flow.step_href(draft.id, MATERIALS), 303)


def _without(draft: DraftView, asked: str) -> tuple[tuple[Handed, ...], str | None]:
    material, _colon, blob = asked.partition(":")
    kept = tuple(one for one in draft.materials if not (one.material == material and one.blob_id == blob))
    return kept, blob if len(kept) < len(draft.materials) else None


def take(held: Sequence[Handed], material: Mapping[str, Any], upload: FileStorage, holder: tuple[str, str], wrong: dict[str, str]) -> tuple[Handed, ...]:
    """One upload into the list, or its fault into *wrong*."""
    identity = material["id"]
    if sum(1 for one in held if one.material == identity) >= most(material):
        wrong[identity] = say("最多 %(n)s 个文件，多的没有收。", n=most(material))
        return tuple(held)
    limit("uploads", "200/hour", holder[1])
    try:
        ref = files.put(edge.session(), upload.stream, name=str(upload.filename), holder=holder, limits=limits_of(material))
    except PlatformError as error:
        wrong[identity] = error.words(edge.locale())
        return tuple(held)
    if any(one.material == identity and one.blob_id == ref.id for one in held):
        return tuple(held)
    return (*held, Handed(identity, ref.id, ref.name, ref.media_type, ref.size, ref.digest, holder))


def keep(draft: DraftView, compiled: CompiledItem, held: Sequence[Handed], expected: int | None = None) -> DraftView:
    return drafts.save(
        edge.session(),
        draft_id=draft.id,
        compiled=compiled,
        version_id=draft.version_id,
        values=draft.values,
        situation=draft.situation,
        party_id=draft.party_id,
        materials=held,
        page=MATERIALS,
        expected=expected if expected is not None else request.form.get("_version", draft.version, type=int),
        actor=edge.citizen(),
    )


def send_file(content: bytes, name: str, media_type: str, *, download: bool = False) -> FlaskResponse:
    """Bytes to their owner: shown in a frame without rights when the browser can show them, else downloaded. Never guessed, never cached."""
    from urllib.parse import quote

    response = FlaskResponse(content, mimetype=media_type)
    shown = media_type in _SHOWN and not download
    response.headers["Content-Disposition"] = f"{'inline' if shown else 'attachment'}; filename*=UTF-8''{quote(name)}"
    response.headers["Cache-Control"] = "no-store"
    return response


# --- check your answers ------------------------------------------------------------------------------------------------------------------------


def check_context(draft: DraftView, compiled: CompiledItem, known: Mapping[str, Any], decision: Decision, who: Acting) -> dict[str, Any]:
    """What :file:`portal/check.html` shows beside the frame."""
    answers = [_who(draft, compiled, who), *_answers(draft, compiled, known, decision)]
    listed = _materials(draft, compiled, known)
    return {"answers": [*answers, *([listed] if listed else [])], "after": _after(compiled, known), "licence_warning": _warning(compiled)}


def _who(draft: DraftView, compiled: CompiledItem, who: Acting) -> dict[str, Any]:
    rows = [{"title": say("申请人"), "lines": [who.name], "source": "", "anchor": ""}]
    me = edge.account()
    if me is not None and who.party_id != me.party_id:
        rows.append({"title": say("由谁来办"), "lines": [f"{me.name}（{role_words(who.role, who.kind)}）"], "source": "", "anchor": ""})
    read = Reader(compiled.doc, edge.locale())
    for situation in compiled.doc.get("situations", ()):
        option = next((each for each in situation["options"] if each["id"] == draft.situation.get(situation["id"])), None)
        if option is not None:
            title = str(read(f"situations.{situation['id']}.title", situation["title"]))
            lines = [str(read(f"situations.{situation['id']}.{option['id']}.title", option["title"]))]
            rows.append({"title": title, "lines": lines, "source": "", "anchor": ""})
    return {"title": say("谁来办什么"), "href": flow.step_href(draft.id, compiled.form.pages[0].id), "rows": rows}


def _answers(draft: DraftView, compiled: CompiledItem, known: Mapping[str, Any], decision: Decision) -> list[dict[str, Any]]:
    held = {one.blob_id for one in draft.materials}

    def address(blob_id: str) -> str | None:
        return enclosures.preview(blob_id, draft.id) if blob_id in held else None

    shown = forms.display(compiled.form, decision.values, locale=edge.locale(), facts={k: v for k, v in known.items() if k != "form"}, blanks=False)
    return [
        {
            "title": section.title if len(one.children) > 1 else one.title,
            "href": flow.step_href(draft.id, one.path),
            "rows": [line(each, address) for each in section.children],
        }
        for one in shown
        for section in one.children
    ]


def line(shown: Any, address: Callable[[str], str | None] | None = None) -> dict[str, Any]:
    """One answer in words. *address* tells where a file of it can be seen, if anywhere."""
    lines: list[Any] = list(_file_lines(shown, address)) or list(_lines(shown, address)) or [typeset(shown.text)]
    return {"title": typeset(shown.title), "lines": lines, "source": shown.source, "anchor": f"f-{shown.path.replace('.', '-')}"}


def _lines(shown: Any, address: Callable[[str], str | None] | None) -> Any:
    """Rows and groups as one line each: ``王芳，厨师，610117260418``."""
    for child in shown.children:
        inner: list[Any] = [words for each in child.children for words in _words(each, address)] or _words(child, address)
        words = escape(say("，")).join(inner)
        yield escape(say("%(title)s：", title=typeset(child.title))) + words if child.title else words


def _words(shown: Any, address: Callable[[str], str | None] | None) -> list[Any]:
    return list(_file_lines(shown, address)) or ([typeset(shown.text)] if shown.text else [])


def _file_lines(shown: Any, address: Callable[[str], str | None] | None) -> Iterator[Markup]:
    """The files of an answer, each a link; a drawn signature as its picture."""
    if address is None or shown.kind not in enclosed.KINDS or shown.value is None:
        return
    if shown.kind == "signature":
        if href := address(str(shown.value.get("image") or "")):
            yield Markup("{} {}").format(shown.value.get("name") or "", _file_link(href, say("手写签名"), picture=True))
        return
    for ref in shown.value:
        name, href = str(ref.get("name") or ref.get("id")), address(str(ref.get("id")))
        yield _file_link(href, name, picture=str(ref.get("media_type")).startswith("image/")) if href else escape(name)


def _file_link(href: str, name: str, *, picture: bool) -> Markup:
    shown = Markup('<img class="th" src="{}" alt="" width="48" height="60" loading="lazy"> ').format(href) if picture else ""
    return Markup('<a href="{}" target="_blank" rel="noopener">{}{}</a>').format(href, shown, name)


def _materials(draft: DraftView, compiled: CompiledItem, known: Mapping[str, Any]) -> dict[str, Any] | None:
    rows = []
    for need in flow.handed_in(compiled, known):
        names = [one.name for one in draft.materials if one.material == need.id]
        rows.append({"title": title_of(compiled, need.doc), "lines": names or [say("没有交（可不交）")], "source": "", "anchor": f"m-{need.id}"})
    free = [title_of(compiled, need.doc) for need in needs(compiled.doc, known) if not need.by_applicant]
    if free:
        rows.append({"title": say("无需提交"), "lines": free, "source": "", "anchor": ""})
    if not rows:
        return None
    handed = bool(flow.handed_in(compiled, known))
    return {"title": say("材料"), "href": flow.step_href(draft.id, MATERIALS) if handed else None, "rows": rows}


def _after(compiled: CompiledItem, known: Mapping[str, Any]) -> list[dict[str, str]]:
    from core.items.limits import choose

    limits = compiled.doc["route"]["limits"]
    intake = choose(compiled.doc["route"]["intake"].get("limit"), known)
    whole = choose(limits.get("promised") or limits.get("statutory"), known)
    steps = []
    if intake is not None and intake.value is not None and not intake.at_once:
        steps.append({"title": say("%(limit)s内", limit=intake.words(edge.locale())), "words": say("告诉你是否受理，缺什么会一次说全")})
    if whole is not None and whole.at_once:
        steps.append({"title": say("当场"), "words": say("办完")})
    elif whole is not None and whole.value is not None:
        steps.append({"title": say("受理后 %(limit)s内", limit=whole.words(edge.locale())), "words": say("办完；勘查、听证这类环节会暂停计时，暂停会告诉你")})
    steps.append({"title": say("每一步"), "words": say("都会在“我的”里通知你")})
    return steps


def _warning(compiled: CompiledItem) -> str | None:
    # 行政许可法 78: an applicant for a licence who gives false papers is refused and may not apply again for one year where it concerns safety.
    return say("依照行政许可法第七十八条，隐瞒情况或者提供虚假材料的，不予受理或者不予许可，并给予警告。") if compiled.doc["type"] == "01" else None
