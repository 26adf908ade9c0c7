"""Where the market meets items and cases: which services an item needs, who commissions them, and the case's special procedure.

An item's options: ``services: [{code, payer: applicant | department, pause: <special procedure of its route>, before: <step that waits for it>}]``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core.sdk import BadInput, Context, Finding, cases, items
from core.sdk.hooks import StepView
from plugins.intermediary_market.models import Project, Service
from plugins.intermediary_market.service import catalogue
from plugins.intermediary_market.service.record import note
from plugins.intermediary_market.service.who import Who, missing


@dataclass(frozen=True, slots=True)
class Need:
    """A service that an item needs. ``payer``: who commissions and pays – the applicant, or the department itself (优化营商环境条例 43)."""

    service: Service
    payer: str
    pause: str
    before: str


@dataclass(frozen=True, slots=True)
class Link:
    """The case that a project is for."""

    case_id: str
    item_code: str
    procedure: str
    authority_id: str


def needs(ctx: Context, options: Mapping[str, Any]) -> tuple[Need, ...]:
    """What the options of an item name, without services that are not on the list (the gate refuses those)."""
    wanted = options.get("services", ())
    known = catalogue.by_code(ctx, [each["code"] for each in wanted])
    return tuple(Need(known[each["code"]], each["payer"], each.get("pause", ""), each.get("before", "")) for each in wanted if each["code"] in known)


def of_item(ctx: Context, item_code: str) -> tuple[Need, ...]:
    """What the item in force needs."""
    item = items.item(ctx, item_code)
    return () if item is None else needs(ctx, item.options)


def link(ctx: Context, case_id: str, service: Service, who: Who) -> Link:
    """The case that *who* commissions *service* for: an applicant of the case, or the case's department – whichever the item says pays."""
    case = cases.case(ctx, case_id)
    if case is None or not concerns(ctx, case, who):
        raise missing()
    need = next((each for each in of_item(ctx, case.item_code) if each.service.id == service.id), None)
    if need is None:
        raise BadInput("intermediary_market.not_needed")
    if need.payer != ("department" if who.departments else "applicant"):
        raise BadInput("intermediary_market.other_pays")
    return Link(case.id, case.item_code, need.pause, case.department_id)


def concerns(ctx: Context, case: cases.CaseInfo, who: Who) -> bool:
    """Whether *who* is an applicant of the case, or works in the department that decides it."""
    return case.department_id in who.departments or any(party.id in who.parties for party in cases.parties(ctx, case.id))


def of_case(ctx: Context, case_id: str) -> tuple[Project, ...]:
    """The projects of a case, oldest first. Who may see the case is asked by the caller."""
    return tuple(ctx.session.scalars(select(Project).where(Project.case_id == case_id).order_by(Project.published_at)))


def may_pause(project: Project, who: Who) -> bool:
    """Whether *who* – staff of the department that decides the case – may let the time of the case stand still for this work now."""
    return bool(
        project.case_id and project.procedure and project.status in ("running", "delivered") and project.authority_id in who.departments and not project.paused
    )


def begin_pause(ctx: Context, project_id: str, who: Who) -> Project:
    """The time of the case stands still while the agency works: the special procedure that the item declared (行政许可法 45).

    The member of staff who holds the step decides it, as on the case page, and the applicant is told in writing. Raises what that button would.
    """
    project: Project | None = ctx.session.scalar(select(Project).where(Project.id == project_id, Project.authority_id.in_(who.departments)))
    if project is None or not project.case_id or not may_pause(project, who):
        raise missing()
    cases.open_pause(ctx, project.case_id, project.procedure, f"{project.number} {project.title}")
    project.paused = True
    note(ctx, project, "paused", procedure=project.procedure)
    return project


def end_pause(ctx: Context, project: Project) -> None:
    """The work is over, one way or the other: the time of the case goes on, unless another project of the same procedure still stands."""
    if not project.case_id or not project.paused:
        return
    project.paused = False
    others = select(Project.id).where(Project.case_id == project.case_id, Project.procedure == project.procedure, Project.paused, Project.id != project.id)
    if ctx.session.scalar(others.limit(1)) is None and cases.close_pause(ctx, project.case_id, project.procedure):
        note(ctx, project, "resumed", procedure=project.procedure)


def held(ctx: Context, step: StepView) -> tuple[Finding, ...]:
    """Why the case may not leave a step: services that it waits for and that are not done. A refusal waits for nobody."""
    node = step.node.rpartition(".")[2]
    wanted = [each.service for each in needs(ctx, step.item.options) if each.before == node]
    if not wanted or _refuses(step):
        return ()
    done = set(ctx.session.scalars(select(Project.service_id).where(Project.case_id == step.case_id, Project.status == "done")))
    params = [{"title": each.title_zh, "title_en": each.title_en} for each in wanted if each.id not in done]
    return tuple(Finding("error", step.node, "intermediary_market.waits", each) for each in params)


def _refuses(step: StepView) -> bool:
    """Whether the button turns the application down, or sends it back: then the result of the service is of no use."""
    nodes = step.item.doc.get("route", {}).get("review", {}).get("nodes", {})
    action = nodes.get(step.node.rpartition(".")[2], {}).get("actions", {}).get(step.action, {})
    return action.get("outcome") == "refuse" or "back" in action


def check(ctx: Context, item: items.ItemInfo) -> tuple[Finding, ...]:
    """What is wrong with an item's options, for the publish gate."""
    route = item.doc.get("route", {})
    nodes, pauses = route.get("review", {}).get("nodes", {}), route.get("pauses", {})
    wanted = item.options.get("services", ())
    known = catalogue.by_code(ctx, [each["code"] for each in wanted])
    found: list[Finding] = []
    for at, each in enumerate(wanted):
        path, service = f"/plugins/{ctx.plugin}/services/{at}", known.get(each["code"])
        if service is None or not service.active:
            found.append(Finding("error", path, "intermediary_market.gate_service", {"code": each["code"]}))
        elif each["payer"] == "applicant" and service.basis_level == "none":
            found.append(Finding("error", path, "intermediary_market.gate_basis", {"title": service.title_zh, "title_en": service.title_en}))
        if each.get("pause") and each["pause"] not in pauses:
            found.append(Finding("error", path, "intermediary_market.gate_pause", {"name": each["pause"]}))
        if each.get("before") and each["before"] not in nodes:
            found.append(Finding("error", path, "intermediary_market.gate_step", {"name": each["before"]}))
    return tuple(found)
