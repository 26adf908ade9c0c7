"""纸质材料交接: send papers on in a batch with a numbered transmittal sheet, take one in paper by paper, and see who has which; the panel of a case."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.cases.custody import RESULT, Paper
from core.cases.service import custody, relaying
from core.cases.service.custody import Batch, Line
from core.cases.spec import CaseView
from core.identity import queries as people
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.wording import word
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.page import say as _

blueprint = Blueprint("custody", __name__, url_prefix="/office/custody")


def states() -> dict[str, str]:
    """Where a paper is, in words."""
    return {
        "expected": _("上一站还没送到"),
        "held": _("还没送出"),
        "sent": _("在路上"),
        "received": _("已收到"),
        "missing": _("这一批里没有"),
        "void": _("不用送了"),
    }


@blueprint.get("/")
@at_desk
def listed() -> str:
    """What lies here and goes on, what is coming, what went."""
    return _page()


def _page(error: PlatformError | None = None) -> str:
    session, locale = edge.session(), edge.locale()
    lines = custody.to_send(session, actor=actor(), locale=locale)
    coming, recent = custody.coming(session, actor=actor()), custody.recent(session, actor=actor())
    names = _places([line.paper for line in lines], [*coming, *recent])
    route = sorted(lines, key=lambda line: (line.paper.from_id, line.paper.to_id))  # stable: what is due first stays first
    places = [(names.get(begin, ""), names.get(end, ""), list(part)) for (begin, end), part in groupby(route, key=_between)]
    return desk_page(
        "office/custody.html",
        nav_here="custody",
        groups=places,
        coming=coming,
        recent=recent,
        names=names,
        chosen=request.form.getlist("paper") if error else [],
        command_id=new_id(),
        error=error.words(locale) if error else None,
    )


def _between(line: Line) -> tuple[str, str]:
    return line.paper.from_id, line.paper.to_id


def _places(papers: list[Paper], batches: list[Batch]) -> dict[str, str]:
    ids = {each for paper in papers for each in _ends(paper)} | {each for batch in batches for each in _ends(batch)}
    return people.titles(edge.session(), sorted(ids))


def _ends(one: Paper | Batch) -> tuple[str, str]:
    return one.from_id, one.to_id


@blueprint.post("/send")
@at_desk
def send() -> Response | tuple[str, int]:
    """Send what is ticked; the transmittal sheet comes next, to be printed and to travel with the papers."""
    try:
        made = custody.send(edge.session(), request.form.getlist("paper"), command_id=_command(), actor=actor())
    except PlatformError as error:
        edge.session().rollback()
        return _page(error), error.status
    tell(_("已送出，请打印交接单，和材料一起送"))
    return redirect(f"/office/custody/{made.id}", 303)


@blueprint.get("/<batch_id>")
@at_desk
def show(batch_id: str) -> str:
    """The transmittal sheet; for who takes it in, each paper to tick."""
    return _sheet(batch_id)


def _sheet(batch_id: str, error: PlatformError | None = None) -> str:
    session, locale = edge.session(), edge.locale()
    found = custody.batch(session, batch_id, actor=actor(), locale=locale)
    return desk_page(
        "office/custody_batch.html",
        nav_here="custody",
        batch=found,
        names=people.titles(session, [found.from_id, found.to_id]),
        staff_names=people.staff_names(session, [each for each in (found.sent_by, found.received_by) if each]),
        open=found.mine and any(line.paper.state == "sent" for line in found.lines),
        states=states(),
        command_id=new_id(),
        error=error.words(locale) if error else None,
    )


@blueprint.post("/<batch_id>/receive")
@at_desk
def receive(batch_id: str) -> Response | tuple[str, int]:
    """Take the batch in: what is ticked is here, the rest is named as missing."""
    try:
        taken = custody.receive(edge.session(), batch_id, request.form.getlist("paper"), command_id=_command(), actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _sheet(batch_id, error), error.status
    lost = sum(line.paper.state == "missing" for line in taken.lines)
    tell(_("收好了，有 %(n)s 份没有收到，已告诉送的一方", n=lost) if lost else _("全部收好了"))
    return redirect(f"/office/custody/{taken.id}", 303)


def _command() -> str:
    command = request.form.get("command_id", "")
    if not is_id(command):
        raise BadInput
    return command


# the panel of a case --------------------------------------------------------------------------------------------------


def gather(view: CaseView, compiled: CompiledItem) -> Mapping[str, Any] | None:
    """The way of the papers: each level, who had them when, and where the paper is. ``None`` for a case that came straight to the authority."""
    if view.marking.relay is None:
        return None
    session, locale = edge.session(), edge.locale()
    way = relaying.stations(session, view.id, view.marking, actor=actor())
    papers = custody.of_case(session, view.id, actor=actor())
    names = people.titles(session, sorted({each for one in way for each in (one.department_id, one.today_id) if each} | {p.to_id for p in papers}))
    mending = next((task for task in view.tasks if task.mine and task.kind == "correction"), None)
    return {
        "case": view.id,
        "way": [{"level": word(f"routing.level.{one.level}", locale), "one": one, "action": _action(one.action)} for one in way],
        "names": names,
        "papers": [{"title": paper_title(compiled, one.material), "one": one, "state": states()[one.state]} for one in papers],
        "mend": f"/office/cases/{view.id}/mend" if mending is not None else None,
    }


def paper_title(compiled: CompiledItem, material: str) -> str:
    """What a paper is called, in the reader's language."""
    if material == RESULT:
        return word("cases.custody.result", edge.locale())
    chinese = next((str(each["title"]) for each in compiled.doc["materials"] if each["id"] == material), material)
    return str(Reader(compiled.doc, edge.locale())(f"materials.{material}.title", chinese))


def _action(action: str) -> str:
    return {"pass_on": _("已上报"), "complete": _("材料齐全，已上报"), "missing": _("退回补齐"), "deem_accepted": _("到期视为受理")}.get(action, "")
