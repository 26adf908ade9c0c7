"""谁看过，谁办过: events of a case and looks from the audit record as one list for staff, newest first."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.audit import queries as audit
from core.cases import dispositions as grounds
from core.cases.speaking import spoken_task
from core.cases.spec import CaseView, HistoryLine
from core.identity import queries as people
from core.items.spec import CompiledItem
from core.kernel.wording import catalogue, word
from core.routing.actions import text
from core.web import edge
from core.web.page import once_a_language
from core.web.page import say as _

_LOOKS = ("cases.looked", "cases.looked_material", "cases.looked_document", "case.revealed")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: when, who, what; ``done`` is false for a mere look."""

    at: datetime
    who: str
    what: str
    note: str
    behalf: str
    done: bool


def lines(session: Session, view: CaseView, compiled: CompiledItem, locale: str) -> list[Line]:
    """Everything worth reading about who did and who looked."""
    found = sorted([*_done(view, compiled, locale), *_looked(session, view)], key=lambda line: line.at, reverse=True)
    return list(_once(found))


def _once(found: Iterable[Line]) -> Iterator[Line]:
    """Without the looks that repeat one of the same person with nothing done in between; the audit record keeps every one."""
    seen: set[tuple[str, str]] = set()
    for line in found:
        if line.done:
            seen.clear()
        elif (line.who, line.what) in seen:
            continue
        else:
            seen.add((line.who, line.what))
        yield line


def dispositions() -> dict[str, str]:
    """The dispositions that are not an acceptance, as far as a window can choose them (行政许可法 32)."""
    return grounds.titles(edge.locale())


def _note(words: str) -> str:
    """What was written at the event; a chosen disposition, which is a line of its own, by its title."""
    titles = dispositions()
    return _("；").join(dict.fromkeys(titles.get(line, line) for line in words.splitlines()))


def _done(view: CaseView, compiled: CompiledItem, locale: str) -> Iterator[Line]:
    opened: dict[int, tuple[str, str]] = {}
    for event in view.history:
        if event.kind == "task_opened":
            opened[event.body["no"]] = (event.body["title"], event.body["node"])
        what = _words(event, opened, compiled, locale)
        if what:
            yield Line(event.at, event.actor or _("系统"), what, _note(event.note), event.on_behalf_of or "", True)


@once_a_language
def _plain() -> Mapping[str, str]:
    """What events are called; places for words of the event stay open."""
    return {
        "case_filed": _("提交申请"),
        "filed_at_desk": _("核对证件后由窗口代为提交"),
        "came_to_the_desk": _("申请人到窗口来办，核对了证件"),
        "filed_by_mandate": _("按代办授权提交"),
        "task_claimed": _("领取：%(title)s"),
        "task_released": _("放回：%(title)s"),
        "task_escalated": _("超期上报：%(title)s"),
        "task_transferred": _("转办：%(title)s"),
        "task_delegated": _("委派：%(title)s"),
        "delegate_returned": _("交回：%(title)s"),
        "taken_back": _("撤回上一步：%(title)s"),
        "inquiry_opened": _("询问申请人"),
        "inquiry_answered": _("申请人答复"),
        "mended_on_the_spot": _("当场更正"),
        "extension_asked": _("报请延长"),
        "extension_refused": _("不同意延长"),
        "limit_extended": _("延长办理时限"),
        "signer_added": _("加签"),
        "urged": _("申请人催办"),
        "child_filed": _("发起子办件"),
        "child_ended": _("子办件办完：%(how)s"),
        "pause_opened": _("暂停计时"),
        "pause_closed": _("恢复计时"),
        "decided": _("作出决定：%(outcome)s"),
        "licence_issued": _("发证"),
        "licence_renewed": _("延续证照"),
        "licence_changed": _("变更证照"),
        "licence_annotated": _("批注证照"),
        "licence_ended": _("注销或者吊销证照"),
        "received_elsewhere": _("在别的大厅收件"),
        "delivery_chosen": _("选择领取方式"),
        "identity_checked": _("核对领取人身份"),
        "delivery_posted": _("寄出"),
        "delivery_returned": _("邮件退回"),
        "delivered": _("送达"),
        "result_read": _("申请人打开结果"),
        "case_closed": _("办结"),
        "case_withdrawn": _("申请人撤回"),
        "case_received": _("收到材料，开始计时"),
        "papers_sent": _("纸质材料送出：%(number)s"),
        "papers_arrived": _("纸质材料收到：%(number)s"),
        "case_lapsed": _("逾期未补正"),
        "case_terminated": _("终止"),
    }


def _words(event: HistoryLine, opened: dict[int, tuple[str, str]], compiled: CompiledItem, locale: str) -> str | None:
    title, node = opened.get(event.body.get("no", -1), ("", ""))
    title = spoken_task(compiled.route, node, title, locale)
    if event.kind == "task_closed":
        action = str(event.body.get("action", ""))
        if action in ("not_needed", "stopped"):
            return None
        found = compiled.route.nodes.get(node)
        if found is not None and action in found.actions:
            pressed = text(compiled.route, f"{node}.actions.{action}.title", found.actions[action].title, locale)
            return _("%(title)s：%(what)s", title=title, what=pressed)
        key = f"cases.action.{action}"
        return _("%(title)s：%(what)s", title=title, what=word(key, locale)) if key in catalogue() else title
    said = _plain().get(event.kind)
    if said is None:
        return None
    batch = event.body.get("batch", "")
    how = word(f"cases.child_end.{event.body.get('result', 'granted')}", locale) if event.kind == "child_ended" else ""
    outcome = word(f"cases.outcome.{event.body.get('outcome', 'grant')}", locale) if event.kind == "decided" else ""
    return said % {"title": title, "number": batch, "how": how, "outcome": outcome}


def _looked(session: Session, view: CaseView) -> Iterator[Line]:
    found = [entry for entry in audit.entries_of(session, ("case", view.id), since=view.submitted_at) if entry.action in _LOOKS]
    names = people.staff_names(session, [entry.actor_id for entry in found])
    titles = {"cases.looked": _("打开办件"), "cases.looked_material": _("查看材料"), "cases.looked_document": _("查看文书"), "case.revealed": _("查看完整信息")}
    for entry in found:
        yield Line(entry.at, names.get(entry.actor_id, ""), titles[entry.action], "", "", False)
