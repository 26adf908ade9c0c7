"""Papers of an application: what a file may be, taking one in, handing one out, and the list on check-your-answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flask import Response as FlaskResponse
from flask import request
from markupsafe import Markup, escape
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from core.cases import drafts
from core.cases.spec import DraftView, Handed, Supplies
from core.files import service as files
from core.files.spec import KINDS
from core.forms import service as forms
from core.forms.spec import Decision
from core.items.materials import DEFAULT_ACCEPT, limits_of, most
from core.items.sources import Met
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.kernel.errors import PlatformError
from core.web import edge, enclosed, seat
from core.web.limits import limit
from core.web.page import say, typeset
from core.web.portal import enclosures, flow, words
from core.web.portal.acting import Acting, came_as, role_words
from core.web.portal.board import Board
from core.web.portal.flow import MATERIALS

Answer = str | Response | tuple[str, int]
#: Types a browser shows by itself and that cannot run anything; the rest is offered for download.
_SHOWN = frozenset({"application/pdf", "image/jpeg", "image/png", "image/webp"})


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


def file_row(draft: DraftView, one: Handed) -> dict[str, Any]:
    """A file of a draft as the page and the script show it."""
    href = seat.href("portal.upload_preview", blob_id=one.blob_id, draft=draft.id)
    return {"id": one.blob_id, "name": one.name, "size": size_words(one.size), "href": href, "picture": one.media_type.startswith("image/")}


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


def keep(
    draft: DraftView, compiled: CompiledItem, held: Sequence[Handed], expected: int | None = None, supplies: Supplies | None = None
) -> DraftView:  # fmt: skip
    """The draft with these files, and with what was decided about materials when that is given."""
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
        supplies=supplies,
        expected=expected if expected is not None else request.form.get("_version", draft.version, type=int),
        actor=seat.keeper(),
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


def check_context(draft: DraftView, compiled: CompiledItem, board: Board, known: Mapping[str, Any], decision: Decision, who: Acting) -> dict[str, Any]:
    """What :file:`portal/check.html` shows beside the frame."""
    answers = [_who(draft, compiled, who), *_answers(draft, compiled, known, decision)]
    listed = _materials(draft, compiled, board)
    return {"answers": [*answers, *([listed] if listed else [])], "after": _after(compiled, known), "licence_warning": _warning(compiled)}


def _who(draft: DraftView, compiled: CompiledItem, who: Acting) -> dict[str, Any]:
    rows = [{"title": say("申请人"), "lines": [who.name], "source": "", "anchor": ""}]
    desk = seat.taken()
    me = edge.account() if desk is None else None
    if desk is not None and desk.visit.bearer is not None and desk.visit.bearer.id != who.party_id:
        came = say("%(name)s（%(role)s）", name=desk.visit.bearer.name, role=came_as(desk.visit.role))
        rows.append({"title": say("到场的人"), "lines": [came], "source": "", "anchor": ""})
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
            "title": typeset(section.title if len(one.children) > 1 else one.title),
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


def _materials(draft: DraftView, compiled: CompiledItem, board: Board) -> dict[str, Any] | None:
    rows = [row for met in board.met if (row := _material_row(draft, compiled, board, met)) is not None]
    made = [title_of(compiled, met.need.doc) for met in board.met if met.need.source == "form"]
    if made:
        rows.append({"title": say("由申请表生成"), "lines": made, "source": "", "anchor": ""})
    for offer, one in board.signed:
        rows.append({"title": words.title(offer, compiled), "lines": [say("%(name)s 已签", name=one.name)], "source": "", "anchor": f"p-{offer.code}"})
    return {"title": say("材料"), "href": flow.step_href(draft.id, MATERIALS) if board.step else None, "rows": rows} if rows else None


def _material_row(draft: DraftView, compiled: CompiledItem, board: Board, met: Met) -> dict[str, Any] | None:
    """One material on check-your-answers: its files, or where it comes from, or what was promised in its place."""
    row = {"title": title_of(compiled, met.need.doc), "source": "", "anchor": f"m-{met.id}"}
    if met.need.source == "form":
        return None
    if met.evidence is not None and board.consented:
        return row | {"lines": [words.evidence(met.evidence)]}
    names = [one.name for one in draft.materials if one.material == met.id]
    if not names and met.id in board.promised:
        return row | {"lines": [say("已承诺，不用交")]}
    if not names and met.id in board.later:
        return row | {"lines": [say("先受理，以后补交")]}
    if not names and not met.need.by_applicant:
        return row | {"lines": [say("由窗口核验，不用交")]}
    return row | {"lines": names or [say("没有交（可不交）")]}


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
